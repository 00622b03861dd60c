# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines of a broker's log as Kafka 3.9.2 writes them."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.recovery import Recovery, follow

BEGINS = "[t] INFO Loading logs from log dirs ArrayBuffer(/data/kafka) (kafka.log.LogManager)\n"
UNCLEAN = (
    "[t] INFO Recovering 614 logs from /data/kafka since no clean shutdown file was found (kafka.log.LogManager)\n"
)
CLEAN = "[t] INFO Skipping recovery of 614 logs from /data/kafka since clean shutdown file was found (kafka.log.LogManager)\n"
ENDED = "[t] INFO Loaded 614 logs in 4529ms (unclean log dirs = ArrayBuffer(/data/kafka)) (kafka.log.LogManager)\n"


def loaded(count: int, total: int = 614, where: str = "/data/kafka") -> str:
    return (
        f"[t] INFO Completed load of Log(dir={where}/big-1, topicId=x, topic=big, partition=1, highWatermark=0, lastStableOffset=0, "
        "logStartOffset=0, logEndOffset=0) with 1 segments, local-log-start-offset 0 and log-end-offset 0 in 4ms "
        f"({count}/{total} completed in {where}) (kafka.log.LogManager)\n"
    )


def segment(number: int) -> str:
    return (
        f"[t] INFO [LogLoader partition=big-488, dir=/data/kafka] Recovering unflushed segment {number}. {number}/9 recovered for big-488. "
        "(kafka.log.LogLoader)\n"
    )


def test_a_broker_that_recovers_its_logs() -> None:
    state = follow(Recovery(), "something else\n")
    assert not state.running
    state = follow(state, BEGINS + UNCLEAN)
    assert (state.running, state.text) == (True, "recovered 0 of 614 logs")
    state = follow(state, UNCLEAN + loaded(12) + loaded(13))
    assert state.text == "recovered 13 of 614 logs"
    # the same lines twice are no progress, and none backwards
    assert follow(state, loaded(12) + loaded(13)) == state
    assert follow(state, segment(0)) != state
    assert follow(follow(state, segment(0)), segment(1)) != follow(state, segment(0))
    state = follow(state, loaded(614) + ENDED)
    assert (state.running, state.ended, state.text) == (False, True, "recovered 614 of 614 logs")
    # the container was started again
    assert follow(state, BEGINS + CLEAN + loaded(1)).text == "loaded 1 of 614 logs"


def test_several_log_directories() -> None:
    state = follow(Recovery(), BEGINS + loaded(3) + loaded(5, 10, "/disk 2"))
    assert state.logs == {"/data/kafka": (3, 614), "/disk 2": (5, 10)}
    assert state.text == "loaded 8 of 624 logs"


@pytest.mark.parametrize("text", ["", ENDED])
def test_what_was_not_seen_to_begin_is_not_running(text: str) -> None:
    assert not follow(Recovery(), text).running
