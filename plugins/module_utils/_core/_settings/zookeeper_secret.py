# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The login to ZooKeeper from a Secret that the user named. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.jaas import parse_jaas
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.zookeeper_login import (
    KEYS,
    LOGIN,
    LOGIN_FAILED,
    NO_SECRET,
    TRUST,
    Store,
    ZookeeperLogin,
    with_modules,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

USERNAME, PASSWORD, JAAS = "username", "password", "jaas.conf"
CERTIFICATE, KEY, AUTHORITY = "tls.crt", "tls.key", "ca.crt"
KEY_STORE, KEY_STORE_PASSWORD = "keystore.p12", "keystore-password"
TRUST_STORE, TRUST_STORE_PASSWORD = "truststore.p12", "truststore-password"

#: what has to be there together, and what is used instead when that is there. cert-manager writes PEM files and stores into one Secret, and the
#: passwords of the stores into none.
_TOGETHER = (
    ((USERNAME, PASSWORD), JAAS),
    ((CERTIFICATE, KEY), ""),
    ((KEY_STORE, KEY_STORE_PASSWORD), CERTIFICATE),
    ((TRUST_STORE, TRUST_STORE_PASSWORD), AUTHORITY),
)
_ENOUGH = (USERNAME, JAAS, CERTIFICATE, AUTHORITY, KEY_STORE, TRUST_STORE)


def secret_login(data: Mapping[str, str], name: str, brokers: ZookeeperLogin) -> ZookeeperLogin:
    """Return how to log in: what the Secret has, and what the brokers use where it has nothing.

    :param data: ``data`` of the Secret, in base64.
    :param name: namespace and name of the Secret, for messages.
    :param brokers: how the brokers log in, see ``broker_login``; its problems go where the Secret has something else.
    :raises Unsupported: secret-missing, names the keys that are missing; zookeeper-login-failed, for a JAAS text that cannot be read.
    """
    where = f"Secret {name}"
    values = {key: base64.b64decode(value) for key, value in data.items()}
    for keys, instead in _TOGETHER:
        there = [key for key in keys if key in values]
        missing = [key for key in keys if key not in values]
        if there and missing and instead not in values:
            raise Unsupported(f"{where} has {there[0]} but no {missing[0]}; add it", code=NO_SECRET)
    if not any(key in values for key in _ENOUGH):
        raise Unsupported(
            f"{where} has nothing to log in to ZooKeeper with: it needs {USERNAME} and {PASSWORD}, or {JAAS}; for TLS {AUTHORITY} or {TRUST_STORE}, "
            f"and where ZooKeeper asks for a certificate {CERTIFICATE} and {KEY}, or {KEY_STORE}",
            code=NO_SECRET,
        )
    login, problems = brokers, dict(brokers.problems)
    if JAAS in values or USERNAME in values:
        problems.pop(LOGIN, None)
        login = _login(values, where, login, problems)
    trust, keys_store = _trust(values, where), _keys(values, where)
    for part, store in ((TRUST, trust), (KEYS, keys_store)):
        if store is not None:
            problems.pop(part, None)
    return replace(
        login,
        tls=login.tls or trust is not None or keys_store is not None,
        trust=trust or login.trust,
        keys=keys_store or login.keys,
        problems=problems,
    )


def _login(values: Mapping[str, bytes], where: str, login: ZookeeperLogin, problems: dict[str, str]) -> ZookeeperLogin:
    if USERNAME in values and PASSWORD in values:
        return replace(login, username=_text(values[USERNAME]), password=_text(values[PASSWORD]), source=where)
    sections = parse_jaas(_text(values[JAAS]), f"{JAAS} of {where}")
    modules = sections.get("Client") or (next(iter(sections.values())) if len(sections) == 1 else ())
    found = with_modules(replace(login, username="", password=""), modules, f"{JAAS} of {where}", problems)
    if not found.username and LOGIN not in problems:
        raise Unsupported(f"{JAAS} of {where} has no section Client; add it", code=LOGIN_FAILED)
    return found


def _trust(values: Mapping[str, bytes], where: str) -> Store | None:
    if AUTHORITY in values:
        return Store(f"{AUTHORITY} of {where}", "PEM", values[AUTHORITY])
    if TRUST_STORE in values:
        return Store(f"{TRUST_STORE} of {where}", "PKCS12", values[TRUST_STORE], _text(values[TRUST_STORE_PASSWORD]))
    return None


def _keys(values: Mapping[str, bytes], where: str) -> Store | None:
    if CERTIFICATE in values:
        content = values[KEY].rstrip(b"\n") + b"\n" + values[CERTIFICATE]
        return Store(f"{CERTIFICATE} of {where}", "PEM", content, _text(values.get(KEY_STORE_PASSWORD, b"")))
    if KEY_STORE in values:
        return Store(f"{KEY_STORE} of {where}", "PKCS12", values[KEY_STORE], _text(values[KEY_STORE_PASSWORD]))
    return None


def _text(value: bytes) -> str:
    """Return a value as text, without the line end that ``echo`` leaves in many a Secret."""
    return value.decode(errors="replace").rstrip("\r\n")
