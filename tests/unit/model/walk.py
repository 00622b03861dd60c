# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A trace over the model: playbooks that are started, killed and gone on with, and what happens meanwhile."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import cache

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report.journal import Journal

from tests.unit.model.parts import CONTROLLERS
from tests.unit.model.rollback import Operator
from tests.unit.model.terminal import CONFIRMED, LONG_AGO, METHODS, PLAYBOOKS
from tests.unit.model.world import World

#: what happens and to which of them, or how far: an action of a trace
Action = tuple[str, int]
#: requests that a run makes until the next thing happens; the last is its end
STEPS = (1, 2, 3, 5, 8, 13, 40, 2000)


END = len(STEPS) - 1
#: where a trace begins: ZOOKEEPER, hybrid, pure, pure with every gate open
BEGINNINGS: tuple[tuple[Action, ...], ...] = (
    (),
    (("migrate", END),),
    (("migrate", END), ("finalize", END)),
    (("migrate", END), ("finalize", END), ("time_passes", 0), ("confirmed", END)),
)


class Walk:
    """One trace: the cluster, who operates it, and what was done."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.operator = Operator(world)

    def act(self, action: Action) -> None:
        """Let one thing happen, and a little time go by."""
        what, number = action
        if what in PLAYBOOKS:
            self.operator.start(what)
            self.operator.go(STEPS[number])
        else:
            EVENTS[what](self, number)
        self.world.settle()

    def nothing(self, _number: int) -> None:
        """Some time goes by."""

    def go(self, number: int) -> None:
        """The run goes on."""
        self.operator.go(STEPS[number])

    def jump(self, number: int) -> None:
        """A sub-phase alone, out of order."""
        self.operator.jump(JUMPS[number % len(JUMPS)])
        self.operator.go(STEPS[-1])

    def forced(self, number: int) -> None:
        """One of the last sub-phases alone, which --tags asks for without kraft_confirm."""
        self.operator.jump(LAST[number % len(LAST)])
        self.operator.go(STEPS[-1])

    def kill(self, _number: int) -> None:
        """The run is killed."""
        self.operator.current = None

    def broker_fails(self, number: int) -> None:
        """A broker ends and stays down."""
        self.world.fail_broker(number % len(self.world.brokers))

    def broker_crashes(self, number: int) -> None:
        """A broker's container starts again in its pod."""
        self.world.brokers[number % len(self.world.brokers)].end()

    def broker_drained(self, number: int) -> None:
        """A broker's pod is made again, from the template of now."""
        self.world.make_broker_again(number % len(self.world.brokers))

    def repaired(self, _number: int) -> None:
        """What failed works again."""
        for broker in self.world.brokers.values():
            broker.broken = False
        for controller in self.world.controllers.values():
            controller.broken = False

    def controller_fails(self, number: int) -> None:
        """A controller ends and stays down."""
        self.world.fail_controller(CONTROLLERS[number % 3])

    def controller_crashes(self, number: int) -> None:
        """A controller's container starts again in its pod."""
        self.world.crash_controller(CONTROLLERS[number % 3])

    def controller_drained(self, number: int) -> None:
        """A controller's pod is made again, from the template of now."""
        self.world.make_controller_again(CONTROLLERS[number % 3])

    def controller_hangs(self, number: int) -> None:
        """A controller's pod will not end."""
        found = self.world.controllers.get(CONTROLLERS[number % 3])
        if found is not None:
            found.hung = not found.hung

    def election(self, _number: int) -> None:
        """Whoever leads loses the lead."""
        self.world.elect()

    def topic(self, _number: int) -> None:
        """A topic is created."""
        self.world.create_topic()

    def offset_stands(self, _number: int) -> None:
        """/migration stands still (KAFKA-16667)."""
        self.world.stuck = self.world.leader is not None

    def time_passes(self, _number: int) -> None:
        """Days."""
        if self.operator.journal.pure_since:
            self.operator.journal.pure_since = LONG_AGO
        soak = self.world.soak
        soak.over, soak.over_once = soak.pure, soak.pure_once

    def confirmed(self, number: int) -> None:
        """kraft_confirm and kraft_accept as of now."""
        self.operator.confirmed, self.operator.accepted = number > 1, number > 0

    def later(self, number: int) -> None:
        """kraft_rollback_cleanup as of now."""
        self.operator.later = number > 3

    def journal_lost(self, _number: int) -> None:
        """The ConfigMap of the journal is deleted."""
        self.operator.journal = Journal("kafka")


def begin(brokers: int, min_isr: int, ibp: str, way: int) -> Walk:
    """A trace that has come so far; always a new one."""
    found: Walk = pickle.loads(_begun(brokers, min_isr, ibp, way))
    return found


@cache
def _begun(brokers: int, min_isr: int, ibp: str, way: int) -> bytes:
    walk = Walk(World(brokers, min_isr, ibp))
    for action in BEGINNINGS[way]:
        walk.act(action)
    walk.operator.forget()
    return pickle.dumps(walk)


LAST = tuple(item for item in phases.SUB_PHASES if item.name in CONFIRMED)
JUMPS = tuple(item for item in phases.SUB_PHASES if item.module in METHODS)
EVENTS: dict[str, Callable[[Walk, int], None]] = {
    name: getattr(Walk, name)
    for name in (
        "nothing",
        "go",
        "jump",
        "forced",
        "kill",
        "broker_fails",
        "broker_crashes",
        "broker_drained",
        "repaired",
        "controller_fails",
        "controller_crashes",
        "controller_drained",
        "controller_hangs",
        "election",
        "topic",
        "offset_stands",
        "time_passes",
        "confirmed",
        "later",
        "journal_lost",
    )
}
