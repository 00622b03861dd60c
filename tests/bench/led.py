# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbooks add to an operator's own time, how soon they notice what it says, and how long they say nothing.

The double of Confluent for Kubernetes leads. It goes each way twice in the same run: alone, with the annotations and the znode removal that
people make by hand, and with the playbooks.
"""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.e2e.confluent_scene import SOAK, Led, scene
from tests.e2e.fleet import ROOT
from tests.operators.confluent import by_hand, names
from tests.operators.confluent.manifests import controller
from tests.operators.confluent.watch import Sight, watched
from tests.sandbox.console import say

NAMESPACE, ALONE = "bench-cfk", "bench-cfk-alone"
#: what a task says when it has asked the operator
ASKED = {
    "migrate": "KRaftMigrationJob kraft-migration-kafka created",
    "finalize": names.FINALIZE,
    "rollback": names.ROLLBACK,
}
#: what the task says that removed the znodes; the plan has nearly the same words
REMOVED = ": removed /"
DUAL_WRITE, COMPLETE = names.DUAL_WRITE, names.COMPLETE


class Failed(Exception):
    """A playbook failed; the message says which one and why."""


@dataclass(frozen=True)
class Line:
    """What a playbook printed, and when, in seconds of time.monotonic()."""

    at: float
    text: str


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


def at_of(seen: list[Sight], phase: str, sub_phase: str = "") -> float:
    """When the operator first showed this."""
    return next(sight.at for sight in seen if sight.phase == phase and sub_phase in ("", sight.sub_phase))


def noticed(seen: list[Sight], lines: list[Line]) -> dict[str, float]:
    """Seconds from each sub-phase that the operator showed until a line named it; those that were over before are left out."""
    found = {}
    for sight, then in zip(seen, [*seen[1:], None], strict=True):
        said = next(
            (line.at for line in lines if line.at >= sight.at - 0.1 and f"/{sight.sub_phase}" in line.text), None
        )
        if said is not None:
            found[sight.sub_phase] = max(said - sight.at, 0.0)
        elif then is not None and then.at - sight.at > 1.0:
            raise Failed(f"no line named {sight.sub_phase}, in which the operator was for {then.at - sight.at:.1f} s")
    return found


def silence(lines: list[Line]) -> float:
    """The longest time between two lines, in seconds."""
    return max(after.at - before.at for before, after in pairwise(lines))


def by_playbook(led: Led, playbook: str, end: tuple[str, str], **variables: Any) -> dict[str, Any]:
    """One way by playbook. ``end``: phase and sub-phase with which the operator is through."""
    say(f"operator: {playbook} by playbook")
    with watched(led.double) as seen:
        lines = play(led, playbook, **variables)
    asked = next(line.at for line in lines if ASKED[playbook] in line.text)
    through = at_of(seen, *end)
    delays = noticed([sight for sight in seen if sight.at >= asked - 0.5], lines)
    found = {
        "before_s": round(asked - lines[0].at, 1),
        "operator_s": round(through - asked, 1),
        "after_s": round(lines[-1].at - through, 1),
        "noticed_ms": {name: round(delay * 1000) for name, delay in delays.items()},
        "silence_s": round(silence(lines), 1),
    }
    removed = next((line.at for line in lines if REMOVED in line.text), None)
    if removed is not None:
        found["znodes_s"] = round(removed - at_of(seen, names.BACK, names.WAITS[0]), 2)
    return found


def alone(led: Led, verb: str, end: tuple[str, str]) -> float:
    """One way without the playbooks: the annotation, and the znodes by ZooKeeper's shell. Seconds, without the manual wait."""
    say(f"operator: {verb} alone")
    double, waited = led.double, 0.0
    with watched(double) as seen:
        began = time.monotonic()
        if verb == "migrate":
            double.apply(controller(double.spec, double.namespace))
            double.create_job()
        else:
            double.annotate(names.JOB, names.FINALIZE if verb == "finalize" else names.ROLLBACK)
        if verb == "rollback":
            double.wait_for(names.WAITS[0])
            waits = time.monotonic()
            by_hand.hand_back(double)
            double.annotate(names.JOB, names.CONTINUE)
            waited = time.monotonic() - waits
        double.wait_for(end[1] if verb == "rollback" else end[0], 600)
        time.sleep(0.2)  # for the watcher to see it, too
    return round(at_of(seen, *end) - began - waited, 1)


def measure(folder: Path) -> dict[str, Any]:
    """Measure everything; returns plain data. Raises Failed."""
    ends = {
        "migrate": (DUAL_WRITE, ""),
        "rollback": (names.BACK, names.BACK_STEPS[-1]),
        "finalize": (COMPLETE, ""),
    }
    found: dict[str, Any] = {"alone_s": {}, "playbook": {}}
    folder.mkdir(parents=True, exist_ok=True)
    with scene(NAMESPACE, folder) as led:
        found["playbook"]["migrate"] = by_playbook(led, "migrate", ends["migrate"])
        found["playbook"]["rollback"] = by_playbook(led, "rollback", ends["rollback"])
        by_playbook(led, "migrate", ends["migrate"])
        found["playbook"]["finalize"] = by_playbook(led, "finalize", ends["finalize"], kraft_confirm=["kafka"], **SOAK)
    with scene(ALONE, folder) as led:
        found["alone_s"]["migrate"] = alone(led, "migrate", ends["migrate"])
        found["alone_s"]["rollback"] = alone(led, "rollback", ends["rollback"])
        by_hand.clean_up(led.double)
        alone(led, "migrate", ends["migrate"])
        found["alone_s"]["finalize"] = alone(led, "finalize", ends["finalize"])
    return found
