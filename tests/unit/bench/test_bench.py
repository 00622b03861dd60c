# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured, in which order, and what is kept of the last time."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.bench import against, bench, migration
from tests.bench.build import BEFORE, Build, NotThere
from tests.demo import stage
from tests.demo.stage import Play

BUILD = Build("c0ffee1234", Path("/x/ansible_collections/kafkaops/kraft"))


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, ...]]:
    """What is measured, in order: part, namespace, the build that migrates, the one that is compared in the end."""
    log: list[tuple[str, ...]] = []

    def measure(_where: Any, name: str, spec: Any, _folder: Any, **builds: Build | None) -> dict[str, Any]:
        own, compared = (build.revision if build else "" for build in (builds.get("build"), builds.get("compared")))
        log.append((name, spec.namespace, own, compared))
        return {"of": name, **({"no-op": {"ratio": 0.5}} if compared else {})}

    def preflight(*_arguments: Any) -> dict[str, Any]:
        log.append(("preflight",))
        return {"ratio": 1.1}

    monkeypatch.setattr(bench, "measure", measure)
    monkeypatch.setattr(against, "preflight", preflight)
    monkeypatch.setattr(bench, "unpack", lambda _revision, _cache: BUILD)
    monkeypatch.setattr(stage, "place", lambda: SimpleNamespace(sandbox=None, image=""))
    monkeypatch.setattr(stage, "workplace", lambda _name: tmp_path)
    return log


def test_the_build_before_is_measured_in_the_same_run(measured: list[tuple[str, ...]]) -> None:
    data = bench._measure_all(None, BEFORE, {"clusters": {"old": {}}, "before": {"revision": "c0ffee1"}})[0]
    assert measured == [
        ("default TTL", "bench-default", "", ""),
        ("TTL 1 s", "bench-ttl", "", BUILD.revision),
        ("no Jolokia", "bench-plain", "", ""),
        ("no Jolokia, build before", "bench-before", BUILD.revision, ""),
        ("preflight",),
    ]
    assert sorted(data["clusters"]) == ["TTL 1 s", "default TTL", "no Jolokia"]
    assert data["clusters"]["TTL 1 s"] == {"of": "TTL 1 s"}
    assert data["before"] == {
        "revision": "c0ffee1",
        "no-op": {"ratio": 0.5},
        "no Jolokia": {"of": "no Jolokia, build before"},
        "preflight": {"ratio": 1.1},
    }
    assert data["conditions"]["command"] == "make bench"


def test_one_part_keeps_the_others_of_the_same_build(measured: list[tuple[str, ...]]) -> None:
    last = {"clusters": {"TTL 1 s": {"kept": 1}}, "before": {"revision": "c0ffee1", "no-op": {"ratio": 0.4}}}
    data = bench._measure_all([against.PREFLIGHT], BEFORE, last)[0]
    assert measured == [("preflight",)]
    assert data["clusters"] == {"TTL 1 s": {"kept": 1}}
    assert data["before"] == {"revision": "c0ffee1", "no-op": {"ratio": 0.4}, "preflight": {"ratio": 1.1}}
    assert data["conditions"]["command"] == """make bench ARGS="--only 'preflight of 3000 partitions'\""""


def test_figures_against_another_build_are_not_kept(measured: list[tuple[str, ...]]) -> None:
    last = {"clusters": {"TTL 1 s": {}}, "before": {"revision": "another", "no-op": {"ratio": 0.4}}}
    assert "no-op" not in bench._measure_all([against.PREFLIGHT], BEFORE, last)[0]["before"]


