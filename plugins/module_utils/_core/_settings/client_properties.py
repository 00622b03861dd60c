# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The properties that Kafka's own tools get, so that they reach a listener as the process in their pod does.

Private to the collection. Paths stay paths in the pod. Config providers come along, so that a value which only the pod can fill in
(``${env:NAME}``) is filled in there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_security import (
    OWN_MECHANISMS,
    ClientSide,
    hide,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.jaas import JaasError
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.listener_logins import (
    client_line,
    login_of,
    setting_module,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import Properties, is_secret
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.providers import is_provided
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown

_JAAS = "sasl.jaas.config"
#: what a listener has for those who come to it, and a client does not take
_SERVER_ONLY = ("ssl.client.auth", "ssl.principal.mapping.rules", "ssl.allow.dn.changes", "ssl.allow.san.changes")
_SASL = ("sasl.kerberos.", "sasl.login.", "sasl.oauthbearer.", "sasl.client.callback.", "sasl.jaas.")


@dataclass(frozen=True)
class ClientProperties:
    """Client settings for a tool; the repr has no value.

    :ivar values: by name; empty where a PLAINTEXT listener needs none, or ``path`` says where they are.
    :ivar path: a properties file that is mounted in the pod instead, of a Secret that the user named.
    """

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    path: str = ""

    def __bool__(self) -> bool:
        return bool(self.values or self.path)

    def text(self) -> str:
        """Return them as a properties file."""
        file = Properties.parse("")
        for key, value in self.values.items():
            file.set(key, value)
        return file.render()

    def hide(self, text: str) -> str:
        """Return a text without the secrets among the values; those inside a JAAS configuration are hidden one by one."""
        secrets = [value for key, value in self.values.items() if is_secret(key)]
        for key, value in [pair for pair in self.values.items() if pair[0].endswith(_JAAS)]:
            try:
                options = setting_module(value, key).options
            except JaasError:
                continue
            secrets += [each for name, each in options.items() if is_secret(name)]
        return hide(text, secrets)


def client_properties(side: ClientSide, jaas_text: str = "") -> ClientProperties | Unknown:
    """Return the client properties that reach a listener.

    :param jaas_text: content of ``side.jaas_file``, where there is one.
    """
    values = {"security.protocol": side.protocol}
    own = dict(side.settings)
    if side.tls:
        values |= {key: value for key, value in own.items() if key.startswith("ssl.") and key not in _SERVER_ONLY}
    if side.sasl:
        login = _login_line(side, jaas_text)
        if isinstance(login, Unknown):
            return login
        prefix = f"{side.mechanism.lower()}."
        mine = own | {key.removeprefix(prefix): value for key, value in own.items() if key.startswith(prefix)}
        values |= {key: value for key, value in mine.items() if key.startswith(_SASL) and key != _JAAS}
        values |= {"sasl.mechanism": side.mechanism, _JAAS: login}
    if any("${" in value for value in values.values()):
        values |= {key: value for key, value in own.items() if key.startswith("config.providers")}
    return ClientProperties({} if values == {"security.protocol": "PLAINTEXT"} else values)


def _login_line(side: ClientSide, jaas_text: str) -> str | Unknown:
    """Return the ``sasl.jaas.config`` of a client of a listener; one that only a config provider knows as it is written."""
    modules = side.modules(jaas_text)
    if isinstance(modules, Unknown):
        return side.jaas_setting if is_provided(side.jaas_setting) else modules
    if side.mechanism in OWN_MECHANISMS and login_of(modules) is None:
        return Unknown(f"the JAAS configuration of listener {side.listener} has no username and password of its own")
    # a client takes one module; the first that says who it is, as the process itself logs in
    chosen = next((each for each in modules if "username" in each.options), modules[0])
    if side.jaas_file and any("${" in value for value in chosen.options.values()):
        return Unknown(f"the login of listener {side.listener} is filled in by Java, from its system properties")
    return client_line(chosen)
