# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the job and the custom resources fit each other, and whether this release drives such a job. Pure.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.job import phase_of, progress_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.seen import Obj, Seen, where


def references(seen: Seen) -> Iterator[Finding]:
    """The job and the CRs name each other rightly, and the cluster is in ZooKeeper mode."""
    kafka = seen.kafka
    spec = kafka.get("spec") or {}
    dependencies = spec.get("dependencies") or {}
    if dependencies.get("kRaftController") and seen.job is None:
        yield finding(
            "cluster-born-kraft",
            seen.name,
            f"Kafka {seen.name} has spec.dependencies.kRaftController already and no KRaftMigrationJob: it runs in KRaft mode, or its manifest "
            "was changed by hand; remove that dependency if it should be migrated",
        )
    if not dependencies.get("zookeeper") and not dependencies.get("kRaftController"):
        yield finding(
            "operator-references", seen.name, f"Kafka {seen.name} names no ZooKeeper in spec.dependencies.zookeeper"
        )
    wanted = objects.zookeeper_reference(kafka)
    if seen.zookeeper is None and dependencies.get("zookeeper"):
        named = f"Zookeeper {wanted}" if wanted else f"a Zookeeper for {objects.zookeeper_endpoint(kafka)}"
        yield finding(
            "operator-references",
            seen.name,
            f"{named}, which Kafka {seen.name} uses, is no custom resource that can be read: the job needs one; CFK migrates no ZooKeeper "
            "that it does not manage",
        )
    if seen.job is not None:
        for key, reference in objects.dependencies(seen.job).items():
            actual = {"kafka": kafka, "zookeeper": seen.zookeeper, "kRaftController": seen.controller}[key]
            if reference is not None and actual is not None and str(reference) != where(actual):
                yield finding(
                    "operator-references",
                    where(seen.job),
                    f"KRaftMigrationJob {where(seen.job)} is for {key} {reference}, the inventory for {where(actual)}; correct kraft_cluster "
                    "or kraft_controller_name, or delete that job",
                )


def jobs(seen: Seen) -> Iterator[Finding]:
    """No second job, none that would not stop, no kind that this release does not drive."""
    others = [job for job in seen.jobs if seen.job is None or where(job) != where(seen.job)]
    mine = {"kafka": seen.kafka, "zookeeper": seen.zookeeper, "kRaftController": seen.controller}
    for other in others:
        for key, reference in objects.dependencies(other).items():
            cr = mine[key]
            if key == "zookeeper" and _ended(other):
                continue  # one ensemble may serve several clusters, each below a chroot of its own
            if cr is not None and reference is not None and str(reference) == where(cr):
                yield finding(
                    "operator-references",
                    where(other),
                    f"KRaftMigrationJob {where(other)} migrates {key} {reference} too; a cluster has one job: delete the one that has not begun",
                )
    job = seen.job
    if job is not None and objects.dependencies(job)["kafka"] is None:
        yield finding(
            "operator-unsupported",
            where(job),
            f"KRaftMigrationJob {where(job)} has no kafka (lite mode, for a region without brokers); this release drives jobs of regions with brokers",
        )
    if job is not None and res.is_on(job, res.FINALIZE) and not res.is_on(job, res.ROLLBACK) and not _over(job):
        yield finding(
            "operator-will-not-stop",
            where(job),
            f"KRaftMigrationJob {where(job)} has {res.FINALIZE} already: the operator goes on to KRaft alone without a stop in DUAL-WRITE, and "
            "no gate is asked; remove the annotation first",
        )
    if seen.controller is not None and (seen.controller["spec"].get("dynamicQuorumConfig") or {}).get("enabled"):
        yield finding(
            "operator-unsupported",
            where(seen.controller),
            f"KRaftController {where(seen.controller)} has a dynamic quorum, whose observers have to be promoted by hand in DUAL-WRITE; this "
            "release drives static quorums",
        )


def _ended(job: Obj) -> bool:
    seen = progress_of(job)
    return seen.complete or seen.rolled_back


def _over(job: Obj) -> bool:
    """Whether the stop in DUAL-WRITE is reached, or behind it: the annotation came then, and does not skip it."""
    phase = phase_of(str((job.get("status") or {}).get("phase") or ""))
    return phase in (phases.DUAL_WRITE, phases.FINALIZE, phases.COMPLETE)
