# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controllers are checked against everything that decides about them, before the first one is made, and nothing is stored."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import parse_connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import (
    ControllerObjects,
    ControllerSpec,
    controller_objects,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    checks,
    controller_checks,
    controller_plan,
    controller_ways,
    controllers,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Forbidden,
    Refused,
    Unreachable,
)

from tests.unit.plugins.module_utils.fakes import PARAMS, FakeClient, pod
from tests.unit.plugins.module_utils.scenes import cluster_with

Obj = dict[str, Any]
SPEC = ControllerSpec(
    "kafka-kraft", "n", "kafka", 3, 1000, "/opt/kafka/bin/kafka-server-start.sh", "/opt/kafka/bin/kafka-storage.sh"
)
MIGRATING = ControllerSpec(**{**SPEC.__dict__, "stage": "migrating", "settings": {"process.roles": "controller"}})


def brokers(**pod_spec: Any) -> Obj:
    container = {"name": "kafka", "image": "apache/kafka:3.9.2", "ports": [{"name": "kafka", "containerPort": 9092}]}
    return {
        "kind": "StatefulSet",
        "metadata": {"name": "kafka", "namespace": "n", "uid": "uid-kafka"},
        "spec": {
            "selector": {"matchLabels": {"app": "kafka"}},
            "template": {"metadata": {"labels": {"app": "kafka"}}, "spec": {"containers": [container], **pod_spec}},
        },
    }


def _item(kind: str, name: str, namespace: str | None = "n", **more: Any) -> Obj:
    return {"kind": kind, "metadata": {"name": name, **({"namespace": namespace} if namespace else {})}, **more}


DEFAULT = {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}, "name": "fast"}
ROOM: tuple[Obj, ...] = (
    {**_item("StorageClass", "fast", None), "provisioner": "csi", "metadata": DEFAULT},
    _item("Node", "one", None, spec={}, status={"allocatable": {"cpu": "8", "memory": "32Gi"}}),
)


def scene(*objects: Obj, statefulset: Obj | None = None, zookeeper: Any = None, **changed: Any) -> Any:
    """A cluster in ZooKeeper mode without controllers, and room for them."""
    client = FakeClient(*ROOM, *objects)
    running = {f"kafka-{n}": {**pod(f"kafka-{n}"), "spec": {"containers": [{"name": "kafka"}]}} for n in range(3)}
    base = {
        "client": client,
        "controllers": None,
        "statefulsets": [statefulset or brokers()],
        "pods": running,
        "effective": {"listeners": "PLAINTEXT://:9092,REP://0.0.0.0:9094,BAD", "inter.broker.listener.name": "REP"},
        "zookeeper_connect": zookeeper,
        "params": PARAMS,
    }
    return cluster_with(**{**base, **changed})


def planned(monkeypatch: pytest.MonkeyPatch, cluster: Any, spec: ControllerSpec = MIGRATING) -> None:
    def build(found: Any, stage: str) -> ControllerObjects:
        assert stage in ("held", "migrating")
        return controller_objects(found.statefulsets[0], spec)

    monkeypatch.setattr(controllers, "build", build)
    assert cluster.controllers is None


def test_everything_is_asked_for_and_nothing_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = scene()
    planned(monkeypatch, cluster)
    assert controller_checks.findings(cluster) == []
    asked = [kind for verb, kind, _name in cluster.client.calls if verb == "dry-run create"]
    # the objects at the same time, a pod once none of them was refused
    assert sorted(asked[:4]) == ["ConfigMap", "PodDisruptionBudget", "Service", "StatefulSet"]
    assert asked[4:] == ["Pod"]
    assert len(cluster.client.calls) == 5
    assert cluster.client.names("StatefulSet") == cluster.client.names("Pod") == []


