# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What options of a JVM say."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.jvm_options import (
    JAAS_OPTION,
    jaas_path,
    system_properties,
)


def test_the_last_of_a_name_counts() -> None:
    assert system_properties(["-Da=1", "-Xmx1g", "-Db", "-Da=2=3"]) == {"a": "2=3", "b": ""}


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("/etc/jaas.conf", "/etc/jaas.conf"),
        ("=/etc/jaas.conf", "/etc/jaas.conf"),
        ("file:/etc/jaas.conf", "/etc/jaas.conf"),
        ("=file:/etc/jaas.conf", "/etc/jaas.conf"),
        ("file:///etc/jaas.conf", "/etc/jaas.conf"),
        ("file://localhost/etc/jaas.conf", "/etc/jaas.conf"),
        ("config/jaas.conf", "config/jaas.conf"),
        ("file:config/jaas.conf", "config/jaas.conf"),
        ("", ""),
    ],
)
def test_a_path_or_a_url(value: str, path: str) -> None:
    assert jaas_path([f"{JAAS_OPTION}/old", f"{JAAS_OPTION}{value}", "-Dx=y"]) == path


def test_no_file() -> None:
    assert jaas_path(["-Dx=y"]) == ""
