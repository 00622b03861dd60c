# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the StatefulSets of a plain Kafka cluster by its name, or say clearly why not.

Private to the collection. Pure choice over listed objects; the caller lists them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import parse_connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.names import LABEL_ROLE, PREFIX, ROLE_CONTROLLER
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused

Obj = dict[str, Any]
#: images that carry the name of Kafka and run no broker
BESIDE_KAFKA = re.compile(r"connect|exporter|rest|bridge|mirror|-ui\b|-manager|cruise|registry|operator|topicctl|proxy")


def name_of(obj: Obj) -> str:
    """Return metadata.name."""
    return str(obj["metadata"]["name"])


def looks_like_kafka(statefulset: Obj) -> bool:
    """Whether a pod template seems to start Kafka brokers (image, start command or KAFKA_* variables)."""
    for container in statefulset["spec"]["template"]["spec"].get("containers", []):
        words = " ".join(
            [container.get("image", ""), *container.get("command", []), *container.get("args", [])]
        ).lower()
        if "zookeeper-server-start" in words or "quorumpeermain" in words:
            return False
        names = {env.get("name", "") for env in container.get("env", [])}
        if (
            "kafka-server-start" in words
            or "kafka.kafka" in words
            or {"KAFKA_ZOOKEEPER_CONNECT", "KAFKA_CFG_ZOOKEEPER_CONNECT"} & names
        ):
            return True
        image = container.get("image", "").rsplit("/", 1)[-1]
        if "kafka" in image and "zookeeper" not in words and not BESIDE_KAFKA.search(image):
            return True
    return False


def is_controllers(statefulset: Obj) -> bool:
    """Whether the object is a controllers' StatefulSet of this collection."""
    return (statefulset["metadata"].get("labels") or {}).get(LABEL_ROLE) == ROLE_CONTROLLER


def choose(cluster: str, namespace: str, found: Sequence[Obj], explicit: Sequence[str]) -> list[Obj]:
    """Return the brokers' StatefulSets of ``cluster``.

    The named ones; else the one of that name; else those whose name starts with ``<cluster>-`` or that carry the label
    ``app.kubernetes.io/instance=<cluster>``. Raises Refused with near names when nothing fits.
    """
    by_name = {name_of(item): item for item in found}
    if explicit:
        missing = [name for name in explicit if name not in by_name]
        if missing:
            raise _not_found(f"StatefulSet {', '.join(missing)} of kraft_statefulsets", namespace, missing[0], by_name)
        return [by_name[name] for name in explicit]
    brokers = [item for item in found if not is_controllers(item)]
    if cluster in by_name and not is_controllers(by_name[cluster]):
        chosen = [by_name[cluster]]
    else:
        chosen = [item for item in brokers if looks_like_kafka(item) and _belongs(item, cluster)]
    if not chosen:
        raise _not_found(f"Kafka cluster {cluster!r}", namespace, cluster, by_name)
    if not all(looks_like_kafka(item) for item in chosen):
        raise Refused(
            f"StatefulSet {namespace}/{cluster} does not start Kafka brokers; correct kraft_cluster "
            f"({_similar(cluster, [name for name, item in by_name.items() if looks_like_kafka(item)])})",
            code="cluster-not-found",
        )
    return chosen


def _belongs(item: Obj, cluster: str) -> bool:
    labels = item["metadata"].get("labels") or {}
    return name_of(item).startswith(cluster + "-") or labels.get("app.kubernetes.io/instance") == cluster


def _similar(wanted: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.4) or sorted(names)[:5]
    return "similar names: " + ", ".join(near) if near else "there is no Kafka StatefulSet"


def _not_found(what: str, namespace: str, wanted: str, by_name: Mapping[str, Obj]) -> Refused:
    names = [name for name, item in by_name.items() if looks_like_kafka(item) and not is_controllers(item)]
    return Refused(
        f"{what} was not found in namespace {namespace!r} ({_similar(wanted, names)}); correct kraft_cluster or kraft_namespace",
        code="cluster-not-found",
        detail={"near": names},
    )


def namespace_among(namespace: str, existing: Sequence[str]) -> None:
    """Refuse a namespace that does not exist, with near names."""
    if namespace in existing:
        return
    near = difflib.get_close_matches(namespace, existing, n=3, cutoff=0.4)
    offer = f" (similar names: {', '.join(near)})" if near else ""
    raise Refused(
        f"namespace {namespace!r} does not exist{offer}; correct kraft_namespace",
        code="cluster-not-found",
        detail={"near": near},
    )


def no_other_cluster(connects: Mapping[str, str], statefulsets: Sequence[Obj], cluster: str) -> None:
    """Refuse a StatefulSet that only matches the name: none of its processes uses ZooKeeper, though others do, and it was never touched by us.

    It may well be another cluster: a new one in KRaft mode beside ``orders-a`` called ``orders-new``, or one that is scaled to 0.
    ``connects``: StatefulSet to its zookeeper.connect, empty where its processes have none; one that is not in it could not be read.
    """
    if not any(connects.values()):
        return
    for item in statefulsets:
        name = name_of(item)
        marks = [item["metadata"].get("annotations"), item["spec"]["template"].get("metadata", {}).get("annotations")]
        if connects.get(name) or any(key.startswith(PREFIX) for found in marks for key in found or {}):
            continue
        why = (
            "runs in KRaft mode beside brokers that use ZooKeeper"
            if name in connects
            else "has no process that could be read"
        )
        raise Refused(
            f"StatefulSet {name} matches the name {cluster!r} and {why}, and has no sign of a migration: it may be another cluster; name the "
            "StatefulSets of this one in kraft_statefulsets",
            code="cluster-ambiguous",
        )


def same_zookeeper(connects: Mapping[str, str], cluster: str) -> None:
    """Refuse StatefulSets that use different ZooKeepers: they are two clusters (argument: StatefulSet name to connect string).

    A server belongs to one ensemble: the same chroot and one server in common are the same ZooKeeper, whatever the order and
    however many of its servers each names.
    """
    parsed = [parse_connect(connect) for connect in connects.values()]
    one = parsed[:1]
    while more := [each for each in parsed if each not in one and any(each.meets(other) for other in one)]:
        one += more
    if any(each not in one for each in parsed):
        listed = "; ".join(f"{name} uses {connect}" for name, connect in sorted(connects.items()))
        raise Refused(
            f"{cluster!r} matches more than one Kafka cluster: {listed}; name the StatefulSets of one in kraft_statefulsets",
            code="cluster-ambiguous",
        )
