# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Journals of whole migrations, and what a status says of them, for the report and its page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import (
    journal,
    report,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report.journal import Journal

T0 = 1_790_000_000_000

DAY = 86_400.0

BY = "ops@bastion:4711:100"


def restart(
    pod: str, number: int, at: float, ready: float = 4.0, sync: float = 5.0, noticed: float = 5.1
) -> dict[str, Any]:
    at_ms = T0 + int(at * 1000)
    return {
        "pod": pod,
        "node_id": number,
        "deleted_ms": at_ms,
        "ready_ms": at_ms + int(ready * 1000),
        "back_ms": at_ms + int(sync * 1000),
        "noticed_ms": at_ms + int(noticed * 1000),
        "note": "",
        "to_ready": ready,
        "to_back": noticed,
    }


def roll(set_name: str, begin: float, count: int = 3, every: float = 5.25) -> list[dict[str, Any]]:
    return [restart(f"{set_name}-{index}", index, begin + index * every) for index in range(count)]


GATES = [
    {
        "name": "quorum",
        "code": "gate-quorum",
        "passed": True,
        "accepted": False,
        "sentence": "leader 100",
    },
    {
        "name": "parity",
        "code": "gate-parity",
        "passed": False,
        "accepted": True,
        "sentence": "topic t is only in KRaft",
    },
    {"code": "gate-soak", "passed": False, "accepted": False, "sentence": "too early"},
]


def sample(soak: float = 0.0, brokers: int = 3) -> Journal:
    """A whole migration; ``soak`` seconds in hybrid and again in pure dual-write."""
    journal = Journal("kafka", "0123456789ab", report.iso(T0), zookeeper_connect="zookeeper-0:2181/kafka")

    def add(at: float, phase: str, name: str, what: str, **more: Any) -> None:
        journal.add(report.iso(T0 + int(at * 1000)), phase, name, what, **{"by": BY, **more})

    end = _to_dual_write(add, brokers)
    end = _to_kraft(add, end + 8 + soak, brokers)
    journal.pure_since = report.iso(T0 + int(end * 1000))
    _to_the_end(add, end + 7 + soak)
    return journal


Add = Callable[..., None]
#: what the names of its sub-phases begin with
LAST = "MoveToKRaftController"


def _to_dual_write(add: Add, brokers: int) -> float:
    """Returns when the roll had ended, in seconds since the start."""
    long = 5.25 * brokers
    add(1.2, "SETUP", "SetupAddMigrationAnnotation", "locked", seconds=0.4)
    add(2.1, "SETUP", "SetupEnsureKRaftControllerExists", "created", seconds=0.5)
    add(13.4, "SETUP", "SetupMutateKRaftController", "written", seconds=10.6, stage="migrating")
    add(15.8, "SETUP", "SetupComplete", "SetupComplete", state="PREMIGRATION")
    add(16.9, "MIGRATE", "MigrateTriggerKafkaMigration", "written", seconds=0.8, stage="migration")
    end = 18.0 + long
    pods = roll("kafka", 17.5, brokers)
    add(
        end,
        "MIGRATE",
        "MigrateEnsureKafkaRollComplete",
        "rolled",
        seconds=long + 0.8,
        stage="migration",
        target="brokers",
        pods=pods,
    )
    add(end + 2, "DUAL-WRITE", "MigrateDualWrite", "MigrateDualWrite", state="HYBRID_DUAL_WRITE")
    return end


def _to_kraft(add: Add, now: float, brokers: int) -> float:
    """Returns when the roll had ended, in seconds since the start."""
    phase, long = LAST + "Only", 5.25 * brokers
    add(now, phase, LAST + "TriggerZkRemoval", "written", seconds=0.7, stage="kraft")
    pods = roll("kafka", now + 0.5, brokers)
    end = now + 1 + long
    add(
        end,
        phase,
        LAST + "EnsureKafkaRollIsComplete",
        "rolled",
        seconds=long + 0.9,
        stage="kraft",
        target="brokers",
        pods=pods,
    )
    return end


def _to_the_end(add: Add, now: float) -> None:
    phase = LAST + "Only"
    name = LAST + "TriggerKRaftControllerMigrationModeRemoval"
    add(now, phase, name, "gates", seconds=0.5, gates=GATES, confirmed_by=BY)
    add(now + 0.4, phase, name, "written", seconds=0.9, stage="final")
    pods = roll("kafka-kraft", now + 0.6)
    pods[-1]["note"] = "the active one"
    pods[-1]["back_ms"] = pods[-1]["noticed_ms"]
    name = LAST + "EnsureKRaftControllerMigrationModeRemovalComplete"
    add(now + 16.5, phase, name, "rolled", seconds=16, stage="final", target="controllers", pods=pods)
    add(now + 17.5, "COMPLETE", LAST + "Complete", LAST + "Complete", state="FINALIZED")


