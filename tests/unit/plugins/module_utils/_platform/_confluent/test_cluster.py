# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of a cluster that CFK made: custom resources, StatefulSets by their owner, who pauses, who enforces."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.regions import Regions
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform import registry
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import checks, enforcement
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.cluster import ConfluentCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, NotFound, Refused

from tests.unit.plugins.module_utils._platform._confluent import crs
from tests.unit.plugins.module_utils._platform._confluent.scene import (
    CLUSTER_ID,
    Api,
    Cluster,
    before,
    crds,
    process,
    silent,
    underway,
)
from tests.unit.plugins.module_utils.fakes import PARAMS, statefulset

MRC = {"zookeeper": {"endpoint": "zookeeper.other.svc.cluster.local:2181/mrc"}}


def test_the_statefulsets_are_those_that_the_resources_own() -> None:
    cluster = underway()
    cluster.api.put(statefulset("kafka-copy"))
    assert [item["metadata"]["name"] for item in cluster.statefulsets] == ["kafka"]
    assert list(cluster.pods) == ["kafka-0", "kafka-1", "kafka-2"]
    assert list(cluster.controller_pods) == ["kafka-kraft-0", "kafka-kraft-1", "kafka-kraft-2"]
    assert (cluster.has_controllers, cluster.controllers_wanted, cluster.controller_container) == (True, 3, "kafka")


def test_one_of_the_same_name_that_nobody_owns_is_not_taken() -> None:
    """The uid of the owner counts, not the name."""
    cluster = before()
    cluster.api.put(crs.controllers())
    cluster.api.put(statefulset("kafka-kraft"))
    assert cluster.controllers is None
    assert (cluster.has_controllers, cluster.controllers_wanted, cluster.controller_container) == (False, 0, "")
    assert cluster.controller_pods == {}
    orphan = crs.workload(crs.kafka())
    orphan["metadata"]["ownerReferences"] = [{"kind": "Kafka", "name": "kafka", "uid": "of-before"}]
    cluster.api.put(orphan)
    cluster.changed()
    with pytest.raises(Refused, match=r"CFK has made no StatefulSet for Kafka n/kafka \(its status is RUNNING\)") as no:
        str(cluster.statefulsets)
    assert no.value.code == "broker-not-healthy"


def test_no_kafka_no_cluster() -> None:
    with pytest.raises(NotFound):
        str(Cluster(Api()).kafka)


def test_the_zookeeper_that_kafka_names_and_later_the_job() -> None:
    assert before().zookeeper_cr is not None
    cluster = before()
    cluster.api.put(crs.kafka(dependencies=MRC))
    assert cluster.zookeeper_cr is None
    # finalized: only the job names it any more
    for cluster, known in ((underway("COMPLETE"), True), (before(), False)):
        cluster.api.put(crs.kafka(dependencies={}))
        assert (cluster.zookeeper_cr is not None) is known


def test_names_come_from_the_job_once_it_is_there() -> None:
    cluster = before()
    assert (cluster.job_name, cluster.controllers_name) == ("kraft-migration-kafka", "kafka-kraft")
    assert before(controller_name="own").controllers_name == "own"
    cluster.api.put(crs.job(name="kmj", kRaftController={"name": "kraft2"}))
    assert cluster.read_job()
    assert (cluster.job_name, cluster.controllers_name) == ("kmj", "kraft2")
    cluster.api.put(crs.job(name="kmj", kRaftController=None))
    cluster.changed(Part.OBJECTS)
    assert cluster.controllers_name == "kafka-kraft"


@pytest.mark.parametrize(
    ("read", "found"),
    [
        ({}, CLUSTER_ID),
        ({"kafka-0": silent()}, CLUSTER_ID),
        ({"kafka-0": process("another")}, ""),
        (dict.fromkeys(("kafka-0", "kafka-1", "kafka-2"), silent()), ""),
        (dict.fromkeys(("kafka-0", "kafka-1", "kafka-2"), process("")), ""),
    ],
)
def test_the_cluster_id_that_all_brokers_agree_on(read: Any, found: str) -> None:
    cluster = before()
    cluster.read = read
    assert cluster.seen.cluster_id == found


