# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What preflight finds on a secured cluster; no finding shows a secret."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.security_image import Acl
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.certificates import Certificate
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    checks,
    controllers,
    security,
    security_checks,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError

from tests.unit.plugins.module_utils._core._settings.secured_brokers import PLAIN, PLAIN_JAAS, SASL, TLS
from tests.unit.plugins.module_utils._platform._statefulset.secured_scene import scene, secret

#: every file of the brokers' stores
STORES = secret("tls", **dict.fromkeys(("tls-combined.pem", "ca.crt", "keystore.p12", "truststore.p12"), "x"))


@pytest.fixture(autouse=True)
def acls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What ZooKeeper has; a test changes it."""
    found: list[Any] = [KraftError("no ZooKeeper answers")]

    def read(_session: Any, **_options: Any) -> Any:
        if isinstance(found[0], Exception):
            raise found[0]
        return found[0]

    monkeypatch.setattr(security_checks, "read_acls", read)
    return found


def test_brokers_may_have_their_right_by_an_acl(acls: list[Any]) -> None:
    effective = {**SASL, "super.users": "User:admin"}
    login = secret("kraft", username="kraft", password="p")
    cluster = scene(effective, login, controller_secret="kraft")
    found = {item.code for item in security_checks.findings(cluster)}
    assert "super-user-missing" not in found, "nobody could tell"
    of_topics = Acl("Topic", "literal", "*", "User:broker", "*", "All", "Allow")
    for found_acls, missing in (
        ({Acl("Cluster", "literal", "kafka-cluster", "User:other", "*", "ClusterAction", "Allow")}, True),
        ({Acl("Cluster", "literal", "kafka-cluster", "User:broker", "*", "All", "Allow")}, False),
        ({Acl("Cluster", "literal", "kafka-cluster", "User:broker", "*", "ClusterAction", "Deny")}, True),
        ({of_topics}, True),
    ):
        acls[0] = frozenset(found_acls)
        assert ("super-user-missing" in codes(security_checks.findings(cluster))) is missing
    # the last of them is no ACL of the cluster
    everybody = scene({**effective, "allow.everyone.if.no.acl.found": "true"}, login, controller_secret="kraft")
    assert "super-user-missing" not in codes(security_checks.findings(everybody))


def codes(found: Any) -> list[str]:
    return [item.code for item in found]


def certificate(names: tuple[str, ...], days: int = 365, subject: str = "CN=b,OU=brokers,O=Example") -> Certificate:
    return Certificate(subject, names, datetime.now(UTC) + timedelta(days=days))


def test_a_jaas_file_that_java_does_not_read() -> None:
    """A running broker has read another one; the next one that starts ends."""
    for text in (PLAIN_JAAS.replace("};", "}"), f"# users\n{PLAIN_JAAS}"):
        (found,) = security_checks.jaas_findings(scene(PLAIN, secret("jaas", **{"jaas.conf": text})))
        assert found.code == "jaas-file-invalid"
        assert "in Secret n/jaas: a broker that restarts ends with it" in found.sentence
        assert "canary" not in found.sentence


def test_a_jaas_file_of_a_secret_that_may_not_be_read_is_looked_at_in_a_pod() -> None:
    """So that an account which may not read Secrets does not stop brokers whose file is for ZooKeeper alone."""

    def forbidden(_name: str) -> None:
        raise Forbidden("the account may not get secrets")

    path = "/etc/kafka-jaas/jaas.conf"
    for text, expected in (
        (PLAIN_JAAS, []),
        (PLAIN_JAAS.replace("};", "}"), ["jaas-file-invalid"]),
        (None, ["jaas-file-missing"]),
    ):
        cluster = scene({"listeners": "PLAINTEXT://:9092"}, files={} if text is None else {path: text.encode()})
        cluster.secret = forbidden
        assert codes(security_checks.jaas_findings(cluster)) == expected


def test_why_no_login_is_known_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "derive_ibp", lambda _cluster: None)
    found = checks.plan_findings(scene(PLAIN, secret("jaas", other="x")))
    assert codes(found) == ["jaas-file-missing", "controller-login-missing"]


def test_stores_that_are_gone_from_where_they_are_mounted(monkeypatch: pytest.MonkeyPatch) -> None:
    read = certificate(("*.kafka-kraft.n.svc",))
    monkeypatch.setattr(security_checks, "certificate", lambda *_arguments: ("/etc/kafka-tls/keystore.p12", read))
    texts = STORES["stringData"]
    for key in texts:
        kept = secret("tls", **{other: text for other, text in texts.items() if other != key})
        found = security_checks.findings(scene(TLS, kept))
        assert [(item.code, item.where) for item in found] == [("secret-missing", f"/etc/kafka-tls/{key}")]
        assert f"Secret n/tls has no key {key}, so that /etc/kafka-tls/{key} would be missing" in found[0].sentence
    found = security_checks.findings(scene(TLS))
    assert [item.where.count("/etc/kafka-tls/") for item in found] == [4]
    assert "Secret n/tls does not exist" in found[0].sentence
    # a listener that is not encrypted needs none, and nobody knows what may not be read
    assert (
        security_checks.findings(
            scene(
                TLS | {"listener.security.protocol.map": "CLIENT:PLAINTEXT,REPLICATION:SSL"},
                secret("tls", **{"keystore.p12": "x", "truststore.p12": "x"}),
            )
        )
        == []
    )

    def forbidden(_name: str) -> None:
        raise Forbidden("the account may not get secrets")

    cluster = scene(TLS)
    cluster.secret = forbidden
    assert security_checks.findings(cluster) == []


def test_an_expired_certificate_is_not_looked_for_where_the_store_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = ("/etc/kafka-tls/keystore.p12", Unknown("it is not there"))
    monkeypatch.setattr(security_checks, "certificate", lambda *_arguments: gone)
    found = security_checks.findings(scene(TLS))
    assert codes(found) == ["secret-missing", "super-user-unknown", "super-user-unknown"]


def test_super_users_of_some_brokers_only() -> None:
    login = secret("k", username="kraft", password="p")
    cluster = scene(SASL, login, controller_secret="k")
    first = cluster.facts["kafka-0"]
    assert codes(security_checks.findings(cluster)) == ["super-user-added"]
    other = SimpleNamespace(**{**vars(first), "settings": {**SASL, "super.users": "User:broker;User:admin;User:ops"}})
    cluster.facts |= {"kafka-1": other, "kafka-2": Unknown("it does not run")}
    found = security_checks.findings(cluster)
    assert codes(found) == ["super-user-added", "super-user-unknown", "super-user-missing"]
    assert "super.users of kafka-2 could not be read (it does not run)" in found[1].sentence
    # whatever a broker allows, controllers check again; in an order that does not depend on who was read first
    chosen = security.of_controllers(cluster, cluster.effective)
    everybody = {"super.users": "User:admin;User:broker;User:kraft;User:ops"}
    assert security.super_users_of_all(cluster, chosen) == everybody
    cluster.facts = dict(reversed(cluster.facts.items()))
    assert security.super_users_of_all(cluster, chosen) == everybody
    # each broker keeps its own
    assert "User:ops" not in security.super_users(cluster, first.settings, chosen)["super.users"]


def test_super_users_of_brokers_that_agree_keep_their_order() -> None:
    cluster = scene(SASL, secret("k", username="kraft", password="p"), controller_secret="k")
    chosen = security.of_controllers(cluster, SASL)
    first = cluster.facts["kafka-0"]
    restarted = SimpleNamespace(settings={**SASL, **security.super_users(cluster, SASL, chosen)})
    cluster.facts |= {"kafka-1": first, "kafka-2": restarted}
    assert security.super_users_of_all(cluster, chosen) == {"super.users": "User:broker;User:admin;User:kraft"}
    cluster.facts = {"kafka-0": Unknown("it does not run")}
    assert security.super_users_of_all(cluster, chosen) == {}


@pytest.mark.parametrize(
    ("read", "more", "expected"),
    [
        (certificate(("*.kafka-kraft.n.svc",)), {}, []),
        (certificate(("*.kafka.n.svc",)), {}, ["certificate-names"]),
        (certificate(("*.kafka.n.svc",)), {"ssl.endpoint.identification.algorithm": ""}, []),
        (certificate(("*.kafka.n.svc",)), {"ssl.endpoint.identification.algorithm": "https"}, ["certificate-names"]),
        (certificate(("*.kafka-kraft.n.svc",), 3), {}, ["certificate-expires"]),
        (certificate(("*.kafka-kraft.n.svc",), -3), {}, ["certificate-expired"]),
        (replace(certificate(("*.kafka-kraft.n.svc",)), usages=("1.3.6.1.5.5.7.3.1",)), {}, ["certificate-usage"]),
        (certificate(("*.kafka-kraft.n.svc",), subject="CN=b"), {}, ["super-user-missing"]),
        (Unknown("it is damaged"), {}, ["certificate-unreadable", "super-user-unknown", "super-user-unknown"]),
    ],
)
def test_certificates(monkeypatch: pytest.MonkeyPatch, read: Any, more: dict[str, str], expected: list[str]) -> None:
    monkeypatch.setattr(security_checks, "certificate", lambda *_arguments: ("/etc/tls", read))
    assert codes(security_checks.findings(scene({**TLS, **more}, STORES))) == expected


def test_whose_principals_a_builder_of_the_user_makes_are_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    read = certificate(("*.kafka-kraft.n.svc",))
    monkeypatch.setattr(security_checks, "certificate", lambda *_arguments: ("/etc/tls", read))
    found = security_checks.findings(scene({**TLS, "principal.builder.class": "com.example.Builder"}, STORES))
    assert set(codes(found)) == {"super-user-unknown"}


def test_what_the_listener_cannot_have_is_one_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    jaas = secret("jaas", **{"jaas.conf": PLAIN_JAAS})
    cluster = scene({**SASL, "broker.id": "0", "inter.broker.protocol.version": "3.9"}, jaas)
    monkeypatch.setattr(checks, "derive_ibp", lambda _cluster: None)
    (found,) = checks.plan_findings(cluster)
    assert found.code == "controller-listener-scram"

    def refused(_cluster: Any) -> None:
        raise Unsupported("x", code=found.code)

    monkeypatch.setattr(controllers, "check_plan", refused)
    assert checks.controller_findings(cluster) == []
