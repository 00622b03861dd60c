# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What in the custom resources would stop the operator, or make it do the wrong thing. Pure.

Private to the collection. Source: CFK's prerequisites, known issues and published examples; the list of keys that the job refuses
is in no document, so it is what the job itself manages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import foreign
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.job import phase_of, progress_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Enforced

Obj = Mapping[str, Any]
Version = tuple[int, ...]

#: settings that the job writes itself
MANAGED = (
    "inter.broker.protocol.version",
    "zookeeper.metadata.migration.enable",
    "process.roles",
    "node.id",
    "broker.id",
    "controller.quorum.voters",
    "controller.quorum.bootstrap.servers",
    "controller.listener.names",
    "confluent.cluster.link.metadata.topic.enable",
)
#: and those that it has to exchange, by the value that it cannot
ZOOKEEPER_ONLY = {
    "authorizer.class.name": re.compile(r"AclAuthorizer"),
    "confluent.authorizer.access.rule.providers": re.compile(r"ZK_ACL"),
}
#: Confluent Platform versions that migrate; 7.6.0 is not for production
FIRST_PLATFORM, NO_PLATFORM, NOT_FOR_PRODUCTION = (7, 6), (8, 0), (7, 6, 0)
#: CFK: the first that migrates, on each line; the first that keeps a chroot as it is; the first that rolls back from everywhere
FIRST_OPERATORS: Mapping[Version, Version] = {(2, 8): (2, 8, 4), (2, 9): (2, 9, 2)}
KEEPS_CHROOT = ROLLS_BACK_FROM_EVERYWHERE = (3, 3, 0)
#: the first whose settings of logging are those of Log4j 2
LOG4J2 = (3, 0, 0)


@dataclass(frozen=True)
class Seen:
    """What was read of one cluster's custom resources.

    :ivar name: ``namespace/name`` of the Kafka CR.
    :ivar controller: the KRaftController, None when there is none yet.
    :ivar jobs: every job of the namespace.
    :ivar operator: version of CFK, () when it is not known.
    :ivar cluster_id: what Kafka says, "" when it could not be read.
    :ivar enforced: whether something enforces the operator's locks; None when it could not be read.
    :ivar paused: GitOps objects that were seen paused, as ``str(manager)``.
    """

    kafka: Obj
    zookeeper: Obj | None
    controller: Obj | None
    jobs: tuple[Obj, ...] = ()
    job: Obj | None = None
    operator: Version = ()
    cluster_id: str = ""
    enforced: bool | None = None
    paused: frozenset[str] = field(default_factory=frozenset)

    @property
    def name(self) -> str:
        """``namespace/name`` of the Kafka CR."""
        return where(self.kafka)

    @property
    def objects(self) -> tuple[Obj, ...]:
        """The custom resources that the migration changes or locks."""
        return tuple(item for item in (self.kafka, self.zookeeper, self.controller) if item is not None)


def where(cr: Obj) -> str:
    """``namespace/name``."""
    return f"{cr['metadata']['namespace']}/{cr['metadata']['name']}"


