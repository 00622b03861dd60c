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
from tests.e2e.trip import CONTROLLERS, FINAL, Trip, quiet
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
    "login-over-tls": FixtureSpec(namespace="secure-login", secured="tls", topics=5, dns_ttl=1),
}
#: what their owners say of the controllers' listener beside it
OPTIONS = {"login-over-tls": {"kraft_controller_security": "SASL_SSL"}}
#: of the Secret CONTROLLER_LOGIN
PASSWORD, ROTATED = "kraft-login-password", "kraft-login-rotated"


class Secured:
    """One secured cluster on its way."""

    def __init__(self, trip: Trip, mark: int) -> None:
        self.trip, self.mark = trip, mark
        self.spec, self.kube = trip.target.fixture.spec, trip.target.fixture.kube
        self.canaries = [*keeping.canaries(self.kube, self.spec), PASSWORD, ROTATED]
        self.outputs: list[str] = []
        # the owner's own objects may have secrets in clear text; none of them may get more of them, and no object of ours any
        self.before = {name: set(found) for name, found in self._shown()}
        trip.target.variables["kraft_report_dir"] = str(trip.target.folder / "report")

    def run(self, playbook: str, *arguments: str, **variables: Any) -> Outcome:
        """Run a playbook that has to succeed; what it printed and returned is kept for the search for secrets."""
        done = self.trip.target.play(playbook, *arguments, **variables)
        self.outputs += [done.output, json.dumps(done.tasks)]
        assert done.status == 0, done.output
        return done

    def stands(self, state: str, *, kraft: bool = False) -> None:
        """The state, and that every right and every login is what it was."""
        assert self.run("status").result("Status")["state"] == state
        for name, found in self._shown():
            assert set(found) <= self.before.get(name, set()), name
        proofs.require(self.kube, self.spec, kraft=kraft)

    def back(self) -> None:
        """Roll back; the cluster is as it was."""
        self.run("rollback")
        assert self.run("rollback").changed == []
        assert (self.trip.names(), self.trip.specs()) == (self.trip.objects, self.trip.templates)
        self.stands("ZOOKEEPER")

    def rotate(self) -> None:
        """Another password in the Secret of the login: while there are controllers, everybody goes on with the old one."""
        login(self.trip, ROTATED)
        said = self.run("preflight").result("SetupPreChecks")["findings"]
        assert [item["code"] for item in said if item["code"] == "controller-login-kept"], said

    def no_secret_is_shown(self) -> None:
        """In nothing that was printed, returned, written to files or to the API server's log, and in no log of a controller."""
        assert leaks("\n".join(self.outputs), self.canaries) == []
        files = [each for each in self.trip.target.folder.rglob("*") if each.is_file()]
        assert [path.suffix for path in files if path.suffix in (".html", ".json")], files
        for path in files:
            assert leaks(path.read_text(encoding="utf-8", errors="replace"), self.canaries) == [], path
        for pod in self.kube.list("Pod", self.spec.namespace, labels=CONTROLLERS):
            name = pod["metadata"]["name"]
            said = self.kube.request("GET", self.kube.path("Pod", self.spec.namespace, name) + "/log")
            assert leaks(said, self.canaries) == [], name
        with Folders().audit_log.open(encoding="utf-8") as log:
            log.seek(self.mark)
            assert leaks(log.read(), self.canaries) == []

    def _shown(self) -> Iterator[tuple[str, list[str]]]:
        """What objects that are no Secrets have of secrets."""
        for kind in ("ConfigMap", "StatefulSet", "Lease", "Pod"):
            for item in self.kube.list(kind, self.spec.namespace):
                yield f"{kind}/{item['metadata']['name']}", leaks(json.dumps(item), self.canaries)


@contextmanager
def secured(name: str, folder: Path) -> Iterator[Secured]:
    """A secured cluster with its traffic; at the end no acknowledged record is lost, and no denied client got through."""
    mark = audit.position()
    with quiet(SPECS[name], folder) as trip:
        if name in ("sasl", "environment", "login-over-tls"):
            login(trip, PASSWORD)
        trip.target.variables.update(OPTIONS.get(name, {}))
        with canary(trip.target, dns_ttl=1) as figures:
            trip.remember()
            found = Secured(trip, mark)
            yield found
        print(figures)
        assert figures["ok"], figures
        assert figures["denied_breaches"] == 0, figures
        found.no_secret_is_shown()


def login(trip: Trip, password: str) -> None:
    """The Secret by which nodes log in at the controllers."""
    trip.target.fixture.kube.apply(controller_login(trip.target.namespace, password))
    trip.target.variables["kraft_controller_secret"] = CONTROLLER_LOGIN


def test_there_and_back(tmp_path: Path) -> None:
    with secured("sasl", tmp_path) as found:
        found.run("preflight")
        # what Ansible prints at most
        found.run("migrate", "-vvv", "--diff")
        found.stands("HYBRID_DUAL_WRITE")
        found.rotate()
        found.run("finalize", "-vvv", "--diff")
        found.stands("PURE_DUAL_WRITE", kraft=True)
        found.back()


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
