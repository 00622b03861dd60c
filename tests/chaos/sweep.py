# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kills the run at every boundary of every sub-phase, forward and back, in one migration, and compares what comes of it.

Each kill is a SIGKILL of ansible-playbook; the next run of the same playbook goes on and is killed at the next boundary. The
chain goes ZOOKEEPER -> PURE_DUAL_WRITE, back to ZOOKEEPER, undisturbed to PURE_DUAL_WRITE again (what the first way is compared
with, object by object), and on to FINALIZED, all under live traffic. What was done is kept in a file outside the checkout:
a sweep that was itself stopped goes on.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.names import originals_name

from tests.e2e import audit
from tests.e2e.fleet import ACCOUNT
from tests.e2e.standing import Failed, cache_folder, standing
from tests.e2e.trip import FINAL, Trip
from tests.sandbox import fixtures, traffic
from tests.sandbox.fixtures import FixtureSpec

SPEC = FixtureSpec(namespace="chaos", dns_ttl=1, topics=5, update_strategy="RollingUpdate")
#: leg of the way -> playbook, its variables, the phases whose boundaries are swept
LEGS: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "forward": ("migrate", {}, (phases.SETUP, phases.MIGRATE)),
    "brokers": ("finalize", {}, (phases.FINALIZE,)),
    "back": ("rollback", {}, (phases.ROLLBACK,)),
    "controllers": ("finalize", FINAL, (phases.FINALIZE,)),
}
#: sub-phases of MoveToKRaftControllerOnly that a run without kraft_confirm has
WITHOUT_CONFIRM = ("MoveToKRaftControllerTriggerZkRemoval", "MoveToKRaftControllerEnsureKafkaRollIsComplete")
#: what CI kills: right after the writes of each phase, and after the znodes went. About 5 minutes
SAMPLE = {
    "forward": ("after:MigrateTriggerKafkaMigration",),
    "brokers": ("after:MoveToKRaftControllerTriggerZkRemoval",),
    "back": (
        "after:RollbackToZkMakeProcessRoleEmpty",
        "after:RollbackToZkWaitForManualNodeRemovalFromZk",
        "after:RollbackToZkRemoveKRaftControllerDepsInKafka",
    ),
}
SIGKILLED = -signal.SIGKILL


def boundaries(leg: str) -> list[str]:
    """``before:NAME`` and ``after:NAME`` of each sub-phase of a leg, in order."""
    wanted = LEGS[leg][2]
    names = [item.name for item in phases.SUB_PHASES if item.phase in wanted]
    if leg == "brokers":
        names = [name for name in names if name in WITHOUT_CONFIRM]
    if leg == "controllers":
        names = [name for name in names if name not in WITHOUT_CONFIRM]
    return [f"{when}:{name}" for name in names for when in ("before", "after")]


def without_migration(found: dict[str, Any]) -> dict[str, Any]:
    """What a cluster is made of, without the id of the migration that kept the originals: each attempt has its own."""
    name = f"Secret/{originals_name(SPEC.name)}"
    kept = dict(found[name]["data"])
    for key, value in kept.items():
        original = json.loads(base64.b64decode(value))
        assert original.pop("migration"), f"{name}: {key} names no migration"
        kept[key] = json.dumps(original, sort_keys=True)
    return {**found, name: {**found[name], "data": kept}}


