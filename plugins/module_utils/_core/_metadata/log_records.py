# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the batches of the KRaft metadata log, as the leader sends them, for the records that say where a migration stands.

The result is what ``kafka-dump-log`` prints of them, so that :mod:`metadata_records` adds up either. Record schemas:
``metadata/src/main/resources/common/metadata/*.json``. A version that is newer than those known here is no guess but an error:
the tool of the same Kafka knows it.
"""

from __future__ import annotations

import struct
import typing as t
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.kafka_bytes import Malformed, Reader

#: base offset, size of what follows
_HEAD = struct.Struct(">qi")
#: leader epoch, magic, CRC, attributes, last offset delta, two times, producer id and epoch, sequence, count
_BATCH = struct.Struct(">ibIhiqqqhii")
_MAGIC = 2
_COMPRESSED, _CONTROL = 0x07, 0x20


Fields = Callable[[Reader, int], Mapping[str, t.Any]]
"""Reads the fields of a record of some version."""

Kinds = Mapping[int, tuple[str, int, Fields]]
"""API key of a record: its type, the newest version that is known here, and what reads its fields."""

Decode = Callable[[bytes], "dict[str, t.Any] | None"]
"""Makes of a record its type and fields, or None of one that nobody asked for."""


@dataclass(frozen=True)
class Batch:
    """The records of a batch by offset; none of a control batch (an election, the head and the foot of a checkpoint).

    :ivar last: offset of its last record.
    :ivar epoch: leader epoch of the batch.
    """

    last: int
    epoch: int
    values: tuple[tuple[int, bytes], ...]


def batches(data: bytes) -> Iterator[Batch]:
    """Yield the batches; one that is cut off at the end is left out.

    :raises Malformed: when the bytes are no batches, or compressed ones, which the metadata log does not have.
    """
    at = 0
    while at + _HEAD.size <= len(data):
        base, size = _HEAD.unpack_from(data, at)
        begin = at + _HEAD.size
        if size < _BATCH.size:
            raise Malformed(f"a batch of {size} bytes")
        if begin + size > len(data):
            return
        epoch, magic, _crc, attributes, delta, *_rest, count = _BATCH.unpack_from(data, begin)
        if magic != _MAGIC:
            raise Malformed(f"a batch of format {magic}")
        if attributes & _COMPRESSED:
            raise Malformed("a compressed batch")
        at = begin + size
        values = () if attributes & _CONTROL else tuple(_values(data[begin + _BATCH.size : at], base, count))
        yield Batch(base + delta, epoch, values)


def _values(data: bytes, base: int, count: int) -> Iterator[tuple[int, bytes]]:
    """Yield offset and value of each record of a batch. A log may have a hundred thousand: no Reader for each of them."""
    at = 0
    try:
        for _index in range(count):
            size, at = _varint(data, at)
            end = at + size
            _time, at = _varint(data, at + 1)
            delta, at = _varint(data, at)
            key, at = _varint(data, at)
            length, at = _varint(data, at + max(0, key))
            if size < 0 or at + max(0, length) > end or end > len(data):
                raise Malformed("a record is longer than its batch")
            yield base + delta, data[at : at + max(0, length)]
            at = end
    except IndexError:
        raise Malformed(f"a batch ends before its {count} records do") from None


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a VARINT or VARLONG (zigzag) and where it ends."""
    value, shift = 0, 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), at
        shift += 7


def decoder(kinds: Kinds) -> Decode:
    """Return what makes of a record its type and fields, named as ``kafka-dump-log`` names them, or None of one that is none of these kinds.

    What it returns raises Malformed for a record that is newer than what is known here, or no metadata record.

    :param kinds: the records of interest; those of transactions come along.
    """
    wanted = {**_TRANSACTIONS, **kinds}
    #: most records are none of these: their keys, as the one byte that they are
    others = frozenset(bytes([key]) for key in range(128) if key not in wanted)

    def decode(value: bytes) -> dict[str, t.Any] | None:
        if value[:1] == _FRAME and value[1:2] in others:
            return None
        reader = Reader(value)
        frame, key, version = reader.uvarint(), reader.uvarint(), reader.uvarint()
        if frame != 1:
            raise Malformed(f"a metadata record in frame {frame}")
        known = wanted.get(key)
        if known is None:
            return None
        kind, newest, fields = known
        if version > newest:
            raise Malformed(f"{kind} in version {version}, but only versions up to {newest} are known")
        return {"type": kind, "data": fields(reader, version)}

    return decode


def _register_broker(reader: Reader, version: int) -> Mapping[str, t.Any]:
    broker = reader.int32()
    migrating = reader.boolean() if version >= 2 else False
    reader.raw(16)
    epoch = reader.int64()
    reader.compact_array(lambda: _end_point(reader))
    reader.compact_array(lambda: _feature(reader))
    reader.compact_string()
    return {
        "brokerId": broker,
        "isMigratingZkBroker": migrating,
        "brokerEpoch": epoch,
        "fenced": reader.boolean(),
        "inControlledShutdown": reader.boolean() if version >= 1 else False,
    }


def _end_point(reader: Reader) -> None:
    reader.compact_string()
    reader.compact_string()
    reader.raw(4)
    reader.tags()


def _feature(reader: Reader) -> None:
    reader.compact_string()
    reader.raw(4)
    reader.tags()


def _change(reader: Reader, _version: int) -> Mapping[str, t.Any]:
    broker = reader.int32()
    reader.int64()
    tags = reader.tags()
    return {
        "brokerId": broker,
        "fenced": Reader(tags[0]).int8() if 0 in tags else 0,
        "inControlledShutdown": Reader(tags[1]).int8() if 1 in tags else 0,
    }


def _register_controller(reader: Reader, _version: int) -> Mapping[str, t.Any]:
    controller = reader.int32()
    reader.raw(16)
    return {"controllerId": controller, "zkMigrationReady": reader.boolean()}


def _feature_level(reader: Reader, _version: int) -> Mapping[str, t.Any]:
    return {"name": reader.compact_string() or "", "featureLevel": reader.int16()}


def _nothing(_reader: Reader, _version: int) -> Mapping[str, t.Any]:
    return {}


_FRAME = b"\x01"
_TRANSACTIONS: Kinds = {
    23: ("BEGIN_TRANSACTION_RECORD", 0, _nothing),
    24: ("END_TRANSACTION_RECORD", 0, _nothing),
    25: ("ABORT_TRANSACTION_RECORD", 0, _nothing),
}
_KINDS: Kinds = {
    0: ("REGISTER_BROKER_RECORD", 3, _register_broker),
    1: ("UNREGISTER_BROKER_RECORD", 0, lambda reader, _version: {"brokerId": reader.int32()}),
    7: ("FENCE_BROKER_RECORD", 0, lambda reader, _version: {"id": reader.int32()}),
    8: ("UNFENCE_BROKER_RECORD", 0, lambda reader, _version: {"id": reader.int32()}),
    12: ("FEATURE_LEVEL_RECORD", 0, _feature_level),
    17: ("BROKER_REGISTRATION_CHANGE_RECORD", 2, _change),
    21: ("ZK_MIGRATION_STATE_RECORD", 0, lambda reader, _version: {"zkMigrationState": reader.int8()}),
    27: ("REGISTER_CONTROLLER_RECORD", 0, _register_controller),
}
payload = decoder(_KINDS)
"""Of the records that say where a migration stands."""


@dataclass
class Copy:
    """What was read of the log so far: the newest checkpoint, and the batches behind it up to the high watermark.

    Feed it answers, and ask for ``offset`` next, until ``complete``.

    :ivar offset: the next one to ask for.
    :ivar epoch: of the record before it.
    :ivar decode: what is made of a record.
    """

    high_watermark: int
    offset: int = 0
    epoch: int = 0
    records: list[tuple[int, dict[str, t.Any]]] = field(default_factory=list)
    decode: Decode = payload

    @property
    def complete(self) -> bool:
        """Whether everything that is committed is there."""
        return self.offset >= self.high_watermark

    def take_checkpoint(self, data: bytes, end: int, epoch: int) -> None:
        """Take a whole checkpoint, which holds what is committed below ``end``. Its records count as offset -1."""
        self.records = [(-1, found) for batch in batches(data) for _offset, found in self._decoded(batch)]
        self.offset, self.epoch = end, epoch

    def take_log(self, data: bytes) -> None:
        """Take a part of the log; what was there already, and what is not committed, does not count.

        :raises Malformed: when nothing in it leads on, or as :func:`batches` and :func:`payload`.
        """
        before = self.offset
        for batch in batches(data):
            if batch.last < self.offset:
                continue
            self.records += [
                (offset, found) for offset, found in self._decoded(batch) if self.offset <= offset < self.high_watermark
            ]
            self.offset, self.epoch = batch.last + 1, batch.epoch
        if self.offset == before:
            raise Malformed(f"the log ends at offset {before}, but offsets below {self.high_watermark} are committed")

    def _decoded(self, batch: Batch) -> Iterator[tuple[int, dict[str, t.Any]]]:
        for offset, value in batch.values:
            found = self.decode(value)
            if found is not None:
                yield offset, found
