# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The phase of a state, and the one command that goes on."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import next_step, phases, state


@pytest.mark.parametrize(
    ("name", "brokers", "controllers", "locked", "phase"),
    [
        (state.ZOOKEEPER, "", "", False, ""),
        (state.ZOOKEEPER, "", "held", True, phases.SETUP),
        (state.ZOOKEEPER, "ibp", "held", True, phases.SETUP),
        (state.PREMIGRATION, "", "migrating", False, phases.SETUP),
        (state.PREMIGRATION, "migration", "migrating", True, phases.MIGRATE),
        (state.MIXED, "migration", "migrating", True, phases.MIGRATE),
        (state.HYBRID, "migration", "migrating", True, phases.DUAL_WRITE),
        (state.HYBRID, "kraft", "migrating", True, phases.FINALIZE),
        (state.MIXED, "kraft", "migrating", True, phases.FINALIZE),
        (state.PURE, "kraft", "migrating", True, phases.FINALIZE),
        (state.MIXED, "kraft", "final", True, phases.FINALIZE),
        (state.FINALIZED, "kraft", "final", False, phases.COMPLETE),
    ],
)
def test_phase(name: Any, brokers: Any, controllers: Any, locked: Any, phase: Any) -> None:
    assert next_step.phase_of(name, brokers, controllers, locked) == phase


@pytest.mark.parametrize(
    ("name", "brokers", "controllers", "command"),
    [
        (state.ZOOKEEPER, "", "", "preflight.yml, then setup.yml"),
        (state.ZOOKEEPER, "", "held", "migrate.yml"),
        (state.PREMIGRATION, "", "migrating", "migrate.yml"),
        (state.MIXED, "migration", "migrating", "migrate.yml"),
        (state.HYBRID, "migration", "migrating", "finalize.yml (brokers to KRaft"),
        (state.MIXED, "kraft", "migrating", "finalize.yml (brokers to KRaft"),
        (state.PURE, "kraft", "migrating", "finalize.yml -e kraft_confirm=shop"),
        (state.MIXED, "kraft", "final", "finalize.yml -e kraft_confirm=shop"),
        (state.FINALIZED, "kraft", "final", "nothing"),
    ],
)
def test_next_command(name: Any, brokers: Any, controllers: Any, command: Any) -> None:
    assert next_step.next_command("shop", name, brokers, controllers).startswith(command)


def test_the_confirmation_is_never_offered_before_pure_dual_write() -> None:
    for name in set(state.STATES) - {state.PURE}:
        assert "kraft_confirm" not in next_step.next_command("shop", name, "kraft", "migrating")


def test_a_rollback_that_has_begun_goes_on() -> None:
    assert next_step.phase_of(state.HYBRID, "migration", "migrating", True, True) == phases.ROLLBACK
    assert next_step.next_command("shop", state.HYBRID, "migration", "migrating", True).startswith("rollback.yml")
    assert next_step.next_command("shop", state.FINALIZED, "kraft", "final", True).startswith("nothing")
