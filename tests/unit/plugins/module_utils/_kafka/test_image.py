# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The image of the KRaft quorum, from what tools in the leader's pod print."""

from __future__ import annotations

import contextlib
import dataclasses
import types
from collections.abc import Iterator, Sequence
from typing import Any, cast

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import image_records, topic_records
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.comparison import compare
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.passwords import Seal
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.quorum_messages import Denied
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import image as image_module
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import quorum, wire
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.image import kraft_image, quorum_topics
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import exec as pod_exec
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    KraftError,
    NotFound,
    Unreachable,
)

CLIENT = cast(KubeClient, None)
CLUSTER = "4L6g3nShT-eMCtK--X86sw"
FOLDER = "/data/__cluster_metadata-0"
DUMP = f"""Dumping {FOLDER}/00000000000000000000.log
| offset: 5 CreateTime: 1 payload: {{"type":"TOPIC_RECORD","data":{{"name":"t","topicId":"TEUIPixUThm8VA5lAV6yww"}}}}
| offset: 6 CreateTime: 1 payload: {{"type":"CONFIG_RECORD","data":{{"resourceType":2,"resourceName":"t","name":"a","value":"x\u2028y"}}}}
| offset: 7 CreateTime: 1 payload: {{"type":"TOPIC_RECORD","data":{{"name":"late","topicId":"gIE6qGl6TEuYhsMJJWFCbA"}}}}
"""


def member(node: int) -> quorum.Member:
    facts = types.SimpleNamespace(metadata_dir="/data/", cluster_id=CLUSTER if node == 101 else "other")
    return quorum.Member(f"kraft-{node - 100}", "kafka", cast(ProcessFacts, facts))


MEMBERS = {node: member(node) for node in (100, 101)}


