# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds on every way forward and back, whatever happens in between: thousands of random traces over a model.

A trace starts, kills and goes on with playbooks while brokers and controllers fail, are drained and come back, leaders are
elected, topics created, the journal lost. Every trace is watched for every disaster of ``world``; each test below has a mix
of its own and asks for more at the end. All traces are the same in every run.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, rollback, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import rollback_plan
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.unit.model.walk import END, JUMPS, STEPS, Action, Walk, begin
from tests.unit.model.world import World

#: brokers, min.insync.replicas, what becomes of the IBP, and where the trace begins
Begin = tuple[int, int, str, int]
HYBRID, PURE, OPEN = 1, 2, 3
#: traces that once led to a disaster: brokers' min.insync.replicas, where the trace begins, and what happens
ONCE: dict[str, tuple[int, int, list[Action]]] = {
    "the time in pure dual-write counted on from before a rollback": (2, OPEN, [("rollback", 3), ("finalize", END)]),
    "the gates did not look at what a broker that is made again would run": (
        2,
        OPEN,
        [("rollback", 1), ("jump", 13)],
    ),
    "a controller that cannot be read counted as one without the flag": (
        2,
        OPEN,
        [("finalize", 2), ("controller_fails", 0), ("finalize", END)],
    ),
    "finalized by a controller that does not lead any more": (
        2,
        OPEN,
        [("finalize", 1), ("election", 0), ("election", 0), ("rollback", END)],
    ),
    "migrate.yml led brokers back to ZooKeeper mode while a controller ran without the flag": (
        2,
        OPEN,
        [("finalize", 1), ("rollback", 2), ("migrate", END), ("election", 0)],
    ),
    "with min.insync.replicas=1 the run after a kill did not wait for the broker that was being restarted": (
        1,
        HYBRID,
        [("finalize", 2), ("finalize", 0)],
    ),
}
#: places from which the command that status.yml named once led nowhere
DETOURS: dict[str, tuple[int, list[Action]]] = {
    "the roll was done and the run killed before it wrote down since when": (HYBRID, [("finalize", 5)]),
    "the journal was lost in pure dual-write": (PURE, [("journal_lost", 0)]),
    "a rollback was killed after its first writes": (PURE, [("rollback", 1)]),
    "the journal was lost after a rollback had stopped the quorum": (HYBRID, [("rollback", 0), ("journal_lost", 0)]),
    "setup.yml was run while a rollback deleted volumes": (HYBRID, [("rollback", 2), ("setup", END)]),
    "finalized while it was to be rolled back": (OPEN, [("finalize", 2), ("rollback", 1), ("election", 3)]),
}

RUNS = ("migrate", "finalize", "rollback", "go")
BROKERS = ("broker_fails", "broker_crashes", "broker_drained")
QUORUM = ("controller_fails", "controller_crashes", "controller_drained", "controller_hangs", "election")
PEOPLE = ("kill", "jump", "confirmed", "time_passes", "later", "journal_lost", "setup")
WEATHER = ("topic", "offset_stands", "repaired")
EVERYTHING = (*RUNS, *RUNS, *BROKERS, *QUORUM, *PEOPLE, *WEATHER)


def pool(*names: str) -> list[Action]:
    """What may happen; a name that is given twice comes up twice as often."""
    numbers = {"jump": range(len(JUMPS))}
    return [(name, number) for name in names for number in numbers.get(name, range(len(STEPS)))]


def actions(*names: str, longest: int) -> st.SearchStrategy[list[Action]]:
    """Traces of some of these.

    Drawn as one piece of bytes, two an action, which costs half of what a list does; for zeros nothing happens.
    """
    choice: list[Action] = [("nothing", 0), *pool(*names)]

    @st.composite
    def trace(draw: st.DrawFn) -> list[Action]:
        raw = draw(st.binary(min_size=6, max_size=2 * longest))
        return [choice[(raw[at] << 8 | raw[at + 1]) % len(choice)] for at in range(0, len(raw) - 1, 2)]

    return trace()


def begun(*ways: int) -> st.SearchStrategy[Begin]:
    """Clusters of three brokers, or of four in two StatefulSets, that have come so far."""
    return st.sampled_from(list(itertools.product((3, 4), (2, 1), ("same", "folded", "own"), ways)))


