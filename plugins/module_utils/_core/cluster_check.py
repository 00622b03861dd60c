# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the check of a cluster asks for, what counts as served, shrunk, recovered and lost, and how it is told. Pure.

Private to the collection.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rolling
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rolling import Partition, Replicas

NOT_SERVED, LOST, NOT_RECOVERED, UNSAFE = (
    "check-not-served",
    "check-records-lost",
    "check-not-recovered",
    "check-unsafe",
)
OPTIONS, LEFT = "check-options", "check-topic-left"

PREFIX = "kraft-check-"
#: characters of a topic's name behind the prefix, and how many
LETTERS, LENGTH = "abcdefghijklmnopqrstuvwxyz0123456789", 6
TOPIC = re.compile(rf"{PREFIX}[a-z0-9]{{{LENGTH}}}")
#: replicas of the topic if nobody says how many
FACTOR = 3
#: brokers below which none is taken away
ENOUGH = 3
MOST_PARTITIONS, MOST_RECORDS = 100, 10_000
#: keys of records for each partition, so that each gets some
KEYS = 20
#: records that are named in a sentence
NAMED = 5
#: lines of the producer that count, and values of records as the consumer prints them
SAID, VALUE = '"name":"producer_send_', r"^[0-9]+[.][0-9]+$"


@dataclass(frozen=True)
class Wanted:
    """The topic of a check and its records.

    :ivar factor: replicas of each partition.
    :ivar min_isr: its min.insync.replicas: one replica may be away.
    """

    partitions: int
    factor: int
    min_isr: int
    records: int

    @property
    def text(self) -> str:
        """For a person."""
        return f"{_count(self.partitions, 'partition')}, replication factor {self.factor} and min.insync.replicas {self.min_isr}"


def wanted(partitions: int, factor: int | None, records: int, *, brokers: int, disrupt: bool) -> Wanted:
    """Return what is to be made.

    :param factor: None: three, or as many as there are brokers if these are fewer.
    :param brokers: how many there are.
    :raises Unsupported: ``check-options`` for numbers that make no sense here.
    """
    replicas = min(FACTOR, brokers) if factor is None else factor
    wrong = _wrong(partitions, replicas, records, brokers=brokers, disrupt=disrupt)
    if wrong:
        raise Unsupported(wrong, code=OPTIONS)
    return Wanted(partitions, replicas, max(replicas - 1, 1), records)


def _wrong(partitions: int, replicas: int, records: int, *, brokers: int, disrupt: bool) -> str:
    if not 1 <= partitions <= MOST_PARTITIONS:
        return f"kraft_check_partitions is {partitions}; set it to a number from 1 to {MOST_PARTITIONS}"
    if not 1 <= records <= MOST_RECORDS:
        return f"kraft_check_records is {records}; set it to a number from 1 to {MOST_RECORDS}"
    if not 1 <= replicas <= max(brokers, 1):
        return f"kraft_check_replication_factor is {replicas}; there are {brokers} brokers, so set it to a number from 1 to {brokers}"
    if disrupt and brokers > 1 and replicas < 2:
        return (
            f"kraft_check_replication_factor is {replicas}: without a second replica the topic cannot survive a broker; set it to 2 or more, or leave "
            "kraft_check_disrupt out"
        )
    return ""


def leftovers(partitions: Iterable[Partition], own: str = "") -> list[str]:
    """Return the topics that other checks have left, or have now: their names are those of a check, and not ``own``."""
    return sorted({topic for topic, _number in partitions if TOPIC.fullmatch(topic)} - {own})


def of_topic(partitions: Mapping[Partition, Replicas], topic: str) -> dict[int, Replicas]:
    """Return the partitions of one topic by number."""
    return {number: each for (name, number), each in sorted(partitions.items()) if name == topic}


def not_served(found: Mapping[int, Replicas], asked: Wanted) -> str:
    """Return why the topic of a check is not served by every replica, or an empty string."""
    if len(found) < asked.partitions:
        return f"{len(found)} of {_count(asked.partitions, 'partition')} exist"
    for number, each in found.items():
        if len(set(each.replicas)) != asked.factor:
            return (
                f"partition {number} is on brokers {_ids(each.replicas)}, which are not {asked.factor} different ones"
            )
        if each.leader < 0 or set(each.isr) != set(each.replicas):
            return _lacks(f"partition {number}", each)
    return ""


def not_shrunk(now: Mapping[int, Replicas], before: Mapping[int, Replicas], broker: int) -> str:
    """Return which partition does not go without a broker yet, or an empty string.

    The ISR has to be exactly the others, led by one of them. One that has it again counts when it was changed twice since: it shrank and
    grew between two looks.
    """
    for number, was in before.items():
        if broker not in was.replicas:
            continue
        found = now.get(number)
        if found is None:
            return f"partition {number} is gone"
        if not (_without(found, was, broker) or recovered(found, was)):
            return f"partition {number}: leader {_leader(found)}, ISR {_ids(found.isr)}"
    return ""


def _without(now: Replicas, was: Replicas, broker: int) -> bool:
    others = set(was.replicas) - {broker}
    return set(now.isr) == others and now.leader in others


