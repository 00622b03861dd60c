# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates beside that of the controllers' listener: each store once, and what could not be read is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.certificates import Certificate
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.principals import of_listener
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.security import ControllerSecurity
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.zookeeper_login import (
    Store,
    ZookeeperLogin,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    brokers,
    certificate_checks,
    checks,
    security_checks,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError

from tests.unit.plugins.module_utils._core._settings.secured_brokers import PLAIN, PLAIN_JAAS, TLS
from tests.unit.plugins.module_utils._platform._statefulset.secured_scene import scene, secret

PEM, P12 = "/etc/kafka-tls/tls-combined.pem", "/etc/kafka-tls/keystore.p12"


def lasting(days: int) -> Certificate:
    return Certificate("CN=b,OU=brokers,O=Example", ("*.kafka-kraft.n.svc",), datetime.now(UTC) + timedelta(days=days))


def with_keys(cluster: Any, keys: Store | None) -> Any:
    cluster.zookeeper = SimpleNamespace(login=ZookeeperLogin(tls=True, keys=keys))
    return cluster


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is in each store; a test changes it."""
    found: dict[str, Any] = {PEM: lasting(3), P12: lasting(365), "content": lasting(365)}

    def certificate(_cluster: Any, settings: Any, listener: str) -> Any:
        where = of_listener(settings, listener, "ssl.keystore.location")
        return where, found[where]

    monkeypatch.setattr(security_checks, "certificate", certificate)
    monkeypatch.setattr(certificate_checks, "read_store", lambda content, _password, _kind: found[content.decode()])
    return found


def test_every_other_listener_and_the_session_with_zookeeper(stores: dict[str, Any]) -> None:
    # the controllers use the stores of REPLICATION, which are judged elsewhere
    stores |= {P12: lasting(1), "content": lasting(-1)}
    cluster = with_keys(scene(TLS), Store("Secret n/zk", "PEM", b"content"))
    found = certificate_checks.findings(cluster)
    assert [(item.code, item.where) for item in found] == [
        ("certificate-expires", PEM),
        ("certificate-expires", "Secret n/zk"),
    ]
    assert not [item for item in found if item.blocking]
    # that of ZooKeeper may be the same one
    assert len(certificate_checks.findings(with_keys(scene(TLS), Store(P12, "PKCS12", b"content")))) == 1
    assert len(certificate_checks.findings(with_keys(scene(TLS), Store("/k.p12")))) == 1
    assert len(certificate_checks.findings(with_keys(scene(TLS), None))) == 1
    assert certificate_checks.findings(with_keys(scene(TLS), None), [PEM]) == [], "that it is gone is said already"


def test_one_that_could_not_be_read(stores: dict[str, Any]) -> None:
    stores |= {PEM: Unknown("the account may not get secrets"), "content": Unknown("it is damaged")}
    found = certificate_checks.findings(with_keys(scene(TLS), Store("/zk.pem", "PEM", b"content")))
    assert [(item.code, item.blocking) for item in found] == [("certificate-unreadable", False)] * 2
    assert "the certificate of listener CLIENT in" in found[0].sentence
    assert "(the account may not get secrets)" in found[0].sentence
    assert (
        "the certificate of sessions with ZooKeeper in /zk.pem could not be read (it is damaged)" in found[1].sentence
    )


def test_controllers_without_tls_leave_all_to_be_looked_at(stores: dict[str, Any]) -> None:
    stores[PEM] = lasting(365)
    mixed = PLAIN | {
        "listener.security.protocol.map": "CLIENT:SASL_SSL,INTERNAL:SASL_PLAINTEXT",
        "ssl.keystore.location": P12,
    }
    stores[P12] = lasting(2)
    cluster = with_keys(scene(mixed, secret("jaas", **{"jaas.conf": PLAIN_JAAS})), None)
    assert [item.where for item in certificate_checks.findings(cluster)] == [P12]


def test_zookeeper_that_does_not_answer_is_said_elsewhere(stores: dict[str, Any]) -> None:
    class Silent:
        @property
        def login(self) -> Any:
            raise KraftError("no ZooKeeper answers")

    cluster = scene(TLS)
    cluster.zookeeper = Silent()
    assert [item.where for item in certificate_checks.findings(cluster)] == [PEM]
    cluster.zookeeper_connect = None
    cluster.zookeeper = None
    assert [item.where for item in certificate_checks.findings(cluster)] == [PEM]
    assert stores


def test_preflight_says_it(monkeypatch: pytest.MonkeyPatch, stores: dict[str, Any]) -> None:
    del stores
    monkeypatch.setattr(checks, "derive_ibp", lambda _cluster: None)
    monkeypatch.setattr(brokers, "plan_ahead", lambda _cluster: {})
    files = dict.fromkeys(("tls-combined.pem", "keystore.p12", "truststore.p12", "ca.crt"), "x")
    monkeypatch.setattr(security_checks, "read_acls", lambda _session, **_options: frozenset())
    jaas = secret("jaas", **{"jaas.conf": PLAIN_JAAS})
    cluster = with_keys(scene(TLS, secret("tls", **files), jaas), None)
    assert ("certificate-expires", PEM) in [(item.code, item.where) for item in checks.plan_findings(cluster)]
    del files["tls-combined.pem"]
    cluster = with_keys(scene(TLS, secret("tls", **files), jaas), None)
    assert [item.code for item in checks.plan_findings(cluster) if PEM in item.where] == ["secret-missing"]


def test_who_shows_a_certificate_to_a_controller() -> None:
    """With SASL on a listener, Kafka takes what is said for all listeners for nothing."""
    for protocol, settings, both in (
        ("SSL", {"ssl.client.auth": "required"}, True),
        ("SSL", {"ssl.client.auth": "requested"}, True),
        ("SSL", {"ssl.client.auth": "none"}, False),
        ("SSL", {}, False),
        ("SSL", {"ssl.client.auth": "${env:AUTH}", "config.providers": "env"}, True),
        ("SSL", {"ssl.client.auth": "required", "listener.name.controller.ssl.client.auth": "none"}, False),
        ("SASL_SSL", {"ssl.client.auth": "required"}, False),
        ("SASL_SSL", {"listener.name.controller.ssl.client.auth": "required"}, True),
    ):
        chosen = ControllerSecurity("CONTROLLER", protocol, {}, {}, None, "")
        assert security_checks._both_show(settings, chosen) is both
