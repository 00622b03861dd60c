# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds on every way forward and back, whatever happens in between: thousands of random traces over a model.

A trace starts, kills and goes on with playbooks while brokers and controllers fail, are drained and come back, leaders are
elected, topics created, the journal lost. Every trace is watched for every disaster of ``world``; each test below has a mix
of its own and asks for more at the end. All traces are the same in every run.
"""

from __future__ import annotations

import contextlib
import itertools
import random
from collections import Counter
from collections.abc import Callable

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, rollback, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform import way_back
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.unit.way.parts import Disaster, KnownGap
from tests.unit.way.walk import END, JUMPS, STEPS, Action, Walk, begin
from tests.unit.way.world import World

#: brokers, min.insync.replicas, what becomes of the IBP, and where the trace begins
Begin = tuple[int, int, str, int]
HYBRID, PURE, OPEN = 1, 2, 3
#: disasters that the product does not rule out: min.insync.replicas, where the trace begins, and a short one that shows it.
#: A random trace that comes to one ends there. With the product mended its test here fails: take the line out then.
GAPS: dict[str, tuple[int, int, list[Action]]] = {
    # the time in pure dual-write counts on from before a rollback
    "soak": (2, OPEN, [("rollback", 2), ("finalize", END)]),
    # the gates do not look at what a broker that is made again would run
    "templates": (2, OPEN, [("rollback", 0), ("jump", 13)]),
    # a controller that cannot be read counts as one without the flag
    "unread-controller": (2, OPEN, [("finalize", 2), ("controller_fails", 0), ("finalize", END)]),
    # finalized by a controller that does not lead any more
    "unseen-end": (2, OPEN, [("finalize", 1), ("election", 0), ("election", 0), ("rollback", END)]),
    # migrate.yml leads brokers back to ZooKeeper mode while a controller runs without the flag
    "unflagged-in-hybrid": (2, OPEN, [("finalize", 1), ("rollback", 1), ("migrate", END), ("election", 0)]),
    # with min.insync.replicas=1 the run after a kill does not wait for the broker that was being restarted
    "second-replica": (1, HYBRID, [("finalize", 2), ("finalize", 0)]),
}
#: places from which the command that status.yml names leads nowhere
DETOURS: dict[str, tuple[int, list[Action]]] = {
    "the roll was done and the run killed before it wrote down since when": (HYBRID, [("finalize", 5)]),
    "the journal was lost in pure dual-write": (PURE, [("journal_lost", 0)]),
    "a rollback was killed after its first write": (PURE, [("rollback", 0)]),
    "setup.yml was run after a rollback had stopped the quorum": (HYBRID, [("rollback", 0), ("setup", END)]),
    "setup.yml was run while a rollback deleted volumes": (HYBRID, [("rollback", 2), ("setup", END)]),
    "finalized while it was to be rolled back": (OPEN, [("finalize", 2), ("rollback", 0), ("election", 3)]),
}
KNOWN = frozenset(GAPS)

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


def heal(walk: Walk) -> bool:
    """Repair everything; False when the trace has ended before."""
    walk.operator.current = None
    walk.operator.later = False
    walk.world.heal()
    return not walk.gap


def promised(world: World, digest: str) -> int:
    """Restarts of a broker with these settings on the way back, at most (docs/rollback.md).

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
    seen = way_back.look(operator.look())
    rolls = max(promised(world, digest) for digest in digests)
    operator.restarts.clear()
    operator.rolled.clear()
    stopped = operator.run("rollback")
    if world.finalized:
        assert stopped is not None
        assert stopped.code == "rollback-impossible"
        return
    assert stopped is None, f"the rollback stops: {stopped}"
    assert operator.look().state.name == state.ZOOKEEPER
    assert way_back.look(operator.look()).nothing
    assert world.left_overs() == []
    # a roll of controllers that lost the flag counts as one
    assert len(operator.rolled) <= rollback.rolls(seen) <= max(rolls, 2 if seen.unflagged else 0)
    too_many = {each: count for each, count in operator.restarts.items() if count > allowed[each]}
    assert not too_many, f"more restarts than promised: {too_many} of {allowed}"


def confirm(walk: Walk) -> None:
    """Soak, and say that there is no way back."""
    walk.time_passes(0)
    walk.operator.confirmed = walk.operator.accepted = True


def go_on(walk: Walk) -> list[str]:
    """(d) Whoever types what status.yml says comes to the end of the way.

    Where that leads nowhere, rollback.yml does, or finalize.yml with its confirmation after the point of no return. Returns
    these detours.
    """
    operator = walk.operator
    operator.confirmed = operator.accepted = False
    said: list[str] = []
    detours: list[str] = []
    for _round in range(16):
        name, command = check_named(walk)
        if command.startswith("nothing"):
            assert walk.world.finalized
            return detours
        if "kraft_confirm" in command:
            confirm(walk)
        playbook = {"preflight": "migrate"}.get(command.split(".")[0], command.split(".")[0])
        step = f"{name}: {playbook}: {operator.run(playbook)}"
        if step in said:
            detours.append(step)
            assert len(detours) < 3, "\n".join(said)
            stopped = operator.run("rollback")
            if stopped is not None and stopped.code == "rollback-impossible":
                confirm(walk)
                stopped = operator.run("finalize")
            assert stopped is None, "\n".join([*said, f"and not back: {stopped}"])
            said.clear()
        said.append(step)
    raise AssertionError("\n".join(said))


