# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster in hybrid dual-write that an operator leads, with every gate open; a test changes what it is about."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import journal
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb, Wait
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import Signals
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded, Ending

from tests.unit.plugins.module_utils.scenes import FakeCluster, ago, facts

DECIDING = Progress(True, phases.DUAL_WRITE, "MigrateDualWrite")
AT_ZNODES = Progress(
    True, phases.ROLLBACK, "RollbackToZkWaitForManualNodeRemovalFromZk", asked=frozenset({Verb.ROLLBACK})
)
ROLLED_BACK = Progress(True, phases.ROLLBACK, "RollbackToZkComplete", asked=frozenset({Verb.ROLLBACK}))
COMPLETE = Progress(True, phases.COMPLETE, "MoveToKRaftControllerComplete", asked=frozenset({Verb.FINALIZE}))
HYBRID = state.ClusterState(state.HYBRID, "every broker migrates")


class Nothing:
    """What enforces the operator's lock: nothing of ours. ``there``: a policy of ours is."""

    there = False

    def by(self) -> str:
        return "the operator's own policy"

    def exists(self) -> bool:
        return self.there

    def remove(self) -> bool:
        there, self.there = self.there, False
        return there


class Operator:
    """What leads it. ``log`` has what was asked of it, in order; ``says`` what it says, one after the other, the last one for ever."""

    name = "operator"
    oldest = (3, 7)
    waits_silently = True
    goes_on_unled = True

    def __init__(self, *says: Progress, log: list[str] | None = None) -> None:
        self.says = list(says) or [DECIDING]
        self.log: list[str] = [] if log is None else log
        self.fails: dict[str, Ending] = {}
        self.locks: list[str] = []
        self.remains: list[str] = []
        self.found: list[Any] = []
        self.running = ""
        self.owes: list[str] = []
        self.kept: Any = None
        self.signals = Signals("brokers 3/3 Ready", "")
        self.enforcement = Nothing()

    def _note(self, what: str) -> None:
        self.log.append(what)
        if what in self.fails:
            raise self.fails[what]

    def observe(self) -> Progress:
        return self.says.pop(0) if len(self.says) > 1 else self.says[0]

    def follow(
        self, judge: Callable[[Progress, Signals], tuple[bool, str]], *, idle: float, progress: Callable[[str], None]
    ) -> Progress:
        assert idle > 0
        while True:
            standing = len(self.says) == 1
            seen = self.observe()
            over, reason = judge(seen, self.signals)
            progress(reason)
            if over:
                return seen
            if standing:
                raise DeadlineExceeded(reason, detail={"reason": reason})

    def needs(self) -> tuple[list[Any], str]:
        return ["needs"], "docs/rbac.yml"

    def findings(self) -> list[Any]:
        return self.found

    def plan_lines(self) -> list[str]:
        return ["plan: follow"]

    def check(self) -> None:
        self._note("check")

    def refuse(self, verb: Verb) -> None:
        if f"refuse to {verb.value}" in self.fails:
            raise self.fails[f"refuse to {verb.value}"]

    def start(self, verb: Verb) -> list[str]:
        self._note(f"asked to {verb.value}")
        return [f"annotation {verb.value}"]

    def mark(self) -> None:
        self._note("marked")

    def halt(self) -> str:
        self._note("halted")
        return "it was kept from going on"

    def owed(self) -> list[str]:
        return self.owes

    def why_silent(self) -> str:
        return "look at its log"

    def cannot_remove(self) -> Any:
        return self.kept

    def remove_request(self) -> list[str]:
        self._note("request deleted")
        self.says = [Progress()]
        return ["Request/kafka"]

    def answer(self, wait: Wait) -> None:
        assert wait is Wait.ZNODES
        self._note("told to go on")

    def answered_by(self) -> str:
        return "annotation continue"

    def hint(self, seen: Progress) -> str:
        return f"look at {seen.sub_phase}" if seen.sub_phase else ""

    def stop_controllers(self) -> str:
        self._note("controllers stopped" if not self.running else "controllers run")
        return self.running

    def locked(self) -> list[str]:
        return self.locks

    def exports(self) -> list[Any]:
        self._note("exported")
        return [{"object": "Kafka/kafka", "manifest": {}, "patch": {}}]

    def release(self, _progress: Any) -> list[str]:
        self._note("released")
        self.locks = []
        return ["released"]

    def clean_up(self, _progress: Any) -> list[str]:
        self._note("cleaned up")
        self.remains = []
        return ["KRaftController/kafka-kraft"]

    def objects(self) -> list[Any]:
        return []

    def left(self) -> list[str]:
        return self.remains


class LedFake(FakeCluster):
    """In DUAL-WRITE, soaked and confirmed."""

    def __init__(self, operator: Operator | None = None, **changed: Any) -> None:
        book = journal.Journal("kafka", "m1")
        book.add(ago(2 * 86400), phases.DUAL_WRITE, "MigrateDualWrite", "MigrateDualWrite")
        brokers = [f"kafka-{number}" for number in range(3)]
        base = {
            "state": HYBRID,
            "modes": dict.fromkeys(brokers, state.MODE_MIGRATING),
            "facts": {pod: facts() for pod in brokers},
            "journal": book,
            "platform": "operator",
            "by_operator": True,
            "ids": {pod: number for number, pod in enumerate(brokers)},
            "stale": [],
            "container": "kafka",
            "controller_container": "kafka",
            "zookeeper": "session",
        }
        super().__init__(**{**base, **changed})
        for item in self.facts.values():
            if isinstance(item, SimpleNamespace):
                item.__dict__.setdefault("metadata_logs", [])
        self.driver = operator or Operator()  # type: ignore[assignment]

    def broker_id(self, pod: str) -> int | None:
        found: int | None = self.ids.get(pod)
        return found

    def changed(self, *parts: Any) -> None:
        self.stale.append(parts)

    def read_processes(self) -> None:
        """They are there."""


def led(operator: Operator | None = None, **changed: Any) -> Any:
    """One that passes for a real one."""
    return LedFake(operator, **changed)
