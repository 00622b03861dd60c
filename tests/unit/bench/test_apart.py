# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parts with conditions of their own: what is kept of the last time, and what one that fails leaves."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.bench import apart, bench, led, migration
from tests.demo import stage
from tests.sandbox.config import SandboxError

LAST: dict[str, Any] = {"confluent": {"old": 1}, "strimzi": {"old": 3}, "secured": {"old": 2}, "clusters": {}}


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is measured, in order."""
    log: list[str] = []

    def measure(name: str) -> dict[str, Any]:
        log.append(name)
        return {"new": name}

    def together(only: list[str] | None, _revision: str, _last: Any) -> tuple[dict[str, Any], list[str]]:
        log.append("the others")
        return {"clusters": {"only": only}}, ["no Jolokia: no"]

    monkeypatch.setattr(apart, "measure", measure)
    monkeypatch.setattr(bench, "_measure_all", together)
    return log


def test_without_a_choice_every_part_is_measured(measured: list[str]) -> None:
    data, failures = bench._measure(list(bench.PARTS), None, "rev", LAST)
    assert measured == ["confluent", "strimzi", "secured", "the others"]
    assert data == {"clusters": {"only": None}, **{name: {"new": name} for name in ("confluent", "strimzi", "secured")}}
    assert failures == ["no Jolokia: no"]


@pytest.mark.parametrize("name", ["confluent", "strimzi", "secured"])
def test_one_of_them_keeps_everything_else(measured: list[str], name: str) -> None:
    assert bench._measure([name], [name], "rev", LAST) == ({**LAST, name: {"new": name}}, [])
    assert measured == [name]


def test_they_are_kept_when_the_others_are_measured(measured: list[str]) -> None:
    data = bench._measure(["TTL 1 s"], ["TTL 1 s"], "rev", LAST)[0]
    assert data == {**LAST, "clusters": {"only": ["TTL 1 s"]}}
    assert measured == ["the others"]


@pytest.mark.parametrize("error", [led.Failed("no"), migration.Failed("no"), SandboxError("no")])
def test_one_that_fails_leaves_the_rest(measured: list[str], monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fails(name: str) -> dict[str, Any]:
        if name == "strimzi":
            raise error
        return {"new": name}

    monkeypatch.setattr(apart, "measure", fails)
    data, failures = bench._measure(list(bench.PARTS), None, "rev", LAST)
    assert (data["strimzi"], data["secured"]) == ({"old": 3}, {"new": "secured"})
    assert failures == ["strimzi: no", "no Jolokia: no"]


def test_each_has_its_own_conditions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(stage, "place", lambda: SimpleNamespace(sandbox=None))
    monkeypatch.setattr(stage, "workplace", lambda name: tmp_path / name)
    monkeypatch.setitem(apart.PARTS, "secured", lambda _where, folder: {"in": folder.name})
    found = apart.measure("secured")
    assert found["in"] == "bench-secured"
    assert found["conditions"]["command"] == 'make bench ARGS="--only secured"'
    assert found["conditions"]["took_s"] == 0


@pytest.mark.parametrize("name", ["confluent", "strimzi"])
def test_the_double_of_an_operator_needs_the_sandbox(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setattr(stage, "place", lambda: SimpleNamespace(sandbox=None))
    monkeypatch.setattr(stage, "workplace", lambda name: tmp_path / name)
    with pytest.raises(migration.Failed, match="needs the sandbox"):
        apart.measure(name)