STATUS: dict[str, Any] = {
    "namespace": "demo",
    "cluster": "kafka",
    "platform": "statefulset",
    "state": "FINALIZED",
    "reason": "every broker runs in KRaft mode, no controller has the migration flag",
    "phase": "COMPLETE",
    "next": "nothing: the migration is complete",
    "zookeeper": None,
    "brokers": [
        {"pod": f"kafka-{n}", "id": n, "mode": "kraft", "stage": "kraft", "version": "3.9.2", "ready": n < 2}
        for n in range(3)
    ],
    "controllers": [
        {
            "pod": "kafka-kraft-0",
            "id": 100,
            "migration_flag": False,
            "stage": "final",
            "ready": True,
            "version": "3.9.2",
        },
        {"pod": "kafka-kraft-1", "id": 101, "migration_flag": None, "stage": "", "ready": False},
    ],
}

CANARY: dict[str, Any] = {
    "ok": True,
    "running": False,
    "acked": 123456,
    "consumed": 123456,
    "lost": 0,
    "duplicates": 0,
    "order_violations": 0,
    "send_errors": 1,
    "error_messages": {"TimeoutException: x < y": 1},
    "longest_ack_gap_ms": 1234,
    "longest_ack_gap_at_ms": T0 + 23_000,
    "longest_partition_ack_gap_ms": 2000,
    "longest_partition_ack_gap": "traffic-3",
    "rate_per_s": 1200.5,
    "duration_s": 102.8,
}

PATCHES = [
    {
        "object": "ConfigMap/kafka-config",
        "stage": "kraft",
        "set": {"process.roles": "broker"},
        "removed": ["zookeeper.connect"],
        "note": "n",
    },
    {"object": "Service/kafka-kraft", "note": "new"},
]


def made(soak: float = 0.0, brokers: int = 3, **more: Any) -> dict[str, Any]:
    words: dict[str, Any] = {"canary": CANARY, "patches": PATCHES, "versions": {"Kubernetes": "v1.34.4"}, **more}
    return report.build(sample(soak, brokers), words.pop("status", STATUS), **words)


def folded(monkeypatch: Any, limit: int) -> Journal:
    """The sample after many failures in the middle of it, as a journal that has room for ``limit`` bytes gives it back."""
    full = sample(soak=3 * DAY)
    for number in range(300):
        at = report.iso(T0 + 40_000 + number * 1000)
        full.events.insert(7 + number, {"time": at, "phase": "MIGRATE", "sub_phase": "MigrateDualWrite", "what": "failed",
                                        "failed": True, "error": f"failure {number}", "code": "c", "seconds": 0.5})  # fmt: skip
    monkeypatch.setattr(journal, "LIMIT_BYTES", limit)
    return journal.load("kafka", journal.dump(full))


def rolled_back(complete: bool = True) -> Journal:
    """Hybrid, pure dual-write, and back."""
    journal = sample()
    journal.events = [event for event in journal.events if "MigrationModeRemoval" not in event["sub_phase"]][:-1]
    journal.events[-1]["state"] = "PURE_DUAL_WRITE"
    journal.pure_since = ""

    def add(at: float, name: str, what: str, **more: Any) -> None:
        journal.add(report.iso(T0 + int(at * 1000)), "RollbackToZk", f"RollbackToZk{name}", what, **{"by": BY, **more})

    add(120, "MakeProcessRoleEmpty", "written", seconds=1, stage="return")
    back = roll("kafka", 121)
    add(140, "EnsureKafkaRollIsComplete", "rolled", seconds=19, stage="return", target="brokers", pods=back)
    evidence = {
        "znodes_to_election_ms": 14,
        "without_controller_ms": 1900,
        "elected_ms": T0 + 143_000,
        "controller": 2,
        "high_watermark": 150,
        "final_offset": 151,
        "raised_epoch": 9,
        "removed": {"/migration": "{<}"},
        "deleted": ["StatefulSet/kafka-kraft"],
        "notes": ["a volume stays"],
    }
    add(145, "WaitForManualNodeRemovalFromZk", "removed", seconds=4, **evidence)
    last = roll("kafka", 147)
    add(165, "EnsureKafkaRollIsComplete2", "rolled", seconds=19, stage="original", target="brokers", pods=last)
    if complete:
        proof = [{"what": "znode /migration", "evidence": "there is none"}]
        add(166, "Complete", "RollbackToZkComplete", deleted=["ConfigMap/x"], proof=proof, migration_id="0123456789ab")
        journal.close_attempt()
    return journal
