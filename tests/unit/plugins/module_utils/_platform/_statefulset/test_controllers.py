# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controllers' objects are the user's in the end."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import marks
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import ControllerObjects
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import STATEFUL_SET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import controllers, writes

from tests.unit.plugins.module_utils.fakes import PARAMS, FakeClient, pod, statefulset
from tests.unit.plugins.module_utils.scenes import cluster_with


def test_the_controllers_roll_by_themselves_after_the_migration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Held at OnDelete during it; at its end the StatefulSet is the user's, whose first new image has to roll."""
    monkeypatch.setattr(controllers, "node_id_base", lambda _cluster: 1000)
    client = FakeClient()
    cluster: Any = cluster_with(client=client, reload_objects=lambda: None)
    bodies = [{"kind": kind, "metadata": {"name": "kafka-kraft"}} for kind in ("Service", "PodDisruptionBudget")]
    objects = ControllerObjects(statefulset("kafka-kraft"), bodies[0], bodies[1], None)
    controllers.create(cluster, objects)
    made = client.get(STATEFUL_SET, "kafka-kraft", "n")
    assert made["spec"]["updateStrategy"] == {"type": "OnDelete"}
    assert json.loads(marks.annotations_of(made)[names.UPDATE_STRATEGY]) == {"type": "RollingUpdate"}
    made["status"] = {"observedGeneration": made["metadata"]["generation"], "updatedReplicas": 3}
    assert writes.restore_strategy(client, client.put(made), 5.0) is True  # type: ignore[arg-type]
    after = client.get(STATEFUL_SET, "kafka-kraft", "n")
    assert after["spec"]["updateStrategy"] == {"type": "RollingUpdate"}


def _unplanned(owner: tuple[int, int] | None = (1000, 0), **changed: Any) -> Any:
    """Brokers whose claim names a class, and one of whose processes was read."""
    item = statefulset("kafka")
    item["spec"]["selector"] = {"matchLabels": {"app": "kafka"}}
    item["spec"]["template"]["metadata"] = {"labels": {"app": "kafka"}}
    container = item["spec"]["template"]["spec"]["containers"][0]
    container["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
    claim = {"metadata": {"name": "data"}, "spec": {"storageClassName": "nvme"}}
    item["spec"]["volumeClaimTemplates"] = [claim]
    read = SimpleNamespace(
        start_script="/k/bin/kafka-server-start.sh",
        storage_tool="/k/bin/kafka-storage.sh",
        log_dirs=("/data/kafka",),
        options=("-Djava.security.krb5.conf=/etc/krb5.conf",),
        owner=owner,
    )
    base = {
        "statefulsets": [item],
        "facts": {"kafka-0": read},
        "controllers": None,
        "config_maps": {},
        "container": "kafka",
    }
    return cluster_with(**{**base, "params": {**PARAMS, **changed.pop("params", {})}, **changed})


def test_controllers_are_planned_from_options_and_from_what_runs() -> None:
    params = {
        "controller_resources": {"requests": {"cpu": "2"}},
        "controller_labels": {"team": 7},
        "controller_annotations": {"note": "x"},
    }
    body = controllers.build(_unplanned(params=params), "held").statefulset
    assert body["spec"]["volumeClaimTemplates"][0]["spec"]["storageClassName"] == "nvme"
    template = body["spec"]["template"]
    assert template["metadata"]["labels"]["team"] == "7"
    assert template["metadata"]["annotations"]["note"] == "x"
    assert template["spec"]["securityContext"] == {"fsGroup": 1000}
    container = template["spec"]["containers"][0]
    assert container["resources"] == {"requests": {"cpu": "2"}}
    # credentials that only the start command of the brokers gives to the JVM
    assert {"name": "KAFKA_OPTS", "value": "-Djava.security.krb5.conf=/etc/krb5.conf"} in container["env"]
    own = controllers.build(_unplanned(params={"controller_storage_class": "fast"}), "held").statefulset
    assert own["spec"]["volumeClaimTemplates"][0]["spec"]["storageClassName"] == "fast"


@pytest.mark.parametrize(
    ("owner", "pod_group", "group"),
    [
        ((1000, 0), None, 1000),
        ((1000, 2000), None, 2000),
        ((0, 0), None, None),
        (None, None, None),
        ((1000, 0), 5, None),
    ],
)
def test_the_group_of_new_volumes(owner: Any, pod_group: int | None, group: int | None) -> None:
    """An admission rule may give the pods a group that the template does not have: it gives one to the controllers too."""
    security = {"securityContext": {"fsGroup": pod_group}} if pod_group else {}
    cluster = _unplanned(owner, pods={"kafka-0": {**pod("kafka-0"), "spec": security}})
    template = controllers.build(cluster, "held").statefulset["spec"]["template"]
    assert template["spec"].get("securityContext", {}).get("fsGroup") == group
