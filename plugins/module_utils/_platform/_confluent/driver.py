# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Confluent for Kubernetes as a platform that leads: the protocol of ``_platform.led``, by its custom resources.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.patch import merge_patch
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb, Wait
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.permissions import Need
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.regions import Region, Turn
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD, POLICY, Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict, wait_for
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform import operator_pods
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import (
    checks,
    checks_annotations,
    checks_controller,
    checks_versions,
    claiming,
    crashes,
    definitions,
    following,
    hints,
    objects,
    originals,
    permissions,
    region_checks,
    regions,
    removing,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.cluster import (
    ConfluentCluster,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.job import progress_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.own_lock import OwnLock
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import Judge, Signals, under_way
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Claim, Enforcement
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.pods import other_revision
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    KraftError,
    Refused,
)

#: seconds until the operator has acted on an annotation that only asks for its locks
UNLOCKED = 120.0
KINDS: Mapping[str, Kind] = {kind.kind: kind for kind in (res.KAFKA, res.ZOOKEEPER, res.CONTROLLER)}


class Confluent:
    """The platform that CFK leads."""

    name = "confluent"
    #: Confluent Platform 7.6
    oldest = (3, 6)
    #: no source says how it shows that wait in every version
    waits_silently = True
    #: it restarts a broker, which takes /controller
    goes_on_unled = True

    def __init__(self, cluster: ConfluentCluster) -> None:
        self._cluster = cluster
        self.enforcement: Enforcement = OwnLock(cluster)

    @classmethod
    def claim(cls, client: KubeClient, params: Mapping[str, Any]) -> Claim | None:
        """Claim a cluster that is a Kafka CR of CFK. An account that may not read these claims nothing, unless CFK made the brokers' StatefulSet."""
        return claiming.claim(client, params, cls.name)

    def findings(self) -> list[Finding]:
        """What would stop the operator, from the custom resources."""
        cluster = self._cluster
        missing = definitions.missing(cluster.client.resources(res.GROUP, res.VERSION))
        if missing:
            return missing
        found = checks.findings(cluster.seen)
        if any(item.code == "operator-request-lost" for item in found):
            return found
        if cluster.others:  # how many controllers there are is a question about all regions
            found = [item for item in found if item.code != "controller-differs"]
        found += self._region_findings()
        found += self._lock_findings()
        if cluster.controller_cr is None:
            try:
                self._planned_controllers()
            except Unsupported as error:
                found.append(finding(error.code, f"KRaftController {cluster.controllers_name}", error.message))
            there = cluster.client.list(res.CONTROLLER, cluster.namespace)
            found += checks_controller.unused(cluster.seen, there, cluster.controllers_name)
        return found

    def _lock_findings(self) -> list[Finding]:
        """Whether the operator's lock keeps anybody out: its own policy or webhook, or one of ours."""
        cluster = self._cluster
        refused = self.enforcement.findings()
        if refused or cluster.seen.enforced or self.enforcement.exists():
            return refused
        return [checks_annotations.lock_finding(cluster.seen, self.enforcement.plan())]

    def _region_findings(self) -> list[Finding]:
        cluster = self._cluster
        if not cluster.others:
            return region_checks.undeclared(cluster.seen)
        parts = []
        for host, each in regions.named(cluster):
            with regions.reading(host, each):
                settings = next((facts.settings for facts in known(each.facts).values() if facts.settings), {})
                parts.append(region_checks.Part(host, each.seen, settings))
        return region_checks.findings(parts[0], parts[1:])

    def _planned_controllers(self) -> dict[str, Any]:
        cluster = self._cluster
        log4j1 = checks.needs_log4j1(cluster.kafka, cluster.operator_version)
        return objects.controller(cluster.kafka, cluster.controllers_name, cluster.params, log4j1=log4j1)

    def _planned_job(self) -> dict[str, Any]:
        cluster = self._cluster
        there = cluster.zookeeper_cr
        zookeeper = (
            objects.Reference(there["metadata"]["name"], there["metadata"]["namespace"])
            if there is not None
            else objects.zookeeper_reference(cluster.kafka)
        )
        if zookeeper is None:
            raise Refused(
                f"Kafka {checks.where(cluster.kafka)} uses a ZooKeeper that is no custom resource",
                code="operator-references",
            )
        return objects.job(
            cluster.job_name,
            objects.Reference(cluster.name, cluster.namespace),
            zookeeper,
            objects.Reference(cluster.controllers_name, cluster.namespace),
        )

    def needs(self) -> tuple[Sequence[Need], str]:
        """The permissions, and what grants them."""
        return permissions.NEEDS, "docs/rbac-confluent.yml"

    def plan_lines(self) -> list[str]:
        """What will be asked of the operator."""
        cluster = self._cluster
        made = [] if cluster.controller_cr else [f"KRaftController {cluster.controllers_name}, held"]
        made += [] if cluster.job else [f"KRaftMigrationJob {cluster.job_name}"]
        return [
            f"plan: create {' and '.join(made)}" if made else f"plan: follow KRaftMigrationJob {cluster.job_name}",
            "plan: the operator restarts the brokers for the IBP and for the migration, then waits in DUAL-WRITE; reversible",
            "plan: finalize.yml with kraft_confirm has the operator restart brokers and controllers in one go, without another stop (final)",
        ]

    def check(self) -> None:
        """Raise Refused when the job is for other custom resources than the inventory names."""
        wrong = checks.references(self._cluster.resources)
        if wrong:
            raise Refused(wrong[0].sentence, code=wrong[0].code)
        self.enforcement.check()

    def observe(self) -> Progress:
        """What the job says now."""
        return progress_of(self._cluster.read_job())

    def follow(self, judge: Judge, *, idle: float, progress: Callable[[str], None]) -> Progress:
        """Watch the job, the StatefulSets and the pods; where there are other regions, theirs too: an operator waits while they move."""
        cluster = self._cluster
        hosts = [host for host, _each in regions.named(cluster)]

        def of_all(shown: Sequence[tuple[Progress, Signals]]) -> tuple[bool, str]:
            seen, signals = shown[0]
            others = zip(hosts[1:], shown[1:], strict=True)
            more = "".join(f"; region {host} at {there.where}: {signs.text}" for host, (there, signs) in others)
            return judge(seen, replace(signals, text=signals.text + more))

        crashed = crashes.Crashes(cluster.client, cluster.namespace, cluster.name, progress).look
        own, *others = regions.places(cluster)
        seen = following.follow([replace(own, look=crashed), *others], of_all, idle=idle, progress=progress)[0]
        cluster.changed()
        return seen

    def unsettled(self) -> str:
        """That a migration is under way, or that pods are not of their StatefulSet's revision: CFK is about to roll them."""
        cluster = self._cluster
        cluster.changed(Part.OBJECTS, Part.BROKERS)
        older = other_revision(cluster.statefulsets, cluster.pods)
        if older:
            return older
        try:
            return under_way(self.observe())
        except Refused as error:
            if error.code != "operator-crds":
                raise
            return ""  # a CFK that knows no migrations is at work on none

    def remove_pod(self, pod: str, uid: str) -> None:
        """Delete the very pod that was read; its StatefulSet makes it again."""
        self._cluster.client.delete(POD, pod, self._cluster.namespace, uid=uid)

    def regions(self) -> Sequence[Region]:
        """Every region of the Kafka cluster."""
        return regions.look(self._cluster) if self._cluster.others else ()

    def turn(self, verb: Verb) -> Turn:
        """Whether this region may be asked now."""
        return regions.turn(self._cluster, verb) if self._cluster.others else Turn()

    def wait_turn(self, verb: Verb, *, idle: float, progress: Callable[[str], None]) -> None:
        """Wait until the other regions stand still, and those that come first are where they have to be."""
        if self._cluster.others:
            regions.wait_turn(self._cluster, verb, idle=idle, progress=progress)

    def turn_lock(
        self, holder: str, *, timeout: float, progress: Callable[[str], None]
    ) -> AbstractContextManager[Callable[[], None]]:
        """A Lease beside the run's, in the namespace of one of the regions."""
        if not self._cluster.others:
            return nullcontext(lambda: None)
        return regions.locked(self._cluster, holder, timeout=timeout, progress=progress)

    def refuse(self, verb: Verb) -> None:
        """Nothing beyond check(): a job that does not fit is found there."""
        del verb

    def start(self, verb: Verb) -> list[str]:
        """Make the held KRaftController and the job, or annotate the job."""
        cluster = self._cluster
        if verb is not Verb.MIGRATE:
            if verb is Verb.ROLLBACK:
                removing.take_over_job(cluster)
                self.mark()
            key = {Verb.FINALIZE: res.FINALIZE, Verb.ROLLBACK: res.ROLLBACK}[verb]
            return [self._annotate_job(key)]
        # what cannot be made is refused before anything is written
        controllers = self._planned_controllers() if cluster.controller_cr is None else None
        job = self._planned_job() if cluster.job is None else None
        written = self._enforce()
        if job is not None:
            originals.keep(cluster)
            removing.take_over(cluster)  # before the operator locks it
        owed = self.owed()
        written += owed
        if owed:
            self._annotate(res.KAFKA, cluster.kafka, {res.IBP: cluster.params["ibp_version"]})
        for kind, body, held in ((res.CONTROLLER, controllers, ", held"), (res.JOB, job, "")):
            if body is not None:
                cluster.client.create(kind, body, cluster.namespace)
                written.append(f"{kind.kind} {body['metadata']['name']} created{held}")
        cluster.changed()
        return written

    def mark(self) -> None:
        """Put our labels on the volumes of the controllers that run."""
        removing.mark_claims(self._cluster)

    def owed(self) -> list[str]:
        """The annotation for the IBP, while the operator still looks for it: a job that waits for it goes on."""
        cluster = self._cluster
        wanted = cluster.params["ibp_version"]
        if (
            not wanted
            or res.annotation(cluster.kafka, res.IBP) == wanted
            or not checks_versions.before_ibp(cluster.job)
        ):
            return []
        return [f"Kafka {cluster.name}: annotation {res.IBP} = {wanted}"]

    def _enforce(self) -> list[str]:
        """Have the API server enforce the lock that the operator is about to set; returns what is to be told of it."""
        book = self._cluster.journal
        before = (book.lock_policy, book.lock_why)
        made = self.enforcement.enforce(book.migration_id, lambda _text: None)
        book.lock_policy, book.lock_why = made.policy, made.why
        return [f"CFK's lock is enforced by {made.text}"] if (made.policy, made.why) != before else []

    def answer(self, wait: Wait) -> None:
        """Tell the operator that the znodes are gone."""
        if wait is not Wait.ZNODES:
            raise KraftError(f"CFK is not told by an answer about {wait.value}")
        self._annotate_job(res.CONTINUE)

    def answered_by(self) -> str:
        """The annotation to continue, on the job."""
        return f"annotation {res.CONTINUE} of KRaftMigrationJob {self._cluster.job_name}"

    def hint(self, seen: Progress) -> str:
        """What usually holds a job up where it is."""
        return hints.hint(seen)

    def halt(self) -> str:
        """Its job knows no way to be kept from going on but to be deleted, which it may not survive."""
        return ""

    def stop_controllers(self) -> str:
        """CFK's lock is on the KRaftController, and its operator would put a smaller StatefulSet back: they are left running."""
        pods = self._cluster.controller_pods
        return f"{', '.join(pods)} are the operator's, whose lock forbids to stop them" if pods else ""

    def why_silent(self) -> str:
        """What the pods of CFK show; it may run in a namespace that this account does not see."""
        cluster = self._cluster
        return operator_pods.told(lambda: cluster.operator_pods, cluster.namespace, res.OPERATOR_PODS, "CFK")

    def locked(self) -> list[str]:
        """The custom resources with the operator's lock."""
        cluster = self._cluster
        cluster.changed()
        return [f"{cr['kind']} {checks.where(cr)}" for cr in cluster.resources.objects if res.is_on(cr, res.LOCK)]

    def exports(self) -> Sequence[Mapping[str, Any]]:
        """The changed custom resources, with the patch that makes them of what they were before, if that was kept."""
        cluster = self._cluster
        before = originals.read(cluster)
        found = []
        for cr in (cluster.kafka, cluster.controller_cr):
            if cr is not None:
                manifest = objects.for_git(cr)
                name = f"{cr['kind']}/{cr['metadata']['name']}"
                patch = merge_patch(before[name], manifest) if name in before else None
                found.append({"object": name, "manifest": manifest, "patch": patch})
        return found

    def release(self, progress: Callable[[str], None]) -> list[str]:
        """Annotate the job, then wait until the locks are gone. What enforces them goes first: a run that is killed comes here again."""
        removed = [f"{POLICY.kind} {self._cluster.journal.lock_policy} deleted"] if self.enforcement.remove() else []
        self._cluster.journal.lock_policy = self._cluster.journal.lock_why = ""
        return removed + self._give_back(progress)

    def _give_back(self, progress: Callable[[str], None]) -> list[str]:
        locked = self.locked()
        if not locked:
            return []
        if self._cluster.job is None:
            raise KraftError(
                f"{', '.join(locked)} still have the annotation {res.LOCK}, and their job is gone; remove it by hand"
            )
        written = [self._annotate_job(res.RELEASE)]
        for kind, cr in ((KINDS[cr["kind"]], cr) for cr in self._cluster.resources.objects):
            self._wait_unlocked(kind, cr, progress)
        self._cluster.changed()
        return [*written, *(f"{name} is unlocked" for name in locked)]

    def _wait_unlocked(self, kind: Kind, cr: Mapping[str, Any], progress: Callable[[str], None]) -> None:
        name = cr["metadata"]["name"]

        def judge(found: Mapping[str, Any]) -> Verdict:
            held = name in found and res.is_on(found[name], res.LOCK)
            return Verdict(not held, f"{kind.kind} {name} is still locked by CFK" if held else "unlocked")

        timeout = min(UNLOCKED, self._cluster.params["wait_timeout"])
        try:
            client, namespace = self._cluster.client, cr["metadata"]["namespace"]
            wait_for(client, kind, namespace, judge, timeout=timeout, name=name, progress=progress)
        except DeadlineExceeded as error:
            raise DeadlineExceeded(
                f"{error.message}, though the job was annotated with {res.RELEASE}; look at the operator's log",
                code="operator-lock-kept",
            ) from error

    def cannot_remove(self) -> Finding | None:
        """Why the job may not be deleted by us, or None."""
        return removing.cannot_remove_job(self._cluster)

    def remove_request(self) -> list[str]:
        """Delete the job."""
        return removing.remove_job(self._cluster)

    def clean_up(self, progress: Callable[[str], None]) -> list[str]:
        """Delete the job, the KRaftController and its volumes; the originals last."""
        return removing.clean_up(self._cluster, progress)

    def objects(self) -> list[Mapping[str, Any]]:
        """The custom resources and the StatefulSets, for a support bundle."""
        return self._cluster.bundled()

    def left(self) -> list[str]:
        """What of the attempt still exists."""
        return removing.left(self._cluster)

    def _annotate_job(self, key: str) -> str:
        job = self._cluster.read_job()
        if job is None:
            raise Refused(
                f"there is no KRaftMigrationJob for {self._cluster.name}; run migrate.yml first", code="wrong-state"
            )
        self._annotate(res.JOB, job, {key: "true"})
        self._cluster.changed()
        return f"KRaftMigrationJob {job['metadata']['name']}: annotation {key} = true"

    def _annotate(self, kind: Kind, cr: Mapping[str, Any], annotations: Mapping[str, str]) -> None:
        metadata = {"uid": cr["metadata"]["uid"], "annotations": dict(annotations)}
        self._cluster.client.patch(kind, cr["metadata"]["name"], cr["metadata"]["namespace"], {"metadata": metadata})
