# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rounds of migrate, rollback and retry on one cluster under live traffic, every second one by way of pure dual-write.

The migrate of a round is the retry of the rollback before it. What was done is kept in a file outside the checkout: a program that was
stopped goes on; a round in which that happened is led back and begun anew, since half of its figures would be missing.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.conditions import conditions
from tests.e2e.standing import Failed, Standing, cache_folder, standing
from tests.rounds import page
from tests.rounds.changes import Topics
from tests.rounds.journey import Journey
from tests.rounds.prober import Prober
from tests.sandbox import fixtures, traffic
from tests.sandbox.config import SandboxError
from tests.sandbox.fixtures import FixtureSpec

MEASURED = Path(__file__).parent / "measured.json"
SPEC = FixtureSpec(namespace="rounds", dns_ttl=1, topics=5, update_strategy="RollingUpdate")
ROUNDS = 20
#: after so many rounds the records are counted and the traffic begins anew: the lists of all of them have to fit into memory
LEG = 5
#: records a second that were wanted at least
RATE = 1000
COUNTED = (
    "acked",
    "consumed",
    "lost",
    "displaced",
    "duplicates",
    "order_violations",
    "send_errors",
    "rate_per_s",
    "duration_s",
    "longest_ack_gap_ms",
)


class Rounds:
    """The chain, and what of it was done."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        self.count = count
        self.path = folder / "state.json"
        self.begin = time.monotonic()
        self.done: dict[str, Any] = {}
        if self.path.exists():
            self.done = json.loads(self.path.read_text(encoding="utf-8"))
        self.on: Standing
        self.prober: Prober
        self.topics: Topics

    def keep(self) -> None:
        """Write down what was done."""
        self.path.write_text(json.dumps(self.done, indent=1), encoding="utf-8")

    def say(self, text: str) -> None:
        """One line with the time."""
        print(f"[{time.monotonic() - self.begin:7.1f} s] {text}", flush=True)

    @contextlib.contextmanager
    def cluster(self) -> Iterator[None]:
        """The cluster of an interrupted program, or a new one."""
        with standing(SPEC, self.folder, self.done.get("start")) as self.on:
            if self.on.fresh:
                self.done = {
                    "start": self.on.start,
                    "about": conditions("make rounds", SPEC.kafka_version, sandbox=True),
                    "rounds": [],
                    "traffic": [],
                    "begun_anew": 0,
                    "spent_s": 0.0,
                }
            else:
                self.say(f"going on after {len(self.done['rounds'])} rounds")
            try:
                self.make_ready()
                yield
            finally:
                self.done["spent_s"] += round(time.monotonic() - self.begin, 1)
                self.keep()

    def make_ready(self) -> None:
        """The prober asks, no round is half done, and it is known what the topics are."""
        self.prober = Prober(self.on.kube, SPEC)
        if not self.prober.runs():
            self.prober.start()
        if self.done.get("under_way"):
            self.say(f"round {self.done['under_way']} was interrupted: back, and once more")
            self.on.trip.settle()
            self.on.trip.run("rollback")
            self.on.trip.check_plain()
            self.done["begun_anew"] += 1
            self.done["under_way"] = 0
        self.topics = Topics(self.on.trip.topics())
        self.keep()

    # traffic

    def producing(self) -> None:
        """See to it that the clients run. Raises Failed when they ran and do not any more."""
        if self.done.get("counting") == len(self.done["traffic"]) + 1:
            # stopped in the middle of that
            self.counted()
        leg = len(self.done["traffic"]) + 1
        if self.done.get("leg") == leg:
            self.alive()
            return
        spec = traffic.TrafficSpec(SPEC.namespace, SPEC.name, topic=f"traffic-{leg}", dns_ttl=1)
        traffic.start(self.on.kube, spec)
        self.done["leg"] = leg
        self.keep()

    def alive(self) -> None:
        """Raise Failed when the clients are not at work: rounds without them would prove nothing."""
        if self.on.kube.get("Pod", traffic.POD, SPEC.namespace) is None:
            raise Failed("the traffic's pod is gone, and what it knew of its records; begin with --anew")
        ended = ["test", "-e", "/traffic/producer.end"]
        if self.on.kube.exec(SPEC.namespace, traffic.POD, ended, container="producer").status == 0:
            raise Failed("the traffic's producer has ended by itself; its pod has /traffic/producer.err")

    def counted(self) -> None:
        """Stop the clients and compare what was acknowledged with what was read."""
        leg = self.done["leg"]
        if self.done.get("counting") != leg:
            self.alive()
            self.done["counting"] = leg
            self.keep()
        traffic.stop(self.on.kube, SPEC.namespace)
        seen = traffic.check(self.on.kube, SPEC.namespace)
        if not seen["ok"] or seen["rate_per_s"] < RATE:
            raise Failed(f"records of part {leg} of the traffic: {json.dumps(seen)}")
        self.done["traffic"].append({key: seen[key] for key in COUNTED})
        self.keep()
        self.on.kube.delete("Pod", traffic.POD, SPEC.namespace, grace=1)
        self.prober.command(f"delete traffic-{leg}")
        self.say(f"{seen['acked']} records acknowledged, none lost, duplicated or out of order")

    # rounds

    def journey(self, number: int) -> Journey:
        """A round, noted as under way until it is over."""
        self.done["under_way"] = number
        self.keep()
        return Journey(number, self.on.trip, self.prober, self.topics, self.folder)

    def round(self, number: int) -> None:
        """One round; its figures are kept."""
        found = self.journey(number).run()
        self.done["rounds"].append(found)
        self.done["under_way"] = 0
        self.keep()
        spent = sum(found["seconds"].values())
        self.say(
            f"round {number}: {found['to']} and back in {spent:.0f} s; no admin request answered for {found['admin_window_s']:.1f} s, "
            f"{found['znodes_to_election_ms']} ms from the znodes to the election, overhead at most {max(found['overhead_ms'])} ms a broker"
        )

    def run(self) -> dict[str, Any]:
        """All of it; returns what was measured."""
        with self.cluster():
            for number in range(len(self.done["rounds"]) + 1, self.count + 1):
                self.producing()
                self.round(number)
                if number % LEG == 0 and number < self.count:
                    self.counted()
            # the rollback of the last round is tried again too
            self.producing()
            self.journey(self.count + 1).to_hybrid()
            self.say("migrated once more after the last rollback")
            self.counted()
            self.done["under_way"] = 0
            fixtures.delete(SPEC, kube=self.on.kube)
        about = {**self.done["about"], "took_s": round(self.done["spent_s"])}
        return {
            "conditions": about,
            "rounds": self.done["rounds"],
            "traffic": self.done["traffic"],
            "begun_anew": self.done["begun_anew"],
        }


def main(arguments: list[str] | None = None) -> int:
    """Go round; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make rounds ARGS=...", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help=f"{ROUNDS}; with fewer nothing is written into the page"
    )
    parser.add_argument("--anew", action="store_true", help="forget interrupted rounds")
    parser.add_argument("--render", action="store_true", help="only write the page anew from the last measurement")
    options = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    if options.render:
        page.write(_measured())
        return 0
    # so that what was done is kept when this is told to end, too
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = cache_folder("rounds")
    if options.anew:
        (folder / "state.json").unlink(missing_ok=True)
    try:
        data = Rounds(folder, options.rounds).run()
    except (Failed, AssertionError, SandboxError, KeyboardInterrupt) as error:
        if isinstance(error, AssertionError):
            traceback.print_exc()
        print(f"rounds: {str(error) or 'interrupted'}; run it again to go on", file=sys.stderr)
        return 1
    (folder / "state.json").unlink(missing_ok=True)
    if options.rounds < ROUNDS:
        print(page.measured(data))
        return 0
    MEASURED.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    page.write(data)
    print(f"wrote {page.PAGE.name}")
    return 0


def _measured() -> dict[str, Any] | None:
    if not MEASURED.exists():
        return None
    found: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8"))
    return found
