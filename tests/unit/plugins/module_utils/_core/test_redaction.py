# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words of a command line; texts: _runtime/test_redact.py."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.redaction import redact_words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("-Da=b -Dx.password=canary -Dc=d", "-Da=b -Dx.password=<redacted> -Dc=d"),
        ("-javaagent:/a.jar=user=u,password=canary,port=1", "-javaagent:/a.jar=user=u,password=<redacted>"),
        ("sasl.jaas.config=a.B required password=canary;", "sasl.jaas.config=<redacted>"),
        ("A=b -Dx.password=canary -Dy=z", "A=b -Dx.password=<redacted> -Dy=z"),
        ("-Dx.password=can ary -Dy=z", "-Dx.password=<redacted> -Dy=z"),
        ("plain words", "plain words"),
    ],
)
def test_words(text: str, shown: str) -> None:
    assert redact_words(text) == shown
