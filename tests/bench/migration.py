# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One migration by our playbooks from the first look to the last restart, and what was measured of it."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

from tests.demo.stage import Play, Stage
from tests.sandbox import traffic
from tests.sandbox.console import say
from tests.sandbox.kube import Kube

#: runs of status.yml, of which the middle one counts
STATUS_RUNS = 3
#: the playbooks that a migration consists of
WHOLE = ("preflight", "migrate", "finalize", "finalize confirmed")


class Failed(Exception):
    """A playbook failed; the message says which one and why."""


def migrate(on: Stage, name: str, folder: Path) -> dict[str, Any]:
    """Migrate a cluster to the end and return what was measured. Raises Failed."""
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
    play("finalize confirmed", "playbooks/finalize.yml", kraft_confirm=[on.fixture.spec.name], kraft_soak=0)
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
        "tasks": {label: plays[label].seconds_of_tasks() for label in WHOLE},
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


def clients_saw(kube: Kube, namespace: str) -> dict[str, Any]:
    """End the traffic of a cluster and return what it saw."""
    traffic.stop(kube, namespace)
    seen = traffic.check(kube, namespace)
    kept = ("acked", "lost", "duplicates", "order_violations", "send_errors", "rate_per_s", "longest_ack_gap_ms")
    return {key: seen[key] for key in kept}
