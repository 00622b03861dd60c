# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parts of the double of Strimzi: rules of the roll, pod sets, pacing, switches, what is compared with the record, definitions, the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.operators.common.switching import UnknownSwitchError
from tests.operators.strimzi import __main__ as command_line
from tests.operators.strimzi import crds, manifests, names, pod_sets, recorded, rolls, status
from tests.operators.strimzi.manifests import ExampleSpec
from tests.operators.strimzi.names import CUSTOM, KAFKA, POOL
from tests.operators.strimzi.pacing import Pacing
from tests.operators.strimzi.recorded import Step
from tests.operators.strimzi.rolls import Candidate, Partition, Quorum
from tests.operators.strimzi.switches import Switches, parse, znodes
from tests.operators.strimzi.watch import Sight, Watcher
from tests.sandbox.config import SandboxError

Object = dict[str, Any]

# -- the roll ---------------------------------------------------------------------------------------------------------------------


def test_attempts_of_the_roller_take_127_75_seconds() -> None:
    found = [rolls.delay(attempt) for attempt in range(1, rolls.ATTEMPTS + 1)]
    assert found[0] == 0.25
    assert found[-1] < 0
    assert sum(found[:-1]) == 127.75


def test_pods_that_are_not_ready_come_first() -> None:
    found = rolls.order([Candidate(0, "a", True), Candidate(1, "b", False), Candidate(2, "c", True)])
    assert [one.id for one in found] == [1, 0, 2]


@pytest.mark.parametrize(
    ("replicas", "isr", "minimum", "bears"),
    [
        ((0, 1, 2), (0, 1, 2), 2, True),
        ((0, 1, 2), (0, 1), 2, False),
        ((0, 1, 2), (1, 2), 2, True),
        ((0, 1, 2), (1,), 2, False),
        ((0, 1), (0, 1), 2, True),
        ((0,), (0,), 1, True),
        ((1, 2), (1,), 1, True),
    ],
)
def test_availability(replicas: tuple[int, ...], isr: tuple[int, ...], minimum: int, bears: bool) -> None:
    found = rolls.broker_blockers(0, [Partition("t", 1, replicas, isr, minimum)])
    assert (found == []) == bears


def test_what_is_said_of_a_partition_that_cannot_bear_it() -> None:
    (line,) = rolls.broker_blockers(2, [Partition("topic-19", 0, (2, 1, 0), (2, 1), 2)])
    assert (
        line
        == "topic-19/0 will be under-replicated (ISR={1,2}, replicas=[2,1,0], min.insync.replicas=2) if broker 2 is restarted."
    )


@pytest.mark.parametrize(
    ("leader", "caught_up", "bears"),
    [
        (3, {3: 10_000, 4: 10_000, 5: 10_000}, True),
        (3, {3: 10_000, 4: 8_000, 5: 10_000}, False),
        (3, {3: 10_000, 4: -1, 5: 10_000}, False),
        (4, {3: 1, 4: 10_000, 5: 10_000}, True),
        (-1, {3: 1, 4: 1, 5: 1}, False),
        (3, {3: 5}, True),
        (4, {3: 10_000, 4: 10_000}, True),
        (4, {3: 10_000, 4: 20_000}, True),
        (3, {3: 10_000, 4: 0}, False),
        (3, {3: 10, 4: 10, 5: 10, 6: -1, 7: -1}, False),
        (3, {3: 10, 4: 10, 5: 10, 6: 10, 7: -1}, True),
    ],
)
def test_quorum(leader: int, caught_up: dict[int, int], bears: bool) -> None:
    assert rolls.quorum_bears(3, Quorum(leader, caught_up)) is bears


# -- pod sets ---------------------------------------------------------------------------------------------------------------------


def pod(name: str, revision: str = "1", **more: str) -> Object:
    return {"metadata": {"name": name, "annotations": {names.REVISION: revision}, **more}}


POD_SET: Object = {"metadata": {"name": "s", "uid": "u", "generation": 4}, "spec": {"pods": [pod("a"), pod("b")]}}


def test_pod_set_makes_what_is_missing_and_deletes_what_is_too_much() -> None:
    make, drop = pod_sets.plan(POD_SET, [pod("a", "old"), pod("c"), pod("d", deletionTimestamp="now")])
    assert [one["metadata"]["name"] for one in make] == ["b"]
    assert make[0]["metadata"]["ownerReferences"][0]["uid"] == "u"
    assert drop == ["c"]


def test_pod_that_is_going_is_waited_for() -> None:
    assert pod_sets.plan(POD_SET, [pod("a", deletionTimestamp="now"), pod("b")]) == ([], [])


