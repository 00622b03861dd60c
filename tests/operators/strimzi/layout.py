# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes of a Kafka cluster as its CR and its node pools want them: pools, node ids, volumes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .names import BROKER, CONTROLLER, DATA, ENABLED, NEXT_IDS, NODE_POOLS, POOL, Object, annotation, wanted

#: the pool that a cluster without pools is treated as, and the only name by which its pods are taken over
DEFAULT_POOL = "kafka"


@dataclass(frozen=True)
class Volume:
    """A volume of a node. claim: prefix of its claim's name, empty for an emptyDir. metadata: the metadata log is on it."""

    number: int | None
    claim: str
    size: str = ""
    storage_class: str = ""
    delete_claim: bool = False
    metadata: bool = False

    @property
    def mount(self) -> str:
        """Return where it is mounted."""
        return DATA if self.number is None else f"{DATA}-{self.number}"

    @property
    def name(self) -> str:
        """Return its name in the pod."""
        return "data" if self.number is None else f"data-{self.number}"

    def claim_of(self, pod: str) -> str:
        """Return the name of a pod's claim, empty for none."""
        return f"{self.claim}-{pod}" if self.claim else ""


def volumes(storage: Object) -> tuple[Volume, ...]:
    """Return the volumes that a storage section asks for."""
    if storage.get("type") != "jbod":
        return (_volume(storage, None),)
    return tuple(_volume(each, int(each.get("id") or 0)) for each in storage.get("volumes") or [])


def _volume(storage: Object, number: int | None) -> Volume:
    claim = "data" if number is None else f"data-{number}"
    return Volume(
        number,
        claim if storage.get("type") == "persistent-claim" else "",
        str(storage.get("size") or "1Gi"),
        str(storage.get("class") or ""),
        bool(storage.get("deleteClaim")),
        storage.get("kraftMetadata") == "shared",
    )


@dataclass(frozen=True)
class Node:
    """A node. pod: its name."""

    id: int
    pod: str
    pool: Pool

    def folders(self) -> list[str]:
        """Return its log folders."""
        return [f"{volume.mount}/kafka-log{self.id}" for volume in self.pool.volumes]

    def metadata_folder(self) -> str:
        """Return where the metadata log is: on the volume that says so, else on the first."""
        chosen = next((volume for volume in self.pool.volumes if volume.metadata), None)
        chosen = chosen or min(self.pool.volumes, key=lambda volume: volume.number or 0)
        return f"{chosen.mount}/kafka-log{self.id}"


@dataclass(frozen=True)
class Pool:
    """A pool. owner: the KafkaNodePool, or the Kafka CR of a cluster that has none. spec: what its pods are made from."""

    name: str
    cluster: str
    roles: tuple[str, ...]
    ids: tuple[int, ...]
    volumes: tuple[Volume, ...]
    owner: Object = field(hash=False, compare=False)
    spec: Object = field(hash=False, compare=False)

    @property
    def pod_set(self) -> str:
        """Return the name of its StrimziPodSet."""
        return f"{self.cluster}-{self.name}"

    @property
    def nodes(self) -> list[Node]:
        """Return its nodes."""
        return [Node(node, f"{self.pod_set}-{node}", self) for node in self.ids]

    @property
    def controls(self) -> bool:
        """Tell whether its nodes are controllers."""
        return CONTROLLER in self.roles


def uses_pools(cr: Object) -> bool:
    """Tell whether a Kafka CR is made of node pools."""
    return wanted(cr, NODE_POOLS, ENABLED)


def pools(cr: Object, found: Sequence[Object]) -> list[Pool]:
    """Return the pools of a cluster by name, with the ids of their nodes. found: the KafkaNodePools of this cluster."""
    kafka, cluster = cr["spec"]["kafka"], cr["metadata"]["name"]
    if not uses_pools(cr):
        ids = tuple(range(int(kafka.get("replicas") or 0)))
        return [Pool(DEFAULT_POOL, cluster, (BROKER,), ids, volumes(kafka.get("storage") or {}), cr, kafka)]
    there = sorted(found, key=lambda pool: str(pool["metadata"]["name"]))
    ids_of = assign(there)
    return [
        Pool(
            pool["metadata"]["name"],
            cluster,
            tuple(pool["spec"].get("roles") or ()),
            ids_of[pool["metadata"]["name"]],
            volumes(pool["spec"].get("storage") or {}),
            {**pool, "kind": POOL},
            # what a pool does not say is taken from the CR
            {**kafka, **pool["spec"]},
        )
        for pool in there
    ]


def nodes(found: Iterable[Pool], role: str = "") -> list[Node]:
    """Return the nodes of all pools, or those with a role, by id."""
    return sorted((n for pool in found if not role or role in pool.roles for n in pool.nodes), key=lambda n: n.id)


# -- node ids ---------------------------------------------------------------------------------------------------------------------


def assign(found: Sequence[Object]) -> dict[str, tuple[int, ...]]:
    """Return the node ids of each pool: those that it has, then those that its annotation names, then the lowest that are free.

    A pool of the name "kafka" that has none yet takes over the brokers of a cluster that had no pools, hence comes first.
    """
    kept = {pool["metadata"]["name"]: list((pool.get("status") or {}).get("nodeIds") or []) for pool in found}
    for pool in sorted(found, key=lambda pool: pool["metadata"]["name"] != DEFAULT_POOL):
        name, count = pool["metadata"]["name"], int(pool["spec"].get("replicas") or 0)
        mine = sorted(kept[name])[:count]
        used = {node for other, ids in kept.items() if other != name for node in ids} | set(mine)
        wished = [node for node in ranges(annotation(pool, NEXT_IDS)) if node not in used]
        free = (node for node in range(len(used) + count) if node not in used and node not in wished)
        mine += wished[: count - len(mine)]
        while len(mine) < count:
            mine.append(next(free))
        kept[name] = mine
    return {name: tuple(sorted(ids)) for name, ids in kept.items()}


def ranges(text: str) -> list[int]:
    """Return the ids of a list like ``[0, 10-12]`` in their order; empty for a text that is none."""
    if not re.fullmatch(r"\s*\[\s*\d+(\s*-\s*\d+)?(\s*,\s*\d+(\s*-\s*\d+)?)*\s*\]\s*", text):
        return []
    found: list[int] = []
    for first, last in re.findall(r"(\d+)(?:\s*-\s*(\d+))?", text):
        begin, end = int(first), int(last or first)
        found += range(begin, end + 1) if begin <= end else range(begin, end - 1, -1)
    return found
