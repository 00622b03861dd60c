# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How big a controller is."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.sizes import (
    HEAP_AT_MOST,
    controller_resources,
    heap_limit,
    quantity,
    with_heap,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

Obj = dict[str, Any]
BIG = {"requests": {"cpu": "14", "memory": "56Gi", "nvidia.com/gpu": 1}, "limits": {"memory": "56Gi"}}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("500m", Fraction(1, 2)),
        (2, 2),
        ("1.5Gi", 1610612736),
        ("1e3", 1000),
        ("2E", 2 * 10**18),
        ("1k", 1000),
        (".5", Fraction(1, 2)),
        ("100n", Fraction(1, 10**7)),
        ("3M", 3000000),
    ],
)
def test_quantities(text: Any, number: Any) -> None:
    assert quantity(text) == number


@pytest.mark.parametrize("text", ["", "5 GB", "5GB", "x", "-1", None])
def test_what_is_no_quantity(text: Any) -> None:
    with pytest.raises(Unsupported, match="not a quantity"):
        quantity(text)


def test_brokers_that_are_sized_for_their_data_do_not_size_controllers() -> None:
    assert controller_resources(BIG, None) == {"requests": {"cpu": "1", "memory": "5Gi"}, "limits": {"memory": "5Gi"}}


def test_small_brokers_hand_over_what_they_have() -> None:
    small = {"requests": {"cpu": "250m", "memory": "512Mi"}}
    assert controller_resources(small, None) == small
    assert controller_resources({}, None) == {}


def test_the_users_resources_are_taken_as_they_are() -> None:
    wanted = {"requests": {"cpu": "2"}, "claims": [{"name": "x"}]}
    assert controller_resources(BIG, wanted) == wanted
    with pytest.raises(Unsupported, match="'2 cores' is not a quantity"):
        controller_resources(BIG, {"requests": {"cpu": "2 cores"}})


@pytest.mark.parametrize(
    ("brokers", "own", "limit"),
    [
        (BIG, {"limits": {"memory": "5Gi"}}, 4 * 1024**3),
        (BIG, {"requests": {"memory": "10Gi"}}, 8 * 1024**3),
        # the brokers' memory, so their heap fits as it fits there
        ({"limits": {"memory": "1Gi"}}, {"limits": {"memory": "1024Mi"}}, None),
        ({}, {}, HEAP_AT_MOST),
    ],
)
def test_the_heap_fits_the_memory(brokers: Obj, own: Obj, limit: int | None) -> None:
    assert heap_limit(brokers, own) == limit


def test_heap_options() -> None:
    assert with_heap("-Xms8g -Xmx8G -Xss1m", 4 * 1024**3) == "-Xms4096m -Xmx4096m -Xss1m"
    assert with_heap("-Xmx2048m", 4 * 1024**3) == "-Xmx2048m"
    assert with_heap("-Xmx99999999999", 1024**3) == "-Xmx1024m"
    assert with_heap("-Xmx99g", None) == "-Xmx99g"
