# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cluster shows that decides about the rollback, and what a sub-phase of it may do now.

Private to the collection. Everything is read from the cluster: a rollback goes on after any kill, journal or not.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import flags_off
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rollback, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import NotRunning, known, unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import point_of_no_return
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.handover import read_heads

META_KRAFT = 1


def observe(cluster: DirectCluster) -> rollback.Seen:
    """Read what decides. Raises Unreachable when ZooKeeper does not answer."""
    driver = cluster.driver
    modes = {pod: _mode(cluster, pod) for pod in cluster.facts}
    finalized = cluster.state.name == state.FINALIZED
    heads = None if finalized or cluster.zookeeper_connect is None else read_heads(cluster.zookeeper)
    held = heads.controller if heads is not None else None
    kraft = not finalized and state.MODE_KRAFT in modes.values()
    past = point_of_no_return.passed(cluster) if kraft else False
    return rollback.Seen(
        state=cluster.state.name,
        modes=modes,
        stages=driver.brokers.stages(),
        outdated=tuple(driver.brokers.outdated()),
        controllers=cluster.has_controllers,
        controller_pods=tuple(driver.controllers.pods()),
        volumes=tuple(driver.controllers.claims()),
        migration_present=heads is not None and heads.migration_node is not None,
        kraft_holds=heads is not None and heads.kraft_holds,
        broker_holds=held is not None and not held.is_kraft,
        unflagged_active=bool(past),
        leaderless=past is None,
        unflagged=tuple(flags_off(cluster)),
        final_written=driver.controllers.stage() == "final",
        metadata_dirs=tuple(pod for pod, facts in known(cluster.facts).items() if facts.metadata_logs),
        marked=tuple(driver.brokers.marked()),
        version_1=tuple(
            pod for pod, facts in known(cluster.facts).items() if any(meta.version == META_KRAFT for meta in facts.meta)
        ),
        unread=unknown(cluster.facts),
        down=tuple(pod for pod, facts in cluster.facts.items() if isinstance(facts, NotRunning)),
        locked=bool(driver.ownership.locked_by()),
        later=cluster.params["rollback_cleanup"] == "later",
    )


def _mode(cluster: DirectCluster, pod: str) -> str:
    """The mode of a broker; of one whose process cannot be read, since it does not start, what it was last made for.

    Such a broker is often the reason to go back.
    """
    mode = cluster.modes[pod]
    if mode != state.MODE_UNKNOWN:
        return mode
    made_for = cluster.driver.brokers.stage_of_pod(pod)
    return {"kraft": state.MODE_KRAFT, "migration": state.MODE_MIGRATING}.get(made_for, state.MODE_ZOOKEEPER)


def answer(cluster: DirectCluster, sub_phase: str, *, check_mode: bool) -> rollback.Answer:
    """Say what the sub-phase has to do. Raises Refused when a rollback is impossible, or when it is not its turn yet."""
    seen = observe(cluster)
    code, sentence = rollback.refusal(seen)
    if code:
        raise Refused(f"{cluster.namespace}/{cluster.name}: {sentence}; nothing was changed", code=code)
    found = rollback.answer(sub_phase, seen)
    if found.needed and not check_mode:
        why = rollback.blocked(sub_phase, seen)
        if why:
            raise Refused(
                f"{sub_phase} cannot run yet: {why}; run rollback.yml, which keeps the safe order", code="wrong-state"
            )
    return found


def pending(cluster: DirectCluster) -> str:
    """Return why a new attempt may not begin, or an empty string.

    A broker that ran in migrating mode keeps epoch and high watermark of the old quorum in its Raft client; against a new
    one it stops itself ("truncation ... below the current high watermark", KafkaRaftClient), so it has to be restarted first.
    """
    if cluster.has_controllers and known(cluster.controller_facts):
        return ""
    left = [pod for pod, mode in cluster.modes.items() if mode == state.MODE_MIGRATING]
    if not left:
        return ""
    return (
        f"brokers {', '.join(left)} still run in migrating mode of an earlier attempt whose quorum is gone, and would mistake the "
        "new quorum for it; complete rollback.yml first"
    )
