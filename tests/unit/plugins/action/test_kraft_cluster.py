# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decisions of kraft_cluster, on a fake API server."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.action import kraft_cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import Scope
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused

from tests.unit.plugins.module_utils._core._deploy.given import options
from tests.unit.plugins.module_utils._operations.deploy_machine import Machine


class Runs:
    """kraft_cluster on one namespace."""

    def __init__(self) -> None:
        self.machine = Machine()
        self.machine.cluster.api = self.machine.api
        self.action: Any = object.__new__(kraft_cluster.ActionModule)
        self.told: list[str] = []

    def run(self, **given: Any) -> Any:
        params = {
            **options(**given),
            "scope": Scope("n", "k", "k", {"k": "n/k"}),
            "pod_timeout": 0.3,
            "recovery_timeout": 1,
        }
        return SimpleNamespace(
            client=self.machine.api, params=params, progress=self.told.append, cluster=self.machine.cluster
        )

    def decide(self, **given: Any) -> Any:
        return self.action.decide(self.run(**given))

    def apply(self, **given: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.action.apply(self.run(**given))
        return found


def test_from_nothing_to_nothing() -> None:
    runs = Runs()
    first = runs.decide()
    assert first.needed
    assert "create StatefulSet k" in first.reason
    assert len(first.diff) == 5
    made = runs.apply()
    assert (made["exists"], made["nodes"], made["bootstrap_servers"]) == (True, [0, 1, 2], "k-bootstrap.n.svc:9092")
    assert runs.told[-1] == "create StatefulSet k"
    assert not runs.decide().needed
    assert runs.action.inspect(runs.run())["volumes"] == ["data-k-0", "data-k-1", "data-k-2"]

    assert runs.decide(state="stopped").needed
    assert runs.apply(state="stopped")["done"] == ["stopped k"]
    assert not runs.decide(state="stopped").needed
    assert runs.decide().reason.endswith("start it")
    assert runs.apply()["done"] == ["started k"]

    assert runs.decide(state="absent").reason == "delete n/k; its volumes stay"
    runs.apply(state="absent")
    assert not runs.decide(state="absent").needed
    assert runs.decide(state="stopped").reason == "there is no such cluster"
    with pytest.raises(Refused, match="kraft_confirm is not set") as refused:
        runs.decide(state="absent", delete_volumes=True)
    assert refused.value.code == "deploy-confirm"
    confirmed = {"state": "absent", "delete_volumes": True, "confirm": ["n/k"]}
    assert runs.decide(**confirmed).reason == "delete n/k and its volumes, for good"
    assert runs.apply(**confirmed)["cluster_id"] is None
    assert not runs.decide(**confirmed).needed


def test_what_cannot_be_is_refused_before_anything_is_written() -> None:
    runs = Runs()
    with pytest.raises(Refused, match="kraft_brokers is 2") as refused:
        runs.decide(brokers=2)
    assert refused.value.code == "deploy-controllers-even"
    assert runs.machine.api.calls == []


def test_a_pod_that_is_old_or_has_lost_its_volume_is_something_to_do() -> None:
    runs = Runs()
    runs.apply()
    runs.machine.lose("k-1")
    assert runs.decide().reason == "look after the empty volume of k-1"
