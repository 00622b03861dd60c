# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The login to ZooKeeper from a Secret: what it may hold, and what is missing in it."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.zookeeper_login import (
    KEYS,
    LOGIN,
    TRUST,
    Store,
    ZookeeperLogin,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.zookeeper_secret import secret_login
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

CANARY = "c4n4ry"
NOBODY = ZookeeperLogin()
WHERE = "Secret shop/zk"


def secret(**values: str) -> dict[str, str]:
    """Data of a Secret; ``__`` is a dot and ``_`` a dash."""
    names = {key: key.replace("__", ".").replace("_", "-") for key in values}
    return {names[key]: base64.b64encode(value.encode()).decode() for key, value in values.items()}


def test_user_and_password() -> None:
    login = secret_login(secret(username="kafka\n", password=f" {CANARY}\r\n"), "shop/zk", NOBODY)
    assert login == ZookeeperLogin("kafka", f" {CANARY}", WHERE)
    assert CANARY not in repr(login)


@pytest.mark.parametrize("section", ["Client", "Zookeeper"])
def test_a_jaas_text(section: str) -> None:
    text = f"{section} {{ a.B required username=kafka password={CANARY}; }};"
    login = secret_login(secret(jaas__conf=text, username="of something else"), "shop/zk", NOBODY)
    assert (login.username, login.password, login.source) == ("kafka", CANARY, f"jaas.conf of {WHERE}")


def test_a_jaas_text_by_kerberos() -> None:
    text = "Client { com.sun.security.auth.module.Krb5LoginModule required; };"
    login = secret_login(secret(jaas__conf=text), "shop/zk", ZookeeperLogin("kafka", CANARY, "brokers"))
    assert login.unsupported.startswith(f"jaas.conf of {WHERE} logs in by Kerberos")
    assert not login.username


@pytest.mark.parametrize(
    ("values", "trust", "keys"),
    [
        (secret(ca__crt="CA"), Store(f"ca.crt of {WHERE}", "PEM", b"CA"), None),
        (
            secret(truststore__p12="T", truststore_password=CANARY),
            Store(f"truststore.p12 of {WHERE}", "PKCS12", b"T", CANARY),
            None,
        ),
        (secret(tls__crt="C", tls__key="K\n"), None, Store(f"tls.crt of {WHERE}", "PEM", b"K\nC")),
        # as cert-manager makes it
        (
            secret(ca__crt="CA", tls__crt="C", tls__key="K", keystore__p12="S", truststore__p12="T"),
            Store(f"ca.crt of {WHERE}", "PEM", b"CA"),
            Store(f"tls.crt of {WHERE}", "PEM", b"K\nC"),
        ),
        (
            secret(tls__crt="C", tls__key="encrypted", keystore_password=CANARY),
            None,
            Store(f"tls.crt of {WHERE}", "PEM", b"encrypted\nC", CANARY),
        ),
        (
            secret(keystore__p12="S", keystore_password=f"{CANARY}\n"),
            None,
            Store(f"keystore.p12 of {WHERE}", "PKCS12", b"S", CANARY),
        ),
    ],
)
def test_tls(values: dict[str, str], trust: Store | None, keys: Store | None) -> None:
    login = secret_login(values, "shop/zk", NOBODY)
    assert login == ZookeeperLogin(tls=True, trust=trust, keys=keys)
    assert CANARY not in repr(login)


def test_what_the_secret_does_not_have_is_as_the_brokers_have_it() -> None:
    problems = {LOGIN: "Kerberos", TRUST: "no trust", KEYS: "no keys"}
    trust, keys = Store("/t", content=b"t"), Store("/k", content=b"k")
    brokers = ZookeeperLogin("b", "p", "x", True, False, trust, keys, problems)
    login = secret_login(secret(username="kafka", password="q"), "shop/zk", brokers)
    assert login == ZookeeperLogin("kafka", "q", WHERE, True, False, trust, keys, {TRUST: "no trust", KEYS: "no keys"})
    login = secret_login(secret(ca__crt="CA", tls__crt="C", tls__key="K"), "shop/zk", brokers)
    assert (login.username, login.problems, login.verify_names) == ("b", {LOGIN: "Kerberos"}, False)


@pytest.mark.parametrize(
    ("values", "message", "code"),
    [
        (
            {},
            f"{WHERE} has nothing to log in to ZooKeeper with: it needs username and password",
            "secret-missing",
        ),
        (secret(username=CANARY), f"{WHERE} has username but no password; add it", "secret-missing"),
        (secret(password=CANARY), f"{WHERE} has password but no username; add it", "secret-missing"),
        (secret(tls__crt=CANARY), f"{WHERE} has tls.crt but no tls.key; add it", "secret-missing"),
        (secret(tls__key=CANARY), f"{WHERE} has tls.key but no tls.crt; add it", "secret-missing"),
        (secret(keystore__p12=CANARY), f"{WHERE} has keystore.p12 but no keystore-password; add it", "secret-missing"),
        (secret(truststore__p12="x"), f"{WHERE} has truststore.p12 but no truststore-password", "secret-missing"),
        (
            secret(jaas__conf="A { }; B { };"),
            f"jaas.conf of {WHERE} has no section Client; add it",
            "zookeeper-login-failed",
        ),
        (
            secret(jaas__conf=f"Client {{ {CANARY}"),
            f"jaas.conf of {WHERE}, section Client: the flag",
            "zookeeper-login-failed",
        ),
    ],
)
def test_what_is_missing(values: dict[str, str], message: str, code: str) -> None:
    with pytest.raises(Unsupported) as caught:
        secret_login(values, "shop/zk", NOBODY)
    assert caught.value.message.startswith(message)
    assert caught.value.code == code
    assert CANARY not in caught.value.message
