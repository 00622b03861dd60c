# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks of this build and of an earlier one side by side on one cluster: those that change nothing there.

Earlier, this, earlier, this ...: what disturbs the machine for a while disturbs both. The ratio of each pair counts, and of the
ratios the one in the middle.
"""

from __future__ import annotations

import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.bench.build import Build
from tests.demo import stage
from tests.demo.stage import Place, Stage
from tests.sandbox import fixtures
from tests.sandbox.console import say
from tests.sandbox.fixtures import Fixture, FixtureSpec

#: parts of the benchmark
BEFORE_PLAIN, PREFLIGHT = "no Jolokia, build before", "preflight of 3000 partitions"
#: pairs of runs
PAIRS = 5
TOPICS, PARTITIONS = 30, 100
#: topics that are made at once: with all of them the request runs into its timeout
AT_ONCE = 3
#: what the earlier build asks for: gates that it could not open by itself
ACCEPTED = ["gate-parity", "gate-backup"]


class Failed(Exception):
    """A playbook failed; the message says which one and why."""


def on_stage(where: Place, fixture: Fixture, folder: Path, build: Build | None = None) -> Stage:
    """Return the stage on which this build, or an earlier one, plays on a cluster: with an account of its own permissions."""
    spec = fixture.spec
    if build is None:
        return Stage(fixture, stage.account(fixture.kube, spec.namespace, spec.name, where.kubeconfig, folder), folder)
    own = folder / "before"
    own.mkdir(exist_ok=True)
    account = stage.account(
        fixture.kube,
        spec.namespace,
        spec.name,
        where.kubeconfig,
        own,
        name="kafkaops-kraft-before",
        allowed=build.permissions(),
    )
    return Stage(fixture, account, own, build.root, build.collections, {"kraft_accept": ACCEPTED})


def no_op(where: Place, fixture: Fixture, folder: Path, build: Build) -> dict[str, Any]:
    """Compare migrate.yml on a cluster that is finalized: it finds that there is nothing to do."""
    return _pairs("migrate on a finalized cluster", "playbooks/migrate.yml", where, fixture, folder, build)


def preflight(where: Place, spec: FixtureSpec, folder: Path, build: Build) -> dict[str, Any]:
    """Compare preflight.yml on a cluster with many partitions that was never migrated. The cluster is deleted afterwards."""
    say(f"{PREFLIGHT}: making the cluster")
    spec = replace(spec, namespace="bench-many", dns_ttl=1)
    fixture = stage.make_cluster(where, spec)
    try:
        lines = [f"many-{number:02d} {PARTITIONS} 3 min.insync.replicas=2" for number in range(TOPICS)]
        for first in range(0, TOPICS, AT_ONCE):
            fixtures.create_topics(
                fixture.kube, spec.namespace, next(iter(spec.broker_ids)), lines[first : first + AT_ONCE]
            )
        say(f"{PREFLIGHT}: {TOPICS * PARTITIONS} partitions are there")
        found = _pairs("preflight", "playbooks/preflight.yml", where, fixture, folder, build)
    finally:
        stage.remove_cluster(where, spec)
    return {"brokers": spec.brokers, "partitions": TOPICS * PARTITIONS, **found}


def _pairs(label: str, playbook: str, where: Place, fixture: Fixture, folder: Path, build: Build) -> dict[str, Any]:
    stages = {"before": on_stage(where, fixture, folder, build), "now": on_stage(where, fixture, folder)}
    seconds: dict[str, list[float]] = {which: [] for which in stages}
    for number in range(PAIRS):
        say(f"{label}: pair {number + 1} of {PAIRS}")
        for which, on in stages.items():
            log = folder / f"{fixture.spec.namespace}-{label.replace(' ', '-')}-{which}.log"
            done = on.play(playbook, log=log)
            if done.status != 0:
                raise Failed(f"{label}, {which}, ended with {done.status}: {done.failure or log.read_text()[-600:]}")
            if any(task["result"].get("changed") for task in done.tasks):
                raise Failed(f"{label}, {which}, changed something")
            seconds[which].append(round(done.seconds, 2))
    ratios = [now / before for before, now in zip(seconds["before"], seconds["now"], strict=True)]
    return {"before_s": seconds["before"], "now_s": seconds["now"], "ratio": round(statistics.median(ratios), 2)}
