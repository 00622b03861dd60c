# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The double's executor on CRs in memory: what it writes and when, and that a killed one goes on where it was."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.operators.confluent import api, layout, manifests, names
from tests.operators.confluent.components import Component, Components
from tests.operators.confluent.names import CONTROLLER, JOB, KAFKA, ZOOKEEPER
from tests.operators.confluent.switches import Switches
from tests.operators.confluent.world import World
from tests.sandbox.kube import ApiError

NAMESPACE = "shop"
SPEC = manifests.ExampleSpec()


class Killed(BaseException):
    """The process ends here."""


class FakeApi(api.Api):
    """CRs in memory. kill_after: number of the write after which the process ends, and whatever of it was to come is lost."""

    def __init__(self) -> None:
        made = (manifests.zookeeper, manifests.kafka, manifests.controller, manifests.job)
        self.objects = {body["kind"]: body for body in (make(SPEC, NAMESPACE) for make in made)}
        for body in self.objects.values():
            body["metadata"] |= {"uid": body["kind"], "generation": 1, "resourceVersion": "1"}
        self.namespace = NAMESPACE
        self.kill_after = 0
        self.writes = 0
        self.refuse: dict[str, ApiError] = {}
        self.data: dict[str, str] = {}

    def crs(self, kind: str) -> list[dict[str, Any]]:
        return [copy.deepcopy(self.objects[kind])] if kind in self.objects else []

    def _written(self) -> None:
        self.writes += 1
        if self.writes == self.kill_after:
            raise Killed

    def patch(self, cr: dict[str, Any], patch: dict[str, Any], *, guarded: bool = True) -> dict[str, Any]:
        kind = cr["kind"]
        if kind in self.refuse:
            raise self.refuse.pop(kind)
        there = self.objects[kind]
        if guarded and there["metadata"]["resourceVersion"] != cr["metadata"]["resourceVersion"]:
            raise ApiError(409, "conflict")
        before = copy.deepcopy(there["spec"])
        merge(there, patch)
        there["metadata"]["generation"] += before != there["spec"]
        there["metadata"]["resourceVersion"] += "1"
        self._written()
        return copy.deepcopy(there)

    def put_status(self, cr: dict[str, Any], status: dict[str, Any]) -> bool:
        if self.objects[cr["kind"]].get("status") == status:
            return False
        self.objects[cr["kind"]]["status"] = copy.deepcopy(status)
        self._written()
        return True

    def switches(self, name: str) -> dict[str, str]:
        return dict(self.data)

    def cluster_id(self, pods: Any) -> str:
        return "A" * 22

    def migration_state(self, pods: Any) -> int | None:
        return 1


class FakeComponents(Components):
    """Every roll is over at once."""

    def reconcile(
        self, cr: dict[str, Any], controllers: list[dict[str, Any]], switches: Switches, *, stopped: bool = False
    ) -> Component:
        if cr["kind"] == KAFKA:
            cr["status"] = {"zookeeperConnect": layout.zookeeper_connect(cr)}
        return Component(cr, True, [])


def merge(target: dict[str, Any], patch: dict[str, Any]) -> None:
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict):
            merge(target.setdefault(key, {}), value)
        else:
            target[key] = value


def world(fake: FakeApi) -> World:
    found = World(fake)
    found._components = FakeComponents(fake)
    return found


def run(fake: FakeApi) -> None:
    """Look until nothing moves, with a new process whenever one was killed."""
    made, quiet = world(fake), 0
    for _number in range(200):
        try:
            quiet = 0 if made.look() else quiet + 1
        except Killed:
            made, quiet = world(fake), 0
        if quiet > 2:
            return
    raise AssertionError(fake.objects[JOB])


def say(fake: FakeApi, *keys: str) -> None:
    merge(fake.objects[JOB], {"metadata": {"annotations": dict.fromkeys(keys, "true")}})


def ends(fake: FakeApi) -> tuple[Any, ...]:
    """Return what has to be the same however often the process was killed."""
    status = fake.objects[JOB]["status"]
    specs = [fake.objects[kind]["spec"] for kind in (ZOOKEEPER, KAFKA, CONTROLLER)]
    marks = [fake.objects[kind]["metadata"].get("annotations") for kind in (ZOOKEEPER, KAFKA, CONTROLLER)]
    return status["phase"], status["subPhase"], specs, marks


FORWARD = (names.FINALIZE, names.RELEASE)
BACK = (names.CONTINUE, names.RELEASE)


def whole(way: tuple[str, ...], kill_after: int = 0) -> FakeApi:
    fake = FakeApi()
    fake.kill_after = kill_after
    if names.FINALIZE not in way:
        run(fake)
        say(fake, names.ROLLBACK)
    say(fake, *way)
    run(fake)
    return fake


@pytest.mark.parametrize(("way", "end"), [(FORWARD, "COMPLETE"), (BACK, "RollbackToZk")])
def test_killed_after_every_write(way: tuple[str, ...], end: str) -> None:
    plain = whole(way)
    assert plain.objects[JOB]["status"]["phase"] == end
    assert not any(names.wanted(plain.objects[kind], names.LOCK) for kind in (ZOOKEEPER, KAFKA, CONTROLLER))
    assert plain.writes > 25
    for number in range(1, plain.writes + 1):
        assert ends(whole(way, number)) == ends(plain), f"killed after write {number}"


def test_generations_of_what_was_written_are_recorded() -> None:
    fake = FakeApi()
    run(fake)
    status = fake.objects[JOB]["status"]
    assert status["kafkaGeneration"] == fake.objects[KAFKA]["metadata"]["generation"] > 1
    assert status["kraftControllerGeneration"] == fake.objects[CONTROLLER]["metadata"]["generation"] > 1


def test_a_change_by_somebody_else_is_seen_before_the_next_try() -> None:
    fake = FakeApi()
    fake.refuse[KAFKA] = ApiError(409, "conflict")
    run(fake)
    assert fake.objects[JOB]["status"]["phase"] == "DUAL-WRITE"


def test_a_change_that_the_schema_refuses_is_a_failure() -> None:
    fake = FakeApi()
    fake.data = {"stuck": "SetupMutateKRaftController"}
    run(fake)
    fake.refuse[CONTROLLER] = ApiError(422, "clusterId field is immutable")
    fake.data = {}
    run(fake)
    status = fake.objects[JOB]["status"]
    assert status["phase"] == "FAILURE"
    assert "immutable" in status["conditions"][0]["message"]


def test_a_job_that_is_blocked_does_nothing() -> None:
    fake = FakeApi()
    say(fake, names.BLOCK_RECONCILE)
    run(fake)
    assert "status" not in fake.objects[JOB]


def test_a_lite_job_is_not_done() -> None:
    fake = FakeApi()
    del fake.objects[JOB]["spec"]["dependencies"]["kafka"]
    run(fake)
    assert "status" not in fake.objects[JOB]


def test_switches_that_are_none_are_not_followed() -> None:
    fake = FakeApi()
    fake.data = {"stuck": "Nowhere"}
    run(fake)
    assert fake.objects[JOB]["status"]["phase"] == "DUAL-WRITE"


def test_a_missing_controller_is_waited_for() -> None:
    fake = FakeApi()
    controller = fake.objects.pop(CONTROLLER)
    run(fake)
    assert fake.objects[JOB]["status"]["subPhase"] == "SetupEnsureKRaftControllerExists"
    fake.objects[CONTROLLER] = controller
    run(fake)
    assert fake.objects[JOB]["status"]["phase"] == "DUAL-WRITE"
