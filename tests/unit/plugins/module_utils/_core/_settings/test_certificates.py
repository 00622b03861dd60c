# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate needs the controllers' names, and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.certificates import (
    Certificate,
    certificate_findings,
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
