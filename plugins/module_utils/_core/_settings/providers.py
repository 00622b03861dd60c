# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kafka's config providers (KIP-421, KIP-887): settings such as ``${env:NAME}`` that a process fills in when it starts.

Such a value is a reference: it goes from settings to settings as it is, together with what says who fills it in, and it is never taken for what
it stands for. Brokers, controllers and Kafka's tools all fill it in (seen on 3.9.2, also in ``super.users=${env:NAME};User:x``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import is_secret

_PROVIDED = re.compile(r"\$\{([^:{}]+):(?:[^:{}]*:)?([^:{}]+)\}")
_ENVIRONMENT = ".EnvVarConfigProvider"
_PROVIDERS = "config.providers"


def is_provided(value: str) -> bool:
    """Tell whether a config provider fills something into a value."""
    return _PROVIDED.search(value) is not None


def settings_of_providers(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that say which config providers there are."""
    return {key: value for key, value in settings.items() if key == _PROVIDERS or key.startswith(f"{_PROVIDERS}.")}


def variables_of(settings: Mapping[str, str]) -> list[str]:
    """Return the variables of the environment that the settings need when a process starts, sorted."""
    names = _of_environment(settings)
    found = {match[2] for text in settings.values() for match in _PROVIDED.finditer(text) if match[1] in names}
    return sorted(found)


def _of_environment(settings: Mapping[str, str]) -> set[str]:
    """Return the names of the providers that take values from the environment."""
    return {
        name.strip()
        for name in settings.get(_PROVIDERS, "").split(",")
        if settings.get(f"{_PROVIDERS}.{name.strip()}.class", "").strip().endswith(_ENVIRONMENT)
    }


def resolved(settings: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """Return the settings with what the environment gives them.

    Secrets stay as they are written, and so does what other providers give.

    :param variables: the environment of the process, as far as it is known.
    """
    names = _of_environment(settings)

    def value(match: re.Match[str]) -> str:
        provider, name = match.groups()
        return variables.get(name, match.group()) if provider in names else match.group()

    return {key: text if is_secret(key) else _PROVIDED.sub(value, text) for key, text in settings.items()}
