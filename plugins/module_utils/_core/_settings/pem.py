# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates and private keys in PEM, as Kafka takes them, and what other stores begin with.

Private to the collection. Source: ``DefaultSslEngineFactory.PemParser`` (any white space inside, also a text in one line); besides, keys
with lines before the data that say how they are encrypted (RFC 1421), which OpenSSL takes.
"""

from __future__ import annotations

import re
import textwrap

_BLOCK = re.compile(
    r"-+\s*BEGIN\s+(?P<what>[A-Z0-9 ]+?)\s*-+\s+(?P<head>(?:[A-Za-z-]+: [^\r\n]*\r?\n)+\r?\n)?(?P<data>[A-Za-z0-9/+=\s]+)"
    r"-+\s*END\s+(?P=what)\s*-+"
)
_MAGIC = {b"\xfe\xed\xfe\xed": "JKS", b"\xce\xce\xce\xce": "JCEKS"}


def certificates(text: str) -> str:
    """Return the certificates of a text as PEM with proper lines; empty when it has none."""
    return "".join(block for what, block in _blocks(text) if what.endswith("CERTIFICATE"))


def private_key(text: str) -> str:
    """Return the first private key of a text as PEM with proper lines; empty when it has none."""
    return next((block for what, block in _blocks(text) if what.endswith("PRIVATE KEY")), "")


def format_of(content: bytes) -> str:
    """Return PEM, PKCS12, JKS, JCEKS or "" for what a store is by its content: since Java 9 a file that is called JKS may be PKCS #12."""
    if b"-----BEGIN " in content:
        return "PEM"
    return _MAGIC.get(content[:4], "PKCS12" if content[:1] == b"\x30" else "")


def _blocks(text: str) -> list[tuple[str, str]]:
    """Return what each block is, and the block."""
    return [(match["what"], _wrapped(**match.groupdict(default=""))) for match in _BLOCK.finditer(text)]


def _wrapped(what: str, head: str, data: str) -> str:
    lines = "\n".join(textwrap.wrap("".join(data.split()), 64))
    return f"-----BEGIN {what}-----\n{head}{lines}\n-----END {what}-----\n"