def test_without_the_revision_the_comparison_is_left_out(
    measured: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unpack(*_arguments: Any) -> Build:
        raise NotThere("not a git repository")

    monkeypatch.setattr(bench, "unpack", unpack)
    data = bench._measure_all(None, BEFORE, {})[0]
    assert [part[0] for part in measured] == list(bench.SPECS)
    assert data["before"] == {"left_out": "there is no build to compare with, c02ea16: not a git repository"}


def test_a_part_that_fails_leaves_the_others(
    measured: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(*_arguments: Any) -> dict[str, Any]:
        raise against.Failed("preflight, now, ended with 2: no")

    monkeypatch.setattr(against, "preflight", fails)
    data, failures = bench._measure_all(None, BEFORE, {})
    assert failures == ["preflight of 3000 partitions: preflight, now, ended with 2: no"]
    assert len(data["clusters"]) == 3
    assert sorted(data["before"]) == ["no Jolokia", "no-op", "revision"]


def test_a_comparison_that_fails_leaves_the_figures_of_its_cluster(
    measured: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "measure", lambda *_a, **_k: {"of": "it", bench.NO_OP_FAILED: "migrate failed"})
    data, failures = bench._measure_all(["TTL 1 s", "default TTL"], BEFORE, {})
    assert data["clusters"] == {"TTL 1 s": {"of": "it"}, "default TTL": {"of": "it"}}
    assert data["before"] == {"revision": "c0ffee1"}
    assert failures == ["migrate failed"] * 2


def test_nothing_that_could_be_measured_is_not_written(
    measured: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_arguments: Any, **_builds: Any) -> dict[str, Any]:
        raise migration.Failed("migrate ended with 2")

    monkeypatch.setattr(bench, "measure", fails)
    with pytest.raises(migration.Failed, match=r"default TTL: migrate ended with 2; TTL 1 s: .*"):
        bench._measure_all(None, BEFORE, {})
    with pytest.raises(migration.Failed, match="no Jolokia: migrate ended with 2"):
        bench._measure_all(["no Jolokia"], BEFORE, {"clusters": {"TTL 1 s": {}}})


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Play]]:
    """What the plays of each build return, in order; the log of them is under "log"."""
    plays: dict[str, Any] = {"before": [], "now": [], "log": []}

    def on_stage(_where: Any, _fixture: Any, _folder: Any, build: Build | None = None) -> Any:
        which = "before" if build else "now"

        def play(playbook: str, *, log: Path) -> Play:
            log.write_text("what was printed")
            plays["log"].append((which, playbook))
            done: Play = plays[which].pop(0)
            return done

        return SimpleNamespace(play=play)

    monkeypatch.setattr(against, "on_stage", on_stage)
    monkeypatch.setattr(against, "PAIRS", 3)
    return plays


def compared(folder: Path) -> dict[str, Any]:
    fixture: Any = SimpleNamespace(spec=SimpleNamespace(namespace="bench-ttl"))
    where: Any = None
    return against.no_op(where, fixture, folder, BUILD)


def test_both_builds_play_in_turn_and_the_middle_ratio_counts(played: Any, tmp_path: Path) -> None:
    played["before"] = [Play(0, seconds, 1.0) for seconds in (10.0, 8.0, 100.0)]
    played["now"] = [Play(0, seconds, 1.0) for seconds in (5.0, 6.0, 4.0)]
    assert compared(tmp_path) == {"before_s": [10.0, 8.0, 100.0], "now_s": [5.0, 6.0, 4.0], "ratio": 0.5}
    assert played["log"] == [("before", "playbooks/migrate.yml"), ("now", "playbooks/migrate.yml")] * 3


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (Play(2, 1.0, 1.0), "now, ended with 2: what was printed"),
        (Play(2, 1.0, 1.0, [{"task": "x", "status": "failed", "result": {"msg": "no"}}]), "now, ended with 2: no"),
        (Play(0, 1.0, 1.0, [{"task": "x", "status": "ok", "result": {"changed": True}}]), "now, changed something"),
    ],
)
def test_a_play_that_does_something_else_is_no_measurement(
    played: Any, tmp_path: Path, wrong: Play, words: str
) -> None:
    played["before"], played["now"] = [Play(0, 1.0, 1.0)], [wrong]
    with pytest.raises(against.Failed, match=words):
        compared(tmp_path)
