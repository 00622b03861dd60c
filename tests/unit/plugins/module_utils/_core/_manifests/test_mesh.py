# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service mesh reads on pods, and what it adds to them."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.mesh import (
    mesh_marks,
    proxies,
    without_port,
)


def test_the_marks_of_meshes_alone() -> None:
    marks = {
        "sidecar.istio.io/inject": "false",
        "traffic.sidecar.istio.io/excludeInboundPorts": "9092",
        "istio.io/rev": "canary",
        "linkerd.io/inject": "disabled",
        "prometheus.io/scrape": "true",
        "app": "kafka",
    }
    assert list(mesh_marks(marks)) == list(marks)[:4]
    assert mesh_marks(None) == {}


def test_proxies_are_found_among_all_containers() -> None:
    pod = {
        "spec": {
            "containers": [{"name": "kafka"}, {"name": "istio-proxy"}],
            "initContainers": [{"name": "linkerd-proxy"}],
        }
    }
    assert proxies(pod) == {"istio-proxy", "linkerd-proxy"}


@pytest.mark.parametrize(
    ("listed", "lacks"),
    [
        ("9092", True),
        ("9092, 9093", False),
        ("9000-9100", False),
        ("9000-9092", True),
        ("*", False),
        ("", False),
        ("x", True),
    ],
)
def test_ports_that_stay_out_of_the_mesh(listed: str, lacks: bool) -> None:
    name = "traffic.sidecar.istio.io/excludeOutboundPorts"
    assert without_port({name: listed}, 9093) == [name] * lacks
    assert without_port(None, 9093) == []
