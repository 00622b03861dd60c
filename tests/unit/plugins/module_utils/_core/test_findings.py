# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue: codes that never move, and only acceptable ones can be accepted."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import findings


@pytest.mark.parametrize("rule", findings.RULES.values(), ids=lambda rule: rule.code)
def test_each_rule_is_complete(rule: Any) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.code)
    assert rule.severity in (findings.BLOCK, findings.WARN)
    assert rule.title
    assert rule.remedy


def test_codes_are_unique() -> None:
    assert len(findings.RULES) == len(findings._RULES)


def test_a_finding_carries_its_rule() -> None:
    item = findings.finding("managed-by-gitops", "StatefulSet n/kafka", "somebody manages it; pause it")
    assert item.blocking
    assert item.as_dict() == {
        "code": "managed-by-gitops",
        "where": "StatefulSet n/kafka",
        "sentence": "somebody manages it; pause it",
        "severity": "block",
        "remedy": item.rule.remedy,
        "acceptable": True,
        "accepted": False,
    }
    assert item.as_dict(["managed-by-gitops"])["accepted"] is True


def test_a_code_that_nobody_knows() -> None:
    with pytest.raises(KeyError):
        findings.finding("no-such-rule", "", "")


def test_what_stops_a_run() -> None:
    hard = findings.finding("migration-stale", "", "")
    soft = findings.finding("partition-cannot-roll", "", "")
    warning = findings.finding("dns-ttl-long", "", "")
    everything = [hard, soft, warning]
    assert findings.blocking(everything, []) == [hard, soft]
    assert findings.blocking(everything, ["partition-cannot-roll", "migration-stale"]) == [hard]
    assert hard.as_dict(["migration-stale"])["accepted"] is False


def test_names_that_cannot_be_accepted() -> None:
    assert findings.unknown_codes(["gate-parity", "migration-stale", "typo"]) == ["migration-stale", "typo"]


@pytest.mark.parametrize(
    "code",
    [
        "migration-stale",
        "migration-null",
        "controller-volumes-leftover",
        "stranger-broker",
        "owned-by-controller",
        "changed-by-others",
        "lock-held",
        "gate-pure-dual-write",
        "gate-registrations",
        "gate-quorum",
        "gate-zookeeper-reference",
        "gate-confirm",
    ],
)
def test_safety_rules_cannot_be_accepted_away(code: Any) -> None:
    assert not findings.RULES[code].acceptable
