# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions of Confluent Platform: what an image's tag says of Kafka, of the protocol version and of a migration."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .names import IBP, Object, annotation

#: an official image; what comes after the version in the tag does not matter (a choice, see README.md)
_STANDARD = re.compile(r"^(?:docker\.io/)?confluentinc/[\w.-]+:(\d+)\.(\d+)\.(\d+)(?:[-.].*)?$")
#: minor version of Confluent Platform 7 -> Kafka of the sandbox
SANDBOX_KAFKA = {7: "3.7.2", 8: "3.8.1", 9: "3.9.2"}
DEFAULT_KAFKA = SANDBOX_KAFKA[9]
FIRST = (7, 6)
#: what an older operator takes for every image without the annotation
OLD_IBP = "3.6"


@dataclass(frozen=True)
class Ibp:
    """The protocol version of a migration, or why there is none."""

    version: str = ""
    missing: str = ""


def platform(cr: Object) -> tuple[int, int] | None:
    """Return major and minor version of Confluent Platform by the image's tag, None for an image that is not official."""
    found = _STANDARD.match(str(((cr.get("spec") or {}).get("image") or {}).get("application", "")))
    return (int(found[1]), int(found[2])) if found else None


def platform_or_newest(cr: Object) -> tuple[int, int]:
    """Return the version that the double takes an image for: by its tag, by the annotation, else the last one with ZooKeeper."""
    by_annotation = re.match(r"^3\.(\d+)", annotation(cr, IBP))
    return platform(cr) or ((7, int(by_annotation[1])) if by_annotation else (7, 9))


def kafka_version(cr: Object) -> str:
    """Return the sandbox's Kafka that runs for a CR."""
    return SANDBOX_KAFKA.get(platform_or_newest(cr)[1], DEFAULT_KAFKA)


def ibp_version(cr: Object, *, older: bool) -> Ibp:
    """Derive inter.broker.protocol.version from the image's tag, else from the annotation on the Kafka CR."""
    told, known = annotation(cr, IBP), platform(cr)
    if older:
        return Ibp(told or OLD_IBP)
    if known is None:
        if told:
            return Ibp(told)
        image = ((cr.get("spec") or {}).get("image") or {}).get("application")
        return Ibp(missing=f"image {image} is custom: set annotation {IBP} on the Kafka CR")
    major, minor = known
    if major != 7:
        return (
            Ibp(told)
            if told
            else Ibp(missing=f"Confluent Platform {major}.{minor} has no known IBP version: set annotation {IBP}")
        )
    return Ibp(f"3.{minor}")


def too_old(cr: Object) -> str:
    """Return why the version of a CR cannot migrate, empty when it can."""
    version = platform_or_newest(cr)
    if version < FIRST:
        return f"Confluent Platform {version[0]}.{version[1]} is older than 7.6"
    return f"Confluent Platform {version[0]}.{version[1]} has no ZooKeeper mode" if version >= (8, 0) else ""