def test_the_pod_is_as_the_statefulset_controller_would_make_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = scene()
    planned(monkeypatch, cluster)
    made = controller_checks._PlannedControllers(cluster, controller_objects(brokers(), MIGRATING))
    made.dry_runs()
    assert made.made is not None
    assert made.made["metadata"]["labels"]["controller-revision-hash"] == "kafka-kraft-0123456789"
    assert (made.made["spec"]["hostname"], made.made["spec"]["subdomain"]) == ("kafka-kraft-0", "kafka-kraft")
    assert {"name": "kraft-data", "persistentVolumeClaim": {"claimName": "kraft-data-kafka-kraft-0"}} in made.made[
        "spec"
    ]["volumes"]


@pytest.mark.parametrize("kind", ["Service", "StatefulSet", "Pod"])
@pytest.mark.parametrize("status", [400, 403, 422])
def test_what_the_api_server_refuses_is_a_finding(monkeypatch: pytest.MonkeyPatch, kind: str, status: int) -> None:
    cluster = scene()
    planned(monkeypatch, cluster)
    error = Refused if status == 422 else Forbidden
    cluster.client.fail["create", kind] = error("exceeded quota: q", detail={"status": status})
    (found,) = controller_checks.findings(cluster)
    assert found.code == "controller-rejected"
    assert found.sentence.startswith("the API server would reject ")
    assert found.sentence.endswith(" of the controllers: exceeded quota: q")


def test_an_api_server_that_fails_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = scene()
    planned(monkeypatch, cluster)
    cluster.client.fail["create", "Pod"] = Unreachable("no answer", detail={"status": 503})
    with pytest.raises(Unreachable):
        controller_checks.findings(cluster)


def test_what_cannot_be_looked_at_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = scene()
    planned(monkeypatch, cluster)
    detail = {"resource": "networkpolicies.networking.k8s.io", "verb": "list"}
    for kind in ("ResourceQuota", "LimitRange", "NetworkPolicy"):
        cluster.client.fail["list", kind] = Forbidden("may not", detail=detail if kind == "NetworkPolicy" else {})
    (found,) = controller_checks.findings(cluster)
    assert (found.code, found.blocking) == ("check-incomplete", False)
    for words in (
        "resourcequotas (list)",
        "limitranges (list)",
        "networkpolicies.networking.k8s.io (list); docs/rbac.yml",
    ):
        assert words in found.sentence


def only_rbac_yml(cluster: Any) -> None:
    """An account with docs/rbac.yml and nothing else."""
    cluster.client.allowed = lambda verb, resource, _sub: (
        (verb, resource) not in (("create", "pods"), ("list", "nodes"), ("list", "storageclasses"))
    )
    for kind in ("StorageClass", "Node"):
        cluster.client.fail["list", kind] = Forbidden("may not")


def test_an_account_with_what_the_docs_grant_gets_no_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = scene()
    only_rbac_yml(cluster)
    planned(monkeypatch, cluster)
    assert controller_checks.findings(cluster) == []
    assert ("dry-run create", "Pod", "kafka-kraft-0") not in cluster.client.calls
    line = controller_plan.plan_lines(cluster)[1]
    for words in ("list on nodes", "list on storageclasses.storage.k8s.io", "create on pods", "SETUP shows it"):
        assert words in line


@pytest.mark.parametrize(
    ("storage_class", "annotation", "phase", "shown"),
    [
        (None, "volume.kubernetes.io/storage-provisioner", "Bound", True),
        (None, "volume.beta.kubernetes.io/storage-provisioner", "Bound", True),
        (None, "volume.kubernetes.io/storage-provisioner", "Pending", False),
        (None, "other", "Bound", False),
        ("other", "volume.kubernetes.io/storage-provisioner", "Bound", False),
    ],
)
def test_the_brokers_volumes_show_what_makes_volumes(
    monkeypatch: pytest.MonkeyPatch, storage_class: str | None, annotation: str, phase: str, shown: bool
) -> None:
    item = brokers()
    item["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": {}}]
    claim = _item("PersistentVolumeClaim", "data-kafka-0", status={"phase": phase})
    claim["metadata"]["annotations"] = {annotation: "csi"}
    cluster = scene(claim, statefulset=item)
    only_rbac_yml(cluster)
    planned(monkeypatch, cluster, ControllerSpec(**{**MIGRATING.__dict__, "storage_class": storage_class}))
    assert ("storageclasses" in controller_plan.plan_lines(cluster)[1]) is not shown


