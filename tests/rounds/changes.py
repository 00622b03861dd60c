# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens to topics on the way, and what they have to be on the other side of each step. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

ZOOKEEPER, HYBRID, PURE = "zookeeper", "hybrid", "pure"
#: a topic of the fixture, whose settings are altered again and again
ALTERED = "topic-01"
#: deleted while ZooKeeper alone knows of it, made again with other partitions while KRaft leads
AGAIN = "again"
#: topics of earlier rounds that stay
KEPT = 4
_OURS = re.compile(r"r\d{2}-")
_PLACES = (ZOOKEEPER, HYBRID, PURE)


class Topics:
    """Topics as they have to be by now: name to ``partitions retention.ms``, as Trip.topics() says it."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known = {name: value for name, value in known.items() if not beside(name)}

    def change(self, number: int, where: str) -> list[str]:
        """The changes of one place in a round, as commands for the prober; from now on they count as made.

        Each value occurs once in all rounds: a change that was lost cannot be taken for another one.
        """
        stamp = number * 100_000 + (1 + _PLACES.index(where)) * 10_000
        commands = []
        if where != PURE:
            commands += self._delete(where)
        count = 1 if where == PURE else 2
        made = {f"r{number:02}-{where}-{each}": each for each in range(1, count + 1)}
        if where == HYBRID:
            made[AGAIN] = 1 + number % 3
        for offset, (name, partitions) in enumerate(made.items(), start=1):
            commands.append(f"create {name} {partitions} 3 retention.ms={stamp + offset}")
            self.known[name] = f"{partitions} {stamp + offset}"
        if where != PURE:
            commands.append(f"alter {ALTERED} retention.ms={stamp}")
            self.known[ALTERED] = f"{self.known[ALTERED].split()[0]} {stamp}"
        return commands

    def _delete(self, where: str) -> list[str]:
        ours = [name for name in self.known if _OURS.match(name)]
        gone = ours[:-KEPT]
        if where == ZOOKEEPER and AGAIN in self.known:
            gone.append(AGAIN)
        for name in gone:
            del self.known[name]
        return [f"delete {name}" for name in gone]

    def differences(self, seen: Mapping[str, str]) -> str:
        """What is otherwise than it has to be, in one sentence; empty when nothing is."""
        found = {name: value for name, value in seen.items() if not beside(name)}
        lines = [f"{name} is missing" for name in sorted(self.known.keys() - found.keys())]
        lines += [f"{name} is there and should not be" for name in sorted(found.keys() - self.known.keys())]
        lines += [
            f"{name} is {found[name]!r} and should be {value!r}"
            for name, value in sorted(self.known.items())
            if name in found and found[name] != value
        ]
        return "; ".join(lines)


def beside(name: str) -> bool:
    """Whether a topic is one of the traffic's, which come and go by themselves."""
    return name.startswith("traffic")
