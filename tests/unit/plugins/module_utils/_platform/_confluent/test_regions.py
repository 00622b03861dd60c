# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Regions as they are read: each by the options of its own host, waited for by watches, asked under one lock."""

from __future__ import annotations

import copy
import threading
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import waiting
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.regions import Named, Regions, Turn
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import LEASE
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.lease import RunLease
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform import watching
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import cluster as clusters
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import Signals
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    DeadlineExceeded,
    Forbidden,
    Refused,
)

from tests.unit.plugins.module_utils._platform._confluent import crs
from tests.unit.plugins.module_utils._platform._confluent.scene import Api, Cluster, crds, process
from tests.unit.plugins.module_utils.fakes import PARAMS

Obj = dict[str, Any]
VOTERS = [{"nodeId": number, "brokerEndpoint": f"c{number}:9074"} for number in (9900, 9990, 9991)]
ENDPOINT = "zookeeper.n.svc.cluster.local:2181/mrc"
HOLDER = "somebody@here:1:1-x"


def objects_of(offset: str, controllers: str, count: int, job: Obj | None = None, *, held: bool = True) -> list[Obj]:
    """The objects of one region in its own API server."""
    kafka = crs.kafka({res.ID_OFFSET: offset}, replicas=count, dependencies={"zookeeper": {"endpoint": ENDPOINT}})
    controller = crs.controllers(
        {res.ID_OFFSET: controllers}, held=held, replicas=count, controllerQuorumVoters=copy.deepcopy(VOTERS)
    )
    for cr in (kafka, controller):
        cr["metadata"]["uid"] += offset
    workload = crs.workload(kafka)
    workload["metadata"]["ownerReferences"][0]["uid"] = kafka["metadata"]["uid"]
    found = [kafka, crs.zookeeper(), controller, workload, *crs.pods(kafka, count), crds()]
    return [*found, *([job] if job else [])]


class Both:
    """East has brokers 0, 1 and two of three voters; west has broker 100."""

    def __init__(
        self, east: Obj | None = None, west: Obj | None = None, *, at: str = "east", present: bool = True
    ) -> None:
        self.apis = {"east": Api(*objects_of("0", "9990", 2, east)), "west": Api(*objects_of("100", "9900", 1, west))}
        self.other = "west" if at == "east" else "east"
        named = Named(self.other, {**PARAMS, "of": self.other}, present=present)
        self.cluster = Cluster(self.apis[at], regions=Regions(at, (named,)), wait_timeout=5)
        self.driver = self.cluster.driver


@pytest.fixture(autouse=True)
def both(monkeypatch: pytest.MonkeyPatch) -> dict[str, Api]:
    """Whose API server the options of a host lead to."""
    apis: dict[str, Api] = {}
    monkeypatch.setattr(clusters, "connect", lambda params: apis[params["of"]])
    monkeypatch.setattr(
        clusters.ConfluentCluster, "read_facts", lambda _self, pods, _of: {pod: process() for pod in pods}
    )
    monkeypatch.setattr(watching, "HEARTBEAT", 0.02)
    monkeypatch.setattr(waiting, "EVERY", 1.0)
    return apis


def scene(apis: dict[str, Api], *args: Any, **more: Any) -> Both:
    found = Both(*args, **more)
    apis.update(found.apis)
    return found


def job(phase: str, sub_phase: str, *on: str) -> Obj:
    return crs.job(phase, sub_phase, *on)


PARKED = ("MIGRATE", "MigrateMonitorMigrationProgress")
ROLLING = ("MIGRATE", "MigrateEnsureKafkaRollComplete")
DUAL = ("DUAL-WRITE", "MigrateDualWrite")


def test_a_cluster_without_regions_is_always_in_turn() -> None:
    alone = Cluster(Api(*objects_of("0", "9990", 2)))
    assert alone.others == []
    assert alone.elsewhere == {}
    assert alone.driver.turn(Verb.MIGRATE) == Turn()
    assert list(alone.driver.regions()) == []
    alone.driver.wait_turn(Verb.MIGRATE, idle=1, progress=print)
    with alone.driver.turn_lock(HOLDER, timeout=1, progress=print) as sure:
        assert alone.api.names("Lease") == []
        sure()


def test_each_region_is_read_by_its_own_options(both: dict[str, Api]) -> None:
    found = scene(both, None, job(*PARKED))
    east, west = found.driver.regions()
    assert (east.host, east.voters, east.first, east.seen) == ("east", 2, 0, Progress())
    assert (west.host, west.voters, west.first, west.seen.sub_phase) == ("west", 1, 100, PARKED[1])
    assert found.cluster.elsewhere == {100: "n/kafka"}
    # what changed there is seen
    both["west"].put(job(*DUAL))
    assert found.driver.regions()[1].seen.phase == "DUAL-WRITE"


