# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure parts of secured fixtures: secrets, certificates, settings, objects, proofs, and what the denied client saw."""

from __future__ import annotations

import base64
import datetime
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import pkcs12

from tests.sandbox import manifests, traffic
from tests.sandbox.config import SandboxError
from tests.sandbox.fixtures import FixtureSpec
from tests.sandbox.secured import certificates, keeping, making, objects, principals, proofs, settings
from tests.sandbox.secured.keeping import Material, Token
from tests.sandbox.secured.vault import NAMES, Vault, leaks, line_of_key
from tests.sandbox.traffic import TrafficSpec
from tests.sandbox.traffic_denied import check_denied

TESTS = Path(__file__).resolve().parents[2]
SASL, TLS = FixtureSpec(secured="sasl"), FixtureSpec(secured="tls")


@pytest.fixture(scope="module")
def tls() -> Material:
    return keeping.fresh(TLS).with_token(Token("id", "aG1hYw=="))


def _brokers(spec: FixtureSpec, material: Material) -> dict[str, Any]:
    items = manifests.cluster(spec, material)
    found: dict[str, Any] = next(item for item in items if manifests.is_brokers(item, spec))
    return dict(found["spec"]["template"]["spec"])


def test_every_secret_has_a_canary_of_its_own() -> None:
    vault, other = Vault.fresh(), Vault.fresh()
    assert len({*vault.canaries(), *other.canaries()}) == 2 * len(NAMES)
    assert all(canary in vault[name] for name, canary in zip(NAMES, vault.canaries(), strict=True))


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("after", ["", "z", "zz"])
def test_a_leak_is_found_as_it_is_and_in_base64(before: str, after: str) -> None:
    vault = Vault.fresh()
    text = f"{before}{vault['encoder']}{after}"
    canary = vault.canaries()[NAMES.index("encoder")]
    assert leaks(text, vault.canaries()) == [canary]
    assert leaks(base64.b64encode(text.encode()).decode(), vault.canaries()) == [canary]
    assert leaks(base64.b64encode(b"nothing of that kind").decode(), vault.canaries()) == []


def test_keys_and_the_token_are_canaries_too(tls: Material) -> None:
    assert tls.certificates is not None
    assert "aG1hYw==" in tls.vault.canaries()
    for identity in (tls.certificates.brokers, tls.certificates.people["app"]):
        assert leaks(identity.key, tls.vault.canaries()) == [line_of_key(identity.key)]
        assert leaks(identity.certificate, tls.vault.canaries()) == []
    other = certificates.brokers(tls.certificates.authority, "kafka", "demo", controllers="none", days=1)
    assert line_of_key(other.key) in tls.with_certificate(other).vault.canaries()


@pytest.mark.parametrize(
    ("controllers", "there", "missing"),
    [
        ("wildcard", "*.kafka-kraft.demo.svc.cluster.local", "kafka-kraft-0.kafka-kraft.demo.svc.cluster.local"),
        ("names", "kafka-kraft-2.kafka-kraft.demo.svc.cluster.local", "*.kafka-kraft.demo.svc.cluster.local"),
        ("none", "*.kafka.demo.svc.cluster.local", "*.kafka-kraft.demo.svc.cluster.local"),
    ],
)
def test_the_names_in_the_brokers_certificate(controllers: str, there: str, missing: str) -> None:
    made = certificates.make("kafka", "demo", controllers=controllers, people=["app"], days=30)
    certificate = x509.load_pem_x509_certificate(made.brokers.certificate.encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
        x509.DNSName
    )
    assert there in names
    assert missing not in names
    left = certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(days=29) < left < datetime.timedelta(days=31)
    authority = x509.load_pem_x509_certificate(made.authority.certificate.encode())
    certificate.verify_directly_issued_by(authority)
    # it says that the same authority made it
    stranger = x509.load_pem_x509_certificate(made.stranger.certificate.encode())
    with pytest.raises(InvalidSignature):
        stranger.verify_directly_issued_by(authority)
    assert certificates.Certificates.of(json.loads(json.dumps(made.as_dict()))) == made


def test_an_expired_certificate_is_made_for_later(tls: Material) -> None:
    material = keeping.fresh(replace(TLS, certificate_days=-3))
    assert material.certificates is not None
    now = datetime.datetime.now(datetime.UTC)
    good = x509.load_pem_x509_certificate(material.certificates.brokers.certificate.encode())
    assert good.not_valid_after_utc > now
    old = certificates.brokers(material.certificates.authority, "kafka", "demo", controllers="none", days=-3)
    expired = x509.load_pem_x509_certificate(old.certificate.encode())
    assert expired.not_valid_before_utc < expired.not_valid_after_utc < now


