# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a tool in a broker's pod reaches the broker."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import leaders
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import NotFound

MAP = "CONTROLLER:PLAINTEXT,inside:plaintext,OUTSIDE:SASL_SSL"


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({}, "localhost:9092"),
        ({"listeners": "PLAINTEXT://0.0.0.0:19092"}, "localhost:19092"),
        ({"listeners": "SSL://:9093,PLAINTEXT://10.0.0.1:9092"}, "10.0.0.1:9092"),
        ({"listeners": "PLAINTEXT://[::]:9092"}, "localhost:9092"),
        (
            {
                "listeners": "CONTROLLER://:9090,OUTSIDE://:9091,INSIDE://:9092",
                "listener.security.protocol.map": MAP,
                "controller.listener.names": "CONTROLLER",
            },
            "localhost:9092",
        ),
    ],
)
def test_the_listener_that_a_tool_can_use(settings: dict[str, str], address: str) -> None:
    assert leaders.plain_address(settings) == address


def test_a_cluster_without_such_a_listener() -> None:
    with pytest.raises(NotFound):
        leaders.plain_address({"listeners": "SSL://:9093"})


def test_the_tool_is_asked_for_every_partition(monkeypatch: Any) -> None:
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(leaders, "run_tool", lambda *arguments, **_options: calls.append(arguments[1:]))
    client: Any = None
    facts: Any = type("Facts", (), {"settings": {}})
    leaders.elect_preferred(client, "n", "kafka-0", "kafka", facts, 60.0)
    words = ["--bootstrap-server", "localhost:9092", "--election-type", "preferred", "--all-topic-partitions"]
    assert calls == [("n", "kafka-0", "kafka", facts, "kafka-leader-election", words, 60.0)]
