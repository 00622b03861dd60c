# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scripts, run by a shell."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy import start
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.security import Security
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import Properties

LISTENING = "   0: 00000000000000000000000000000000:{port} 00000000000000000000000000000000:0000 0A 00000000:00000000"


def shell(folder: Path, text: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script of a pod with its folders below ``folder``."""
    for place in ("etc/kraft-tls", "etc/kraft-users", "etc/kraft", "run/kraft", "proc/net"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    text = re.sub(r"/(etc/kraft|run/kraft|proc/net)", rf"{folder}/\1", text)
    own = {"PATH": "/usr/bin:/bin", "KRAFT_NODE_ID_BASE": "1000", "KRAFT_POD_NAME": "k-2", **variables}
    return subprocess.run(["sh", "-c", text], env=own, capture_output=True, text=True, check=False)


def test_a_nodes_own_settings_are_added(tmp_path: Path) -> None:
    shell(tmp_path, ":")
    (tmp_path / "etc/kraft/server.properties").write_text("a=b\n")
    done = shell(tmp_path, start.prepare(Security(), 'echo "advertised.listeners=X://$KRAFT_POD_NAME:1"'))
    assert (done.returncode, done.stderr) == (0, "")
    file = tmp_path / "run/kraft/server.properties"
    assert file.read_text() == "a=b\nnode.id=1002\nadvertised.listeners=X://k-2:1\n"
    assert file.stat().st_mode & 0o077 == 0, "it may hold passwords"


def test_logins_are_what_kafka_reads(tmp_path: Path) -> None:
    shell(tmp_path, ":")
    (tmp_path / "etc/kraft/server.properties").write_text("a=b\n")
    for user, password in (("kafka", 'p"a\\ss\n'), ("alice", "a b$x")):
        (tmp_path / f"etc/kraft-users/{user}").write_text(password)
    (tmp_path / "etc/kraft-tls/tls.key").write_text("KEY\n")
    (tmp_path / "etc/kraft-tls/tls.crt").write_text("CRT\n")
    security = Security("SASL_SSL", "t", False, "u")
    assert shell(tmp_path, start.prepare(security, "")).returncode == 0
    values = Properties.parse((tmp_path / "run/kraft/server.properties").read_text()).as_dict()
    for listener in ("client", "internal", "controller"):
        assert values[f"listener.name.{listener}.plain.sasl.jaas.config"] == (
            'org.apache.kafka.common.security.plain.PlainLoginModule required username="kafka" '
            'password="p\\"a\\\\ss" user_alice="a b$x" user_kafka="p\\"a\\\\ss";'
        )
    assert (tmp_path / "run/kraft/keystore.pem").read_text() == "KEY\nCRT\n"


@pytest.mark.parametrize(
    ("formatted", "nodes", "replaced", "formats", "status"),
    [
        (False, "", "", True, 0),
        (False, "0,1", "", True, 0),
        (False, "0,1002", "", False, 1),
        (False, "0,1002", "1002", True, 0),
        (False, "10021,11002", "", True, 0),  # not a part of a number
        (True, "0,1002", "", False, 0),
    ],
)
def test_an_empty_volume_is_formatted_once(
    tmp_path: Path, *, formatted: bool, nodes: str, replaced: str, formats: bool, status: int
) -> None:
    shell(tmp_path, ":")
    (tmp_path / "etc/kraft/server.properties").write_text("")
    data = tmp_path / "data"
    data.mkdir()
    if formatted:
        (data / "meta.properties").write_text("cluster.id=x\n")
    tool = tmp_path / "storage"
    tool.write_text('#!/bin/sh\necho "$@"\n')
    tool.chmod(0o755)
    script = start.format_script(start.prepare(Security(), ""), str(tool), str(data), "--no-initial-controllers")
    done = shell(tmp_path, script, KRAFT_CLUSTER_ID="abc", KRAFT_NODES=nodes, KRAFT_REPLACED=replaced)
    assert done.returncode == status
    assert ("--cluster-id=abc --no-initial-controllers" in done.stdout) == formats
    assert (start.LOST in done.stderr) == bool(status)


@pytest.mark.parametrize(
    ("states", "ports", "ready"),
    [
        (["STARTING to RECOVERY"], (9092, 9094), False),
        (["STARTING to RECOVERY", "RECOVERY to RUNNING"], (9092, 9094), True),
        (["RECOVERY to RUNNING"], (9094,), False),
        ([], (9092, 9094), False),
    ],
)
def test_a_broker_is_ready_when_it_runs_and_listens(
    tmp_path: Path, states: list[str], ports: tuple[int, ...], *, ready: bool
) -> None:
    shell(tmp_path, ":")
    lines = [f"[BrokerLifecycleManager id=0] The broker ... Transitioning from {each}." for each in states]
    (tmp_path / "run/kraft/states.log").write_text("".join(f"{line}\n" for line in lines))
    listening = [LISTENING.format(port=f"{port:04X}") for port in ports]
    (tmp_path / "proc/net/tcp6").write_text("".join(f"{line}\n" for line in listening))
    assert (shell(tmp_path, start.ready_script((9092, 9094), True)).returncode == 0) == ready
    with (tmp_path / "run/kraft/states.log").open("a") as file:
        file.write("Beginning controlled shutdown.\n")
    assert shell(tmp_path, start.ready_script((9092, 9094), True)).returncode != 0


def test_a_controller_is_ready_when_it_listens(tmp_path: Path) -> None:
    shell(tmp_path, ":")
    assert shell(tmp_path, start.ready_script((9093,), False)).returncode != 0
    # an established connection from that port is no listener
    (tmp_path / "proc/net/tcp6").write_text(
        "   0: 0:2385 0:9C40 01 00\n".replace("0:2385", "00:2385").replace("0:9C40", "00:9C40")
    )
    assert shell(tmp_path, start.ready_script((9093,), False)).returncode != 0
    (tmp_path / "proc/net/tcp").write_text(LISTENING.format(port="2385") + "\n")
    assert shell(tmp_path, start.ready_script((9093,), False)).returncode == 0


def test_what_an_earlier_process_wrote_of_its_state_is_gone(tmp_path: Path) -> None:
    shell(tmp_path, ":")
    (tmp_path / "etc/kraft/server.properties").write_text("")
    states = tmp_path / "run/kraft/states.log"
    states.write_text("RECOVERY to RUNNING\n")
    done = shell(tmp_path, start.start_script(start.prepare(Security(), ""), "echo"))
    assert done.stdout.strip().endswith("run/kraft/server.properties")
    assert states.read_text() == ""
