# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the tools of a check run, and what is left to do without any broker."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.cluster_check import Wanted
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations.own_topic import OwnTopic
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, NotFound, Unreachable

from tests.unit.plugins.module_utils._operations.world import world
from tests.unit.plugins.module_utils.fakes import pod

ASKED = Wanted(1, 3, 2, 3)


def test_a_pod_that_cannot_be_reached_is_not_the_only_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    made.pods["kafka-1"] = pod("kafka-1", ready=False)
    topic = OwnTopic(made, made.said.append)
    made.fails["create"] = Unreachable("kafka-0 is away")
    topic.tool(lambda broker: broker.create(topic.name, ASKED, 1.0))
    assert made.ran == [("kafka-0", "create"), ("kafka-2", "create")]

    def nowhere(_broker: Any) -> None:
        raise NotFound("no such tool")

    with pytest.raises(NotFound):
        topic.tool(nowhere)
    made.pods.clear()
    with pytest.raises(KraftError, match="no broker of n/kafka is Ready"):
        topic.tool(nowhere)


def test_no_tool_runs_in_the_pod_that_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    topic = OwnTopic(world(monkeypatch), print)
    topic.avoided = "kafka-0"
    assert [broker.pod for broker in topic.brokers()] == ["kafka-1", "kafka-2"]


def test_without_a_broker_there_is_only_something_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    made.pods.clear()
    OwnTopic(made, made.said.append).abandon()
    assert made.said[-1].startswith("topic kraft-check-")
    assert "may be left; remove it by kafka-topics.sh" in made.said[-1]
