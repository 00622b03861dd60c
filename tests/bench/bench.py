# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measures migrations side by side in one run and writes docs/benchmarks.md from what it measured.

Nothing here passes or fails by a time: machines differ. The ratios within one run are what counts.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.bench import against, apart, led, naive, page
from tests.bench.against import BEFORE_PLAIN, PREFLIGHT
from tests.bench.build import BEFORE, Build, NotThere, unpack
from tests.bench.conditions import conditions
from tests.bench.migration import Failed, clients_saw, migrate
from tests.demo import stage
from tests.demo.stage import Place, Stage
from tests.sandbox import traffic
from tests.sandbox.config import SandboxError
from tests.sandbox.console import say
from tests.sandbox.fixtures import FixtureSpec
from tests.sandbox.traffic import TrafficSpec

MEASURED = Path(__file__).parent / "measured.json"
#: seconds that the replicas may need after the naive roll said that it was done
SETTLE = 180.0

_COMMON = FixtureSpec(namespace="bench")
SPECS = {
    "default TTL": replace(_COMMON, namespace="bench-default"),
    "TTL 1 s": replace(_COMMON, namespace="bench-ttl", dns_ttl=1),
    "no Jolokia": replace(_COMMON, namespace="bench-plain", dns_ttl=1, jolokia=False),
}
#: the cluster on which a migrate that has nothing to do is compared, when it is finalized
NO_OP_ON = "TTL 1 s"
NO_OP, NO_OP_FAILED = "no-op", "no-op failed"
#: the parts of one run with the same conditions, and those that have their own
TOGETHER = (*SPECS, BEFORE_PLAIN, PREFLIGHT)
PARTS = (*TOGETHER, *apart.PARTS)


def measure(
    where: Place,
    name: str,
    spec: FixtureSpec,
    folder: Path,
    *,
    build: Build | None = None,
    compared: Build | None = None,
) -> dict[str, Any]:
    """Migrate one cluster under traffic and return what was measured. The cluster is deleted afterwards.

    ``build``: the earlier build that migrates it, in the place of this one. ``compared``: the one with which a migrate that has
    nothing to do is compared in the end.
    """
    say(f"{name}: making the cluster")
    fixture = stage.make_cluster(where, spec)
    try:
        on = against.on_stage(where, fixture, folder, build)
        traffic.start(fixture.kube, TrafficSpec(spec.namespace, spec.name, dns_ttl=stage.DNS_TTL))
        found: dict[str, Any] = {}
        if build is None:
            say(f"{name}: a naive roll, to compare with")
            found["naive"] = naive.roll(fixture.kube, spec)
            found["naive"]["behind_s"] = _settle(on, name, folder)
        found |= migrate(on, name, folder)
        found["canary"] = clients_saw(fixture.kube, spec.namespace)
        if compared is not None:
            try:
                found[NO_OP] = against.no_op(where, fixture, folder, compared)
            except against.Failed as error:
                found[NO_OP_FAILED] = str(error)
    finally:
        stage.remove_cluster(where, spec)
    return found


def _settle(on: Stage, name: str, folder: Path) -> float:
    """Wait until preflight finds every replica in sync; returns the seconds that the naive roll was wrong for.

    It asks a broker, whose own view is old when the controller cannot reach that broker.
    """
    begin = time.monotonic()
    while True:
        asked = time.monotonic() - begin
        done = on.play("playbooks/preflight.yml", log=folder / f"{on.fixture.spec.namespace}-settle.log")
        if done.status == 0 or "under-replicated" not in str(done.failure) or asked > SETTLE:
            return round(asked, 1)
        say(f"{name}: replicas are still out of sync")


