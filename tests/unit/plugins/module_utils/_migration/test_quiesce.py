# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 9: no admin change is answered and then lost."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import Quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import quiesce
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded, Unreachable
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import handover

from tests.unit.plugins.module_utils.fakes import FakeClient, pod
from tests.unit.plugins.module_utils.scenes import at_stage, cluster_with

QUORUM = Quorum(3001, 9, 151, {3000: 0, 3001: 0, 3002: 0}, "jolokia", {})


class Scene:
    """A quorum whose leader is the second controller."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, stage: str = "migrating") -> None:
        self.waited: list[int] = []
        self.said: list[str] = []
        self.closed = ""
        self.quorum, self.alone = QUORUM, dataclasses.replace(QUORUM, high_watermark=160)
        pods = {name: pod(name, uid=f"uid-{name}") for name in (f"kafka-kraft-{number}" for number in range(3))}
        self.client = FakeClient(*pods.values())
        self.cluster = cluster_with(
            client=self.client,
            controllers=at_stage("kafka-kraft", stage),
            controller_pods=pods,
            controller_facts={name: SimpleNamespace() for name in pods},
            controller_container="kafka",
            zookeeper="session",
        )
        monkeypatch.setattr(quiesce, "read_quorum", lambda _cluster: self.quorum)
        monkeypatch.setattr(quiesce, "quorum_status", self._ask)
        monkeypatch.setattr(quiesce, "ENDED", 0.3)
        monkeypatch.setattr(handover, "wait_written", self._wait_written)

    def _ask(self, _client: Any, _namespace: str, members: Any, *, migration: bool, alone: bool) -> Quorum:
        assert list(members) == [3001]
        # nobody follows it any more, and the metadata log is of no interest
        assert (alone, migration) == (True, False)
        if self.closed:
            raise Unreachable(self.closed)
        return self.alone

    def _wait_written(self, _session: Any, offset: int, **_options: Any) -> None:
        self.waited.append(offset)
        if offset == 169:
            raise DeadlineExceeded("it stands at 168")

    def quiesce(self) -> tuple[int | None, str]:
        return quiesce.quiesce(self.cluster, self.said.append)


def test_the_followers_end_and_zookeeper_gets_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch)
    assert scene.quiesce() == (159, "")
    ended = [call for call in scene.client.calls if call[0] == "delete"]
    assert ["kafka-kraft-1" in str(call) for call in ended] == [False, False]
    # what was committed up to the end, not what was before
    assert scene.waited == [159]


def test_what_zookeeper_does_not_get_stops_the_rollback(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch)
    scene.alone = dataclasses.replace(QUORUM, high_watermark=170)
    with pytest.raises(DeadlineExceeded, match="stands at 168; the controllers that were stopped come back"):
        scene.quiesce()


def test_a_follower_that_does_not_end_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch)
    monkeypatch.setattr(quiesce, "_runs", lambda *_: True)
    with pytest.raises(
        DeadlineExceeded, match=r"kafka-kraft-0, kafka-kraft-2 still run.*run rollback.yml again"
    ) as raised:
        scene.quiesce()
    # not a matter of what ZooKeeper has, which can be accepted
    assert raised.value.code == quiesce.ALIVE


@pytest.mark.parametrize(
    ("changed", "quorum", "text"),
    [
        ({}, dataclasses.replace(QUORUM, leader=None), "the quorum had no leader"),
        # safety rule 2: a follower whose pod is created again would run without the flag
        ({"stage": "final"}, QUORUM, "not every controller has the migration flag"),
    ],
)
def test_nobody_is_stopped_where_that_would_do_harm(
    monkeypatch: pytest.MonkeyPatch, changed: Any, quorum: Quorum, text: str
) -> None:
    scene = Scene(monkeypatch, **changed)
    scene.quorum = quorum
    last, note = scene.quiesce()
    assert last is None
    assert text in note
    assert scene.client.calls == []


def test_what_could_not_be_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch)
    scene.closed = "the listener uses SSL; Kafka's tools are too slow here"
    last, note = scene.quiesce()
    assert (last, scene.waited) == (None, [])
    assert note.startswith("the last committed offset was not read: the listener uses SSL")
    scene = Scene(monkeypatch)
    scene.alone = dataclasses.replace(QUORUM, leader=None, high_watermark=-1)
    assert "had stepped down already" in scene.quiesce()[1]


@pytest.mark.parametrize(
    ("uid", "state", "runs"),
    [
        ("uid-x", {"running": {}}, True),
        ("uid-x", {"terminated": {"exitCode": 143}}, False),
        ("uid-other", {"running": {}}, False),
    ],
)
def test_when_a_process_has_ended(uid: str, state: dict[str, Any], runs: bool) -> None:
    found = pod("kafka-kraft-0", uid=uid)
    found["status"] = {"containerStatuses": [{"name": "kafka", "state": state}, {"name": "sidecar", "state": {}}]}
    assert quiesce._runs(found, "uid-x", "kafka") is runs
    assert not quiesce._runs(None, "uid-x", "kafka")
