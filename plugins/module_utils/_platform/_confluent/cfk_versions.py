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


def version(text: str) -> Version:
    """The numbers of ``3.3.0``, ``v3.3.0`` or ``7.9.1-1-ubi8``; () when there are none."""
    match = re.search(r"(?<![\d.])v?(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(part) for part in match.groups() if part is not None) if match else ()


def platform_version(kafka: Obj) -> Version:
    """The version of Confluent Platform: of the image's tag, which is exact, else of the status."""
    image = str(((kafka.get("spec") or {}).get("image") or {}).get("application") or "")
    tag = image.rpartition("/")[2].partition(":")[2]
    return version(tag) or version(str((kafka.get("status") or {}).get("currentClusterVersion") or ""))


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
