# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What preflight finds on a secured cluster; no finding shows a secret."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.security_image import Acl
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.certificates import Certificate
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    checks,
    controllers,
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
    acls[0] = frozenset({Acl("Cluster", "literal", "kafka-cluster", "User:other", "*", "ClusterAction", "Allow")})
    assert "super-user-missing" in codes(security_checks.findings(cluster))
    for operation, permission, missing in (("All", "Allow", False), ("ClusterAction", "Deny", True)):
        acls[0] = frozenset({Acl("Cluster", "literal", "kafka-cluster", "User:broker", "*", operation, permission)})
        assert ("super-user-missing" in codes(security_checks.findings(cluster))) is missing


def codes(found: Any) -> list[str]:
    return [item.code for item in found]


def certificate(names: tuple[str, ...], days: int = 365, subject: str = "CN=b,OU=brokers,O=Example") -> Certificate:
    return Certificate(subject, names, datetime.now(UTC) + timedelta(days=days))


def test_a_jaas_file_that_is_not_where_the_option_says() -> None:
    for objects, why in (([secret("jaas", other="x")], "n/jaas has no key jaas.conf"), ([], "n/jaas does not exist")):
        found = security_checks.jaas_findings(scene(SASL, *objects))
        assert codes(found) == ["jaas-file-missing"]
        assert f"is /etc/kafka-jaas/jaas.conf, where no file is any more: Secret {why};" in found[0].sentence
    elsewhere = scene(SASL)
    elsewhere.facts["kafka-0"].jvm_options = ("-Djava.security.auth.login.config=/opt/in/the/image.conf",)
    assert security_checks.jaas_findings(elsewhere) == []
    assert security_checks.jaas_findings(scene(PLAIN, secret("jaas", **{"jaas.conf": PLAIN_JAAS}))) == []


def test_a_jaas_file_that_java_does_not_read() -> None:
    """A running broker has read another one; the next one that starts ends."""
    for text in (PLAIN_JAAS.replace("};", "}"), f"# users\n{PLAIN_JAAS}"):
        (found,) = security_checks.jaas_findings(scene(PLAIN, secret("jaas", **{"jaas.conf": text})))
        assert found.code == "jaas-file-invalid"
        assert "in Secret n/jaas: a broker that restarts ends with it" in found.sentence
        assert "canary" not in found.sentence


def test_a_jaas_file_that_may_not_be_read_matters_where_its_login_is_needed() -> None:
    """Brokers whose JAAS file is for ZooKeeper alone need no right to read Secrets."""

    def forbidden(_name: str) -> None:
        raise Forbidden("the account may not get secrets")

    for effective, expected in (({"listeners": "PLAINTEXT://:9092"}, []), (PLAIN, ["permission-missing"])):
        cluster = scene(effective)
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
    assert codes(security_checks.findings(cluster)) == ["super-user-added", "super-user-missing"]


@pytest.mark.parametrize(
    ("read", "more", "expected"),
    [
        (certificate(("*.kafka-kraft.n.svc",)), {}, []),
        (certificate(("*.kafka.n.svc",)), {}, ["certificate-names"]),
        (certificate(("*.kafka.n.svc",)), {"ssl.endpoint.identification.algorithm": ""}, []),
        (certificate(("*.kafka.n.svc",)), {"ssl.endpoint.identification.algorithm": "https"}, ["certificate-names"]),
        (certificate(("*.kafka-kraft.n.svc",), 3), {}, ["certificate-expires"]),
        (certificate(("*.kafka-kraft.n.svc",), -3), {}, ["certificate-expired"]),
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


def test_each_form_of_a_store_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security_checks, "read_pem", lambda text: f"pem {text}")
    monkeypatch.setattr(security_checks, "read_pkcs12", lambda data, password: f"p12 {data!r} {password}")
    jks = base64.b64encode(bytes.fromhex("feedfeed00")).decode()
    data = {"old.jks": jks, "keystore.p12": "AAEC", "tls-combined.pem": base64.b64encode(b"PEM").decode()}
    cluster = scene(TLS, {"kind": "Secret", "metadata": {"name": "tls", "namespace": "n"}, "data": data})
    where, certificate_of = "/etc/kafka-tls/", cast("Any", security_checks.certificate)
    client = certificate_of(cluster, TLS, "CLIENT")
    assert client == (f"{where}tls-combined.pem", "pem PEM")
    replication = certificate_of(cluster, TLS, "REPLICATION")
    assert replication == (f"{where}keystore.p12", "p12 b'\\x00\\x01\\x02' canary-store")
    path, read = certificate_of(cluster, {"ssl.keystore.location": f"{where}old.jks"}, "X")
    assert isinstance(read, Unknown)
    assert "JKS" in read.why
    path, read = certificate_of(cluster, {"ssl.keystore.location": "/opt/x.p12"}, "X")
    assert (path, isinstance(read, Unknown)) == ("/opt/x.p12", True)
    assert certificate_of(cluster, {"ssl.keystore.certificate.chain": "C"}, "X")[1] == "pem C"
    # a ConfigMap has text as it is, and the rest encoded
    cluster.config_maps = {"c": {"metadata": {"name": "c"}, "data": {"a.pem": "A"}, "binaryData": {"b.p12": "AAEC"}}}
    cluster.statefulsets[0]["spec"]["template"]["spec"]["volumes"][1] = {"name": "tls", "configMap": {"name": "c"}}
    pem = {"ssl.keystore.location": f"{where}a.pem", "ssl.keystore.type": "pem"}
    assert certificate_of(cluster, pem, "X")[1] == "pem A"
    p12 = certificate_of(cluster, {"ssl.keystore.location": f"{where}b.p12"}, "X")[1]
    assert p12 == "p12 b'\\x00\\x01\\x02' "


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
