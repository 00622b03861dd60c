# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions of CFK and of Confluent Platform, as custom resources show them. Pure.

Private to the collection. Source: CFK's prerequisites, release notes and published examples.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Obj = Mapping[str, Any]
Version = tuple[int, ...]

#: Confluent Platform versions that migrate; 7.6.0 is not for production
FIRST_PLATFORM, NO_PLATFORM, NOT_FOR_PRODUCTION = (7, 6), (8, 0), (7, 6, 0)
#: CFK: the first that migrates, on each line; the first that keeps a chroot as it is; the first that rolls back from everywhere
FIRST_OPERATORS: Mapping[Version, Version] = {(2, 8): (2, 8, 4), (2, 9): (2, 9, 2)}
KEEPS_CHROOT = ROLLS_BACK_FROM_EVERYWHERE = (3, 3, 0)
#: the first whose settings of logging are those of Log4j 2
LOG4J2 = (3, 0, 0)
#: the first that derive the IBP from the image, on each line; those before take OLD_IBP for every image
DERIVES_IBP: Mapping[Version, Version] = {
    (2, 9): (2, 9, 9),
    (2, 10): (2, 10, 5),
    (2, 11): (2, 11, 5),
    (3, 0): (3, 0, 3),
    (3, 1): (3, 1, 2),
}
OLD_IBP = "3.6"
#: the first major version that Confluent Platform can have in these images: a lower one is Apache Kafka's
FIRST_MAJOR = 5
#: an image as Confluent publishes it: the only one of which its documentation says that CFK derives the IBP
_STANDARD = re.compile(r"^(?:docker\.io/)?confluentinc/[\w.-]+:(\d+)\.(\d+)\.\d+$")
#: an image of Confluent's by its name, wherever it is kept; the tag of any other says nothing about the platform
_CONFLUENTS = re.compile(r"(?:^|/)(?:confluentinc/[\w.-]+|cp-[\w.-]+)$")


def version(text: str) -> Version:
    """The numbers of ``3.3.0``, ``v3.3.0`` or ``7.9.1-1-ubi8``; () when there are none."""
    match = re.search(r"(?<![\d.])v?(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(part) for part in match.groups() if part is not None) if match else ()


def image_of(kafka: Obj) -> str:
    """The brokers' image as the Kafka CR names it."""
    return str(((kafka.get("spec") or {}).get("image") or {}).get("application") or "")


def platform_version(kafka: Obj) -> Version:
    """The version of Confluent Platform: of the tag of an image of Confluent's, which is exact, else of the status; () for neither.

    The tag of a custom image is its maker's: ``kafka-3.9.2-x`` is no Confluent Platform 3.9.2.
    """
    folder, _slash, last = image_of(kafka).partition("@")[0].rpartition("/")
    name, _colon, tag = last.partition(":")
    of_tag = version(tag) if _CONFLUENTS.search(f"{folder}/{name}" if folder else name) else ()
    said = version(str((kafka.get("status") or {}).get("currentClusterVersion") or ""))
    return next((found for found in (of_tag, said) if found and found[0] >= FIRST_MAJOR), ())


def derived_ibp(kafka: Obj) -> str:
    """The IBP that CFK derives from the image as documented (7.9.1: 3.9), "" where nothing says that it does."""
    found = _STANDARD.match(image_of(kafka))
    return f"3.{found[2]}" if found and found[1] == "7" else ""


def derives_ibp(operator: Version) -> bool:
    """Whether this CFK looks at the image; one of an unknown version is taken for a new one, of which check-incomplete tells."""
    return not operator or operator >= DERIVES_IBP.get(operator[:2], (3, 2, 0))


def operator_version(kafka: Obj) -> Version:
    """The version of CFK as the Kafka CR shows it: in its status, else by the tag of the init container, which is CFK's; () for neither.

    The status may have the version of the chart instead (0.1718.10 for 3.3.0), which says nothing here.
    """
    said = version(str((kafka.get("status") or {}).get("operatorVersion") or ""))
    if said and said[0] > 0:
        return said
    image = str(((kafka.get("spec") or {}).get("image") or {}).get("init") or "")
    return version(image.rpartition("/")[2].partition(":")[2])


def needs_log4j1(kafka: Obj, operator: Version) -> bool:
    """Whether the operator's logging settings are not those of the image."""
    return operator >= LOG4J2 and platform_version(kafka) < NO_PLATFORM
