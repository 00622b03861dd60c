# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input of clusters with SASL and ACLs: logins, super users, ACLs, JAAS files, encrypted settings. Those with TLS are in test_bad_input_tls.py.

Each ends with one sentence and its code, changes nothing, and shows no secret.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import SECRET

from tests.e2e.places import findings, one_sentence, refused
from tests.e2e.secured_places import CONTROLLERS_LOGIN, ODD, ZOOKEEPER_LOGIN, SecuredPlace, odd_cluster, place_of
from tests.sandbox.account import grant, rules
from tests.sandbox.fixtures import FixtureSpec
from tests.sandbox.secured import making, settings
from tests.sandbox.secured.principals import Acl

pytestmark = [
    pytest.mark.skipif(not os.environ.get("KUBECONFIG"), reason="KUBECONFIG names no cluster"),
    # kazoo leaves sockets of sessions that were never established
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
SPEC = FixtureSpec(namespace="bad-secured", secured="sasl", topics=1, dns_ttl=1)
JAAS = f"{settings.JAAS_FOLDER}/{settings.JAAS_FILE}"
DIGEST = "org.apache.zookeeper.server.auth.DigestLoginModule required"


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredPlace]:
    with place_of(SPEC, tmp_path_factory.mktemp("play")) as place:
        yield place


@pytest.fixture(scope="module")
def odd(secured: SecuredPlace) -> Iterator[dict[str, str]]:
    """Variables for the badly secured cluster; its JAAS file changes, so that the session with ZooKeeper does not use it."""
    with odd_cluster(secured):
        yield {"kraft_cluster": ODD, "kraft_zookeeper_secret": ZOOKEEPER_LOGIN, "kraft_controller_secret": ""}


def test_nothing_stops_it_as_it_is(secured: SecuredPlace) -> None:
    """Or else the other tests would say little."""
    found = secured.accepted()
    assert set(found) == {"password-in-metadata-log", "super-user-added"}
    one_sentence(found["super-user-added"]["sentence"], "User:kraft (the clients of the controllers' listener) becomes")


# the login to ZooKeeper


@pytest.mark.parametrize("playbook", ["preflight", "setup", "migrate", "status", "finalize", "rollback"])
def test_a_wrong_zookeeper_password(secured: SecuredPlace, playbook: str) -> None:
    wrong = secured.material.vault["wrong"]
    with secured.secret(username="kafka", password=wrong) as name, secured.unchanged():
        refused(
            secured.play(playbook, kraft_zookeeper_secret=name),
            "zookeeper-login-failed",
            "refused the login of user 'kafka': correct the password in Secret bad-secured/planted",
        )


@pytest.mark.parametrize(
    ("texts", "code", "words"),
    [
        ({"username": "nobody", "password": "x"}, "zookeeper-login-failed", "refused the login of user 'nobody'"),
        ({"username": "kafka", "password": ""}, "zookeeper-login-failed", "refused the login of user 'kafka'"),
        ({"username": "kafka"}, "secret-missing", "Secret bad-secured/planted has username but no password; add it"),
        (
            {"user": "kafka"},
            "secret-missing",
            "has nothing to log in to ZooKeeper with: it needs username and password",
        ),
        (
            {"jaas__conf": f'Client {{\n  {DIGEST} username="kafka"\n}};'},
            "zookeeper-login-failed",
            "jaas.conf of Secret bad-secured/planted, section Client: an option or a semicolon is missing in line 3",
        ),
        (
            {"jaas__conf": f'A {{ {DIGEST} username="kafka"; }};\nB {{ {DIGEST}; }};'},
            "zookeeper-login-failed",
            "jaas.conf of Secret bad-secured/planted has no section Client; add it",
        ),
        ({"ca__crt": "x"}, "zookeeper-tls", "ca.crt of Secret bad-secured/planted cannot be used"),
    ],
)
def test_a_secret_for_zookeeper_that_cannot_be_used(
    secured: SecuredPlace, texts: dict[str, str], code: str, words: str
) -> None:
    with secured.secret(**texts) as name, secured.unchanged():
        refused(secured.play("preflight", kraft_zookeeper_secret=name), code, words)


def test_a_secret_for_zookeeper_that_is_not_there(secured: SecuredPlace) -> None:
    with secured.unchanged():
        refused(
            secured.play("preflight", kraft_zookeeper_secret="absent"),
            "secret-missing",
            "the Secret bad-secured/absent of kraft_zookeeper_secret does not exist; make it, or correct the name",
        )


