# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kafka's two kinds of version: that of the software, and that of the inter-broker protocol and the metadata.

Metadata versions are those of ``MetadataVersion.java`` up to 3.9; the order of the table is the order of age, because all
before 3.0-IV1 share the feature level -1. Which faults are open in which version comes from Kafka's issue tracker.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

RECOMMENDED = "3.9.2"
FLOOR = "3.7.1"

# release, number of its internal versions (0: the release has none)
_RELEASES: tuple[tuple[str, int], ...] = (
    ("0.8.0", 0), ("0.8.1", 0), ("0.8.2", 0), ("0.9.0", 0), ("0.10.0", 2), ("0.10.1", 3), ("0.10.2", 1), ("0.11.0", 3),
    ("1.0", 1), ("1.1", 1), ("2.0", 2), ("2.1", 3), ("2.2", 2), ("2.3", 2), ("2.4", 2), ("2.5", 1), ("2.6", 1),
    ("2.7", 3), ("2.8", 2), ("3.0", 2), ("3.1", 1), ("3.2", 1), ("3.3", 4), ("3.4", 1), ("3.5", 3), ("3.6", 3),
    ("3.7", 5), ("3.8", 1), ("3.9", 1),
)  # fmt: skip


@dataclass(frozen=True, order=True)
class MetadataVersion:
    """One exact version; comparable, so that 3.7-IV2 is older than 3.7 (which means 3.7-IV4)."""

    index: int
    name: str
    release: str
    feature_level: int

    def __str__(self) -> str:
        return self.name

    @property
    def setting(self) -> str:
        """The version as a person writes it: ``3.9`` for the last one of a release, else the exact name."""
        return self.release if _LAST[self.release] == self else self.name


def _versions() -> tuple[MetadataVersion, ...]:
    names = [
        (f"{release}-IV{number}" if count else release, release)
        for release, count in _RELEASES
        for number in range(max(count, 1))
    ]
    first = names.index(("3.0-IV1", "3.0"))
    return tuple(
        MetadataVersion(index, name, release, index - first + 1 if index >= first else -1)
        for index, (name, release) in enumerate(names)
    )


VERSIONS = _versions()
_EXACT = {version.name: version for version in VERSIONS}
_LAST = {version.release: version for version in VERSIONS}  # the last one of a release wins

TOPIC_IDS = _EXACT["2.8-IV0"]  # KIP-516: topics get their ids
TRANSACTIONS = _EXACT["3.6-IV1"]  # KAFKA-17457: a migration needs metadata transactions
DIRECTORIES = _EXACT["3.7-IV2"]  # KIP-858: several log directories while migrating


def parse_ibp(text: str) -> MetadataVersion:
    """Read a version as ``MetadataVersion.fromVersionString`` does: ``3.9``, ``3.9.2``, ``3.7-IV2``, ``0.10.2``.

    :raises Unsupported: ``ibp-unknown`` when no Kafka up to 3.9 has such a version.
    """
    plain = text.strip()
    key = ".".join(plain.split(".")[: 3 if plain.startswith("0.") else 2])
    version = _EXACT.get(key) or _LAST.get(key)
    if version is None:
        raise Unsupported(
            f"{plain!r} is not an inter.broker.protocol.version of Kafka up to 3.9; write it like 3.9 or 3.7-IV2",
            code="ibp-unknown",
        )
    return version


@dataclass(frozen=True)
class KafkaVersion:
    """A version of the Kafka software; ``text`` is what was reported, the numbers are Apache Kafka's."""

    text: str
    major: int
    minor: int
    patch: int | None
    confluent: str = ""  # Confluent Platform's own version, such as 7.9.0
    snapshot: bool = False

    @property
    def line(self) -> str:
        """The release line: ``3.9``, or ``0.11.0`` of old."""
        return f"{self.major}.{self.minor}" + (f".{self.patch or 0}" if self.major == 0 else "")


_CONFLUENT_FIRST = {5: (2, 0), 6: (2, 6), 7: (3, 0), 8: (4, 0)}  # Confluent major -> the Kafka line of its x.0


def parse_version(text: str) -> KafkaVersion:
    """Read what a broker, a jar or an image tag says: ``3.9.2``, ``7.9.0-ccs``, ``3.9.0-SNAPSHOT``, ``2.13-3.9.0``.

    :raises Unsupported: ``version-unknown`` when there is no version in it.
    """
    plain = re.sub(r"^(?:kafka_)?2\.1\d-(?=\d)|^.*kafka-(?=\d)|^v(?=\d)", "", text.strip())
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?(?![\d])", plain)
    if match is None:
        raise Unsupported(f"{text!r} is not a recognisable Kafka version", code="version-unknown")
    major, minor = int(match.group(1)), int(match.group(2))
    patch = None if match.group(3) is None else int(match.group(3))
    snapshot = "SNAPSHOT" in plain
    if major < 5:
        return KafkaVersion(text, major, minor, patch, snapshot=snapshot)
    if major not in _CONFLUENT_FIRST:
        raise Unsupported(f"{text!r} is not a known Kafka or Confluent version", code="version-unknown")
    kafka_major, offset = _CONFLUENT_FIRST[major]
    # Confluent's patch releases do not follow Apache's, so the patch number of Kafka stays open.
    return KafkaVersion(text, kafka_major, offset + minor, None, confluent=match.group(), snapshot=snapshot)


