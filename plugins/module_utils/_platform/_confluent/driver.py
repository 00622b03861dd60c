# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Confluent for Kubernetes as a platform that leads: the protocol of ``_platform.led``, by its custom resources.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb, Wait
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.permissions import Need
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.regions import Region, Turn
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict, wait_for
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import (
    checks,
    following,
    objects,
    originals,
    permissions,
    region_checks,
    regions,
    removing,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.cluster import ConfluentCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.job import progress_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import Judge, Signals
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Claim
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Forbidden,
    KraftError,
    Refused,
)

#: seconds until the operator has acted on an annotation that only asks for its locks
UNLOCKED = 120.0
KINDS: Mapping[str, Kind] = {kind.kind: kind for kind in (res.KAFKA, res.ZOOKEEPER, res.CONTROLLER)}


class Confluent:
    """The platform that CFK leads."""

    name = "confluent"

    def __init__(self, cluster: ConfluentCluster) -> None:
        self._cluster = cluster

    @classmethod
    def claim(cls, client: KubeClient, params: Mapping[str, Any]) -> Claim | None:
        """Claim a cluster that is a Kafka CR of CFK. An account that may not read these claims nothing: StatefulSets with an owner are refused."""
        try:
            found = client.find(res.KAFKA, params["cluster"], params["namespace"])
        except Forbidden:
            if params["platform"] == cls.name:
                raise
            return None
        if found is not None:
            return Claim(cls.name, f"Kafka CR {checks.where(found)} of {res.KAFKA.api_version}")
        if params["platform"] == cls.name:
            raise Refused(_why_none(client, params), code="cluster-not-found")
        return None

    def findings(self) -> list[Finding]:
        """What would stop the operator, from the custom resources."""
        cluster = self._cluster
        found = checks.findings(cluster.seen)
        if cluster.others:  # how many controllers there are is a question about all regions
            found = [item for item in found if item.code != "controller-differs"]
        found += self._region_findings()
        if cluster.controller_cr is None:
            try:
                self._planned_controllers()
            except Unsupported as error:
                found.append(finding(error.code, f"KRaftController {cluster.controllers_name}", error.message))
        return found

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
            return judge(seen, Signals(signals.text + more, signals.moves))

        seen = following.follow(regions.places(cluster), of_all, idle=idle, progress=progress)[0]
        cluster.changed()
        return seen

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
    ) -> AbstractContextManager[None]:
        """A Lease beside the run's, in the namespace of one of the regions."""
        if not self._cluster.others:
            return nullcontext()
        return regions.locked(self._cluster, holder, timeout=timeout, progress=progress)

    def start(self, verb: Verb) -> list[str]:
        """Make the held KRaftController and the job, or annotate the job."""
        cluster = self._cluster
        if verb is not Verb.MIGRATE:
            if verb is Verb.ROLLBACK:
                removing.take_over_job(cluster)
            key = {Verb.FINALIZE: res.FINALIZE, Verb.ROLLBACK: res.ROLLBACK}[verb]
            return [self._annotate_job(key)]
        # what cannot be made is refused before anything is written
        controllers = self._planned_controllers() if cluster.controller_cr is None else None
        job = self._planned_job() if cluster.job is None else None
        originals.keep(cluster)
        removing.take_over(cluster)  # before the operator locks it
        written = []
        version = cluster.params["ibp_version"]
        if version and res.annotation(cluster.kafka, res.IBP) != version:
            self._annotate(res.KAFKA, cluster.kafka, {res.IBP: version})
            written.append(f"Kafka {cluster.name}: annotation {res.IBP} = {version}")
        for kind, body, held in ((res.CONTROLLER, controllers, ", held"), (res.JOB, job, "")):
            if body is not None:
                cluster.client.create(kind, body, cluster.namespace)
                written.append(f"{kind.kind} {body['metadata']['name']} created{held}")
        cluster.changed()
        return written

    def answer(self, wait: Wait) -> None:
        """Tell the operator that the znodes are gone."""
        if wait is not Wait.ZNODES:
            raise KraftError(f"CFK is not told by an answer about {wait.value}")
        self._annotate_job(res.CONTINUE)

    def stop_controllers(self) -> str:
        """CFK's lock is on the KRaftController, and its operator would put a smaller StatefulSet back: they are left running."""
        pods = self._cluster.controller_pods
        return f"{', '.join(pods)} are the operator's, whose lock forbids to stop them" if pods else ""

    def locked(self) -> list[str]:
        """The custom resources with the operator's lock."""
        cluster = self._cluster
        cluster.changed()
        return [f"{cr['kind']} {checks.where(cr)}" for cr in cluster.resources.objects if res.is_on(cr, res.LOCK)]

    def exports(self) -> Sequence[Mapping[str, Any]]:
        """The changed custom resources, with the patch that makes them of what they were before."""
        cluster = self._cluster
        before = originals.read(cluster)
        found = []
        for cr in (cluster.kafka, cluster.controller_cr):
            if cr is not None:
                manifest = objects.for_git(cr)
                name = f"{cr['kind']}/{cr['metadata']['name']}"
                patch = objects.merge_patch(before[name], manifest) if name in before else {}
                found.append({"object": name, "manifest": manifest, "patch": patch})
        return found

    def release(self) -> list[str]:
        """Annotate the job, then wait until the locks are gone."""
        locked = self.locked()
        if not locked:
            return []
        if self._cluster.job is None:
            raise KraftError(
                f"{', '.join(locked)} still have the annotation {res.LOCK}, and their job is gone; remove it by hand"
            )
        written = [self._annotate_job(res.RELEASE)]
        for kind, cr in ((KINDS[cr["kind"]], cr) for cr in self._cluster.resources.objects):
            self._wait_unlocked(kind, cr)
        self._cluster.changed()
        return [*written, *(f"{name} is unlocked" for name in locked)]

    def _wait_unlocked(self, kind: Kind, cr: Mapping[str, Any]) -> None:
        name = cr["metadata"]["name"]

        def judge(found: Mapping[str, Any]) -> Verdict:
            held = name in found and res.is_on(found[name], res.LOCK)
            return Verdict(not held, f"{kind.kind} {name} is still locked by CFK" if held else "unlocked")

        try:
            wait_for(self._cluster.client, kind, cr["metadata"]["namespace"], judge, timeout=UNLOCKED, name=name)
        except DeadlineExceeded as error:
            raise DeadlineExceeded(
                f"{error.message}, though the job was annotated with {res.RELEASE}; look at the operator's log",
                code="operator-lock-kept",
            ) from error

    def clean_up(self) -> list[str]:
        """Delete the job, the KRaftController and its volumes; the originals last."""
        return removing.clean_up(self._cluster)

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


def _why_none(client: KubeClient, params: Mapping[str, Any]) -> str:
    """Why there is no such Kafka CR: the CRDs are missing, or of another version, or the name is wrong."""
    served = client.group_versions(res.GROUP)
    where = f"{params['namespace']}/{params['cluster']}"
    if not served:
        return f"kraft_platform is confluent, but the API server has no {res.GROUP}: install the CRDs of CFK, or correct kraft_platform"
    if res.VERSION not in served:
        return f"the API server has {res.GROUP} in version {', '.join(served)}; this release knows {res.VERSION}"
    return f"there is no Kafka CR {where}; correct kraft_cluster or kraft_namespace"
