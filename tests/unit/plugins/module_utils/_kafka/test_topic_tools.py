# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command lines by which a topic is made, written, read and removed."""

from __future__ import annotations

import json
import types
from typing import Any, cast

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_properties import ClientProperties
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.cluster_check import Acks, Wanted
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import topic_tools
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.topic_tools import BrokerPod
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient

TOPIC = "kraft-check-abc123"
ASKED = Wanted(3, 3, 2, 300)
TOOLS = ("kafka-topics", "kafka-verifiable-producer", "kafka-console-consumer")


def broker(tools: tuple[str, ...] = TOOLS) -> BrokerPod:
    facts = types.SimpleNamespace(tools={name: f"/opt/kafka/bin/{name}.sh" for name in tools})
    return BrokerPod(cast(KubeClient, None), "n", "kafka-0", "kafka", cast(Any, facts))


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was run, as (tool, arguments, timeout, what is kept, properties); ``answers`` is what it prints."""
    seen: list[Any] = []

    def way_in(*where: Any) -> tuple[str, ClientProperties]:
        assert where[1:4] == ("n", "kafka-0", "kafka")
        return "localhost:9092", ClientProperties({"security.protocol": "SASL_SSL"})

    def run_tool(*where: Any, keep: str, properties: ClientProperties) -> str:
        assert where[1:4] == ("n", "kafka-0", "kafka")
        seen.append((where[5], " ".join(where[6]), where[7], keep, dict(properties.values)))
        line = {"name": "producer_send_success", "value": "2.0", "partition": 1, "offset": 4}
        return {"kafka-verifiable-producer": json.dumps(line), "kafka-console-consumer": "2.0\n2.1\n"}.get(where[5], "")

    monkeypatch.setattr(topic_tools, "way_in", way_in)
    monkeypatch.setattr(topic_tools, "run_tool", run_tool)
    return seen


LOGIN = {"security.protocol": "SASL_SSL"}


def test_a_topic_that_is_made_and_removed(ran: list[Any]) -> None:
    broker().create(TOPIC, ASKED, 9.0)
    broker().remove(TOPIC, 8.0)
    at = "--bootstrap-server localhost:9092"
    assert ran == [
        (
            "kafka-topics",
            f"{at} --create --if-not-exists --topic {TOPIC} --partitions 3 --replication-factor 3 --config min.insync.replicas=2",
            9.0,
            "",
            LOGIN,
        ),
        ("kafka-topics", f"{at} --delete --if-exists --topic {TOPIC}", 8.0, "", LOGIN),
    ]


def test_records_are_written_with_acks_by_every_replica(ran: list[Any]) -> None:
    assert broker().produce(TOPIC, 2, ASKED, 7.0) == Acks(frozenset({"2.0"}), {1: 5})
    ((tool, arguments, timeout, keep, properties),) = ran
    assert (tool, timeout, keep) == ("kafka-verifiable-producer", 7.0, '"name":"producer_send_')
    assert arguments == (
        f"--bootstrap-server localhost:9092 --topic {TOPIC} --acks -1 --max-messages 300 --value-prefix 2 --repeating-keys 60"
    )
    # with the login, and as patient as a client is
    assert properties == {**LOGIN, "retries": "2147483647", "delivery.timeout.ms": "90000"}


@pytest.mark.parametrize(("most", "end"), [(300, "--max-messages 300 --timeout-ms 30000"), (0, "--timeout-ms 10000")])
def test_records_are_read_from_the_beginning(ran: list[Any], most: int, end: str) -> None:
    assert broker().consume(TOPIC, 6.0, most) == ["2.0", "2.1"]
    ((tool, arguments, timeout, keep, properties),) = ran
    assert (tool, timeout, keep, properties) == ("kafka-console-consumer", 6.0, r"^[0-9]+[.][0-9]+$", LOGIN)
    assert arguments == f"--bootstrap-server localhost:9092 --topic {TOPIC} --from-beginning {end}"


def test_an_image_without_the_tools() -> None:
    assert broker().lacks() == ""
    assert broker(("kafka-topics",)).lacks() == "kafka-verifiable-producer.sh, kafka-console-consumer.sh"
