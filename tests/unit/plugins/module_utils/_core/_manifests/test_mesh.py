# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service mesh reads on pods, and what it adds to them."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.mesh import (
    injected,
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


@pytest.mark.parametrize(
    ("own", "around", "found"),
    [
        ({}, {}, set()),
        ({}, {"istio-injection": "enabled"}, {"istio-proxy"}),
        ({}, {"istio-injection": "disabled", "istio.io/rev": "x"}, set()),
        ({}, {"istio.io/rev": "canary"}, {"istio-proxy"}),
        ({"istio.io/rev": "canary"}, {}, {"istio-proxy"}),
        ({"sidecar.istio.io/inject": "true"}, {}, {"istio-proxy"}),
        # the brokers opt out, and so do the controllers
        ({"sidecar.istio.io/inject": "false"}, {"istio-injection": "enabled"}, set()),
        ({}, {"linkerd.io/inject": "enabled"}, {"linkerd-proxy"}),
        ({"linkerd.io/inject": "disabled"}, {"linkerd.io/inject": "enabled"}, set()),
        ({"linkerd.io/inject": "ingress"}, {}, {"linkerd-proxy"}),
    ],
)
def test_what_an_injection_would_add(own: dict[str, str], around: dict[str, str], found: set[str]) -> None:
    assert injected({"labels": own}, {"annotations": around}) == found
    assert injected({"annotations": own, "labels": None}, {"labels": around}) == found
