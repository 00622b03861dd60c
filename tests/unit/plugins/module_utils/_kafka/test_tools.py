# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running Kafka's tools in a pod; the script itself runs in a real shell here."""

from __future__ import annotations

import os
import subprocess
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_properties import ClientProperties
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import Properties
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import tools
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import exec as pod_exec
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    KraftError,
    NotFound,
    Unreachable,
)

Run = Callable[..., str]
CLIENT = cast(KubeClient, None)
"""Nobody asks it: the exec is replaced."""


CANARY = "c4n4ry"
PROPERTIES = ClientProperties(
    {
        "security.protocol": "SASL_SSL",
        "ssl.truststore.password": f"{CANARY}-store",
        "sasl.jaas.config": f'm required username="u" password="{CANARY} \\"ä\\"";',
    }
)


def facts_with(paths: dict[str, str]) -> ProcessFacts:
    return cast(ProcessFacts, types.SimpleNamespace(tools=paths, home=None))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a tool whose text is given, by the shell of this machine instead of a pod's."""
    monkeypatch.setenv("KAFKA_OPTS", "-javaagent:/x")
    monkeypatch.setenv("JMX_PORT", "9999")
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-agentlib:jdwp")

    def local(
        _client: object,
        _namespace: str,
        _pod: str,
        command: Sequence[str],
        *,
        stdin: str | None = None,
        **_options: object,
    ) -> pod_exec.ExecResult:
        assert CANARY not in repr(command)
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=30)
        return pod_exec.ExecResult(done.stdout, done.stderr, done.returncode)

    monkeypatch.setattr(pod_exec, "run", local)

    def call(
        text: str,
        *args: str,
        tool: str = "kafka-x",
        keep: str = "",
        properties: ClientProperties = tools.NO_PROPERTIES,
    ) -> str:
        script = tmp_path / "kafka-x.sh"
        script.write_text(f"#!/bin/sh\n{text}\n")
        script.chmod(0o755)
        known = facts_with(dict.fromkeys(("kafka-x", "kafka-leader-election", "kafka-dump-log"), str(script)))
        return tools.run_tool(CLIENT, "ns", "kafka-0", "kafka", known, tool, args, keep=keep, properties=properties)

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


# client settings

#: leaves what it was given, and how, beside itself
LOOK = 'cp "$2" "$0.seen"; ls -l "$2"; ls -ld "${2%/*}"; echo "$*"; cat'


@pytest.mark.parametrize("keep", ["", "."])
def test_client_settings_are_a_private_file_that_is_gone_at_the_end(run: Run, tmp_path: Path, keep: str) -> None:
    lines = run(LOOK, "a b", properties=PROPERTIES, keep=keep).strip().split("\n")
    assert Properties.parse((tmp_path / "kafka-x.sh.seen").read_text()).as_dict() == PROPERTIES.values
    file = Path(lines[0].split()[-1])
    assert [each[:10] for each in lines[:2]] == ["-rw-------", "drwx------"]
    assert lines[2] == f"--command-config {file} a b"
    assert len(lines) == 3, "the tool reads nothing more"
    assert not file.parent.exists()
    if os.access("/dev/shm", os.W_OK):
        assert file.parent.parent == Path("/dev/shm")


def test_the_option_of_the_tool(run: Run) -> None:
    text = run('echo "$1"', tool="kafka-leader-election", properties=PROPERTIES)
    assert text == "--admin.config\n"
    assert run('echo "[$*]"', tool="kafka-leader-election") == "[]\n"


@pytest.mark.parametrize("keep", ["", "^never"])
@pytest.mark.parametrize("ending", ["exit 3", "kill -9 $$", "kill -TERM $PPID"])
def test_client_settings_are_gone_when_the_tool_fails(run: Run, tmp_path: Path, keep: str, ending: str) -> None:
    text = f'echo "$2" > "$0.seen"; {ending}'
    with pytest.raises(KraftError):
        run(text, properties=PROPERTIES, keep=keep)
    assert not Path((tmp_path / "kafka-x.sh.seen").read_text().strip()).parent.exists()


