# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The project rules find what they are for."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
MIGRATION = Path("plugins/module_utils/_migration/x.py")
PLATFORM = Path("plugins/module_utils/_platform/_statefulset/x.py")
PREFIX = "from ansible_collections.kafkaops.kraft.plugins.module_utils."


@pytest.fixture(scope="module")
def rules() -> Iterator[ModuleType]:
    """The module of the rules, which runs outside of the collection."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(TOOLS))
        yield importlib.import_module("quality.rules")
    for name in [name for name in sys.modules if name.split(".")[0] == "quality"]:
        del sys.modules[name]


@pytest.mark.parametrize("verb", ["delete", "evict", "patch", "replace"])
@pytest.mark.parametrize("owner", ["client", "self._client", "run.client", "cluster.client"])
def test_only_a_platform_changes_objects(rules: ModuleType, owner: str, verb: str) -> None:
    code = ast.parse(f"{owner}.{verb}(POD, name)")
    assert [line.partition(": ")[2] for line in rules._changes(MIGRATION, code)] == [
        f"only a platform changes objects: {owner}.{verb}"
    ]
    assert list(rules._changes(PLATFORM, code)) == []
    assert list(rules._changes(MIGRATION, ast.parse(f"{owner}.find(POD); text.{verb}('a', 'b')"))) == []


@pytest.mark.parametrize("code", ["cluster.statefulsets", "StatefulSetCluster()", "strimzi = 1", "x.confluent_job"])
def test_the_migration_names_no_platform(rules: ModuleType, code: str) -> None:
    assert len(list(rules._platform_names(MIGRATION, ast.parse(code)))) == 1
    assert list(rules._platform_names(PLATFORM, ast.parse(code))) == []
    assert list(rules._platform_names(MIGRATION, ast.parse("'a StatefulSet'; cluster.driver"))) == []


@pytest.mark.parametrize(
    ("where", "imported", "wrong"),
    [
        ("_migration", "_platform._statefulset import locks", True),
        ("_migration", "_platform.platform import Direct", False),
        ("_cluster", "_migration import gates", True),
        ("_core", "_core._settings import settings", True),
        ("_core/_manifests", "_core._settings import settings", False),
        ("_core/_settings", "_core._manifests import template", True),
        ("_platform/_statefulset", "_platform import registry", True),
    ],
)
def test_arrows_point_downwards(rules: ModuleType, where: str, imported: str, wrong: bool) -> None:
    path = Path("plugins/module_utils") / where / "x.py"
    assert bool(list(rules._wrong_imports(path, ast.parse(PREFIX + imported)))) is wrong


def test_a_circle_is_named(rules: ModuleType) -> None:
    one, two = "plugins/module_utils/_kafka/a.py", "plugins/module_utils/_kafka/b.py"
    assert list(rules._circles({one: {two}, two: set()})) == []
    (found,) = rules._circles({one: {two}, two: {one}})
    assert found.startswith("files import each other: ")
    up = "plugins/module_utils/_core/c.py"
    assert [line.partition(":")[0] for line in rules._circles({one: {up}, up: {two}, two: set()})] == [
        "layers import each other"
    ]


def test_the_layers_themselves_have_no_circle(rules: ModuleType) -> None:
    graph = {layer: others - {layer} for layer, others in rules.LAYERS.items()}
    rules.TopologicalSorter(graph).prepare()


def test_a_double_takes_nothing_from_the_collection(rules: ModuleType) -> None:
    double = Path("tests/operators/confluent/x.py")
    taken = ast.parse(f"{PREFIX}_core import names")
    assert len(list(rules._acquaintances(double, taken))) == 1
    assert list(rules._acquaintances(Path("tests/e2e/x.py"), taken)) == []
    assert list(rules._acquaintances(double, ast.parse("from tests.sandbox.kube import Kube"))) == []