def version(text: str) -> Version:
    """The numbers of ``3.3.0``, ``v3.3.0`` or ``7.9.1-1-ubi8``; () when there are none."""
    match = re.search(r"(?<![\d.])v?(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(part) for part in match.groups() if part is not None) if match else ()


def platform_version(kafka: Obj) -> Version:
    """The version of Confluent Platform: of the image's tag, which is exact, else of the status."""
    image = str(((kafka.get("spec") or {}).get("image") or {}).get("application") or "")
    tag = image.rpartition("/")[2].partition(":")[2]
    return version(tag) or version(str((kafka.get("status") or {}).get("currentClusterVersion") or ""))


def operator_version(kafka: Obj) -> Version:
    """The version of CFK as the Kafka CR shows it: in its status, else by the tag of the init container, which is CFK's; () for neither.

    The status may have the version of the chart instead (0.1718.10 for 3.3.0), which says nothing here.
    """
    said = version(str((kafka.get("status") or {}).get("operatorVersion") or ""))
    if said and said[0] > 0:
        return said
    image = str(((kafka.get("spec") or {}).get("image") or {}).get("init") or "")
    return version(image.rpartition("/")[2].partition(":")[2])


def findings(seen: Seen) -> list[Finding]:
    """Every rule, in the order in which a person would repair it."""
    rules = (_references, _jobs, _versions, _gitops, _blocked, _chroot, _ids, _controller, _super_users, _typos)
    return [item for rule in rules for item in rule(seen)]


def references(seen: Seen) -> list[Finding]:
    """Those of them that say that the job and the custom resources do not fit; the custom resources and jobs alone decide it."""
    return [item for rule in (_references, _jobs) for item in rule(seen) if item.code == "operator-references"]


def _references(seen: Seen) -> Iterator[Finding]:
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


def _jobs(seen: Seen) -> Iterator[Finding]:
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


def _versions(seen: Seen) -> Iterator[Finding]:
    """Confluent Platform and CFK are new enough, and the platform not too new."""
    platform = platform_version(seen.kafka)
    spelled = ".".join(map(str, platform))
    if platform and (platform < FIRST_PLATFORM or platform >= NO_PLATFORM):
        yield finding(
            "version-unsupported",
            seen.name,
            f"Kafka {seen.name} runs Confluent Platform {spelled}; a migration needs 7.6 to 7.9 (8.0 has no ZooKeeper mode)",
        )
    if platform == NOT_FOR_PRODUCTION:
        yield finding(
            "version-not-recommended",
            seen.name,
            f"Kafka {seen.name} runs Confluent Platform 7.6.0, with which Confluent advises against migrating production clusters; upgrade first",
        )
    if not seen.operator:
        yield finding(
            "check-incomplete",
            "CFK",
            "the version of CFK could not be read (annotation platform.confluent.io/app-version of its CRDs, status.operatorVersion of Kafka, "
            "tag of the init container's image); it has to be 2.9.2 or later, 3.3.0 is recommended",
        )
        return
    spelled = ".".join(map(str, seen.operator))
    if seen.operator < FIRST_OPERATORS.get(seen.operator[:2], min(FIRST_OPERATORS.values())):
        yield finding("version-unsupported", "CFK", f"CFK {spelled} cannot migrate; upgrade it to 3.3.0 first")
    elif seen.operator < ROLLS_BACK_FROM_EVERYWHERE:
        yield finding(
            "version-not-recommended",
            "CFK",
            f"CFK {spelled} may refuse a rollback from SETUP and MIGRATE, and leaves the brokers' metadata log behind in one; 3.3.0 is recommended",
        )


def _gitops(seen: Seen) -> Iterator[Finding]:
    """Nobody puts the custom resources back."""
    for cr in seen.objects:
        for manager in foreign.gitops(cr):
            if str(manager) not in seen.paused:
                yield finding(
                    "managed-by-gitops",
                    f"{cr['kind']} {where(cr)}",
                    f"{cr['kind']} {where(cr)} is managed by {manager}, which does not appear to be paused; the job changes it: pause it until the "
                    "changed manifests are in git",
                )


def _blocked(seen: Seen) -> Iterator[Finding]:
    """The job manages these settings itself: with an override of the user's it fails, or fights it."""
    for cr in (seen.kafka, seen.controller):
        if cr is None or seen.job is not None:
            continue  # once it runs, it has put them there
        settings = objects.overrides(cr)
        of_zookeeper = [key for key, wrong in ZOOKEEPER_ONLY.items() if wrong.search(settings.get(key, ""))]
        for key in [*(key for key in MANAGED if key in settings), *of_zookeeper]:
            yield finding(
                "setting-blocks",
                f"{cr['kind']} {where(cr)}: {key}",
                f"{cr['kind']} {where(cr)} sets {key} in spec.configOverrides.server, which the job manages itself; remove the line",
            )


def _chroot(seen: Seen) -> Iterator[Finding]:
    """CFK before 3.3.0 puts a chroot behind one that is there already."""
    endpoint = objects.zookeeper_endpoint(seen.kafka)
    if "/" not in endpoint or not seen.operator or seen.operator >= KEEPS_CHROOT:
        return
    settings = objects.overrides(seen.controller) if seen.controller else {}
    if settings.get("zookeeper.connect") == endpoint:
        return
    yield finding(
        "setting-blocks",
        f"Kafka {seen.name}",
        f"Kafka {seen.name} uses ZooKeeper {endpoint}; CFK before 3.3.0 would give its controllers that chroot twice. Upgrade CFK, or write the "
        f"KRaftController yourself with zookeeper.connect={endpoint} in spec.configOverrides.server",
    )


def _ids(seen: Seen) -> Iterator[Finding]:
    """No controller has the node id of a broker."""
    if seen.controller is None:
        return
    try:
        both = set(objects.ids_of(seen.kafka)) & set(objects.ids_of(seen.controller))
    except Unsupported as error:
        yield finding(error.code, seen.name, error.message)
        return
    if both:
        yield finding(
            "controller-id-clash",
            where(seen.controller),
            f"KRaftController {where(seen.controller)} and Kafka {seen.name} would share the node ids {sorted(both)}; set another "
            f"{res.ID_OFFSET} on the KRaftController",
        )


def _controller(seen: Seen) -> Iterator[Finding]:
    """A KRaftController of the user's own fits, and is held."""
    cr = seen.controller
    if cr is None or seen.job is not None:
        return
    name = where(cr)
    status = cr.get("status") or {}
    if not res.is_on(cr, res.HOLD):
        runs = int(status.get("readyReplicas") or 0)
        yield finding(
            "controller-manifest",
            name,
            f'KRaftController {name} lacks the annotation {res.HOLD}: "true"'
            + (f" and runs {runs} controllers already; delete it with its volumes and" if runs else ";")
            + " make it again with the annotation",
        )
    wanted = str((cr.get("spec") or {}).get("clusterID") or "")
    if wanted and wanted != (seen.cluster_id or wanted):
        yield finding(
            "cluster-id-mismatch",
            name,
            f"KRaftController {name} has spec.clusterID {wanted}, the cluster's id is {seen.cluster_id}; the field cannot be changed: make the "
            "KRaftController again without it",
        )
    if needs_log4j1(seen.kafka, seen.operator) and not res.is_on(cr, res.LOG4J1):
        yield finding(
            "controller-manifest",
            name,
            f'KRaftController {name} lacks the annotation {res.LOG4J1}: "true", without which images of Confluent Platform 7.x do not start '
            "under CFK 3.x",
        )
    replicas = int((cr.get("spec") or {}).get("replicas", 3))
    if replicas not in (3, 5):
        yield finding(
            "controller-differs",
            name,
            f"KRaftController {name} has {replicas} replicas; 3 or 5 survive the loss of one",
        )


def needs_log4j1(kafka: Obj, operator: Version) -> bool:
    """Whether the operator's logging settings are not those of the image."""
    return operator >= LOG4J2 and platform_version(kafka) < NO_PLATFORM


def _super_users(seen: Seen) -> Iterator[Finding]:
    """RBAC: who is a super user of the brokers has to be one of the controllers."""
    if seen.controller is None:
        return
    of_kafka, of_controller = (_authorization(cr) for cr in (seen.kafka, seen.controller))
    if of_kafka.get("type") != "rbac":
        return
    missing = sorted(set(of_kafka.get("superUsers") or []) ^ set(of_controller.get("superUsers") or []))
    if missing:
        yield finding(
            "operator-super-users",
            where(seen.controller),
            f"{', '.join(missing)} is a super user of only one of Kafka {seen.name} and KRaftController {where(seen.controller)}; with RBAC the "
            "principal by which controllers reach MDS has to be one of both, or they do not become ready",
        )


def _authorization(cr: Obj) -> Obj:
    return (cr.get("spec") or {}).get("authorization") or {}


def _typos(seen: Seen) -> Iterator[Finding]:
    """Annotations that look like one of the migration, which the operator does not know."""
    for cr in (*seen.objects, *([seen.job] if seen.job is not None else [])):
        for key, meant in res.near_misses(cr).items():
            yield finding(
                "operator-annotation",
                f"{cr['kind']} {where(cr)}",
                f"{cr['kind']} {where(cr)} has the annotation {key}, which the operator does not know; {meant} was probably meant",
            )
        for key in (res.BLOCK_RECONCILE, res.FORCE_RECONCILE):
            if res.is_on(cr, key):
                yield finding(
                    "operator-annotation",
                    f"{cr['kind']} {where(cr)}",
                    f"{cr['kind']} {where(cr)} has the annotation {key}: {'the operator ignores it' if key == res.BLOCK_RECONCILE else 'it was left behind'}; "
                    "remove it",
                )


def lock_finding(seen: Seen, plan: Enforced) -> Finding:
    """CFK does not enforce its lock, or nobody may tell: whether ours will be."""
    said = (
        "neither a ValidatingAdmissionPolicy nor CFK's webhook enforces its lock on the custom resources"
        if seen.enforced is False
        else "it could not be read whether anything enforces CFK's lock on the custom resources"
    )
    ours = (
        f"this collection makes {plan.text} for it when it asks for the migration"
        if plan.policy
        else f"others can change or delete them during the migration, and no policy of this collection will be made: {plan.why}; keep "
        "pipelines and people away, or install the policy"
    )
    return finding("operator-lock-not-enforced", seen.name, f"{said}: {ours}")
