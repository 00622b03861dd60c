# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the custom resources of several regions make one Kafka cluster, and whether one region is only a part of one. Pure.

Private to the collection. Source: CFK's multi-region procedure and its published examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, regions
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.job import progress_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.seen import Obj, Seen, where

#: settings that CFK derives from spec.replicas of one region: with fewer than three brokers there, from one or two of the whole cluster
FACTORS = (
    "default.replication.factor",
    "offsets.topic.replication.factor",
    "transaction.state.log.replication.factor",
)
WANTED = 3
#: phases of a job that has stopped in DUAL-WRITE, or does not come by there any more
BEHIND_THE_STOP = (phases.DUAL_WRITE, phases.FINALIZE, phases.COMPLETE, phases.ROLLBACK, phases.FAILURE)


@dataclass(frozen=True)
class Part:
    """One region.

    :ivar host: its name in the inventory.
    :ivar settings: of a running broker, {} when none could be read.
    """

    host: str
    seen: Seen
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def brokers(self) -> frozenset[int]:
        """Its broker ids. Raises Unsupported."""
        return frozenset(objects.ids_of(self.seen.kafka))

    @property
    def controllers(self) -> frozenset[int]:
        """Its controllers' ids, none without a KRaftController. Raises Unsupported."""
        return frozenset(objects.ids_of(self.seen.controller)) if self.seen.controller is not None else frozenset()


def voters(controller: Obj | None) -> dict[int, str]:
    """``spec.controllerQuorumVoters``: node id to endpoint, {} where it is not set."""
    listed = ((controller or {}).get("spec") or {}).get("controllerQuorumVoters") or []
    return {int(each["nodeId"]): str(each.get("brokerEndpoint") or "") for each in listed if "nodeId" in each}


def undeclared(seen: Seen) -> list[Finding]:
    """Signs that a cluster without ``kraft_region_of`` is one region of several. Raises Unsupported."""
    remedy = "write kraft_region_of with the same name to the hosts of all regions"
    found = []
    listed = voters(seen.controller)
    if seen.controller is not None and listed:
        foreign = sorted(set(listed) - set(objects.ids_of(seen.controller)))
        if foreign:
            named = ", ".join(f"{number} ({listed[number]})" for number in foreign)
            found.append(
                finding(
                    "region-undeclared",
                    where(seen.controller),
                    f"spec.controllerQuorumVoters of KRaftController {where(seen.controller)} has voters that are none of its own controllers: "
                    f"{named}; if they are another region of this Kafka cluster, {remedy}",
                )
            )
    spaces = sorted({each.namespace for each in objects.zookeeper_references(seen.kafka)})
    if len(spaces) > 1:
        found.append(
            finding(
                "region-suspected",
                seen.name,
                f"Kafka {seen.name} uses ZooKeeper servers of the namespaces {', '.join(spaces)}; if Kafka has brokers there as well, {remedy}",
            )
        )
    return found


def findings(mine: Part, others: Sequence[Part]) -> list[Finding]:
    """What keeps the regions from being migrated as one Kafka cluster. Raises Unsupported."""
    every = [mine, *others]
    rules = (_distinct, _one_zookeeper, _one_id, _ids, _voters, _majority, _count, _no_early_end)
    return [item for rule in rules for item in rule(every)] + list(_factors(mine, every))


def _disagree(part: Part, sentence: str) -> Finding:
    return finding("region-disagrees", f"region {part.host}", sentence)


def _distinct(every: Sequence[Part]) -> Iterator[Finding]:
    """No custom resource is named by two hosts."""
    hosts: dict[str, str] = {}
    for part in every:
        uid = str(part.seen.kafka["metadata"].get("uid") or "")
        if uid and uid in hosts:
            yield _disagree(
                part, f"hosts {hosts[uid]} and {part.host} both name Kafka {part.seen.name}; a region has one host"
            )
        hosts.setdefault(uid, part.host)


def _one_zookeeper(every: Sequence[Part]) -> Iterator[Finding]:
    """They use the same ensemble below the same chroot, which CFK would otherwise derive from each Kafka CR's own name."""
    chroots: dict[str, str] = {}
    for part in every:
        endpoint = objects.zookeeper_endpoint(part.seen.kafka)
        if not endpoint:
            continue  # found by discovery, or KRaft alone: nothing is written in it
        chroot = endpoint.partition("/")[2].strip("/")
        if not chroot:
            yield _disagree(
                part,
                f"the ZooKeeper endpoint of Kafka {part.seen.name} (region {part.host}) has no chroot, so that CFK puts it below one of its "
                "own; name the chroot of all regions in it, as in zookeeper:2181/mrc",
            )
        chroots.setdefault(chroot, part.host)
    if len(chroots) > 1:
        listed = ", ".join(f"/{chroot} in region {host}" for chroot, host in chroots.items())
        yield _disagree(
            every[0], f"the regions use different chroots of ZooKeeper: {listed}; they are not one Kafka cluster"
        )


def _one_id(every: Sequence[Part]) -> Iterator[Finding]:
    """They have the same cluster id, where it could be read."""
    found: dict[str, str] = {}
    for part in every:
        number = part.seen.cluster_id or str((part.seen.kafka.get("status") or {}).get("clusterID") or "")
        if number:
            found.setdefault(number, part.host)
        else:
            yield finding(
                "check-incomplete",
                f"region {part.host}",
                f"the cluster id of Kafka {part.seen.name} (region {part.host}) could not be read: whether it is the same in all regions was not checked",
            )
    if len(found) > 1:
        listed = ", ".join(f"{number} in region {host}" for number, host in found.items())
        yield _disagree(every[0], f"the regions have different cluster ids: {listed}; they are not one Kafka cluster")


