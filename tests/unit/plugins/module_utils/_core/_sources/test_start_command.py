# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Overrides are read as the shell, or Kubernetes, hands them to Kafka, and edited where they stand."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.start_command import (
    config_file,
    overrides,
    with_overrides,
)

VARIABLES = {"ZK": "zk:2181", "POD": None, "SPACED": "a b"}
START = "exec /opt/kafka/bin/kafka-server-start.sh /f.properties"


def shell(text: str) -> dict[str, Any]:
    return {"command": ["sh", "-c", text]}


def read(container: dict[str, Any]) -> dict[str, str | None]:
    return {item.key: item.value for item in overrides(container, VARIABLES)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{START} --override a=1 --override=b=2", {"a": "1", "b": "2"}),
        (
            f"{START} --override 'a=$ZK' --override \"b=$ZK\" --override c=${{ZK}}/x",
            {"a": "$ZK", "b": "zk:2181", "c": "zk:2181/x"},
        ),
        (
            f"{START} --override a=$(ZK) --override b=$(hostname -i) --override c=`id`",
            {"a": "zk:2181", "b": None, "c": None},
        ),
        (
            f"{START} --override a=${{HOSTNAME##*-}} --override b=$POD --override c=$((1 + 2))",
            {"a": None, "b": None, "c": None},
        ),
        (f"ZK=other; {START} --override a=$ZK", {"a": None}),
        (f"{START} \\\n  --override a=1 \\\n  --override b=x\\ y; echo --override c=3", {"a": "1", "b": "x y"}),
        (f"{START} --override a=1 2>&1 | tee log", {"a": "1"}),
        (f"{START} --override a=$SPACED --override b= --override", {"a": None, "b": ""}),
        (f"{START} --override 'a=1", {"a": None}),
        (f"{START} --override novalue --override a=$$(ZK)", {"a": None}),
        ("exec run-something --override a=1", {}),
        (
            f"command -v kafka-server-start.sh || exit 1\n# kafka-server-start.sh runs\n{START} --override a=1",
            {"a": "1"},
        ),
        (f"H=$(dirname $(which kafka-server-start.sh)); pgrep -f kafka.Kafka || {START} --override a=1", {"a": "1"}),
        (f"exec env ID=$(echo $HOSTNAME) N=`echo 1` {START} --override a=1", {"a": "1"}),
        (f"if [ -n $X ]; then {START} --override a=1; else {START} --override a=2; fi", {}),
        ("exec java kafka.Kafka /f --override a=1", {"a": "1"}),
    ],
)
def test_overrides_of_a_shell_text(text: str, found: dict[str, str | None]) -> None:
    assert read(shell(text)) == found


def test_overrides_that_are_arguments_of_their_own() -> None:
    container = {
        "command": ["/opt/kafka/bin/kafka-server-start.sh", "/f"],
        "args": ["--override", "a=$(ZK)", "--override=b=$HOME", "--override", "c=$(POD)", "--other", "--override"],
    }
    assert read(container) == {"a": "zk:2181", "b": "$HOME", "c": None}
    changed = with_overrides(container, {"b": "2", "new": "$(X)"}, {"a"}, overrides(container, VARIABLES))
    assert changed["args"] == [
        "--override", "b=2", "--override", "c=$(POD)", "--other", "--override", "--override", "new=$$(X)",
    ]  # fmt: skip
    assert container["args"][1] == "a=$(ZK)"


@pytest.mark.parametrize(
    ("text", "wanted", "gone", "after"),
    [
        (f"{START} --override a=1 --override b=2; x", {"a": "9"}, {"b"}, f"{START} --override a=9; x"),
        (f"{START} --override a=1 2>&1", {"n": "x y"}, set(), f"{START} --override a=1 --override 'n=x y' 2>&1"),
        (f"{START} --override a=1 --override a=2", {"a": "3"}, set(), f"{START} --override a=1 --override a=3"),
        (f"{START}", {"n": "1"}, set(), f"{START} --override n=1"),
        (f"which kafka.Kafka; {START}; x", {"n": "1"}, set(), f"which kafka.Kafka; {START} --override n=1; x"),
        (f"{START} --override a=1", {}, set(), f"{START} --override a=1"),
        (f"{START} --override=a=1 --override=b=2", {"b": "3"}, {"a"}, f"{START} --override b=3"),
    ],
)
def test_a_shell_text_is_edited_where_the_overrides_stand(
    text: str, wanted: dict[str, str], gone: set[str], after: str
) -> None:
    container = shell(text)
    assert with_overrides(container, wanted, gone, overrides(container, VARIABLES))["command"][2] == after


@pytest.mark.parametrize(
    ("container", "path"),
    [
        (shell(f"{START} --override a=1"), "/f.properties"),
        (shell('kafka-server-start.sh "/etc/x.properties"'), "/etc/x.properties"),
        (shell("exec kafka-server-start.sh"), ""),
        ({"command": ["kafka-server-start", "/y"]}, "/y"),
        ({"command": ["kafka-server-start"]}, ""),
        ({"command": ["run"]}, ""),
        (shell(f"ls -l kafka-server-start.sh /x; {START}"), "/f.properties"),
        ({}, ""),
    ],
)
def test_the_file_that_kafka_is_started_with(container: dict[str, Any], path: str) -> None:
    assert config_file(container) == path