def traces(count: int) -> settings:
    """So many of them; the same ones each time, and nothing is kept on disk."""
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def follow(walk: Walk, trace: list[Action], then: Callable[[Walk], object] = bool) -> None:
    """Do all of it, and look at each place."""
    for action in trace:
        walk.act(action)
        then(walk)


def check_named(walk: Walk) -> tuple[str, str]:
    """(d) Every place has a name and a next command. Returns the name and the command."""
    name, phase, command = walk.operator.status()
    assert name in state.STATES
    assert phase in (
        "",
        phases.SETUP,
        phases.MIGRATE,
        phases.DUAL_WRITE,
        phases.FINALIZE,
        phases.ROLLBACK,
        phases.COMPLETE,
    )
    assert command.split(".")[0].split(":")[0] in ("preflight", "migrate", "finalize", "rollback", "nothing")
    return name, command


def heal(walk: Walk) -> None:
    """Repair everything."""
    walk.operator.current = None
    walk.operator.later = False
    walk.world.heal()


def promised(world: World, digest: str) -> int:
    """Restarts of a broker with these settings in a rollback, at most (docs/rollback.md).

    An IBP that was raised stays raised: brokers that the first roll has not reached get it with the original settings.
    """
    reached = any(each.digest for each in world.brokers.values())
    plain = int(world.ibp != "same" and reached)
    return {"": plain, "original-ibp": 0, "ibp": 1, "migration": 1, "kraft": 2}[digest]


def go_back(walk: Walk) -> None:
    """(c) One run of rollback.yml ends in plain ZooKeeper mode, with no more restarts than promised."""
    operator, world = walk.operator, walk.world
    allowed = {each.id: promised(world, each.digest) for each in world.brokers.values()}
    digests = {*world.groups.values(), *(each.digest for each in world.brokers.values())}
    seen = rollback_plan.observe(operator.observe())
    rolls = max(promised(world, digest) for digest in digests)
    operator.restarts.clear()
    operator.rolled.clear()
    stopped = operator.run("rollback")
    if world.finalized:
        assert stopped is not None
        assert stopped.code == "rollback-impossible"
        return
    assert stopped is None, f"the rollback stops: {stopped}"
    assert operator.observe().state.name == state.ZOOKEEPER
    assert rollback_plan.observe(operator.observe()).nothing
    assert world.left_overs() == []
    # a roll of controllers that lost the flag counts as one
    assert len(operator.rolled) <= rollback.rolls(seen) <= max(rolls, 2 if seen.unflagged else 0)
    too_many = {each: count for each, count in operator.restarts.items() if count > allowed[each]}
    assert not too_many, f"more restarts than promised: {too_many} of {allowed}"


def confirm(walk: Walk) -> None:
    """Soak, and say that a rollback will be impossible."""
    walk.time_passes(0)
    walk.operator.confirmed = walk.operator.accepted = True


def go_on(walk: Walk) -> None:
    """(d) Whoever types what status.yml says comes to the end of the way."""
    operator = walk.operator
    operator.confirmed = operator.accepted = False
    said: list[str] = []
    for _round in range(16):
        name, command = check_named(walk)
        if command.startswith("nothing"):
            assert walk.world.finalized
            return
        if "kraft_confirm" in command:
            confirm(walk)
        playbook = {"preflight": "migrate"}.get(command.split(".")[0], command.split(".")[0])
        step = f"{name}: {playbook}: {operator.run(playbook)}"
        assert step not in said, "\n".join([*said, step])
        said.append(step)
    raise AssertionError("\n".join(said))


@traces(3000)
@given(
    begun(PURE, OPEN),
    actions(*EVERYTHING, *("finalize", *QUORUM, "forced", "confirmed", "time_passes") * 2, longest=16),
)
def test_nothing_is_finalized_while_a_gate_is_shut(where: Begin, trace: list[Action]) -> None:
    """(a) Rule 1: no controller without the flag becomes active unless every gate was open when it lost it."""
    walk = begin(*where)
    follow(walk, trace)
    assert not walk.world.finalized or walk.world.final_allowed


@traces(2300)
@given(begun(0, HYBRID, PURE, OPEN), actions(*EVERYTHING, *(*RUNS, *BROKERS, "repaired") * 2, longest=16))
def test_every_restart_leaves_enough(where: Begin, trace: list[Action]) -> None:
    """(b) Rule 4: no partition falls under min.insync.replicas, and no replica is taken while another is away."""
    follow(begin(*where), trace)


