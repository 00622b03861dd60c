# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New clusters on plain StatefulSets with real Kafka: made, checked, changed, stopped, started, removed, with what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.deploy_scene import New, place
from tests.e2e.led_scene import under_traffic
from tests.sandbox.beside import beside

RATE = 1200
IDENTITY = "kafka-kraft-identity"


@pytest.fixture(scope="module")
def combined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[New]:
    with place("e2e-deploy-combined", tmp_path_factory.mktemp("deploy")) as found:
        yield found


@pytest.fixture(scope="module")
def separated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[New]:
    with place("e2e-deploy-separated", tmp_path_factory.mktemp("deploy"), kraft_topology="separated") as found:
        yield found


def records(new: New, topic: str) -> int:
    """How many records a topic has."""
    said = new.run(f"kafka-get-offsets.sh --bootstrap-server localhost:9092 --topic {topic}")
    return sum(int(line.rpartition(":")[2]) for line in said.split() if line.startswith(f"{topic}:"))


def test_check_mode_makes_nothing(combined: New) -> None:
    before = combined.objects()
    done = combined.deploy("--check", "--diff")
    assert "create StatefulSet kafka" in done.output
    assert combined.objects() == before


def test_topic_isr_shrinks_isr_recovers_stop_start(combined: New) -> None:
    """The verification of the tutorial: a topic, a broker that goes and comes back, everything to 0 and back."""
    made = combined.deploy().result("Deploy")
    assert made["bootstrap_servers"] == "kafka-bootstrap.e2e-deploy-combined.svc:9092"
    assert made["nodes"] == [0, 1, 2]
    combined.unchanged()
    combined.run(
        "kafka-topics.sh --bootstrap-server localhost:9092 --create --topic test --partitions 3 --replication-factor 3"
    )
    everywhere = {number: {0, 1, 2} for number in range(3)}
    assert combined.isr("test") == everywhere
    combined.run(
        "seq 300 | kafka-console-producer.sh --bootstrap-server localhost:9092 --topic test --request-required-acks all"
    )

    combined.kube.delete("Pod", "kafka-2", combined.namespace)
    combined.kube.wait(
        "Pod",
        combined.namespace,
        lambda _pods: (
            "" if combined.isr("test") == {number: {0, 1} for number in range(3)} else "the ISR does not shrink"
        ),
        seconds=60,
    )
    combined.ready()
    assert records(combined, "test") == 300
    combined.kube.wait(
        "Pod",
        combined.namespace,
        lambda _pods: "" if combined.isr("test") == everywhere else "the ISR is not complete again",
        seconds=60,
    )

    assert combined.deploy(kraft_deploy_state="stopped").changed != []
    assert combined.pods() == {}
    assert combined.deploy().changed == []
    combined.deploy(kraft_deploy_state="present")
    assert combined.isr("test") == everywhere
    assert records(combined, "test") == 300
    assert combined.deploy().result("Deploy")["cluster_id"] == made["cluster_id"]


def test_a_changed_setting_rolls_one_by_one_under_traffic(combined: New) -> None:
    before = combined.uids()
    with under_traffic(combined.kube, combined.namespace, RATE):
        settings = {**combined.target.variables["kraft_settings"], "num.io.threads": 5}
        shown = combined.deploy("--check", "--diff", kraft_settings=settings)
        assert "num.io.threads=5" in shown.output
        assert combined.uids() | {"traffic": ""} == before | {"traffic": ""}
        done = combined.deploy().result("Deploy")
    assert sorted(line for line in done["done"] if line.startswith("restarted")) == [
        f"restarted kafka-{n}" for n in range(3)
    ]
    assert not set(before.values()) & set(combined.uids().values())
    assert "num.io.threads=5" in combined.run("cat /run/kraft/server.properties")
    combined.unchanged()


def test_status_serves_it(combined: New) -> None:
    said = combined.state()
    assert said["state"] == "FINALIZED"
    assert [broker["id"] for broker in said["brokers"]] == [0, 1, 2]
    assert [item["id"] for item in said["controllers"]] == [0, 1, 2]


def test_no_migration_takes_it_for_its_own(combined: New) -> None:
    """Its objects carry our labels, and none of them is a rest of an attempt."""
    before = combined.objects(), combined.uids()
    for playbook in ("rollback", "migrate", "setup"):
        combined.target.play(playbook)
    assert (combined.objects(), combined.uids()) == before


def test_a_volume_that_was_lost_is_replaced_when_the_others_have_what_it_had(combined: New) -> None:
    lose_volume(combined, "kafka-1")
    done = combined.deploy().result("Deploy")
    assert "replaced the volume of kafka-1" in done["done"]
    assert combined.isr("test") == {number: {0, 1, 2} for number in range(3)}
    combined.unchanged()


