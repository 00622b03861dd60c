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
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.bench import naive, page
from tests.bench.conditions import conditions
from tests.demo import stage
from tests.demo.stage import Place, Play, Stage
from tests.sandbox import traffic
from tests.sandbox.config import SandboxError
from tests.sandbox.console import say
from tests.sandbox.fixtures import FixtureSpec
from tests.sandbox.traffic import TrafficSpec

MEASURED = Path(__file__).parent / "measured.json"
#: runs of status.yml, of which the middle one counts
STATUS_RUNS = 3
#: seconds that the replicas may need after the naive roll said that it was done
SETTLE = 180.0

_COMMON = FixtureSpec(namespace="bench")
SPECS = {
    "default TTL": replace(_COMMON, namespace="bench-default"),
    "TTL 1 s": replace(_COMMON, namespace="bench-ttl", dns_ttl=1),
    "no Jolokia": replace(_COMMON, namespace="bench-plain", dns_ttl=1, jolokia=False),
}


class Failed(Exception):
    """A playbook failed; the message says which one and why."""


def measure(where: Place, name: str, spec: FixtureSpec, folder: Path) -> dict[str, Any]:
    """Migrate one cluster under traffic and return what was measured. The cluster is deleted afterwards."""
    say(f"{name}: making the cluster")
    fixture = stage.make_cluster(where, spec)
    try:
        kubeconfig = stage.account(fixture.kube, spec.namespace, spec.name, where.kubeconfig, folder)
        on = Stage(fixture, kubeconfig, folder)
        traffic.start(fixture.kube, TrafficSpec(spec.namespace, spec.name, dns_ttl=stage.DNS_TTL))
        say(f"{name}: a naive roll, to compare with")
        found: dict[str, Any] = {"naive": naive.roll(fixture.kube, spec)}
        found["naive"]["behind_s"] = _settle(on, name, folder)
        found |= _migrate(on, name, folder)
        traffic.stop(fixture.kube, spec.namespace)
        seen = traffic.check(fixture.kube, spec.namespace)
        kept = ("acked", "lost", "duplicates", "order_violations", "send_errors", "rate_per_s", "longest_ack_gap_ms")
        found["canary"] = {key: seen[key] for key in kept}
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


def _migrate(on: Stage, name: str, folder: Path) -> dict[str, Any]:
    plays: dict[str, Play] = {}

    def play(label: str, playbook: str, **variables: Any) -> Play:
        say(f"{name}: {label}")
        log = folder / f"{on.fixture.spec.namespace}-{label.replace(' ', '-')}.log"
        done = on.play(playbook, log=log, **variables)
        if done.status != 0:
            raise Failed(f"{name}: {label} ended with {done.status}: {done.failure or log.read_text()[-600:]}")
        plays[label] = done
        return done

    play("preflight", "playbooks/preflight.yml")
    migrated = play("migrate", "playbooks/migrate.yml")
    status = [play("status", "playbooks/status.yml").seconds for _run in range(STATUS_RUNS)]
    play("finalize", "playbooks/finalize.yml")
    final = {"kraft_confirm": [on.fixture.spec.name], "kraft_soak": 0}
    play("finalize confirmed", "playbooks/finalize.yml", **final)
    report = folder / "report"
    play("report", "playbooks/report.yml", kraft_report_dir=str(report))
    data = json.loads((report / f"{on.fixture.spec.name}.json").read_text(encoding="utf-8"))
    watched = migrated.result("MigrateMonitorMigrationProgress")
    return {
        "state": data["state"],
        "rolls": [_roll(roll) for roll in data["rolls"]],
        "hybrid_noticed_after_ms": watched.get("noticed_after_ms"),
        "hybrid_waited_s": watched.get("waited"),
        "status_s": round(statistics.median(status), 2),
        "plays": {label: round(done.seconds, 1) for label, done in plays.items()},
        "memory_mib": {label: done.memory_mib for label, done in plays.items()},
    }


def _roll(roll: dict[str, Any]) -> dict[str, Any]:
    keys = ("to_ready", "to_in_sync", "to_noticed", "notice_ms", "gap_ms", "overhead_ms")
    return {
        "stage": roll["stage"],
        "target": roll["target"],
        "seconds": roll["seconds"],
        "overhead": roll["overhead"],
        "pods": [{key: pod[key] for key in keys} for pod in roll["pods"]],
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure, keep what was measured, write the page; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(SPECS), help="measure these clusters, keep the rest")
    parser.add_argument("--render", action="store_true", help="only write the page again from the last measurement")
    options = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    # so that the clusters are taken care of when this is told to end, too
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    data: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}
    if not options.render:
        missing = stage.missing_programs()
        if missing:
            print(f"bench: missing: {'; '.join(missing)}", file=sys.stderr)
            return 1
        try:
            data = _measure_all(options.only, data)
        except (Failed, SandboxError, KeyboardInterrupt) as error:
            print(f"bench: {error or 'interrupted'}", file=sys.stderr)
            return 1
        MEASURED.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    page.write(data)
    print(f"wrote {page.PAGE.relative_to(stage.ROOT)}")
    return 0


def _measure_all(only: list[str] | None, before: dict[str, Any]) -> dict[str, Any]:
    where, begin = stage.place(), time.monotonic()
    say(f"measures {len(only or SPECS)} migrations, about 4 minutes each; nothing else should run on this machine")
    if where.sandbox:
        where.sandbox.up()
    folder = stage.workplace("bench")
    about = conditions("make bench", _COMMON.kafka_version, sandbox=where.sandbox is not None)
    clusters = dict(before.get("clusters", {})) if only else {}
    for name, spec in SPECS.items():
        if not only or name in only:
            clusters[name] = measure(where, name, replace(spec, image=where.image), folder)
    about["took_s"] = round(time.monotonic() - begin)
    return {"conditions": about, "clusters": clusters}
