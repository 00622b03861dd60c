# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The migration flag of each controller: on, off, or not known; never guessed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import (
    flag_of,
    flag_on_everywhere,
    flags_off,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import NotRunning, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.state import FLAG

from tests.unit.plugins.module_utils.scenes import cluster_with, facts

SILENT, DOWN = Unknown("the exec failed"), NotRunning("the pod does not exist")


def process(**settings: str) -> Any:
    found = facts()
    found.settings = {key.replace("_", "."): value for key, value in settings.items()}
    return found


def test_the_flag_of_a_process() -> None:
    on, off = process(), process(node_id="3000")
    on.settings = {FLAG: " True "}
    assert (flag_of(on), flag_of(off), flag_of(SILENT)) == (True, False, SILENT)


def test_settings_that_could_not_be_read_are_not_off() -> None:
    assert flag_of(process()) == Unknown("its process runs, but its settings could not be read")


@pytest.mark.parametrize(
    ("flags", "everywhere", "off"),
    [
        ({}, False, []),
        ({"c-0": True, "c-1": True}, True, []),
        ({"c-0": True, "c-1": SILENT}, False, []),
        ({"c-0": True, "c-1": False}, False, ["c-1"]),
        ({"c-0": True, "c-1": DOWN}, True, []),
        ({"c-0": DOWN, "c-1": DOWN}, False, []),
    ],
)
def test_on_everywhere_needs_every_controller_that_runs(flags: Any, everywhere: bool, off: list[str]) -> None:
    cluster = cluster_with(flags=flags)
    assert flag_on_everywhere(cluster) is everywhere
    assert flags_off(cluster) == off
