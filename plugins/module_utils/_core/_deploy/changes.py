# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What separates a cluster as it is from the one that is wanted, and what of that cannot be changed. Pure.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.objects import BROKER, Workload
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.wanted import Wanted, version_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.marks import template_annotation
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.sizes import quantity
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding

Obj = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One object that is to be made or changed.

    :ivar before: the object as it is, None when it is to be made.
    """

    before: Obj | None
    after: Obj

    @property
    def line(self) -> str:
        """What happens, for the plan."""
        name = f"{self.after['kind']} {self.after['metadata']['name']}"
        return f"create {name}" if self.before is None else f"change {name}"


@dataclass(frozen=True)
class Scaling:
    """How the number of a role's pods changes."""

    role: str
    now: int
    then: int


@dataclass(frozen=True)
class Changes:
    """Everything that has to be done, in this order.

    :ivar objects: what is made or changed first: Services, budgets, settings.
    :ivar templates: StatefulSets whose pods are to be made otherwise.
    :ivar scaling: after that.
    """

    objects: tuple[Change, ...] = ()
    templates: tuple[Change, ...] = ()
    scaling: tuple[Scaling, ...] = field(default=())

    def __bool__(self) -> bool:
        return bool(self.objects or self.templates or self.scaling)

    @property
    def lines(self) -> list[str]:
        """The plan."""
        rolls = [
            each.line + ("" if each.before is None else ", and restart its pods one by one") for each in self.templates
        ]
        scaled = [f"scale {each.role}s from {each.now} to {each.then}" for each in self.scaling]
        return [*(each.line for each in self.objects), *rolls, *scaled]


def covers(live: Any, wanted: Any) -> bool:
    """Whether an object has everything that is wanted of it; what the API server and others add counts for nothing."""
    if not live and not wanted:
        return True
    if isinstance(wanted, Mapping):
        return isinstance(live, Mapping) and all(covers(live.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, (list, tuple)):
        return (
            isinstance(live, (list, tuple))
            and len(live) == len(wanted)
            and all(covers(one, other) for one, other in zip(live, wanted, strict=True))
        )
    return bool(live == wanted)


def changed(live: Obj | None, wanted: Obj) -> Change | None:
    """Return the change of an object that may be written again at any time, None when it is as it should be."""
    return None if live is not None and covers(live, wanted) else Change(live, wanted)


def template_differs(live: Obj, wanted: Workload) -> bool:
    """Whether pods made from a StatefulSet would differ from those that are wanted: its digest tells, however the API server spells the rest."""
    now, then = (template_annotation(each, names.SETTINGS_HASH) for each in (live, wanted.statefulset))
    images = [
        [each.get("image") for each in item["spec"]["template"]["spec"]["containers"]]
        for item in (live, wanted.statefulset)
    ]
    return now != then or images[0] != images[1]


def replicas_of(statefulset: Obj) -> int:
    """How many pods a StatefulSet should have."""
    return int(statefulset["spec"].get("replicas", 1))


def fixed(cluster: Wanted, live: Mapping[str, Obj], wanted: Sequence[Workload], running: str = "") -> list[Finding]:
    """Return what is asked for and cannot be had of a cluster that exists.

    :param live: its StatefulSets by role.
    :param running: the Kafka version that its brokers run, "" when that is not known.
    """
    return [
        *_topology(cluster, live),
        *(each for item in wanted if item.role in live for each in _claims(cluster, live[item.role], item)),
        *_quorum(cluster, live, wanted),
        *_version(cluster, running),
    ]


def _topology(cluster: Wanted, live: Mapping[str, Obj]) -> list[Finding]:
    separated = names.ROLE_CONTROLLER in live
    if BROKER not in live or separated is not cluster.combined:
        return []
    now, then = ("separated", "combined") if separated else ("combined", "separated")
    return [
        finding(
            "deploy-immutable",
            cluster.where,
            f"the cluster is {now}, kraft_topology asks for {then}: nodes cannot change their roles in place; make a new cluster, and mirror this one into it",
        )
    ]


def _claims(cluster: Wanted, live: Obj, wanted: Workload) -> list[Finding]:
    def told(statefulset: Obj) -> tuple[str, Any, str | None]:
        (claim,) = statefulset["spec"]["volumeClaimTemplates"]
        spec = claim["spec"]
        size = spec["resources"]["requests"]["storage"]
        return str(size), quantity(size), spec.get("storageClassName")

    (now, now_size, now_class), (then, then_size, then_class) = told(live), told(wanted.statefulset)
    name = wanted.name
    if now_size != then_size:
        text = f"the volumes of {name} have {now}, and {then} are asked for: a StatefulSet cannot change that; set it back, and grow the claims themselves"
    elif then_class is not None and now_class != then_class:
        text = f"the volumes of {name} are of StorageClass {now_class or '(the default)'}, not {then_class}: a StatefulSet cannot change that; set it back"
    else:
        return []
    return [finding("deploy-immutable", cluster.where, text)]


def _quorum(cluster: Wanted, live: Mapping[str, Obj], wanted: Sequence[Workload]) -> list[Finding]:
    for item in wanted:
        voting = cluster.combined or item.role == names.ROLE_CONTROLLER
        if not voting or item.role not in live or not replicas_of(live[item.role]):
            continue
        now, then = replicas_of(live[item.role]), replicas_of(item.statefulset)
        if now != then:
            what = "nodes of a combined cluster vote" if cluster.combined else "the voters are in every node's settings"
            return [
                finding(
                    "deploy-quorum-fixed",
                    cluster.where,
                    f"the quorum has {now} controllers, and {then} are asked for: {what}, and two halves of them could know different majorities while that "
                    f"changes. Leave it at {now}"
                    + ("; brokers alone can be added to a separated cluster" if cluster.combined else ""),
                )
            ]
    return []


def _version(cluster: Wanted, running: str) -> list[Finding]:
    now, then = version_of(running), version_of(cluster.version)
    if not now or not then or now == then:
        return []
    if then < now:
        text = f"the brokers run Kafka {running}, and {cluster.version} is asked for: an older version may not read the metadata of a newer one; set it back"
    elif then[0] != now[0]:
        text = (
            f"the brokers run Kafka {running}, and {cluster.version} is asked for: a new major version takes settings and topics away that the old one had; "
            "upgrade within the major version only"
        )
    else:
        return []
    return [finding("deploy-version", cluster.where, text)]
