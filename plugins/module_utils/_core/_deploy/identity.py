# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What outlives the pods of a cluster: its id, the nodes that have been part of it, and of a dynamic quorum its first voters. Pure.

Private to the collection. Kept in a ConfigMap that no scaling, stop or removal of the cluster deletes, only the removal of its volumes: whoever
makes the cluster anew on the old volumes needs it, and without it a volume of an older cluster would look like a new one.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

ID, NODES, REPLACED, DIRECTORIES = "cluster.id", "nodes", "replaced", "directories"


def identity_name(cluster: str) -> str:
    """Name of the ConfigMap."""
    return f"{cluster}-kraft-identity"


@dataclass(frozen=True)
class Identity:
    """What is kept.

    :ivar nodes: ids of the nodes that have been part of the cluster: an empty volume of one of them is never formatted by itself.
    :ivar replaced: those of them whose empty volume may be formatted now.
    :ivar directories: of a dynamic quorum, the directory id of each of its first controllers.
    """

    cluster_id: str
    nodes: tuple[int, ...] = ()
    replaced: tuple[int, ...] = ()
    directories: Mapping[int, str] | None = None

    def with_nodes(self, more: Iterable[int]) -> Identity:
        """The same after more nodes were seen in the cluster; those need no replacement any more."""
        seen = set(more)
        return replace(
            self,
            nodes=tuple(sorted({*self.nodes, *seen})),
            replaced=tuple(node for node in self.replaced if node not in seen),
        )

    def without(self, gone: Iterable[int]) -> Identity:
        """The same after nodes have left the cluster for good, with their volumes."""
        return replace(self, nodes=tuple(node for node in self.nodes if node not in set(gone)))

    def replacing(self, lost: Iterable[int]) -> Identity:
        """The same with nodes whose lost volume may be formatted."""
        return replace(self, replaced=tuple(sorted({*self.replaced, *lost})))

    def data(self) -> dict[str, str]:
        """As the ConfigMap has it."""
        found = {ID: self.cluster_id, NODES: _joined(self.nodes), REPLACED: _joined(self.replaced)}
        if self.directories is not None:
            found[DIRECTORIES] = ",".join(f"{node}={own}" for node, own in sorted(self.directories.items()))
        return found


def _joined(numbers: Iterable[int]) -> str:
    return ",".join(map(str, numbers))


def parse(data: Mapping[str, str]) -> Identity:
    """Read what data() wrote. Raises ValueError for anything else: a guess here would format volumes."""
    cluster_id = data.get(ID, "").strip()
    if not cluster_id:
        raise ValueError(f"it has no {ID}")
    directories = None
    if DIRECTORIES in data:
        pairs = [each.partition("=") for each in data[DIRECTORIES].split(",") if each]
        directories = {int(node): own for node, _sep, own in pairs}
    return Identity(cluster_id, _numbers(data.get(NODES, "")), _numbers(data.get(REPLACED, "")), directories)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in text.split(",") if each.strip())


def new(controllers: Iterable[int], *, dynamic: bool, random: Callable[[], uuid.UUID] = uuid.uuid4) -> Identity:
    """Make the identity of a new cluster."""
    ids = fresh_ids(random)
    return Identity(next(ids), directories={node: next(ids) for node in controllers} if dynamic else None)


def fresh_ids(random: Callable[[], uuid.UUID] = uuid.uuid4) -> Iterator[str]:
    """Yield ids as Kafka's own Uuid has them: 22 characters of URL-safe base64, none with a dash in front (KAFKA-15754)."""
    while True:
        text = base64.urlsafe_b64encode(random().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            yield text
