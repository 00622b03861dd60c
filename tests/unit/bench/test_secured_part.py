# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A secured cluster beside the same one without security: what is measured of it, and the part of the page about it."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.bench import page, page_secured, secured
from tests.bench.bench import SPECS
from tests.bench.migration import WHOLE, Failed
from tests.demo import stage
from tests.demo.stage import Play
from tests.sandbox import fixtures, traffic
from tests.sandbox.fixtures import FixtureSpec
from tests.unit.bench.test_page import cluster as cluster_of_page
from tests.unit.bench.test_page import measured as whole_page


class Kube:
    """Remembers what was made."""

    def __init__(self) -> None:
        self.made: list[Any] = []

    def apply(self, item: Any) -> None:
        self.made.append(item)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Any]]:
    """What was done, by kind."""
    log: dict[str, list[Any]] = {key: [] for key in ("made", "removed", "topics", "traffic", "migrated", "allowed")}
    kube = Kube()

    def make(_where: Any, spec: FixtureSpec) -> Any:
        log["made"].append(spec)
        return SimpleNamespace(spec=spec, kube=kube)

    def account(*_arguments: Any, allowed: list[Any]) -> Path:
        log["allowed"].append(
            [rule for rule in allowed if "resourceNames" not in rule and "secrets" in rule["resources"]]
        )
        return Path("kubeconfig")

    def migrated(on: Any, name: str, _folder: Path) -> dict[str, Any]:
        log["migrated"].append((name, dict(on.always), list(kube.made)))
        return {"of": name}

    monkeypatch.setattr(stage, "make_cluster", make)
    monkeypatch.setattr(stage, "remove_cluster", lambda _where, spec: log["removed"].append(spec.namespace))
    monkeypatch.setattr(stage, "account", account)
    monkeypatch.setattr(fixtures, "create_topics", lambda *arguments: log["topics"].append(arguments[1:]))
    monkeypatch.setattr(traffic, "start", lambda _kube, spec: log["traffic"].append(spec))
    monkeypatch.setattr(secured, "migrate", migrated)
    monkeypatch.setattr(secured, "clients_saw", lambda _kube, namespace: {"in": namespace})
    return log


def measure(folder: Path) -> dict[str, Any]:
    where: Any = SimpleNamespace(image="", kubeconfig=Path("admin"))
    return secured.measure(where, folder)


def test_the_plain_one_goes_first_and_last(seen: dict[str, list[Any]], tmp_path: Path) -> None:
    found = measure(tmp_path / "new")["clusters"]
    assert list(found) == ["plain, first", "secured", "plain, last"]
    assert found["secured"] == {"of": "secured", "canary": {"in": "bench-secured"}}
    assert (
        seen["removed"]
        == [spec.namespace for spec in seen["made"]]
        == ["bench-open", "bench-secured", "bench-open-last"]
    )


def test_both_differ_in_nothing_but_security(seen: dict[str, list[Any]], tmp_path: Path) -> None:
    measure(tmp_path)
    first, with_security, last = seen["made"]
    differ = {field.name for field in fields(first) if getattr(first, field.name) != getattr(with_security, field.name)}
    assert differ == {"namespace", "secured"}
    assert replace(last, namespace=first.namespace) == first == replace(SPECS["TTL 1 s"], namespace=first.namespace)
    assert with_security.secured == "sasl"
    assert {replace(spec, namespace="") for spec in seen["traffic"]} == {
        traffic.TrafficSpec("", "kafka", dns_ttl=1, denied=False)
    }
    # what the secured fixture has besides its own topics is made on the others, too
    assert [namespace for namespace, _pod, _lines in seen["topics"]] == ["bench-open", "bench-open-last"]
    assert [line.split()[0] for line in seen["topics"][0][2]] == ["orders-open", "orders-closed", "nobody", "metered"]


def test_only_the_secured_one_has_a_login_and_rights_on_secrets(seen: dict[str, list[Any]], tmp_path: Path) -> None:
    measure(tmp_path)
    assert [always for _name, always, _made in seen["migrated"]] == [{}, {"kraft_controller_secret": "kraft-login"}, {}]
    made = seen["migrated"][-1][2]
    assert [(item["kind"], item["metadata"]) for item in made] == [
        ("Secret", {"name": "kraft-login", "namespace": "bench-secured"})
    ]
    assert [[rule["verbs"] for rule in rules] for rules in seen["allowed"]] == [
        [["create"]],
        [["create"], ["get", "create", "delete"]],
        [["create"]],
    ]


