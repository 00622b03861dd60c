# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bulk reads through the pod proxy."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.jolokia import Jolokia
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError


class Client:
    def __init__(self, answer):
        self.answer, self.calls = answer, []

    def pod_proxy(self, pod, namespace, port, path, **options):
        self.calls.append((pod, namespace, port, path, options))
        return self.answer


def test_a_bulk_read_is_one_post():
    client = Client([{"status": 200, "value": 2}, {"status": 404, "error": "javax.management..."}])
    agent = Jolokia(client, "ns", "kafka-0", 7777)
    assert agent.read_many([("a:type=b", "Value"), ("c:type=d", "Count")]) == [2, None]
    body = [
        {"type": "read", "mbean": "a:type=b", "attribute": "Value"},
        {"type": "read", "mbean": "c:type=d", "attribute": "Count"},
    ]
    assert client.calls == [
        ("kafka-0", "ns", 7777, "jolokia/", {"method": "POST", "body": body, "timeout": 5.0}),
    ]


def test_one_read():
    assert Jolokia(Client([{"status": 200, "value": "x"}]), "ns", "kafka-0", 7777).read("a:type=b", "Value") == "x"


def test_nothing_to_read():
    client = Client([])
    assert Jolokia(client, "ns", "kafka-0", 7777).read_many([]) == []
    assert client.calls == []


@pytest.mark.parametrize("answer", [{"status": 200}, [], [{}, {}], "x"])
def test_something_else_answers(answer):
    with pytest.raises(KraftError, match="answered something that is not Jolokia's"):
        Jolokia(Client(answer), "ns", "kafka-0", 7777).read("a:type=b", "Value")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [({"status": 403, "error": "no"}, Forbidden), ({"status": 500, "error": "no"}, KraftError), ("no", KraftError)],
)
def test_a_refused_read(answer, kind):
    with pytest.raises(kind, match=r"port 7777 of pod ns/kafka-0 did not return a:type=b Value: no"):
        Jolokia(Client([answer]), "ns", "kafka-0", 7777).read("a:type=b", "Value")
