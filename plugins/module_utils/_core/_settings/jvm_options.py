# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""System properties among the options of a JVM, and the JAAS file that one of them names. Pure.

Source: ``sun.security.provider.ConfigFile`` (OpenJDK 17): the value is a path or a URL, and a second equals sign before it means that no
other file counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

JAAS_OPTION = "-Djava.security.auth.login.config="
_LOGIN_CONFIG = JAAS_OPTION.removeprefix("-D").removesuffix("=")
_BEFORE_PATH = re.compile(r"=?(?:file:(?://(?:localhost)?(?=/))?)?")


def system_properties(options: Iterable[str]) -> dict[str, str]:
    """Return the system properties among options of a JVM, in their order; the last one counts."""
    found = {}
    for each in options:
        if each.startswith("-D"):
            name, _equals, value = each.removeprefix("-D").partition("=")
            found[name] = value
    return found


def jaas_path(options: Iterable[str]) -> str:
    """Return the path of the JAAS file that a JVM with these options has; "" when they name none."""
    return _BEFORE_PATH.sub("", system_properties(options).get(_LOGIN_CONFIG, ""), count=1)
