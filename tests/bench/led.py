# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbooks add to an operator's own time, how soon they notice what it says, and how long they say nothing.

The double of an operator leads (led_confluent.py, led_strimzi.py). It goes each way twice in the same run: alone, with what people do by
hand, and with the playbooks.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from tests.e2e.fleet import ROOT, Cluster
from tests.sandbox.console import say

#: what the task says that removed the znodes; the plan has nearly the same words
REMOVED = ": removed /"
VERBS = ("migrate", "rollback", "finalize")


class Failed(Exception):
    """A playbook failed; the message says which one and why."""


@dataclass(frozen=True)
class Line:
    """What a playbook printed, and when, in seconds of time.monotonic()."""

    at: float
    text: str


class Shown(NamedTuple):
    """A step that the operator showed from a moment on, in seconds of time.monotonic(). text: what a line about it has in it."""

    step: str
    text: str
    at: float


class Led(Protocol):
    """A cluster that a double leads."""

    @property
    def target(self) -> Cluster:
        """Our playbooks on it."""


L = TypeVar("L", bound=Led)


@dataclass(frozen=True)
class Subject(Generic[L]):
    """A double, and what is known of its operator.

    :ivar asked: what a task says when it has asked.
    :ivar ends: how the step begins with which the operator is through.
    :ivar waits: the same of the one in which it waits for the znodes to be removed.
    :ivar final: variables of finalize.yml.
    :ivar scene: a cluster under traffic, in a namespace.
    :ivar watched: a second pair of eyes on the operator while the block runs.
    :ivar by_hand: goes one way without the playbooks, to its end; returns the seconds in it that do not count.
    :ivar clean_up: what is done after a rollback by hand, before the next attempt.
    """

    namespace: str
    asked: Mapping[str, str]
    ends: Mapping[str, str]
    waits: str
    final: Mapping[str, Any]
    scene: Callable[[str, Path], AbstractContextManager[L]]
    watched: Callable[[L], AbstractContextManager[Callable[[], list[Shown]]]]
    by_hand: Callable[[L, str], float]
    clean_up: Callable[[L], None]


def play(led: Led, playbook: str, **variables: Any) -> list[Line]:
    """Run a playbook; returns its lines. The last one is empty: it says when it ended. Raises Failed."""
    command, environment, _results = led.target.prepared(playbook, (), variables)
    lines = [Line(time.monotonic(), "")]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        lines += [Line(time.monotonic(), line.rstrip()) for line in process.stdout or () if line.strip()]
    if process.returncode:
        raise Failed(f"{playbook} ended with {process.returncode}: {' '.join(line.text for line in lines[-5:])}")
    return [*lines, Line(time.monotonic(), "")]


def at_of(seen: Sequence[Shown], step: str) -> float:
    """When the operator first showed a step that begins so. Raises Failed."""
    for shown in seen:
        if shown.step.startswith(step):
            return shown.at
    raise Failed(f"the operator was not seen at {step}, only at {', '.join(shown.step for shown in seen)}")


def noticed(seen: Sequence[Shown], lines: Sequence[Line]) -> dict[str, float]:
    """Seconds from each step that the operator showed until a line named it; those that were over before are left out."""
    found = {}
    for shown, then in zip(seen, [*seen[1:], None], strict=True):
        said = next((line.at for line in lines if line.at >= shown.at - 0.1 and shown.text in line.text), None)
        if said is not None:
            found[shown.step] = max(said - shown.at, 0.0)
        elif then is not None and then.at - shown.at > 1.0:
            raise Failed(f"no line named {shown.step}, in which the operator was for {then.at - shown.at:.1f} s")
    return found


def silence(lines: Sequence[Line]) -> float:
    """The longest time between two lines, in seconds."""
    return max(after.at - before.at for before, after in pairwise(lines))


def _steps(seen: Sequence[Shown], begin: float) -> dict[str, float]:
    """Seconds from the request until the operator first showed each step."""
    found: dict[str, float] = {}
    for shown in seen:
        if shown.at >= begin:
            found.setdefault(shown.step, round(shown.at - begin, 1))
    return found


def by_playbook(subject: Subject[L], led: L, playbook: str, **variables: Any) -> dict[str, Any]:
    """One way by playbook."""
    say(f"operator: {playbook} by playbook")
    with subject.watched(led) as look:
        lines = play(led, playbook, **variables)
    seen, words = look(), subject.asked[playbook]
    asked = next((line.at for line in lines if words in line.text), None)
    if asked is None:
        raise Failed(f"{playbook} did not say {words!r}: {' '.join(line.text for line in lines[-5:])}")
    since = [shown for shown in seen if shown.at >= asked - 0.5]
    through = at_of(since, subject.ends[playbook])
    found = {
        "before_s": round(asked - lines[0].at, 1),
        "operator_s": round(through - asked, 1),
        "after_s": round(lines[-1].at - through, 1),
        "noticed_ms": {name: round(delay * 1000) for name, delay in noticed(since, lines).items()},
        "silence_s": round(silence(lines), 1),
        "steps_s": _steps(since, asked),
    }
    removed = next((line.at for line in lines if REMOVED in line.text), None)
    if removed is not None:
        found["znodes_s"] = round(removed - at_of(since, subject.waits), 2)
    return found


def alone(subject: Subject[L], led: L, verb: str) -> dict[str, Any]:
    """One way without the playbooks."""
    say(f"operator: {verb} alone")
    with subject.watched(led) as look:
        began = time.monotonic()
        waited = subject.by_hand(led, verb)
        time.sleep(0.2)  # for the watcher to see it, too
    since = [shown for shown in look() if shown.at >= began]
    return {
        "operator_s": round(at_of(since, subject.ends[verb]) - began - waited, 1),
        "steps_s": _steps(since, began),
    }


def measure(subject: Subject[L], folder: Path) -> dict[str, Any]:
    """Measure everything; returns plain data. Raises Failed."""
    found: dict[str, Any] = {"alone": {}, "playbook": {}}
    folder.mkdir(parents=True, exist_ok=True)
    with subject.scene(subject.namespace, folder) as led:
        for verb in ("migrate", "rollback"):
            found["playbook"][verb] = by_playbook(subject, led, verb)
        by_playbook(subject, led, "migrate")
        found["playbook"]["finalize"] = by_playbook(subject, led, "finalize", **subject.final)
    with subject.scene(f"{subject.namespace}-alone", folder) as led:
        for verb in ("migrate", "rollback"):
            found["alone"][verb] = alone(subject, led, verb)
        subject.clean_up(led)
        alone(subject, led, "migrate")
        found["alone"]["finalize"] = alone(subject, led, "finalize")
    return found
