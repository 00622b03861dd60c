# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The double's parts that only compute: settings, objects, rolls, versions, switches, status, definitions."""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.operators.confluent import (
    cr_status,
    crds,
    edits,
    layout,
    manifests,
    names,
    objects,
    rolls,
    switches,
    versions,
)
from tests.operators.confluent.manifests import ExampleSpec
from tests.operators.confluent.names import CONTROLLER, KAFKA, ZOOKEEPER
from tests.operators.confluent.rolls import Health, Pod, next_restart
from tests.sandbox.config import SandboxError

SPEC = ExampleSpec()
NAMESPACE = "shop"


def cr(kind: str, **spec: Any) -> dict[str, Any]:
    made = {KAFKA: manifests.kafka, ZOOKEEPER: manifests.zookeeper, CONTROLLER: manifests.controller}
    found = copy.deepcopy(made[kind](SPEC, NAMESPACE))
    found["metadata"]["uid"] = "u"
    found["spec"] |= spec
    return found


def settings(text: str) -> dict[str, str]:
    return dict(edits.pairs(text.splitlines()))


def both() -> dict[str, Any]:
    reference = {"clusterRef": {"name": "kraftcontroller"}}
    return {**cr(KAFKA)["spec"]["dependencies"], "kRaftController": reference}


# -- settings ---------------------------------------------------------------------------------------------------------------------


def test_brokers_in_zookeeper_mode_know_no_controllers() -> None:
    found = settings(layout.shared(cr(KAFKA)))
    assert found["zookeeper.connect"] == f"zookeeper.{NAMESPACE}.svc.cluster.local:2181/kafka-{NAMESPACE}"
    assert not [key for key in found if key.startswith("controller.")]
    assert "broker.id=@ID@" in layout.own(cr(KAFKA))["init.properties"]


def test_brokers_in_a_migration_know_both_and_stay_in_zookeeper_mode() -> None:
    kafka = cr(KAFKA, dependencies=both())
    found = settings(layout.shared(kafka, cr(CONTROLLER)))
    assert found["controller.listener.names"] == "CONTROLLER"
    assert found["controller.quorum.voters"].startswith(f"9990@kraftcontroller-0.kraftcontroller.{NAMESPACE}.svc")
    assert "zookeeper.connect" in found
    assert "CONTROLLER:PLAINTEXT" in found["listener.security.protocol.map"]
    assert "process.roles" not in layout.own(kafka)["init.properties"]


def test_brokers_in_kraft_mode_know_no_zookeeper() -> None:
    kafka = cr(KAFKA, dependencies={"kRaftController": both()["kRaftController"]})
    assert "zookeeper.connect" not in settings(layout.shared(kafka, cr(CONTROLLER)))
    assert "process.roles=broker\nnode.id=@ID@" in layout.own(kafka)["init.properties"]


@pytest.mark.parametrize(
    ("dependency", "expected"),
    [
        ({"endpoint": "zk:2181/mrc"}, "zk:2181/mrc"),
        ({"endpoint": "a:2181,b:2181"}, f"a:2181,b:2181/kafka-{NAMESPACE}"),
        ({"discovery": {"name": "zk", "namespace": "x"}}, f"zk.x.svc.cluster.local:2181/kafka-{NAMESPACE}"),
    ],
)
def test_connect_string(dependency: dict[str, Any], expected: str) -> None:
    assert layout.zookeeper_connect(cr(KAFKA, dependencies={"zookeeper": dependency})) == expected


def test_controllers_are_clients_of_the_brokers_only_in_a_migration() -> None:
    flag = f"{names.MIGRATION_FLAG}=true"
    assert "inter.broker.listener.name" not in settings(layout.shared(cr(CONTROLLER)))
    found = settings(layout.shared(cr(CONTROLLER, configOverrides={"server": [flag]})))
    assert found["inter.broker.listener.name"] == "REPLICATION"
    assert "REPLICATION:PLAINTEXT" in found["listener.security.protocol.map"]


def test_an_offset_makes_ids() -> None:
    found = cr(CONTROLLER)
    found["metadata"]["annotations"][names.ID_OFFSET] = "100"
    assert layout.voters(found)[2]["nodeId"] == 102
    assert layout.own(found)["id-offset"] == "100"


def test_users_voters_win() -> None:
    told = [{"nodeId": 7, "brokerEndpoint": "far:9074"}]
    assert "controller.quorum.voters=7@far:9074" in layout.shared(cr(CONTROLLER, controllerQuorumVoters=told))


# -- edits ------------------------------------------------------------------------------------------------------------------------


def test_blocked_keys_are_found_however_they_are_written() -> None:
    found = cr(KAFKA, configOverrides={"server": [" process.roles = broker", "client.rack=a"]})
    assert edits.blocked(found) == ["process.roles"]


