# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Paths are what the API server expects."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import kinds


@pytest.mark.parametrize(
    ("kind", "arguments", "path"),
    [
        (kinds.POD, ("ns", "a"), "/api/v1/namespaces/ns/pods/a"),
        (kinds.POD, ("ns",), "/api/v1/namespaces/ns/pods"),
        (kinds.POD, (), "/api/v1/pods"),
        (kinds.POD, ("ns", "a", "eviction"), "/api/v1/namespaces/ns/pods/a/eviction"),
        (kinds.POD, ("ns", "a:8778", "proxy/jolokia/"), "/api/v1/namespaces/ns/pods/a:8778/proxy/jolokia/"),
        (kinds.STATEFUL_SET, ("ns", "k"), "/apis/apps/v1/namespaces/ns/statefulsets/k"),
        (kinds.LEASE, ("ns", "l"), "/apis/coordination.k8s.io/v1/namespaces/ns/leases/l"),
        (kinds.NODE, (None, "n"), "/api/v1/nodes/n"),
        (kinds.NODE, ("ignored", "n"), "/api/v1/nodes/n"),
        (kinds.POD, ("a/b", "c?d"), "/api/v1/namespaces/a%2Fb/pods/c%3Fd"),
    ],
)
def test_path(kind: kinds.Kind, arguments: tuple[str | None, ...], path: str) -> None:
    assert kind.path(*arguments) == path


def test_names() -> None:
    assert (kinds.POD.api_version, kinds.POD.resource) == ("v1", "pods")
    assert (kinds.PDB.api_version, kinds.PDB.resource) == ("policy/v1", "poddisruptionbudgets.policy")
    assert kinds.POD.describe("a", "b") == "Pod a in namespace b"
    assert kinds.POD.describe(None, None) == "pods in all namespaces"
    assert kinds.NODE.describe("a", None) == "Node a"
