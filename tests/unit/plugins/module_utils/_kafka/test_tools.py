# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running Kafka's tools in a pod; the script itself runs in a real shell here."""

from __future__ import annotations

import subprocess
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import tools
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import exec as pod_exec
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, NotFound

Run = Callable[..., str]
CLIENT = cast(KubeClient, None)
"""Nobody asks it: the exec is replaced."""


def facts_with(paths: dict[str, str]) -> ProcessFacts:
    return cast(ProcessFacts, types.SimpleNamespace(tools=paths, home=None))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a tool whose text is given, by the shell of this machine instead of a pod's."""
    monkeypatch.setenv("KAFKA_OPTS", "-javaagent:/x")
    monkeypatch.setenv("JMX_PORT", "9999")
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-agentlib:jdwp")

    def local(
        _client: object, _namespace: str, _pod: str, command: Sequence[str], **_options: object
    ) -> pod_exec.ExecResult:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        return pod_exec.ExecResult(done.stdout, done.stderr, done.returncode)

    monkeypatch.setattr(pod_exec, "run", local)

    def call(text: str, *args: str, tool: str = "kafka-x", keep: str = "") -> str:
        script = tmp_path / "kafka-x.sh"
        script.write_text(f"#!/bin/sh\n{text}\n")
        script.chmod(0o755)
        return tools.run_tool(
            CLIENT, "ns", "kafka-0", "kafka", facts_with({"kafka-x": str(script)}), tool, args, keep=keep
        )

    return call


def test_output_and_arguments(run: Run) -> None:
    assert run('echo "$1 $2"', "a b", "c'd") == "a b c'd\n"


def test_agents_are_not_inherited(run: Run) -> None:
    assert run('echo "[$KAFKA_OPTS$JMX_PORT$JAVA_TOOL_OPTIONS] $KAFKA_HEAP_OPTS"') == "[] -Xmx192m\n"


def test_only_lines_that_are_wanted_leave_the_pod(run: Run) -> None:
    assert run("echo one; echo two; printf three", keep="^t").split() == ["two", "three"]
    assert run("echo one", keep="^t") == ""


@pytest.mark.parametrize("keep", ["", "^never"])
def test_a_tool_that_fails(run: Run, keep: str) -> None:
    with pytest.raises(KraftError, match="kafka-x failed in pod ns/kafka-0 with status 3: ") as raised:
        run("echo 'Error: Address in use' >&2; echo '\tat java.lang.Error' >&2; exit 3", keep=keep)
    assert raised.value.message.endswith("Error: Address in use")


def test_a_tool_that_fails_without_a_word(run: Run) -> None:
    with pytest.raises(KraftError, match="it printed nothing"):
        run("exit 1")


def test_output_that_was_cut_off(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = pod_exec.ExecResult("two\n", "", 0)
    monkeypatch.setattr(pod_exec, "run", lambda *_args, **_options: answer)
    with pytest.raises(KraftError, match="with status 1"):
        run("", keep="t")


def test_a_tool_that_the_image_does_not_have(run: Run) -> None:
    with pytest.raises(NotFound, match=r"has no kafka-y.sh \(looked for in /usr/bin and on PATH\)"):
        run("", tool="kafka-y")
