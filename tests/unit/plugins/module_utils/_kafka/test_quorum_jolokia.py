# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The quorum by Jolokia, on answers as Kafka 3.9.2 gives them."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import caught_up
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import quorum, quorum_jolokia
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Unreachable

from tests.unit.plugins.module_utils.quorum_members import (
    Agents,
    asking,
    closed_ports,
    members,
    metrics,
)


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed_ports(monkeypatch)


def test_by_jolokia() -> None:
    client = Agents({pod: [metrics(504.0)] for pod in ("kraft-0", "kraft-1", "kraft-2")})
    found = quorum.quorum_status(asking(client), "ns", members())
    assert (found.leader, found.epoch, found.high_watermark, found.source) == (101, 4, 500, "jolokia")
    assert found.voters == {100: 0, 101: 0, 102: 0}
    assert found.migration_states == dict.fromkeys((100, 101, 102), "MIGRATION")
    assert (found.why, found.said_by) == ("pods/portforward is forbidden", "jolokia")
    assert found.counts == {"migrating_brokers": 3, "active_brokers": 3, "fenced_brokers": 0, "zk_write_lag": 0}
    assert client.asked == ["kraft-0", "kraft-1", "kraft-2"]


def test_a_follower_asked_before_the_leader_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quorum_jolokia, "FETCHES_WITHIN", 0.1)
    client = Agents(
        {"kraft-0": [metrics(503.0), metrics(505.0)], "kraft-1": [metrics(504.0)], "kraft-2": [metrics(90.0, state=2)]}
    )
    found = quorum.quorum_status(asking(client), "ns", members())
    assert found.voters == {100: 0, 101: 0, 102: 414}
    assert found.migration_states[102] == "PRE_MIGRATION"


def test_silent_and_confused_controllers() -> None:
    gone = Unreachable("pod kraft-0 does not answer")
    client = Agents(
        {
            "kraft-0": [gone],
            "kraft-1": [metrics(504.0)],
            "kraft-2": [[101.0, 3.0, "NaN", "NaN", None, None, None, None, None, True]],
        }
    )
    found = quorum.quorum_status(asking(client), "ns", members())
    assert found.silent == {100: "pod kraft-0 does not answer"}
    assert found.voters == {101: 0}
    assert found.migration_states == {101: "MIGRATION"}


@pytest.mark.parametrize("leader", [-1.0, 100.0])
def test_no_leader_by_jolokia(leader: float) -> None:
    away = Unreachable("away")
    client = Agents({"kraft-0": [away], "kraft-1": [metrics(5.0, leader=leader, high=None)], "kraft-2": [away]})
    found = quorum.quorum_status(asking(client), "ns", members())
    assert (found.leader, found.epoch, found.high_watermark, found.voters) == (None, 4, -1, {})


def test_nobody_answers() -> None:
    client = Agents({f"kraft-{each}": [Unreachable("away")] for each in range(3)})
    found = quorum.quorum_status(asking(client), "ns", members())
    assert (found.leader, found.epoch, len(found.silent)) == (None, -1, 3)


def test_a_voter_that_follows_lacks_something_at_every_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """By Jolokia: what the leader had at the first look is what counts."""
    monkeypatch.setattr(quorum_jolokia, "PACE", 0.0)
    monkeypatch.setattr(quorum_jolokia, "FETCHES_WITHIN", 0.2)
    client = Agents(
        {
            "kraft-0": [metrics(454.0), metrics(480.0), metrics(503.0), metrics(504.0)],
            "kraft-1": [metrics(504.0), metrics(999.0)],
            "kraft-2": [metrics(490.0)],
        }
    )
    found = quorum.quorum_status(asking(client), "ns", members())
    assert found.voters == {100: 0, 101: 0, 102: 14}
    assert caught_up(found) == {100, 101}
