# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a cluster is: each state from the evidence that proves it, and MIXED from everything that proves nothing."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import NotRunning, Unknown

SILENT = Unknown("the exec failed")
ZK, MIG, KRAFT = state.MODE_ZOOKEEPER, state.MODE_MIGRATING, state.MODE_KRAFT


def modes(*of: Any) -> Any:
    return {f"kafka-{number}": mode for number, mode in enumerate(of)}


def flags(*of: Any) -> Any:
    return {f"kafka-kraft-{number}": flag for number, flag in enumerate(of)}


def derived(*brokers: Any, controllers: Any = (), **more: Any) -> Any:
    return state.derive(state.Evidence(modes(*brokers), flags(*controllers), **more))


@pytest.mark.parametrize(
    ("settings", "mode"),
    [
        ({}, state.MODE_UNKNOWN),
        ({"broker.id": "1"}, ZK),
        ({"zookeeper.metadata.migration.enable": "false"}, ZK),
        ({"zookeeper.metadata.migration.enable": " TRUE "}, MIG),
        ({"process.roles": "broker", "zookeeper.metadata.migration.enable": "true"}, KRAFT),
        ({"process.roles": " , ", "broker.id": "1"}, ZK),
    ],
)
def test_the_mode_of_a_process(settings: Any, mode: Any) -> None:
    assert state.mode_of(settings) == mode


def test_zookeeper() -> None:
    found = derived(ZK, ZK, kraft_holds_controller=False)
    assert (found.name, found.reason) == (state.ZOOKEEPER, "no KRaft controller runs, the brokers use ZooKeeper")


@pytest.mark.parametrize(("brokers", "count"), [((ZK, ZK), 0), ((ZK, MIG), 1)])
def test_premigration_while_a_broker_holds_the_controller(brokers: Any, count: Any) -> None:
    found = derived(*brokers, controllers=(True, True, True), kraft_holds_controller=False)
    assert found.name == state.PREMIGRATION
    assert f"{count} of 2 brokers in migrating mode" in found.reason


def test_hybrid_needs_the_controller_znode_and_the_copy_and_every_broker() -> None:
    seen = {"controllers": (True,), "kraft_holds_controller": True, "migration_offset": 7}
    assert derived(MIG, MIG, **seen).name == state.HYBRID
    copying = derived(MIG, MIG, **{**seen, "migration_offset": None})
    assert (copying.name, "the metadata copy is not complete" in copying.reason) == (state.MIXED, True)
    assert derived(MIG, MIG, **{**seen, "migration_offset": 0}).name == state.MIXED
    unflagged = derived(MIG, ZK, **seen)
    assert (unflagged.name, unflagged.reason[-7:]) == (state.MIXED, "kafka-1")


def test_a_roll_to_kraft_is_mixed_and_names_who_is_left() -> None:
    found = derived(KRAFT, MIG, KRAFT, controllers=(True,), kraft_holds_controller=True, migration_offset=9)
    assert (found.name, found.reason) == (
        state.MIXED,
        "broker roll to KRaft under way: still in ZooKeeper mode: kafka-1",
    )


def test_pure_dual_write_and_finalized() -> None:
    assert derived(KRAFT, KRAFT, controllers=(True, True, True)).name == state.PURE
    assert derived(KRAFT, KRAFT, controllers=(False, False, False)).name == state.FINALIZED
    assert derived(KRAFT, KRAFT).name == state.FINALIZED


@pytest.mark.parametrize(("held", "offset"), [(False, None), (False, -1), (True, -1), (True, None), (False, 7)])
def test_brokers_in_kraft_mode_are_not_in_dual_write_when_zookeeper_shows_no_copy(held: bool, offset: Any) -> None:
    """Seen: controllers on the volumes of an earlier attempt write nothing to ZooKeeper, and the operator goes on all the same."""
    found = derived(KRAFT, KRAFT, controllers=(True,), kraft_holds_controller=held, migration_offset=offset)
    assert found.name == state.MIXED
    assert "ZooKeeper shows that nothing was copied" in found.reason
    rolling = derived(KRAFT, MIG, controllers=(True,), kraft_holds_controller=held, migration_offset=offset)
    assert rolling.name == state.MIXED
    assert state.NOTHING_COPIED in rolling.reason
    final = derived(KRAFT, controllers=(False,), kraft_holds_controller=held, migration_offset=offset)
    assert final.name == state.FINALIZED


def test_brokers_in_kraft_mode_are_in_dual_write_when_zookeeper_shows_the_copy() -> None:
    found = derived(KRAFT, controllers=(True,), kraft_holds_controller=True, migration_offset=7)
    assert found.name == state.PURE


def test_a_controller_roll_names_both_sides() -> None:
    found = derived(KRAFT, controllers=(True, False, False, SILENT))
    assert found.name == state.MIXED
    assert found.reason == (
        "controller roll under way: the migration flag is on in kafka-kraft-0, off in kafka-kraft-1, kafka-kraft-2"
    )


@pytest.mark.parametrize("flag", [True, False])
@pytest.mark.parametrize("unread", [SILENT, NotRunning("the pod does not exist")])
def test_neither_pure_nor_finalized_while_a_controller_could_not_be_read(flag: bool, unread: Any) -> None:
    """A controller that cannot be read may have the flag, or have lost it."""
    found = derived(KRAFT, KRAFT, controllers=(flag, unread, flag))
    assert found.name == state.MIXED
    assert found.reason == f"only 2 of 3 controllers could be read (kafka-kraft-1: {unread.why})"


def test_controllers_that_do_not_run_are_no_premigration() -> None:
    down = NotRunning("the pod does not exist")
    assert derived(ZK, controllers=(down, down), kraft_holds_controller=False).name == state.ZOOKEEPER
    found = derived(ZK, controllers=(SILENT, down), kraft_holds_controller=False)
    assert (found.name, found.reason[:24]) == (state.PREMIGRATION, "1 KRaft controllers run,")


def test_brokers_that_cannot_be_read_are_never_guessed() -> None:
    assert derived().reason == "not every broker could be read: no broker pod was found"
    found = derived(ZK, state.MODE_UNKNOWN)
    assert (found.name, found.reason) == (state.MIXED, "not every broker could be read: kafka-1")
    found = derived(state.MODE_UNKNOWN, ZK, *[state.MODE_UNKNOWN] * 6, unread={"kafka-2": "it is gone"})
    assert found.reason == (
        "not every broker could be read: kafka-0, kafka-2 (it is gone), kafka-3, kafka-4, kafka-5 and 2 more"
    )


def test_long_lists_are_cut() -> None:
    found = derived(KRAFT, *[MIG] * 8)
    assert found.reason.endswith("kafka-1, kafka-2, kafka-3, kafka-4, kafka-5 and 3 more")


def test_all_states_are_listed() -> None:
    assert len(set(state.STATES)) == 6
