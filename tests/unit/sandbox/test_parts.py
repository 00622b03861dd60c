# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pieces of the sandbox that need neither root nor a cluster."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox import manifests
from tests.sandbox.cache import key_of, part
from tests.sandbox.config import SandboxError
from tests.sandbox.fixtures import SURFACES, FixtureSpec
from tests.sandbox.kubeconfig import load
from tests.sandbox.oci import LayerWriter
from tests.sandbox.processes import Processes
from tests.sandbox.scripts import SCRIPTS, wrapper
from tests.sandbox.websocket import run_exec


def test_a_part_is_built_once_and_again_when_its_inputs_change(tmp_path: Path) -> None:
    built = []

    def build(folder: Path) -> None:
        built.append(folder)
        (folder / "made").touch()

    first = part(tmp_path, "thing", "a" * 12, build)
    assert part(tmp_path, "thing", "a" * 12, build) == first
    second = part(tmp_path, "thing", "b" * 12, build)
    assert len(built) == 2
    assert (second / "made").exists()
    assert not first.exists()


def test_a_part_whose_build_failed_is_not_there(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise SandboxError("no network")

    with pytest.raises(SandboxError):
        part(tmp_path, "thing", "a" * 12, fail)
    assert not (tmp_path / ("thing-" + "a" * 12)).exists()


def test_the_key_follows_words_contents_and_modes(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_text("one")
    before = key_of("word", file)
    assert key_of("word", file) == before
    assert key_of("other", file) != before
    file.chmod(0o755)
    executable = key_of("word", file)
    assert executable != before
    file.write_text("two")
    assert key_of("word", file) not in (before, executable)


def test_a_recorded_process_is_ended_and_a_reused_id_is_not(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    started = processes.start("sleeper", ["sleep", "60"])
    assert processes.alive("sleeper")
    processes.stop("sleeper")
    assert not started.alive
    assert processes.recorded() == {}
    # A record that names this very test, but with another start time: a reused id.
    (tmp_path / "run/stranger.json").write_text(json.dumps({"pid": os.getpid(), "started": 1}))
    assert not processes.alive("stranger")
    processes.stop("stranger")


def test_a_process_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    started = processes.start("deaf", ["bash", "-c", "trap '' TERM; echo ready; sleep 60 & wait; wait"])
    while "ready" not in (tmp_path / "log/deaf.log").read_text():
        threading.Event().wait(0.01)
    processes.stop("deaf", patience=0.2)
    assert not started.alive
    with pytest.raises(ProcessLookupError):
        os.kill(started.pid, signal.SIGCONT)


def test_an_ended_process_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    started = processes.start("short", ["sh", "-c", "echo the reason; exit 3"])
    os.waitpid(started.pid, 0)
    with pytest.raises(SandboxError, match="the reason"):
        processes.check("short")


def test_a_layer_is_the_same_for_the_same_input() -> None:
    def layer() -> str:
        writer = LayerWriter()
        writer.folder("/opt/kafka/logs", 0o775, (1000, 1000))
        writer.file("/opt/kafka/libs/a.jar", b"jar", 0o644)
        return writer.layer().sha256

    assert layer() == layer()


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({}, {"kafka-0": 0, "kafka-1": 1, "kafka-2": 2}),
        ({"first_id": 100}, {"kafka-0": 100, "kafka-1": 101, "kafka-2": 102}),
        ({"statefulsets": 2}, {"kafka-a-0": 0, "kafka-a-1": 1, "kafka-b-0": 100}),
    ],
)
def test_broker_ids(changes: dict[str, Any], ids: dict[str, int]) -> None:
    assert FixtureSpec(**changes).broker_ids == ids


@pytest.mark.parametrize(
    "changes",
    [
        {"surface": "vault"},
        {"kafka_version": "2.8.0"},
        {"statefulsets": 3},
        {"update_strategy": "Recreate"},
        {"hardened": True, "surface": "bitnami"},
        {"surface": "bitnami", "image": "x"},
    ],
)
def test_what_cannot_be_made_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(SandboxError):
        FixtureSpec(**changes)


def _brokers(spec: FixtureSpec) -> dict[str, Any]:
    return next(
        item
        for item in manifests.cluster(spec)
        if item["kind"] == "StatefulSet" and item["metadata"]["name"] == "kafka"
    )


def test_the_environment_surfaces_carry_the_settings_of_the_file() -> None:
    spec = FixtureSpec(ibp="3.5", jolokia=False, dns_ttl=1)
    for surface, prefix in (("confluent", "KAFKA_"), ("bitnami", "KAFKA_CFG_")):
        container = _brokers(replace(spec, surface=surface))["spec"]["template"]["spec"]["containers"][0]
        env = {item["name"]: item["value"] for item in container["env"]}
        assert env[f"{prefix}INTER_BROKER_PROTOCOL_VERSION"] == "3.5"
        assert env[f"{prefix}ZOOKEEPER_CONNECT"] == "zookeeper-0.zookeeper.demo:2181/kafka"
        assert env["KAFKA_OPTS"] == "-Dsun.net.inetaddr.ttl=1"
        assert f"export {prefix}BROKER_ID=" in container["command"][2]
    text = manifests.properties(spec)
    assert "inter.broker.protocol.version=3.5\n" in text
    assert "# Owned by team streaming" in text
    assert set(manifests.settings(spec)) == {line.partition("=")[0] for line in text.splitlines() if line[:1].isalpha()}


def test_every_surface_gives_the_same_settings() -> None:
    for surface in SURFACES:
        spec = FixtureSpec(surface=surface)
        items = [str(item) for item in manifests.cluster(spec)]
        assert any("zookeeper-0.zookeeper.demo:2181/kafka" in item for item in items), surface
    container = _brokers(FixtureSpec(surface="overrides"))["spec"]["template"]["spec"]["containers"][0]
    assert " \\\n  --override min.insync.replicas=2" in container["command"][2]
    secret = next(item for item in manifests.cluster(FixtureSpec(surface="env-from")) if item["kind"] == "Secret")
    assert set(secret["stringData"]) == {"KAFKA_ZOOKEEPER_CONNECT", "KAFKA_MIN_INSYNC_REPLICAS"}


def test_no_ibp_means_no_key() -> None:
    assert "inter.broker.protocol.version" not in manifests.settings(FixtureSpec(ibp=""))


def test_a_tool_is_a_thin_wrapper() -> None:
    text = wrapper(SCRIPTS["zookeeper-shell"], "a.B", "/opt/kafka/bin/kafka-run-class.sh")
    assert text.splitlines()[-1] == 'exec /opt/kafka/bin/kafka-run-class.sh a.B -server "$@"'


def test_a_kubeconfig_without_its_context_is_named(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(json.dumps({"current-context": "gone", "contexts": []}))
    with pytest.raises(SandboxError, match="gone"):
        load(file)
    with pytest.raises(SandboxError, match="cannot be read"):
        load(tmp_path / "missing")


def _serve(link: socket.socket, answer: bytes) -> None:
    received = b""
    while b"\r\n\r\n" not in received:
        received += link.recv(4096)
    link.sendall(answer)


def _exec_against(answer: bytes) -> Any:
    ours, theirs = socket.socketpair()
    server = threading.Thread(target=_serve, args=(theirs, answer))
    server.start()
    try:
        return run_exec(ours, "host", "/path", {}, None)
    finally:
        server.join()
        ours.close()
        theirs.close()


def _frame(payload: bytes) -> bytes:
    return bytes([0x82, len(payload)]) + payload


_ACCEPTED = b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n"


def test_exec_collects_output_and_exit_status() -> None:
    status = json.dumps({"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "7"}]}}).encode()
    done = _exec_against(
        _ACCEPTED + _frame(b"\x01out") + _frame(b"\x02err") + _frame(b"\x03" + status[:20]) + _frame(b"\x03" + status[20:])
        + bytes([0x88, 0])
    )  # fmt: skip
    assert (done.stdout, done.stderr, done.status) == (b"out", b"err", 7)


def test_exec_that_is_refused_or_breaks_off_says_so() -> None:
    with pytest.raises(SandboxError, match="403"):
        _exec_against(b"HTTP/1.1 403 Forbidden\r\n\r\nno")
    with pytest.raises(SandboxError, match="broke"):
        _exec_against(_ACCEPTED + _frame(b"\x01half") + bytes([0x88, 0]))
