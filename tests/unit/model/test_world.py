# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The model itself: whoever ignores a safety rule meets the disaster that the rule is there for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.model.parts import CONTROLLERS, KRAFT, Disaster, StatefulSet
from tests.unit.model.walk import begin
from tests.unit.model.world import World

ZOOKEEPER, HYBRID, PURE = 0, 1, 2


def later(world: World, times: int = 4) -> None:
    for _round in range(times):
        world.settle()


def two_brokers(world: World) -> None:
    world.restart_broker(0, tolerated=False)
    world.restart_broker(1, tolerated=False)


def two_controllers(world: World) -> None:
    world.restart_controller(CONTROLLERS[0])
    world.restart_controller(CONTROLLERS[1])


def final_at_once(world: World) -> None:
    world.write_controllers("final", len(CONTROLLERS))


def flag_lost(world: World) -> None:
    """A chart that forgets the flag, and a drain."""
    world.sts = StatefulSet("final", len(CONTROLLERS))
    for number in CONTROLLERS:
        world.make_controller_again(number)
        later(world)


def znodes_first(world: World) -> None:
    world.remove_znodes({"/migration": None, "/controller": None})


def alien_controller(world: World) -> None:
    world.remove_znodes({"/controller": None})


def gone(world: World) -> None:
    """The quorum is stopped."""
    world.stop_controllers()
    later(world)


def again(world: World) -> None:
    """Controllers are started."""
    world.write_controllers("migrating", len(CONTROLLERS))
    later(world)


def volumes_kept(world: World) -> None:
    gone(world)
    world.remove_znodes({"/controller": None, "/controller_epoch": 9})
    later(world)
    again(world)


def migration_kept(world: World) -> None:
    gone(world)
    for number in CONTROLLERS:
        world.delete_volume(number)
    again(world)


def no_epoch_guard(world: World) -> None:
    world.create_topic()
    gone(world)
    world.remove_znodes({"/migration": None, "/controller": None})
    later(world)


def brokers_left_behind(world: World) -> None:
    world.stop_controllers()


def directory_in_use(world: World) -> None:
    world.delete_metadata_dir(0)


def second_attempt(world: World) -> None:
    gone(world)
    world.remove_znodes({"/migration": None, "/controller": None, "/controller_epoch": 9})
    for number in CONTROLLERS:
        world.delete_volume(number)
    later(world)
    again(world)


def too_early_plain(world: World) -> None:
    world.write_brokers("kafka", "")
    world.restart_broker(0, tolerated=False)
    later(world)


@pytest.mark.parametrize(
    ("way", "mistake", "what"),
    [
        (ZOOKEEPER, two_brokers, r"\(b\) .* has only \[2\] in sync"),
        (HYBRID, two_controllers, r"\(b\) only \[3002\] are left"),
        (
            HYBRID,
            final_at_once,
            r"\(a\) the final settings are written while shut: \['brokers', 'templates', 'no soak'\]",
        ),
        (PURE, final_at_once, r"\(a\) .* while shut: \['no soak'\]"),
        (HYBRID, flag_lost, r"\(a\) a controller without the flag is active"),
        (HYBRID, znodes_first, r"\(e\) .* while controllers .* are there"),
        (ZOOKEEPER, alien_controller, r"\(e\) a broker's /controller"),
        (HYBRID, volumes_kept, r"\(e\) controllers start on an old log over a newer ZooKeeper"),
        (HYBRID, migration_kept, r"\(e\) controllers start on empty volumes beside"),
        (HYBRID, no_epoch_guard, r"\(e\) .* have a higher epoch than the controller"),
        (PURE, brokers_left_behind, r"\(c\) the quorum is stopped under brokers in KRaft mode: \[0, 1, 2\]"),
        (HYBRID, directory_in_use, r"\(c\) broker 0 in mode migrating loses its metadata log"),
        (HYBRID, second_attempt, r"\(e\) broker 0 remembers quorum 1"),
        (HYBRID, too_early_plain, r"\(c\) broker 0 starts on plain ZooKeeper settings while KRaft is controller"),
    ],
)
def test_a_mistake_is_a_disaster(way: int, mistake: Callable[[World], None], what: str) -> None:
    world = begin(3, 2, "same", way).world
    with pytest.raises(Disaster, match=what):
        mistake(world)


def test_the_way_itself_is_none() -> None:
    """Forward, back, forward again and to the end: nothing but time and the product's own steps."""
    walk = begin(4, 2, "own", PURE)
    operator, world = walk.operator, walk.world
    for playbook in ("rollback", "migrate", "finalize"):
        assert operator.run(playbook) is None
    walk.act(("time_passes", 0))
    walk.act(("confirmed", 7))
    assert operator.run("finalize") is None
    assert world.finalized
    assert {each.mode for each in world.brokers.values()} == {KRAFT}
    assert operator.marks == {}
