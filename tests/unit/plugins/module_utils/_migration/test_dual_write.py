# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which store must be active before a step."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Controller, Migration
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import dual_write
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused

from tests.unit.plugins.module_utils.scenes import cluster_with

KRAFT, BROKER = Controller(3000, 7, False), Controller(1, -1, True)
DONE, NOT_DONE = Migration(3000, 7, 141, 7), Migration(-1, -1, -1, -1)


def view(controller: Controller | None, migration: Migration | None) -> Any:
    broker_active = controller is not None and not controller.is_kraft
    present = migration is not None
    return SimpleNamespace(
        controller=controller, migration=migration, broker_is_controller=broker_active, migration_present=present
    )


@pytest.mark.parametrize(
    ("controller", "migration", "fine"),
    [
        (KRAFT, DONE, True),
        (KRAFT, NOT_DONE, False),
        (KRAFT, None, False),
        (BROKER, DONE, False),
        (None, DONE, False),
    ],
)
def test_brokers_leave_zookeeper_only_in_dual_write(
    controller: Controller | None, migration: Migration | None, fine: bool
) -> None:
    """Rule 1: KRaft holds /controller, and the copy is done; the same before they return."""
    cluster = cluster_with(view=view(controller, migration))
    if fine:
        dual_write.check_hybrid_or_beyond(cluster)
        return
    with pytest.raises(Refused) as refused:
        dual_write.check_hybrid_or_beyond(cluster)
    assert refused.value.code == "wrong-state"


@pytest.mark.parametrize(
    ("controller", "migration", "fine"),
    [(BROKER, None, True), (BROKER, NOT_DONE, False), (KRAFT, None, False), (None, None, False)],
)
def test_plain_settings_only_where_a_broker_is_controller(
    controller: Controller | None, migration: Migration | None, fine: bool
) -> None:
    """Rule 9: beside a quorum a broker on plain settings would get no requests, and without a controller no election."""
    cluster = cluster_with(view=view(controller, migration))
    if fine:
        dual_write.check_zookeeper_alone(cluster)
        return
    with pytest.raises(Refused, match="no broker holds /controller, or /migration is still there"):
        dual_write.check_zookeeper_alone(cluster)
