# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A diff shows the change, and nothing secret."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.diff import before_after


class Tagged(str):
    """Stands for Ansible's tagged strings, which YAML refuses."""

    __slots__ = ()


def _config_map(replicas: str) -> dict[str, Any]:
    return {
        "kind": "ConfigMap",
        "metadata": {
            "name": Tagged("a"),
            "resourceVersion": replicas,
            "managedFields": [1],
            "uid": "u",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
        },
        "data": {"server.properties": f"broker.id=1\nssl.key.password=hunter2\nreplicas={replicas}\n"},
        "status": {"x": replicas},
    }


def test_only_what_we_own_is_shown() -> None:
    diff = before_after(_config_map("1"), _config_map("2"))
    assert "replicas=1" in diff["before"]
    assert "replicas=2" in diff["after"]
    assert "  server.properties: |\n    broker.id=1\n" in diff["after"], "texts are shown line by line"
    for absent in (
        "hunter2",
        "resourceVersion",
        "managedFields",
        "uid",
        "status",
        "last-applied",
        "annotations",
        "!!python",
    ):
        assert absent not in diff["before"] + diff["after"]


def test_equal_objects_give_an_empty_difference() -> None:
    same = _config_map("1")
    other = {**_config_map("1"), "status": {"x": "9"}}
    diff = before_after(same, other)
    assert diff["before"] == diff["after"]


def test_creation_deletion_and_all_plain_types() -> None:
    assert before_after(None, {"a": [1, 1.5, True, None, ("x",)]}) == {
        "before": "",
        "after": "a:\n- 1\n- 1.5\n- true\n- null\n- - x\n",
    }
    assert before_after({"a": {1}}, {})["after"] == ""
