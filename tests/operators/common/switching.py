# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches of a double: keys of a ConfigMap that become the fields of a dataclass, with their values checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

Switches = TypeVar("Switches")


class UnknownSwitchError(ValueError):
    """A switch, or a value of one, that the double does not have."""


def parse(kind: type[Switches], values: Mapping[str, Sequence[str]], data: Mapping[str, str]) -> Switches:
    """Return the switches of a ConfigMap's data: a dataclass whose fields have the keys' names with "_" for "-".

    values: field -> the values it may have; those that are missing there are true or false, or a number. Raises UnknownSwitchError.
    """
    fields: Mapping[str, Any] = kind.__dataclass_fields__  # type: ignore[attr-defined]
    found: dict[str, str | bool | float] = {}
    for key, text in data.items():
        name = key.replace("-", "_")
        if name not in fields:
            known = ", ".join(field.replace("_", "-") for field in fields)
            raise UnknownSwitchError(f"switch {key!r} is none of {known}")
        found[name] = _value(name, text, fields[name].default, values)
    return kind(**found)


def _value(name: str, text: str, default: object, values: Mapping[str, Sequence[str]]) -> str | bool | float:
    if isinstance(default, bool):
        if text not in ("true", "false"):
            raise UnknownSwitchError(f"switch {name}: {text!r} is neither true nor false")
        return text == "true"
    if isinstance(default, float):
        try:
            return float(text)
        except ValueError as error:
            raise UnknownSwitchError(f"switch {name}: {text!r} is no number of seconds") from error
    if text not in values[name]:
        raise UnknownSwitchError(f"switch {name}: {text!r} is none of {', '.join(filter(None, values[name]))}")
    return text
