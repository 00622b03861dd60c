# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log directories that a restart would empty."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.broker_data import (
    data_findings,
    storage_class,
)

Obj = dict[str, Any]


def _set(volume: Obj | None, claims: tuple[str, ...] = ("data",)) -> Obj:
    container = {
        "name": "kafka",
        "volumeMounts": [{"name": "data", "mountPath": "/data/"}, {"name": "x", "mountPath": "/x"}],
    }
    volumes = [{"name": "x", **volume}] if volume else None
    return {
        "metadata": {"name": "kafka"},
        "spec": {
            "template": {"spec": {"containers": [container], "volumes": volumes}},
            "volumeClaimTemplates": [{"metadata": {"name": name}} for name in claims],
        },
    }


@pytest.mark.parametrize(
    ("volume", "path", "code", "words"),
    [
        (None, "/data/kafka", "", ""),
        (None, "/data//kafka/../topics/", "", ""),
        ({"persistentVolumeClaim": {}}, "/x/a", "", ""),
        ({"nfs": {}}, "/x", "", ""),
        ({"emptyDir": {}}, "/x/a", "broker-data-lost", "volume x (emptyDir)"),
        ({"ephemeral": {}}, "/x/a", "broker-data-lost", "volume x (ephemeral)"),
        (None, "/x/a", "broker-data-lost", "volume x (not defined)"),
        (None, "/tmp/kafka-logs", "broker-data-lost", "no volume but the container's own file system"),
        # a mount of another directory whose name begins so
        (None, "/database", "broker-data-lost", "no volume"),
        (None, "/data/../tmp", "broker-data-lost", "log directory /tmp "),
        ({"hostPath": {}}, "/x/a", "broker-data-on-node", "starts without data;"),
    ],
)
def test_each_place(volume: Obj | None, path: str, code: str, words: str) -> None:
    found = data_findings(_set(volume), "kafka", [path], [])
    assert [item.code for item in found] == ([code] if code else [])
    assert all(words in item.sentence for item in found)


def test_each_of_several_directories_counts_once() -> None:
    found = data_findings(_set({"emptyDir": {}}), "kafka", ["/data/a", "/x/b", "/data/a", "/x/b/"], ["t-0"])
    assert [item.where for item in found] == ["kafka: /x/b"]


def test_what_is_lost_is_said() -> None:
    (found,) = data_findings(_set({"emptyDir": {}}), "kafka", ["/x"], [])
    assert "a restart of the pod deletes the broker's data." in found.sentence
    assert "a partition with one replica would be LOST" in found.sentence
    assert not found.rule.acceptable
    (found,) = data_findings(_set({"emptyDir": {}}), "kafka", ["/x"], [f"t-{n}" for n in range(7)])
    assert "would be LOST (t-0, t-1, t-2, t-3, t-4 and 2 more), all others" in found.sentence


@pytest.mark.parametrize(
    ("claims", "path", "found"),
    [
        ({"data": "fast", "x": "slow"}, "/data/kafka", "fast"),
        ({"data": "fast", "x": "slow"}, "/x/", "slow"),
        ({"data": "fast", "x": "slow"}, "/tmp", None),
        # one claim is enough to know
        ({"other": "fast"}, "/tmp", "fast"),
        ({"data": None}, "/data", None),
        ({}, "/data", None),
    ],
)
def test_the_storage_class_of_the_brokers(claims: dict[str, Any], path: str, found: str | None) -> None:
    item = _set(None, ())
    item["spec"]["volumeClaimTemplates"] = [
        {"metadata": {"name": name}, **({"spec": {"storageClassName": of}} if of else {})}
        for name, of in claims.items()
    ]
    assert storage_class(item, "kafka", path) == found