def main(arguments: list[str] | None = None) -> int:
    """Measure, keep what was measured, write the page; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, help="measure these parts, keep the rest")
    parser.add_argument(
        "--against",
        metavar="REV",
        default=BEFORE,
        help="the build to compare with, a revision of git (default: %(default).7s)",
    )
    parser.add_argument("--render", action="store_true", help="only write the page again from the last measurement")
    options = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    # so that the clusters are taken care of when this is told to end, too
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    data: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}
    failures: list[str] = []
    if not options.render:
        missing = stage.missing_programs()
        if missing:
            print(f"bench: missing: {'; '.join(missing)}", file=sys.stderr)
            return 1
        try:
            data, failures = _measure(options.only or list(PARTS), options.only, options.against, data)
        except (Failed, SandboxError, KeyboardInterrupt) as error:
            print(f"bench: {error or 'interrupted'}", file=sys.stderr)
            return 1
        MEASURED.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    page.write(data)
    print(f"wrote {page.PAGE.relative_to(stage.ROOT)}")
    for text in failures:
        print(f"bench: not measured: {text}", file=sys.stderr)
    return 1 if failures else 0


def _measure(
    parts: list[str], only: list[str] | None, revision: str, last: dict[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Measure the parts with conditions of their own and the others; what is not asked for, or fails, is kept."""
    kept, failures = {name: last[name] for name in apart.PARTS if name in last}, []
    for name in apart.PARTS:
        if name not in parts:
            continue
        try:
            kept[name] = apart.measure(name)
        except (Failed, led.Failed, SandboxError) as error:
            failures.append(f"{name}: {error}")
            say(f"{name} could not be measured: {error}")
    others = [name for name in parts if name not in apart.PARTS]
    if not others:
        return {**last, **kept}, failures
    data, more = _measure_all(others if only else None, revision, last)
    return {**data, **kept}, failures + more


@dataclass
class _Run:
    """One run of the benchmark: where it works, what it has measured, and why a part could not be."""

    where: Place
    folder: Path
    build: Build | None
    clusters: dict[str, Any]
    before: dict[str, Any]
    failures: list[str] = field(default_factory=list)

    def measure(self, name: str) -> bool:
        """Measure a part; returns whether it could be. The others took their minutes, too: a part that fails leaves them."""
        try:
            self._measure(name)
        except (Failed, against.Failed, SandboxError) as error:
            self.failures.append(f"{name}: {error}")
            say(f"{name} could not be measured: {error}")
            return False
        return True

    def _measure(self, name: str) -> None:
        image = self.where.image
        if name in SPECS:
            compared = self.build if name == NO_OP_ON else None
            found = measure(self.where, name, replace(SPECS[name], image=image), self.folder, compared=compared)
            if NO_OP in found:
                self.before[NO_OP] = found.pop(NO_OP)
            if NO_OP_FAILED in found:
                self.failures.append(found.pop(NO_OP_FAILED))
            self.clusters[name] = found
        elif self.build is not None and name == BEFORE_PLAIN:
            spec = replace(SPECS["no Jolokia"], namespace="bench-before", image=image)
            self.before["no Jolokia"] = measure(self.where, name, spec, self.folder, build=self.build)
        elif self.build is not None:
            spec = replace(_COMMON, image=image)
            self.before["preflight"] = against.preflight(self.where, spec, self.folder, self.build)


def _measure_all(only: list[str] | None, revision: str, last: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return what was measured, and why each part that is missing could not be. Raises Failed when there is nothing to show."""
    begin, parts = time.monotonic(), only or list(TOGETHER)
    build, before = _build(revision)
    if build is None:
        say(f"the comparison is left out: {before['left_out']}")
        parts = [name for name in parts if name in SPECS]
    where = stage.place()
    say(f"measures {', '.join(parts)}; about 5 minutes for each migration; nothing else should run on this machine")
    if where.sandbox:
        where.sandbox.up()
    command = 'make bench ARGS="--only {}"'.format(" ".join(f"'{name}'" for name in only)) if only else "make bench"
    about = conditions(command, _COMMON.kafka_version, sandbox=where.sandbox is not None)
    clusters = dict(last.get("clusters", {})) if only else {}
    if only and last.get("before", {}).get("revision") == before.get("revision"):
        before = dict(last["before"])
    run = _Run(where, stage.workplace("bench"), build, clusters, before)
    measured = [name for name in parts if run.measure(name)]
    if not measured or not clusters:
        raise Failed("; ".join(run.failures) or "there is nothing to measure without a build to compare with")
    about["took_s"] = round(time.monotonic() - begin)
    return {"conditions": about, "clusters": clusters, "before": before}, run.failures


def _build(revision: str) -> tuple[Build | None, dict[str, Any]]:
    """Return the build to compare with, and what the page says of it."""
    try:
        build = unpack(revision, stage.cache_folder())
    except NotThere as error:
        if error.said:
            say(error.said)
        return None, {"left_out": f"there is no build to compare with, {revision[:7]}: {error}"}
    return build, {"revision": build.revision[:7]}