def test_no_secret_in_what_a_tool_said(run: Run) -> None:
    """The last words are cut, and may be so in the middle of one."""
    with pytest.raises(KraftError) as raised:
        run(
            f"echo 'SaslAuthenticationException: {CANARY}-store' {'x' * 352} '{CANARY} \"ä\"' >&2; exit 1",
            properties=PROPERTIES,
        )
    assert CANARY[:4] not in raised.value.message
    assert "SaslAuthenticationException: <redacted>" in raised.value.message
    assert raised.value.code == "quorum-login-failed"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("org.apache.kafka.common.errors.SslAuthenticationException: SSL handshake failed", "quorum-tls"),
        ("javax.net.ssl.SSLHandshakeException: No name matching", "quorum-tls"),
        ("Caused by: SunCertPathBuilderException: unable to find valid certification path", "quorum-tls"),
        ("UnsupportedSaslMechanismException: Client SASL mechanism", "quorum-login-failed"),
        ("TimeoutException: Timed out", ""),
    ],
)
def test_what_the_last_words_tell(run: Run, words: str, code: str) -> None:
    with pytest.raises(KraftError) as raised:
        run(f"echo '{words}' >&2; exit 1", properties=PROPERTIES)
    assert raised.value.code == code


def test_a_tool_that_takes_too_long(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_args: object, quote: bool, **_options: object) -> None:
        raise DeadlineExceeded("sh did not end within 60 s" + (f"; last output: {CANARY}" if quote else ""))

    monkeypatch.setattr(pod_exec, "run", late)
    for options in (
        {"properties": PROPERTIES},
        {"properties": ClientProperties(path="/x")},
        {"tool": "kafka-dump-log"},
    ):
        with pytest.raises(DeadlineExceeded) as raised:
            run("", **options)
        assert raised.value.message == "sh did not end within 60 s"
    with pytest.raises(DeadlineExceeded, match="last output"):
        run("")


@pytest.mark.parametrize(
    ("errors", "why"),
    [
        ("", "it ended"),
        (f"{CANARY}", "it ended"),
        (f"Error: {CANARY} org.apache.kafka.X.Error", "it ended"),
        (f"com.{CANARY}.SomeException: {CANARY}", "it ended"),
        (f'Exception in thread "main" java.lang.OutOfMemoryError: {CANARY}', "java.lang.OutOfMemoryError"),
        (
            f"java.lang.RuntimeException: {CANARY}\n\tat kafka.tools.{CANARY}\nCaused by: org.apache.kafka.common.KafkaException: {CANARY}",
            "org.apache.kafka.common.KafkaException",
        ),
    ],
)
@pytest.mark.parametrize("keep", ["", "offset", "^never"])
def test_what_a_dump_printed_is_never_told(run: Run, errors: str, why: str, keep: str) -> None:
    record = f'| offset: 5 payload: {{"name":"ssl.key.password","value":"{CANARY} Error java.lang.Error"}}'
    text = f"cat <<'E'\nDumping /x\n{record}\njava.lang.{CANARY}Error\nE\ncat >&2 <<'E'\n{errors}\nE\nexit 137"
    with pytest.raises(KraftError) as raised:
        run(text, tool="kafka-dump-log", keep=keep)
    assert raised.value.message == (
        f"kafka-dump-log failed in pod ns/kafka-0 with status 137: {why}; what it printed is not shown, since records may hold secrets"
    )


def test_a_lost_connection(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once more, with the same settings."""
    given: list[str | None] = []

    def lost(*_args: object, stdin: str | None, **_options: object) -> pod_exec.ExecResult:
        given.append(stdin)
        if len(given) == 1:
            raise Unreachable("lost")
        return pod_exec.ExecResult("fine", "", 0)

    monkeypatch.setattr(pod_exec, "run", lost)
    client = cast(KubeClient, types.SimpleNamespace(find=lambda *_args: None))
    facts = facts_with({"kafka-x": "/x"})
    assert tools.run_tool(client, "ns", "p", None, facts, "kafka-x", [], properties=PROPERTIES) == "fine"
    assert given == [PROPERTIES.text()] * 2


def test_no_place_for_client_settings(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "_SCRIPT", tools._SCRIPT.replace("/dev/shm", str(tmp_path / "none")))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "neither"))
    with pytest.raises(KraftError, match="kafka-x was not run: pod ns/kafka-0 has neither /dev/shm nor a folder"):
        run("echo", properties=PROPERTIES)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    file = Path(run('echo "$2"', properties=PROPERTIES).strip())
    assert file.parent.parent == tmp_path
    assert not file.parent.exists()


def test_a_file_that_the_user_named(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "client.properties"
    named = ClientProperties(path=str(file))
    with pytest.raises(NotFound, match=r"client.properties are not in pod ns/kafka-0, or cannot be read there"):
        run("echo", properties=named)
    file.write_text("x=y")
    assert run('echo "$*"', "a", properties=named) == f"--command-config {file} a\n"
    assert file.exists()
    with pytest.raises(KraftError, match="kafka-x failed in pod ns/kafka-0 with status 97"):
        run("exit 97", properties=PROPERTIES)
