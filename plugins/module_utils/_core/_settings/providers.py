# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kafka's config providers (KIP-421, KIP-887): settings such as ``${env:NAME}`` that a process fills in when it starts."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import is_secret

_PROVIDED = re.compile(r"\$\{([^:{}]+):(?:[^:{}]*:)?([^:{}]+)\}")
_ENVIRONMENT = ".EnvVarConfigProvider"


def is_provided(value: str) -> bool:
    """Tell whether a config provider fills something into a value."""
    return _PROVIDED.search(value) is not None


def resolved(settings: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """Return the settings with what the environment gives them.

    Secrets stay as they are written, and so does what other providers give.

    :param variables: the environment of the process, as far as it is known.
    """
    names = {
        name.strip()
        for name in settings.get("config.providers", "").split(",")
        if settings.get(f"config.providers.{name.strip()}.class", "").strip().endswith(_ENVIRONMENT)
    }

    def value(match: re.Match[str]) -> str:
        provider, name = match.groups()
        return variables.get(name, match.group()) if provider in names else match.group()

    return {key: text if is_secret(key) else _PROVIDED.sub(value, text) for key, text in settings.items()}