@traces(2800)
@given(
    begun(PURE, OPEN),
    actions(*EVERYTHING, *("finalize", *QUORUM, "forced", "confirmed", "time_passes") * 2, longest=16),
)
def test_nothing_is_finalized_while_a_gate_is_shut(where: Begin, trace: list[Action]) -> None:
    """(a) Rule 6.1: no controller without the flag becomes active unless every gate was open when it lost it."""
    walk = begin(*where, KNOWN)
    follow(walk, trace)
    assert walk.gap or not walk.world.finalized or walk.world.final_allowed


@traces(2000)
@given(begun(0, HYBRID, PURE, OPEN), actions(*EVERYTHING, *(*RUNS, *BROKERS, "repaired") * 2, longest=16))
def test_every_restart_leaves_enough(where: Begin, trace: list[Action]) -> None:
    """(b) Rule 6.6: no partition falls under min.insync.replicas, and no replica is taken while another is away."""
    follow(begin(*where, KNOWN), trace)


@traces(800)
@given(begun(OPEN), actions("finalize", "rollback", "go", "go", *QUORUM, "repaired", longest=12))
def test_every_restart_leaves_a_majority(where: Begin, trace: list[Action]) -> None:
    """(b) Rule 6.6: of the controllers, while they lose the flag and while they get it back."""
    follow(begin(*where, KNOWN), trace)


@traces(1700)
@given(begun(0, HYBRID, PURE, OPEN), actions(*EVERYTHING, *("rollback", "kill", "repaired") * 2, longest=16))
def test_the_way_back_ends_in_plain_zookeeper_mode(where: Begin, trace: list[Action]) -> None:
    """(c) Rules 6.4 and 6.5: from everywhere that is not finalized, in order, with no more restarts than documented."""
    walk = begin(*where, KNOWN)
    with contextlib.suppress(KnownGap):
        follow(walk, trace)
        if heal(walk):
            go_back(walk)


@traces(1300)
@given(begun(0, HYBRID, PURE, OPEN), actions(*EVERYTHING, longest=14))
def test_every_place_has_a_name_and_a_way_on(where: Begin, trace: list[Action]) -> None:
    """(d) Rule 6.9: whatever has happened, there is a command that goes on or back, and it comes to an end."""
    walk = begin(*where, KNOWN)
    with contextlib.suppress(KnownGap):
        follow(walk, trace, check_named)
        if heal(walk):
            go_on(walk)


def start_again(walk: Walk) -> None:
    """(e) After a rollback nothing keeps a new attempt from coming as far as any."""
    go_back(walk)
    assert walk.operator.run("migrate") is None
    assert walk.operator.look().state.name == state.HYBRID


@traces(900)
@given(begun(0, HYBRID, PURE), actions(*EVERYTHING, *("rollback", "go", *QUORUM) * 2, longest=14))
def test_znodes_and_volumes_go_together(where: Begin, trace: list[Action]) -> None:
    """(e) Rules 6.3 and 6.4: never under a running controller, and never the one without the other."""
    walk = begin(*where, KNOWN)
    with contextlib.suppress(KnownGap):
        follow(walk, trace)
        if heal(walk) and not walk.world.finalized:
            start_again(walk)


@traces(500)
@given(begun(0, HYBRID), actions("setup", "migrate", "rollback", "rollback", "go", "later", *BROKERS, longest=12))
def test_attempt_after_attempt(where: Begin, trace: list[Action]) -> None:
    """(e) Rules 6.3 and 6.5: no quorum meets volumes, znodes or brokers that remember another one."""
    walk = begin(*where, KNOWN)
    follow(walk, trace)
    if heal(walk):
        start_again(walk)


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.xfail(raises=Disaster, strict=True, reason="not ruled out yet")
def test_known_gaps(gap: str) -> None:
    min_isr, way, trace = GAPS[gap]
    walk = begin(3, min_isr, "same", way)
    walk.world.known = KNOWN - {gap}
    follow(walk, trace)
    go_back(walk)


@pytest.mark.parametrize("place", DETOURS)
@pytest.mark.xfail(raises=AssertionError, strict=True, reason="status.yml names another command")
def test_known_detours(place: str) -> None:
    way, trace = DETOURS[place]
    walk = begin(3, 2, "same", way, KNOWN)
    follow(walk, trace)
    heal(walk)
    assert go_on(walk) == []


def test_the_traces_come_everywhere() -> None:
    """They would prove nothing if they stayed where they begin."""
    dice, reached, states = random.Random(1), Counter[str](), Counter[str]()
    for _round in range(400):
        walk = begin(dice.choice((3, 4)), dice.choice((1, 2)), dice.choice(("same", "own")), dice.randrange(4), KNOWN)
        for action in dice.choices(pool(*EVERYTHING), k=10):
            walk.act(action)
            states[walk.operator.look().state.name] += 1
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
