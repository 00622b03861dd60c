# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables of the user's own that only give ``zookeeper.connect``: they leave when the brokers no longer need it.

Such a variable cannot go while a broker is in ZooKeeper mode, and it would reach for ZooKeeper for ever after. It is emptied, not
taken out: a shell with ``set -u`` still finds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.scripts import simple_commands
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.zookeeper_references import Addresses

Obj = dict[str, Any]

# A command that only carries a variable into a setting: with an empty one it starts as well.
_CARRIES = re.compile(
    r"\b(sed|envsubst|gomplate|perl|awk|printf|echo|cat)\b|zookeeper[._]connect[\"']?\s*=|ZOOKEEPER_CONNECT=|kafka-server-start"
)
# A command that fills a whole text from the environment, without naming variables.
_RENDERS = re.compile(r"\b(envsubst|gomplate|confd|dockerize)\b")
_ASKS = re.compile(r"\$\{\w+:?\?")


def _uses(name: str, text: str) -> bool:
    return re.search(rf"\$[{{(]?(env:)?{re.escape(name)}\b|@{re.escape(name)}@", text) is not None


def acted_on(name: str, commands: Iterable[str]) -> str:
    """Return the first simple command that needs a variable for more than to carry it into a setting, or an empty string."""
    pieces = (piece for text in commands for piece in simple_commands(text) if _uses(name, piece))
    return next((piece for piece in pieces if _ASKS.search(piece) or not _CARRIES.search(piece)), "")


def refers_to(name: str, raw: Mapping[str, str]) -> list[str]:
    """Return the variables whose texts in the template have this one in them."""
    return [other for other, text in raw.items() if other != name and _uses(name, text)]


@dataclass(frozen=True)
class Use:
    """What may need a variable.

    :ivar connect: ``zookeeper.connect`` of a running broker.
    :ivar served: ZooKeeper's settings as the source writes them; ``others``: the other settings.
    :ivar commands: the start command, and the scripts that it calls.
    :ivar shown: a variable counts only where a command is seen to carry it, since nobody knows what else an image's own script does.
    """

    connect: str
    served: Sequence[str]
    others: Sequence[str]
    commands: Sequence[str]
    shown: bool = False


def spare_variables(variables: Mapping[str, str], raw: Mapping[str, str], use: Use) -> list[str]:
    """Return the variables that nothing but ZooKeeper's settings needs, by name.

    :param variables: the environment of a container without the variables that are settings by themselves.
    :param raw: the texts of those of them that the template gives.
    """
    known = Addresses(use.connect)
    pieces = [piece for text in use.commands for piece in simple_commands(text)]
    giving = [
        name
        for name, value in variables.items()
        if value and (known.is_connect(value) or any(_uses(name, text) for text in use.served))
    ]
    others = [*use.others, *(text for name, text in raw.items() if name not in giving)]
    renders = any(map(_RENDERS.search, pieces))

    def needed(name: str) -> bool:
        filled = renders and any(_uses(name, text) for text in use.served)
        seen = not use.shown or filled or any(_uses(name, piece) for piece in pieces)
        return not seen or bool(acted_on(name, use.commands)) or any(_uses(name, text) for text in others)

    return sorted(name for name in giving if not needed(name))


def empty_variables(container: Obj, names: Iterable[str]) -> None:
    """Empty variables of a container in place; one that comes from an ``envFrom`` gets an empty entry over it."""
    for name in names:
        entries = [entry for entry in container.get("env") or [] if entry["name"] == name]
        for entry in entries:
            entry.pop("valueFrom", None)
            entry["value"] = ""
        if not entries:
            container.setdefault("env", []).append({"name": name, "value": ""})
