# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operator asks Kafka, over the listener 9091 with its own certificate: metadata, settings, the quorum."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from . import wire
from .rolls import Partition, Quorum
from .wire import Reader, number

_METADATA, _CONFIGS, _QUORUM = 3, 32, 55
_TOPIC, _BROKER = 2, 4
_CLIENT = "strimzi-double"


class KafkaError(Exception):
    """Kafka cannot be asked, or refuses."""


@dataclass(frozen=True)
class Metadata:
    """What a broker says of its cluster. controller: id, in KRaft mode that of any broker, as Kafka itself has it."""

    cluster: str
    controller: int
    brokers: tuple[int, ...]
    #: topic -> number, replicas, isr of its partitions
    topics: Mapping[str, Sequence[tuple[int, tuple[int, ...], tuple[int, ...]]]]


class Client:
    """One connection to a broker. name: for which its certificate has to be."""

    def __init__(self, address: str, port: int, name: str, tls: ssl.SSLContext, timeout: float = 10.0) -> None:
        try:
            raw = socket.create_connection((address, port), timeout=timeout)
            self._link = tls.wrap_socket(raw, server_hostname=name)
        except OSError as error:
            raise KafkaError(f"{name}:{port} cannot be reached: {error}") from error
        self._number = 0

    def close(self) -> None:
        """Close the connection."""
        self._link.close()

    def _ask(self, api: int, version: int, body: bytes, *, flexible: bool = False) -> Reader:
        self._number += 1
        head = number(api, 2) + number(version, 2) + number(self._number, 4) + wire.text(_CLIENT)
        request = head + (b"\0" if flexible else b"") + body
        try:
            self._link.sendall(number(len(request), 4) + request)
            answer = Reader(self._receive(int.from_bytes(self._receive(4), "big")))
            if answer.number(4) != self._number:
                raise KafkaError("an answer to another request")
            if flexible:
                answer.tags()
        except (OSError, wire.ShortError) as error:
            raise KafkaError(f"request {api} is not answered: {error}") from error
        return answer

    def _receive(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            more = self._link.recv(count - len(found))
            if not more:
                raise OSError("the broker has closed the connection")
            found += more
        return found

    def metadata(self) -> Metadata:
        """Return brokers and all topics."""
        answer = self._ask(_METADATA, 4, number(-1, 4) + b"\0")
        answer.number(4)
        brokers = []
        for _each in range(answer.number(4)):
            brokers.append(answer.number(4))
            answer.text()
            answer.number(4)
            answer.text()
        cluster, controller = answer.text(), answer.number(4)
        topics = {}
        for _each in range(answer.number(4)):
            answer.number(2)
            name = answer.text()
            answer.number(1)
            topics[name] = [_partition(answer) for _each in range(answer.number(4))]
        return Metadata(cluster, controller, tuple(sorted(brokers)), topics)

    def _configs(self, kind: int, named: Sequence[str], key: str | None) -> dict[str, dict[str, str]]:
        keys = number(-1, 4) if key is None else number(1, 4) + wire.text(key)
        asked = b"".join(number(kind, 1) + wire.text(name) + keys for name in named)
        answer = self._ask(_CONFIGS, 1, number(len(named), 4) + asked + b"\0")
        answer.number(4)
        found: dict[str, dict[str, str]] = {}
        for _each in range(answer.number(4)):
            error, said = answer.number(2), answer.text()
            answer.number(1)
            name = answer.text()
            if error:
                raise KafkaError(f"settings of {name}: {error} {said}")
            found[name] = dict(_setting(answer) for _each in range(answer.number(4)))
        return found

    def broker_settings(self, broker: int) -> dict[str, str]:
        """Return the settings of the broker that is asked."""
        return self._configs(_BROKER, [str(broker)], None)[str(broker)]

    def partitions(self) -> list[Partition]:
        """Return all partitions with the smallest ISR that their topics allow."""
        topics = self.metadata().topics
        if not topics:
            return []
        minima = self._configs(_TOPIC, list(topics), "min.insync.replicas")
        return [
            Partition(topic, index, replicas, isr, int(minima[topic].get("min.insync.replicas") or 1))
            for topic, found in topics.items()
            for index, replicas, isr in found
        ]

    def quorum(self) -> Quorum:
        """Return leader and voters; a broker in ZooKeeper mode refuses."""
        topic = wire.compact_text("__cluster_metadata")
        answer = self._ask(_QUORUM, 1, b"\x02" + topic + b"\x02" + number(0, 4) + b"\0\0\0", flexible=True)
        error = answer.number(2)
        if error:
            raise KafkaError(f"the quorum is not told: error {error}")
        if answer.varint() != 2:
            raise KafkaError("the quorum is not told")
        answer.compact_text()
        answer.varint()
        answer.number(4)
        error, leader = answer.number(2), answer.number(4)
        if error:
            raise KafkaError(f"the quorum is not told: error {error}")
        answer.number(4)
        answer.number(8)
        caught_up = {}
        for _each in range(answer.varint() - 1):
            voter = answer.number(4)
            answer.number(8)
            answer.number(8)
            caught_up[voter] = answer.number(8)
            answer.tags()
        return Quorum(leader, caught_up)


def _partition(answer: Reader) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    answer.number(2)
    index = answer.number(4)
    answer.number(4)
    replicas, isr = (tuple(answer.number(4) for _each in range(answer.number(4))) for _each in range(2))
    return index, replicas, isr


def _setting(answer: Reader) -> tuple[str, str]:
    key, value = answer.text(), answer.text()
    answer.take(3)
    for _each in range(answer.number(4)):
        answer.text()
        answer.text()
        answer.number(1)
    return key, value
