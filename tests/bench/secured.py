# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What security costs a migration: a secured cluster, and the same one without security, in one run.

The one without security goes first and last: so it shows by itself what the order does.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.bench.migration import clients_saw, migrate
from tests.demo import stage
from tests.demo.stage import Place, Stage
from tests.sandbox import fixtures, traffic
from tests.sandbox.account import SECRETS, rules
from tests.sandbox.console import say
from tests.sandbox.fixtures import Fixture, FixtureSpec
from tests.sandbox.secured import principals
from tests.sandbox.secured.objects import CONTROLLER_LOGIN, controller_login
from tests.sandbox.traffic import TrafficSpec

FIRST, SECURED, LAST = "plain, first", "secured", "plain, last"
_PLAIN = FixtureSpec(namespace="bench-open", dns_ttl=1)
#: in this order
SPECS = {
    FIRST: _PLAIN,
    SECURED: replace(_PLAIN, namespace="bench-secured", secured="sasl"),
    LAST: replace(_PLAIN, namespace="bench-open-last"),
}


def measure(where: Place, folder: Path) -> dict[str, Any]:
    """Migrate all three, one after the other; returns what was measured of each. Raises Failed or SandboxError."""
    folder.mkdir(parents=True, exist_ok=True)
    return {"clusters": {name: _one(where, name, spec, folder) for name, spec in SPECS.items()}}


def _one(where: Place, name: str, spec: FixtureSpec, folder: Path) -> dict[str, Any]:
    """Migrate one cluster under traffic. The cluster is deleted afterwards."""
    say(f"{name}: making the cluster")
    spec = replace(spec, image=where.image)
    fixture = stage.make_cluster(where, spec)
    try:
        on = on_stage(where, fixture, folder)
        if not spec.secured:
            _same_topics(fixture)
        # without the denied client: it has nothing to try on the other cluster, and the same traffic costs both the same
        clients = TrafficSpec(spec.namespace, spec.name, dns_ttl=stage.DNS_TTL, denied=False)
        traffic.start(fixture.kube, clients)
        found = migrate(on, name, folder)
        found["canary"] = clients_saw(fixture.kube, spec.namespace)
    finally:
        stage.remove_cluster(where, spec)
    return found


def on_stage(where: Place, fixture: Fixture, folder: Path) -> Stage:
    """Return the stage of a cluster: where there is security, the account may use Secrets, and the controllers have a login of their own."""
    spec, always = fixture.spec, {}
    allowed = rules([spec.name])
    if spec.secured:
        fixture.kube.apply(controller_login(spec.namespace, secrets.token_hex(16)))
        always["kraft_controller_secret"] = CONTROLLER_LOGIN
        allowed.append(SECRETS)
    account = stage.account(fixture.kube, spec.namespace, spec.name, where.kubeconfig, folder, allowed=allowed)
    return Stage(fixture, account, folder, always=always)


def _same_topics(fixture: Fixture) -> None:
    """Make the topics that a secured fixture has besides."""
    spec = fixture.spec
    lines = [principals.topic_line(line, spec.brokers) for line in principals.preparation()["topics"]]
    fixtures.create_topics(fixture.kube, spec.namespace, next(iter(spec.broker_ids)), lines)
