# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.layouts import layout_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.wanted import version_of

from tests.unit.plugins.module_utils._core._deploy.given import cluster


def test_a_combined_cluster_is_its_own_quorum() -> None:
    found = cluster()
    assert (found.combined, found.monitored, found.dynamic) == (True, False, False)
    assert (found.broker_ids, found.controller_ids) == ([0, 1, 2], [0, 1, 2])
    assert found.voters == ",".join(f"{n}@k-{n}.k.n.svc:9093" for n in range(3))
    assert found.bootstrap == "k-bootstrap.n.svc:9092"
    assert found.image == "apache/kafka:3.9.2"
    assert found.where == "n/k"


def test_controllers_of_their_own() -> None:
    found = cluster(topology="separated_monitor", controller_replicas=1, brokers=2, controller_name="k-c")
    assert (found.combined, found.monitored) == (False, True)
    assert (found.broker_ids, found.controller_ids) == ([0, 1], [1000])
    assert found.voters == "1000@k-c-0.k-c.n.svc:9093"
    assert found.bootstrap_servers == "k-c-0.k-c.n.svc:9093"
    assert found.host("k-1") == "k-1.k.n.svc"
    assert cluster(topology="separated").controllers_name == "k-kraft"


def test_values_are_spelled_as_kafka_reads_them() -> None:
    found = cluster(settings={"a": True, "b": 3, "c": "x"})
    assert found.settings == {"a": "true", "b": "3", "c": "x"}


@pytest.mark.parametrize(
    ("image", "named", "layout"),
    [
        ("apache/kafka:3.9.2", "auto", "apache"),
        ("registry:5000/mirror/kafka@sha256:ab", "auto", "apache"),
        ("confluentinc/cp-kafka:7.9.2", "auto", "confluent"),
        ("docker.io/bitnamilegacy/kafka:3.9.0", "auto", "bitnami"),
        ("mine/kafka:1", "bitnami", "bitnami"),
    ],
)
def test_which_layout_an_image_has(image: str, named: str, layout: str) -> None:
    found = layout_of(image, named)
    assert found.name == layout
    assert found.tool("kafka-storage").startswith(found.bin)


@pytest.mark.parametrize(
    ("text", "version"), [("3.9.2", (3, 9, 2)), ("4.0", (4, 0)), ("latest", ()), ("3", ()), ("3.9.2-rc1", ())]
)
def test_versions(text: str, version: Any) -> None:
    assert version_of(text) == version
