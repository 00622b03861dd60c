# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a migration of this cluster consists of, what it will cost, and where it is now.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster, flags_off
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.metadata_version import derive_ibp
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import is_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import (
    names,
    next_step,
    phases,
    rolling,
    state,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.ibp import fold
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown, known, known_or_none
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import migration_flag, point_of_no_return
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster, Enforcement
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden


def already_over(cluster: DirectCluster) -> str:
    """Return why there is nothing to migrate (the cluster is KRaft already), or an empty string.

    The processes are asked only where the objects do not show it: a run that has nothing to do is over soon.
    """
    where = f"{cluster.namespace}/{cluster.name}"
    final = f"{where} is FINALIZED: already migrated to KRaft, nothing to do"
    if cluster.driver.shows_finalized():
        return final
    if set(cluster.modes.values()) != {state.MODE_KRAFT}:
        return ""
    if not cluster.has_controllers:
        return f"{where} already runs in KRaft mode (created in KRaft mode, or migrated by other means): nothing to do"
    return final if cluster.state.name == state.FINALIZED else ""


def reported_state(cluster: DirectCluster) -> str:
    """The name of the state, for a result that decides nothing: as ``already_over`` finds it."""
    return state.FINALIZED if cluster.driver.shows_finalized() else cluster.state.name


@dataclass(frozen=True)
class Estimate:
    """Rolls and seconds of a forward migration.

    ``waiting``: seconds lost to the address cache of the first roll; ``interval``: seconds between two restarts at least.
    """

    brokers: int
    controllers: int
    broker_rolls: int
    waiting: float
    ttl: int | None
    interval: int = 0

    @property
    def seconds(self) -> float:
        """Seconds of restarts altogether, a guess until this cluster has been measured."""
        restart = rolling.GUESS_RESTART
        spaced = self.interval * (self.brokers - 1) + restart
        first, later = restart * self.brokers + self.waiting, restart * self.brokers
        rolls = max(first, spaced) + max(later, spaced) * (self.broker_rolls - 1)
        return rolls + restart * self.controllers

    def summary(self) -> str:
        """One line."""
        return f"{self.broker_rolls} broker rolls and 1 controller roll, about {self.seconds:.0f} s of restarts"

    def lines(self) -> list[str]:
        """The plan in a few lines."""
        rows = [
            f"plan: SETUP starts {self.controllers} KRaft controllers (no broker restarts)"
            if self.broker_rolls == 2
            else f"plan: SETUP restarts the {self.brokers} brokers for the IBP, then starts {self.controllers} KRaft controllers",
            f"plan: MIGRATE restarts {self.brokers} brokers; then hybrid dual-write, reversible",
            f"plan: MoveToKRaftControllerOnly restarts {self.brokers} brokers (pure dual-write, reversible), then the controllers (final)",
        ]
        if self.waiting:
            rows.append(
                f"plan: about {self.waiting:.0f} s of the first roll are waits for the controller's address cache "
                f"(TTL {'30 s by default' if self.ttl is None else self.ttl}); kraft_dns_ttl avoids this in later rolls"
            )
        if self.interval:
            rows.append(
                f"plan: brokers are restarted at least {self.interval} s apart, for clients that cache addresses (kraft_restart_interval)"
            )
        return rows


def estimate(cluster: DirectCluster) -> Estimate:
    """Estimate the forward migration from what runs now."""
    ttls = [facts.dns_ttl for facts in known(cluster.facts).values()]
    ttl = max(ttls, key=lambda value: rolling.dns_cost(value, 2), default=None)
    try:
        rolls = 2 if fold(derive_ibp(cluster).current).folds else 3
    except Unsupported:
        rolls = 2
    return Estimate(
        brokers=len(cluster.pods),
        controllers=cluster.params["controller_replicas"],
        broker_rolls=rolls,
        waiting=rolling.dns_cost(ttl, len(cluster.pods)),
        ttl=ttl,
        interval=cluster.params["restart_interval"],
    )


def stages(cluster: DirectCluster) -> tuple[str, str]:
    """Return the stages that the templates of brokers and controllers are at ("" = the user's own, or none).

    In a cluster of KRaft brokers with a controller that runs without the migration flag, finalize.yml has begun, whatever the
    template of the controllers says now.
    """
    found = set(cluster.driver.brokers.stages().values())
    stage = cluster.driver.controllers.stage()
    if set(cluster.modes.values()) == {state.MODE_KRAFT} and flags_off(cluster):
        stage = "final"
    return (found.pop() if len(found) == 1 else "migration"), stage


def rolling_back(cluster: DirectCluster) -> bool:
    """Whether a rollback has begun, is not complete and can be: by the journal, or by what only a rollback leaves."""
    modes = set(cluster.modes.values())
    if not cluster.controllers_wanted and state.MODE_KRAFT not in modes:
        # a quorum that is gone leaves brokers that remember it, or volumes under our lock
        kept = bool(cluster.driver.ownership.locked_by()) and bool(cluster.driver.controllers.claims())
        if kept or state.MODE_MIGRATING in modes:
            return True
    events = cluster.journal.attempt()
    begun = bool(events) and events[-1].get("phase") == phases.ROLLBACK
    if cluster.has_controllers and state.MODE_KRAFT in modes:
        # only a rollback writes other settings under a broker in KRaft mode
        begun = begun or any(stage != "kraft" for stage in cluster.driver.brokers.stages().values())
    return begun and not (modes == {state.MODE_KRAFT} and point_of_no_return.passed(cluster))


def status(cluster: DirectCluster) -> dict[str, Any]:
    """Return where the cluster is, as plain data."""
    cluster.read_processes()
    brokers_stage, controllers_stage = stages(cluster)
    lock = cluster.driver.ownership.holder()
    now = cluster.state
    newest = cluster.journal.last()
    connect = cluster.zookeeper_connect
    back = rolling_back(cluster)
    dangers = migration_flag.dangers(cluster)
    foreign = [item.sentence for item in _foreign(cluster)]
    following = next_step.next_command(
        f"{cluster.namespace}/{cluster.name}", now.name, brokers_stage, controllers_stage, back
    )
    above = "danger" if dangers else "foreign object" if foreign else ""
    return {
        "namespace": cluster.namespace,
        "cluster": cluster.name,
        "platform": cluster.platform,
        "state": now.name,
        "reason": now.reason,
        "phase": next_step.phase_of(now.name, brokers_stage, controllers_stage, bool(lock), back),
        "since": newest["time"] if newest else None,
        "next": f"resolve the {above} named above; then {following}" if above else following,
        "dangers": dangers,
        "foreign": foreign,
        "brokers": broker_rows(cluster),
        "controllers": controller_rows(cluster),
        "zookeeper": str(connect) if connect else None,
        "lock": lock,
        "lock_enforced_by": enforced_by(cluster.driver.enforcement, bool(lock) or bool(cluster.journal.lock_policy)),
        "migration_id": cluster.journal.migration_id,
        "journal": cluster.journal.events[-5:],
    }


def enforced_by(enforcement: Enforcement, locked: bool) -> str:
    """What enforces the lock, "" where nothing is locked."""
    return enforcement.by() if locked else ""


def broker_rows(cluster: Cluster) -> list[dict[str, Any]]:
    """Each broker that should exist, as its pod and its process say."""
    return [
        {
            "pod": pod,
            "id": cluster.broker_id(pod),
            "mode": cluster.modes[pod],
            "stage": _stage_of(cluster.pods.get(pod)),
            "version": None if isinstance(facts, Unknown) else facts.version,
            "ready": pod in cluster.pods and is_ready(cluster.pods[pod]),
            "unread": facts.why if isinstance(facts, Unknown) else "",
        }
        for pod, facts in cluster.facts.items()
    ]


def controller_rows(cluster: Cluster) -> list[dict[str, Any]]:
    """Each controller that should exist, as its pod and its migration flag say."""
    return [
        {
            "pod": pod,
            "id": next((number for number, name in cluster.controller_ids.items() if name == pod), None),
            "migration_flag": known_or_none(flag),
            "stage": _stage_of(cluster.controller_pods.get(pod)),
            "ready": pod in cluster.controller_pods and is_ready(cluster.controller_pods[pod]),
            "unread": flag.why if isinstance(flag, Unknown) else "",
        }
        for pod, flag in cluster.flags.items()
    ]


def _foreign(cluster: DirectCluster) -> list[Finding]:
    """Objects of others that refuse every verb; as far as this account may look for them."""
    try:
        return cluster.driver.ownership.foreign()
    except Forbidden:
        return cluster.driver.ownership.foreign_by_name()


def _stage_of(pod: Mapping[str, Any] | None) -> str:
    return str(((pod or {"metadata": {}})["metadata"].get("annotations") or {}).get(names.STAGE, ""))


def status_lines(data: dict[str, Any]) -> list[str]:
    """The status as lines for a terminal."""
    rows = [f"DANGER: {text}" for text in data["dangers"]]
    rows += [f"FOREIGN: {text}" for text in data["foreign"]]
    rows += [
        f"state {data['state']} (phase {data['phase'] or '-'}): {data['reason']}",
        f"since {data['since'] or '-'}; locked by {data['lock'] or 'nobody'}; ZooKeeper {data['zookeeper'] or '-'}",
    ]
    rows += [f"the lock is enforced by {data['lock_enforced_by']}"] if data["lock_enforced_by"] else []
    rows += [
        f"broker {broker['id']} {broker['pod']}: {broker['mode']}, "
        + ("" if broker["stage"] is None else f"stage {broker['stage'] or 'original'}, ")
        + f"Kafka {broker['version'] or 'not known'}, {'Ready' if broker['ready'] else 'NOT READY'}"
        + (f" ({broker['unread']})" if broker["unread"] else "")
        for broker in data["brokers"]
    ]
    for item in data["controllers"]:
        flag = {True: "migration flag on", False: "migration flag off", None: item["unread"]}[item["migration_flag"]]
        rows.append(f"controller {item['id']} {item['pod']}: {flag}, {'Ready' if item['ready'] else 'NOT READY'}")
    rows.append(f"next: {data['next']}")
    return rows
