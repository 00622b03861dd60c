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
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import (
    DEFAULT_PROTOCOLS,
    controller_listener_name,
    inter_broker_listener,
    value_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

AUTO = "auto"
PLAIN = "PLAIN"
CHOICES = (AUTO, *DEFAULT_PROTOCOLS)
MECHANISM = "sasl.mechanism.controller.protocol"
_OPTION, _SECRET = "kraft_controller_security", "kraft_controller_secret"
_KEYS = ("ssl.keystore.location", "ssl.keystore.certificate.chain")
_ASKED = ("required", "requested")
_TRUST = ("ssl.truststore.location", "ssl.truststore.certificates")


@dataclass(frozen=True)
class Credentials:
    """User name and password of PLAIN, as the user's Secret has them."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Wanted:
    """What the user says of the controllers' listener; ``credentials`` are those of ``kraft_controller_secret``."""

    security: str = AUTO
    mechanism: str = PLAIN
    credentials: Credentials | None = None


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


def controller_security(effective: Mapping[str, str], wanted: Wanted, jaas_file: str = "") -> ControllerSecurity:
    """Choose the security of the controllers' listener.

    :param effective: settings that a broker is configured with, secrets included.
    :param jaas_file: text of the brokers' JAAS file, "" when there is none or it could not be read.
    :raises Unsupported: ``controller-listener-scram``, ``controller-listener-mechanism``, ``controller-login-missing``,
        ``controller-listener-keys``, ``setting-blocks``.
    """
    protocol, reason = _protocol(effective, wanted)
    listener = controller_listener_name(effective, protocol)
    prefix = f"listener.name.{listener.lower()}."
    shared = _encryption(effective, listener, protocol) if protocol.endswith("SSL") else {}
    if not protocol.startswith("SASL_"):
        named = protocol == "SSL" and of_listener({**effective, **shared}, listener, "ssl.client.auth") in _ASKED
        principal = None if named or principals.has_own_builder(effective) else principals.ANONYMOUS
        return ControllerSecurity(listener, protocol, shared, shared, principal, reason)
    login, users = _login(effective, wanted, jaas_file)
    handlers = _handlers(effective, listener)
    text = f"{prefix}plain.sasl.jaas.config"
    both = shared | {MECHANISM: PLAIN}
    brokers = both | {text: listener_logins.plain_line(login.username, login.password)}
    controllers = (
        both
        | handlers
        | {
            f"{prefix}sasl.enabled.mechanisms": PLAIN,
            text: listener_logins.plain_line(login.username, login.password, {**users, login.username: login.password}),
        }
    )
    principal = None if principals.has_own_builder(effective) else f"User:{login.username}"
    return ControllerSecurity(listener, protocol, brokers, controllers, principal, reason)


def _protocol(effective: Mapping[str, str], wanted: Wanted) -> tuple[str, str]:
    """Return the protocol and why it is this one."""
    if wanted.mechanism.upper() != PLAIN:
        beginning = f"kraft_controller_sasl_mechanism is {wanted.mechanism}, but"
        raise _cannot_start(wanted.mechanism, beginning, f"leave the option at {PLAIN}")
    if wanted.security != AUTO:
        return wanted.security, f"{_OPTION} says so"
    own, listener = principals.inter_broker_protocol(effective), inter_broker_listener(effective)
    if own not in DEFAULT_PROTOCOLS:
        raise Unsupported(
            f"the listener between brokers, {listener}, has no security protocol in listener.security.protocol.map; add it there",
            code="setting-blocks",
        )
    mechanism = principals.inter_broker_mechanism(effective)
    if own.startswith("SASL_") and mechanism != PLAIN and wanted.credentials is None:
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


def _login(effective: Mapping[str, str], wanted: Wanted, jaas_file: str) -> tuple[Credentials, dict[str, str]]:
    """Return how nodes log in at the controllers, and who else may (name to password)."""
    if wanted.credentials is not None:
        return wanted.credentials, {}
    found = None
    if (
        principals.inter_broker_protocol(effective).startswith("SASL_")
        and principals.inter_broker_mechanism(effective) == PLAIN
    ):
        found = principals.inter_broker_login(effective, jaas_file)
    if found is None or not found.options.get("password"):
        raise Unsupported(
            "the controllers' listener is to use PLAIN, but no user name and password of the brokers could be read from their settings or "
            f"their JAAS file: set {_SECRET} to the name of a Secret with the keys username and password",
            code="controller-login-missing",
        )
    users = {
        name.removeprefix(listener_logins.USER): word
        for name, word in found.options.items()
        if name.startswith(listener_logins.USER)
    }
    return Credentials(found.username, found.options["password"]), users


def _handlers(effective: Mapping[str, str], listener: str) -> dict[str, str]:
    """Return what checks PLAIN passwords on the brokers' listener in place of the JAAS text, under the controllers' name."""
    source, target = (
        f"listener.name.{name.lower()}.plain.sasl." for name in (inter_broker_listener(effective), listener)
    )
    key = "server.callback.handler.class"
    value = value_of(effective, source + key)
    return {target + key: value} if value else {}
