# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dumps of a metadata log, in the words of kafka-dump-log 3.9.2."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import metadata_records
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.metadata_records import (
    Registration,
    parse_dump,
)

LOG = "Dumping /data/__cluster_metadata-0/00000000000000000000.log"


def record(offset: int, kind: str, **data: Any) -> str:
    payload = json.dumps({"type": kind, "version": 0, "data": data}, separators=(",", ":"))
    return (
        f"| offset: {offset} CreateTime: 1795253127554 keySize: -1 valueSize: 24 sequence: -1 headerKeys: [] "
        f"payload: {payload}"
    )


def register(offset: int, broker: int, *, migrating: bool = True, fenced: bool = True) -> str:
    return record(
        offset,
        "REGISTER_BROKER_RECORD",
        brokerId=broker,
        isMigratingZkBroker=migrating,
        brokerEpoch=offset,
        fenced=fenced,
        inControlledShutdown=False,
    )


def change(offset: int, broker: int, **flags: int) -> str:
    return record(offset, "BROKER_REGISTRATION_CHANGE_RECORD", brokerId=broker, brokerEpoch=1, **flags)


def test_a_migration_as_it_happens() -> None:
    lines = [
        LOG,
        "[2026-11-21 09:29:11,626] INFO Registered kafka:type=kafka.Log4jController MBean (kafka.utils)",
        "Log starting offset: 0",
        "baseOffset: 0 lastOffset: 0 count: 1 baseSequence: -1",
        "| offset: 0 CreateTime: 1 keySize: 4 valueSize: 19 sequence: -1 headerKeys: [] controlType: LEADER_CHANGE(2)",
        record(1, "BEGIN_TRANSACTION_RECORD", name="Bootstrap records"),
        record(2, "FEATURE_LEVEL_RECORD", name="metadata.version", featureLevel=21),
        record(3, "ZK_MIGRATION_STATE_RECORD", zkMigrationState=2),
        record(4, "END_TRANSACTION_RECORD"),
        record(5, "REGISTER_CONTROLLER_RECORD", controllerId=100, zkMigrationReady=True),
        record(6, "NO_OP_RECORD"),
        register(10, 1),
        change(11, 1, fenced=-1),
        record(21, "BEGIN_TRANSACTION_RECORD", name="ZK Migration"),
        register(22, 2),
        record(44, "ZK_MIGRATION_STATE_RECORD", zkMigrationState=1),
        record(45, "END_TRANSACTION_RECORD"),
    ]
    whole = parse_dump(lines, high_watermark=46)
    assert (whole.migration_state, whole.migration_offset) == ("MIGRATION", 44)
    assert whole.brokers == {1: Registration(False, True, 10), 2: Registration(True, True, 22)}
    assert whole.controllers == {100: True}
    assert whole.features == {"metadata.version": 21}
    assert whole.problems == ()
    # Without the end of the transaction, the copy never happened.
    part = parse_dump(lines, high_watermark=45)
    assert part.migration_state == "PRE_MIGRATION"
    assert set(part.brokers) == {1}
    assert part.problems == ("a metadata transaction with 2 known records is open; they do not count",)


def test_without_a_high_watermark_everything_counts() -> None:
    assert parse_dump([LOG, register(5, 1)], high_watermark=None).brokers == {1: Registration(True, True, 5)}


def test_uncommitted_records_do_not_count() -> None:
    lines = [LOG, register(5, 1, migrating=False), change(7, 1, fenced=-1)]
    assert parse_dump(lines, high_watermark=7).brokers[1].fenced
    assert not parse_dump(lines, high_watermark=8).brokers[1].fenced


def test_an_aborted_transaction_leaves_nothing() -> None:
    lines = [
        LOG,
        record(1, "BEGIN_TRANSACTION_RECORD"),
        record(2, "ZK_MIGRATION_STATE_RECORD", zkMigrationState=1),
        record(3, "ABORT_TRANSACTION_RECORD", reason="x"),
    ]
    assert parse_dump(lines, high_watermark=None) == metadata_records.MetadataLog({}, {}, None, {})


def test_an_end_without_a_begin_is_harmless() -> None:
    assert parse_dump([LOG, record(1, "END_TRANSACTION_RECORD")], high_watermark=None).problems == ()


def test_checkpoint_then_log() -> None:
    lines = [
        "Dumping /data/__cluster_metadata-0/00000000000000000100-0000000003.checkpoint",
        register(0, 1, migrating=False, fenced=False),
        record(700, "ZK_MIGRATION_STATE_RECORD", zkMigrationState=3),
        LOG,
        register(50, 1),
        change(100, 1, inControlledShutdown=1),
    ]
    state = parse_dump(lines, high_watermark=101)
    assert state.brokers == {1: Registration(False, False, 0, in_controlled_shutdown=True)}
    assert (state.migration_state, state.migration_offset) == ("POST_MIGRATION", -1)


def test_flags_come_and_go() -> None:
    lines = [
        LOG,
        register(1, 1),
        record(2, "UNFENCE_BROKER_RECORD", id=1, epoch=1),
        change(3, 1, inControlledShutdown=1),
        change(4, 1, inControlledShutdown=-1),
        record(5, "FENCE_BROKER_RECORD", id=1, epoch=1),
        register(6, 2),
        record(7, "UNREGISTER_BROKER_RECORD", brokerId=2, brokerEpoch=6),
        record(8, "UNREGISTER_BROKER_RECORD", brokerId=3, brokerEpoch=6),
        change(9, 4, fenced=1),
        record(10, "ZK_MIGRATION_STATE_RECORD", zkMigrationState=9),
        "Error at 11, skipping. Could not decode canary",
    ]
    state = parse_dump(lines, high_watermark=None)
    assert state.brokers == {1: Registration(True, True, 1)}
    assert state.migration_state == "9"
    assert (
        state.problems
        == ("the tool could not decode the record at offset 11", "broker 4 changed without a registration")[::-1]
    )


def test_files() -> None:
    logs = ["00000000000000000000.log", "00000000000000000090.log", "00000000000000000200.log"]
    noise = ["00000000000000000000.index", "quorum-state", "partition.metadata", "x.checkpoint.part"]
    assert metadata_records.choose_files([*noise, *reversed(logs)]) == logs
    old, new = "00000000000000000050-0000000001.checkpoint", "00000000000000000100-0000000003.checkpoint"
    assert metadata_records.choose_files([new, *noise, old, *logs]) == [new, *logs[1:]]
    assert metadata_records.choose_files([new, "00000000000000000100.log", logs[0]]) == [
        new,
        "00000000000000000100.log",
    ]
    assert metadata_records.choose_files([]) == []


def test_the_filter_keeps_what_the_parser_wants() -> None:
    assert "REGISTER_CONTROLLER_RECORD" in metadata_records.KEEP
    assert "NO_OP_RECORD" not in metadata_records.KEEP
