# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One cluster under live traffic whose runs are struck by faults, and what has to be so after each.

A run survives (exit status 0), or it stops: then its message names the cause and what to do, the cluster serves, the journal has the
failure, and the command that the status names leads on.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import journal
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import CONFIG_MAP
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError

from tests.e2e import audit
from tests.e2e.fleet import Outcome
from tests.e2e.trip import Trip
from tests.faults.figures import Figure, Figures, now_ms
from tests.faults.playing import Line, Playing
from tests.faults.proxy import ApiProxy
from tests.sandbox.config import SandboxError
from tests.sandbox.kube import Kube

#: runs of one playbook; each fault may stop one, and a stop is followed by the same command again
ATTEMPTS = 5
#: seconds that a whole playbook may take, and that a moment in it may take to come
LONGEST, MOMENT = 900.0, 420.0
GO_ON = "run the same playbook again"


def until(what: Callable[[], str], seconds: float) -> float:
    """Wait until ``what`` returns an empty reason; returns the seconds that took. Fails with the last reason."""
    began = time.monotonic()
    while reason := what():
        assert time.monotonic() - began < seconds, f"after {seconds:.0f} s: {reason}"
        time.sleep(0.2)
    return round(time.monotonic() - began, 1)


@dataclass(frozen=True)
class Strike:
    """A fault. ``at``: regular expression of the line of the run at which it strikes; ``until``: of one that shows that it went on.

    ``act`` lasts as long as the fault and returns its evidence: it fails when the fault did not really happen. ``proof`` looks
    at the evidence when the run has ended well.
    """

    fault: str
    at: str
    until: str
    act: Callable[[Scene, Line], dict[str, Any]]
    proof: Callable[[Scene, dict[str, Any]], None] | None = None


