# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runs of the playbooks over the model, request by request, so that a run can end between any two of them.

What is done next, what is refused and what is waited for is asked of the product: the order of the sub-phases, the state, the
plan and the order of the rollback, the guards of restarts, the gates, leftovers, the removal of the znodes, the proof at
the end. What is written out here again are the loops around these, which need a real API server.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import (
    names,
    next_step,
    phases,
    rollback,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report.journal import Journal
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import Scope
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import rollback_plan, status
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, Refused

from tests.unit.model.parts import CONTROLLERS, Disaster
from tests.unit.model.readings import Seen
from tests.unit.model.world import World

Steps = Iterator[None]
#: so many times is something waited for until the deadline
PATIENCE = 6
NOW, LONG_AGO = "2999-01-01T00:00:00+00:00", "2020-01-01T00:00:00+00:00"
#: seconds; more than any test lasts
SOAK = 30 * 86400
#: module -> what carries it out here; the others only read
METHODS = {
    "migration_lock": "_lock",
    "kraft_controller": "_controllers",
    "broker_settings": "_settings",
    "rolling_restart": "_roll",
    "quorum_health_info": "_quorum_health",
    "migration_progress": "_progress",
    "migration_znode": "_znodes",
    "metadata_cleanup": "_clean_up",
    "migration_journal": "_record",
}


def _action(name: str) -> Any:
    module = import_module(f"ansible_collections.kafkaops.kraft.plugins.action.{name}").ActionModule
    return module.__new__(module)


#: the actions themselves, which say whether there is something to do
ACTIONS: dict[str, Any] = {name: _action(name) for name in METHODS}
_PHASES = {
    "setup": (phases.SETUP,),
    "migrate": (phases.SETUP, phases.MIGRATE),
    "finalize": (phases.FINALIZE,),
    "rollback": (phases.ROLLBACK,),
}
PLAYBOOKS = {
    name: tuple(item for item in phases.SUB_PHASES if item.phase in wanted and item.module in METHODS)
    for name, wanted in _PHASES.items()
}
#: the sub-phases that the role finalize leaves out without kraft_confirm
CONFIRMED = tuple(item.name for item in phases.SUB_PHASES if item.phase == phases.FINALIZE)[2:]


class Terminal:
    """Somebody at a terminal: options, the journal in its ConfigMap, and the run that is under way."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.journal = Journal("kafka")
        self.marks: dict[str, str] = {}
        self.confirmed = self.accepted = self.later = False
        self.current: Steps | None = None
        #: what stopped the last run, if anything did
        self.stopped: KraftError | None = None
        self.reached: Counter[str] = Counter()
        #: restarts that the product made, by broker; and sub-phases that restarted any
        self.restarts: Counter[int] = Counter()
        self.rolled: list[str] = []
        self.sub_phase = ""
        self._locked = False
        self.forget()

    # looking

    def forget(self) -> None:
        """Nothing has been looked at."""
        self._moment: Any = None
        self._seen: Any = None

    def observe(self) -> Seen:
        """What a new task sees; tasks that follow each other without a change see the same."""
        options = (self.accepted, self.confirmed, self.later)
        moment = (self.world.moment, id(self.journal), options, tuple(self.marks))
        if moment != self._moment:
            self._moment, self._seen = moment, Seen(self.world, self._options(), self.journal, self.marks)
        found: Seen = self._seen
        return found

    def _options(self) -> dict[str, Any]:
        return {
            "container": None,
            "accept": ["gate-parity"] if self.accepted else [],
            "confirm": ["kafka"] if self.confirmed else [],
            "scope": Scope("n", "kafka", "shop", {"shop": "n/kafka"}),
            "soak": SOAK,
            "rollback_cleanup": "later" if self.later else "now",
            "controller_replicas": len(CONTROLLERS),
        }

    def status(self) -> tuple[str, str, str]:
        """State, phase and next command, as status.yml says them."""
        seen = self.observe()
        stages = status.stages(seen)
        back = status.rolling_back(seen)
        now = seen.state
        assert now.reason
        phase = next_step.phase_of(now.name, *stages, bool(self.marks.get(names.LOCK)), back)
        return now.name, phase, next_step.next_command("kafka", now.name, *stages, back)

    # running

    def start(self, playbook: str) -> None:
        """Type a playbook; the run before, if any, is dead."""
        self.current, self.stopped = self._playbook(playbook), None

    def jump(self, sub_phase: phases.SubPhase) -> None:
        """Run one sub-phase alone, with --tags."""
        self.current, self.stopped = self._sub_phase(sub_phase), None

    def go(self, steps: int) -> None:
        """Let the run make so many requests."""
        for _round in range(steps):
            if self.current is None:
                return
            try:
                next(self.current)
            except StopIteration:
                self.current = None
            except KraftError as error:
                # what Ansible does: the run ends here; the journal has it
                self.current, self.stopped = None, error
                if self._locked:
                    self._note("failed", failed=True)
                self.reached[f"refused {error.code}"] += 1
                shut = [
                    row["code"] for row in error.detail.get("gates", ()) if not row["passed"] and not row["accepted"]
                ]
                self.reached.update(f"refused {code}" for code in shut)
            self.world.settle()

    def run(self, playbook: str) -> KraftError | None:
        """Run a playbook to its end; returns what stopped it."""
        self.start(playbook)
        self.go(2000)
        assert self.current is None, f"{playbook} does not end"
        return self.stopped

    def _playbook(self, playbook: str) -> Steps:
        if playbook == "rollback":
            code, sentence = rollback.refusal(rollback_plan.observe(self.observe()))
            if code:
                raise Refused(sentence, code=code)
        for item in PLAYBOOKS[playbook]:
            if self.confirmed or item.name not in CONFIRMED:
                yield from self._sub_phase(item)

    def _sub_phase(self, item: phases.SubPhase) -> Steps:
        self.sub_phase, self._locked = item.name, False
        seen, action = self.observe(), ACTIONS[item.module]
        if not action.decide(self._task(seen, item)).needed:
            return
        if item.phase == phases.ROLLBACK:
            self._reversible()
        if action.MUTATES:
            self._ensure_lock()
        carry_out: Callable[..., Steps] = getattr(self, METHODS[item.module])
        for step in carry_out(seen, **item.params):
            self.reached[item.name] += 1
            yield step

    def _task(self, seen: Seen, item: phases.SubPhase) -> Any:
        """What an action works with, as far as it is pure."""
        return SimpleNamespace(
            cluster=seen,
            params={**seen.params, **item.params},
            sub_phase=item.name,
            journal=self.journal,
            check_mode=False,
        )

    def _reversible(self) -> None:
        if self.world.finalized:
            raise Disaster(f"(c) {self.sub_phase} acts after the point of no return")

    def _ensure_lock(self) -> None:
        self._locked = True
        if self.world.sts is not None:
            self.world.sts.locked = True
        self.marks[names.LOCK] = self.journal.migration_id = self.journal.migration_id or "m1"
        self.journal.zookeeper_connect = self.journal.zookeeper_connect or "zookeeper:2181/kafka"

    def _note(self, what: str, **details: bool) -> None:
        self.journal.add(NOW, phases.BY_NAME[self.sub_phase].phase, self.sub_phase, what, **details)

    def _wait(self, done: Callable[[], bool], why: str) -> Steps:
        for _round in range(PATIENCE):
            if done():
                return
            yield
        if not done():
            raise KraftError(f"{self.sub_phase} waited: {why}", code="deadline")
