# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy import objects, pods, settings
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.identity import Identity
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import Properties

from tests.unit.plugins.module_utils._core._deploy.given import cluster

ID = Identity("5L6g3nShT-eMCtK--X86sw", directories={0: "a", 1: "b", 2: "c"})


def made(**more: Any) -> objects.Objects:
    return objects.objects(cluster(**more), ID)


def settings_of(item: objects.Workload) -> dict[str, str]:
    return dict(Properties.parse(item.config["data"]["server.properties"]).as_dict())


def container(item: objects.Workload) -> Any:
    return item.statefulset["spec"]["template"]["spec"]["containers"][0]


def test_a_combined_cluster() -> None:
    found = made()
    (nodes,) = found.workloads
    assert [item["metadata"]["name"] for item in found.services] == ["k", "k-bootstrap"]
    assert [item["metadata"]["name"] for item in found.budgets] == ["k"]
    spec = nodes.statefulset["spec"]
    assert (spec["replicas"], spec["serviceName"]) == (3, "k")
    assert (spec["podManagementPolicy"], spec["updateStrategy"]) == ("Parallel", {"type": "OnDelete"})
    assert spec["volumeClaimTemplates"][0]["spec"]["storageClassName"] == "fast"
    assert spec["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    values = settings_of(nodes)
    assert values["process.roles"] == "broker,controller"
    assert values["listeners"] == "CLIENT://:9092,INTERNAL://:9094,CONTROLLER://:9093"
    assert values["log.dirs"] == "/var/lib/kafka/data/kraft"
    assert (values["offsets.topic.replication.factor"], values["min.insync.replicas"]) == ("3", "2")
    assert "node.id" not in values, "each pod adds its own"


def test_controllers_of_their_own_keep_min_insync_replicas() -> None:
    controllers, brokers = made(topology="separated", brokers=5).workloads
    assert (controllers.role, brokers.role) == ("controller", "broker")
    assert settings_of(controllers)["min.insync.replicas"] == "2"
    assert settings_of(controllers)["process.roles"] == "controller"
    assert settings_of(brokers)["process.roles"] == "broker"
    assert settings_of(brokers)["controller.quorum.voters"].startswith("1000@k-kraft-0.k-kraft.n.svc:9093,")
    assert brokers.statefulset["spec"]["replicas"] == 5
    assert "advertised.listeners" not in controllers.config["data"]["start.sh"]


def test_one_broker_has_nobody_to_wait_for() -> None:
    values = settings_of(made(brokers=1).workloads[0])
    assert (values["default.replication.factor"], values["min.insync.replicas"]) == ("1", "1")


def test_pods_have_no_privilege() -> None:
    for item in made(topology="separated_monitor", exporter_image="e").workloads:
        pod = item.statefulset["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for each in (*pod["containers"], *pod["initContainers"]):
            assert each["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_what_is_ours_is_labelled_and_the_selector_is_narrow() -> None:
    found = made(topology="separated_monitor", exporter_image="e", labels={"team": "a"}, access="cluster_ip")
    for item in (*found.services, *found.budgets, *found.deployments, *(each.statefulset for each in found.workloads)):
        labels = item["metadata"]["labels"]
        assert labels[names.LABEL_CLUSTER] == "k"
        assert (labels[names.DEPLOYED], labels["team"]) == ("true", "a")
    for each in found.workloads:
        selector = each.statefulset["spec"]["selector"]["matchLabels"]
        assert selector == {names.LABEL_CLUSTER: "k", names.LABEL_ROLE: each.role}
        assert each.statefulset["spec"]["volumeClaimTemplates"][0]["metadata"]["labels"][names.DEPLOYED] == "true"


def test_each_broker_has_a_way_of_its_own() -> None:
    found = made(access="cluster_ip", brokers=1)
    own = found.services[-1]
    assert own["metadata"]["name"] == "k-0"
    assert own["spec"]["selector"]["statefulset.kubernetes.io/pod-name"] == "k-0"
    assert "CLIENT://$KRAFT_POD_NAME.n.svc:9092" in found.workloads[0].config["data"]["start.sh"]
    ports = objects.objects(cluster(access="node_port", brokers=1), ID, {"k-0": 31000})
    assert ports.services[-1]["spec"]["type"] == "NodePort"
    assert ports.workloads[0].config["data"]["port-k-0"] == "31000"
    assert (
        "CLIENT://$KRAFT_HOST_IP:$(cat /etc/kraft/port-$KRAFT_POD_NAME)"
        in ports.workloads[0].config["data"]["start.sh"]
    )
    variables = {each["name"] for each in container(ports.workloads[0])["env"]}
    assert "KRAFT_HOST_IP" in variables


def test_a_changed_option_makes_other_pods_and_the_number_of_pods_does_not() -> None:
    def digest(**more: Any) -> str:
        found = made(**more).workloads[-1]
        return str(found.statefulset["spec"]["template"]["metadata"]["annotations"][names.SETTINGS_HASH])

    same = digest(topology="separated")
    assert digest(topology="separated") == same
    assert digest(topology="separated", brokers=4) == same
    for more in (
        {"settings": {"num.partitions": 9}},
        {"heap": "1g"},
        {"image": "x/kafka:1"},
        {"resources": {"limits": {"memory": "1Gi"}}},
    ):
        assert digest(topology="separated", **more) != same
    assert digest(topology="separated", access="cluster_ip") != same


def test_a_dynamic_quorum_is_formatted_with_its_first_voters() -> None:
    found = made(quorum="dynamic")
    script = found.workloads[0].statefulset["spec"]["template"]["spec"]["initContainers"][0]["command"][2]
    assert "--initial-controllers 0@k-0.k.n.svc:9093:a,1@k-1.k.n.svc:9093:b,2@" in script
    assert "controller.quorum.voters" not in settings_of(found.workloads[0])
    assert settings_of(found.workloads[0])["controller.quorum.bootstrap.servers"].count(":9093") == 3
    separated = objects.objects(cluster(topology="separated", quorum="dynamic"), Identity("i", directories={1000: "a"}))
    scripts = [
        item.statefulset["spec"]["template"]["spec"]["initContainers"][0]["command"][2] for item in separated.workloads
    ]
    assert "--initial-controllers 1000@k-kraft-0.k-kraft.n.svc:9093:a" in scripts[0]
    assert "--no-initial-controllers" in scripts[1]
    assert pods.format_arguments(cluster(), "broker", ID) == ""


def test_security() -> None:
    found = made(protocol="SASL_SSL", tls_secret="t", users_secret="u", super_users=["User:admin"])
    values = settings_of(found.workloads[0])
    assert values["listener.security.protocol.map"] == "CLIENT:SASL_SSL,INTERNAL:SASL_SSL,CONTROLLER:SASL_SSL"
    assert values["super.users"] == "User:kafka;User:admin"
    assert values["authorizer.class.name"].endswith("StandardAuthorizer")
    volumes = {each["name"]: each for each in found.workloads[0].statefulset["spec"]["template"]["spec"]["volumes"]}
    assert volumes["tls"]["secret"]["secretName"] == "t"
    assert volumes["users"]["secret"]["secretName"] == "u"
    assert settings_of(made(protocol="SSL", tls_secret="t").workloads[0])["ssl.client.auth"] == "none"
    with_certificates = made(protocol="SSL", tls_secret="t", client_certificates=True, super_users=["User:CN=kafka"])
    assert settings_of(with_certificates.workloads[0])["super.users"] == "User:CN=kafka"


def test_what_the_user_may_not_set() -> None:
    assert settings.is_reserved("node.id")
    assert settings.is_reserved("listener.name.client.ssl.keystore.location")
    assert not settings.is_reserved("num.partitions")
    values = settings_of(made(settings={"min.insync.replicas": 1}).workloads[0])
    assert values["min.insync.replicas"] == "1", "the user's own win over ours"


def test_logging_of_each_generation() -> None:
    def option(version: str) -> str:
        found = container(made(kafka_version=version).workloads[0])["env"]
        return str(next(each["value"] for each in found if each["name"] == "KAFKA_LOG4J_OPTS"))

    assert option("3.9.2") == "-Dlog4j.configuration=file:/etc/kraft/log4j.properties"
    assert option("4.0.0") == "-Dlog4j2.configurationFile=file:/etc/kraft/log4j2.properties"


def test_the_exporter_knows_every_broker() -> None:
    (exporter,) = made(topology="separated_monitor", exporter_image="e:1").deployments
    arguments = exporter["spec"]["template"]["spec"]["containers"][0]["args"]
    assert [each for each in arguments if "kafka.server" in each] == [
        f"--kafka.server=k-{n}.k.n.svc:9094" for n in range(3)
    ]
    assert made().deployments == ()
