# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate needs the controllers' names, and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.certificates import (
    Authority,
    Certificate,
    certificate_findings,
    expiring,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOSTS = [f"kafka-kraft-{n}.kafka-kraft.demo.svc" for n in range(3)]


@pytest.mark.parametrize(
    ("names", "days", "soak", "expected"),
    [
        (("*.kafka-kraft.demo.svc",), 365, 0, []),
        (tuple(HOSTS), 365, 0, []),
        (("*.kafka-kraft.demo.svc.cluster.local",), 365, 0, ["certificate-names"]),
        (tuple(HOSTS[:2]), 365, 0, ["certificate-names"]),
        ((), 365, 0, ["certificate-names"]),
        (("*.kafka-kraft.demo.svc",), 29, 0, ["certificate-expires"]),
        (("*.kafka-kraft.demo.svc",), 40, 0, []),
        (("*.kafka-kraft.demo.svc",), 40, 50 * 86400, ["certificate-expires"]),
        (("*.kafka-kraft.demo.svc",), 0, 0, ["certificate-expired"]),
        (("*.kafka.demo.svc",), -3, 0, ["certificate-names", "certificate-expired"]),
    ],
)
def test_names_and_time(names: tuple[str, ...], days: int, soak: int, expected: list[str]) -> None:
    read = Certificate("CN=broker", names, NOW + timedelta(days=days))
    found = certificate_findings("/etc/tls.pem", read, HOSTS, NOW, soak)
    assert [item.code for item in found] == expected
    assert all("/etc/tls.pem" in item.sentence for item in found)
    if "certificate-names" in expected:
        assert "*.kafka-kraft.demo.svc" in found[0].sentence
    if "certificate-expired" in expected:
        assert f"{read.ends:%Y-%m-%d}" in found[-1].sentence


def test_nobody_who_compares_no_names_misses_them() -> None:
    assert certificate_findings("x", Certificate("CN=b", (), NOW + timedelta(days=99)), [], NOW, 0) == []


def test_a_certificate_that_could_not_be_read_is_said() -> None:
    (found,) = certificate_findings("/x", Unknown("it is a JKS store"), HOSTS, NOW, 0)
    assert (found.code, found.blocking) == ("certificate-unreadable", False)
    assert "it is a JKS store" in found.sentence


STAR = ("*.kafka-kraft.demo.svc",)
SERVER, CLIENT, ANY = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"


def judged(days: int = 365, *, both_show: bool = False, **more: Any) -> list[Any]:
    read = Certificate("CN=broker", STAR, NOW + timedelta(days=days), **more)
    return certificate_findings("/etc/tls.pem", read, HOSTS, NOW, 0, both_show=both_show)


def test_one_that_is_not_valid_yet() -> None:
    (found,) = judged(begins=NOW + timedelta(days=5))
    assert (found.code, found.blocking) == ("certificate-not-valid-yet", True)
    assert "valid from 2026-01-06 00:00 UTC on only" in found.sentence
    assert judged(begins=NOW) == []


@pytest.mark.parametrize(
    ("usages", "both_show", "lacking"),
    [
        (None, True, ""),
        ((SERVER,), False, ""),
        ((SERVER, CLIENT), True, ""),
        ((ANY,), True, ""),
        ((SERVER,), True, "clientAuth"),
        ((CLIENT,), True, "serverAuth"),
        ((CLIENT,), False, "serverAuth"),
        ((), True, "serverAuth and clientAuth"),
    ],
)
def test_what_it_is_for(usages: tuple[str, ...] | None, both_show: bool, lacking: str) -> None:
    """Java refuses one that is for something else: as server, and as client where the other side asks for it."""
    found = judged(usages=usages, both_show=both_show)
    assert [item.code for item in found] == (["certificate-usage"] if lacking else [])
    assert all(f"without {lacking}:" in item.sentence and f"add {lacking}," in item.sentence for item in found)


@pytest.mark.parametrize(
    ("days", "authorities", "expected"),
    [
        (365, (("CN=ca", 99, True),), []),
        (365, (("CN=middle", 99, False), ("CN=ca", 20, True)), ["certificate-expires: the certificate of CN=ca in"]),
        (10, (("CN=ca", 20, True),), ["certificate-expires: the certificate in"]),
        (365, (("CN=middle", -1, False),), ["certificate-expired: the certificate of CN=middle, which has signed"]),
        # Java does not look at the end of an authority that it trusts anyway; others do
        (365, (("CN=ca", -1, True),), ["certificate-expires: the certificate of CN=ca in"]),
        (-1, (("CN=ca", -2, True),), ["certificate-expired: the certificate in"]),
    ],
)
def test_the_first_of_a_chain_that_expires(
    days: int, authorities: tuple[tuple[str, int, bool], ...], expected: list[str]
) -> None:
    chain = tuple(Authority(name, NOW + timedelta(days=each), root) for name, each, root in authorities)
    found = [f"{item.code}: {item.sentence}" for item in judged(days, authorities=chain)]
    assert len(found) == len(expected)
    assert all(text.startswith(begin) for text, begin in zip(found, expected, strict=True))


def test_one_of_another_listener_is_only_worth_a_word() -> None:
    for days, words in ((-1, "the certificate in /x expired at"), (3, "the certificate in /x expires at")):
        (found,) = expiring("/x", Certificate("CN=b", (), NOW + timedelta(days=days)), NOW, 0)
        assert (found.code, found.blocking) == ("certificate-expires", False)
        assert found.sentence.startswith(words)
