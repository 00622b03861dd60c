# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The records of the metadata log about topics: what there is, who leads it, who is in sync, and settings.

As ``kafka-dump-log`` names their fields, so that :mod:`image_records` adds up either. Beside :mod:`log_records`, since a log may have a
hundred thousand of them, which nobody needs who asks where a migration stands. Schemas: ``TopicRecord.json``, ``PartitionRecord.json``,
``PartitionChangeRecord.json``, ``RemoveTopicRecord.json``, ``ConfigRecord.json`` (Kafka 3.3 to 4.1).
"""

from __future__ import annotations

import base64
import typing as t
from collections.abc import Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.kafka_bytes import Reader
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.log_records import Kinds, decoder

Data = Mapping[str, t.Any]

#: tag of a field of a change to its name, where it is a list of brokers
_LISTS = {0: "isr", 2: "replicas", 3: "removingReplicas", 4: "addingReplicas"}
_LEADER, _RECOVERY = 1, 5
_RECOVERY_OF_PARTITION = 0


def _uuid(reader: Reader) -> str:
    """Return a UUID as Kafka prints it."""
    return base64.urlsafe_b64encode(reader.raw(16)).decode().rstrip("=")


def _brokers(reader: Reader) -> list[int]:
    return reader.compact_array(reader.int32)


def _topic(reader: Reader, _version: int) -> Data:
    return {"name": reader.compact_string() or "", "topicId": _uuid(reader)}


def _remove_topic(reader: Reader, _version: int) -> Data:
    return {"topicId": _uuid(reader)}


def _partition(reader: Reader, version: int) -> Data:
    found: dict[str, t.Any] = {"partitionId": reader.int32(), "topicId": _uuid(reader)}
    for name in ("replicas", "isr", "removingReplicas", "addingReplicas"):
        found[name] = _brokers(reader)
    for name in ("leader", "leaderEpoch", "partitionEpoch"):
        found[name] = reader.int32()
    if version >= 1:
        reader.compact_array(lambda: reader.raw(16))  # directories
    tags = reader.tags()
    if _RECOVERY_OF_PARTITION in tags:
        found["leaderRecoveryState"] = Reader(tags[_RECOVERY_OF_PARTITION]).int8()
    return found


def _change_partition(reader: Reader, _version: int) -> Data:
    found: dict[str, t.Any] = {"partitionId": reader.int32(), "topicId": _uuid(reader)}
    tags = reader.tags()
    found |= {name: _brokers(Reader(tags[tag])) for tag, name in _LISTS.items() if tag in tags}
    if _LEADER in tags:
        found["leader"] = Reader(tags[_LEADER]).int32()
    if _RECOVERY in tags:
        found["leaderRecoveryState"] = Reader(tags[_RECOVERY]).int8()
    return found


def _config(reader: Reader, _version: int) -> Data:
    return {
        "resourceType": reader.int8(),
        "resourceName": reader.compact_string() or "",
        "name": reader.compact_string() or "",
        "value": reader.compact_string(),
    }


KINDS: Kinds = {
    2: ("TOPIC_RECORD", 0, _topic),
    3: ("PARTITION_RECORD", 2, _partition),
    4: ("CONFIG_RECORD", 0, _config),
    5: ("PARTITION_CHANGE_RECORD", 2, _change_partition),
    9: ("REMOVE_TOPIC_RECORD", 0, _remove_topic),
}
payload = decoder(KINDS)
"""Of the records about topics."""
