# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults on as few clusters as possible: one whose runs go on beside all of them, and one whose runs have to stop.

``survived`` goes ZOOKEEPER -> HYBRID_DUAL_WRITE -> PURE_DUAL_WRITE -> ZOOKEEPER, ``stopped`` ZOOKEEPER -> ZOOKEEPER ->
HYBRID_DUAL_WRITE, both under live traffic, of which not one acknowledged record may be lost. It needs the sandbox: some faults
strike processes and networks of its pods from outside.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError
from kazoo.exceptions import KazooException
from kazoo.handlers.threading import KazooTimeoutError

from tests.e2e.fleet import canary, cluster
from tests.e2e.places import Place
from tests.e2e.trip import Trip
from tests.faults import strikes
from tests.faults.answers import READ, UPGRADE, WATCH, WRITE, Pattern
from tests.faults.churn import PACE, PREFIX, Churn
from tests.faults.figures import Figure, Figures, now_ms
from tests.faults.playing import Line
from tests.faults.proxy import ApiProxy
from tests.faults.scene import Scene, Strike, until
from tests.sandbox import traffic
from tests.sandbox.cluster import Sandbox
from tests.sandbox.config import SandboxError
from tests.sandbox.fixtures import FixtureSpec

SEED = 20260101
#: records a second that the traffic has to reach, all faults included
RATE = 1000
FIRST, SECOND = "MigrateEnsureKafkaRollComplete", "MoveToKRaftControllerEnsureKafkaRollIsComplete"
RETURN = "RollbackToZkEnsureKafkaRollIsComplete"
WRITTEN = "settings of stage migration written"
HYBRID = "MigrateMonitorMigrationProgress: hybrid dual-write"
CHURN = "topics created and deleted throughout"
#: what ends one chain, and not the others
FAILURES = (
    AssertionError,
    SandboxError,
    KraftError,
    KazooException,
    KazooTimeoutError,
    LookupError,
    OSError,
    ValueError,
)


def survived(scene: Scene) -> None:
    """What a run has to go on beside."""
    with Churn(scene.namespace, list(scene.trip.pods())) as churn:
        migrate(scene, churn)
        scene.through(
            "finalize",
            [
                Strike("API server away", strikes.restarting(SECOND), strikes.back(SECOND), strikes.api_away),
                Strike(
                    "broker evicted by somebody else",
                    strikes.back(SECOND),
                    strikes.back(SECOND),
                    strikes.evict_another,
                    strikes.not_restarted_twice,
                ),
            ],
            state.PURE,
        )
        agree(scene, churn)
    expected = scene.trip.topics()
    scene.through(
        "rollback",
        [
            Strike(
                "active controller killed in a roll",
                strikes.restarting(RETURN),
                strikes.back(RETURN),
                strikes.kill_active,
            ),
            Strike("network cut", strikes.restarting(RETURN), strikes.back(RETURN), strikes.network_cut),
        ],
        state.ZOOKEEPER,
    )
    scene.check_plain()
    found = scene.trip.topics()
    assert found == expected, f"topics before the rollback: {expected}, after it: {found}"


def migrate(scene: Scene, churn: Churn) -> None:
    """The first roll and the copy, behind an API server that fails at single requests."""

    def start_churn(_scene: Scene, _line: Line) -> dict[str, Any]:
        churn.start()
        return {"every_s": PACE}

    pattern = Pattern(SEED)
    figure = Figure("409, 429, 500 and 503 answers", "the whole of migrate")
    scene.proxy.pattern = pattern
    scene.through(
        "migrate",
        [
            Strike(CHURN, WRITTEN, strikes.restarting(FIRST), start_churn),
            Strike("ZooKeeper paused", strikes.restarting(FIRST), strikes.back(FIRST), strikes.zookeeper_paused),
            Strike(
                "active controller killed in the copy", strikes.last_restarting(FIRST), HYBRID, strikes.kill_in_copy
            ),
        ],
        state.HYBRID,
    )
    scene.proxy.pattern = None
    codes, kinds = pattern.codes(), pattern.kinds()
    figure.struck({"answers": codes, "to": kinds, "done all the same": pattern.carried_out})
    figure.went_on_ms, figure.result = now_ms(), "survived"
    scene.figures.add(figure)
    missing = {409, 429, 500, 503} - codes.keys() | ({READ, WATCH, UPGRADE, WRITE} - kinds.keys())
    assert not missing, f"not given, or not to these: {missing}; given were {dict(pattern.given)}"
    assert pattern.carried_out, f"no request was carried out in spite of its answer; given were {dict(pattern.given)}"