def image_version(image: str) -> KafkaVersion | None:
    """Read the version off an image reference or a bare tag; None when the tag says nothing, such as ``latest``."""
    reference = image.split("@", maxsplit=1)[0]
    is_bare_tag = not {"/", ":"} & set(reference)
    tag = reference if is_bare_tag else reference.rsplit("/", 1)[-1].partition(":")[2]
    try:
        return parse_version(tag)
    except Unsupported:
        return None


def latest_for(version: KafkaVersion | str) -> MetadataVersion:
    """Return the newest production version of this software, which is what it runs with when nothing is set.

    :raises Unsupported: ``version-unknown`` for a line that is not in the table.
    """
    kafka = parse_version(version) if isinstance(version, str) else version
    newest = _LAST.get(kafka.line)
    if newest is None:
        raise Unsupported(f"Kafka {kafka.line} is not a known release line with ZooKeeper", code="version-unknown")
    return newest


# Faults of Kafka that matter while migrating: number, first version with the fix, symptom.
_FAULTS: tuple[tuple[int, tuple[int, int, int], str], ...] = (
    (16463, (3, 7, 1), "an old metadata log on the brokers blocks a second attempt"),
    (16539, (3, 7, 1), "configuration changes fail before the migration and may bypass KRaft"),
    (16563, (3, 7, 1), "one transient ZooKeeper error hangs the migration permanently"),
    (17457, (3, 8, 1), "a copy without metadata transactions is allowed, and a crash would leave it incomplete"),
    (17506, (3, 8, 1), "the migration driver may stay inactive after a start"),
    (16667, (3, 9, 0), "after a controller failover nothing may be written to ZooKeeper any more"),
    (19026, (3, 9, 2), "an alter.config.policy gets different input in KRaft"),
    (19480, (3, 9, 2), "a /migration node with null data stalls the migration"),
)


def open_faults(version: KafkaVersion) -> tuple[tuple[int, str], ...]:
    """Return (KAFKA number, symptom) of the faults that this Apache version still has, oldest fix first."""
    have = (version.major, version.minor, version.patch or 0)
    return tuple((number, symptom) for number, fixed, symptom in _FAULTS if have < fixed)


@dataclass(frozen=True)
class Gate:
    """Whether a migration may run on a version, and why, in one sentence; ``warnings`` is that sentence or nothing."""

    verdict: Literal["refused", "accepted", "recommended"]
    reason: str

    @property
    def accepted(self) -> bool:
        """Whether a migration may run."""
        return self.verdict != "refused"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know although it may run."""
        return (self.reason,) if self.verdict == "accepted" else ()


def gate(version: KafkaVersion | str, oldest: tuple[int, int] = (3, 7)) -> Gate:
    """Judge a software version: 3.7.1 to 3.9.x are accepted, 3.9.2 and later 3.9 patches are recommended.

    :param oldest: the first line of Confluent's releases that is accepted, where an operator supports an older one.
    :raises Unsupported: ``version-unknown`` when the text is no version.
    """
    kafka = parse_version(version) if isinstance(version, str) else version
    name = f"Confluent {kafka.confluent} (Kafka {kafka.line})" if kafka.confluent else f"Kafka {kafka.text}"
    if kafka.major >= 4:
        return Gate("refused", f"{name} has no ZooKeeper mode, so there is nothing to migrate")
    if (kafka.major, kafka.minor) < (oldest if kafka.confluent else (3, 7)):
        return Gate(
            "refused",
            f"{name} is below {FLOOR}, the first version that can migrate safely; upgrade to {RECOMMENDED} first",
        )
    if kafka.confluent:
        return Gate("accepted", f"{name} has its own fixes beside Apache's; its patch level cannot be compared")
    faults = "; ".join(f"KAFKA-{number}: {symptom}" for number, symptom in open_faults(kafka))
    # A snapshot comes before the release it is named after.
    if (kafka.minor, kafka.patch or 0) < (7, 1) or (kafka.snapshot and (kafka.minor, kafka.patch) == (7, 1)):
        return Gate("refused", f"{name} is below {FLOOR}; upgrade to {RECOMMENDED} first ({faults})")
    if kafka.snapshot:
        return Gate(
            "accepted", f"{name} is a development build, so its fixes are not known; {RECOMMENDED} is recommended"
        )
    if faults:
        return Gate("accepted", f"{name} can migrate, {RECOMMENDED} is recommended because of {faults}")
    return Gate("recommended", f"{name} has every known fix")
