# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the controllers are ready for the copy, and when a rollback is no longer possible."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import Quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import controllers_ready, point_of_no_return

from tests.unit.plugins.module_utils.scenes import cluster_with


def quorum(*states: str) -> Quorum:
    return Quorum(
        3000, 1, 9, {3000: 0, 3001: 0, 3002: 0}, "jolokia", dict(zip((3000, 3001, 3002), states, strict=False))
    )


@pytest.mark.parametrize(
    ("flags", "leader", "states", "past"),
    [
        ((True, True, True), 3000, ("MIGRATION",) * 3, False),
        ((True, False, True), 3000, ("MIGRATION",) * 3, False),
        ((True, False, True), 3001, ("MIGRATION",) * 3, True),
        # another one leads since; and the flag was written back everywhere
        ((True, False, True), 3000, ("POST_MIGRATION",) * 3, True),
        ((True, True, True), 3000, ("POST_MIGRATION",) * 3, True),
        # no majority: the record may be where it was
        ((True, False, True), None, ("MIGRATION",) * 3, None),
        ((True, False, True), None, (), None),
        ((True, False, True), None, ("POST_MIGRATION",), True),
    ],
)
def test_the_point_of_no_return(
    flags: tuple[bool, ...],
    leader: int | None,
    states: tuple[str, ...],
    past: bool | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rule 1: the first active controller without the flag, whoever leads afterwards."""
    asked = []

    def read(_cluster: Any, *, migration: bool = False) -> Quorum:
        asked.append(migration)
        found = dataclasses.replace(quorum(*states), leader=leader)
        return found if migration else dataclasses.replace(found, migration_states={})

    monkeypatch.setattr(point_of_no_return, "read_quorum", read)
    cluster: Any = cluster_with(flags={f"kafka-kraft-{number}": flag for number, flag in enumerate(flags)})
    assert point_of_no_return.passed(cluster) is past
    # the log is asked last: it costs a JVM start where there is no Jolokia
    assert asked[0] is False
    assert point_of_no_return.passed(cluster_with(controllers=None)) is False


@pytest.mark.parametrize(
    ("states", "text"),
    [
        # seen with Kafka 3.9.2 on a busy machine: what a controller reports before it has looked at the log
        (
            ("PRE_MIGRATION", "NONE", "PRE_MIGRATION"),
            "controllers [3001] report ZkMigrationState NONE; if that persists,",
        ),
        (("PRE_MIGRATION", "PRE_MIGRATION"), "controllers [3002] are not in PRE_MIGRATION yet"),
        (("PRE_MIGRATION", "POST_MIGRATION", "MIGRATION"), "controllers [3001] are not in PRE_MIGRATION yet"),
        (("PRE_MIGRATION", "MIGRATION", "MIGRATION"), ""),
    ],
)
def test_what_is_waited_for(states: tuple[str, ...], text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controllers_ready, "_driver_waits", lambda _cluster, _quorum: "")
    cluster: Any = cluster_with()
    said = controllers_ready.not_ready_for_migration(cluster, quorum(*states))
    assert said.startswith(text)
    assert bool(said) == bool(text)
