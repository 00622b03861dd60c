# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ConfigMap is in use where a field names it, and only there."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.config_map_users import config_maps_of


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        (None, set()),
        ({}, set()),
        ({"volumes": [{"name": "x", "configMap": {"name": "a"}}, {"name": "y", "emptyDir": {}}]}, {"a"}),
        ({"volumes": [{"projected": {"sources": [{"configMap": {"name": "a"}}, {"secret": {"name": "s"}}]}}]}, {"a"}),
        ({"containers": [{"envFrom": [{"configMapRef": {"name": "a"}}, {"secretRef": {"name": "s"}}]}]}, {"a"}),
        (
            {"initContainers": [{"env": [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "a", "key": "k"}}}]}]},
            {"a"},
        ),
        ({"ephemeralContainers": [{"envFrom": [{"configMapRef": {"name": "a"}}]}]}, {"a"}),
        ({"containers": [{"env": [{"name": "X", "value": "a"}, {"name": "Y", "valueFrom": {"fieldRef": {}}}]}]}, set()),
        # the name is in the text, and nothing refers to the object
        (
            {
                "containers": [{"name": "a", "args": ["a"], "image": "a"}],
                "volumes": [{"name": "a", "secret": {"secretName": "a"}}],
            },
            set(),
        ),
    ],
)
def test_what_refers_to_a_config_map(spec: Any, names: set[str]) -> None:
    assert config_maps_of({"spec": spec}) == names
