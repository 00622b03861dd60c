# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Preflight asks every rule: one that is tested by itself and that nobody asks protects nobody."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import migration_flag, preflight, rollback_plan
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Enforced

from tests.unit.plugins.module_utils.scenes import cluster_with

OF_THE_PLATFORM = (
    "objects",
    "workloads",
    "controllers",
    "termination",
    "claims",
    "missing_pods",
    "settings",
    "references",
)
#: in the order in which a person would repair them
ORDER = [
    "flags",
    "objects",
    "lock-not-enforced",
    "brokers",
    "workloads",
    "rollback-pending",
    "versions",
    "settings",
    "controllers",
    "tools",
    "zookeeper",
    "rights",
    "termination",
]


def _one(where: str) -> list[Finding]:
    return [finding("check-incomplete", where, f"of {where}")]


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Each rule finds something."""
    found: Any = cluster_with()
    found.driver.checks = SimpleNamespace(
        **{name: lambda *_a, _name=name, **_k: _one(_name) for name in OF_THE_PLATFORM}
    )
    refused = [finding("lock-not-enforced", "policy", "no rights")]
    found.driver.enforcement = SimpleNamespace(findings=lambda: refused)
    monkeypatch.setattr(preflight, "permission_findings", lambda _cluster: [])
    monkeypatch.setattr(migration_flag, "findings", lambda _cluster: _one("flags"))
    monkeypatch.setattr(rollback_plan, "pending", lambda _cluster: "brokers remember another quorum")
    monkeypatch.setattr(preflight, "zookeeper_rights", lambda _cluster: _one("rights"))
    for name in ("broker", "version", "settings", "tool", "zookeeper"):
        where = f"{name.removesuffix('s')}s" if name != "zookeeper" else name
        monkeypatch.setattr(preflight, f"{name}_findings", lambda *_a, _where=where: _one(_where))
    return found


def test_every_rule_is_asked(cluster: Any) -> None:
    found = preflight.all_findings(cluster)
    assert [item.where if item.code == "check-incomplete" else item.code for item in found] == ORDER


def test_what_has_no_zookeeper_is_not_asked_about_it(cluster: Any) -> None:
    cluster.zookeeper_connect = None
    assert [item.where for item in preflight.all_findings(cluster) if item.where == "zookeeper"] == []


def test_without_permissions_nothing_else_is_asked(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest would only say that it could not be read."""
    monkeypatch.setattr(preflight, "permission_findings", lambda _cluster: _one("permissions"))
    assert [item.where for item in preflight.all_findings(cluster)] == ["permissions"]


@pytest.mark.parametrize(
    ("locked", "said"),
    [("", "plan: the lock will be enforced by its annotation alone"), ("m1", "the lock is enforced by p")],
)
def test_the_plan_says_what_enforces_the_lock(cluster: Any, locked: str, said: str) -> None:
    cluster.driver.ownership = SimpleNamespace(locked_by=lambda: locked)
    cluster.driver.enforcement = SimpleNamespace(plan=lambda: Enforced(why="no rights"), by=lambda: "p")
    assert preflight.lock_line(cluster).startswith(said)