def test_what_an_attempt_has_left_in_a_region_is_seen(both: dict[str, Api]) -> None:
    found = scene(both)
    claim = crs.claims(crs.controllers(), 1)[0]
    claim["metadata"]["labels"] = {"kraft.kafkaops.io/cluster": "kafka", "kraft.kafkaops.io/role": "controller"}
    both["west"].put(claim)
    assert found.driver.regions()[1].left == ("PersistentVolumeClaim/data0-kafka-kraft-0",)
    assert found.driver.turn(Verb.MIGRATE).code == "rollback-pending"


@pytest.mark.parametrize("verb", ["get", "list"])
def test_a_region_that_cannot_be_read_is_a_refusal(both: dict[str, Api], verb: str) -> None:
    found = scene(both)
    both["west"].fail[verb, {"get": "Kafka", "list": "KRaftMigrationJob"}[verb]] = Forbidden("not allowed")
    for ask in (lambda: found.driver.turn(Verb.MIGRATE), found.driver.regions):
        with pytest.raises(
            Refused, match=r"region west \(n/kafka\) of this Kafka cluster could not be read: not allowed"
        ) as refused:
            ask()
        assert refused.value.code == "region-unreadable"
    both["west"].fail.clear()
    assert found.driver.turn(Verb.MIGRATE) == Turn()


def test_a_region_that_cannot_be_read_stops_preflight(both: dict[str, Api]) -> None:
    found = scene(both)
    both["west"].fail["get", "Kafka"] = Forbidden("not allowed")
    with pytest.raises(Refused) as refused:
        found.driver.findings()
    assert refused.value.code == "region-unreadable"


def test_preflight_looks_at_all_regions(both: dict[str, Api]) -> None:
    found = scene(both)
    codes = [item.code for item in found.driver.findings()]
    assert [code for code in codes if code.startswith("region")] == []
    assert "controller-differs" not in codes, "three in two regions are as good as three in one"
    kafka = both["west"].get(res.KAFKA, "kafka", "n")
    kafka["metadata"]["annotations"][res.ID_OFFSET] = "1"
    both["west"].put(kafka)
    found.cluster.changed()
    assert "controller-id-clash" in [item.code for item in found.driver.findings()]


def test_without_the_variable_the_other_voters_are_a_sign() -> None:
    alone = Cluster(Api(*objects_of("0", "9990", 2)))
    assert "region-undeclared" in [item.code for item in alone.driver.findings()]


# waiting


def test_the_turn_comes_when_the_first_region_has_rolled(both: dict[str, Api]) -> None:
    found = scene(both, job(*ROLLING), at="west")
    assert "region east" in found.driver.turn(Verb.MIGRATE).waits
    said: list[str] = []
    timer = threading.Timer(1.2, lambda: both["east"].put(job(*PARKED)))
    timer.start()
    found.driver.wait_turn(Verb.MIGRATE, idle=5, progress=said.append)
    timer.join()
    assert said[0].startswith(
        "waiting for this region's turn, until nothing is restarted any more in region east (MIGRATE/"
    )
    assert "(east: brokers 2/3 Ready" in said[0]
    assert said[-1] == "it is this region's turn"
    assert any(line.endswith(", for 1 s") for line in said), "it says how long it has waited"


def test_a_wait_ends_when_it_is_in_vain(both: dict[str, Api]) -> None:
    found = scene(both, job(*ROLLING), at="west")
    timer = threading.Timer(0.1, lambda: both["east"].put(job("FAILURE", ROLLING[1])))
    timer.start()
    with pytest.raises(Refused, match="given up in region east") as refused:
        found.driver.wait_turn(Verb.MIGRATE, idle=5, progress=lambda _text: None)
    timer.join()
    assert refused.value.code == "operator-failed"


def test_a_first_region_that_stands_still_is_not_waited_for_for_ever(both: dict[str, Api]) -> None:
    found = scene(both, job(*ROLLING), at="west")
    with pytest.raises(DeadlineExceeded, match="region east"):
        found.driver.wait_turn(Verb.MIGRATE, idle=0.2, progress=lambda _text: None)


def test_what_is_left_there_is_read_again_while_it_is_waited_for(both: dict[str, Api]) -> None:
    """The job goes first when a rollback is cleaned up; the volumes are what is waited for."""
    found = scene(both, job("RollbackToZk", "RollbackToZkComplete", res.ROLLBACK), job(*DUAL), at="west")
    claim = crs.claims(crs.controllers(), 1)[0]
    claim["metadata"]["labels"] = {"kraft.kafkaops.io/cluster": "kafka", "kraft.kafkaops.io/role": "controller"}
    both["east"].put(claim)
    said: list[str] = []

    def clean_up() -> None:
        both["east"].drop("KRaftMigrationJob", "n", "kraft-migration-kafka")
        threading.Event().wait(0.3)
        both["east"].drop("PersistentVolumeClaim", "n", claim["metadata"]["name"])

    timer = threading.Timer(0.1, clean_up)
    timer.start()
    found.driver.wait_turn(Verb.ROLLBACK, idle=5, progress=said.append)
    timer.join()
    assert any("still there: PersistentVolumeClaim/data0-kafka-kraft-0" in line for line in said), said
    assert said[-1] == "it is this region's turn"