@traces(1000)
@given(begun(OPEN), actions("finalize", "rollback", "go", "go", *QUORUM, "repaired", longest=12))
def test_every_restart_leaves_a_majority(where: Begin, trace: list[Action]) -> None:
    """(b) Rule 4: of the controllers, while they lose the flag and while they get it back."""
    follow(begin(*where), trace)


@traces(1500)
@given(begun(0, HYBRID, PURE, OPEN), actions(*EVERYTHING, *("rollback", "kill", "repaired") * 2, longest=16))
def test_the_rollback_ends_in_plain_zookeeper_mode(where: Begin, trace: list[Action]) -> None:
    """(c) Rules 9 and 10: from everywhere that is not finalized, in order, with no more restarts than documented."""
    walk = begin(*where)
    follow(walk, trace)
    heal(walk)
    go_back(walk)


@traces(1000)
@given(begun(0, HYBRID, PURE, OPEN), actions(*EVERYTHING, longest=14))
def test_every_place_has_a_name_and_a_way_on(where: Begin, trace: list[Action]) -> None:
    """(d) Rule 11: whatever has happened, there is a command that goes on or back, and it comes to an end."""
    walk = begin(*where)
    follow(walk, trace, check_named)
    heal(walk)
    go_on(walk)


def start_again(walk: Walk) -> None:
    """(e) After a rollback nothing keeps a new attempt from coming as far as any."""
    go_back(walk)
    assert walk.operator.run("migrate") is None
    assert walk.operator.observe().state.name == state.HYBRID


@traces(800)
@given(begun(0, HYBRID, PURE), actions(*EVERYTHING, *("rollback", "go", *QUORUM) * 2, longest=14))
def test_znodes_and_volumes_go_together(where: Begin, trace: list[Action]) -> None:
    """(e) Rules 3 and 9: never under a running controller, and never the one without the other."""
    walk = begin(*where)
    follow(walk, trace)
    heal(walk)
    if not walk.world.finalized:
        start_again(walk)


@traces(400)
@given(begun(0, HYBRID), actions("setup", "migrate", "rollback", "rollback", "go", "later", *BROKERS, longest=12))
def test_attempt_after_attempt(where: Begin, trace: list[Action]) -> None:
    """(e) Rules 3 and 10: no quorum meets volumes, znodes or brokers that remember another one."""
    walk = begin(*where)
    follow(walk, trace)
    heal(walk)
    start_again(walk)


@pytest.mark.parametrize("disaster", ONCE)
def test_what_once_led_to_a_disaster(disaster: str) -> None:
    min_isr, way, trace = ONCE[disaster]
    walk = begin(3, min_isr, "same", way)
    follow(walk, trace)
    go_back(walk)


@pytest.mark.parametrize("place", DETOURS)
def test_what_status_says_leads_on(place: str) -> None:
    way, trace = DETOURS[place]
    walk = begin(3, 2, "same", way)
    follow(walk, trace)
    heal(walk)
    go_on(walk)


def test_the_traces_come_everywhere() -> None:
    """They would prove nothing if they stayed where they begin."""
    dice, reached, states = random.Random(1), Counter[str](), Counter[str]()
    for _round in range(400):
        walk = begin(dice.choice((3, 4)), dice.choice((1, 2)), dice.choice(("same", "own")), dice.randrange(4))
        for action in dice.choices(pool(*EVERYTHING), k=10):
            walk.act(action)
            states[walk.operator.observe().state.name] += 1
        reached += walk.operator.reached
    assert set(states) == set(state.STATES)
    never = {item.name for item in JUMPS if item.effect != phases.WAITS} - set(reached)
    # these two are never needed: the directories are deleted while the brokers run
    assert never == {rollback.ROLL_3, rollback.ROLL_4}
    refused = {name.removeprefix("refused ") for name in reached if name.startswith("refused ")}
    assert refused >= {
        "controller-volumes-leftover",
        "controllers-not-ready",
        "deadline",
        "gate-confirm",
        "gate-quorum",
        "gate-soak",
        "rollback-impossible",
        "rollback-pending",
        "wrong-state",
    }