def test_the_stores_open_with_the_password_and_hold_key_and_chain(tls: Material) -> None:
    made = tls.certificates
    assert made is not None
    data = objects.broker_certificate(TLS, tls, made.brokers)
    password = tls.vault["keystore"].encode()
    key, certificate, chain = pkcs12.load_key_and_certificates(base64.b64decode(data["data"]["keystore.p12"]), password)
    assert key is not None
    assert certificate is not None
    assert len(chain) == 1
    assert certificate.subject.rfc4514_string() == "CN=broker,OU=brokers,O=Example"
    assert data["stringData"]["tls-combined.pem"].count("BEGIN") == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"secured": "kerberos"},
        {"secured": "sasl", "surface": "bitnami"},
        {"secured": "sasl", "surface": "overrides"},
        {"secured": "tls", "surface": "confluent"},
        {"secured": "tls", "inter_broker": "PLAIN"},
        {"secured": "tls", "dynamic_login": True},
        {"secured": "sasl", "inter_broker": "GSSAPI"},
        {"secured": "sasl", "controller_names": "none"},
        {"certificate_days": 3},
        {"secured": "tls", "controller_names": "some"},
    ],
)
def test_what_cannot_be_combined_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(SandboxError):
        FixtureSpec(**changes)


def test_the_settings_of_sasl() -> None:
    material = keeping.fresh(SASL)
    found = manifests.settings(SASL, material)
    assert found["inter.broker.listener.name"] == "CLIENT"
    assert found["sasl.mechanism.inter.broker.protocol"] == "SCRAM-SHA-512"
    assert found["allow.everyone.if.no.acl.found"] == "false"
    assert found["zookeeper.set.acl"] == "true"
    text = manifests.properties(SASL, material)
    lines = [line for line in text.splitlines() if line[:1].isalpha()]
    assert len(lines) == len({line.partition("=")[0] for line in lines}) == len(found)
    plain = manifests.settings(replace(SASL, inter_broker="PLAIN"), material)
    assert plain["inter.broker.listener.name"] == "INTERNAL"
    # the user of the dynamic setting is nowhere else
    assert "user_dynamic" not in settings.broker_jaas(material.vault) + text
    assert "user_dynamic" in settings.plain_users(material.vault, dynamic=True)


def test_the_file_has_its_secrets_and_nothing_else_of_the_pod_has() -> None:
    material = keeping.fresh(SASL)
    for surface in settings.SURFACES:
        spec = replace(SASL, surface=surface)
        items = manifests.cluster(spec, material)
        shown = [
            item for item in items if item["kind"] != "Secret" and leaks(json.dumps(item), material.vault.canaries())
        ]
        where = {"file": ["kafka-config"], "own-variable": ["kafka-config"]}.get(surface, [])
        assert [item["metadata"]["name"] for item in shown] == where, surface
        pod = _brokers(spec, material)
        options = next(each["value"] for each in pod["containers"][0]["env"] if each["name"] == "KAFKA_OPTS")
        assert options.endswith(f"-Djava.security.auth.login.config={settings.JAAS_FOLDER}/{settings.JAAS_FILE}")
        assert {"name": "security", "secret": {"secretName": "kafka-jaas"}} in pod["volumes"]


def test_variables_carry_dashes_and_secrets_are_references() -> None:
    spec = replace(SASL, surface="confluent")
    material = keeping.fresh(spec)
    env = {each["name"]: each for each in _brokers(spec, material)["containers"][0]["env"]}
    name = "KAFKA_LISTENER_NAME_CLIENT_SCRAM___SHA___512_SASL_JAAS_CONFIG"
    assert env[name]["valueFrom"] == {"secretKeyRef": {"name": "kafka-settings", "key": name}}
    kept = next(item for item in manifests.cluster(spec, material) if item["metadata"]["name"] == "kafka-settings")
    assert "ScramLoginModule" in kept["stringData"][name]
    hidden = {each for each in env if "valueFrom" in env[each]}
    assert (
        hidden
        == kept["stringData"].keys()
        == {name, "KAFKA_PASSWORD_ENCODER_SECRET", "KAFKA_DELEGATION_TOKEN_SECRET_KEY"}
    )


