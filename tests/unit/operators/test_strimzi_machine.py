# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state machine of the double of Strimzi, beside the tables of the reference."""

from __future__ import annotations

import pytest

from tests.operators.strimzi import machine, messages, names
from tests.operators.strimzi.names import (
    DISABLED,
    DUAL_WRITING,
    ENABLED,
    IN_KRAFT,
    MIGRATING,
    MIGRATION,
    POST_MIGRATION,
    PRE_KRAFT,
    ROLLBACK,
    ZOOKEEPER,
    Phase,
)

VALUES = (DISABLED, MIGRATION, ROLLBACK, ENABLED, "migrating")
#: state -> phase for each of VALUES, None = an exception
PHASES = {
    ZOOKEEPER: (0, 1, 0, 0, 0),
    MIGRATING: (0, 2, 0, 0, 0),
    DUAL_WRITING: (0, 3, 2, None, None),
    POST_MIGRATION: (3, 3, 2, 4, 3),
    PRE_KRAFT: (4,) * 5,
    IN_KRAFT: (4,) * 5,
}
#: state -> next state for each of VALUES when the copy is done; "" = stays
MOVES = {
    ZOOKEEPER: ("", MIGRATING, "", "", ""),
    MIGRATING: (ZOOKEEPER, DUAL_WRITING, "", "", ""),
    DUAL_WRITING: (ZOOKEEPER, POST_MIGRATION, "", "", ""),
    POST_MIGRATION: ("", "", DUAL_WRITING, PRE_KRAFT, ""),
    PRE_KRAFT: ("", "", "", IN_KRAFT, ""),
    IN_KRAFT: ("", "", "", "", ""),
}


@pytest.mark.parametrize("state", PHASES)
@pytest.mark.parametrize("number", range(len(VALUES)))
def test_phase(state: str, number: int) -> None:
    wanted, value = PHASES[state][number], VALUES[number]
    if wanted is None:
        with pytest.raises(
            machine.InvalidStateError, match=rf"state \[{state}\] with strimzi.io/kraft annotation \[{value}\]"
        ):
            machine.phase(state, value)
    else:
        assert machine.phase(state, value) == Phase(wanted)


@pytest.mark.parametrize("state", MOVES)
@pytest.mark.parametrize("number", range(len(VALUES)))
def test_move(state: str, number: int) -> None:
    assert machine.following(state, VALUES[number], copied=True).state == (MOVES[state][number] or state)


def test_the_copy_has_to_be_done_on_the_way_forward_alone() -> None:
    assert machine.following(MIGRATING, MIGRATION, copied=False).state == MIGRATING
    assert machine.following(POST_MIGRATION, ROLLBACK, copied=False).state == DUAL_WRITING


@pytest.mark.parametrize("state", names.STATES)
def test_stuck_in_each_state(state: str) -> None:
    for value in VALUES:
        assert machine.following(state, value, copied=True, stuck=state).state == state
    other = next(one for one in names.STATES if one != state and any(MOVES[one]))
    value = VALUES[next(n for n, after in enumerate(MOVES[other]) if after)]
    assert machine.following(other, value, copied=True, stuck=state).state != other


#: word for word as they were seen
SEEN = {
    (
        ZOOKEEPER,
        ENABLED,
    ): "The strimzi.io/kraft annotation can't be set to 'enabled' because the cluster is ZooKeeper-based. "
    "If you want to migrate it to be KRaft-based apply the 'migration' value instead.",
    (DUAL_WRITING, ROLLBACK): "The strimzi.io/kraft annotation can't be set to 'rollback' during dual writing. "
    "It can be used in post migration to start rollback process.",
    (
        POST_MIGRATION,
        MIGRATION,
    ): "The strimzi.io/kraft annotation can't be set to 'migration' or 'disabled' in the post-migration. "
    "You can use 'rollback' value to come back to ZooKeeper. Use the 'enabled' value to finalize migration instead.",
    (IN_KRAFT, DISABLED): "The strimzi.io/kraft annotation can't be set to 'migration', 'rollback' or 'disabled' "
    "because the cluster is already KRaft.",
}


@pytest.mark.parametrize(("state", "value"), SEEN)
def test_warnings_that_were_seen(state: str, value: str) -> None:
    assert machine.following(state, value, copied=True).warning == SEEN[state, value]


@pytest.mark.parametrize(
    ("state", "value", "part"),
    [
        (
            ZOOKEEPER,
            ROLLBACK,
            "can't be set to 'rollback' because the cluster is already ZooKeeper-based. There is no migration",
        ),
        (MIGRATING, ENABLED, "during a migration process"),
        (MIGRATING, ROLLBACK, "during a migration process"),
        (POST_MIGRATION, DISABLED, "in the post-migration"),
        (PRE_KRAFT, ROLLBACK, "in the pre-kraft"),
        (IN_KRAFT, "migrating", "because the cluster is already KRaft"),
    ],
)
def test_warnings_known_in_part(state: str, value: str, part: str) -> None:
    assert part in messages.state_warning(state, value)
    assert part.replace("'rollback'", "rollback") in messages.state_warning(state, value, "0.40.0")


@pytest.mark.parametrize(
    ("state", "value"),
    [(ZOOKEEPER, "migrating"), (ZOOKEEPER, DISABLED), (ZOOKEEPER, MIGRATION), (MIGRATING, MIGRATION), (DUAL_WRITING, MIGRATION),
     (POST_MIGRATION, ENABLED), (POST_MIGRATION, ROLLBACK), (POST_MIGRATION, "migrating"), (PRE_KRAFT, ENABLED), (IN_KRAFT, ENABLED)],
)  # fmt: skip
def test_silence(state: str, value: str) -> None:
    assert messages.state_warning(state, value) == ""


def test_the_annotation_is_read_in_any_case_and_means_disabled_when_it_is_not_there() -> None:
    assert machine.value_of({"metadata": {"annotations": {names.KRAFT: "Migration"}}}) == MIGRATION
    assert machine.value_of({"metadata": {}}) == DISABLED


def test_state_without_a_status() -> None:
    assert names.state_of({"metadata": {}}) == ZOOKEEPER
    assert names.state_of({"metadata": {"annotations": {names.KRAFT: ENABLED}}}) == IN_KRAFT
    assert (
        names.state_of(
            {"metadata": {"annotations": {names.KRAFT: ENABLED}}, "status": {"kafkaMetadataState": PRE_KRAFT}}
        )
        == PRE_KRAFT
    )


def test_znodes_are_deleted_on_the_way_from_dual_writing_alone() -> None:
    found = [(s, v) for s in names.STATES for v in VALUES if machine.rolling_back(s, v)]
    assert found == [(DUAL_WRITING, DISABLED)]


@pytest.mark.parametrize(
    ("answers", "done"),
    [([1, 2, 2], True), ([2, 1, 1], False), ([None, 1], True), ([-1, 1], True), ([-1, 2], False), ([3], False), ([4], False), ([0], False),
     ([None, -1], None), ([], None)],
)  # fmt: skip
def test_the_first_controller_that_answers_decides(answers: list[int | None], done: bool | None) -> None:
    assert machine.copied(answers) is done
