# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fixture cluster that outlives the program that made it: a long chain of runs that was stopped goes on with the same one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import connect

from tests.e2e.fleet import Cluster
from tests.e2e.places import Place
from tests.e2e.trip import Trip
from tests.sandbox import fixtures
from tests.sandbox.account import grant
from tests.sandbox.cluster import Sandbox
from tests.sandbox.fixtures import Fixture, FixtureSpec
from tests.sandbox.kube import Kube


class Failed(Exception):
    """What is wrong, in one sentence."""


@dataclass(frozen=True)
class Standing:
    """The cluster.

    :ivar fresh: whether it was made just now.
    :ivar start: what a rollback has to restore, as plain data, to be kept by the caller for the next program.
    """

    trip: Trip
    fresh: bool
    start: list[Any]

    @property
    def kube(self) -> Kube:
        """The administrator's client."""
        return self.trip.target.fixture.kube


def cache_folder(name: str) -> Path:
    """A folder of that name outside the checkout, where a chain keeps what it has done."""
    cache = Path(os.environ.get("KRAFT_CACHE") or Path.home() / ".cache" / "kafkaops-kraft").expanduser()
    folder = cache / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def standing(spec: FixtureSpec, folder: Path, start: list[Any] | None) -> Iterator[Standing]:
    """The cluster that an interrupted program left, or a new one; it stays when the block ends.

    :param folder: for inventories and results of playbooks.
    :param start: ``Standing.start`` of that program; None = make the cluster anew, whatever is there.
    """
    sandbox = Sandbox()
    sandbox.up()
    os.environ["KUBECONFIG"] = str(sandbox.folders.kubeconfig)
    sandbox.ensure_image(spec.flavour, spec.kafka_version)
    kube, client = sandbox.kube, connect({})
    try:
        fresh = start is None or kube.get("StatefulSet", spec.name, spec.namespace) is None
        if fresh:
            fixtures.delete(spec, kube=kube)
        fixture = fixtures.create(spec, kube=kube) if fresh else Fixture(spec, kube, {})
        target = Cluster(fixture, grant(kube, spec.namespace, clusters=[spec.name]), folder)
        target.variables["kraft_restart_interval"] = 0
        trip = Trip(Place(target, client))
        if fresh or start is None:
            trip.remember()
            start = json.loads(json.dumps([sorted(trip.objects), trip.templates]))
        trip.objects = set(start[0])
        trip.templates = {key: tuple(value) for key, value in start[1].items()}
        yield Standing(trip, fresh, start)
    finally:
        client.close()
        kube.close()