def _ids(every: Sequence[Part]) -> Iterator[Finding]:
    """No two nodes of the Kafka cluster have the same id."""
    owners: dict[int, str] = {}
    clashes: dict[str, list[int]] = {}
    for part in every:
        for what, numbers in (("brokers", part.brokers), ("controllers", part.controllers)):
            owner = f"{what} of region {part.host}"
            for number in sorted(numbers):
                if number in owners:
                    clashes.setdefault(f"{owners[number]} and {owner}", []).append(number)
                owners.setdefault(number, owner)
    for who, shared in clashes.items():
        yield finding(
            "controller-id-clash",
            who,
            f"{who} would share the node ids {shared}; set another {res.ID_OFFSET} on one of the custom resources",
        )


def _voters(every: Sequence[Part]) -> Iterator[Finding]:
    """Each region's KRaftController names the same voters: all controllers of all regions, and no other."""
    if any(part.seen.kafka.get("spec", {}).get("dependencies", {}).get("zookeeper") is None for part in every):
        return  # a region is final, its custom resources are as CFK left them
    wanted = {number for part in every for number in part.controllers}
    all_there = all(part.seen.controller is not None for part in every)
    for part in every:
        cr = part.seen.controller
        if cr is None:
            yield finding(
                "controller-manifest",
                f"region {part.host}",
                f"region {part.host} has no KRaftController; where there are several regions, write one for each, with the annotation "
                f'{res.HOLD}: "true" and all voters of all regions in spec.controllerQuorumVoters, and name it in kraft_controller_name',
            )
            continue
        listed = voters(cr)
        missing, more = sorted(wanted - set(listed)), sorted(set(listed) - wanted)
        if missing:
            yield _disagree(
                part,
                f"spec.controllerQuorumVoters of KRaftController {where(cr)} (region {part.host}) lacks the voters {missing}; it has to name all "
                "of all regions",
            )
        if more and all_there:
            yield _disagree(
                part,
                f"spec.controllerQuorumVoters of KRaftController {where(cr)} (region {part.host}) has voters {more}, which are controllers of no host with "
                "this kraft_region_of; add the region's host, or correct the list. A region without brokers (lite job) is not driven",
            )
    first = next((voters(part.seen.controller) for part in every if part.seen.controller is not None), {})
    for part in every:
        listed = voters(part.seen.controller)
        unlike = sorted(number for number in set(first) & set(listed) if first[number] != listed[number])
        if unlike:
            yield _disagree(
                part, f"region {part.host} names other addresses than the first region for the voters {unlike}"
            )


def _majority(every: Sequence[Part]) -> Iterator[Finding]:
    """One region has a majority of the voters: else none could be migrated, or rolled back, without the others at the same time."""
    if any(part.seen.controller is None for part in every):
        return
    known = [regions.Region(part.host, len(part.controllers), min(part.brokers, default=0)) for part in every]
    if not regions.has_majority(known):
        listed = ", ".join(f"{each.host} {each.voters}" for each in regions.in_order(known))
        yield finding(
            "operator-unsupported",
            f"region {every[0].host}",
            f"no region has a majority of the voters ({listed}): the controllers of the first one could not lead alone, and after its rollback those "
            "of the others could take /controller again; this release drives regions of which one has a majority",
        )


def _count(every: Sequence[Part]) -> Iterator[Finding]:
    """All regions together have as many controllers as survive the loss of one."""
    total = sum(len(part.controllers) for part in every)
    if total not in (3, 5) and all(part.seen.controller is not None for part in every):
        yield finding(
            "controller-differs",
            "the regions",
            f"the regions have {total} controllers together; 3 or 5 survive the loss of one",
        )


def _no_early_end(every: Sequence[Part]) -> Iterator[Finding]:
    """No job goes on to KRaft alone by itself: all regions would do so at the same moment."""
    for part in every:
        job = part.seen.job
        # a job that has not said anything yet will go through, too
        if job is not None and res.may_be_on(job, res.FINALIZE) and progress_of(job).phase not in BEHIND_THE_STOP:
            yield finding(
                "operator-unsupported",
                f"region {part.host}",
                f"KRaftMigrationJob {where(job)} (region {part.host}) has {res.FINALIZE} already: with several regions they would restart their brokers "
                "at the same time; remove the annotation",
            )


def _factors(mine: Part, every: Sequence[Part]) -> Iterator[Finding]:
    """CFK derives replication factors from the brokers of one region alone."""
    total = sum(len(part.brokers) for part in every)
    low = {
        key: value
        for key in FACTORS
        if (value := mine.settings.get(key, "")).isdigit() and int(value) < min(WANTED, total)
    }
    if low:
        listed = ", ".join(f"{key}={value}" for key, value in low.items())
        yield finding(
            "region-replication-factor",
            f"Kafka {mine.seen.name}",
            f"Kafka {mine.seen.name} has {listed}, which CFK derives from the {len(mine.brokers)} brokers of this region, and the Kafka cluster has {total}; "
            f"set {min(WANTED, total)} in spec.configOverrides.server, and look at the topics that exist already",
        )
