# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Kafka cluster that CFK made from custom resources: what the API server shows of them, and the pods that CFK made.

Private to the collection. CFK names the StatefulSet of a custom resource as it, and owns it; what counts is the owner's uid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import is_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import main_container
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import IBP
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.regions import Regions
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient, connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD, STATEFUL_SET, Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import (
    checks,
    definitions,
    enforcement,
    objects,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.gitops import not_paused_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.kafka_cluster import KafkaCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import Led
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, NotFound, Refused

Obj = dict[str, Any]


def name_of(obj: Mapping[str, Any]) -> str:
    """The name of an object."""
    return str(obj["metadata"]["name"])


def _common(values: Iterable[str | None]) -> str:
    """What all say, "" when they differ, or one says nothing."""
    found = set(values)
    return (found.pop() or "") if len(found) == 1 else ""


class ConfluentCluster(KafkaCluster):
    """A cluster that CFK leads."""

    platform = "confluent"
    by_operator = True
    of_platform: ClassVar[Mapping[Part, tuple[str, ...]]] = {
        Part.OBJECTS: ("kafka", "zookeeper_cr", "jobs", "controller_cr", "_all_statefulsets", "resources", "seen"),
        Part.SETTINGS: (),
    }
    #: what leads it; given by whoever opens the cluster
    driver: Led

    def __init__(self, client: KubeClient, params: Mapping[str, Any]) -> None:
        super().__init__(client, params)
        self._others: list[ConfluentCluster] | None = None

    def close(self) -> None:
        """End its sessions and those of the other regions."""
        super().close()
        for other in self._others or ():
            other.close()

    def changed(self, *parts: Part) -> None:
        """Read these parts again, of the other regions as well."""
        super().changed(*parts)
        for other in self._others or ():
            other.changed(*parts)

    # the other regions of the same Kafka cluster

    @property
    def others(self) -> list[ConfluentCluster]:
        """The other regions, each reached by the options of its own host; only read."""
        if self._others is None:
            named: Regions | None = self.params.get("regions")
            self._others = (
                [ConfluentCluster(connect(each.params), each.params) for each in named.others] if named else []
            )
        return self._others

    @property
    def elsewhere(self) -> dict[int, str]:
        """The brokers of the other regions. Raises Unsupported, NotFound."""
        return {number: checks.where(other.kafka) for other in self.others for number in objects.ids_of(other.kafka)}

    # custom resources

    @cached_property
    def kafka(self) -> Obj:
        """The Kafka CR. Raises NotFound."""
        return self.client.get(res.KAFKA, self.name, self.namespace)

    @cached_property
    def zookeeper_cr(self) -> Obj | None:
        """The Zookeeper CR that the Kafka CR names; the job's, once the Kafka CR names none any more."""
        wanted = objects.zookeeper_reference(self.kafka)
        if wanted is None and self.job is not None:
            wanted = objects.dependencies(self.job)["zookeeper"]
        if wanted is None and self.params.get("regions"):
            # servers that all regions reach have names outside of Kubernetes; the region's own share of them is in its namespace
            there = self.client.list(res.ZOOKEEPER, self.namespace)
            return there[0] if len(there) == 1 else None
        return self.client.find(res.ZOOKEEPER, wanted.name, wanted.namespace) if wanted else None

    @cached_property
    def jobs(self) -> list[Obj]:
        """Every job of the namespace. Raises Refused when the API server has no such resource: CFK is older, or only its CRDs are."""
        try:
            return self.client.list(res.JOB, self.namespace)
        except NotFound as error:
            raise Refused(definitions.without_jobs(self.operator_version), code="operator-crds") from error

    @property
    def job(self) -> Obj | None:
        """The job of this cluster, whoever made it: by the Kafka CR that it names. Raises Refused when there are several."""
        found = [job for job in self.jobs if str(objects.dependencies(job)["kafka"]) == checks.where(self.kafka)]
        if len(found) > 1:
            listed = ", ".join(checks.where(job) for job in found)
            raise Refused(
                f"KRaftMigrationJobs {listed} migrate Kafka {checks.where(self.kafka)}; a cluster has one job: delete the one that has not begun",
                code="operator-references",
            )
        return found[0] if found else None

    @property
    def job_name(self) -> str:
        """Name of the job, also of the one that is still to be made."""
        return str(self.job["metadata"]["name"]) if self.job else names.journal_name(self.name)

    def read_job(self) -> Obj | None:
        """The job as it is now."""
        self.changed(Part.OBJECTS)
        return self.job

    @property
    def controllers_name(self) -> str:
        """Name of the KRaftController: the job's, else kraft_controller_name."""
        named = objects.dependencies(self.job)["kRaftController"] if self.job else None
        return named.name if named else str(self.params["controller_name"] or names.controllers_name(self.name))

    @cached_property
    def controller_cr(self) -> Obj | None:
        """The KRaftController CR, if it exists."""
        return self.client.find(res.CONTROLLER, self.controllers_name, self.namespace)

    @property
    def operator_version(self) -> checks.Version:
        """The version of CFK, () when it is not known: what its CRDs say, else what the Kafka CR shows."""
        return enforcement.operator_version(self.client) or checks.operator_version(self.kafka)

    @cached_property
    def resources(self) -> checks.Seen:
        """The custom resources alone: no process is read for them, and nothing outside the namespace."""
        return checks.Seen(
            kafka=self.kafka,
            zookeeper=self.zookeeper_cr,
            controller=self.controller_cr,
            jobs=tuple(self.jobs),
            job=self.job,
        )

    @cached_property
    def seen(self) -> checks.Seen:
        """The custom resources with all that the checks look at."""
        return replace(
            self.resources,
            operator=self.operator_version,
            cluster_id=self._cluster_id(),
            enforced=enforcement.enforced(self.client, self.namespace),
            gitops=not_paused_of(self.client, self.resources.objects, self.namespace),
            running=_common(facts.version for facts in known(self.facts).values()),
            ibp=_common(facts.settings.get(IBP) for facts in known(self.facts).values()),
            wanted_ibp=str(self.params["ibp_version"] or ""),
            operator_down=() if any(map(is_ready, self.operator_pods)) else tuple(map(name_of, self.operator_pods)),
        )

    @property
    def operator_pods(self) -> list[Obj]:
        """CFK's pods in this namespace; it may run in another one, which this account need not see."""
        return self.client.list(POD, self.namespace, label_selector=res.OPERATOR_PODS)

    def _cluster_id(self) -> str:
        """What the brokers' meta.properties say, "" when they could not be read."""
        found = {meta.cluster_id for facts in known(self.facts).values() for meta in facts.meta if meta.cluster_id}
        return found.pop() if len(found) == 1 else ""

    # pods

    @cached_property
    def _all_statefulsets(self) -> list[Obj]:
        return self.client.list(STATEFUL_SET, self.namespace)

    def _owned(self, kind: Kind, cr: Obj | None) -> list[Obj]:
        """The StatefulSets that a custom resource owns."""
        uid = cr["metadata"]["uid"] if cr else ""
        return [
            item
            for item in self._all_statefulsets
            if uid
            and any(
                owner.get("uid") == uid and owner.get("kind") == kind.kind
                for owner in item["metadata"].get("ownerReferences") or []
            )
        ]

    @cached_property
    def statefulsets(self) -> list[Obj]:
        """The brokers' StatefulSets. Raises Refused when CFK has made none."""
        found = self._owned(res.KAFKA, self.kafka)
        if not found:
            raise Refused(
                f"CFK has made no StatefulSet for Kafka {checks.where(self.kafka)} (its status is "
                f"{(self.kafka.get('status') or {}).get('phase') or 'empty'}); wait until it is RUNNING",
                code="broker-not-healthy",
            )
        return found

    @cached_property
    def controllers(self) -> Obj | None:
        """The controllers' StatefulSet, None while the KRaftController is held."""
        found = self._owned(res.CONTROLLER, self.controller_cr)
        return found[0] if found else None

    @property
    def controller_container(self) -> str:
        """The container that runs a controller."""
        return main_container(self.controllers["spec"]["template"]) if self.controllers else ""

    def bundled(self) -> list[Mapping[str, Any]]:
        """The custom resources and StatefulSets, for a support bundle."""
        try:
            return [*self.resources.objects, *self.jobs, *self._all_statefulsets]
        except KraftError:
            return list(self._all_statefulsets)
