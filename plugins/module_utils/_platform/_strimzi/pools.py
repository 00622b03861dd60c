# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Node pools: what they are made of, and what is wrong with one that somebody else wrote. Pure.

Private to the collection. Source: CRD of KafkaNodePool 0.45.2; ``NodePoolUtils`` and ``NodeIdAssignor`` of Strimzi 0.45.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res

#: what a pool has from spec.kafka, as a whole, where it does not say it itself
INHERITED = ("resources", "jvmOptions")
#: the operator knows ids as 32-bit integers; a range is [first-last], an id stands alone
_RANGE = re.compile(r"(\d+)(?:\s*-\s*(\d+))?")


def volumes(pool: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The volumes of a pool, whether it has one or several."""
    storage = (pool.get("spec") or {}).get("storage") or {}
    return list(storage.get("volumes") or []) if storage.get("type") == "jbod" else [storage]


def brokers_now(
    kafka: Mapping[str, Any], pools: Iterable[Mapping[str, Any]]
) -> list[tuple[str, str, Mapping[str, Any]]]:
    """What the brokers are made of today: of each node pool of theirs, sorted by name, else of the Kafka CR.

    Each has the object as a message names it, the field that is meant by the rest, and that field with what a pool has from the Kafka CR; empty
    when the operator looks at node pools and none is of brokers.
    """
    of_kafka = (kafka.get("spec") or {}).get("kafka") or {}
    if not res.has_pools(kafka):
        return [(f"Kafka {res.where(kafka)}", "spec.kafka", of_kafka)]
    inherited = {key: of_kafka[key] for key in INHERITED if of_kafka.get(key) is not None}
    mine = sorted(
        (pool for pool in pools if res.BROKER in res.roles(pool)), key=lambda pool: str(pool["metadata"]["name"])
    )
    return [
        (f"KafkaNodePool {pool['metadata']['name']}", "spec", {**inherited, **(pool.get("spec") or {})})
        for pool in mine
    ]


def ids_wanted(pool: Mapping[str, Any]) -> set[int]:
    """The ids that the pool asks for, empty when it takes the lowest free ones. Raises Unsupported when they cannot be read."""
    text = res.annotation(pool, res.NEXT_IDS).strip()
    if not text:
        return set()
    parts = [part.strip() for part in text.removeprefix("[").removesuffix("]").split(",")]
    ranges = [_RANGE.fullmatch(part) for part in parts]
    if not (text.startswith("[") and text.endswith("]")) or not all(ranges):
        raise Unsupported(
            f"KafkaNodePool {pool['metadata']['name']}: annotation {res.NEXT_IDS} is {text!r}, which Strimzi ignores; write it as [100-102]",
            code="controller-id-clash",
        )
    found: set[int] = set()
    for match in filter(None, ranges):
        first, last = int(match[1]), int(match[2] or match[1])
        found |= set(range(min(first, last), max(first, last) + 1))
    return found


def wrong_controllers(pool: Mapping[str, Any], brokers: Iterable[int]) -> Iterator[Finding]:
    """What keeps a pool from being the controllers'. ``brokers``: the ids that are taken."""
    spec, name = pool.get("spec") or {}, f"KafkaNodePool {pool['metadata']['name']}"
    if set(spec.get("roles") or []) != {res.CONTROLLER}:
        yield finding(
            "combined-roles",
            name,
            f"{name} has the roles {', '.join(spec.get('roles') or []) or '-'}: a migration needs controllers of their own; write roles: [controller]",
        )
    replicas = spec.get("replicas")
    if not isinstance(replicas, int) or replicas < 1:
        yield finding(
            "controller-manifest",
            name,
            f"{name} has {replicas} replicas: write 3, or 1 for a test; their number cannot be changed later",
        )
    elif replicas % 2 == 0:
        yield finding(
            "controller-differs",
            name,
            f"{name} has {replicas} replicas: an even number survives no more failures than one less",
        )
    of = volumes(pool)
    if any(each.get("type") == "ephemeral" for each in of):
        yield finding(
            "controllers-emptydir",
            name,
            f"{name} has ephemeral storage: a controller that is restarted would lose the metadata; use persistent-claim",
        )
    shared = [each for each in of if each.get("kraftMetadata")]
    if len(shared) > 1:
        yield finding(
            "controller-manifest",
            name,
            f"{name} has {len(shared)} volumes with kraftMetadata: Strimzi takes one at most",
        )
    try:
        wanted = ids_wanted(pool)
    except Unsupported as error:
        yield finding(error.code, name, error.message)
        return
    both = sorted(wanted & set(brokers))
    if both:
        yield finding(
            "controller-id-clash",
            name,
            f"{name} asks for the node ids {both} ({res.NEXT_IDS}), which brokers have; choose others",
        )
    elif wanted and isinstance(replicas, int) and len(wanted) < replicas:
        yield finding(
            "controller-id-clash",
            name,
            f"{name} asks for {len(wanted)} node ids ({res.NEXT_IDS}) and has {replicas} replicas; ask for as many",
        )


def wrong_brokers(kafka: Mapping[str, Any], pools: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    """What would not be taken over, or made beside the brokers, once the operator looks at the pools of a Kafka CR that has none yet."""
    wanted = (kafka.get("spec") or {}).get("kafka") or {}
    for pool in pools:
        if res.BROKER not in res.roles(pool):
            continue
        name, spec = f"KafkaNodePool {pool['metadata']['name']}", pool.get("spec") or {}
        if pool["metadata"]["name"] != res.ADOPTING:
            yield finding(
                "operator-node-pools",
                name,
                f"{name} is of brokers, and only a pool with the name {res.ADOPTING} takes over those that are there; with this one Strimzi would make "
                "new and empty brokers: delete it",
            )
            continue
        for key in ("replicas", "storage"):
            if wanted.get(key) is not None and spec.get(key) != wanted[key]:
                yield finding(
                    "operator-node-pools",
                    name,
                    f"{name} has another spec.{key} than spec.kafka.{key} of Kafka {res.where(kafka)}: brokers are taken over only with exactly "
                    f"the same; copy it literally",
                )
