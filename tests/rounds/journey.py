# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One round: there, back, and what was measured on the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import report

from tests.e2e.fleet import Outcome
from tests.e2e.standing import Failed
from tests.e2e.trip import Trip
from tests.rounds.changes import HYBRID, PURE, ZOOKEEPER, Topics
from tests.rounds.prober import Prober

#: looks at the topics before a difference counts: what a broker says of topics comes a moment after the change
ATTEMPTS = 3
#: seconds for ZooKeeper-mode brokers to delete topics
DELETED = 60.0
#: seconds from which a sub-phase is worth a figure
LONG = 0.5
RETURN, ORIGINAL = "RollbackToZkEnsureKafkaRollIsComplete", "RollbackToZkEnsureKafkaRollIsComplete2"
REMOVAL = "RollbackToZkWaitForManualNodeRemovalFromZk"


@dataclass
class Journey:
    """A round on its way. ``logs``: folder for the output of the playbooks."""

    number: int
    trip: Trip
    prober: Prober
    topics: Topics
    logs: Path
    seconds: dict[str, float] = field(default_factory=dict)
    sub_phases: dict[str, float] = field(default_factory=dict)

    @property
    def to(self) -> str:
        """Where it turns back: every second round goes on to pure dual-write."""
        return PURE if self.number % 2 == 0 else HYBRID

    def run(self) -> dict[str, Any]:
        """There and back; returns the figures. Raises Failed, AssertionError."""
        self.change(ZOOKEEPER)
        self.forth()
        back = self.play("rollback")
        found = self.figures(back)
        with self.timed("checks"):
            self.trip.check_plain()
            self.agree("after the rollback")
        return {**found, "seconds": self.seconds, "sub_phases_s": self.sub_phases}

    def forth(self) -> None:
        """To hybrid, and on."""
        self.to_hybrid()
        self.change(HYBRID)
        if self.to == PURE:
            self.play("finalize")
            with self.timed("checks"):
                self.is_pure()
                self.agree("after finalize")
            self.change(PURE)

    def to_hybrid(self) -> None:
        """The first attempt of this round, which is the retry of the last one."""
        self.play("migrate")
        with self.timed("checks"):
            self.is_hybrid()
            self.agree("after migrate")

    # steps

    def timed(self, name: str) -> _Timer:
        """A block whose seconds count for a step."""
        return _Timer(self.seconds, name)

    def play(self, playbook: str) -> Outcome:
        """Run a playbook that has to succeed; its output is kept in a file."""
        log = self.logs / f"round-{self.number:02}-{playbook}.log"
        with self.timed(playbook):
            done = self.trip.target.play(playbook)
        log.write_text(done.output, encoding="utf-8")
        if done.status != 0:
            raise Failed(
                f"round {self.number}: {playbook} ended with {done.status}; all it said is in {log}: {done.output[-1500:]}"
            )
        for task in done.tasks:
            elapsed = task["result"].get("elapsed")
            if elapsed is not None and float(elapsed) >= LONG:
                self.sub_phases[task["task"].split(" : ")[-1]] = round(float(elapsed), 1)
        return done

    def change(self, where: str) -> None:
        """Create, delete and alter topics."""
        with self.timed("changes"):
            for command in self.topics.change(self.number, where):
                self.prober.command(command)
            if where == ZOOKEEPER:
                # brokers in ZooKeeper mode delete by and by, and a queued deletion is a reason not to begin
                self._wait(self._deletions_over, "topics are still queued for deletion in ZooKeeper", DELETED)

    # proofs, by other means than the collection's

    def agree(self, when: str) -> None:
        """Every change is on this side too, as a broker tells Kafka's own admin client."""
        said = ""
        for _attempt in range(ATTEMPTS):
            said = self.topics.differences(self.prober.topics())
            if not said:
                return
            time.sleep(1.0)
        raise Failed(f"round {self.number}, {when}: {said}")

    def is_hybrid(self) -> None:
        """KRaft holds /controller and has copied."""
        held, migration = self.trip.znode("/controller"), self.trip.znode("/migration")
        if not held or held["kraftControllerEpoch"] < 0 or not migration or migration["kraft_metadata_offset"] <= 0:
            raise Failed(f"round {self.number}: not hybrid after migrate: /controller {held}, /migration {migration}")

    def is_pure(self) -> None:
        """No broker is registered in ZooKeeper any more."""
        with self.trip.place.zookeeper() as zk:
            left = zk.get_children("/brokers/ids")
        if left:
            raise Failed(f"round {self.number}: brokers {left} are registered in ZooKeeper after finalize")

    def _deletions_over(self) -> bool:
        with self.trip.place.zookeeper() as zk:
            return not zk.get_children("/admin/delete_topics")

    def _wait(self, over: Callable[[], bool], sentence: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not over():
            if time.monotonic() > deadline:
                raise Failed(f"round {self.number}: {sentence} after {seconds:.0f} s")
            time.sleep(0.5)

    # figures

    def figures(self, back: Outcome) -> dict[str, Any]:
        """What the rollback says of itself, and the prober of the time without a controller."""
        removal = back.result(REMOVAL)
        rolls = [back.result(name).get("restarted") or [] for name in (RETURN, ORIGINAL)]
        seen = self.prober.window(int(removal["stopped_ms"]))
        return {
            "round": self.number,
            "to": self.to,
            "rolls_for_service": int(bool(rolls[0])),
            "rolls": sum(1 for roll in rolls if roll),
            "znodes_to_election_ms": removal["znodes_to_election_ms"],
            "without_controller_ms": removal["without_controller_ms"],
            "admin_window_s": round(seen.milliseconds / 1000, 2),
            "raised_epoch": removal["raised_epoch"],
            "overhead_ms": [pod["overhead_ms"] for roll in rolls for pod in report.overhead(roll)["pods"]],
        }


class _Timer:
    """Adds the seconds of a block to a step, whether it ends well or not."""

    def __init__(self, seconds: dict[str, float], name: str) -> None:
        self.seconds = seconds
        self.name = name
        self.began = 0.0

    def __enter__(self) -> None:
        self.began = time.monotonic()

    def __exit__(self, *_exc: object) -> None:
        spent = self.seconds.get(self.name, 0.0) + time.monotonic() - self.began
        self.seconds[self.name] = round(spent, 1)