def test_what_is_seen_of_it() -> None:
    seen = underway().seen
    assert [item["kind"] for item in seen.objects] == ["Kafka", "Zookeeper", "KRaftController"]
    assert seen.job is not None
    assert (seen.operator, seen.enforced, len(seen.jobs)) == ((3, 3, 0), False, 1)


# who pauses

FLUX = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux"}


@pytest.mark.parametrize(
    ("there", "paused"),
    [({"suspend": True}, True), ({"suspend": False}, False), ({}, False), (None, False)],
)
def test_gitops_that_is_paused_is_seen(there: Any, paused: bool) -> None:
    cluster = before()
    cluster.api.put(crs.kafka(labels=FLUX))
    if there is not None:
        cluster.api.put({"kind": "Kustomization", "metadata": {"name": "apps", "namespace": "flux"}, "spec": there})
    assert list(cluster.seen.gitops) == ["Flux Kustomization flux/apps"]
    assert (cluster.seen.gitops["Flux Kustomization flux/apps"] == "") is paused


# the version of the operator


def test_the_version_of_the_operator() -> None:
    assert before().operator_version == (3, 3, 0)
    cluster = before()
    cluster.api.fail["get", "CustomResourceDefinition"] = Forbidden("not allowed")
    cluster.api.put(crs.kafka(status={"operatorVersion": "2.9.8"}))
    assert cluster.operator_version == (2, 9, 8)
    assert enforcement.operator_version(Api()) == ()  # type: ignore[arg-type]
    assert enforcement.operator_version(Api(crds("v2.9.4"))) == (2, 9, 4)  # type: ignore[arg-type]


# who enforces


def rule(*operations: str, group: str = res.GROUP, resource: str = "kafkas") -> Any:
    return {"apiGroups": [group], "operations": list(operations), "resources": [resource]}


def policy(name: str, *rules: Any) -> Any:
    return {
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {"resourceRules": list(rules)},
            "validations": [{"expression": f"!('{res.LOCK}' in oldObject.metadata.annotations)"}],
        },
    }


def unlike(name: str) -> Any:
    """A policy of somebody else, about something else."""
    return {**policy(name), "spec": {"matchConstraints": {"resourceRules": [rule("UPDATE")]}}}


def binding(policy_name: str, selector: Any = None, action: str = "Deny") -> Any:
    return {
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "b"},
        "spec": {"policyName": policy_name, "validationActions": [action]}
        | ({"matchResources": {"namespaceSelector": selector}} if selector else {}),
    }


def webhook(*rules: Any, **more: Any) -> Any:
    return {
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": more.pop("name", "confluent-operator-validating-webhook-configuration")},
        "webhooks": [{"name": "x", "rules": list(rules), **more}, {"name": "y"}],
    }


def ours(name: str) -> Any:
    """A policy of this collection."""
    return {
        **policy(name, rule("UPDATE")),
        "metadata": {"name": name, "labels": {"app.kubernetes.io/managed-by": "kafkaops.kraft"}},
    }


def inside(namespace: str) -> Any:
    return {"matchLabels": {"kubernetes.io/metadata.name": namespace}}


