# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults and differences between versions, switched on one by one in a ConfigMap; without it the double does what is documented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..common import switching
from ..common.switching import UnknownSwitchError
from .names import BACK, DUAL_WRITE, MIGRATE, MOVE, SETUP, SUB_PHASES

__all__ = ["PHASES", "VALUES", "Switches", "UnknownSwitchError", "parse"]
PHASES = (SETUP, MIGRATE, DUAL_WRITE, MOVE, BACK)


@dataclass(frozen=True)
class Switches:
    """What is switched on. The names are those of the ConfigMap's keys with "_" for "-"; README.md says what each does."""

    stuck: str = ""
    fail: str = ""
    dual_write: str = DUAL_WRITE
    rollback: str = BACK
    sub_phase_prefix: bool = False
    rollback_ends: str = BACK
    znode_wait: str = "waits"
    controllers_at_wait: str = "run"
    lock_release: str = "works"
    older: bool = False
    roll_pause: float = 0.0
    silent: str = ""
    first_rollback_roll: bool = False
    double_chroot: bool = False


#: switch -> the values it may have; those that are missing here are true or false, or a number
VALUES: dict[str, tuple[str, ...]] = {
    "stuck": ("", *SUB_PHASES),
    "fail": ("", *SUB_PHASES),
    "dual_write": (DUAL_WRITE, "DUAL_WRITE"),
    "rollback": (BACK, "RollbackToZK"),
    "rollback_ends": (BACK, "COMPLETE"),
    "znode_wait": ("waits", "continues", "hidden"),
    "controllers_at_wait": ("run", "stop"),
    "lock_release": ("works", "ignored"),
    "silent": ("", *PHASES),
}


def parse(data: Mapping[str, str]) -> Switches:
    """Return the switches of a ConfigMap's data. Raises UnknownSwitchError for a name or value that is none."""
    return switching.parse(Switches, VALUES, data)