def recovered(now: Replicas, was: Replicas) -> bool:
    """Whether an ISR shrank and is complete again, by how often the partition was changed."""
    return was.epoch >= 0 and now.epoch >= was.epoch + 2 and set(now.isr) == set(now.replicas) and now.leader >= 0


def not_complete(partitions: Mapping[Partition, Replicas]) -> str:
    """Return which partitions of the cluster have no leader or lack a replica, or an empty string."""
    lacking = [
        (f"{topic}-{number}", each)
        for (topic, number), each in sorted(partitions.items())
        if each.leader < 0 or set(each.replicas) - set(each.isr)
    ]
    if not lacking:
        return ""
    more = f", and {len(lacking) - 1} more partitions" if len(lacking) > 1 else ""
    return _lacks(*lacking[0]) + more


def unsafe(partitions: Mapping[Partition, Replicas], broker: int) -> str:
    """Return which partitions could not spare a broker, or an empty string. Safety rule 4 of docs/architecture.md."""
    lacking = not_complete(partitions)
    if lacking:
        return f"{lacking}: one replica at a time"
    low = rolling.endangered(partitions, broker)
    if low:
        return f"{rolling.named(low)} would fall below min.insync.replicas, or have no leader, without broker {broker}"
    return ""


@dataclass(frozen=True)
class Acks:
    """What a producer was told.

    :ivar values: the records that are acknowledged.
    :ivar ends: partition to the offset behind its last acknowledged record.
    :ivar errors: why others were not, each once.
    """

    values: frozenset[str] = frozenset()
    ends: Mapping[int, int] = field(default_factory=dict, hash=False)
    errors: tuple[str, ...] = ()

    def plus(self, other: Acks) -> Acks:
        """Return both together."""
        ends = dict(self.ends)
        for number, end in other.ends.items():
            ends[number] = max(end, ends.get(number, 0))
        return Acks(self.values | other.values, ends, (*self.errors, *other.errors))

    @property
    def written(self) -> int:
        """How many records the partitions have, up to the last one of each that is acknowledged."""
        return sum(self.ends.values())


def acks_of(output: str) -> Acks:
    """Return what ``kafka-verifiable-producer`` printed: one line of JSON for each record. Other lines are left out."""
    values, errors = set(), dict[str, None]()
    ends: dict[int, int] = {}
    for line in output.splitlines():
        try:
            said = json.loads(line)
            kind = said["name"]
            if kind == "producer_send_success":
                values.add(str(said["value"]))
                number, offset = int(said["partition"]), int(said["offset"])
                ends[number] = max(ends.get(number, 0), offset + 1)
            elif kind == "producer_send_error":
                errors[str(said.get("message") or said.get("exception") or "no reason given")] = None
        except (ValueError, KeyError, TypeError):
            continue
    return Acks(frozenset(values), ends, tuple(errors))


def refused(acks: Acks, records: int) -> str:
    """Return that not every record was acknowledged, and why, or an empty string."""
    if len(acks.values) >= records:
        return ""
    why = f": {acks.errors[0]}" if acks.errors else ""
    return f"{len(acks.values)} of {records} records were acknowledged with acks=all{why}"


def lost(acks: Acks, read: Collection[str]) -> list[str]:
    """Return the acknowledged records that were not read back."""
    return sorted(acks.values - set(read), key=lambda value: [int(part) for part in value.split(".")])


def lost_sentence(missing: Sequence[str], acks: Acks) -> str:
    """Say that acknowledged records are not there."""
    shown = ", ".join(missing[:NAMED]) + (" ..." if len(missing) > NAMED else "")
    return f"{len(missing)} of {len(acks.values)} acknowledged records could not be read back ({shown})"


def rows(found: Mapping[int, Replicas]) -> list[dict[str, Any]]:
    """Return the partitions of a topic for a result."""
    return [
        {"partition": number, "leader": each.leader, "isr": sorted(each.isr), "replicas": list(each.replicas)}
        for number, each in sorted(found.items())
    ]


def lines(found: Mapping[int, Replicas]) -> list[str]:
    """Return the partitions of a topic for a terminal."""
    return [
        f"partition {number}: leader {_leader(each)}, ISR {_ids(each.isr)}" for number, each in sorted(found.items())
    ]


def by_hand(topic: str) -> str:
    """Return the command by which a person removes a topic."""
    return f"kafka-topics.sh --bootstrap-server BROKER:9092 --delete --topic {topic}"


def left_behind(topics: Sequence[str]) -> str:
    """Say which topics an earlier check has left."""
    return (
        f"topics {', '.join(topics)} are of other checks, which were killed or run now; left unchanged. Where no check runs, remove them: "
        f"{by_hand(topics[0])}"
    )


def _lacks(what: str, each: Replicas) -> str:
    if each.leader < 0:
        return f"{what} has no leader"
    away = set(each.replicas) - set(each.isr)
    return f"{what}: ISR {_ids(each.isr)} lacks broker {_ids(away)}"


def _leader(each: Replicas) -> str:
    return str(each.leader) if each.leader >= 0 else "none"


def _ids(brokers: Iterable[int]) -> str:
    return ",".join(map(str, sorted(brokers))) or "none"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
