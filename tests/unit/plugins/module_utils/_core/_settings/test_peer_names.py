# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom a certificate names."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.peer_names import (
    certificate_names,
    covers,
    is_named,
)

SUBJECT = ((("organizationName", "Example"),), (("commonName", "zk.example.com"),))


def alternatives(*names: tuple[str, str]) -> dict[str, Any]:
    return {"subject": SUBJECT, "subjectAltName": names}


@pytest.mark.parametrize(
    ("name", "host", "fits"),
    [
        (("DNS", "zk.shop"), "zk.shop", True),
        (("DNS", "ZK.shop"), "zk.SHOP", True),
        (("DNS", "zk.shop."), "zk.shop", False),
        (("DNS", "zk.shop"), "zk.shop.svc", False),
        (("DNS", "*.zk.shop"), "zk-0.zk.shop", True),
        (("DNS", "*.zk.shop"), "zk.shop", False),
        (("DNS", "*.zk.shop"), "a.zk-0.zk.shop", False),
        (("DNS", "*"), "zk", False),
        (("DNS", "*.shop"), "zk.shop", True),
        (("DNS", "zk*.shop"), "zk0.shop", True),
        (("DNS", "10.0.0.1"), "10.0.0.1", False),
        (("IP Address", "10.0.0.1"), "10.0.0.1", True),
        (("IP Address", "10.0.0.1"), "10.0.0.2", False),
        (("IP Address", "FD00:0:0:0:0:0:0:1\n"), "fd00::1", True),
        (("IP Address", "10.0.0.1"), "zk", False),
        (("URI", "zk"), "zk", False),
    ],
)
def test_names(name: tuple[str, str], host: str, fits: bool) -> None:
    assert is_named(alternatives(name), ["nowhere", host]) is fits


def test_the_common_name_counts_only_when_there_is_no_other() -> None:
    assert is_named({"subject": SUBJECT}, ["zk.example.com"])
    assert not is_named(alternatives(("DNS", "a")), ["zk.example.com"])
    assert certificate_names({}) == []
    assert not is_named({}, ["zk"])


KRAFT = "kafka-kraft-0.kafka-kraft.n.svc"


# What HostnameChecker.isMatched of OpenJDK 17.0.15 says, called with these names, the same with and without an authority of the public;
# of the last four it is HostnameChecker.match, since no name gets so far.
@pytest.mark.parametrize(
    ("pattern", "host", "fits"),
    [
        (KRAFT, KRAFT, True),
        (KRAFT, KRAFT.upper(), True),
        ("*.kafka-kraft.n.svc", KRAFT, True),
        ("*.KAFKA-kraft.N.svc", KRAFT, True),
        ("kafka-kraft-*.kafka-kraft.n.svc", KRAFT, True),
        ("*-0.*kraft.n.svc", KRAFT, True),
        ("*.*.n.svc", KRAFT, True),
        ("kafka-kraft-0.kafka-kraft.*.svc", KRAFT, True),
        ("*.n.svc", KRAFT, False),
        ("*.kafka-kraft.n.svc", f"a.{KRAFT}", False),
        ("*.kafka-kraft.n.svc", "kafka-kraft.n.svc", False),
        ("*.kafka-kraft.n.svc", "kafka-0.kafka.n.svc", False),
        ("kafka-kraft-0.kafka-kraft.n.*", KRAFT, False),
        ("kafka-kraft-0.kafka-kraft.n.*vc", KRAFT, False),
        (f"{KRAFT}.", KRAFT, False),
        ("*.kraft", "kraft-0.kraft", True),
        ("*.kraft.", "kraft-0.kraft", False),
        ("*.svc", "a.svc", True),
        ("*b.svc", "a.b.svc", False),
        ("*", "a", False),
        ("*", "a.b", False),
        ("*.", "a.b", False),
        ("*a", "a", False),
        ("", "a.b", False),
        ("a", "a", True),
        ("a*b.c", "ab.c", True),
        ("a**b.c", "ab.c", True),
        ("a*ab.c", "aab.c", True),
        ("aa*ab.c", "aab.c", False),
        ("ab*b.c", "ab.c", False),
        ("a*b*b.c", "axbyb.c", True),
        ("*ba.c", "xbaba.c", True),
        ("a..b", "a.b", False),
        (".a.b", "a.b", False),
        ("-*.svc", "-k.svc", False),
        ("k-*.svc", "k-1.svc", True),
        ("k-0 .svc", "k-0.svc", False),
        ("a_b.c", "a_b.c", False),
        ("a.+b.c", "a.xb.c", False),
        ("*.0.0.1", "10.0.0.1", False),
        ("::1", "::1", False),
        (KRAFT, f"{KRAFT}.", False),
        ("*.c", "a_b.c", False),
    ],
)
def test_a_star_is_what_java_takes_it_for(pattern: str, host: str, fits: bool) -> None:
    assert covers(pattern, host) is fits


COMMON = {"subject": ((("commonName", "old"),), (("commonName", "kafka"),), (("organizationName", "x"),))}


@pytest.mark.parametrize(
    ("certificate", "names"),
    [
        ({}, []),
        (COMMON, ["kafka"]),
        (COMMON | {"subjectAltName": (("DNS", "a"), ("URI", "u"), ("IP Address", "10.0.0.1"))}, ["a", "10.0.0.1"]),
        (COMMON | {"subjectAltName": (("IP Address", "10.0.0.1"),)}, ["10.0.0.1", "kafka"]),
    ],
)
def test_the_common_name_counts_only_where_there_is_no_other_dns_name(
    certificate: dict[str, Any], names: list[str]
) -> None:
    assert [name for _kind, name in certificate_names(certificate)] == names