def test_status_of_a_pod_set() -> None:
    found = status.pod_set(POD_SET, [pod("a"), pod("b", "old")], 1)
    assert found == {"observedGeneration": 4, "pods": 2, "readyPods": 1, "currentPods": 1}


# -- pacing -----------------------------------------------------------------------------------------------------------------------


def test_timer() -> None:
    pacing = Pacing(0.0)
    assert pacing.due(0.0, deaf=False)
    pacing.begin(0.0, 120.0)
    pacing.end(5.0)
    assert not pacing.due(119.0, deaf=False)
    assert pacing.due(120.0, deaf=True)


def test_trigger() -> None:
    pacing = Pacing(0.0)
    pacing.begin(0.0, 120.0)
    pacing.end(1.0)
    pacing.touch(2.0)
    assert pacing.due(2.0, deaf=False)
    assert not pacing.due(2.0, deaf=True)
    pacing.begin(2.0, 120.0)
    assert not pacing.due(3.0, deaf=False)


@pytest.mark.parametrize(("touched", "waits"), [(15.0, False), (25.0, True), (35.0, True)])
def test_trigger_during_a_pass_waits_ten_seconds(touched: float, waits: bool) -> None:
    pacing = Pacing(0.0)
    pacing.begin(0.0, 120.0)
    pacing.touch(touched)
    pacing.end(35.0)
    assert pacing.due(35.0, deaf=False) is waits


# -- switches ---------------------------------------------------------------------------------------------------------------------


def test_switches() -> None:
    assert parse({}) == Switches()
    found = parse(
        {
            "version": "0.40.0",
            "stuck": "KRaftMigration",
            "interval": "10",
            "deaf": "true",
            "die": "brokers-zk",
            "slow-claims": "20",
        }
    )
    assert found == Switches("0.40.0", "KRaftMigration", 10.0, True, "brokers-zk", 20.0)


@pytest.mark.parametrize(
    "data",
    [{"versoin": "1"}, {"version": "0.46.0"}, {"stuck": "x"}, {"deaf": "yes"}, {"interval": "soon"}, {"die": "now"}],
)
def test_unknown_switches(data: dict[str, str]) -> None:
    with pytest.raises(UnknownSwitchError):
        parse(data)


def test_every_version_says_what_it_does_about_the_znodes() -> None:
    assert {version: (znodes(version).controller, znodes(version).migration) for version in names.VERSIONS} == {
        "0.40.0": (False, False), "0.43.0": (True, False), "0.45.0": (True, False), "0.45.1": (True, True), "0.45.2": (True, True),
    }  # fmt: skip


# -- the record -------------------------------------------------------------------------------------------------------------------


def sights(*steps: tuple[str, str]) -> list[Sight]:
    return [Sight(kind, what, float(n)) for n, (kind, what) in enumerate(steps)]


def restarts(*pods: str) -> list[tuple[str, str]]:
    return [("restart", name) for name in pods]


BROKERS = restarts("kafka-kafka-0", "kafka-kafka-2", "kafka-kafka-1")
CONTROLLERS = restarts("kafka-controller-4", "kafka-controller-5", "kafka-controller-3")
FINALIZED = sights(
    ("phase", "4"), *CONTROLLERS, *BROKERS, ("state", "PreKRaft"), ("conditions", "Warning:UnusedZooKeeperConfiguration Ready:"),
    ("state", "KRaft"),
)  # fmt: skip


def test_a_run_as_it_was_recorded() -> None:
    assert recorded.steps(FINALIZED)[:3] == [Step("phase", "4"), Step("roll", "3,4,5"), Step("roll", "0,1,2")]
    assert recorded.missing(FINALIZED, recorded.FINALIZED) == []
    assert recorded.unexpected(FINALIZED, recorded.FINALIZED) == []
    assert recorded.order(FINALIZED) == [4, 5, 3, 0, 2, 1]


@pytest.mark.parametrize(
    ("seen", "first"),
    [
        (
            sights(("phase", "4"), *BROKERS, *CONTROLLERS, ("state", "PreKRaft"), ("state", "KRaft")),
            Step("roll", "0,1,2"),
        ),
        (sights(("phase", "4"), *CONTROLLERS, *BROKERS[:2], ("state", "PreKRaft")), Step("roll", "0,1,2")),
        (sights(*CONTROLLERS, *BROKERS, ("state", "PreKRaft"), ("state", "KRaft")), Step("phase", "4")),
    ],
)
def test_a_run_that_is_another(seen: list[Sight], first: Step) -> None:
    assert recorded.missing(seen, recorded.FINALIZED)[0] == first


