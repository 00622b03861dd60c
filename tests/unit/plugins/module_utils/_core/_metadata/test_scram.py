# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SCRAM against the example of RFC 7677, and against servers that lie."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.kafka_bytes import Malformed
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.scram import NotTheServer, Scram

# RFC 7677, section 3
NONCE = "rOprNGfwEbeRWgbNEkqO"
SERVER = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
FINAL = b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
SIGNED = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def scram() -> Scram:
    return Scram("SCRAM-SHA-256", "user", "pencil", NONCE)


def test_the_example_of_the_rfc() -> None:
    login = scram()
    assert login.first() == b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    assert login.final(SERVER) == FINAL
    login.verify(SIGNED)


def test_signs_in_a_name() -> None:
    assert Scram("SCRAM-SHA-512", "a=b,c", "x", "n").first() == b"n,,n=a=3Db=2Cc,r=n"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (SERVER.replace(b"r=rOpr", b"r=xOpr"), "its nonce does not begin with ours"),
        (f"r={NONCE},s=W22Z,i=4096".encode(), "its nonce does not begin with ours"),
        (SERVER.replace(b"4096", b"4095"), "iterations is not between 4096"),
        (SERVER.replace(b"4096", b"1000001"), "iterations is not between 4096"),
        (SERVER.replace(b"4096", b"many"), "iterations is not between 4096"),
        (SERVER.replace(b"s=W22Z", b"s=W%"), "not base64"),
        (b"e=other-error", "lacks a part"),
        (b"\xff", "lacks a part"),
    ],
)
def test_a_server_that_lies(answer: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        scram().final(answer)


def test_a_server_that_does_not_know_the_password() -> None:
    login = scram()
    login.final(SERVER)
    with pytest.raises(NotTheServer):
        login.verify(SIGNED.replace(b"6rri", b"6rrj"))
    with pytest.raises(NotTheServer):
        scram().verify(b"v=" + b"6rri")
    with pytest.raises(Malformed):
        login.verify(b"e=invalid-proof")