def status(leader: int | None = 101, high_watermark: int = 7) -> quorum.Quorum:
    return quorum.Quorum(leader, 4, high_watermark, {}, "tool", {})


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Answer ``ls`` and the tool in pods; return what was run."""
    seen: list[tuple[Any, ...]] = []

    def run_tool(_client: object, _namespace: str, where: str, *rest: Any, keep: str = "") -> str:
        _container, _facts, tool, args, timeout = rest
        seen.append((where, tool, tuple(args), timeout, keep))
        return DUMP

    def run(
        _client: object, _namespace: str, where: str, command: Sequence[str], **_options: object
    ) -> pod_exec.ExecResult:
        seen.append((where, *command))
        return pod_exec.ExecResult("00000000000000000000.log quorum-state", "", 0)

    monkeypatch.setattr(quorum, "run_tool", run_tool)
    monkeypatch.setattr(pod_exec, "run", run)
    return seen


def test_the_leaders_log(calls: list[tuple[Any, ...]]) -> None:
    found = kraft_image(CLIENT, "ns", MEMBERS, status(), timeout=9)
    assert found.cluster_id == CLUSTER
    # "late" is not committed. The line separator belongs to the value.
    assert list(found.topics) == ["t"]
    assert found.topic_configs == {"t": {"a": "x\u2028y"}}
    assert compare(found, found) == []
    files = f"{FOLDER}/00000000000000000000.log"
    assert calls == [
        ("kraft-1", "ls", FOLDER),
        ("kraft-1", "kafka-dump-log", ("--cluster-metadata-decoder", "--files", files), 9, image_records.KEEP),
    ]


@pytest.mark.parametrize("unsure", [status(None), status(102), status(high_watermark=-1)])
def test_without_a_leader(unsure: quorum.Quorum) -> None:
    with pytest.raises(Unreachable, match="nothing in its log is certain"):
        kraft_image(CLIENT, "ns", MEMBERS, unsure)


def test_without_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pod_exec, "run", lambda *_args, **_options: pod_exec.ExecResult("", "ls: gone", 2))
    with pytest.raises(NotFound, match=r"no metadata log in .* of pod ns/kraft-1: ls: gone"):
        kraft_image(CLIENT, "ns", MEMBERS, status())


def test_passwords_get_a_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    line = DUMP.split("\n")[2].replace('"a"', '"ssl.key.password"').replace("x\u2028y", "hunter2")
    monkeypatch.setattr(image_module, "dump_metadata", lambda *_args, **_options: [*DUMP.split("\n")[:2], line])
    seal = Seal(b"k" * 32)
    found = kraft_image(CLIENT, "ns", MEMBERS, status(), seal=seal)
    assert found.passwords["topic-config", "t/ssl.key.password"].fingerprint == seal.fingerprint("hunter2")
    assert not kraft_image(CLIENT, "ns", MEMBERS, status()).passwords["topic-config", "t/ssl.key.password"].fingerprint


@pytest.mark.parametrize("printed", ["", "Dumping /data/__cluster_metadata-0/00000000000000000000.log\n"])
def test_the_last_words_of_a_tool_that_was_killed_are_not_told(monkeypatch: pytest.MonkeyPatch, printed: str) -> None:
    record = '{"type":"CONFIG_RECORD","data":{"name":"ssl.key.password","value":"hunter2"}}'
    output = f"{printed}| offset: 5 CreateTime: 1 payload: {record}\n"
    facts = types.SimpleNamespace(metadata_dir="/data", cluster_id=CLUSTER, tools={"kafka-dump-log": "/bin/dump"})
    members = {101: quorum.Member("kraft-1", "kafka", cast(ProcessFacts, facts))}
    listed = pod_exec.ExecResult("00000000000000000000.log", "", 0)
    killed = pod_exec.ExecResult(f"{output}\n@@kraft rc=137\n", "", 0)
    monkeypatch.setattr(pod_exec, "run", lambda *_args, **_options: listed)
    monkeypatch.setattr(pod_exec, "run_read_only", lambda *_args, **_options: killed)
    with pytest.raises(KraftError) as raised:
        kraft_image(CLIENT, "ns", members, status())
    assert raised.value.message == (
        "kafka-dump-log failed in pod ns/kraft-1 with status 137: it ended; what it printed is not shown, since records may hold secrets"
    )


# topics alone, in Kafka's protocol


@pytest.fixture
def talks(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A leader that hands out its log; ``raises`` has what goes wrong with it, ``asked`` what was asked."""
    scene: dict[str, Any] = {"raises": [], "asked": []}
    records = [
        (-1, {"type": "TOPIC_RECORD", "data": {"name": "w", "topicId": "x"}}),
        (3, {"type": "CONFIG_RECORD", "data": {"resourceType": 2, "resourceName": "w", "name": "a", "value": "1"}}),
    ]

    def metadata_log(epoch: int, high_watermark: int, decode: Any) -> list[Any]:
        scene["asked"].append((epoch, high_watermark, decode))
        for error in scene["raises"]:
            raise error
        return records

    @contextlib.contextmanager
    def conversation(_client: object, namespace: str, pod: str, port: int, **options: Any) -> Iterator[Any]:
        scene["asked"].append((namespace, pod, port, options["security"]))
        yield types.SimpleNamespace(metadata_log=metadata_log)

    keys = types.SimpleNamespace(of=lambda node: f"security of {node}")
    monkeypatch.setattr(wire, "conversation", conversation)
    monkeypatch.setattr(image_module, "Keys", lambda *_arguments: keys)
    monkeypatch.setattr(quorum.Member, "port", 9093)
    return scene


def test_topics_without_a_jvm(calls: list[tuple[Any, ...]], talks: dict[str, Any]) -> None:
    found = quorum_topics(CLIENT, "ns", MEMBERS, status())
    assert list(found.topics) == ["w"]
    assert found.topic_configs == {"w": {"a": "1"}}
    assert talks["asked"] == [("ns", "kraft-1", 9093, "security of 101"), (4, 7, topic_records.payload)]
    assert calls == []


@pytest.mark.parametrize("error", [KraftError("closed"), Denied(6, "NOT_LEADER_OR_FOLLOWER")])
def test_topics_by_the_tool_where_the_protocol_does_not_work(
    calls: list[tuple[Any, ...]], talks: dict[str, Any], error: Exception
) -> None:
    talks["raises"] = [error]
    assert list(quorum_topics(CLIENT, "ns", MEMBERS, status(), timeout=9).topics) == ["t"]
    assert [call[1] for call in calls] == ["ls", "kafka-dump-log"]


def test_topics_by_the_tool_where_the_protocol_did_not_work_before(
    calls: list[tuple[Any, ...]], talks: dict[str, Any]
) -> None:
    found = quorum_topics(CLIENT, "ns", MEMBERS, dataclasses.replace(status(), why="GSSAPI"))
    assert list(found.topics) == ["t"]
    assert talks["asked"] == []
    assert len(calls) == 2


def test_topics_of_a_quorum_without_a_leader(talks: dict[str, Any]) -> None:
    with pytest.raises(Unreachable):
        quorum_topics(CLIENT, "ns", MEMBERS, status(leader=None))
    assert talks["asked"] == []
