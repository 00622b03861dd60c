# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Budgets under which nothing could be restarted."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.budgets import (
    allows_none,
    budget_findings,
)

Obj = dict[str, Any]
PODS = {f"kafka-{number}": {"app": "kafka"} for number in range(3)}


def _budget(name: str = "a", selector: Obj | None = None, status: Obj | None = None, **spec: Any) -> Obj:
    selector = {"matchLabels": {"app": "kafka"}} if selector is None else selector
    return {"metadata": {"name": name}, "spec": {"selector": selector, **spec}, "status": status}


@pytest.mark.parametrize(
    ("spec", "blocks"),
    [
        ({"maxUnavailable": 0}, True),
        ({"maxUnavailable": "0%"}, True),
        ({"maxUnavailable": "10%"}, False),
        ({"maxUnavailable": 1}, False),
        ({"minAvailable": 3}, True),
        ({"minAvailable": "100%"}, True),
        ({"minAvailable": "67%"}, True),
        ({"minAvailable": "66%"}, False),
        ({"minAvailable": 2}, False),
        # the budget covers more pods than ours
        ({"minAvailable": 3, "status": {"expectedPods": 6}}, False),
        ({}, False),
    ],
)
def test_a_budget_that_never_allows(spec: Obj, blocks: bool) -> None:
    found = budget_findings([_budget(**spec)], PODS, 3)
    assert [item.code for item in found] == ["budget-blocks"] * blocks
    for item in found:
        key = next(key for key in spec if key != "status")
        assert (
            f"PodDisruptionBudget a never allows an eviction of kafka-0, kafka-1, kafka-2 ({key}: {spec[key]})"
            in item.sentence
        )


def test_two_budgets_for_the_same_pods() -> None:
    everything = _budget("everything", selector={}, maxUnavailable=1)
    (found,) = budget_findings([everything, _budget("brokers", maxUnavailable=1)], PODS, 3)
    assert found.code == "budget-blocks"
    assert found.where == "brokers and everything"
    assert "cover the same pods (kafka-0, kafka-1, kafka-2)" in found.sentence


def test_budgets_of_others_and_one_each_are_fine() -> None:
    others = _budget("others", selector={"matchLabels": {"app": "zookeeper"}}, maxUnavailable=0)
    nothing = {"metadata": {"name": "nothing"}, "spec": {"maxUnavailable": 0}}
    assert budget_findings([others, nothing, _budget(maxUnavailable=1)], PODS, 3) == []


@pytest.mark.parametrize(
    ("budgets", "said"),
    [
        ([], ""),
        ([_budget(maxUnavailable=1, status={"disruptionsAllowed": 1})], ""),
        (
            [_budget(maxUnavailable=1, status={"disruptionsAllowed": 0})],
            "PodDisruptionBudget a allows no disruption now (maxUnavailable: 1)",
        ),
        # nobody has counted yet
        ([_budget(minAvailable=2)], "PodDisruptionBudget a allows no disruption now (minAvailable: 2)"),
        ([_budget()], "PodDisruptionBudget a allows no disruption now (minAvailable: None)"),
        # Kubernetes says why
        *(
            (
                [_budget(maxUnavailable=1, status={"conditions": [{"reason": reason, "message": message}]})],
                f"PodDisruptionBudget a allows no disruption now (maxUnavailable: 1){said}",
            )
            for reason, message, said in (
                ("SyncFailed", "no controller of them has a scale", ": no controller of them has a scale"),
                ("SyncFailed", "", ": Kubernetes could not count its pods"),
                ("InsufficientPods", "", ""),
            )
        ),
        # of other pods
        ([_budget(selector={"matchLabels": {"app": "other"}}, maxUnavailable=0)], ""),
        (
            [_budget("b", maxUnavailable=0), _budget("a", maxUnavailable=1, status={"disruptionsAllowed": 1})],
            "PodDisruptionBudget b allows no disruption now (maxUnavailable: 0)",
        ),
    ],
)
def test_a_budget_that_allows_none_now(budgets: list[Obj], said: str) -> None:
    assert allows_none(budgets, {"app": "kafka"}) == said
