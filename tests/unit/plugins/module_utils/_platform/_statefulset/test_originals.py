# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The originals of the brokers: kept once, and missed only where they are needed."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import SECRET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import originals
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused

from tests.unit.plugins.module_utils.fakes import FakeClient, statefulset
from tests.unit.plugins.module_utils.scenes import cluster_with, facts

NAME = names.originals_name("kafka")


def at(name: str, stage: str = "") -> dict[str, Any]:
    item = statefulset(name)
    if stage:
        item["spec"]["template"]["metadata"] = {"annotations": {names.STAGE: stage}}
    return item


def cluster(*sets: dict[str, Any]) -> Any:
    return cluster_with(client=FakeClient(), statefulsets=list(sets), facts={"kafka-a-0": facts(broker_id="0")})


def kept(of: Any) -> dict[str, Any]:
    secret = of.client.find(SECRET, NAME, "n")
    return {key: json.loads(value) for key, value in secret["stringData"].items()}


def as_stored(of: Any) -> None:
    """What an API server makes of stringData."""
    secret = of.client.find(SECRET, NAME, "n")
    secret["data"] = {key: base64.b64encode(value.encode()).decode() for key, value in secret["stringData"].items()}
    of.client.put(secret)


def test_what_is_kept_is_what_comes_back() -> None:
    of = cluster(at("kafka-a"), at("kafka-b"))
    assert originals.keep(of) == NAME
    assert kept(of)["kafka-a.json"]["effective"] == {"broker.id": "0"}
    as_stored(of)
    assert originals.load(of)["kafka-b"].template == statefulset("kafka-b")["spec"]["template"]
    assert originals.missing(of) == []
    # what is there is never written over: by then the templates may be at a stage
    originals.keep(of)
    assert of.client.calls == [("create", "Secret", NAME)]


def test_the_way_forward_goes_on_without_a_secret_that_is_gone() -> None:
    """docs/resume.md; only the way back needs it."""
    of = cluster(at("kafka-a", "migration"), at("kafka-b", "migration"))
    assert originals.keep(of) == NAME
    assert of.client.calls == []
    assert len(originals.missing(of)) == 2


def test_a_template_at_a_stage_is_never_kept_as_the_original() -> None:
    of = cluster(at("kafka-a", "migration"), at("kafka-b"))
    originals.keep(of)
    assert set(kept(of)) == {"kafka-b.json"}
    as_stored(of)
    with pytest.raises(Refused, match="original of StatefulSet kafka-a is not in Secret") as refused:
        originals.load(of)
    assert refused.value.code == "originals-missing"
    assert "controllerrevisions" in refused.value.message
    assert "as key kafka-a.json" in refused.value.message
