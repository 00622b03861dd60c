# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brokers in a StatefulSet for each zone: controllers are spread over all of these."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.placement import (
    broker_zones,
    over_zones,
    spread,
)

Obj = dict[str, Any]
ZONE = "topology.kubernetes.io/zone"
OLD = "failure-domain.beta.kubernetes.io/zone"


def _set(selector: Obj | None = None, *expressions: Obj) -> Obj:
    pod: Obj = {"nodeSelector": selector}
    if expressions:
        terms = [{"matchExpressions": list(expressions)}]
        pod["affinity"] = {
            "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
        }
    return {"spec": {"template": {"spec": pod}}}


def _in(*zones: str, key: str = ZONE) -> Obj:
    return {"key": key, "operator": "In", "values": list(zones)}


@pytest.mark.parametrize(
    ("sets", "zones"),
    [
        ([_set({ZONE: "a"}), _set({ZONE: "b"}), _set(None, _in("c"))], (ZONE, ("a", "b", "c"))),
        ([_set({OLD: "a"}), _set({OLD: "b"})], (OLD, ("a", "b"))),
        ([_set({ZONE: "a"})], ("", ())),
        ([_set({ZONE: "a"}), _set({ZONE: "a"})], ("", ())),
        # one of them runs anywhere
        ([_set({ZONE: "a"}), _set({"disk": "ssd"})], ("", ())),
        ([_set(None, {"key": ZONE, "operator": "Exists"}), _set({ZONE: "a"})], ("", ())),
    ],
)
def test_the_zones_of_the_brokers(sets: list[Obj], zones: Any) -> None:
    assert broker_zones(sets) == zones


def test_one_zone_becomes_all_zones() -> None:
    plain = {"nodeSelector": {ZONE: "a", "disk": "ssd"}}
    pod = over_zones(plain, ZONE, ["a", "b"])
    assert plain["nodeSelector"][ZONE] == "a"
    assert pod["nodeSelector"] == {"disk": "ssd"}
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    assert pod["affinity"]["nodeAffinity"][required]["nodeSelectorTerms"] == [{"matchExpressions": [_in("a", "b")]}]
    with_affinity = _set(None, _in("a"), {"key": "disk", "operator": "Exists"})["spec"]["template"]["spec"]
    pod = over_zones(with_affinity, ZONE, ["a", "b"])
    (term,) = pod["affinity"]["nodeAffinity"][required]["nodeSelectorTerms"]
    assert term["matchExpressions"] == [_in("a", "b"), {"key": "disk", "operator": "Exists"}]


def test_spread_over_zones_and_nodes_where_possible() -> None:
    found = spread({"a": "b"})
    assert [item["topologyKey"] for item in found] == [ZONE, "kubernetes.io/hostname"]
    assert {item["whenUnsatisfiable"] for item in found} == {"ScheduleAnyway"}
    assert [item["topologyKey"] for item in spread({}, OLD)] == [OLD]