def test_a_migration_that_fails_leaves_no_cluster(
    seen: dict[str, list[Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(*_arguments: Any) -> dict[str, Any]:
        raise Failed("migrate ended with 2")

    monkeypatch.setattr(secured, "migrate", fails)
    with pytest.raises(Failed):
        measure(tmp_path)
    assert seen["removed"] == ["bench-open"]


def test_seconds_of_tasks_of_one_name_are_added() -> None:
    tasks = [{"task": f"setup : {name}", "seconds": seconds} for name, seconds in (("A", 1.5), ("B", 0.25), ("A", 0.5))]
    assert Play(0, 3.0, 1.0, tasks).seconds_of_tasks() == {"A": 2.0, "B": 0.25}


def cluster(migrate: float, roll: float, look: float) -> dict[str, Any]:
    found = cluster_of_page()
    found["plays"] = {"preflight": 2.0, "migrate": migrate, "finalize": 30.0, "finalize confirmed": 20.0, "status": 1.0}
    found["tasks"] = {name: {"Look": look} for name in WHOLE} | {"migrate": {"Roll": roll, "Look": look}}
    return found


def measured() -> dict[str, Any]:
    clusters = {
        "plain, first": cluster(48.0, 20.0, 1.0),
        "secured": cluster(58.0, 29.0, 1.25),
        "plain, last": cluster(52.0, 22.0, 1.0),
    }
    return {"conditions": whole_page()["conditions"], "clusters": clusters}


def test_the_ratio_is_that_to_the_mean_of_the_plain_ones() -> None:
    text = page_secured.section(measured())
    # 110 seconds, to the mean of 100 and 104
    assert (
        "| a whole migration, to the same cluster without security | <= 1.15 : 1 | 1.08 : 1 (110.0 s, 102.0 s) |"
        in text
    )
    assert "| 1.04 : 1 (104.0 s, 100.0 s) |" in text
    assert "| plain, first | 2.0 s | 48.0 s | 30.0 s | 20.0 s | 100.0 s | 12.0 s, 12.0 s, 12.0 s | 1.0 s |" in text
    assert "| plain, last | 2.0 s | 52.0 s | 30.0 s | 20.0 s | 104.0 s |" in text


def test_a_wait_for_the_isr_that_is_kafkas_is_seen() -> None:
    data = measured()
    data["clusters"]["plain, last"]["rolls"][1]["pods"] = [
        {"to_ready": 5.0, "to_in_sync": 17.5},
        {"to_ready": 6.0, "to_in_sync": 4.0},
    ]
    data["clusters"]["plain, last"]["rolls"][2]["pods"] = [{"to_ready": 1.0, "to_in_sync": 60.0}]
    assert page_secured.isr_wait(data["clusters"]["plain, last"]) == 12.5
    assert "| 12.5 s |" in page_secured.section(data)


def test_the_goals_are_those_of_the_secured_cluster_alone() -> None:
    data = measured()
    data["clusters"]["secured"]["canary"]["lost"] = 3
    data["clusters"]["plain, first"]["rolls"][0]["overhead"]["max_ms"] = 999
    data["clusters"]["secured"]["status_s"] = 2.5
    text = page_secured.section(data)
    assert "| acked records lost | 0 | 3 |" in text
    assert "| our overhead per broker, maximum | 1 s | 110 ms |" in text
    assert "| status.yml, median | 3 s | 2.5 s |" in text
    assert "with Jolokia" in text
    assert "without Jolokia" not in text


def test_sub_phases_that_differ_are_named() -> None:
    text = page_secured.section(measured())
    assert "| migrate | Roll | 20.0 s | 29.0 s | 22.0 s | +8.0 s |" in text
    assert "| Look |" not in text
    data = measured()
    data["clusters"]["secured"] = cluster(58.0, 21.0, 1.0)
    assert "In no sub-phase did the time differ" in page_secured.section(data)


def test_the_page_has_it_with_its_own_conditions() -> None:
    text = page.measured({**whole_page(), "secured": measured()})
    assert text.count("Measured on 2026-01-01") == 2
    assert "### A secured cluster" in text
    for block in text.split("\n\n"):
        rows = [line for line in block.splitlines() if line.startswith("|")]
        assert len({row.count("|") for row in rows}) <= 1, block
    assert "### A secured cluster" not in page.measured(whole_page())