def agree(scene: Scene, churn: Churn) -> None:
    """What the churn believes to be there is what the brokers and ZooKeeper have, in pure dual-write."""
    wanted = churn.settle()

    def check() -> str:
        brokers = {name for name in scene.trip.topics() if name.startswith(PREFIX)}
        with scene.trip.place.zookeeper() as zk:
            zookeeper = {name for name in zk.get_children("/brokers/topics") if name.startswith(PREFIX)}
        if brokers == zookeeper == wanted:
            return ""
        return (
            f"topics that should be there: {sorted(wanted)}; brokers: {sorted(brokers)}; ZooKeeper: {sorted(zookeeper)}"
        )

    agreed = until(check, 60)
    assert churn.done["create"] >= 3, (
        f"too few topics were created to prove anything: {dict(churn.done)}, {churn.failed}"
    )
    assert churn.done["delete"] >= 1, f"no topic was deleted: {dict(churn.done)}, {churn.failed}"
    for figure in scene.figures.faults:
        if figure.fault == CHURN:
            figure.ended_ms = now_ms()
            figure.evidence |= {**churn.done, "failed and repeated": len(churn.failed), "stores agree after_s": agreed}
    scene.figures.say(
        f"topics: {dict(churn.done)}, {len(churn.failed)} operations failed; both stores have {len(wanted)}"
    )


def stopped(scene: Scene) -> None:
    """What has to stop a run, and the ways on and back."""
    broken = Strike("broker that cannot start", WRITTEN, strikes.back(FIRST), strikes.break_settings)
    scene.stops("migrate", broken, "CrashLoopBackOff", "num.io.threads")
    touched = strikes.touched(scene)
    assert len(touched) == 1, f"one broker should have been restarted, these were: {touched}"
    scene.through("rollback", [], state.ZOOKEEPER)
    scene.check_plain()
    edited = Strike("StatefulSet edited by somebody else", strikes.restarting(FIRST), strikes.back(FIRST), strikes.edit)
    done = scene.stops("migrate", edited, strikes.EDITOR, "was changed")
    assert done.failure["code"] == "changed-by-others", done.failure
    touched = strikes.touched(scene)
    assert len(touched) == 1, f"one broker should have been restarted, these were: {touched}"
    strikes.put_back(scene)
    scene.through("migrate", [], state.HYBRID)


CHAINS: dict[str, tuple[FixtureSpec, Callable[[Scene], None]]] = {
    "survived": (
        FixtureSpec(namespace="faults-survived", dns_ttl=1, topics=5, update_strategy="RollingUpdate"),
        survived,
    ),
    "stopped": (FixtureSpec(namespace="faults-stopped", dns_ttl=1, topics=5), stopped),
}


def run(name: str, folder: Path) -> Figures:
    """One chain on a cluster of its own, under traffic; what went wrong is in ``error``."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    spec, chain = CHAINS[name]
    figures = Figures(name, folder / "figures.json")
    try:
        with cluster(spec, folder) as target, ApiProxy.of_kubeconfig() as proxy:
            target.variables.update(
                kraft_host=proxy.url,
                kraft_restart_interval=0,
                kraft_pod_timeout=300,
                kraft_support_dir=str(folder / "support"),
            )
            client = connect({})
            scene = Scene(Trip(Place(target, client)), proxy, figures, folder)
            try:
                with canary(target, dns_ttl=1) as records:
                    scene.trip.remember()
                    chain(scene)
                figures.records = records
                figures.find_gaps(traffic._lines(scene.kube, spec.namespace, "acked.jsonl"))
                assert records["ok"], f"records were lost, duplicated or out of order: {records}"
                assert records["rate_per_s"] >= RATE, f"the traffic was too slow to prove anything: {records}"
            except BaseException:
                figures.say(f"failed; status, logs and journal: {scene.try_keep_evidence()}")
                raise
            finally:
                client.close()
    except FAILURES as error:
        figures.error = f"{type(error).__name__}: {error}"
        figures.say(figures.error)
        (folder / "error.txt").write_text(traceback.format_exc(), encoding="utf-8")
    figures.keep()
    return figures


def main(arguments: list[str] | None = None) -> int:
    """Run the chains; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make faults ARGS=...", description=__doc__)
    parser.add_argument("--chain", action="append", choices=CHAINS, help="this one only; may be given again")
    options = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    cache = Path(os.environ.get("KRAFT_CACHE") or Path.home() / ".cache" / "kafkaops-kraft").expanduser()
    folder = cache / "faults"
    sandbox = Sandbox()
    sandbox.up()
    os.environ["KUBECONFIG"] = str(sandbox.folders.kubeconfig)
    done = [run(name, folder / name) for name in options.chain or CHAINS]
    result = {"date": datetime.now(UTC).strftime("%Y-%m-%d"), "chains": [each.as_dict() for each in done]}
    (folder / "faults.json").write_text(json.dumps(result, indent=1), encoding="utf-8")
    for each in done:
        records = {key: each.records.get(key) for key in ("acked", "lost", "rate_per_s", "longest_ack_gap_ms")}
        print(f"{each.chain}: {each.error or 'passed'}; {len(each.faults)} faults; {records}", flush=True)
        for figure in each.faults:
            print(f"  {figure.line()}; longest time without an ack {figure.longest_ack_gap_ms} ms", flush=True)
    print(f"figures: {folder / 'faults.json'}", flush=True)
    return 1 if any(each.error for each in done) else 0
