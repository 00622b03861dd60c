# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which pod may be restarted next: order, safety and estimate of a roll. Pure.

Private to the collection. Safety rule 4 of docs/architecture.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

Partition = tuple[str, int]

#: seconds; used until a restart of this cluster has been measured
GUESS_RESTART = 12.0
#: seconds that the ZooKeeper-mode controller's JVM keeps the address of a pod (default of networkaddress.cache.ttl)
JVM_DEFAULT_DNS_TTL = 30
#: below this the wait for a restarted broker's ISR is not noticeable
SHORT_DNS_TTL = 5


@dataclass(frozen=True)
class Replicas:
    """What the guard needs to know of one partition.

    :ivar leader: broker id, -1 where there is none.
    :ivar epoch: how often it was changed, -1 where that is not known.
    """

    isr: tuple[int, ...]
    replicas: tuple[int, ...]
    min_isr: int
    leader: int = 0
    epoch: int = -1


def order(pods: Iterable[str], last: str | None) -> list[str]:
    """Return the pods in the given order, with ``last`` (the controller broker, the active controller) at the end."""
    listed = list(pods)
    return [pod for pod in listed if pod != last] + ([last] if last in listed and last is not None else [])


def endangered(
    partitions: Mapping[Partition, Replicas], broker: int, tolerated: Iterable[Partition] = ()
) -> list[Partition]:
    """Return the partitions that would fall under min.insync.replicas if ``broker`` stopped now, or have no leader to take over."""
    skip = set(tolerated)
    bad = []
    for partition, state in partitions.items():
        if partition in skip or broker not in state.replicas:
            continue
        left = [replica for replica in state.isr if replica != broker]
        if len(left) < max(state.min_isr, 1):
            bad.append(partition)
    return sorted(bad)


def lacking(
    partitions: Mapping[Partition, Replicas], broker: int, tolerated: Iterable[Partition] = ()
) -> list[Partition]:
    """Return the partitions of ``broker`` that lack another replica already: a roll takes one at a time.

    With min.insync.replicas=1 they would stay available, but one more failure then loses records; and after a run that was
    killed that replica is the one which it was restarting.
    """
    skip = set(tolerated)
    return sorted(
        partition
        for partition, state in partitions.items()
        if partition not in skip and broker in state.replicas and set(state.replicas) - set(state.isr) - {broker}
    )


def led_by(partitions: Mapping[Partition, Replicas], broker: int) -> list[Partition]:
    """Return the partitions that ``broker`` leads and another replica in the ISR could lead without loss."""
    return sorted(
        name
        for name, state in partitions.items()
        if state.leader == broker and any(replica != broker for replica in state.isr)
    )


def never_safe(partitions: Mapping[Partition, Replicas]) -> list[Partition]:
    """Return the partitions that no roll can keep available: as many replicas as min.insync.replicas, or one."""
    return sorted(name for name, state in partitions.items() if len(state.replicas) <= max(state.min_isr, 1))


def under_replicated(partitions: Mapping[Partition, Replicas]) -> list[Partition]:
    """Return the partitions with a replica outside the ISR."""
    return sorted(name for name, state in partitions.items() if set(state.replicas) - set(state.isr))


def preferred(partitions: Mapping[Partition, Replicas], brokers: Collection[int] | None = None) -> tuple[int, int]:
    """Return how many partitions their first replica leads, and how many there are; only those whose first replica is in ``brokers``."""
    counted = [
        state for state in partitions.values() if state.replicas and (brokers is None or state.replicas[0] in brokers)
    ]
    return sum(state.leader == state.replicas[0] for state in counted), len(counted)


def quorum_survives(voters: Sequence[int], caught_up: Iterable[int], leaving: int) -> bool:
    """Whether the caught-up voters other than ``leaving`` are a majority of all voters."""
    left = {voter for voter in caught_up if voter != leaving and voter in voters}
    return len(left) > len(voters) // 2


def eta(remaining: int, measured: Sequence[float], extra_wait: float) -> float:
    """Seconds until the roll ends: the mean of the measured restarts, or a guess plus ``extra_wait`` before the first one."""
    if remaining <= 0:
        return 0.0
    each = sum(measured) / len(measured) if measured else GUESS_RESTART + extra_wait
    return each * remaining


def dns_cost(ttl: int | None, brokers: int) -> float:
    """Seconds that a roll in ZooKeeper mode loses to the controller's address cache: one TTL a broker, the controller itself spared.

    ``ttl`` in seconds, None = the JVM's default, -1 = for ever (counted as the default: the connection set-up retries end it).
    """
    effective = JVM_DEFAULT_DNS_TTL if ttl is None or ttl < 0 else ttl
    return 0.0 if effective <= SHORT_DNS_TTL else float(effective * max(brokers - 1, 0))


def min_isr_of(topic: str, topic_configs: Mapping[str, Mapping[str, str]], *defaults: Mapping[str, str]) -> int:
    """min.insync.replicas of a topic: its own config, else the first of ``defaults`` (dynamic, then static), else 1."""
    for source in (topic_configs.get(topic, {}), *defaults):
        value = source.get("min.insync.replicas", "")
        if value.isdigit():
            return int(value)
    return 1


def named(partitions: Sequence[Partition], limit: int = 5) -> str:
    """Return ``topic-0, topic-1 and 3 more``."""
    shown = ", ".join(f"{topic}-{number}" for topic, number in partitions[:limit])
    return shown + (f" and {len(partitions) - limit} more" if len(partitions) > limit else "")