def test_two_volumes_of_three_are_not_replaced(combined: New) -> None:
    """An empty majority would be a new cluster under the old id, and the third node would give up its partitions."""
    for pod in ("kafka-1", "kafka-2"):
        lose_volume(combined, pod)
    combined.refused("deploy", "deploy-volume-lost")
    kept = combined.kube.get("ConfigMap", IDENTITY, combined.namespace)
    assert kept is not None
    assert kept["data"]["replaced"] == ""


def lose_volume(new: New, pod: str) -> None:
    """Delete a pod's volume, and wait until its successor says that it is empty."""
    new.kube.delete("PersistentVolumeClaim", f"data-{pod}", new.namespace)
    new.kube.delete("Pod", pod, new.namespace, grace=1)
    new.kube.wait(
        "Pod",
        new.namespace,
        lambda pods: (
            "" if _fails(pods.get(f"{new.namespace}/{pod}")) else f"{pod} does not say that its volume is empty"
        ),
        seconds=120,
    )


def _fails(pod: dict[str, object] | None) -> bool:
    status = (pod or {}).get("status") or {}
    assert isinstance(status, dict)
    return any(
        ((each.get(key) or {}).get("terminated") or {}).get("exitCode") == 1
        for each in status.get("initContainerStatuses") or []
        for key in ("state", "lastState")
    )


def test_brokers_come_and_go_only_without_replicas(separated: New) -> None:
    separated.deploy(kraft_brokers=3)
    assert sorted(name for name in separated.pods()) == [
        *(f"kafka-{n}" for n in range(3)),
        *(f"kafka-kraft-{n}" for n in range(3)),
    ]
    separated.unchanged()
    assert separated.deploy(kraft_brokers=4).result("Deploy")["nodes"] == [0, 1, 2, 3, 1000, 1001, 1002]
    separated.run(
        "kafka-topics.sh --bootstrap-server localhost:9092 --create --topic held --replica-assignment 3:0,3:1"
    )
    before = separated.uids()
    said = separated.refused("deploy", "deploy-replicas-held", kraft_brokers=3)
    assert "held-0" in said
    assert separated.uids() == before
    separated.run("kafka-topics.sh --bootstrap-server localhost:9092 --delete --topic held")
    separated.deploy(kraft_brokers=3)
    assert "kafka-3" not in separated.pods()
    assert separated.kube.get("PersistentVolumeClaim", "data-kafka-3", separated.namespace) is not None


def test_controllers_roll_with_the_active_one_last(separated: New) -> None:
    said = separated.run("kafka-metadata-quorum.sh --bootstrap-server localhost:9092 describe --status")
    leader = next(line.split()[-1] for line in said.splitlines() if line.startswith("LeaderId"))
    done = separated.deploy(kraft_heap="250m").result("Deploy")
    restarted = [line.removeprefix("restarted ") for line in done["done"] if line.startswith("restarted")]
    assert restarted[2] == f"kafka-kraft-{int(leader) - 1000}"
    assert sorted(restarted[3:]) == [f"kafka-{n}" for n in range(3)]


def test_a_lost_controllers_volume(separated: New) -> None:
    lose_volume(separated, "kafka-kraft-0")
    assert "replaced the volume of kafka-kraft-0" in separated.deploy().result("Deploy")["done"]


def test_it_goes_and_its_volumes_only_when_that_is_confirmed(separated: New) -> None:
    claims = [name for name in separated.objects() if name.startswith("PersistentVolumeClaim/")]
    separated.deploy(kraft_deploy_state="absent")
    assert separated.objects() == sorted([f"ConfigMap/{IDENTITY}", *claims])
    assert separated.deploy().changed == []
    # the same cluster on the same volumes
    separated.deploy(kraft_deploy_state="present")
    separated.refused("deploy", "deploy-confirm", kraft_deploy_state="absent", kraft_delete_volumes=True)
    assert len(separated.pods()) == 6
    named = f"{separated.namespace}/kafka"
    separated.play("deploy", kraft_deploy_state="absent", kraft_delete_volumes=True, kraft_confirm=[named])
    assert separated.objects() == []


def test_pods_that_are_killed_while_they_format(tmp_path: Path) -> None:
    """A format that was cut off is made again; nobody is left with half of one."""
    with place("e2e-deploy-killed", tmp_path) as new:
        alive = ["kafka-0", "kafka-1", "kafka-2"]

        def look() -> None:
            for name in [each for each in alive if each in new.pods()]:
                new.kube.delete("Pod", name, new.namespace, grace=0)
                alive.remove(name)

        with beside(look, 0.2):
            new.deploy()
        assert alive == []
        new.unchanged()