def expression(operator: str, *values: str) -> Any:
    return {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("there", "enforced"),
    [
        ((), False),
        ((policy("p", rule("UPDATE")), binding("p")), True),
        ((policy("p", rule("UPDATE")),), False),
        ((policy("p", rule("UPDATE")), binding("other")), False),
        ((policy("p", rule("CREATE")), binding("p")), False),
        ((policy("p", rule("*", resource="*")), binding("p")), True),
        ((policy("p", rule("UPDATE", group="apps")), binding("p")), False),
        ((policy("p", rule("UPDATE", resource="zookeepers")), binding("p")), False),
        (({"kind": "ValidatingAdmissionPolicy", "metadata": {"name": "p"}, "spec": {}}, binding("p")), False),
        ((webhook(rule("UPDATE", "DELETE")),), True),
        ((webhook(rule("CREATE")),), False),
        # what only warns, what is about something else, what a failure switches off
        ((policy("p", rule("UPDATE")), binding("p", action="Audit")), False),
        ((unlike("p"), binding("p")), False),
        ((webhook(rule("UPDATE"), name="kyverno-resource-validating-webhook-cfg"),), False),
        ((webhook(rule("UPDATE"), failurePolicy="Ignore"),), False),
        (({"kind": "ValidatingWebhookConfiguration", "metadata": {"name": "w"}},), False),
        # ours is none of CFK's, and one of another namespace is none of this one's
        ((ours("p"), binding("p")), False),
        ((policy("p", rule("UPDATE")), binding("p", inside("n"))), True),
        ((policy("p", rule("UPDATE")), binding("p", inside("m"))), False),
        ((policy("p", rule("UPDATE")), binding("p", expression("In", "m", "n"))), True),
        ((policy("p", rule("UPDATE")), binding("p", expression("In", "m"))), False),
        ((policy("p", rule("UPDATE")), binding("p", expression("NotIn", "m"))), True),
        ((policy("p", rule("UPDATE")), binding("p", expression("NotIn", "n"))), False),
        ((policy("p", rule("UPDATE")), binding("p", {"matchLabels": {"team": "a"}})), True),
        ((webhook(rule("UPDATE"), namespaceSelector=inside("m")),), False),
        ((webhook(rule("UPDATE"), namespaceSelector=expression("Exists")),), True),
    ],
)
def test_whether_anything_enforces_the_lock(there: Any, enforced: bool) -> None:
    assert enforcement.enforced(Api(*there), "n") is enforced  # type: ignore[arg-type]


def test_nobody_may_tell_or_the_server_has_no_policies() -> None:
    """Kubernetes before 1.30 has no such API: that is an answer, not an error."""
    for kind in ("ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration"):
        api = Api(webhook(rule("UPDATE")))
        api.fail["list", kind] = Forbidden("not allowed")
        assert enforcement.enforced(api, "n") is None  # type: ignore[arg-type]
    api = Api(webhook(rule("UPDATE")))
    for kind in ("ValidatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy"):
        api.fail["list", kind] = NotFound("the server could not find the requested resource")
    assert enforcement.enforced(api, "n") is True  # type: ignore[arg-type]


def deployment(namespace: str, account: str = "", name: str = "confluent-operator") -> Any:
    spec = {"serviceAccountName": account} if account else {}
    return {
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": {"spec": spec}},
    }


def test_the_accounts_of_the_operator() -> None:
    api: Any = Api(deployment("ops", "cfk"), deployment("n"), deployment("n", "x", name="other"))
    assert enforcement.operators(api, "n") == ("system:serviceaccount:n:default", "system:serviceaccount:ops:cfk")
    assert enforcement.operators(Api(), "n") == ()  # type: ignore[arg-type]


def test_the_operator_is_looked_for_in_its_own_namespace_where_only_that_may_be_read() -> None:
    class Narrow(Api):
        def list(self, kind: Any, namespace: str | None = None, **more: Any) -> Any:
            if namespace != "n":
                raise Forbidden("not in the whole cluster")
            return super().list(kind, namespace, **more)

    api: Any = Narrow(deployment("ops", "cfk"), deployment("n", "cfk"))
    assert enforcement.operators(api, "n") == ("system:serviceaccount:n:cfk",)
    api.fail["list", "Deployment"] = Forbidden("not allowed")
    assert enforcement.operators(api, "n") == ()


# who drives it


def test_a_kafka_of_cfk_is_opened_as_one_that_cfk_leads() -> None:
    api: Any = before().api
    found = registry.open_cluster(api, PARAMS)
    assert isinstance(found, ConfluentCluster)
    assert (found.platform, found.driver.name, found.by_operator) == ("confluent", "confluent", True)
    assert checks.where(found.kafka) == "n/kafka"


def test_without_one_the_statefulset_is_ours_to_write() -> None:
    api: Any = Api(statefulset())
    found = registry.open_cluster(api, PARAMS)
    assert isinstance(found, StatefulSetCluster)
    assert not found.by_operator


def test_regions_are_of_cfk_alone() -> None:
    """Whoever means that StatefulSets take turns has to be told that they do not."""
    api: Any = Api(statefulset())
    with pytest.raises(Refused, match="kraft_region_of is for Kafka custom resources") as refused:
        registry.open_cluster(api, {**PARAMS, "regions": Regions("east", ())})
    assert refused.value.code == "operator-unsupported"
