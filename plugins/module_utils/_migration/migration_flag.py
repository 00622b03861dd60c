# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controllers that run, or would start, without the migration flag although nobody allowed that.

Private to the collection. Safety rule 2 of docs/architecture.md. The flag goes by one way only: the final settings, written behind the gates. Whoever takes
it off in another way (an edited template, a ConfigMap made anew, a chart that was rendered again) has nothing but an election between the
cluster and a migration that is finalized (``ActivationRecordsGenerator``), and Kafka says nothing about it.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import flag_on_everywhere, flags_off
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import NotRunning, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import point_of_no_return
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused

#: code of the finding
LOST = "migration-flag-lost"


def lost(cluster: DirectCluster) -> list[str]:
    """Controller pods whose process runs without the flag although the final settings were not written."""
    if not cluster.has_controllers or cluster.driver.controllers.stage() == "final":
        return []
    return flags_off(cluster)


def on_everywhere(cluster: DirectCluster) -> bool:
    """Safety rule 2: the flag is on in every running controller and in what a restarted one would read."""
    return cluster.driver.controllers.stage() == "migrating" and flag_on_everywhere(cluster)


def unread(cluster: DirectCluster) -> str:
    """Name the controllers that run and could not be read, with the reason; an empty string when there is none."""
    silent = [
        f"{pod} ({flag.why})"
        for pod, flag in cluster.flags.items()
        if isinstance(flag, Unknown) and not isinstance(flag, NotRunning)
    ]
    if not cluster.has_controllers or not silent:
        return ""
    return f"it could not be read whether controller {', '.join(silent)} has the migration flag; run the playbook again once it answers"


def would_lack(cluster: DirectCluster) -> str:
    """Return why a controller that was made now would not have the flag, or an empty string. Reads its settings now."""
    controllers = cluster.driver.controllers
    return controllers.would_lack_flag() if controllers.stage() == "migrating" else ""


def dangers(cluster: DirectCluster) -> list[str]:
    """One sentence for each way in which the migration could end, or has ended, without anybody's confirmation."""
    found = []
    pods = lost(cluster)
    if pods:
        found.append(_sentence(cluster, pods))
    why = would_lack(cluster)
    if why:
        found.append(
            f"{why}: a controller that restarts would run without the migration flag or not at all, and without the flag the first "
            "election that it wins finalizes the migration; restore it before anything restarts"
        )
    return found


def findings(cluster: DirectCluster) -> list[Finding]:
    """The same as findings, and controllers that could not be read."""
    silent = unread(cluster)
    return [
        *(finding(LOST, "controllers", text) for text in dangers(cluster)),
        *([finding("controllers-not-ready", "controllers", silent)] if silent else []),
    ]


def require(cluster: DirectCluster) -> None:
    """Raise Refused unless every controller that runs has the flag and would have it after a restart (safety rule 2)."""
    for item in findings(cluster):
        raise Refused(f"{item.sentence}; nothing was changed", code=item.code)


def check_restart(cluster: DirectCluster) -> None:
    """Raise Refused (migration-flag-lost) when a controller that is restarted now would come back without the flag."""
    why = would_lack(cluster)
    if why:
        raise Refused(
            f"no controller is restarted: {why}, and it would come back without the migration flag; restore it, then run again",
            code=LOST,
        )


def _sentence(cluster: DirectCluster, pods: list[str]) -> str:
    named = ", ".join(pods)
    if point_of_no_return.known_passed(cluster):
        return (
            f"of the controllers that run WITHOUT the migration flag ({named}) one is active, although nobody confirmed the last step: the "
            "migration is finalized, ZooKeeper is no longer written and a rollback is impossible; complete it with finalize.yml"
        )
    return (
        f"controller {named} runs WITHOUT the migration flag, although nobody confirmed the last step: if it becomes active, the "
        f"migration is finalized and a rollback is impossible. Restore {cluster.driver.controllers.name} and its settings, then "
        "delete that pod while another controller is active, or run rollback.yml, which restarts it with the flag first"
    )