def test_an_operator_that_waits_for_another_region_does_not_stand_still(both: dict[str, Api]) -> None:
    """The first region says nothing while the brokers of the others are restarted."""
    found = scene(both, job(*PARKED), job(*ROLLING))
    stop = threading.Event()
    said: list[str] = []

    def roll() -> None:
        for number in range(20):
            again = crs.pods(crs.kafka(), 1)[0]
            again["metadata"]["uid"] = f"again-{number}"
            both["west"].put(again)
            if stop.wait(0.05):
                return
        both["east"].put(job(*DUAL))

    def judge(seen: Progress, shown: Signals) -> tuple[bool, str]:
        return seen.phase == "DUAL-WRITE", f"at {seen.where}, {shown.text}"

    thread = threading.Thread(target=roll)
    thread.start()
    try:
        assert found.driver.follow(judge, idle=0.5, progress=said.append).phase == "DUAL-WRITE"
    finally:
        stop.set()
        thread.join()
    assert "; region west at MIGRATE/MigrateEnsureKafkaRollComplete: brokers" in said[0]


# the lock


def test_the_lock_is_in_one_place_whoever_takes_it(both: dict[str, Api]) -> None:
    for at in ("east", "west"):
        found = scene(both, at=at)
        with found.driver.turn_lock(HOLDER, timeout=1, progress=print):
            held = both["east"].get(LEASE, "kraft-migration-kafka-turn", "n")
            assert held["spec"]["holderIdentity"] == f"{at}/{HOLDER}"
            assert both["west"].names("Lease") == []
        assert both["east"].names("Lease") == []


def test_the_lock_keeps_others_out_hosts_of_the_same_run_too(both: dict[str, Api]) -> None:
    first, second = scene(both, at="east"), Both(at="west")
    second.cluster.api = both["west"]
    second.cluster.client = both["west"]  # type: ignore[assignment]
    with first.driver.turn_lock(HOLDER, timeout=1, progress=print):
        with pytest.raises(Refused) as refused, second.driver.turn_lock(HOLDER, timeout=0, progress=lambda _text: None):
            pass
        assert refused.value.code == "lock-held"
    with second.driver.turn_lock(HOLDER, timeout=0, progress=print):
        pass


def test_the_lock_is_given_back_when_asking_fails(both: dict[str, Api]) -> None:
    found = scene(both)
    with pytest.raises(Forbidden), found.driver.turn_lock(HOLDER, timeout=1, progress=print):
        raise Forbidden("no")
    assert both["east"].names("Lease") == []


def test_a_lock_that_was_lost_is_told_before_anything_is_asked(
    both: dict[str, Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its Lease could not be renewed, or was taken: another region may have its turn by now."""
    lost: list[Any] = []
    monkeypatch.setattr(RunLease, "keep", lambda _lease, told: lost.append(told))
    with scene(both).driver.turn_lock(HOLDER, timeout=1, progress=print) as sure:
        sure()
        lost[0]("no renewal was answered for 60 s")
        with pytest.raises(Conflict, match="nothing was asked: no renewal was answered") as refused:
            sure()
    assert refused.value.code == "changed-by-others"


# what belongs to the other regions


def test_the_job_names_the_zookeeper_of_its_own_region(both: dict[str, Api]) -> None:
    found = scene(both)
    kafka = both["east"].get(res.KAFKA, "kafka", "n")
    kafka["spec"]["dependencies"]["zookeeper"]["endpoint"] = "zk-east.example.com:2181,zk-west.example.com:2181/mrc"
    both["east"].put(kafka)
    found.cluster.changed()
    found.driver.start(Verb.MIGRATE)
    made = both["east"].get(res.JOB, "kraft-migration-kafka", "n")
    assert made["spec"]["dependencies"]["zookeeper"] == {"name": "zookeeper", "namespace": "n"}


def test_two_zookeepers_leave_open_which_one_it_is(both: dict[str, Api]) -> None:
    found = scene(both)
    kafka = both["east"].get(res.KAFKA, "kafka", "n")
    kafka["spec"]["dependencies"]["zookeeper"]["endpoint"] = "zk-east.example.com:2181/mrc"
    both["east"].put(kafka)
    more = crs.zookeeper()
    more["metadata"].update(name="another", uid="another")
    both["east"].put(more)
    found.cluster.changed()
    assert found.cluster.zookeeper_cr is None
    assert "operator-references" in [item.code for item in found.driver.findings()]


def test_closing_closes_what_was_opened_of_the_others(both: dict[str, Api], monkeypatch: pytest.MonkeyPatch) -> None:
    found = scene(both)
    closed: list[str] = []
    other = found.cluster.others[0]
    monkeypatch.setattr(other, "close", lambda: closed.append("west"))
    found.cluster.close()
    assert closed == ["west"]
    assert found.cluster.others[0] is other, "opened once"
