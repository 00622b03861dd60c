# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The version to migrate at follows the issue's table, and every doubt ends in one clear sentence."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.ibp import derive, fold
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.versions import parse_ibp
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported


def _facts(**given: str | None) -> dict[str, Any]:
    return {"effective_setting": None, "running_version": None, "image_tag": None, "override": None} | given


@pytest.mark.parametrize(
    ("facts", "current", "current_source", "target", "target_source"),
    [
        ({"effective_setting": "3.9", "running_version": "3.9.2"}, "3.9-IV0", "setting", "3.9-IV0", "current"),
        ({"effective_setting": "3.6-IV1", "running_version": "3.9.2"}, "3.6-IV1", "setting", "3.6-IV1", "current"),
        ({"effective_setting": "3.7-IV2", "running_version": "3.7.2"}, "3.7-IV2", "setting", "3.7-IV2", "current"),
        ({"effective_setting": "3.5", "running_version": "3.9.2"}, "3.5-IV2", "setting", "3.9-IV0", "running version"),
        ({"effective_setting": "3.6-IV0", "image_tag": "kafka:3.8.1"}, "3.6-IV0", "setting", "3.8-IV0", "image tag"),
        ({"running_version": "3.8.1", "image_tag": "kafka:3.9.2"}, "3.8-IV0", "running version", "3.8-IV0", "current"),
        (
            {"effective_setting": " ", "running_version": "7.9.0-ccs"},
            "3.9-IV0",
            "running version",
            "3.9-IV0",
            "current",
        ),
        ({"image_tag": "kafka:3.7.2"}, "3.7-IV4", "image tag", "3.7-IV4", "current"),
        (
            {"effective_setting": "3.7", "running_version": "3.9.2", "override": "3.8"},
            "3.7-IV4",
            "setting",
            "3.8-IV0",
            "override",
        ),
        ({"effective_setting": "3.9"}, "3.9-IV0", "setting", "3.9-IV0", "current"),
        # a tag lies: the setting of a broker that runs is above what the tag knows
        ({"effective_setting": "3.9", "image_tag": "kafka:3.7.2"}, "3.9-IV0", "setting", "3.9-IV0", "current"),
    ],
)
def test_derive(
    facts: dict[str, str | None], current: str, current_source: str, target: str, target_source: str
) -> None:
    decision = derive(**_facts(**facts))
    assert (str(decision.current), decision.current_source) == (current, current_source)
    assert (str(decision.target), decision.target_source) == (target, target_source)
    assert decision.changed == (current != target)
    assert decision.reason


def test_an_override_is_believed_more_than_a_tag() -> None:
    decision = derive(**_facts(effective_setting="3.7", image_tag="kafka:3.7.2", override="3.9"))
    assert str(decision.target) == "3.9-IV0"


def test_an_override_stands_in_for_what_nothing_shows() -> None:
    decision = derive(**_facts(override=" 3.9 ", image_tag="kafka:latest"))
    assert decision.current is None
    assert decision.current_source == "unknown"
    assert str(decision.target) == "3.9-IV0"
    assert decision.changed


@pytest.mark.parametrize(
    ("facts", "code", "words"),
    [
        ({}, "ibp-unknown", ["kraft_ibp_version", "not set"]),
        ({"image_tag": "kafka:latest"}, "ibp-unknown", ["kraft_ibp_version"]),
        ({"effective_setting": "2.8"}, "ibp-unknown", ["kraft_ibp_version", "2.8-IV1"]),
        ({"effective_setting": "3.5", "override": "3.6-IV0"}, "ibp-unknown", ["3.6-IV1", "kraft_ibp_version"]),
        ({"running_version": "3.5.1"}, "ibp-unknown", ["upgrade Kafka"]),
        ({"effective_setting": "3.9", "override": "3.8"}, "ibp-unknown", ["3.8", "3.9-IV0"]),
        (
            {"effective_setting": "3.7", "override": "3.7-IV2", "running_version": "3.7.2"},
            "ibp-unknown",
            ["3.7-IV2", "3.7-IV4"],
        ),
        ({"running_version": "3.8.1", "override": "3.9"}, "ibp-unknown", ["3.8.1", "kraft_ibp_version"]),
        (
            {"running_version": "3.8.1", "effective_setting": "3.9"},
            "ibp-unknown",
            ["3.8.1", "inter.broker.protocol.version"],
        ),
    ],
)
def test_doubts_are_refused(facts: dict[str, str | None], code: str, words: list[str]) -> None:
    with pytest.raises(Unsupported) as caught:
        derive(**_facts(**facts))
    assert caught.value.code == code
    for word in words:
        assert word in caught.value.message


@pytest.mark.parametrize(("version", "folds"), [("2.7", False), ("2.8-IV0", True), ("3.5", True)])
def test_the_version_is_raised_by_the_migration_roll_once_topics_have_ids(version: str, folds: bool) -> None:
    decision = fold(parse_ibp(version))
    assert decision.folds is folds
    assert str(parse_ibp(version)) in decision.reason


def test_an_unknown_version_is_raised_in_a_roll_of_its_own() -> None:
    assert fold(None).folds is False
