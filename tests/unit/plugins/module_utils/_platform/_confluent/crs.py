# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Custom resources of CFK as its published examples have them, and pods of the StatefulSets that CFK makes of them."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res

from tests.unit.plugins.module_utils.fakes import pod, statefulset

Obj = dict[str, Any]
IMAGE = {"application": "confluentinc/cp-server:7.9.0", "init": "confluentinc/confluent-init-container:2.11.0"}
ENDPOINT = "zookeeper.n.svc.cluster.local:2181"


def cr(kind: str, name: str, spec: Obj, annotations: Obj | None = None, **metadata: Any) -> Obj:
    """A custom resource in namespace n."""
    return {
        "apiVersion": "platform.confluent.io/v1beta1",
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": "n",
            "uid": f"uid-{kind}-{name}",
            "annotations": dict(annotations or {}),
            **metadata,
        },
        "spec": spec,
    }


def kafka(annotations: Obj | None = None, *, labels: Obj | None = None, status: Obj | None = None, **spec: Any) -> Obj:
    """A Kafka CR of three brokers in ZooKeeper mode."""
    dependencies = {"zookeeper": {"endpoint": ENDPOINT}}
    made = {"replicas": 3, "image": dict(IMAGE), "dataVolumeCapacity": "100Gi", "dependencies": dependencies, **spec}
    found = cr("Kafka", "kafka", made, annotations, labels=labels or {})
    found["status"] = {"phase": "RUNNING", **(status or {})}
    return found


def zookeeper(annotations: Obj | None = None, **metadata: Any) -> Obj:
    """A Zookeeper CR."""
    return cr("Zookeeper", "zookeeper", {"replicas": 3, "image": dict(IMAGE)}, annotations, **metadata)


def controllers(annotations: Obj | None = None, *, held: bool = True, **spec: Any) -> Obj:
    """A KRaftController CR, held, which images of 7.x need under CFK 3.x."""
    marks = {res.LOG4J1: "true", **({res.HOLD: "true"} if held else {}), **(annotations or {})}
    made = {"replicas": 3, "image": dict(IMAGE), "dataVolumeCapacity": "10Gi", **spec}
    return cr("KRaftController", "kafka-kraft", made, marks)


def job(
    phase: str = "", sub_phase: str = "", *on: str, name: str = "kraft-migration-kafka", message: str = "", **refs: Any
) -> Obj:
    """A job of these three; ``on`` are annotations that say true, ``refs`` other dependencies (None: without it)."""
    dependencies = {
        "kafka": {"name": "kafka", "namespace": "n"},
        "zookeeper": {"name": "zookeeper", "namespace": "n"},
        "kRaftController": {"name": "kafka-kraft", "namespace": "n"},
        **refs,
    }
    spec = {"dependencies": {key: value for key, value in dependencies.items() if value is not None}}
    found = cr("KRaftMigrationJob", name, spec, dict.fromkeys(on, "true"))
    found["status"] = {"phase": phase, "subPhase": sub_phase}
    if message:
        found["status"]["conditions"] = [{"type": res.PREFIX + "kraft-migration", "message": message}]
    return found


def workload(of: Obj, **spec: Any) -> Obj:
    """The StatefulSet that CFK makes of a custom resource."""
    name = of["metadata"]["name"]
    found = statefulset(name, **spec)
    found["metadata"]["ownerReferences"] = [{"kind": of["kind"], "name": name, "uid": of["metadata"]["uid"]}]
    return found


def pods(of: Obj, count: int = 3) -> list[Obj]:
    """The pods of that StatefulSet, each with its volume claim."""
    name = of["metadata"]["name"]
    owner = [{"kind": "StatefulSet", "name": name, "uid": f"uid-{name}"}]
    found = [pod(f"{name}-{number}", uid=f"uid-{name}-{number}", ownerReferences=owner) for number in range(count)]
    for number, item in enumerate(found):
        claim = {"claimName": f"data0-{name}-{number}"}
        item["spec"] = {"volumes": [{"name": "data0", "persistentVolumeClaim": claim}, {"name": "config"}]}
    return found


def claims(of: Obj, count: int = 3) -> list[Obj]:
    """The volume claims that these pods mount; no label of ours."""
    name = of["metadata"]["name"]
    return [
        {
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": f"data0-{name}-{number}", "namespace": "n", "labels": {"app": name}},
            "spec": {},
        }
        for number in range(count)
    ]
