# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pods of an older revision than their StatefulSet's template."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.rollout import pending_rollout

Obj = dict[str, Any]


def _set(strategy: Obj | None = None, observed: int = 4, revision: str = "kafka-b") -> Obj:
    return {
        "metadata": {"name": "kafka", "generation": 4},
        "spec": {"updateStrategy": strategy},
        "status": {"observedGeneration": observed, "updateRevision": revision},
    }


def _pod(number: int, revision: str | None) -> Obj:
    labels = {"controller-revision-hash": revision} if revision else None
    return {"metadata": {"name": f"kafka-{number}", "labels": labels}}


def test_pods_of_the_template_are_fine() -> None:
    assert pending_rollout(_set(), [_pod(0, "kafka-b"), _pod(1, "kafka-b")]) == []


@pytest.mark.parametrize(
    ("strategy", "advice"),
    [
        ({"type": "OnDelete"}, "OnDelete these pods must be deleted by hand"),
        ({"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}, "partition is 2, set it to 0"),
        ({"type": "RollingUpdate", "rollingUpdate": {}}, "Wait for that rollout, or find out why it does not end"),
        (None, "Wait for that rollout, or find out why it does not end"),
    ],
)
def test_older_pods_are_named_with_what_to_do(strategy: Obj | None, advice: str) -> None:
    (found,) = pending_rollout(
        _set(strategy), [_pod(2, "kafka-a"), _pod(0, "kafka-a"), _pod(1, "kafka-b"), _pod(3, None)]
    )
    assert (found.code, found.blocking, found.rule.acceptable) == ("rollout-pending", True, False)
    assert "kafka-0, kafka-2 at kafka-a; kafka-3 at unknown" in found.sentence
    assert advice in found.sentence
    assert found.sentence.endswith("or restore the old template")


@pytest.mark.parametrize("item", [_set(observed=3), _set(revision=""), {**_set(), "status": None}])
def test_a_status_that_lags_is_no_proof(item: Obj) -> None:
    (found,) = pending_rollout(item, [_pod(0, "kafka-b")])
    assert "is not known" in found.sentence
