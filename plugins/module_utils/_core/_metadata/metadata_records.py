# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the KRaft metadata log, as its leader sends it or as ``kafka-dump-log.sh --cluster-metadata-decoder`` prints it.

:func:`parse_records` and :func:`parse_dump` look at the few records that say where a migration stands: brokers, controllers, the migration
state, and finalized features (record schemas: ``metadata/src/main/resources/common/metadata/*.json``). Whoever wants
other records (``image_records``) hands :func:`replay` what to do with them.

Three rules decide what counts:

* The log may end with records that the quorum has not committed and may still take back. Records at or above the high
  watermark are left out; whoever has no high watermark cannot trust the end of the log.
* Records between the begin and the end of a metadata transaction (KIP-866; the first copy is one) count when the end
  is there, and never when it was aborted.
* A checkpoint holds committed state only. Its records have numbers of their own, so its name says up to where it
  reaches (its end offset), and records of the log below that are old news.
"""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MIGRATION_STATES = {0: "NONE", 1: "MIGRATION", 2: "PRE_MIGRATION", 3: "POST_MIGRATION", 4: "ZK"}
"""``ZkMigrationState``: the numbers are not in the order in which the states follow each other."""

TRANSACTIONS = ("BEGIN_TRANSACTION_RECORD", "END_TRANSACTION_RECORD", "ABORT_TRANSACTION_RECORD")
"""The records that :func:`replay` itself wants (KIP-866)."""

RECORDS = (
    "REGISTER_BROKER_RECORD",
    "UNREGISTER_BROKER_RECORD",
    "BROKER_REGISTRATION_CHANGE_RECORD",
    "FENCE_BROKER_RECORD",
    "UNFENCE_BROKER_RECORD",
    "REGISTER_CONTROLLER_RECORD",
    "ZK_MIGRATION_STATE_RECORD",
    "FEATURE_LEVEL_RECORD",
    *TRANSACTIONS,
)
"""The records that :func:`parse_dump` wants; whoever filters the output keeps these."""


def keep_pattern(kinds: Iterable[str]) -> str:
    """Return an extended regular expression for the lines that a replay of such records needs."""
    return rf"^Dumping |Error at |\"type\":\"({'|'.join(kinds)})\""


KEEP = keep_pattern(RECORDS)
"""The lines that :func:`parse_dump` needs."""


class Apply(t.Protocol):
    """Takes the type of a record, its fields and its offset (-1 in a checkpoint); returns what is wrong with it, or None."""

    def __call__(self, kind: str, data: Mapping[str, t.Any], offset: int, /) -> str | None:
        """Apply one record."""


_FILE = re.compile(r"^Dumping .*?(?P<offset>\d{20})(?:-\d{10}\.(?P<kind>checkpoint)|\.log)\s*$")
_ERROR = re.compile(r"^Error at (?P<offset>\d*)")
_RECORD = re.compile(r"^\| offset: (?P<offset>\d+) .*?payload: (?P<payload>\{.*\})\s*$")


@dataclass(frozen=True)
class Registration:
    """A broker as the KRaft quorum knows it.

    :ivar fenced: True until it has caught up and says so with its heartbeats.
    :ivar migrating: True for a broker in ZooKeeper mode with the migration flag, False for one in KRaft mode.
    :ivar epoch: broker epoch of this registration.
    """

    fenced: bool
    migrating: bool
    epoch: int = -1
    in_controlled_shutdown: bool = False


@dataclass(frozen=True)
class MetadataLog:
    """What the committed part of the log says.

    :ivar controllers: node id to whether that controller said it is ready for a migration (``zkMigrationReady``).
        Empty before metadata.version 3.7-IV0, which has no such record.
    :ivar migration_state: name of the state, or None when the log has none.
    :ivar migration_offset: offset of the record that says so; -1 when that is in a checkpoint, or nowhere.
    :ivar features: finalized level by feature (``metadata.version``, ``kraft.version``).
    :ivar problems: records that the tool could not decode, and transactions that are still open.
    :ivar why: why it was read by the tool, a JVM start, rather than in Kafka's protocol; empty otherwise.
    """

    brokers: Mapping[int, Registration]
    controllers: Mapping[int, bool]
    migration_state: str | None
    features: Mapping[str, int]
    problems: tuple[str, ...] = ()
    migration_offset: int = -1
    why: str = ""


def parse_dump(lines: Iterable[str], *, high_watermark: int | None) -> MetadataLog:
    """Return the state that a dump of the newest checkpoint and the log behind it adds up to.

    :param lines: with the offsets (no ``--skip-record-metadata``); the checkpoint first, then the segments by offset.
    :param high_watermark: first offset that is not committed; None takes every record, which is right only where
        nothing is being written.
    """
    state = _Replay()
    return state.result(replay(lines, high_watermark=high_watermark, apply=state.apply))


def parse_records(records: Iterable[tuple[int, Mapping[str, t.Any]]]) -> MetadataLog:
    """Return the state that records add up to.

    :param records: offset (-1 in a checkpoint), and type and fields; only what is committed, in order (``log_records.Copy``).
    """
    state = _Replay()
    return state.result(apply_records(records, state.apply))


def apply_records(records: Iterable[tuple[int, Mapping[str, t.Any]]], apply: Apply) -> tuple[str, ...]:
    """Hand on records that the leader sent, those of a transaction at its end; as :func:`replay` does with those of a dump.

    :param records: offset (-1 in a checkpoint), and type and fields; only what is committed, in order (``log_records.Copy``).
    :return: what cannot be trusted: what ``apply`` said, and a transaction that is still open.
    """
    transactions = _Transactions(apply)
    for offset, payload in records:
        transactions.take(payload, offset)
    return transactions.result()


def replay(lines: Iterable[str], *, high_watermark: int | None, apply: Apply) -> tuple[str, ...]:
    """Hand on the records of a dump that count, in order.

    :param lines: as in :func:`parse_dump`, other records and anything else in between included.
    :param high_watermark: first offset that is not committed; None takes every record.
    :return: what cannot be trusted: records that the tool could not decode, what ``apply`` said, and a transaction that
        is still open.
    """
    transactions = _Transactions(apply)
    covered, in_checkpoint = -1, False
    for line in lines:
        head = _FILE.match(line)
        if head:
            in_checkpoint = head["kind"] is not None
            if in_checkpoint:
                covered = max(covered, int(head["offset"]))
            continue
        error = _ERROR.match(line)
        if error:
            # the rest of the line is about what the record holds
            transactions.problems.append(f"the tool could not decode the record at offset {error['offset']}")
            continue
        match = _RECORD.match(line)
        if match is None:
            continue
        offset = -1 if in_checkpoint else int(match["offset"])
        if not in_checkpoint and (offset < covered or (high_watermark is not None and offset >= high_watermark)):
            continue
        transactions.take(json.loads(match["payload"]), offset)
    return transactions.result()


def choose_files(names: Iterable[str]) -> list[str]:
    """Return the files to dump, in order: the newest checkpoint and the segments that reach beyond it.

    A segment is needed unless the next one starts at or below the end of the checkpoint.
    """
    names = list(names)
    checkpoints = sorted(name for name in names if re.fullmatch(r"\d{20}-\d{10}\.checkpoint", name))
    segments = sorted(name for name in names if re.fullmatch(r"\d{20}\.log", name))
    if not checkpoints:
        return segments
    end = int(checkpoints[-1][:20])
    following = [*segments[1:], None]
    needed = [name for name, after in zip(segments, following, strict=True) if after is None or int(after[:20]) > end]
    return [checkpoints[-1], *needed]


@dataclass
class _Transactions:
    """Holds records back until the end of their transaction."""

    apply: Apply
    problems: list[str] = field(default_factory=list)
    pending: list[tuple[str, Mapping[str, t.Any], int]] | None = None

    def take(self, payload: Mapping[str, t.Any], offset: int) -> None:
        kind, data = str(payload.get("type", "")), payload.get("data") or {}
        if kind == "BEGIN_TRANSACTION_RECORD":
            self.pending = []
        elif kind == "ABORT_TRANSACTION_RECORD":
            self.pending = None
        elif kind == "END_TRANSACTION_RECORD":
            for each in self.pending or ():
                self._apply(*each)
            self.pending = None
        elif self.pending is not None:
            self.pending.append((kind, data, offset))
        else:
            self._apply(kind, data, offset)

    def result(self) -> tuple[str, ...]:
        if self.pending is None:
            return tuple(self.problems)
        known = len(self.pending)
        return (*self.problems, f"a metadata transaction with {known} known records is open; they do not count")

    def _apply(self, kind: str, data: Mapping[str, t.Any], offset: int) -> None:
        problem = self.apply(kind, data, offset)
        if problem is not None:
            self.problems.append(problem)


@dataclass
class _Replay:
    brokers: dict[int, Registration] = field(default_factory=dict)
    controllers: dict[int, bool] = field(default_factory=dict)
    features: dict[str, int] = field(default_factory=dict)
    migration_state: str | None = None
    migration_offset: int = -1

    def result(self, problems: tuple[str, ...]) -> MetadataLog:
        return MetadataLog(
            brokers=dict(sorted(self.brokers.items())),
            controllers=dict(sorted(self.controllers.items())),
            migration_state=self.migration_state,
            features=dict(self.features),
            problems=problems,
            migration_offset=self.migration_offset,
        )

    def apply(self, kind: str, data: Mapping[str, t.Any], offset: int) -> str | None:
        if kind == "REGISTER_BROKER_RECORD":
            self.brokers[int(data["brokerId"])] = Registration(
                fenced=bool(data.get("fenced", True)),
                migrating=bool(data.get("isMigratingZkBroker", False)),
                epoch=int(data.get("brokerEpoch", -1)),
                in_controlled_shutdown=bool(data.get("inControlledShutdown", False)),
            )
        elif kind == "UNREGISTER_BROKER_RECORD":
            self.brokers.pop(int(data["brokerId"]), None)
        elif kind == "BROKER_REGISTRATION_CHANGE_RECORD":
            return self._change(
                int(data["brokerId"]), int(data.get("fenced", 0)), int(data.get("inControlledShutdown", 0))
            )
        elif kind in ("FENCE_BROKER_RECORD", "UNFENCE_BROKER_RECORD"):
            return self._change(int(data["id"]), 1 if kind == "FENCE_BROKER_RECORD" else -1, 0)
        elif kind == "REGISTER_CONTROLLER_RECORD":
            self.controllers[int(data["controllerId"])] = bool(data.get("zkMigrationReady", False))
        elif kind == "ZK_MIGRATION_STATE_RECORD":
            number = int(data["zkMigrationState"])
            self.migration_state, self.migration_offset = MIGRATION_STATES.get(number, str(number)), offset
        elif kind == "FEATURE_LEVEL_RECORD":
            self.features[str(data["name"])] = int(data["featureLevel"])
        return None

    def _change(self, broker: int, fenced: int, shutdown: int) -> str | None:
        """Apply a change of a registration: 1 sets a flag, -1 takes it away, 0 leaves it."""
        old = self.brokers.get(broker)
        if old is None:
            return f"broker {broker} changed without a registration"
        self.brokers[broker] = Registration(
            fenced=old.fenced if fenced == 0 else fenced > 0,
            migrating=old.migrating,
            epoch=old.epoch,
            in_controlled_shutdown=old.in_controlled_shutdown if shutdown == 0 else shutdown > 0,
        )
        return None