# the controllers' listener


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (
            {"kraft_controller_secret": ""},
            "controller-listener-scram",
            "the controllers' listener cannot start with SCRAM, since its credentials reach the controllers only with the copy: set kraft_",
        ),
        (
            {"kraft_controller_sasl_mechanism": "SCRAM-SHA-512"},
            "controller-listener-scram",
            "the controllers' listener cannot start with SCRAM, since its credentials reach the controllers only with the copy: leave the option",
        ),
        (
            {"kraft_controller_sasl_mechanism": "GSSAPI"},
            "controller-listener-mechanism",
            "kraft_controller_sasl_mechanism is GSSAPI, but GSSAPI is not supported on the controllers' listener: leave the option at PLAIN",
        ),
        (
            {"kraft_controller_security": "SSL"},
            "controller-listener-keys",
            "the brokers' settings have no key store for it: neither ssl.keystore.location nor listener.name.client.ssl.keystore.location",
        ),
        (
            {"kraft_controller_security": "PLAINTEXT"},
            "super-user-missing",
            "are User:ANONYMOUS, which super.users does not have and which is never added",
        ),
        (
            {"kraft_controller_secret": "absent"},
            "secret-missing",
            "Secret bad-secured/absent does not exist, which kraft_controller_secret names",
        ),
        (
            {"kraft_super_users": ["User:ops", "ops"]},
            "super-user-without-type",
            "kraft_super_users has ops, which is no principal: write it as User:ops",
        ),
        (
            {"kraft_super_users": ["User:"]},
            "super-user-without-type",
            "kraft_super_users has User:, which is no principal: write it as User:NAME",
        ),
    ],
)
@pytest.mark.parametrize("playbook", ["preflight", "migrate"])
def test_options_of_the_controllers_listener(
    secured: SecuredPlace, playbook: str, options: dict[str, Any], code: str, words: str
) -> None:
    with secured.unchanged():
        failure = refused(secured.play(playbook, **options), code, words)
    assert findings(failure)[code]["sentence"] in failure["msg"]


def test_a_protocol_that_does_not_exist(secured: SecuredPlace) -> None:
    with secured.unchanged():
        done = secured.play("preflight", kraft_controller_security="SASL_PLAIN")
    assert done.status != 0
    said = json.dumps(done.failure)
    for words in ("kraft_controller_security", "PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL", "SASL_PLAIN"):
        assert words in said


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"username": "kraft"}, "has no text under the key password; it needs username and password"),
        ({"user": "kraft", "password": "\n"}, "has no text under the key username and none under password"),
    ],
)
def test_a_secret_for_the_controllers_that_lacks_a_key(
    secured: SecuredPlace, texts: dict[str, str], words: str
) -> None:
    with secured.secret(**texts) as name, secured.unchanged():
        done = secured.play("preflight", kraft_controller_secret=name)
        refused(done, "secret-missing", f"Secret bad-secured/planted, which kraft_controller_secret names, {words}")


def test_an_account_that_may_not_read_secrets(secured: SecuredPlace) -> None:
    """Nobody knows whether the Secret is there: it is not said to be missing."""
    token = grant(secured.cluster.fixture.kube, secured.namespace, "restricted", rules(["kafka"]))
    with secured.unchanged():
        done = secured.play("preflight", kraft_api_key=token)
    failure = refused(done, "permission-missing", "kraft_controller_secret could not be read")
    said = [item["sentence"] for item in failure["detail"]["findings"] if item["code"] == "permission-missing"]
    for words in (f"reading Secret {CONTROLLERS_LOGIN} in", 'grant verb "get" on "secrets"'):
        assert any("kraft_controller_secret could not be read" in each and words in each for each in said), said


# what ZooKeeper holds


def test_a_prefixed_acl_on_a_star(secured: SecuredPlace) -> None:
    """Kafka 3.9.2 takes it from its own admin client."""
    kube, planted = secured.cluster.fixture.kube, [Acl("TOPIC", "*", "PREFIXED", "User:app", "READ")]
    making.change_acls(kube, SPEC, planted)
    try:
        with secured.unchanged():
            done = secured.play("preflight")
            refused(
                done,
                "wildcard-acl-invalid",
                "the ACL of User:app on Topic * (prefixed) looks like a wildcard",
                "delete it, and add it with the literal pattern",
            )
        assert secured.accepted("wildcard-acl-invalid")["wildcard-acl-invalid"]["accepted"] is True
    finally:
        making.change_acls(kube, SPEC, planted, remove=True)
    assert "wildcard-acl-invalid" not in secured.accepted()


@pytest.mark.parametrize(
    "folder", ["/kafka-acl/Topic", "/kafka-acl-extended/prefixed/Topic"], ids=["literal", "prefixed"]
)
def test_an_acl_for_a_principal_without_a_type(secured: SecuredPlace, folder: str) -> None:
    """No tool of Kafka writes it any more; what others wrote stays for years, since brokers look at it when they start."""
    entry = {"principal": "bob", "permissionType": "Allow", "operation": "Read", "host": "*"}
    data = json.dumps({"version": 1, "acls": [entry]}).encode()
    with secured.znode(f"{folder}/planted", data), secured.unchanged():
        refused(
            secured.play("preflight"),
            "acl-principal-invalid",
            "is for bob, which is no principal and stops the copy of all ACLs",
            f"take it out of the znode {folder}/planted, since kafka-acls cannot, and add it for User:bob",
        )


# a cluster that is bad input itself


