# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixture clusters with TLS or SASL: each is started, its security is tried from outside, and its traffic logs in.

KUBECONFIG=... [KRAFT_KEEP=1] python -m pytest tests/e2e/test_secured_fixtures.py -s
"""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.forward import pod_forward
from kazoo.client import KazooClient
from kazoo.exceptions import NoAuthError
from kazoo.handlers.threading import KazooTimeoutError

from tests.e2e import audit
from tests.sandbox import traffic
from tests.sandbox.cluster import Sandbox
from tests.sandbox.config import Folders, SandboxError
from tests.sandbox.fixtures import Fixture, FixtureSpec, create, delete
from tests.sandbox.secured import keeping, making, proofs
from tests.sandbox.secured.certificates import Identity
from tests.sandbox.secured.principals import ITERATIONS, OPEN, Acl
from tests.sandbox.secured.settings import LEFTOVER_KEY, STORE_KEY, zookeeper_port
from tests.sandbox.secured.vault import leaks
from tests.sandbox.traffic import TrafficSpec

pytestmark = [
    pytest.mark.skipif(not os.environ.get("KUBECONFIG"), reason="KUBECONFIG names no cluster"),
    # kazoo leaves sockets of sessions that were never established
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]

SPECS = {
    "sasl": FixtureSpec(namespace="secured-sasl", secured="sasl", topics=3, dns_ttl=1),
    "plain": FixtureSpec(
        namespace="secured-plain", secured="sasl", inter_broker="PLAIN", surface="secret", dynamic_login=True, topics=3
    ),
    "environment": FixtureSpec(namespace="secured-env", secured="sasl", surface="confluent", jolokia=False, topics=3),
    "tls": FixtureSpec(namespace="secured-tls", secured="tls", topics=3, dns_ttl=1),
    "tls-ensemble": FixtureSpec(
        namespace="secured-tls3", secured="tls", zookeepers=3, controller_names="none", certificate_days=-1, topics=3
    ),
}
#: that only a session which logged in may read: credentials, tokens, encrypted settings
SECRET = ("/config/users/app", "/config/users", "/config/brokers/0", "/delegation_token/tokens")
READ = ("/config/users/app", "/config/brokers/0")
#: that everybody may read, and nobody else may change
READABLE = ("/brokers/topics/topic-00", "/kafka-acl", "/controller_epoch", "/cluster/id")


@contextmanager
def _cluster(spec: FixtureSpec) -> Iterator[Fixture]:
    sandbox = Sandbox()
    kube = sandbox.kube
    try:
        delete(spec, kube=kube)
        for flavour in sorted({spec.flavour, "file"}):
            sandbox.ensure_image(flavour, spec.kafka_version)
        yield create(spec, kube=kube)
    finally:
        if not os.environ.get("KRAFT_KEEP"):
            delete(spec, kube=kube)
        kube.close()


@contextmanager
def _zookeeper(spec: FixtureSpec, **options: Any) -> Iterator[KazooClient]:
    """A session that does not log in."""
    client = connect({})
    try:
        with pod_forward(client, spec.namespace, "zookeeper-0", zookeeper_port(spec)) as forward:
            session = KazooClient(hosts=f"{forward.host}:{forward.port}{spec.chroot}", timeout=10.0, **options)
            try:
                session.start(timeout=8)
                yield session
            finally:
                session.stop()
                session.close()
    finally:
        client.close()


def _files(folder: Path, name: str, identity: Identity, authority: str) -> dict[str, Any]:
    """Options of a session with a certificate."""
    paths = {"certfile": identity.certificate, "keyfile": identity.key, "ca": authority}
    for key, text in paths.items():
        (folder / f"{name}.{key}").write_text(text, encoding="utf-8")
    return {"use_ssl": True, **{key: str(folder / f"{name}.{key}") for key in paths}}


def _protected(session: KazooClient) -> None:
    """What a stranger may not do."""
    for path in SECRET:
        with pytest.raises(NoAuthError):
            session.get(path)
    for path in READABLE:
        session.get(path)
        changes: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
            (session.set, (path, b"{}")),
            (session.create, (f"{path}/stranger", b"")),
            (session.set_acls, (path, session.get_acls(path)[0])),
        ]
        for change, arguments in changes:
            with pytest.raises(NoAuthError):
                change(*arguments)
    with pytest.raises(NoAuthError):
        session.delete("/controller_epoch")


def _znodes(fixture: Fixture, folder: Path) -> None:
    """The znodes are protected, and what is secret in them is not readable as it is."""
    spec = fixture.spec
    material = keeping.of(fixture.kube, spec)
    made = material.certificates
    if made is None:
        with _zookeeper(spec) as session:
            _protected(session)
        found = making.znodes(fixture.kube, spec, READ)
    else:
        with pytest.raises((KazooTimeoutError, ssl.SSLError)), _zookeeper(spec):
            pass
        authority = made.authority.certificate
        # the same authority made it, but it is not the brokers' name
        with _zookeeper(spec, **_files(folder, "app", made.people["app"], authority)) as session:
            with pytest.raises(NoAuthError):
                session.get(SECRET[0])
            assert session.get(READABLE[0])
        with _zookeeper(spec, **_files(folder, "broker", made.brokers, authority)) as session:
            found = {path: session.get(path)[0].decode() for path in READ}
    assert f"iterations={ITERATIONS}" in json.loads(found[READ[0]])["config"]["SCRAM-SHA-512"]
    # encrypted: the name of the cipher stands before the value
    secret = json.loads(found[READ[1]])["config"][LEFTOVER_KEY if made is None else f"{STORE_KEY}password"]
    assert "cipherAlgorithm" in secret
    assert leaks(json.dumps(found), material.vault.canaries()) == []


@pytest.mark.parametrize("kind", SPECS)
def test_security_is_in_force(kind: str, tmp_path: Path) -> None:
    mark = audit.position()
    with _cluster(SPECS[kind]) as fixture:
        spec, kube = fixture.spec, fixture.kube
        print({name: round(value, 1) for name, value in fixture.seconds.items()})
        traffic.start(kube, TrafficSpec(spec.namespace, spec.name, 300, dns_ttl=1))
        for seen in proofs.require(kube, spec):
            print(f"{seen.milliseconds:6} ms  {seen.name}: {seen.seen}")
        _znodes(fixture, tmp_path)
        traffic.stop(kube, spec.namespace)
        report = traffic.check(kube, spec.namespace)
        print(json.dumps(report))
        assert report["ok"], report
        assert report["acked"] == report["consumed"] > 0
        assert report["denied_breaches"] == 0
        assert min(report["denied_refusals"].values()) > 10
        # what is found later comes from somebody else
        canaries = keeping.canaries(kube, spec)
        for pod in (*spec.broker_ids, *spec.zookeeper_pods):
            assert leaks(kube.request("GET", kube.path("Pod", spec.namespace, pod) + "/log"), canaries) == [], pod
        with Folders().audit_log.open(encoding="utf-8") as log:
            log.seek(mark)
            assert leaks(log.read(), canaries) == []
        if kind == "sasl":
            _notices(fixture)


def _notices(fixture: Fixture) -> None:
    """A right that the denied client gets is noticed: by the proofs, and by the traffic."""
    spec, kube = fixture.spec, fixture.kube
    hole = [Acl("TOPIC", OPEN, "LITERAL", "User:intruder", operation) for operation in ("READ", "WRITE")]
    making.change_acls(kube, spec, hole)
    with pytest.raises(SandboxError, match="somebody without a right may not write"):
        proofs.require(kube, spec)
    traffic.start(kube, TrafficSpec(spec.namespace, spec.name, 100, dns_ttl=1))
    making.change_acls(kube, spec, hole, remove=True)
    traffic.stop(kube, spec.namespace)
    report = traffic.check(kube, spec.namespace)
    assert report["denied_breaches"] > 0
    assert not report["ok"], report
