# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Partitions whose znodes are behind KRaft's partition epochs: what a rollback does with them, and what becomes of them without that."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.e2e.test_rollback_guards import in_sync, scale
from tests.e2e.trip import Trip, quiet, trip, until
from tests.sandbox.fixtures import FixtureSpec

REMOVAL = "RollbackToZkWaitForManualNodeRemovalFromZk"
BEHIND = ("old-1", "old-2")
#: seconds in which a follower that is back is in the ISR again, if its leader may change it
SOON = 30


def path_of(topic: str) -> str:
    """The znode of the state of a topic's only partition."""
    return f"/brokers/topics/{topic}/partitions/0/state"


def state_of(found: Trip, topic: str) -> dict[str, Any]:
    """What it holds."""
    state = found.znode(path_of(topic))
    assert state is not None, f"{topic} has no state"
    return state


def put_back(found: Trip) -> dict[str, bytes]:
    """Make the znodes anew with the same data: their versions are 0 then, as after that many writes that KRaft has put together."""
    held = {}
    with found.place.zookeeper() as zk:
        for topic in BEHIND:
            data, stat = zk.get(path_of(topic))
            assert stat.version >= 2, f"{topic} did not change often enough: {stat.version}"
            both = zk.transaction()
            both.delete(path_of(topic), stat.version)
            both.create(path_of(topic), data)
            done = both.commit()
            assert not [each for each in done if isinstance(each, Exception)], done
            held[topic] = data
    return held


def raised_by(found: Trip, held: dict[str, bytes]) -> int:
    """By how many writes they were raised since, the data as they were."""
    with found.place.zookeeper() as zk:
        seen = {topic: zk.get(path_of(topic)) for topic in BEHIND}
    assert {topic: data for topic, (data, _stat) in seen.items()} == held, "somebody changed the data"
    return sum(stat.version for _data, stat in seen.values())


def restart_a_follower(found: Trip) -> int:
    """Restart a broker that does not lead these partitions, so that their ISRs shrink and have to grow; returns its id."""
    leaders = {state_of(found, topic)["leader"] for topic in BEHIND}
    follower = next(number for number in range(3) if number not in leaders)
    found.renew(f"kafka-{follower}")
    return follower


def test_partitions_that_are_behind_are_levelled(tmp_path: Path) -> None:
    """Under traffic: an ISR grows after the rollback, before any broker is restarted, and again in and after the last roll."""
    with trip(FixtureSpec(namespace="level-epochs", dns_ttl=1, topics=3, rebalance=False), tmp_path) as found:
        found.run("migrate")
        held = put_back(found)
        would = found.target.play("rollback", "--check")
        assert would.status == 0, would.output
        assert "2 partitions: ZooKeeper's version would be raised to KRaft's partition epoch" in would.output
        assert raised_by(found, held) == 0, "check mode has written"
        done = found.run("rollback", kraft_rollback_cleanup="later").result(REMOVAL)
        raised = done["raised_versions"]
        assert raised["partitions"] == len(BEHIND), done
        assert raised["writes"] >= 2 * len(BEHIND), done
        assert any("ZooKeeper's version raised" in note for note in done["notes"]), done
        assert raised_by(found, held) == raised["writes"]
        restart_a_follower(found)
        until(lambda: in_sync(found), "an ISR did not grow after the rollback", SOON)
        found.run("rollback")
        restart_a_follower(found)
        until(lambda: in_sync(found), "an ISR did not grow after the last roll", SOON)
        found.check_plain()


def test_negative_control_of_levelling(tmp_path: Path) -> None:
    """Without it the follower fetches, and is never in the ISR: its leader is told NOT_CONTROLLER for ever."""
    with quiet(FixtureSpec(namespace="level-control", dns_ttl=1, topics=3, rebalance=False), tmp_path) as found:
        found.make(*(f"{topic} 1 3" for topic in BEHIND))
        found.run("migrate")
        put_back(found)
        scale(found, 0)
        with found.place.zookeeper() as zk:
            # as the guard of KAFKA-20488 does, so that it is not the reason
            zk.set("/controller_epoch", b"99")
            zk.delete("/migration")
            zk.delete("/controller")
        until(lambda: (found.znode("/controller") or {}).get("kraftControllerEpoch") == -1, "no broker is controller")
        follower = restart_a_follower(found)
        # what does not come cannot be waited for
        time.sleep(SOON)
        assert [topic for topic in BEHIND if follower not in state_of(found, topic)["isr"]] == list(BEHIND), (
            "the ISRs are complete: this shows nothing"
        )