def test_everything_that_is_wrong_with_a_cluster(secured: SecuredPlace, odd: dict[str, str]) -> None:
    with secured.unchanged():
        done = secured.play("preflight", **odd)
    failure = refused(
        done, "authorizer-custom", "kafkaops.sandbox.VendorAuthorizer is not Kafka's own", "more findings"
    )
    said = {(item["code"], item["sentence"]) for item in failure["detail"]["findings"] if item["severity"] == "block"}
    expected = {
        ("authorizer-custom", "ask its vendor for a migration"),
        (
            "encoder-secret-missing",
            f"encrypted dynamic settings ({settings.LOGIN_KEY}, {settings.LEFTOVER_KEY}), but the brokers have no password.encoder.secret",
        ),
        ("dynamic-jaas", f"{settings.LOGIN_KEY} is a dynamic setting of broker 0, which has no effect"),
        ("dynamic-jaas", f"{settings.LOGIN_KEY} is a dynamic setting of broker 100, which has no effect"),
        (
            "super-user-missing",
            "the brokers are User:broker, which neither super.users nor an ACL for ClusterAction has",
        ),
        ("super-user-missing", "User:ops is a super user of odd-b-0 and not of odd-a-0"),
    }
    for code, words in expected:
        assert [sentence for each, sentence in said if each == code and words in sentence], (code, words, said)
    assert {code for code, _sentence in said} == {code for code, _words in expected}
    for _code, sentence in said:
        one_sentence(sentence)


def test_what_may_be_accepted_and_what_not(secured: SecuredPlace, odd: dict[str, str]) -> None:
    accepted = ["encoder-secret-missing", "dynamic-jaas", "super-user-missing"]
    with secured.unchanged():
        refused(secured.play("migrate", kraft_accept=accepted, **odd), "authorizer-custom")
        done = secured.play("migrate", kraft_accept=[*accepted, "authorizer-custom"], **odd)
    assert done.status != 0
    one_sentence(done.failure["msg"], "kraft_accept names authorizer-custom, which cannot be accepted")


def test_a_secret_that_does_not_decrypt(secured: SecuredPlace, odd: dict[str, str]) -> None:
    """The odd cluster's settings were encrypted by Kafka's own tool, with another secret."""
    with secured.zookeeper("") as zk:
        before = zk.get("/kafka/config/brokers/0")[0]
        zk.set("/kafka/config/brokers/0", zk.get(f"/{odd['kraft_cluster']}/config/brokers/0")[0])
    try:
        listed = secured.found("encoder-secret-missing")
        assert secured.accepted("encoder-secret-missing", "dynamic-jaas")["encoder-secret-missing"]["accepted"] is True
    finally:
        with secured.zookeeper("") as zk:
            zk.set("/kafka/config/brokers/0", before)
    assert len(listed) == 2
    for sentence, key in zip(listed, (settings.LOGIN_KEY, settings.LEFTOVER_KEY), strict=True):
        one_sentence(
            sentence,
            f"password.encoder.secret of the brokers does not decrypt {key} of broker 0",
            "set it to the secret that it was written with, or delete the setting with kafka-configs",
        )


def test_a_jaas_file_that_is_not_where_the_setting_says(secured: SecuredPlace, odd: dict[str, str]) -> None:
    def renamed(data: dict[str, str]) -> dict[str, str]:
        return {"jaas.conf": data[settings.JAAS_FILE]}

    with secured.altered(f"{ODD}-jaas", renamed):
        (said,) = secured.found("jaas-file-missing", **odd)
        (follows,) = secured.found("controller-login-missing", **odd)
    one_sentence(
        said, f"is {JAAS}, where no file is any more: Secret bad-secured/odd-jaas has no key {settings.JAAS_FILE}"
    )
    one_sentence(follows, "no user name and password of the brokers could be read", "set kraft_controller_secret")
    # it is for brokers that restart, whoever logs in at the controllers
    with secured.altered(f"{ODD}-jaas", renamed):
        assert secured.found("jaas-file-missing", **odd | {"kraft_controller_secret": CONTROLLERS_LOGIN}) == [said]


def test_a_jaas_file_whose_secret_is_gone(secured: SecuredPlace, odd: dict[str, str]) -> None:
    kept = secured.client.get(SECRET, f"{ODD}-jaas", secured.namespace)
    secured.remove(SECRET, f"{ODD}-jaas")
    try:
        (said,) = secured.found("jaas-file-missing", **odd)
    finally:
        for key in ("resourceVersion", "uid", "managedFields"):
            kept["metadata"].pop(key, None)
        secured.client.create(SECRET, kept, secured.namespace)
    one_sentence(said, f"is {JAAS}, where no file is any more: Secret bad-secured/odd-jaas does not exist")


def test_a_jaas_file_with_a_fault(secured: SecuredPlace, odd: dict[str, str]) -> None:
    def broken(data: dict[str, str]) -> dict[str, str | bytes]:
        return {settings.JAAS_FILE: base64.b64decode(data[settings.JAAS_FILE]).replace(b'";', b'"', 1)}

    with secured.altered(f"{ODD}-jaas", broken):
        (said,) = secured.found("jaas-file-invalid", **odd)
    one_sentence(
        said,
        f"the brokers' JAAS file {JAAS}, section internal.KafkaServer: an option or a semicolon is missing in line 3",
        "correct it in Secret bad-secured/odd-jaas: a broker that restarts ends with it",
    )
