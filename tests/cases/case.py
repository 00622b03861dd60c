# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters as people write them: each YAML file of this folder is one, with what has to come out of it. README.md has the form."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Obj = dict[str, Any]
FOLDER = Path(__file__).parent
NAMESPACE = "demo"


@dataclass(frozen=True)
class Case:
    """One file. ``others`` are objects that are neither a StatefulSet, nor a ConfigMap, nor a Secret."""

    name: str
    statefulset: Obj | None
    config_maps: dict[str, Obj] = field(default_factory=dict)
    secrets: dict[str, Obj] = field(default_factory=dict)
    others: tuple[Obj, ...] = ()
    effective: dict[str, str] = field(default_factory=dict)
    config_path: str = ""
    expected: Obj = field(default_factory=dict)

    @property
    def template(self) -> Obj:
        """The brokers' pod template."""
        assert self.statefulset is not None, f"{self.name} has no StatefulSet"
        template: Obj = self.statefulset["spec"]["template"]
        return template


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def read(path: Path) -> Case:
    """Read one file. Raises ValueError when it is not of the form that README.md states."""
    statefulset: Obj | None = None
    config_maps: dict[str, Obj] = {}
    secrets: dict[str, Obj] = {}
    others: list[Obj] = []
    effective: dict[str, str] = {}
    config_path = ""
    expected: Obj = {}
    for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        if not isinstance(document, dict) or "kind" not in document:
            raise ValueError(f"{path.name}: every document is an object with a kind; see tests/cases/README.md")
        kind = document["kind"]
        if kind == "Effective":
            effective = {key: _plain(value) for key, value in document["settings"].items()}
            config_path = document.get("config_path", "")
            continue
        if kind == "Expected":
            expected = {key: value for key, value in document.items() if key != "kind"}
            continue
        document["metadata"].setdefault("namespace", NAMESPACE)
        if kind == "StatefulSet":
            statefulset = document
        elif kind in ("ConfigMap", "Secret"):
            (config_maps if kind == "ConfigMap" else secrets)[document["metadata"]["name"]] = document
        else:
            others.append(document)
    if statefulset is not None and not effective:
        raise ValueError(f"{path.name}: a StatefulSet needs a document of kind Effective; see tests/cases/README.md")
    return Case(path.stem, statefulset, config_maps, secrets, tuple(others), effective, config_path, expected)


def every() -> list[Case]:
    """Every case of the folder, by name."""
    return [read(path) for path in sorted(FOLDER.glob("*.manifest"))]
