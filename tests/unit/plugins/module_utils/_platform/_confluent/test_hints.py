# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What usually holds a job up: every entry is of a sub-phase that exists."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.hints import HINTS, hint


def test_every_hint_is_of_a_sub_phase() -> None:
    assert set(HINTS) <= set(phases.BY_NAME)


def test_every_roll_has_one() -> None:
    rolls = {name for name in phases.BY_NAME if "RollComplete" in name or "RollIsComplete" in name}
    assert rolls <= set(HINTS)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (Progress(), ""),
        (Progress(True), ""),
        (Progress(True, phases.DUAL_WRITE, "MigrateDualWrite"), ""),
        (Progress(True, phases.MIGRATE, "MigrateMonitorMigrationProgress"), "NoAuth"),
        (Progress(True, phases.FAILURE, "SetupPreChecks", failed=True), "spec.configOverrides.server"),
        (Progress(True, phases.SETUP, "SetupComplete", asked=frozenset({Verb.ROLLBACK})), "in DUAL-WRITE only"),
        (
            Progress(True, phases.MIGRATE, "MigrateEnsureKafkaRollComplete", asked=frozenset({Verb.ROLLBACK})),
            "before. CFK restarts a broker only while",
        ),
        (Progress(True, phases.DUAL_WRITE, "MigrateDualWrite", asked=frozenset({Verb.ROLLBACK})), ""),
    ],
)
def test_what_is_said(seen: Progress, words: str) -> None:
    assert words in hint(seen)
    assert bool(words) is bool(hint(seen))
