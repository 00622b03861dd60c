# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions of Strimzi, and what each of them does in a migration. Pure.

Private to the collection. Source: ``kafka-versions.yaml`` and CHANGELOG of the branches 0.40 to 0.45.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Version = tuple[int, ...]

#: the first and the last line that migrate; the next one refuses clusters with ZooKeeper
FIRST, LAST = (0, 40), (0, 45)
NEWEST = "0.45.2"
#: the first that deletes /migration when it rolls back; those before leave it, and the next attempt copies nothing
REMOVES_MIGRATION = (0, 45, 1)
#: the first that deletes /controller when it rolls back; until it got fixed, a pass failed where there was none
REMOVES_CONTROLLER = (0, 41)
#: from the first of these on, and before the second, it looks for ZooKeeper by a name that is known in its own namespace only, and a rollback fails
#: without it (strimzi/strimzi-kafka-operator#10371)
SHORT_NAME, WHOLE_NAME = (0, 41), (0, 43)
#: the first that takes brokers with several disks; the first that has the unidirectional Topic Operator only
SEVERAL_DISKS = UNIDIRECTIONAL = (0, 41)
#: the first Kafka version that migrates
FIRST_KAFKA = (3, 7)
#: versions of Kafka that each line runs
KAFKAS: Mapping[Version, tuple[str, ...]] = {
    (0, 40): ("3.6.0", "3.6.1", "3.7.0"),
    (0, 41): ("3.6.0", "3.6.1", "3.6.2", "3.7.0"),
    (0, 42): ("3.6.0", "3.6.1", "3.6.2", "3.7.0", "3.7.1"),
    (0, 43): ("3.7.0", "3.7.1", "3.8.0"),
    (0, 44): ("3.7.0", "3.7.1", "3.8.0"),
    (0, 45): ("3.8.0", "3.8.1", "3.9.0", "3.9.1", "3.9.2"),
}


def version(text: str) -> Version:
    """The numbers of ``0.45.2``, ``v0.45.2`` or ``0.45.2-kafka-3.9.2``; () when there are none."""
    found = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?(?![\d.])", text.strip())
    return tuple(int(part) for part in found.groups() if part is not None) if found else ()


def of_image(image: str) -> Version:
    """The version in the tag of an image of Strimzi's: ``operator:0.45.2``, ``kafka:0.45.2-kafka-3.9.2``; () for any other.

    A tag that begins with 1 or more is that of a mirror with numbers of its own.
    """
    found = version(image.partition("@")[0].rpartition("/")[2].partition(":")[2])
    return () if of_vendor(found) else found


def spelled(found: Version) -> str:
    """As people write it."""
    return ".".join(map(str, found))


def of_vendor(found: Version) -> bool:
    """Whether this is a number of a product that has Strimzi in it, such as 2.9.0-0: which Strimzi that is, it does not tell.

    Strimzi's own versions from 1.0 on are none that migrate either.
    """
    return bool(found) and found[0] >= 1


def migrates(found: Version) -> bool:
    """Whether this version migrates."""
    return FIRST <= found[:2] <= LAST


def leaves_migration(found: Version) -> bool:
    """Whether a rollback by this version leaves /migration behind."""
    return bool(found) and found < REMOVES_MIGRATION


def needs_controller(found: Version) -> bool:
    """Whether a pass of this version fails in a rollback while nobody holds /controller, which it deletes."""
    return REMOVES_CONTROLLER <= found < REMOVES_MIGRATION


def rolls_back_at_home(found: Version) -> bool:
    """Whether a rollback by this version comes to an end only where the operator runs in the cluster's namespace."""
    return SHORT_NAME <= found[:2] < WHOLE_NAME


def short(text: str) -> str:
    """``3.9`` of ``3.9.2``, ``3.9-IV0`` or ``3.9``: what the operator compares; "" when there is none."""
    found = re.match(r"(\d+)\.(\d+)", text.strip())
    return f"{found[1]}.{found[2]}" if found else ""