def test_other_overrides_survive_the_removal_of_the_last_line_for_the_server() -> None:
    found = cr(KAFKA, configOverrides={"server": ["a=1"], "jvm": ["-Xmx1g"]})
    assert edits.dropped(found, ["a"]) == {"configOverrides": {"server": None}}
    assert edits.dropped(cr(KAFKA), ["a"]) == {}


# -- objects ----------------------------------------------------------------------------------------------------------------------


def stateful_set(found: dict[str, Any], **more: Any) -> dict[str, Any]:
    return objects.made(found, cr(CONTROLLER), **more)[-1]


def template(found: dict[str, Any], **more: Any) -> Any:
    return stateful_set(found, **more)["spec"]["template"]


def test_names_that_others_look_for() -> None:
    made = {(body["kind"], body["metadata"]["name"]) for body in objects.made(cr(KAFKA))}
    config_maps = {("ConfigMap", "kafka-shared-config"), ("ConfigMap", "kafka-init-config")}
    assert made == {("Service", "kafka"), ("StatefulSet", "kafka"), *config_maps}
    found = stateful_set(cr(KAFKA))
    assert found["spec"]["volumeClaimTemplates"][0]["metadata"]["name"] == "data0"
    assert found["spec"]["template"]["metadata"]["labels"]["app"] == "kafka"
    (container,) = found["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "localhost/cp-kafka:3.9.2"
    assert {port["containerPort"] for port in container["ports"]} == {9071, 9072, 9092, 7777}


def test_shared_settings_roll_the_pods_and_own_settings_do_not() -> None:
    plain = cr(KAFKA)
    assert template(plain) != template(cr(KAFKA, configOverrides={"server": ["client.rack=a"]}))
    moved = copy.deepcopy(plain)
    moved["metadata"]["annotations"] = {names.ID_OFFSET: "10"}
    assert template(plain) == template(moved)


def test_the_clean_up_annotation_rolls_the_pods_there_and_back() -> None:
    found = cr(KAFKA)
    before = template(found)
    found["metadata"]["annotations"] = {names.CLEAN_UP: "true"}
    during = template(found)
    assert before != during
    assert {"name": "FORMAT_CLUSTER_METADATA", "value": "true"} in during["spec"]["initContainers"][0]["env"]


def test_an_overlay_is_merged_by_name() -> None:
    overlay = {
        "spec": {"containers": [{"name": "kafka", "env": [{"name": "MINE", "value": "1"}]}], "hostNetwork": True}
    }
    found = template(cr(KAFKA), overlay=overlay)["spec"]
    (container,) = found["containers"]
    assert {"name": "MINE", "value": "1"} in container["env"]
    assert len(container["env"]) > 1
    assert found["hostNetwork"] is True


def test_stopped_controllers_have_no_pods() -> None:
    assert stateful_set(cr(CONTROLLER), count=0)["spec"]["replicas"] == 0


# -- rolls ------------------------------------------------------------------------------------------------------------------------

FINE = [Pod(f"kafka-{n}", n, ready=True, current=False, ready_for=60) for n in range(3)]
WELL = Health(under_replicated=0, quorum=True)


def roll(
    pods: list[Pod], health: Health = WELL, kind: str = KAFKA, pause: float = 0, precheck: bool = True
) -> rolls.Roll:
    return next_restart(kind, 3, pods, health, pause=pause, precheck=precheck)


def test_one_pod_at_a_time_the_last_one_first() -> None:
    assert roll(FINE).restart == "kafka-2"
    assert roll([*FINE[:2], replace(FINE[2], current=True)]).restart == "kafka-1"
    assert roll([*FINE[:2], replace(FINE[2], current=True, ready=False)]).restart == ""
    assert roll(FINE[:2]).reason == "2 of 3 pods are there"
    assert roll([replace(pod, current=True) for pod in FINE]).done


@pytest.mark.parametrize(
    ("health", "kind", "reason"),
    [
        (Health(2), KAFKA, "2 partitions are under-replicated"),
        (Health(None), KAFKA, "cannot be read"),
        (Health(0, quorum=False), CONTROLLER, "quorum"),
    ],
)
def test_nothing_is_restarted_in_a_cluster_that_is_unwell(health: Health, kind: str, reason: str) -> None:
    found = roll(FINE, health, kind)
    assert (found.restart, found.done) == ("", False)
    assert reason in found.reason
    assert not roll([replace(pod, current=True) for pod in FINE], health, kind).done


def test_the_check_can_be_switched_off() -> None:
    assert roll(FINE, Health(2), precheck=False).restart == "kafka-2"


def test_a_slow_roll_waits_between_two_restarts() -> None:
    young = [*FINE[:2], replace(FINE[2], current=True, ready_for=3)]
    assert roll(young, pause=10).restart == ""
    assert roll(young, pause=2).restart == "kafka-1"


def test_a_pod_that_cannot_start_with_old_settings_gets_the_new_ones() -> None:
    assert roll([*FINE[:2], replace(FINE[2], ready=False)]).restart == "kafka-2"
    assert roll([FINE[0], replace(FINE[1], ready=False), replace(FINE[2], ready=False)]).restart == ""


# -- versions ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "told", "expected"),
    [
        ("confluentinc/cp-server:7.9.0", "", "3.9"),
        ("docker.io/confluentinc/cp-server:7.7.1-1-ubi8", "", "3.7"),
        ("confluentinc/cp-server:7.8.0", "3.5", "3.8"),
        ("registry.example/confluentinc/cp-server:7.8.0", "3.8", "3.8"),
        ("registry.example/confluentinc/cp-server:7.8.0", "", ""),
        ("confluentinc/cp-server:latest", "", ""),
    ],
)
def test_protocol_version(image: str, told: str, expected: str) -> None:
    found = cr(KAFKA, image={"application": image, "init": "i"})
    found["metadata"]["annotations"] = {names.IBP: told} if told else {}
    ibp = versions.ibp_version(found, older=False)
    assert ibp.version == expected
    assert bool(ibp.missing) is not bool(expected)


