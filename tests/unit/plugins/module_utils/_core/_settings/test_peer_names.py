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
        (("DNS", "ZK.shop."), "zk.SHOP", True),
        (("DNS", "zk.shop"), "zk.shop.", True),
        (("DNS", "zk.shop"), "zk.shop.svc", False),
        (("DNS", "*.zk.shop"), "zk-0.zk.shop", True),
        (("DNS", "*.zk.shop"), "zk.shop", False),
        (("DNS", "*.zk.shop"), "a.zk-0.zk.shop", False),
        (("DNS", "*"), "zk", False),
        (("DNS", "*.shop"), "zk.shop", True),
        (("DNS", "zk*.shop"), "zk0.shop", False),
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


@pytest.mark.parametrize(
    ("pattern", "host", "fits"),
    [
        ("a.b.svc", "a.b.svc", True),
        ("A.b.SVC.", "a.B.svc", True),
        ("kraft-0.kraft.ns.svc", "KRAFT-0.kraft.ns.svc.", True),
        ("*.kraft.ns.svc", "kraft-0.kraft.ns.svc", True),
        ("*.kraft.ns.svc", "a.kraft-0.kraft.ns.svc", False),
        ("*.kraft.ns.svc", "kraft.ns.svc", False),
        ("*.kraft.ns.svc", "a.other.ns.svc", False),
        ("*.svc", "a.b.svc", False),
        # as Java, which asks for a second dot only where an authority of the public signed it
        ("*.kraft", "kraft-0.kraft", True),
        ("*", "a", False),
        ("*.", "a", False),
        ("kraft-*.kraft.ns.svc", "kraft-0.kraft.ns.svc", False),
        ("*.0.0.1", "10.0.0.1", False),
        ("::1", "::1", False),
    ],
)
def test_a_star_is_one_whole_part(pattern: str, host: str, fits: bool) -> None:
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