def test_a_roll_too_many() -> None:
    seen = [*FINALIZED, *sights(*BROKERS)]
    assert recorded.missing(seen, recorded.FINALIZED) == []
    assert recorded.unexpected(seen, recorded.FINALIZED) == [Step("roll", "0,1,2")]


def test_a_node_that_is_restarted_twice_in_a_roll_is_not_the_recorded_roll() -> None:
    seen = sights(("phase", "4"), *CONTROLLERS, *BROKERS, ("restart", "kafka-kafka-0"), ("state", "PreKRaft"))
    assert recorded.missing(seen, recorded.FINALIZED)[0] == Step("roll", "0,1,2")


def config(phase: str) -> Object:
    return {"data": {"metadata.state": phase}}


def old(name: str, uid: str) -> Object:
    return {"metadata": {"name": name, "uid": uid, "creationTimestamp": uid}}


def test_watcher() -> None:
    watcher = Watcher()
    ready = {"kafkaMetadataState": "ZooKeeper", "conditions": [{"type": "Ready"}]}
    watcher.look(ready, [config("0")], [old("b-0", "1")])
    assert watcher.seen == []
    watcher.look(ready, [config("0"), config("2")], [old("b-0", "1"), old("c-3", "2")])
    assert watcher.seen == []
    watcher.look(ready, [config("2")], [old("c-3", "2")])
    watcher.look({**ready, "kafkaMetadataState": "KRaftMigration"}, [config("2")], [old("b-0", "3"), old("c-3", "2")])
    assert [sight[:2] for sight in watcher.seen] == [("phase", "2"), ("restart", "b-0"), ("state", "KRaftMigration")]


# -- definitions ------------------------------------------------------------------------------------------------------------------


def test_reduced_definitions() -> None:
    found = {body["spec"]["names"]["kind"]: body for body in crds.reduced()}
    assert set(found) == set(CUSTOM)
    version = found[KAFKA]["spec"]["versions"][0]
    assert version["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]["kafkaMetadataState"][
        "enum"
    ] == list(names.STATES)
    assert version["subresources"] == {"status": {}}
    assert found[POOL]["metadata"]["name"] == "kafkanodepools.kafka.strimzi.io"
    assert "scale" in found[POOL]["spec"]["versions"][0]["subresources"]


def test_published_definitions_have_to_be_there(tmp_path: Path) -> None:
    for kind in CUSTOM:
        if kind != POOL:
            (tmp_path / f"{kind.lower()}.yaml").write_text("metadata: {name: x}\nstatus: {}\n")
    with pytest.raises(SandboxError, match=r"kafkanodepool\.yaml is not there"):
        crds.published(tmp_path)
    (tmp_path / "kafkanodepool.yaml").write_text("metadata: {name: x}\n")
    assert crds.published(tmp_path) == [{"metadata": {"name": "x"}}] * len(CUSTOM)


def test_examples() -> None:
    classic, pooled = (manifests.kafka(ExampleSpec(pools=on), "n", "0.45.1") for on in (False, True))
    assert classic["spec"]["kafka"]["replicas"] == 3
    assert "annotations" not in classic["metadata"]
    assert "storage" not in pooled["spec"]["kafka"]
    assert pooled["metadata"]["annotations"] == {"strimzi.io/node-pools": "enabled", "strimzi.io/kraft": "disabled"}
    assert pooled["spec"]["kafka"]["version"] == "3.9.1"
    assert manifests.pool(ExampleSpec(delete_claim=True), "n", "controller")["spec"]["storage"]["volumes"][0] == {
        "id": 0, "type": "persistent-claim", "size": "1Gi", "deleteClaim": True, "kraftMetadata": "shared",
    }  # fmt: skip


def test_deployment_says_what_people_read_from_it() -> None:
    body = manifests.deployment("n", "0.43.0", watched="other", interval=10)
    (container,) = body["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "quay.io/strimzi/operator:0.43.0"
    env = {one["name"]: one.get("value") for one in container["env"]}
    assert (env["STRIMZI_NAMESPACE"], env["STRIMZI_FULL_RECONCILIATION_INTERVAL_MS"]) == ("other", "10000")
    assert body["spec"]["template"]["metadata"]["labels"]["name"] == "strimzi-cluster-operator"


def test_command_line_knows_its_verbs() -> None:
    parsed = command_line._parser().parse_args(["install", "--version", "0.40.0"])
    assert (parsed.verb, parsed.version, parsed.namespace) == ("install", "0.40.0", "strimzi")
    with pytest.raises(SystemExit):
        command_line._parser().parse_args(["migrate"])