@dataclass
class Scene:
    """The cluster. ``before``: broker pods and their uids when the present run began; ``mark``: the audit log then."""

    trip: Trip
    proxy: ApiProxy
    figures: Figures
    folder: Path
    before: dict[str, str] = field(default_factory=dict)
    mark: int = 0
    runs: int = 0

    @property
    def kube(self) -> Kube:
        """The API server without the proxy, as an administrator; for the main thread."""
        return self.trip.target.fixture.kube

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return self.trip.place.namespace

    # runs

    def play(self, playbook: str, **variables: Any) -> Playing:
        """A run; its output goes to a file of its own."""
        self.runs += 1
        self.before = self.trip.pods()
        return Playing(self.trip.target, playbook, self.folder / f"{self.runs:02d}-{playbook}.log", **variables)

    def through(self, playbook: str, strikes: Sequence[Strike], state: str, **variables: Any) -> None:
        """Run a playbook to its end beside these faults, again when one of them stops it; the cluster is in ``state`` then."""
        left = list(strikes)
        struck: list[tuple[Strike, Figure]] = []
        self.mark = audit.position()
        for _attempt in range(ATTEMPTS):
            with self.play(playbook, **variables) as run:
                hit = self._strike(run, left)
                done = run.end(LONGEST)
            for strike, figure in hit:
                figure.result = figure.result or _result(done)
                if done.status == 0 and not figure.went_on_ms:
                    figure.went_on_ms = now_ms()  # it went on to its end
                self.figures.add(figure)
                struck.append((strike, figure))
            if done.status == 0:
                break
            self.stopped_well(done)
        else:
            raise AssertionError(f"{playbook} did not get through in {ATTEMPTS} runs: {_message(done)}")
        assert not left, f"{playbook} had no line like {left[0].at!r} at which {left[0].fault!r} could strike"
        for strike, figure in struck:
            if strike.proof is not None:
                strike.proof(self, figure.evidence)
        found = self.trip.state()
        assert found == state, f"after {playbook} the cluster is {found}, not {state}"

    def _strike(self, run: Playing, left: list[Strike]) -> list[tuple[Strike, Figure]]:
        """Strike one after the other, each at its moment; those that were not reached stay in ``left``."""
        hit: list[tuple[Strike, Figure]] = []
        seen = 0
        while left and (line := run.wait(left[0].at, MOMENT, seen)) is not None:
            strike = left.pop(0)
            figure = Figure(strike.fault, line.text.strip()[:160])
            figure.struck(strike.act(self, line))
            hit.append((strike, figure))
            went_on = run.wait(strike.until, MOMENT, line.number + 1)
            if went_on is None:
                break
            assert went_on.ms >= figure.began_ms, (
                f"{strike.fault} struck too late: the run had gone on to {went_on.text!r}"
            )
            figure.went_on_ms, figure.result = went_on.ms, "survived"
            seen = went_on.number
        return hit

    def stops(self, playbook: str, strike: Strike, *words: str, **variables: Any) -> Outcome:
        """Run a playbook that this fault has to stop, with these words in the message."""
        with self.play(playbook, **variables) as run:
            line = run.wait(strike.at, MOMENT)
            assert line is not None, f"{playbook} ended before {strike.fault!r} could strike:\n{run.tail()}"
            figure = Figure(strike.fault, line.text.strip()[:160])
            figure.struck(strike.act(self, line))
            done = run.end(LONGEST)
        figure.ended_ms = now_ms()
        figure.result = _result(done)
        figure.evidence |= self.stopped_well(done, *words)
        self.figures.add(figure)
        return done

    # what has to be so

    def stopped_well(self, done: Outcome, *words: str) -> dict[str, Any]:
        """A run that stopped says why and what to do, the cluster serves, and the journal has it; returns the evidence."""
        assert done.status != 0, "the run should have stopped and did not"
        message = _message(done)
        assert message, f"no task failed, but the exit status is {done.status}:\n{done.output[-3000:]}"
        assert "\n" not in message.strip(), f"more than one line: {message}"
        assert "Traceback" not in message, message
        for word in words:
            assert word in message, f"{word!r} is not in the message: {message}"
        assert re.search(r"run again|run the same playbook again|rollback\.yml|unlock\.yml|status\.yml", message), (
            f"the message does not say what to run: {message}"
        )
        serving = self.serving()
        if GO_ON in message:
            self._journaled(done)
        status = self.trip.run("status").result("Status")
        assert re.search(r"\w+\.yml", status["next"]), f"the status names no command: {status['next']!r}"
        self.figures.say(f"stopped: {message[:300]}; the status says: {status['next']}")
        return {"message": message[:600], "next": status["next"], "acks_again_after_s": serving}

    def _journaled(self, done: Outcome) -> None:
        newest = self.journal().last() or {}
        sub_phase = done.failure.get("sub_phase")
        assert newest.get("failed"), f"the failure of {sub_phase} is not in the journal, its last event is {newest}"
        assert newest["sub_phase"] == sub_phase, f"{sub_phase} failed, the journal says {newest['sub_phase']}"

    def journal(self) -> journal.Journal:
        """The journal as it is stored."""
        found = self.trip.place.client.find(CONFIG_MAP, names.journal_name(self.trip.place.name), self.namespace)
        assert found is not None, "there is no journal"
        return journal.load(self.trip.place.name, found["data"])

    def serving(self, seconds: float = 90.0) -> float:
        """Wait for an ack that is newer than now; returns the seconds. Fails with the time of the last one."""
        began = now_ms()

        def check() -> str:
            newest = self._newest_ack()
            return "" if newest > began else f"no ack since {began - newest} ms before the look began"

        return until(check, seconds)

    def _newest_ack(self) -> int:
        read = "tail -n 20 /traffic/acked.jsonl"
        seen = self.kube.exec(self.namespace, "traffic", ["bash", "-c", read], container="producer")
        stamps = re.findall(r'"timestamp":(\d+)', seen.text)
        return max(map(int, stamps), default=0)

    def check_plain(self) -> None:
        """Nothing of the attempt is left: objects, templates, znodes, lock."""
        left = sorted(self.trip.names() ^ self.trip.objects)
        assert not left, f"objects that a rollback left or took: {left}"
        changed = {name: spec for name, spec in self.trip.specs().items() if self.trip.templates.get(name) != spec}
        assert not changed, f"StatefulSets that are not as they were: {json.dumps(changed)[:1500]}"
        self.trip.check_plain()

    # for whoever looks for the reason of a failure

    def keep_evidence(self) -> Path:
        """Write status and log of every pod, and the journal, into the folder; returns where."""
        where = self.folder / "evidence"
        where.mkdir(exist_ok=True)
        pods = self.kube.list("Pod", self.namespace)
        (where / "pods.json").write_text(json.dumps(pods, indent=1), encoding="utf-8")
        for pod in pods:
            name = pod["metadata"]["name"]
            for previous in (False, True):
                try:
                    text = self.trip.place.client.pod_log(name, self.namespace, tail_lines=2000, previous=previous)
                except KraftError:
                    continue  # there is no such container
                (where / f"{name}{'-previous' if previous else ''}.log").write_text(text, encoding="utf-8")
        for kind in ("StatefulSet", "ConfigMap"):
            items = self.kube.list(kind, self.namespace)
            (where / f"{kind}.json").write_text(json.dumps(items, indent=1), encoding="utf-8")
        return where

    def try_keep_evidence(self) -> str:
        """As above, for the time after a failure: says why when it cannot be done."""
        try:
            return str(self.keep_evidence())
        except (SandboxError, KraftError, OSError) as error:
            return f"nothing was kept: {error}"


def _message(done: Outcome) -> str:
    failed = [task for task in done.tasks if task["status"] == "failed"]
    return str(failed[0]["result"].get("msg", "")) if failed else ""


def _result(done: Outcome) -> str:
    return "survived" if done.status == 0 else f"stopped: {_message(done)[:300]}"