@pytest.mark.parametrize(("tag", "wrong"), [("7.5.1", True), ("7.6.0", False), ("7.9.6", False), ("8.0.0", True)])
def test_versions_that_can_migrate(tag: str, wrong: bool) -> None:
    assert bool(versions.too_old(cr(KAFKA, image={"application": f"confluentinc/cp-server:{tag}"}))) is wrong


# -- switches ---------------------------------------------------------------------------------------------------------------------


def test_switches() -> None:
    found = switches.parse({"dual-write": "DUAL_WRITE", "roll-pause": "2.5", "older": "true", "stuck": "SetupComplete"})
    assert found == switches.Switches(dual_write="DUAL_WRITE", roll_pause=2.5, older=True, stuck="SetupComplete")
    assert switches.parse({}) == switches.Switches()


@pytest.mark.parametrize(
    "data", [{"stack": "x"}, {"stuck": "SetupNothing"}, {"older": "yes"}, {"roll-pause": "long"}, {"znode-wait": "no"}]
)
def test_wrong_switches(data: dict[str, str]) -> None:
    with pytest.raises(switches.UnknownSwitchError):
        switches.parse(data)


def test_the_readme_lists_every_switch() -> None:
    text = (Path(switches.__file__).parent / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([a-z-]+)", text, re.MULTILINE))
    assert {name.replace("_", "-") for name in switches.Switches.__dataclass_fields__} <= listed


# -- status and definitions -------------------------------------------------------------------------------------------------------


def test_a_held_controller_says_hold_and_is_not_ready() -> None:
    found = cr_status.status(cr(CONTROLLER), cr_status.Pods(), older=False, now="t")
    assert found["phase"] == "HOLD"
    assert found["conditions"][0]["status"] == "False"


def test_the_time_of_a_condition_moves_only_with_its_truth() -> None:
    kafka = cr(KAFKA)
    kafka["status"] = cr_status.status(kafka, cr_status.Pods(reason="a"), older=False, now="1")
    other = cr_status.status(kafka, cr_status.Pods(reason="b"), older=False, now="2")["conditions"][0]
    assert (other["lastTransitionTime"], other["lastProbeTime"]) == ("1", "2")
    kafka["status"] = cr_status.status(kafka, cr_status.Pods(rolled=True), older=False, now="3")
    assert kafka["status"]["conditions"][0]["lastTransitionTime"] == "3"
    assert kafka["status"]["phase"] == "RUNNING"


def test_zookeeper_connect_leaves_the_status_with_zookeeper() -> None:
    kafka = cr(KAFKA)
    kafka["status"] = {"zookeeperConnect": "old"}
    kafka["spec"]["dependencies"] = {"kRaftController": {}}
    assert "zookeeperConnect" not in cr_status.status(kafka, cr_status.Pods(), older=False, now="t")


def test_definitions_require_what_the_published_ones_require() -> None:
    found = {body["spec"]["names"]["kind"]: body["spec"]["versions"][0] for body in crds.reduced()}
    status = found[names.JOB]["schema"]["openAPIV3Schema"]["properties"]["status"]
    expected = [
        "kafkaClusterId",
        "kafkaGeneration",
        "kraftControllerGeneration",
        "phase",
        "subPhase",
        "zkEndpointWithNode",
    ]
    assert status["required"] == expected
    assert all("status" in version["subresources"] for version in found.values())


def test_published_definitions_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"kafkas\.yaml is not there"):
        crds.published(tmp_path)
