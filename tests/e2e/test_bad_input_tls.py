# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input of clusters with TLS: certificates, stores, and the session with ZooKeeper. Those with SASL are in test_bad_input_secured.py.

What is in a Secret is what the next broker starts with; those that run have read what was there before.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

import pytest

from tests.e2e.places import one_sentence, refused
from tests.e2e.secured_places import ZOOKEEPER_LOGIN, SecuredPlace, certificate_login, place_of
from tests.sandbox.fixtures import FixtureSpec
from tests.sandbox.secured import certificates
from tests.sandbox.secured.certificates import Certificates, Identity
from tests.sandbox.secured.objects import tls_name

pytestmark = [
    pytest.mark.skipif(not os.environ.get("KUBECONFIG"), reason="KUBECONFIG names no cluster"),
    # kazoo leaves sockets of sessions that were never established
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
SPEC = FixtureSpec(namespace="bad-tls", secured="tls", topics=1, dns_ttl=1)
STORE = "/etc/kafka-tls/keystore.p12"
#: whatever is in the brokers' Secret, which their pods have a minute later
SESSION = {"kraft_zookeeper_secret": ZOOKEEPER_LOGIN}


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredPlace]:
    with place_of(SPEC, tmp_path_factory.mktemp("play")) as place:
        yield place


def made(place: SecuredPlace) -> Certificates:
    assert place.material.certificates is not None
    return place.material.certificates


def with_store(place: SecuredPlace, identity: Identity, password: str = "") -> AbstractContextManager[None]:
    """Another key store of the brokers in their Secret."""
    content = certificates.pkcs12(identity, made(place).authority, password or place.material.vault["keystore"])

    def change(data: dict[str, str]) -> Mapping[str, str | bytes]:
        return {**data, "keystore.p12": content}

    return place.altered(tls_name(SPEC.name), change)


def brokers(place: SecuredPlace, controllers: str = "wildcard", days: int = 365) -> Identity:
    return certificates.brokers(made(place).authority, SPEC.name, SPEC.namespace, controllers=controllers, days=days)


@pytest.mark.parametrize("names", ["wildcard", "names"])
def test_nothing_stops_it_with_a_good_certificate(tls: SecuredPlace, names: str) -> None:
    """Or else the other tests would say little."""
    with with_store(tls, brokers(tls, names)):
        assert set(tls.accepted(**SESSION)) == {"password-in-metadata-log"}


@pytest.mark.parametrize(
    ("controllers", "days", "code", "words"),
    [
        (
            "none",
            365,
            "certificate-names",
            "kafka-kraft-2.kafka-kraft.bad-tls.svc: controllers and brokers would refuse each other; add these names, or *.kafka-kraft.bad-tls.svc",
        ),
        ("wildcard", -1, "certificate-expired", f"the certificate in {STORE} expired at "),
    ],
)
@pytest.mark.parametrize("playbook", ["preflight", "migrate"])
def test_a_certificate_that_controllers_cannot_use(
    tls: SecuredPlace, playbook: str, controllers: str, days: int, code: str, words: str
) -> None:
    with with_store(tls, brokers(tls, controllers, days)):
        with tls.unchanged():
            refused(tls.play(playbook, **SESSION), code, words)
        assert tls.accepted(code, **SESSION)[code]["accepted"] is True


def test_a_certificate_that_expires_soon_is_only_told(tls: SecuredPlace) -> None:
    with with_store(tls, brokers(tls, days=10)):
        found = tls.accepted(**SESSION)
    assert set(found) == {"password-in-metadata-log", "certificate-expires"}
    one_sentence(found["certificate-expires"]["sentence"], f"the certificate in {STORE} expires at ", "renew it before")


def test_a_certificate_of_somebody_who_is_no_super_user(tls: SecuredPlace) -> None:
    accepted = {"kraft_accept": ["certificate-names"]}
    with with_store(tls, made(tls).people["app"]):
        with tls.unchanged():
            refused(
                tls.play("preflight", **SESSION, **accepted),
                "super-user-missing",
                "the brokers' certificate makes them User:app, which super.users does not have",
                "add it to kraft_super_users",
            )
        assert tls.accepted("certificate-names", kraft_super_users=["User:app"], **SESSION)


def test_a_store_with_another_password(tls: SecuredPlace) -> None:
    """Only Java knows for sure, so that it is no refusal."""
    with with_store(tls, brokers(tls), tls.material.vault["wrong"]):
        found = tls.accepted(**SESSION)
    one_sentence(
        found["certificate-unreadable"]["sentence"],
        "could not be read (it is no PKCS #12 store, or its password is wrong); check yourself",
    )


@pytest.mark.parametrize(
    ("keys", "paths"),
    [
        (["truststore.p12"], "/etc/kafka-tls/truststore.p12"),
        (["keystore.p12"], STORE),
        (["ca.crt"], "/etc/kafka-tls/ca.crt"),
    ],
)
@pytest.mark.parametrize("playbook", ["preflight", "setup"])
def test_a_key_of_the_stores_secret_that_is_gone(tls: SecuredPlace, playbook: str, keys: list[str], paths: str) -> None:
    def change(data: dict[str, str]) -> Mapping[str, str | bytes]:
        return {key: value for key, value in data.items() if key not in keys}

    with tls.altered(tls_name(SPEC.name), change), tls.unchanged():
        refused(
            tls.play(playbook, **SESSION),
            "secret-missing",
            f"Secret bad-tls/kafka-tls has no key {keys[0]}, so that {paths} would be missing for every broker that restarts",
            "put it back",
        )


# the session with ZooKeeper


def texts(place: SecuredPlace, case: str) -> dict[str, str]:
    """Texts of a Secret for kraft_zookeeper_secret."""
    found = made(place)
    good = certificate_login(found.brokers, found.authority)
    return {
        "another authority": good | {"ca.crt": found.second.certificate},
        "a stranger": certificate_login(found.stranger, found.authority),
        "expired": certificate_login(brokers(place, days=-1), found.authority),
        "somebody else": certificate_login(found.people["app"], found.authority),
        "no key": {key: text for key, text in good.items() if key != "tls.key"},
        "another key": good | {"tls.key": found.people["app"].key},
        "no text": good | {"tls.crt": "x", "tls.key": "y"},
        "a store without its password": {"truststore.p12": "x"},
    }[case]


@pytest.mark.parametrize(
    ("case", "code", "words"),
    [
        (
            "another authority",
            "zookeeper-tls",
            "its certificate comes from an authority that is not trusted: give the right",
        ),
        ("a stranger", "zookeeper-tls", "it refuses our certificate"),
        ("expired", "zookeeper-tls", "it refuses our certificate"),
        (
            "somebody else",
            "zookeeper-acl",
            "the session logs in with the certificate of tls.crt of Secret bad-tls/planted; log in as the",
        ),
        ("no key", "secret-missing", "Secret bad-tls/planted has tls.crt but no tls.key; add it"),
        ("another key", "zookeeper-tls", "does not hold a private key and its certificate, or its password is wrong"),
        ("no text", "zookeeper-tls", "tls.crt of Secret bad-tls/planted cannot be used"),
        ("a store without its password", "secret-missing", "has truststore.p12 but no truststore-password; add it"),
    ],
)
def test_a_session_with_zookeeper_that_cannot_be(tls: SecuredPlace, case: str, code: str, words: str) -> None:
    given: dict[str, Any] = {key.replace(".", "__"): text for key, text in texts(tls, case).items()}
    with tls.secret(**given) as name, tls.unchanged():
        refused(tls.play("preflight", kraft_zookeeper_secret=name), code, words)
