# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controllers' listener: its security, and what brokers and controllers need to know of it.

The choice is that of the brokers' own listener, where controllers can start with it: they have no SCRAM credentials and no ACLs before
the copy (KAFKA-15513). It is never weaker than what brokers use between themselves, unless the user says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import listener_logins, principals
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.principals import of_listener
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.providers import is_provided
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import (
    DEFAULT_PROTOCOLS,
    controller_listener_name,
    inter_broker_listener,
    value_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown

AUTO = "auto"
PLAIN = "PLAIN"
CHOICES = (AUTO, *DEFAULT_PROTOCOLS)
MECHANISM = "sasl.mechanism.controller.protocol"
_OPTION, _SECRET = "kraft_controller_security", "kraft_controller_secret"
_KEYS = ("ssl.keystore.location", "ssl.keystore.certificate.chain")
_TRUST = ("ssl.truststore.location", "ssl.truststore.certificates")


@dataclass(frozen=True)
class Credentials:
    """User name and password of PLAIN, as the user's Secret has them."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Wanted:
    """What the user says of the controllers' listener; ``credentials`` are those of ``kraft_controller_secret``.

    ``reason``: why ``security``, as a clause, where no option says so. ``running``: settings by which clients log in at controllers that are
    there. They count instead of anything else: with another password, brokers and controllers would refuse each other.
    """

    security: str = AUTO
    mechanism: str = PLAIN
    credentials: Credentials | None = None
    reason: str = f"{_OPTION} says so"
    running: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class ControllerSecurity:
    """The controllers' listener.

    :ivar listener: its name.
    :ivar protocol: its security protocol.
    :ivar brokers: settings that brokers need beside its name and protocol; ``controllers`` likewise. They may hold passwords.
    :ivar principal: who its clients are, such as ``User:broker``; None when a certificate, or a principal builder of the user's, decides.
    :ivar reason: why it is so, as a clause.
    """

    listener: str
    protocol: str
    brokers: Mapping[str, str] = field(repr=False)
    controllers: Mapping[str, str] = field(repr=False)
    principal: str | None
    reason: str


def controller_security(
    effective: Mapping[str, str], wanted: Wanted, jaas_file: Reading[str] = ""
) -> ControllerSecurity:
    """Choose the security of the controllers' listener.

    :param effective: settings that a broker is configured with, secrets included.
    :param jaas_file: text of the brokers' JAAS file, "" when there is none.
    :raises Unsupported: ``controller-listener-scram``, ``controller-listener-mechanism``, ``controller-login-missing``,
        ``controller-listener-keys``, ``setting-blocks``.
    """
    protocol, reason = _protocol(effective, wanted)
    listener = controller_listener_name(effective, protocol)
    prefix = f"listener.name.{listener.lower()}."
    shared = _encryption(effective, listener, protocol) if protocol.endswith("SSL") else {}
    if not protocol.startswith("SASL_"):
        asks = of_listener({**effective, **shared}, listener, "ssl.client.auth")
        named = protocol == "SSL" and (asks in principals.ASKED or is_provided(asks))
        own_builder = principals.has_own_builder({**effective, **shared}, listener)
        principal = None if named or own_builder else principals.ANONYMOUS
        return ControllerSecurity(listener, protocol, shared, shared, principal, reason)
    own = _running(wanted, listener) or _made(effective, wanted, jaas_file, listener)
    both = shared | {MECHANISM: PLAIN}
    controllers = {**both, **own.controllers, f"{prefix}sasl.enabled.mechanisms": PLAIN}
    own_builder = principals.has_own_builder({**effective, **both}, listener)
    principal = None if own_builder or own.username is None else f"User:{own.username}"
    return ControllerSecurity(
        listener, protocol, both | {login_key(listener): own.client}, controllers, principal, reason
    )


@dataclass(frozen=True)
class _Login:
    """How nodes log in at the controllers.

    :ivar client: ``sasl.jaas.config`` of brokers. controllers: settings of the controllers, their own text among them.
    :ivar username: None when nobody can tell.
    """

    client: str = field(repr=False)
    controllers: Mapping[str, str] = field(repr=False)
    username: str | None


def _running(wanted: Wanted, listener: str) -> _Login | None:
    """Return what controllers that are there have."""
    text = wanted.running.get(login_key(listener), "")
    if not text:
        return None
    names = [login.username for login in listener_logins.logins(text)]
    name = names[0] if names and not is_provided(names[0]) else None
    return _Login(listener_logins.client_text(text), wanted.running, name)


def _made(effective: Mapping[str, str], wanted: Wanted, jaas_file: Reading[str], listener: str) -> _Login:
    """Return what new controllers get."""
    text = login_key(listener)
    # what checks the passwords of the brokers' clients does not know a login of its own
    handlers = {} if wanted.credentials else _handlers(effective, listener)
    login = wanted.credentials or _login(effective, jaas_file)
    return _Login(
        listener_logins.plain_line(login.username, login.password),
        handlers | {text: listener_logins.plain_line(login.username, login.password, {login.username: login.password})},
        login.username,
    )


def _brokers_use_plain(effective: Mapping[str, str]) -> bool:
    return (
        principals.inter_broker_protocol(effective).startswith("SASL_")
        and principals.inter_broker_mechanism(effective) == PLAIN
    )


def login_key(listener: str) -> str:
    """Return the setting by which nodes log in at the controllers, and in which controllers have who may."""
    return f"listener.name.{listener.lower()}.plain.sasl.jaas.config"


def _protocol(effective: Mapping[str, str], wanted: Wanted) -> tuple[str, str]:
    """Return the protocol and why it is this one."""
    if wanted.mechanism.upper() != PLAIN:
        beginning = f"kraft_controller_sasl_mechanism is {wanted.mechanism}, but"
        raise _cannot_start(wanted.mechanism, beginning, f"leave the option at {PLAIN}")
    if wanted.security != AUTO:
        return wanted.security, wanted.reason
    own, listener = principals.inter_broker_protocol(effective), inter_broker_listener(effective)
    if own not in DEFAULT_PROTOCOLS:
        raise Unsupported(
            f"the listener between brokers, {listener}, has no security protocol in listener.security.protocol.map; add it there",
            code="setting-blocks",
        )
    mechanism = principals.inter_broker_mechanism(effective)
    if own.startswith("SASL_") and mechanism != PLAIN and wanted.credentials is None and not wanted.running:
        beginning = f"brokers log in at each other by {mechanism} (listener {listener}), and"
        advice = (
            f"set {_SECRET} to the name of a Secret with the keys username and password for PLAIN between controllers and brokers, or set "
            f"{_OPTION} to SSL where the brokers have certificates"
        )
        raise _cannot_start(mechanism, beginning, advice)
    return own, f"the brokers' own listener {listener} uses it"


def _cannot_start(mechanism: str, beginning: str, advice: str) -> Unsupported:
    if mechanism.upper().startswith("SCRAM"):
        return Unsupported(
            f"{beginning} the controllers' listener cannot start with SCRAM, since its credentials reach the controllers only with the copy: "
            + advice,
            code="controller-listener-scram",
        )
    return Unsupported(
        f"{beginning} {mechanism} is not supported on the controllers' listener: {advice}",
        code="controller-listener-mechanism",
    )


def _encryption(effective: Mapping[str, str], listener: str, protocol: str) -> dict[str, str]:
    """Return the TLS settings of the listener between brokers under the name of the controllers'; those for all need no copy.

    Kept apart on purpose: a password of a store that is for all listeners breaks one that has PEM files (seen on Kafka 3.9.2).
    """
    source = f"listener.name.{inter_broker_listener(effective).lower()}."
    target = f"listener.name.{listener.lower()}."
    found = {
        target + key.removeprefix(source): value_of(effective, key)
        for key in sorted(effective)
        if key.startswith((f"{source}ssl.", f"{source}principal.builder.class"))
    }
    known = dict(effective) | found
    for words, keys in (("key store", _KEYS), ("trust store", _TRUST)):
        if not any(of_listener(known, listener, key) for key in keys):
            raise Unsupported(
                f"the controllers' listener is to use {protocol}, but the brokers' settings have no {words} for it: neither {keys[0]} nor "
                f"{source}{keys[0]}; a {words} in a dynamic setting does not reach the controllers, so write it into the static ones, or "
                f"choose another {_OPTION}",
                code="controller-listener-keys",
            )
    if protocol == "SSL" and principals.inter_broker_protocol(effective) != "SSL":
        # chosen instead of a login: without it anybody could be a controller
        found[f"{target}ssl.client.auth"] = "required"
    return found


def _login(effective: Mapping[str, str], jaas_file: Reading[str]) -> Credentials:
    """Return the brokers' own login, by which nodes log in at the controllers. Nobody else may: controllers have no ACLs before the copy."""
    found = principals.inter_broker_login(effective, jaas_file) if _brokers_use_plain(effective) else None
    provided = is_provided(principals.jaas_setting(effective) if found is None else found.username)
    if found is None or provided or not found.options.get("password"):
        why = f" ({jaas_file.why})" if isinstance(jaas_file, Unknown) else ""
        why = " (a config provider fills in the user name only when Kafka starts)" if provided else why
        raise Unsupported(
            "the controllers' listener is to use PLAIN, but no user name and password of the brokers could be read from their settings or "
            f"their JAAS file{why}: set {_SECRET} to the name of a Secret with the keys username and password",
            code="controller-login-missing",
        )
    return Credentials(found.username, found.options["password"])


def _handlers(effective: Mapping[str, str], listener: str) -> dict[str, str]:
    """Return what checks PLAIN passwords on the brokers' listener in place of the JAAS text, and its settings, under the controllers' name."""
    source, target = (f"listener.name.{name.lower()}.plain." for name in (inter_broker_listener(effective), listener))
    if not value_of(effective, f"{source}sasl.server.callback.handler.class"):
        return {}
    return {
        target + key.removeprefix(source): value_of(effective, key)
        for key in sorted(effective)
        if key.startswith(source) and key != login_key(inter_broker_listener(effective))
    }
