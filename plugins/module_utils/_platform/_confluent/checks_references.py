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
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import acceptance
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.job import phase_of, progress_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.seen import Obj, Seen, where


def lost(seen: Seen) -> bool:
    """Whether the Kafka CR is in the middle of a migration whose job is gone: only the operator names ZooKeeper and KRaft at once."""
    dependencies = (seen.kafka.get("spec") or {}).get("dependencies") or {}
    return seen.job is None and bool(dependencies.get("kRaftController")) and bool(dependencies.get("zookeeper"))


def references(seen: Seen) -> Iterator[Finding]:
    """The job and the CRs name each other rightly, and the cluster is in ZooKeeper mode."""
    kafka = seen.kafka
    spec = kafka.get("spec") or {}
    dependencies = spec.get("dependencies") or {}
    if lost(seen):
        yield finding(
            "operator-request-lost",
            seen.name,
            f"Kafka {seen.name} has spec.dependencies.kRaftController and ZooKeeper as well, and no KRaftMigrationJob: a job was deleted before its "
            "migration ended, or the manifest was changed by hand. Its brokers may need the KRaft controllers: delete neither these nor their volumes, and "
            "take no lock off; find out what happened, and compare the custom resources with those in your repository, before anything else",
        )
    elif dependencies.get("kRaftController") and seen.job is None:
        yield finding(
            "cluster-born-kraft",
            seen.name,
            f"Kafka {seen.name} has spec.dependencies.kRaftController and no KRaftMigrationJob, and no ZooKeeper: it runs in KRaft mode already, so "
            "that there is nothing to migrate; take it out of the inventory",
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
        controllers = objects.dependencies(seen.job)["kRaftController"]
        if controllers is not None and controllers.namespace != kafka["metadata"]["namespace"]:
            yield finding(
                "operator-unsupported",
                where(seen.job),
                f"KRaftMigrationJob {where(seen.job)} names KRaftController {controllers} of another namespace than that of Kafka {where(kafka)}; this "
                "release looks for the controllers in the namespace of the Kafka CR only: make both there, or go on by hand",
            )
            return
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
    yield from _others(seen)
    job = seen.job
    if job is not None and objects.dependencies(job)["kafka"] is None:
        yield finding(
            "operator-unsupported",
            where(job),
            f"KRaftMigrationJob {where(job)} has no kafka (lite mode, for a region without brokers); this release drives jobs of regions with brokers",
        )
    if job is not None:
        yield from _will_not_stop(seen, job)
    if seen.controller is not None and (seen.controller["spec"].get("dynamicQuorumConfig") or {}).get("enabled"):
        yield finding(
            "operator-unsupported",
            where(seen.controller),
            f"KRaftController {where(seen.controller)} has a dynamic quorum, whose observers have to be promoted by hand in DUAL-WRITE; this "
            "release drives static quorums",
        )


def _others(seen: Seen) -> Iterator[Finding]:
    """Jobs of others that have to do with these custom resources."""
    mine = {"kafka": seen.kafka, "zookeeper": seen.zookeeper, "kRaftController": seen.controller}
    for other in seen.jobs:
        if seen.job is not None and where(other) == where(seen.job):
            continue
        named, at = objects.dependencies(other), progress_of(other).where
        named_here = {key: where(cr) for key, cr in mine.items() if cr is not None}
        shared = {key for key, each in named.items() if each is not None and str(each) == named_here.get(key)}
        if _ended(other):
            shared.discard("zookeeper")  # one ensemble may serve several clusters, each below a chroot of its own
        name = f"KRaftMigrationJob {where(other)} (at {at})"
        if shared and named["kafka"] is None:
            yield finding(
                "operator-unsupported",
                where(other),
                f"{name} has no kafka (lite mode, for a region without brokers) and is for {' and '.join(f'{key} {named[key]}' for key in sorted(shared))} "
                "of this cluster; this release drives jobs of regions with brokers: delete it, or go on by hand",
            )
            continue
        for key in sorted(shared):
            remedy = {
                "kafka": "a cluster has one job: delete the one that has not begun",
                "zookeeper": f"it is the job of Kafka {named['kafka']}, and gives the lock on that Zookeeper back at its end: let it end first",
                "kRaftController": "each cluster needs controllers of its own: set kraft_controller_name to another name",
            }[key]
            yield finding("operator-references", where(other), f"{name} migrates {key} {named[key]} too; {remedy}")


def _will_not_stop(seen: Seen, job: Obj) -> Iterator[Finding]:
    """It was told beforehand to go on where it has to stop."""
    now, name = progress_of(job), f"KRaftMigrationJob {where(job)}"
    told = []
    if res.may_be_on(job, res.FINALIZE) and not res.is_on(job, res.ROLLBACK) and not _over(job):
        told.append(
            (res.FINALIZE, "the operator goes on to KRaft alone without a stop in DUAL-WRITE, and no gate is asked")
        )
    if res.may_be_on(job, res.CONTINUE) and not now.rolls_back:
        told.append((res.CONTINUE, "in a rollback the operator would not wait until the znodes are removed"))
    if res.may_be_on(job, res.RELEASE) and not _ended(job) and not now.failed:
        told.append((res.RELEASE, "the operator gives its locks back before the changed manifests are exported"))
    accept = acceptance(seen.name, "operator-will-not-stop")
    for key, why in told:
        yield finding(
            "operator-will-not-stop",
            where(job),
            f"{name} has the annotation {key} already: {why}; remove the annotation, or accept that with {accept}",
        )


def _ended(job: Obj) -> bool:
    seen = progress_of(job)
    return seen.complete or seen.rolled_back


def _over(job: Obj) -> bool:
    """Whether the stop in DUAL-WRITE is reached, or behind it: the annotation came then, and does not skip it."""
    phase = phase_of(str((job.get("status") or {}).get("phase") or ""))
    return phase in (phases.DUAL_WRITE, phases.FINALIZE, phases.COMPLETE)