def test_hardened_brokers_are_secured_as_well() -> None:
    spec = replace(SASL, hardened=True)
    pod = _brokers(spec, keeping.fresh(spec))
    assert {"name": "security", "mountPath": settings.JAAS_FOLDER, "readOnly": True} in pod["containers"][0][
        "volumeMounts"
    ]
    assert "CLIENT://$POD_NAME.kafka.demo.svc.cluster.local:9092" in pod["initContainers"][1]["command"][2]


def test_the_settings_of_tls(tls: Material) -> None:
    found = manifests.settings(TLS, tls)
    assert found["zookeeper.connect"] == "zookeeper-0.zookeeper.demo:2182/kafka"
    # a password of a store that is for all listeners would be refused by those with PEM
    assert {key for key in found if key.startswith("ssl.") and key.endswith("password")} == set()
    assert found["ssl.keystore.type"] == "PEM"
    assert found["listener.name.replication.ssl.keystore.type"] == "PKCS12"
    assert found["listener.name.replication.ssl.client.auth"] == "required"
    rule = re.search(r"RULE:(\^CN=\(.*?\$)/\$1/", found["ssl.principal.mapping.rules"])
    assert rule is not None
    assert re.sub(rule[1], r"\1", "CN=app,OU=people,O=Example") == "app"
    ensemble = settings.zookeeper(replace(TLS, zookeepers=3), tls.vault)
    assert ensemble["sslQuorum"] == "true"
    assert ensemble["ssl.quorum.hostnameVerification"] == "false"
    assert "ssl.hostnameVerification" not in ensemble
    assert "sslQuorum" not in settings.zookeeper(TLS, tls.vault)
    assert "clientPort" not in ensemble
    text = settings.text(settings.client("app", tls))
    assert all("=" in line for line in text.splitlines())
    assert "\\n" in text


def test_an_unsecured_cluster_is_what_it_was() -> None:
    plain = FixtureSpec()
    assert plain.zookeeper_connect == "zookeeper-0.zookeeper.demo:2181/kafka"
    assert not [item for item in manifests.cluster(plain) if item["kind"] == "Secret"]
    assert "advertised.listeners=PLAINTEXT://$HOSTNAME.kafka.demo.svc.cluster.local:9092" in _start(plain)
    assert settings.LISTENERS[""][0].port == 9092


def _start(spec: FixtureSpec) -> str:
    return str(_brokers(spec, keeping.fresh(SASL))["containers"][0]["command"][2])


def test_acls_deny_before_they_allow() -> None:
    kinds = [acl.permission for acl in principals.acls()]
    assert kinds == sorted(kinds, key=["DENY", "ALLOW"].index)
    assert {"LITERAL", "PREFIXED"} == {acl.pattern for acl in principals.acls()}
    intruder = [acl for acl in principals.acls() if acl.principal == "User:intruder"]
    assert [(acl.operation, acl.permission) for acl in intruder] == [("DESCRIBE", "ALLOW")]
    named = {acl.name for acl in principals.acls() if acl.resource == "TOPIC"}
    assert principals.UNNAMED not in named


class _Kept:
    """A namespace with one Secret, as the API server would give it back."""

    def __init__(self, secret: dict[str, Any]) -> None:
        self.secret = secret

    def get(self, kind: str, name: str, namespace: str = "") -> dict[str, Any] | None:
        if (kind, name, namespace) != ("Secret", self.secret["metadata"]["name"], self.secret["metadata"]["namespace"]):
            return None
        data = {key: base64.b64encode(text.encode()).decode() for key, text in self.secret["stringData"].items()}
        return {**self.secret, "data": data}


def test_the_secrets_of_a_cluster_are_found_again(tls: Material) -> None:
    kube: Any = _Kept(keeping.secret(TLS, tls))
    assert keeping.of(kube, TLS) == tls
    assert keeping.canaries(kube, TLS) == tls.vault.canaries()
    with pytest.raises(SandboxError, match="secured with tls, asked for was sasl"):
        keeping.of(kube, SASL)
    with pytest.raises(SandboxError, match="not a secured fixture"):
        keeping.of(kube, replace(TLS, namespace="other"))
    with pytest.raises(SandboxError, match="delete it first"):
        making.material(kube, SASL)
    assert making.material(kube, TLS) == tls


def test_topic_lines() -> None:
    assert principals.topic_line("nobody 3", 5) == "nobody 3 3 min.insync.replicas=2"
    assert principals.topic_line("nobody 3", 1) == "nobody 3 1 min.insync.replicas=1"
    with pytest.raises(SandboxError):
        principals.topic_line("nobody", 3)