def test_services_that_may_not_be_listed_are_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = scene()
    planned(monkeypatch, cluster)
    cluster.client.fail["list", "Service"] = Forbidden("may not list services")
    with pytest.raises(Forbidden):
        controller_checks.findings(cluster)


def test_a_webhook_that_answers_no_dry_run_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = scene()
    planned(monkeypatch, cluster)
    said = "admission webhook x does not support dry run"
    cluster.client.fail["create", "Pod"] = Refused(said, detail={"status": 400})
    (found,) = controller_checks.findings(cluster)
    assert "an admission rule for pods that does not answer dry runs" in found.sentence
    del cluster.client.fail["create", "Pod"]
    cluster.client.fail["create", "Service"] = Refused(said, detail={"status": 400})
    (found,) = controller_checks.findings(cluster)
    assert "an admission rule for services that does not answer dry runs" in found.sentence


def test_objects_that_exist_are_somebody_elses_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = scene(_item("Service", "kafka-kraft", spec={}))
    planned(monkeypatch, cluster)
    assert controller_checks.findings(cluster) == []


def test_a_name_that_does_not_fit_is_found_alone() -> None:
    cluster = scene(controllers_name="k" * 60)
    assert [item.code for item in controller_checks.findings(cluster)] == ["controller-manifest"]
    assert cluster.client.calls == []


