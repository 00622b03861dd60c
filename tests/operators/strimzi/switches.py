# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions and faults, switched on one by one in a ConfigMap; without it the double is 0.45.2 as it was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..common import switching
from .names import NEWEST, STATES, VERSIONS

#: the rolls of the way there and back, by what is rolled and to which settings
ROLLS = ("brokers-migration", "brokers-post-migration", "brokers-zk", "controllers-kraft", "brokers-kraft")


@dataclass(frozen=True)
class Switches:
    """What is switched on. The names are those of the ConfigMap's keys with "_" for "-"; README.md says what each does."""

    version: str = NEWEST
    stuck: str = ""
    interval: float = 120.0
    deaf: bool = False
    die: str = ""
    slow_claims: float = 0.0
    slow_pass: float = 0.0
    pause_keeps: bool = False


VALUES: dict[str, tuple[str, ...]] = {
    "version": tuple(VERSIONS),
    "stuck": ("", *STATES),
    "die": ("", *ROLLS),
}


def parse(data: Mapping[str, str]) -> Switches:
    """Return the switches of a ConfigMap's data. Raises UnknownSwitchError for a name or value that is none."""
    return switching.parse(Switches, VALUES, data)


@dataclass(frozen=True)
class Znodes:
    """What a version does about the two znodes of a migration when it is rolled back.

    controller: it deletes /controller. migration: it deletes /migration. strict: a znode that is not there fails the pass.
    """

    controller: bool
    migration: bool
    strict: bool


_ZNODES = {
    # it means to, its attempt fails, the error is logged, and the pass goes on
    "0.40.0": Znodes(controller=False, migration=False, strict=False),
    "0.43.0": Znodes(controller=True, migration=False, strict=True),
    "0.45.0": Znodes(controller=True, migration=False, strict=True),
    "0.45.1": Znodes(controller=True, migration=True, strict=False),
    "0.45.2": Znodes(controller=True, migration=True, strict=False),
}


def znodes(version: str) -> Znodes:
    """Return how a version treats the znodes."""
    return _ZNODES[version]
