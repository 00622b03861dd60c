# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who a broker is to other brokers and to the controllers, and who may do everything: principals and ``super.users``.

Principals as ``DefaultKafkaPrincipalBuilder`` makes them. A custom builder may make others, so nobody knows them then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.jaas import LoginModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.listener_logins import (
    is_for,
    logins,
    sections,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.providers import is_provided
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import (
    inter_broker_listener,
    protocols,
    value_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown

SUPER_USERS = "super.users"
ANONYMOUS = "User:ANONYMOUS"
DEFAULT_MECHANISM = "GSSAPI"
#: values of ssl.client.auth by which a listener asks for certificates
ASKED = ("required", "requested")
_BUILDER = "principal.builder.class"
_OWN_BUILDER = "DefaultKafkaPrincipalBuilder"
_PROPERTY = "${"


def of_listener(effective: Mapping[str, str], listener: str, key: str) -> str:
    """Return a setting as a listener has it: its own, else the one for all."""
    return value_of(effective, f"listener.name.{listener.lower()}.{key}") or value_of(effective, key)


def inter_broker_protocol(effective: Mapping[str, str]) -> str:
    """Return the security protocol of the listener between brokers; that of its name where the map does not have it."""
    name = inter_broker_listener(effective)
    return protocols(effective).get(name.upper(), name.upper())


def inter_broker_mechanism(effective: Mapping[str, str]) -> str:
    """Return the SASL mechanism between brokers, in upper case."""
    return (value_of(effective, "sasl.mechanism.inter.broker.protocol") or DEFAULT_MECHANISM).upper()


def jaas_setting(effective: Mapping[str, str]) -> str:
    """Return the setting that says how brokers log in at each other; "" when a JAAS file does."""
    listener, mechanism = inter_broker_listener(effective), inter_broker_mechanism(effective)
    return value_of(effective, f"listener.name.{listener.lower()}.{mechanism.lower()}.sasl.jaas.config")


def needs_jaas_file(effective: Mapping[str, str]) -> bool:
    """Tell whether brokers log in at each other by what is in a JAAS file."""
    return inter_broker_protocol(effective).startswith("SASL_") and not jaas_setting(effective)


def inter_broker_login(effective: Mapping[str, str], jaas_file: Reading[str] = "") -> LoginModule | None:
    """Return how brokers log in at each other; None when it cannot be told or is no user name with a password.

    A setting of the listener comes first, then the file's section of the listener, then the one for all (``JaasContext``).

    :param jaas_file: text of ``java.security.auth.login.config``, "" when there is none.
    """
    listener, mechanism = inter_broker_listener(effective).lower(), inter_broker_mechanism(effective)
    own = jaas_setting(effective)
    if own:
        found = logins(own)
    elif isinstance(jaas_file, Unknown):
        return None
    else:
        by_name = sections(jaas_file)
        found = by_name.get(f"{listener}.KafkaServer") or by_name.get("KafkaServer") or ()
        # a JVM fills system properties into a file, whose values nobody knows here
        found = tuple(each for each in found if not any(_PROPERTY in value for value in each.options.values()))
    return next((login for login in found if is_for(login, mechanism) and login.username), None)


def broker_principal(
    effective: Mapping[str, str], jaas_file: Reading[str] = "", by_certificate: str | None = None
) -> str | None:
    """Return the principal of a broker at another broker, such as ``User:broker``; None when it cannot be told.

    :param by_certificate: what its certificate makes of it, where that is known.
    """
    protocol, listener = inter_broker_protocol(effective), inter_broker_listener(effective)
    if has_own_builder(effective, listener):
        return None
    if protocol.startswith("SASL_"):
        login = inter_broker_login(effective, jaas_file)
        return f"User:{login.username}" if login and not is_provided(login.username) else None
    asks = of_listener(effective, listener, "ssl.client.auth") if protocol == "SSL" else ""
    if is_provided(asks):
        return None
    return by_certificate if asks in ASKED else ANONYMOUS


_RULE = re.compile(r"RULE:((?:\\.|[^\\/])*)/((?:\\.|[^\\/])*)/([LU]?)|DEFAULT")


def of_certificate(subject: str, rules: str) -> str | None:
    """Return the principal of a certificate (``SslPrincipalMapper``); None when no rule fits, or one cannot be read.

    :param subject: the distinguished name as RFC 2253 writes it: ``CN=broker,O=Example``.
    :param rules: ``ssl.principal.mapping.rules``.
    """
    for rule in _RULE.finditer(rules or "DEFAULT"):
        if rule[0] == "DEFAULT":
            return f"User:{subject}"
        try:
            match = re.fullmatch(rule[1], subject)
            if match is not None:
                name = match.expand(re.sub(r"\$(\d)", r"\\g<\1>", rule[2]))
                return "User:" + {"L": name.lower(), "U": name.upper()}.get(rule[3], name)
        except (re.error, IndexError):
            return None  # Java's expressions differ in places
    return None


def has_own_builder(effective: Mapping[str, str], listener: str) -> bool:
    """Tell whether something else than Kafka's own code makes the principals of a listener."""
    builder = of_listener(effective, listener, _BUILDER)
    return bool(builder) and not builder.endswith(_OWN_BUILDER)


def super_users(effective: Mapping[str, str]) -> list[str]:
    """Return ``super.users`` in order; what a config provider fills in is one of them, whoever that is."""
    return [name.strip() for name in value_of(effective, SUPER_USERS).split(";") if name.strip()]


def with_super_users(effective: Mapping[str, str], more: Iterable[str]) -> str:
    """Return ``super.users`` with those of ``more`` that are not there yet; the value as it is when none is missing."""
    have = super_users(effective)
    missing = [name for name in dict.fromkeys(more) if name and name not in have]
    return ";".join([*have, *missing]) if missing else value_of(effective, SUPER_USERS)


def without_type(names: Iterable[str]) -> list[str]:
    """Return the principals without a colon: with one among its super users Kafka ends at start, and one in an ACL stops the copy.

    Source: ``SecurityUtils.parseKafkaPrincipal``, ``AclEntry.fromBytes``; tried on 3.9.2, which takes ``User:`` and ``:name``. What a config
    provider fills in may be anybody.
    """
    return [name for name in names if ":" not in name and not is_provided(name)]


def incomplete(names: Iterable[str]) -> list[str]:
    """Return what is not ``TYPE:name``: without a type, or nobody."""
    return [name for name in names if not is_provided(name) and not all(part.strip() for part in name.partition(":"))]
