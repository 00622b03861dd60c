# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Annotations that the operator ignores without a word: found, and told what was probably meant."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import versions

from tests.unit.plugins.module_utils._platform._strimzi import crs


def said(obj: Any) -> list[str]:
    return list(res.misspelled(obj))


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("strimzi.io/Kraft", "strimzi.io/kraft"),
        ("strimzi.io/kraft-migration", "strimzi.io/kraft"),
        ("kafka.strimzi.io/kraft", "strimzi.io/kraft"),
        ("strimzi.io/node-pool", "strimzi.io/node-pools"),
        ("strimzi.io/nodepools", "strimzi.io/node-pools"),
        ("strimzi.io/node_pools", "strimzi.io/node-pools"),
        ("strimzi.io/pause-reconcilation", "strimzi.io/pause-reconciliation"),
        ("strimzi.io/next-node-id", "strimzi.io/next-node-ids"),
    ],
)
def test_a_key_that_is_nearly_one(key: str, meant: str) -> None:
    assert said(crs.kafka(marks={key: "x"})) == [
        f"annotation {key}, which the operator does not know; {meant} was probably meant: correct or remove it"
    ]


@pytest.mark.parametrize(
    "key",
    [
        "strimzi.io/skip-broker-scaledown-check",
        "strimzi.io/manual-rolling-update",
        "example.com/kraft",
        "kubectl.kubernetes.io/x",
        "strimzi.io/something-else",
    ],
)
def test_other_keys_are_nobodys_business(key: str) -> None:
    assert said(crs.kafka(marks={key: "x"})) == []


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        (
            res.KRAFT,
            "migrating",
            "'migrating', which the operator ignores without a word; migration was probably meant",
        ),
        (res.KRAFT, "true", "write one of disabled, migration, enabled, rollback"),
        (res.KRAFT, " migration", "' migration'"),
        (res.NODE_POOLS, "true", "write one of enabled, disabled"),
        (res.NODE_POOLS, "enable", "enabled was probably meant"),
        (res.PAUSE, "yes", "write one of true, false"),
    ],
)
def test_a_value_that_is_none(key: str, value: str, words: str) -> None:
    (text,) = said(crs.kafka(marks={key: value}))
    assert words in text


@pytest.mark.parametrize("value", ["migration", "Migration", "ENABLED", "disabled", "rollback"])
def test_values_are_compared_as_the_operator_does(value: str) -> None:
    assert said(crs.kafka("ZooKeeper", value)) == []


def test_in_the_wrong_place() -> None:
    kafka = crs.kafka(marks={res.NEXT_IDS: "[5]"})
    kafka["metadata"]["labels"] = {res.KRAFT: "migration"}
    assert said(kafka) == [
        "label strimzi.io/kraft, which the operator looks for among the annotations; put it there, or remove it",
        "annotation strimzi.io/next-node-ids, which the operator looks for on a KafkaNodePool only; put it there, or remove it",
    ]
    (text,) = said(crs.pool(marks={res.KRAFT: "migration"}))
    assert "looks for on a Kafka only" in text
    assert said(crs.pool(marks={res.NEXT_IDS: "[5]"})) == []


def test_what_a_pause_may_be() -> None:
    for value, on, meant in (("true", True, True), ("True", True, True), ("yes", False, True), ("false", False, False)):
        kafka = crs.kafka(marks={res.PAUSE: value})
        assert (res.is_paused(kafka), res.may_be_paused(kafka)) == (on, meant)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0.45.2", (0, 45, 2)),
        ("v0.45", (0, 45)),
        ("0.45.2-kafka-3.9.2", (0, 45, 2)),
        ("latest", ()),
        ("", ()),
        ("1.2.3.4", ()),
    ],
)
def test_a_version(text: str, found: Any) -> None:
    assert versions.version(text) == found


@pytest.mark.parametrize(
    ("image", "found"),
    [
        ("quay.io/strimzi/operator:0.45.2", (0, 45, 2)),
        ("registry:5000/strimzi/kafka:0.40.0-kafka-3.7.0", (0, 40, 0)),
        ("quay.io/strimzi/operator@sha256:00", ()),
        ("mirror/operator:2.9.1", ()),
    ],
)
def test_the_version_of_an_image(image: str, found: Any) -> None:
    assert versions.of_image(image) == found


def test_what_versions_do() -> None:
    assert [versions.migrates(each) for each in ((0, 39), (0, 40, 0), (0, 45, 2), (0, 46))] == [
        False,
        True,
        True,
        False,
    ]
    assert [versions.leaves_migration(each) for each in ((0, 40), (0, 45, 0), (0, 45, 1), ())] == [
        True,
        True,
        False,
        False,
    ]
    assert [versions.short(text) for text in ("3.9.2", "3.9-IV0", "3.9", "x")] == ["3.9", "3.9", "3.9", ""]