def test_quotas_limits_storage_and_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = ControllerSpec(**{**MIGRATING.__dict__, "storage_class": "gone", "resources": {"requests": {"cpu": "9"}}})
    quota = _item("ResourceQuota", "q", spec={"hard": {"pods": "2"}})
    limit = _item("LimitRange", "r", spec={"limits": [{"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}]})
    cluster = scene(quota, limit)
    planned(monkeypatch, cluster, spec)
    assert [item.code for item in controller_checks.findings(cluster)] == [
        "controller-quota",
        "controller-quota",
        "controller-storage",
        "controller-unschedulable",
    ]


def test_selectors_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    service = _item("Service", "team", spec={"selector": {"team": "x"}})
    budget = _item("PodDisruptionBudget", "all", spec={"selector": {}, "maxUnavailable": 1})
    cluster = scene(service, _item("Service", "external", spec={"selector": None}), budget)
    planned(monkeypatch, cluster, ControllerSpec(**{**MIGRATING.__dict__, "extra_labels": {"team": "x"}}))
    found = controller_checks.findings(cluster)
    assert [(item.code, item.where) for item in found] == [
        ("controller-manifest", "team"),
        ("budget-blocks", "all and kafka-kraft"),
    ]


def test_brokers_that_cannot_resolve_names_and_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = scene(statefulset=brokers(hostNetwork=True))
    planned(monkeypatch, cluster)
    objects = controller_objects(brokers(), MIGRATING)
    noted = ControllerObjects(
        objects.statefulset, objects.service, objects.pdb, objects.settings, notes=("LOG_DIR is other",)
    )
    monkeypatch.setattr(controllers, "build", lambda _cluster, _stage: noted)
    assert [(item.code, item.sentence[:13]) for item in controller_checks.findings(cluster)] == [
        ("controller-differs", "LOG_DIR is ot"),
        ("controller-names", "the brokers c"),
    ]


def _policy(name: str, namespace: str = "n", **spec: Any) -> Obj:
    return _item(
        "NetworkPolicy", name, namespace, spec={"podSelector": {}, "policyTypes": ["Ingress", "Egress"], **spec}
    )


def _zookeeper(namespace: str = "n") -> tuple[Obj, Obj]:
    running = pod("zk-0", namespace, labels={"app": "zookeeper", "controller-revision-hash": "x"})
    return _item("Service", "zk", namespace, spec={"selector": {"app": "zookeeper"}, "clusterIP": "None"}), running


def test_the_ways_that_controllers_need(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = scene(
        _policy("deny-all"), *_zookeeper(), zookeeper=parse_connect("zk:2181,zookeeper.example.com:2182/kafka")
    )
    planned(monkeypatch, cluster)
    found = {item.where: item.sentence for item in controller_checks.findings(cluster)}
    own = "kraft.kafkaops.io/cluster=kafka,kraft.kafkaops.io/role=controller"
    out = found["egress of the controllers"]
    assert f"selects pods {own} and allows egress to" in out
    for opening in (
        f"the controllers ({own}) on port 9093/TCP",
        # the inter-broker listener's port
        "the brokers of StatefulSet kafka (app=kafka) on port 9094/TCP",
        "the cluster's DNS on port 53/UDP",
        "ZooKeeper pod zk-0 (app=zookeeper) on port 2181/TCP",
        "ZooKeeper at zookeeper.example.com on port 2182/TCP",
    ):
        assert opening in out
    assert set(found) == {
        "egress of the controllers",
        "ingress of the controllers",
        "egress of the brokers of StatefulSet kafka",
        "ingress of the brokers of StatefulSet kafka",
        "ingress of ZooKeeper pod zk-0",
    }


@pytest.mark.parametrize("readable", [True, False])
def test_zookeeper_in_a_namespace_of_its_own(monkeypatch: pytest.MonkeyPatch, readable: bool) -> None:
    cluster = scene(_policy("theirs", "zoo"), *_zookeeper("zoo"), zookeeper=parse_connect("zk.zoo:2181"))
    planned(monkeypatch, cluster)
    if not readable:
        listed = cluster.client.list

        def of_ours(kind: Any, namespace: str | None = None, **more: Any) -> Any:
            if (kind.kind, namespace) == ("NetworkPolicy", "zoo"):
                raise Forbidden("may not list")
            return listed(kind, namespace, **more)

        cluster.client.list = of_ours
    found = controller_checks.findings(cluster)
    assert [item.where for item in found] == ["ingress of ZooKeeper pod zk-0"] * readable


def test_ports_of_a_running_broker() -> None:
    assert controller_ways.broker_ports(scene()) == {"PLAINTEXT": 9092, "REP": 9094}
    assert controller_ways.broker_ports(scene(effective={})) == {"PLAINTEXT": 9092}


def _injected(*proxies: str) -> Obj:
    return {**pod("kafka-0"), "spec": {"containers": [{"name": name} for name in ("kafka", *proxies)]}}


@pytest.mark.parametrize(
    ("theirs", "ours", "words"),
    [
        ([], [], ""),
        (["istio-proxy"], ["istio-proxy"], ""),
        # restarted after the namespace was labelled: the brokers are not, yet
        ([], ["istio-proxy"], "would have istio-proxy, which the brokers' pods lack"),
        (["linkerd-proxy"], [], "would lack linkerd-proxy, which the brokers' pods have"),
    ],
)
def test_one_mesh_for_brokers_and_controllers(theirs: list[str], ours: list[str], words: str) -> None:
    cluster = scene(pods={"kafka-0": _injected(*theirs), "kafka-1": _injected(*theirs)})
    objects = controller_objects(brokers(), MIGRATING)
    found = controller_ways.mesh(cluster, objects, _injected(*ours))
    assert [item.code for item in found] == ["mesh-differs"] * bool(words)
    assert all(words in item.sentence for item in found)
    assert controller_ways.mesh(cluster, objects, None) == []


def test_a_namespace_that_injects_is_read_where_no_pod_can_be_asked_for() -> None:
    """The brokers were started before the namespace was labelled."""
    labelled = {"kind": "Namespace", "metadata": {"name": "n", "labels": {"istio-injection": "enabled"}}}
    cluster, objects = scene(labelled), controller_objects(brokers(), MIGRATING)
    assert "would have istio-proxy" in controller_ways.mesh(cluster, objects, None)[0].sentence
    out = brokers()
    out["spec"]["template"]["metadata"]["annotations"] = {"sidecar.istio.io/inject": "false"}
    assert controller_ways.mesh(cluster, controller_objects(out, MIGRATING), None) == []
    cluster.client.fail["get", "Namespace"] = Forbidden("may not get namespaces")
    assert controller_ways.mesh(cluster, objects, None) == []


def test_ports_that_the_brokers_keep_out_of_the_mesh() -> None:
    item = brokers()
    item["spec"]["template"]["metadata"]["annotations"] = {"traffic.sidecar.istio.io/excludeInboundPorts": "9092"}
    objects = controller_objects(item, MIGRATING)
    (found,) = controller_ways.mesh(scene(pods={"kafka-0": _injected("istio-proxy")}), objects, None)
    assert "traffic.sidecar.istio.io/excludeInboundPorts" in found.sentence
    assert controller_ways.mesh(scene(pods={}), objects, None) == []


def test_the_plan_shows_the_controllers(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = scene()
    planned(monkeypatch, cluster, SPEC)
    assert controller_plan.plan_lines(cluster) == [
        "plan: controllers kafka-kraft-0 to -2, each with no requests and limits (the brokers have none); volume 10Gi of StorageClass (default)",
        (
            "plan: not known before the controllers are made: what other pods leave free on the nodes. SETUP shows it, with the reason of "
            "a pod that does not start, and can be taken back"
        ),
    ]
    resources = {"requests": {"cpu": "1", "memory": "5Gi"}, "limits": {"memory": "5Gi"}}
    planned(monkeypatch, cluster, ControllerSpec(**{**SPEC.__dict__, "resources": resources, "storage_class": "fast"}))
    line = controller_plan.plan_lines(cluster)[0]
    assert "requests cpu 1, memory 5Gi; limits memory 5Gi; volume 10Gi of StorageClass fast" in line
    cluster.controllers = brokers()
    assert controller_plan.plan_lines(cluster) == []


def test_preflight_looks_before_there_are_controllers(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr(controllers, "check_plan", lambda _cluster: None)
    monkeypatch.setattr(controllers, "node_ids", lambda _cluster: [])

    def look(_cluster: Any) -> list[Any]:
        looked.append("looked")
        return []

    monkeypatch.setattr(controller_checks, "findings", look)
    assert checks.controller_findings(scene()) == []
    assert checks.controller_findings(scene(controllers=brokers())) == []
    assert looked == ["looked"]


def test_a_refused_statefulset_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controllers, "node_id_base", lambda _cluster: 1000)
    cluster = scene(changed=lambda *_parts: None)
    cluster.client.fail["create", "StatefulSet"] = Forbidden("denied by a policy")
    with pytest.raises(Forbidden):
        controllers.create(cluster, controller_objects(brokers(), SPEC))
    assert cluster.client.names("Service") == cluster.client.names("PodDisruptionBudget") == []
    assert names.LABEL_ROLE in controller_objects(brokers(), SPEC).service["metadata"]["labels"]


def test_a_readiness_that_depends_on_zookeeper_is_said_before_the_migration() -> None:
    item = brokers()
    item["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] = {
        "exec": {"command": ["zookeeper-shell.sh", "zk:2181", "ls", "/brokers/ids"]}
    }
    cluster = scene(statefulset=item, zookeeper="zk:2181")
    (ahead,) = checks.reference_findings(cluster, "zookeeper-reference", {})
    assert ahead.sentence.startswith(
        "StatefulSet kafka: readinessProbe of container kafka connects to ZooKeeper (zookeeper-shell.sh)"
    )
    assert "none is in KRaft mode" in ahead.sentence
    (at_the_end,) = checks.reference_findings(cluster, "gate-zookeeper-reference")
    assert at_the_end.sentence.endswith("connects to ZooKeeper (zookeeper-shell.sh)")