def test_what_brokers_must_find_in_zookeeper() -> None:
    spec = replace(SASL, statefulsets=2, zookeepers=3)
    found = making.bootstrap(spec, keeping.fresh(spec))
    assert found["servers"].count(":2181") == 3
    assert found["chroot"] == "/kafka"
    assert [(each["type"], each["name"]) for each in found["configs"]] == [
        ("users", "broker"),
        ("users", "admin"),
        ("brokers", "0"),
        ("brokers", "1"),
        ("brokers", "100"),
    ]
    assert set(found["configs"][2]["values"]) == {settings.LEFTOVER_KEY, *settings.encoder(Vault.fresh())}
    login = making.bootstrap(replace(spec, dynamic_login=True), keeping.fresh(spec))["configs"][2]["values"]
    assert "user_dynamic" in login[settings.LOGIN_KEY]


def test_the_proofs_of_each_kind(tls: Material) -> None:
    with pytest.raises(SandboxError, match="no delegation token"):
        proofs.proofs(SASL, keeping.fresh(SASL))
    for spec, material in ((SASL, keeping.fresh(SASL).with_token(Token("id", "hmac"))), (TLS, tls)):
        found = proofs.proofs(spec, material)
        assert len({proof.name for proof in found}) == len(found)
        ports = {each.port for each in settings.LISTENERS[spec.secured]}
        assert {proof.port for proof in found} <= ports
        # as many things that must not work as a mistake could let through
        assert len([proof for proof in found if proof.expected not in (proofs.OK, proofs.THROTTLED)]) >= 8
    login = replace(SASL, dynamic_login=True)
    material = keeping.fresh(login).with_token(Token("id", "hmac"))
    names = [
        {(proof.name, proof.expected) for proof in proofs.proofs(login, material, kraft=mode)} for mode in (False, True)
    ]
    assert [expected for _name, expected in names[0] - names[1]] == [proofs.OK]
    assert [expected for _name, expected in names[1] - names[0]] == [proofs.NO_LOGIN]
    proof = found[0]
    seen = proofs.compare(proof, {"seen": "TimeoutException", "detail": "no", "milliseconds": 5})
    assert not seen.ok
    assert str(seen) == f"{proof.name}: ok was expected, TimeoutException was seen (no)"


def _line(at: int, what: str, result: str, **more: Any) -> str:
    return json.dumps({"at": at, "what": what, "topic": "orders-open", "partition": 1, "result": result, **more})


def test_a_denied_client_that_was_always_refused() -> None:
    lines = [
        _line(1000, "write", "refused", error="TopicAuthorizationException"),
        _line(1100, "read", "refused", error="TopicAuthorizationException"),
        _line(1300, "write", "unanswered", error="TimeoutException: no"),
        _line(2600, "read", "refused", error="TopicAuthorizationException"),
        '{"at": 27',
        "",
    ]
    found = check_denied(lines)
    assert found.ok
    assert found.refusals == {"write": 1, "read": 2}
    assert (found.unanswered, found.malformed_lines) == (1, 1)
    assert (found.longest_gap_ms, found.longest_gap_at_ms, found.duration_s) == (1500, 1100, 1.6)
    assert found.as_dict()["denied_breaches"] == 0


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [_line(1, "write", "refused")],
        [_line(1, "write", "refused"), _line(2, "read", "unanswered", error="TimeoutException: no")],
        [_line(1, "write", "refused"), _line(2, "read", "refused"), _line(3, "read", "breach")],
    ],
)
def test_a_breach_or_no_refusal_of_a_kind_is_not_ok(lines: list[str]) -> None:
    assert not check_denied(lines).ok


def test_a_breach_is_named() -> None:
    found = check_denied([_line(7, "write", "breach")])
    assert found.breaches == 1
    assert found.breach_examples == ["write orders-open-1 at 7"]


def test_the_library_is_the_same_everywhere() -> None:
    pins = {
        re.search(r"^cryptography==(\S+)$", (TESTS / name).read_text(encoding="utf-8"), re.MULTILINE)
        for name in ("requirements-sandbox.txt", "requirements-core-2.19.txt")
    }
    assert None not in pins
    assert len({pin[1] for pin in pins if pin}) == 1


def test_the_denied_client_can_be_left_out() -> None:
    def clients(spec: TrafficSpec, *, secured: bool) -> list[str]:
        return [container["name"] for container in traffic._pod(spec, 1, secured=secured)["spec"]["containers"]]

    assert clients(TrafficSpec(), secured=True) == ["producer", "consumer", "denied"]
    assert (
        clients(TrafficSpec(denied=False), secured=True)
        == clients(TrafficSpec(), secured=False)
        == ["producer", "consumer"]
    )