class Sweep:
    """The chain, and what of it was done."""

    def __init__(self, folder: Path, sample: bool) -> None:
        self.path = folder / "state.json"
        self.folder = folder
        self.sample = sample
        self.done: dict[str, Any] = {"kills": {}, "legs": {}, "spent_s": 0.0}
        if self.path.exists():
            self.done = json.loads(self.path.read_text(encoding="utf-8"))
        self.begin = time.monotonic()
        self.trip: Trip

    def keep(self) -> None:
        """Write down what was done."""
        self.path.write_text(json.dumps(self.done, indent=1), encoding="utf-8")

    def say(self, text: str) -> None:
        """One line with the time."""
        print(f"[{time.monotonic() - self.begin:7.1f} s] {text}", flush=True)

    def boundaries(self, leg: str) -> list[str]:
        """All of them, or those of the sample."""
        found = boundaries(leg)
        return [each for each in found if each in SAMPLE[leg]] if self.sample else found

    @contextlib.contextmanager
    def cluster(self) -> Iterator[None]:
        """The cluster of an interrupted sweep, or a new one; deleted when the sweep came to its end."""
        with standing(SPEC, self.folder, self.done["start"] if self.done["kills"] else None) as found:
            if found.fresh:
                self.done = {"kills": {}, "legs": {}, "spent_s": 0.0, "start": found.start}
                self.keep()
                clients = traffic.TrafficSpec(namespace=SPEC.namespace, cluster=SPEC.name, dns_ttl=1)
                traffic.start(found.kube, clients)
            else:
                self.say(f"going on after {len(self.done['kills'])} kills")
            self.trip = found.trip
            try:
                yield
            finally:
                self.done["spent_s"] += round(time.monotonic() - self.begin, 1)
                self.keep()

    def leg(self, name: str) -> None:
        """Kill the playbook at every boundary, then let it end, twice; the second time nothing is left to change."""
        if name in self.done["legs"]:
            return
        playbook, variables, _phases = LEGS[name]
        state = self.done.setdefault("marks", {})
        mark = state.setdefault(name, audit.position())
        for boundary in self.boundaries(name):
            if f"{name} {boundary}" in self.done["kills"]:
                continue
            self.kill(name, playbook, boundary, variables)
        self.trip.run(playbook, **variables)
        again = self.trip.run(playbook, **variables)
        if again.changed:
            raise Failed(f"{name}: a second run changed {', '.join(again.changed)}")
        restarts = audit.removals_since(mark, SPEC.namespace, ACCOUNT)
        self.done["legs"][name] = {"restarts": restarts, "state": self.trip.state()}
        self.keep()
        self.say(f"{name}: ended in {self.done['legs'][name]['state']}, {len(restarts)} pods restarted")

    def kill(self, name: str, playbook: str, boundary: str, variables: dict[str, Any]) -> None:
        """One run that is killed at a boundary; no process of it may act afterwards."""
        began = time.monotonic()
        done = self.trip.target.play(playbook, kill_at=boundary, **variables)
        if done.status != SIGKILLED:
            raise Failed(
                f"{name}: the run was not killed at {boundary}, it ended with {done.status}: {done.output[-800:]}"
            )
        # what is tested: one second after the kill nothing of the run is left that writes
        time.sleep(1.0)
        mark = audit.position()
        time.sleep(1.0)
        self.done["kills"][f"{name} {boundary}"] = round(time.monotonic() - began, 1)
        self.keep()
        late = audit.writes_since(mark, SPEC.namespace, ACCOUNT)
        if late:
            raise Failed(f"{name} {boundary}: more than a second after the kill the run still wrote {late}")
        self.say(f"{len(self.done['kills'])}: {name}: killed {boundary}")

    def run(self) -> dict[str, Any]:
        """The chain; returns the figures."""
        with self.cluster():
            self.leg("forward")
            self.leg("brokers")
            self.compare_first("disturbed")
            self.leg("back")
            if "undisturbed" not in self.done:  # a sweep that goes on may be past it
                self.trip.check_plain()
            if self.sample:
                return self.finish()
            if "undisturbed" not in self.done:
                self.trip.run("migrate")
                self.trip.run("finalize")
                self.compare_first("undisturbed")
            self.compare()
            self.leg("controllers")
            return self.finish()

    def compare_first(self, name: str) -> None:
        """Keep what the cluster is made of now."""
        if name not in self.done:
            self.done[name] = json.loads(json.dumps(self.trip.made_of()))
            self.keep()

    def compare(self) -> None:
        """The run that was killed again and again left exactly what an undisturbed one leaves."""
        first, second = (without_migration(self.done[name]) for name in ("disturbed", "undisturbed"))
        different = sorted(key for key in first.keys() | second.keys() if first.get(key) != second.get(key))
        if different:
            raise Failed(f"the disturbed and the undisturbed way ended differently in {', '.join(different)}")
        self.say(f"{len(first)} objects are the same as after an undisturbed run")

    def finish(self) -> dict[str, Any]:
        """Check restarts and traffic, delete the cluster."""
        legs = self.done["legs"]
        brokers = SPEC.brokers
        wanted = {"forward": brokers, "brokers": brokers, "back": 2 * brokers}
        for name, count in wanted.items():
            seen = [pod for pod in legs[name]["restarts"] if "-kraft-" not in pod]
            if len(seen) != count:
                raise Failed(f"{name}: {len(seen)} restarts of brokers instead of {count}: {seen}")
        final = [pod for pod in legs.get("controllers", {}).get("restarts", []) if "-kraft-" in pod]
        if len(final) != len(set(final)):
            raise Failed(f"controllers were restarted twice: {final}")
        kube = self.trip.target.fixture.kube
        traffic.stop(kube, SPEC.namespace)
        figures = traffic.check(kube, SPEC.namespace)
        if not figures["ok"]:
            raise Failed(f"records: {figures}")
        fixtures.delete(SPEC, kube=kube)
        return {
            "date": datetime.now(UTC).strftime("%Y-%m-%d"),
            "kills": len(self.done["kills"]),
            "boundaries": sum(len(self.boundaries(name)) for name in legs),
            "seconds": round(self.done["spent_s"] + time.monotonic() - self.begin),
            "acked": figures["acked"],
            "lost": figures["lost"],
            "longest_ack_gap_ms": figures["longest_ack_gap_ms"],
            "restarts": {name: len(leg["restarts"]) for name, leg in legs.items()},
        }


def main(arguments: list[str] | None = None) -> int:
    """Sweep; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make chaos ARGS=...", description=__doc__)
    parser.add_argument("--sample", action="store_true", help="five boundaries, there and back only")
    parser.add_argument("--anew", action="store_true", help="forget an interrupted sweep")
    options = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    folder = cache_folder("chaos-sample" if options.sample else "chaos")
    if options.anew:
        (folder / "state.json").unlink(missing_ok=True)
    sweep = Sweep(folder, options.sample)
    try:
        figures = sweep.run()
    except (Failed, AssertionError) as error:
        print(f"chaos: {error}", file=sys.stderr)
        return 1
    (folder / "state.json").unlink(missing_ok=True)
    print(json.dumps(figures))
    return 0
