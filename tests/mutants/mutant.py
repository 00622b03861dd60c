# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a seeded mistake is, and which tests know about what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One mistake.

    ``old`` is in ``file`` exactly once and becomes ``new``. ``rule``: its number in docs/architecture.md, or ``back`` for the
    order of docs/rollback.md. ``tests``: pytest's arguments, one of which has to fail.
    """

    name: str
    rule: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


CORE, PLATFORM = "plugins/module_utils/_core/", "plugins/module_utils/_platform/"
MIGRATION, CLUSTER = "plugins/module_utils/_migration/", "plugins/module_utils/_cluster/"
ZOOKEEPER, KAFKA, KUBERNETES = (f"plugins/module_utils/{each}/" for each in ("_zookeeper", "_kafka", "_kubernetes"))
RUNTIME, ACTION, UTILS = "plugins/module_utils/_runtime/", "plugins/action/", "plugins/plugin_utils/"


def unit(*names: str) -> tuple[str, ...]:
    """Files of unit tests."""
    return tuple(f"tests/unit/plugins/{name}.py" for name in names)


def one(name: str, test: str) -> tuple[str, ...]:
    """One test of a file whose others take long."""
    return (f"{unit(name)[0]}::{test}",)


ROLLBACK = unit("module_utils/_core/test_rollback")
CHECKS = unit("module_utils/_core/test_checks", "module_utils/_migration/test_preflight")
ROLLING = unit("module_utils/_core/test_rolling")
STATE = unit("module_utils/_core/test_state")
GATES = unit("module_utils/_migration/test_gates")
LOG = unit("module_utils/_core/_metadata/test_log_messages")
QUORUM = unit(*(f"module_utils/_kafka/test_quorum{kind}" for kind in ("", "_jolokia", "_protocol")))
BROKER_ROLL = unit("module_utils/_migration/test_broker_roll")
STALLED = unit("module_utils/_migration/test_stalled_brokers")
CONTROLLER_ROLL = unit("module_utils/_migration/test_controller_roll")
PREFLIGHT = unit("module_utils/_migration/test_preflight")
LOCKS = unit("module_utils/_platform/_statefulset/test_locks")
WRITES = unit("module_utils/_platform/_statefulset/test_writes")
REMOVAL = unit("module_utils/_migration/test_quorum_removal")
ENGINE = unit("module_utils/_migration/test_roll_engine", "module_utils/_migration/test_pod_return")
NUDGE = unit("module_utils/_migration/test_election")
BROKERS = unit("module_utils/_platform/_statefulset/test_brokers")
ROLLBACK_PLAN = unit("module_utils/_migration/test_rollback_plan")
FLAGS = unit("module_utils/_migration/test_migration_flag")
LOST_FLAGS = unit("action/test_lost_flags")
HANDOVER = unit("module_utils/_zookeeper/test_handover")
BASE, RUN = (unit(f"plugin_utils/test_{name}") for name in ("base", "run"))
ACT = {
    name: unit(f"action/test_{name}")
    for name in (
        "broker_settings",
        "kraft_controller",
        "metadata_cleanup",
        "migration_journal",
        "migration_znode",
        "rolling_restart",
    )
}
