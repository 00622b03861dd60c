# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secured clusters to each stop, back from each, there again and to the end, under traffic that logs in.

At each place real clients log in, are denied and are allowed what they were before; a client without any right tries all the time. No output, object or
log may have one of the fixture's secrets.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import audit
from tests.e2e.fleet import Outcome, canary
from tests.e2e.trip import FINAL, Trip, quiet
from tests.sandbox.config import Folders
from tests.sandbox.fixtures import FixtureSpec
from tests.sandbox.secured import keeping, proofs
from tests.sandbox.secured.objects import CONTROLLER_LOGIN, controller_login
from tests.sandbox.secured.vault import leaks

SPECS = {
    "sasl": FixtureSpec(namespace="secure-sasl", secured="sasl", topics=5, dns_ttl=1),
    "environment": FixtureSpec(
        namespace="secure-env", secured="sasl", surface="confluent", jolokia=False, topics=5, dns_ttl=1
    ),
    "plain": FixtureSpec(
        namespace="secure-plain", secured="sasl", inter_broker="PLAIN", surface="secret", topics=5, dns_ttl=1
    ),
    "tls": FixtureSpec(namespace="secure-tls", secured="tls", topics=5, dns_ttl=1),
}
#: of the Secret CONTROLLER_LOGIN
PASSWORD = "kraft-login-password"


class Secured:
    """One secured cluster on its way."""

    def __init__(self, trip: Trip, mark: int) -> None:
        self.trip, self.mark = trip, mark
        self.spec, self.kube = trip.target.fixture.spec, trip.target.fixture.kube
        self.outputs: list[str] = []

    def run(self, playbook: str, **variables: Any) -> Outcome:
        """Run a playbook that has to succeed; what it printed and returned is kept for the search for secrets."""
        done = self.trip.target.play(playbook, **variables)
        self.outputs += [done.output, json.dumps(done.tasks)]
        assert done.status == 0, done.output
        return done

    def stands(self, state: str, *, kraft: bool = False) -> None:
        """The state, and that every right and every login is what it was."""
        assert self.run("status").result("Status")["state"] == state
        proofs.require(self.kube, self.spec, kraft=kraft)

    def back(self) -> None:
        """Roll back; the cluster is as it was."""
        self.run("rollback")
        assert self.run("rollback").changed == []
        assert (self.trip.names(), self.trip.specs()) == (self.trip.objects, self.trip.templates)
        self.stands("ZOOKEEPER")

    def no_secret_is_shown(self) -> None:
        """In nothing that was printed, returned, written to files, to objects that are no Secrets, to the API server's log, or to the pods' logs."""
        canaries = [*keeping.canaries(self.kube, self.spec), PASSWORD]
        assert leaks("\n".join(self.outputs), canaries) == []
        folder = self.trip.target.folder
        for path in (each for each in folder.rglob("*") if each.is_file()):
            assert leaks(path.read_text(encoding="utf-8", errors="replace"), canaries) == [], path
        for kind in ("ConfigMap", "StatefulSet", "Lease"):
            assert leaks(json.dumps(self.kube.list(kind, self.spec.namespace)), canaries) == [], kind
        with Folders().audit_log.open(encoding="utf-8") as log:
            log.seek(self.mark)
            assert leaks(log.read(), canaries) == []


@contextmanager
def secured(name: str, folder: Path) -> Iterator[Secured]:
    """A secured cluster with its traffic; at the end no acknowledged record is lost, and no denied client got through."""
    mark = audit.position()
    with quiet(SPECS[name], folder) as trip:
        if trip.target.fixture.spec.inter_broker != "PLAIN" and trip.target.fixture.spec.secured == "sasl":
            _login(trip)
        with canary(trip.target, dns_ttl=1) as figures:
            trip.remember()
            found = Secured(trip, mark)
            yield found
        print(figures)
        assert figures["ok"], figures
        assert figures["denied_breaches"] == 0, figures
        found.no_secret_is_shown()


def _login(trip: Trip) -> None:
    trip.target.fixture.kube.apply(controller_login(trip.target.namespace, PASSWORD))
    trip.target.variables["kraft_controller_secret"] = CONTROLLER_LOGIN


@pytest.mark.parametrize("name", SPECS)
def test_there_and_back_and_to_the_end(name: str, tmp_path: Path) -> None:
    with secured(name, tmp_path) as found:
        found.stands("ZOOKEEPER")
        found.run("migrate")
        found.stands("HYBRID_DUAL_WRITE")
        found.back()
        found.run("migrate")
        found.run("finalize")
        found.stands("PURE_DUAL_WRITE", kraft=True)
        found.back()
        found.run("migrate")
        found.run("finalize")
        found.run("finalize", **FINAL)
        found.stands("FINALIZED", kraft=True)
        assert found.run("finalize", **FINAL).changed == []
