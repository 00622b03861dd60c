# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults and differences between versions, switched on one by one in a ConfigMap; without it the double does what is documented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .names import BACK, DUAL_WRITE, MIGRATE, MOVE, SETUP, SUB_PHASES

PHASES = (SETUP, MIGRATE, DUAL_WRITE, MOVE, BACK)


class UnknownSwitchError(ValueError):
    """A switch, or a value of one, that the double does not have."""


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
    found: dict[str, str | bool | float] = {}
    for key, text in data.items():
        name = key.replace("-", "_")
        if name not in Switches.__dataclass_fields__:
            known = ", ".join(field.replace("_", "-") for field in Switches.__dataclass_fields__)
            raise UnknownSwitchError(f"switch {key!r} is none of {known}")
        found[name] = _value(name, text)
    return Switches(**found)  # type: ignore[arg-type]


def _value(name: str, text: str) -> str | bool | float:
    default = Switches.__dataclass_fields__[name].default
    if isinstance(default, bool):
        if text not in ("true", "false"):
            raise UnknownSwitchError(f"switch {name}: {text!r} is neither true nor false")
        return text == "true"
    if isinstance(default, float):
        try:
            return float(text)
        except ValueError as error:
            raise UnknownSwitchError(f"switch {name}: {text!r} is no number of seconds") from error
    if text not in VALUES[name]:
        raise UnknownSwitchError(f"switch {name}: {text!r} is none of {', '.join(filter(None, VALUES[name]))}")
    return text
