# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins of listeners: what brokers and their clients need of a JAAS text (jaas.py), and how one is written into a setting.

Everything here may hold passwords: it is compared and written into Secrets, never shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.jaas import (
    CODE,
    JaasError,
    LoginModule,
    parse_jaas,
    parse_jaas_value,
)

PLAIN_MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule"
#: of PlainLoginModule: an option with the password of somebody who may log in
USER = "user_"
#: end of the module's class name, by the start of the mechanism
_MODULES = {"PLAIN": "PlainLoginModule", "SCRAM": "ScramLoginModule"}


def setting_module(text: str, where: str) -> LoginModule:
    """Return the login module of a setting ``sasl.jaas.config``, of which Kafka takes exactly one (``JaasContext.load``).

    :param where: names the setting in errors.
    :raises JaasError: when it has none, more than one, or cannot be read.
    """
    found = parse_jaas_value(text, where)
    if len(found) > 1:
        raise JaasError(where, "", "has more than one login module", code=CODE)
    return found[0]


def file_sections(text: str, where: str) -> dict[str, tuple[LoginModule, ...]]:
    """Return the login modules of a JAAS file by the name of their section; ``${...}`` in a value stays as it is.

    :param where: names the file in errors.
    :raises JaasError: when it cannot be read.
    """
    return parse_jaas(text, where, None, tolerant=True)


def logins(text: str) -> Sequence[LoginModule]:
    """Return the login modules of a ``sasl.jaas.config``; none when it cannot be read."""
    try:
        return parse_jaas_value(text, "")
    except JaasError:
        return ()


def sections(text: str) -> dict[str, tuple[LoginModule, ...]]:
    """Return the login modules of a JAAS file by the name of their section; none when it cannot be read."""
    try:
        return file_sections(text, "")
    except JaasError:
        return {}


def is_for(module: LoginModule, mechanism: str) -> bool:
    """Tell whether it is the module of a SASL mechanism; only PLAIN and SCRAM have user names."""
    wanted = _MODULES.get(mechanism.upper().partition("-")[0])
    return wanted is not None and module.name.endswith(wanted)


def login_of(modules: Sequence[LoginModule]) -> tuple[str, str] | None:
    """Return user name and password as Kafka's client takes them: the first of each that a module gives.

    Source: ``SaslClientCallbackHandler``, which asks the Subject that all modules of a section have filled.
    """
    user, password = (
        next((each.options[option] for each in modules if option in each.options), None)
        for option in ("username", "password")
    )
    return None if user is None or password is None else (user, password)


def client_line(module: LoginModule) -> str:
    """Return a module as a ``sasl.jaas.config``, with the options that a client needs: not the users it knows."""
    mine = {key: value for key, value in module.options.items() if not key.startswith(USER)}
    return _line(module.name, module.flag, mine)


def client_text(text: str) -> str:
    """Return a ``sasl.jaas.config`` without the users that PLAIN knows, of whom a client needs none; as it is where there are none."""
    found = logins(text)
    known = [module for module in found if any(key.startswith(USER) for key in module.options)]
    return client_line(found[0]) if len(found) == 1 and known and is_for(found[0], "PLAIN") else text


def plain_line(username: str, password: str, users: Mapping[str, str] | None = None) -> str:
    """Return a ``sasl.jaas.config`` of PLAIN.

    :param users: name to password of those who may log in; a client needs none.
    """
    known = {f"{USER}{name}": word for name, word in (users or {}).items()}
    return _line(PLAIN_MODULE, "required", {"username": username, "password": password} | known)


def _line(name: str, flag: str, options: Mapping[str, str]) -> str:
    return f"{name} {flag}{''.join(f' {key}={_quoted(value)}' for key, value in options.items())};"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'
