# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bulk reads through the pod proxy."""

from __future__ import annotations

from typing import Any, cast

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.jolokia import Jolokia
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError


class Client:
    """Every request gets the same answer."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.calls: list[tuple[str, str, int, str, dict[str, Any]]] = []

    def pod_proxy(self, pod: str, namespace: str, port: int, path: str, **options: Any) -> Any:
        self.calls.append((pod, namespace, port, path, options))
        return self.answer


def agent_of(client: Client) -> Jolokia:
    return Jolokia(cast(KubeClient, client), "ns", "kafka-0", 7777)


def test_a_bulk_read_is_one_post() -> None:
    client = Client([{"status": 200, "value": 2}, {"status": 404, "error": "javax.management..."}])
    assert agent_of(client).read_many([("a:type=b", "Value"), ("c:type=d", "Count")]) == [2, None]
    body = [
        {"type": "read", "mbean": "a:type=b", "attribute": "Value"},
        {"type": "read", "mbean": "c:type=d", "attribute": "Count"},
    ]
    assert client.calls == [
        ("kafka-0", "ns", 7777, "jolokia/", {"method": "POST", "body": body, "timeout": 5.0, "reads": True}),
    ]


def test_one_read() -> None:
    assert agent_of(Client([{"status": 200, "value": "x"}])).read("a:type=b", "Value") == "x"


def test_nothing_to_read() -> None:
    client = Client([])
    assert agent_of(client).read_many([]) == []
    assert client.calls == []


@pytest.mark.parametrize("answer", [{"status": 200}, [], [{}, {}], "x"])
def test_something_else_answers(answer: Any) -> None:
    with pytest.raises(KraftError, match="did not answer in Jolokia's format"):
        agent_of(Client(answer)).read("a:type=b", "Value")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [({"status": 403, "error": "no"}, Forbidden), ({"status": 500, "error": "no"}, KraftError), ("no", KraftError)],
)
def test_a_refused_read(answer: Any, kind: type[KraftError]) -> None:
    with pytest.raises(kind, match=r"port 7777 of pod ns/kafka-0 did not return a:type=b Value: no"):
        agent_of(Client([answer])).read("a:type=b", "Value")
