# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which clusters a run is about, and which of them an option means: what confirms or overrides names namespace/name. Pure.

Private to the collection. An option given by ``-e`` reaches every host of a run, and names repeat: in a fleet many clusters are called
``kafka``, and the same namespace and name may be there once in each Kubernetes cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

#: between a cluster and a code in kraft_accept: orders/kafka=gate-soak. A colon would begin a mapping in YAML when a blank follows.
OF = "="


@dataclass(frozen=True)
class Scope:
    """The cluster of this task among those of the run.

    :ivar hosts: every host of the play, whatever batch it is in, to its ``namespace/name``; None where that cannot be told.
    """

    namespace: str
    cluster: str
    host: str = ""
    hosts: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """``namespace/name`` of this cluster."""
        return f"{self.namespace}/{self.cluster}"

    @property
    def alone(self) -> bool:
        """Whether the run has one host: then a bare name can only mean this cluster."""
        return len(self.hosts) == 1

    def not_named(self, option: str, entries: Sequence[str]) -> str:
        """Return why ``entries`` of an option do not name this cluster, or an empty string."""
        if not entries:
            return f"{option} is not set; set {option}={self.name}"
        if self.name in entries:
            return self._ambiguous(option)
        if self.cluster in entries:
            if self.alone:
                return ""
            return (
                f"{option} names {self.cluster}, and this run {self._count()}; name this cluster in full: {option}={self.name}, or choose "
                "one host with --limit"
            )
        return f"{option} names {', '.join(entries)}, not {self.name}; set {option}={self.name}"

    def not_all_named(self, option: str, entries: Sequence[str]) -> str:
        """As not_named(), and every other host of the run has to be named as well: else a list that was meant for one is taken for all."""
        wrong = self.not_named(option, entries)
        if wrong or self.alone:
            return wrong
        unknown = sorted(host for host, name in self.hosts.items() if name is None and host != self.host)
        if unknown:
            return f"the clusters of hosts {', '.join(unknown)} of this run cannot be determined; choose one host with --limit"
        missing = sorted(
            {name for name in self.hosts.values() if name is not None and name not in entries} - {self.name}
        )
        if missing:
            return (
                f"{option} does not name {', '.join(missing)}, which this run also includes; choose the hosts with --limit, or name "
                "each cluster"
            )
        return ""

    def accepted(self, entries: Iterable[str]) -> tuple[list[str], str]:
        """Return the codes that ``kraft_accept`` overrides for this cluster, and what is wrong with it ("" when nothing is)."""
        codes, wrong = [], []
        for entry in entries:
            cluster, equals, code = entry.rpartition(OF)
            if not equals:
                codes.append(code)
                if not self.alone:
                    wrong.append(
                        f"kraft_accept: {code} names no cluster, and this run {self._count()}; name it as {self.name}{OF}{code}, or choose one host "
                        "with --limit"
                    )
            elif "/" not in cluster.strip("/"):
                wrong.append(
                    f"kraft_accept: {entry} does not name a cluster as namespace/name; write it as {self.name}{OF}{code}"
                )
            elif cluster == self.name:
                codes.append(code)
                ambiguous = self._ambiguous("kraft_accept")
                wrong += [ambiguous] if ambiguous else []
        return codes, wrong[0] if wrong else ""

    def _ambiguous(self, option: str) -> str:
        same = sorted(host for host, name in self.hosts.items() if name == self.name)
        if len(same) < 2:
            return ""
        return f"{option} names {self.name}, and hosts {', '.join(same)} of this run all have that name; choose one of them with --limit"

    def _count(self) -> str:
        return f"has {len(self.hosts)} hosts" if self.hosts else "has hosts that cannot be counted"


def acceptance(cluster: str, code: str) -> str:
    """Return the setting that overrides a finding of that ``namespace/name``: it counts however many hosts the run has."""
    return f"kraft_accept: [{cluster}{OF}{code}]"


def codes_of(entries: Iterable[str]) -> list[str]:
    """Return the codes that ``kraft_accept`` names, for whichever cluster."""
    return [entry.rpartition(OF)[2] for entry in entries]
