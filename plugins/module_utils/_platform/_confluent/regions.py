# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The other regions of a Kafka cluster, read by the options of their own hosts: whose turn it is, and the lock that one of them holds.

Private to the collection. CFK has no lock across regions: two of its operators see no under-replicated partition at the same moment, and
each restarts a broker. The rules of the order are in ``_core.regions``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, regions
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.regions import Region, Turn
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.waiting import EVERY, lasting
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.lease import RunLease
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import checks, objects, removing
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.cluster import ConfluentCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.following import (
    CONTROLLERS,
    Place,
    follow,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.job import progress_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import Signals
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict, KraftError, Refused

Obj = Mapping[str, Any]
Tell = Callable[[str], None]


def named(cluster: ConfluentCluster) -> list[tuple[str, ConfluentCluster]]:
    """Name in the inventory of each region of the Kafka cluster, this one first; this one alone where no other was named."""
    found: regions.Regions | None = cluster.params.get("regions")
    if found is None:
        return [(cluster.name, cluster)]
    others = zip((each.host for each in found.others), cluster.others, strict=True)
    return [(found.host, cluster), *others]


@contextmanager
def reading(host: str, cluster: ConfluentCluster) -> Iterator[None]:
    """Name the region of which something could not be read. Raises Refused (region-unreadable)."""
    try:
        yield
    except KraftError as error:
        raise Refused(
            f"region {host} ({cluster.namespace}/{cluster.name}) of this Kafka cluster could not be read: {error.message}",
            code="region-unreadable",
        ) from error


def job_of(kafka: Obj, jobs: Mapping[str, Obj]) -> Obj | None:
    """The job of a Kafka CR, None when there is none."""
    wanted = checks.where(kafka)
    return next((job for job in jobs.values() if str(objects.dependencies(job)["kafka"]) == wanted), None)


def _region(host: str, cluster: ConfluentCluster, *, present: bool) -> Region:
    """What a region shows now. Raises KraftError."""
    seen = progress_of(cluster.read_job())
    controller = cluster.controller_cr
    return Region(
        host=host,
        voters=len(objects.ids_of(controller)) if controller is not None else 0,
        first=min(objects.ids_of(cluster.kafka), default=0),
        seen=seen,
        left=() if seen.started else tuple(removing.left(cluster)),
        present=present,
    )


def look(cluster: ConfluentCluster) -> list[Region]:
    """Every region as it is now, this one first. Raises Refused when one cannot be read."""
    found: regions.Regions = cluster.params["regions"]
    present = {each.host: each.present for each in found.others}
    seen = []
    for host, each in named(cluster):
        with reading(host, each):
            seen.append(_region(host, each, present=present.get(host, True)))
    return seen


def turn(cluster: ConfluentCluster, verb: Verb) -> Turn:
    """Whether this region may be asked now."""
    mine, *others = look(cluster)
    return regions.turn(verb, mine, others)


def places(cluster: ConfluentCluster) -> list[Place]:
    """Where each region is watched, this one first."""
    found = []
    for host, each in named(cluster):
        with reading(host, each):
            kafka = each.kafka
            workloads = {each.name: "brokers", each.controllers_name: CONTROLLERS}
        found.append(
            Place(each.client, each.namespace, lambda jobs, kafka=kafka: job_of(kafka, jobs), workloads)  # type: ignore[misc]
        )
    return found


def wait_turn(cluster: ConfluentCluster, verb: Verb, *, idle: float, progress: Tell) -> None:
    """Wait until this region may be asked. Raises Refused when waiting would be in vain; DeadlineExceeded when no region moves any more."""
    known, all_named = look(cluster), named(cluster)
    left = [_Left(each.left, other) for each, (_host, other) in zip(known, all_named, strict=True)]
    began = time.monotonic()

    def judge(shown: Sequence[tuple[Progress, Signals]]) -> tuple[bool, str]:
        now = [
            Region(was.host, was.voters, was.first, seen, () if seen.started else rest.read(signs.moves), was.present)
            for was, rest, (seen, signs) in zip(known, left, shown, strict=True)
        ]
        found = regions.turn(verb, now[0], now[1:])
        if found.never:
            raise Refused(found.never, code=found.code)
        if not found.waits:
            return True, "it is this region's turn"
        signs = "; ".join(f"{each.host}: {signs.text}" for each, (_seen, signs) in zip(now[1:], shown[1:], strict=True))
        return False, lasting(f"waiting for this region's turn, {found.waits} ({signs})", time.monotonic() - began)

    follow(places(cluster), judge, idle=idle, progress=progress)
    cluster.changed()


class _Left:
    """What an attempt has left in a region, read again when something moved there, and every few seconds."""

    def __init__(self, found: tuple[str, ...], cluster: ConfluentCluster) -> None:
        self._cluster, self._found = cluster, found
        self._moves: str | None = None
        self._read = time.monotonic()

    def read(self, moves: str) -> tuple[str, ...]:
        """What there is now."""
        if moves != self._moves or time.monotonic() - self._read > EVERY:
            self._found, self._moves, self._read = tuple(removing.left(self._cluster)), moves, time.monotonic()
        return self._found


@contextmanager
def locked(cluster: ConfluentCluster, holder: str, *, timeout: float, progress: Tell) -> Iterator[Callable[[], None]]:
    """Hold the lock of all regions: whoever asks an operator for something looks at the others under it, then asks.

    The order alone keeps runs of one playbook apart. The lock keeps different ones apart: somebody who finalizes one region at the very
    moment at which somebody else rolls another one back. It is held for a look and a write, and expires like the Lease of a run: what is
    yielded raises Conflict when it is not surely held any more. Raises Refused (lock-held).
    """
    at = regions.home(look(cluster))
    home = dict(named(cluster))[at.host]
    labels = {names.LABEL_CLUSTER: home.name, names.MANAGED_BY: names.MANAGER}
    found: regions.Regions = cluster.params["regions"]
    # hosts of one run have to keep each other out, too
    who = f"{found.host}/{holder}"
    lease = RunLease(home.client, home.namespace, names.turn_name(home.name), who, labels)
    lease.acquire(timeout, progress)
    lost: list[str] = []
    lease.keep(lost.append)

    def sure() -> None:
        if lost:
            raise Conflict(
                f"the lock of all regions was lost, and nothing was asked: {lost[0]}", code="changed-by-others"
            )

    try:
        yield sure
    finally:
        lease.stop()
        lease.release()
