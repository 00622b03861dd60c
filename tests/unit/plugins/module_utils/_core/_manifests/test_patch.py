# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A merge patch has what changed, and applied it makes the one manifest of the other."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.patch import merge_patch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def merged(target: Any, patch: Any) -> Any:
    """RFC 7386, as an API server does it."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


@pytest.mark.parametrize(
    ("before", "after", "patch"),
    [
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {}, {"a": None}),
        ({}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, {"a": {"c": None}}),
        ({"a": [1, 2]}, {"a": [1]}, {"a": [1]}),
        ({"a": {"b": 1}}, {"a": [1]}, {"a": [1]}),
        ({"a": 1}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": None}}),
    ],
)
def test_a_merge_patch_has_what_changed(before: Any, after: Any, patch: Any) -> None:
    assert merge_patch(before, after) == patch
    assert merged(before, patch) == after


LEAVES = st.integers(0, 3) | st.lists(st.integers(0, 3), max_size=2)
BRANCHES = st.dictionaries(st.sampled_from("abc"), LEAVES, max_size=2)
TREES = st.dictionaries(st.sampled_from("abc"), LEAVES | BRANCHES, max_size=3)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TREES, TREES)
def test_a_merge_patch_makes_the_one_of_the_other(before: Any, after: Any) -> None:
    assert merged(before, merge_patch(before, after)) == after
