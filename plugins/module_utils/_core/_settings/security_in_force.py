# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How nodes log in at controllers that are there already, and what has changed since in what they were made from.

Controllers know one password for a user name, and are restarted one after the other, as brokers are. So a login that changed on the way would
lock out whoever is restarted first: it stays as it is until there are other controllers.
"""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import listener_logins
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.providers import is_provided
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.security import (
    ControllerSecurity,
    Wanted,
    login_key,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.setting_rules import SettingFinding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import (
    CONTROLLER_LISTENERS,
    protocols,
    value_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown

_OPTION = "kraft_controller_secret"
_REASON = "the controllers that are there use it"


def in_force(settings: Mapping[str, str]) -> Wanted | None:
    """Return what controllers with these settings were made with; None when the settings do not say it."""
    listener = value_of(settings, CONTROLLER_LISTENERS)
    protocol = protocols(settings).get(listener.upper(), "")
    if not listener or not protocol:
        return None
    if not protocol.startswith("SASL_"):
        return Wanted(protocol, reason=_REASON)
    prefix = login_key(listener).removesuffix("sasl.jaas.config")
    running = {key: value for key, value in settings.items() if key.startswith(prefix)}
    text = value_of(running, login_key(listener))
    if not is_provided(text) and listener_logins.login_of(listener_logins.logins(text)) is None:
        return None
    return Wanted(protocol, reason=_REASON, running=running)


def unread(there: Unknown, accept: str) -> str:
    """Return the sentence for controllers of which nobody knows how nodes log in there; ``accept``: how to go on."""
    return (
        f"how brokers log in at the controllers could not be read: {there.why}; a broker with another login would be locked out, so put it back, or, "
        f"if options and settings are what they were when the controllers were made, go on with {accept}"
    )


def kept_rules(now: ControllerSecurity, asked: ControllerSecurity | None, why: str = "") -> list[SettingFinding]:
    """Return that a login or a protocol stays as it is, where options, Secrets and settings say something else by now.

    :param now: of the controllers that are there. asked: what they would be made with now; None when that could not be told.
    :param why: the reason, where ``asked`` is None.
    """
    changed = f"cannot be told ({why})" if asked is None else _changed(now, asked)
    if not changed:
        return []
    return [
        SettingFinding(
            _OPTION,
            "controller-login-kept",
            f"what the controllers' listener would be made with now {changed}; brokers and controllers go on with what the controllers were "
            "made with, since both have to agree: it is used when there are new controllers, after a rollback",
        )
    ]


def _changed(now: ControllerSecurity, asked: ControllerSecurity) -> str:
    if now.protocol != asked.protocol:
        return f"has the security protocol {asked.protocol} instead of {now.protocol}"
    if now.principal != asked.principal:
        return f"has the principal {asked.principal} instead of {now.principal}"
    key = login_key(now.listener)
    if now.controllers.get(key) != asked.controllers.get(key):
        return "has another password"
    return ""
