# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of the preflight checks: plain data in, findings out. Pure.

Private to the collection. Sources: Kafka's KRaftMigrationDriver, ZkTopicMigrationClient, KafkaConfig; the KAFKA numbers stand
with each rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rolling
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import (
    BrokerRegistration,
    Controller,
    Migration,
    Topic,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import acceptance

#: seconds that a controlled shutdown may take by Kafka's defaults (3 tries, 5 s apart, plus closing the logs)
CONTROLLED_SHUTDOWN = 30


class Stored(Protocol):
    """What the rules read of ZooKeeper (ZkView has it)."""

    @property
    def cluster_id(self) -> str | None:
        """Content of /cluster/id."""

    @property
    def controller(self) -> Controller | None:
        """Content of /controller."""

    @property
    def controller_epoch(self) -> int | None:
        """Content of /controller_epoch."""

    @property
    def migration(self) -> Migration | None:
        """Content of /migration."""

    @property
    def migration_null(self) -> bool:
        """Whether /migration exists without data."""

    @property
    def brokers(self) -> Mapping[int, BrokerRegistration]:
        """Content of /brokers/ids."""

    @property
    def topics(self) -> Mapping[str, Topic]:
        """Content of /brokers/topics."""

    @property
    def pending_deletions(self) -> tuple[str, ...]:
        """Names below /admin/delete_topics."""

    @property
    def reassigning(self) -> tuple[str, ...]:
        """Partitions being reassigned."""


def stored(
    view: Stored,
    chroot: str,
    controllers_run: bool,
    controller_volumes: Sequence[str],
    kraft_brokers: Collection[int] = (),
) -> list[Finding]:
    """Rules on what ZooKeeper holds.

    ``controllers_run``: KRaft controllers of this cluster are up (a re-run). ``kraft_brokers`` do not register there.
    """
    where = f"ZooKeeper, chroot {chroot or '/'}"
    if view.cluster_id is None:
        return [
            finding(
                "zookeeper-wrong-chroot",
                where,
                f"{where} has no /cluster/id: it does not contain a Kafka cluster; correct the chroot",
            )
        ]
    found = [*_coordination(view, where, controllers_run, controller_volumes), *_topics(view, where, kraft_brokers)]
    if view.controller_epoch is None:
        found.append(
            finding(
                "controller-epoch-missing",
                where,
                f"{where} has no /controller_epoch; no KRaft controller could take over",
            )
        )
    return found


def _coordination(view: Stored, where: str, controllers_run: bool, volumes: Sequence[str]) -> list[Finding]:
    found = []
    if view.migration_null:
        found.append(
            finding(
                "migration-null",
                where,
                f"{where}: /migration exists without data, left by zookeeper-security-migration (KAFKA-19480); delete that znode",
            )
        )
    if controllers_run:
        return found
    if view.controller is not None and view.controller.is_kraft:
        found.append(
            finding(
                "controller-leftover",
                where,
                f"{where}: /controller is held by KRaft controller {view.controller.broker_id}, and no controller of this cluster runs; "
                "delete that znode after making sure that no other quorum serves this cluster",
            )
        )
    if view.migration is not None and view.migration.offset > 0:
        found.append(
            finding(
                "migration-stale",
                where,
                f"{where}: /migration says that the copy was completed (offset {view.migration.offset}) but no controller runs: empty controllers "
                "would write their empty metadata over ZooKeeper; run rollback.yml, which deletes it with what else is left of the earlier attempt",
            )
        )
    if volumes:
        found.append(
            finding(
                "controller-volumes-leftover",
                ", ".join(volumes),
                f"PersistentVolumeClaims {', '.join(volumes)} of earlier controllers exist; their old metadata would be written over "
                "ZooKeeper; delete them",
            )
        )
    return found


def _topics(view: Stored, where: str, kraft_brokers: Collection[int]) -> list[Finding]:
    found = []
    without = sorted(name for name, topic in view.topics.items() if not topic.id)
    if without:
        found.append(
            finding(
                "topic-without-id",
                where,
                f"{len(without)} topics have no topic id ({_few(without)}), so the copy would abort; raise inter.broker.protocol.version "
                "to 2.8 or later and restart the controller broker once",
            )
        )
    dead: dict[int, list[str]] = {}
    for name, topic in view.topics.items():
        for number, replicas in topic.partitions.items():
            for broker in replicas:
                if broker not in view.brokers and broker not in kraft_brokers:
                    dead.setdefault(broker, []).append(f"{name}-{number}")
    for broker, partitions in sorted(dead.items()):
        found.append(
            finding(
                "assignment-dead-broker",
                f"broker {broker}",
                f"broker {broker} is named in assignments ({_few(partitions)}) but is not registered; start it or reassign these partitions",
            )
        )
    if view.pending_deletions:
        found.append(
            finding(
                "topic-deletion-queued",
                where,
                f"the deletion of {_few(view.pending_deletions)} is queued in /admin/delete_topics and would become final with the "
                "migration (KAFKA-15605); let it finish or delete the marker",
            )
        )
    if view.reassigning:
        found.append(
            finding(
                "reassignment-running",
                where,
                f"a reassignment of {_few(view.reassigning)} is running; wait for it or cancel it",
            )
        )
    return found


def membership(
    registered: Collection[int],
    pods: Mapping[int, str],
    all_pods: Iterable[str],
    not_ready: Collection[str],
    stranger: str = "name its StatefulSet in kraft_statefulsets or stop it",
) -> list[Finding]:
    """Every registered id maps to exactly one managed pod, and every pod is registered and Ready. ``stranger``: what to do about one that is none."""
    found = [
        finding(
            "stranger-broker",
            f"broker {broker}",
            f"broker {broker} is registered in ZooKeeper but is not a pod of this cluster; {stranger}",
        )
        for broker in sorted(set(registered) - set(pods))
    ]
    ids = {pod: broker for broker, pod in pods.items()}
    for pod in all_pods:
        if pod in not_ready:
            why = f"pod {pod} is not Ready"
        elif pod not in ids:
            why = f"the broker id of pod {pod} could not be read: no Kafka process was found in it"
        elif registered and ids[pod] not in registered:
            why = f"broker {ids[pod]} in pod {pod} is not registered in ZooKeeper"
        else:
            continue
        found.append(finding("broker-not-healthy", pod, f"{why}; fix it before the migration"))
    return found


def partitions(
    states: Mapping[rolling.Partition, rolling.Replicas], leaderless: Sequence[rolling.Partition], cluster: str
) -> list[Finding]:
    """Offline, under-replicated, and never restartable partitions of ``cluster`` (namespace/name)."""
    found = []
    if leaderless:
        found.append(
            finding(
                "partition-not-healthy",
                "partitions",
                f"no leader: {rolling.named(leaderless)}; fix these partitions first",
            )
        )
    under = rolling.under_replicated(states)
    if under:
        found.append(
            finding(
                "partition-not-healthy",
                "partitions",
                f"under-replicated: {rolling.named(under)}; wait until every replica is in sync",
            )
        )
    never_safe = rolling.never_safe(states)
    if never_safe:
        found.append(
            finding(
                "partition-cannot-roll",
                "partitions",
                f"{rolling.named(never_safe)} have no more replicas than min.insync.replicas and lose service during each restart; raise the "
                f"replication factor, or accept it with {acceptance(cluster, 'partition-cannot-roll')}",
            )
        )
    return found


def controller_ids(wanted: Sequence[int], broker_ids: Collection[int]) -> list[Finding]:
    """The controllers' node ids are no broker ids: KRaft has one id space."""
    clash = sorted(set(wanted) & set(broker_ids))
    if not clash:
        return []
    return [
        finding(
            "controller-id-clash",
            "controllers",
            f"controller node ids {clash} are broker ids; set kraft_controller_node_id_base to a number above "
            f"{max(broker_ids)} (KRaft has one id space)",
        )
    ]


def termination(grace: Mapping[str, int]) -> list[Finding]:
    """Grace periods (seconds, by StatefulSet) that are shorter than a controlled shutdown."""
    return [
        finding(
            "grace-period-short",
            name,
            f"StatefulSet {name}: terminationGracePeriodSeconds {seconds} is shorter than a controlled shutdown (about "
            f"{CONTROLLED_SHUTDOWN} s); a killed broker recovers its logs and leaves the ISR late",
        )
        for name, seconds in sorted(grace.items())
        if seconds < CONTROLLED_SHUTDOWN
    ]


def address_cache(ttls: Mapping[str, int | None]) -> list[Finding]:
    """What the controller's address cache costs a roll in ZooKeeper mode. ``ttls``: pod to seconds (None = JVM default)."""
    cost = max((rolling.dns_cost(ttl, len(ttls)) for ttl in ttls.values()), default=0.0)
    if cost <= 0:
        return []
    return [
        finding(
            "dns-ttl-long",
            "brokers",
            f"the brokers' JVMs cache addresses for {rolling.JVM_DEFAULT_DNS_TTL} s or longer: about {cost:.0f} s of the first roll are spent "
            "waiting for the ZooKeeper-mode controller to find restarted pods; kraft_dns_ttl avoids this in later rolls",
        )
    ]


def _few(items: Sequence[str] | Iterable[str]) -> str:
    listed = list(items)
    return ", ".join(listed[:5]) + (f" and {len(listed) - 5} more" if len(listed) > 5 else "")
