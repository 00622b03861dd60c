# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PEM in the forms that Kafka takes, and which format a store has."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import pem

ONE_LINE = "-----BEGIN CERTIFICATE----- QUJD REVG -----END CERTIFICATE-----"
KEY = "-----BEGIN ENCRYPTED PRIVATE KEY-----\r\nS0VZ\r\n-----END ENCRYPTED PRIVATE KEY-----\r\n"


def test_blocks() -> None:
    text = f"# of the bröker\n{KEY}junk\n{ONE_LINE}\n{ONE_LINE}"
    one = "-----BEGIN CERTIFICATE-----\nQUJDREVG\n-----END CERTIFICATE-----\n"
    assert pem.certificates(text) == one * 2
    assert pem.private_key(text) == "-----BEGIN ENCRYPTED PRIVATE KEY-----\nS0VZ\n-----END ENCRYPTED PRIVATE KEY-----\n"
    assert pem.certificates(KEY) == pem.private_key(ONE_LINE) == ""


def test_a_key_that_says_how_it_is_encrypted() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00FF\n\nS0VZ\n-----END RSA PRIVATE KEY-----\n"
    assert pem.private_key(f"{ONE_LINE}\n{key}") == key


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"Bag\n-----BEGIN CERTIFICATE-----", "PEM"),
        (b"\x30\x82", "PKCS12"),
        (b"\xfe\xed\xfe\xed\0", "JKS"),
        (b"\xce\xce\xce\xce", "JCEKS"),
        (b"x", ""),
        (b"", ""),
    ],
)
def test_the_content_tells_the_format(content: bytes, kind: str) -> None:
    assert pem.format_of(content) == kind
