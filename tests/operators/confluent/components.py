# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zookeeper, Kafka and KRaftController: their objects are brought to what the CR says, their pods restarted, their status written."""

from __future__ import annotations

import base64
import json
import logging
import uuid
from dataclasses import dataclass

from tests.sandbox.kube import ApiError, pod_ready

from . import api as times
from . import cr_status, layout, objects, rolls
from .api import Api
from .names import (
    BLOCK_RECONCILE,
    CONTROLLER,
    FORCE_RECONCILE,
    HOLD,
    KAFKA,
    POD_OVERLAY,
    ROLL_PRECHECK,
    Object,
    annotation,
    wanted,
)
from .switches import Switches

log = logging.getLogger("component")
#: hash of what was applied last, on the object itself: an unchanged object is not written again
APPLIED = "kafkaops.double/applied"
#: where the pod template of an overlay is in its ConfigMap
OVERLAY_KEY = "pod-template.yaml"


@dataclass(frozen=True)
class Component:
    """A CR after it was looked after. ``pods``: names of those that are there."""

    cr: Object
    rolled: bool
    pods: list[str]


class Components:
    """The CRs with pods of one namespace."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def reconcile(
        self, cr: Object, controllers: list[Object], switches: Switches, *, stopped: bool = False
    ) -> Component:
        """Bring a CR's objects up to date, restart at most one pod, write the status. ``stopped``: no pods (controllers only)."""
        if wanted(cr, BLOCK_RECONCILE):
            return Component(cr, False, [])
        if wanted(cr, FORCE_RECONCILE):
            cr = self._api.patch(cr, {"metadata": {"annotations": {FORCE_RECONCILE: None}}})
        if cr["kind"] == CONTROLLER:
            if wanted(cr, HOLD):
                self._write(cr, cr_status.Pods(reason="held until a migration starts it"), switches)
                return Component(cr, False, [])
            cr = self._with_cluster_id(cr)
        missing = _missing(cr, controllers)
        if missing:
            self._write(cr, cr_status.Pods(reason=missing), switches)
            return Component(cr, False, [])
        count = 0 if stopped else layout.replicas(cr)
        made = objects.made(cr, _named(cr, controllers), overlay=self._overlay(cr), count=count)
        for body in made:
            self._apply(body)
        return self._roll(cr, count, switches)

    def _with_cluster_id(self, cr: Object) -> Object:
        """Return the CR of controllers that start without a migration, with an id made up for it if it has none."""
        if (cr.get("spec") or {}).get("clusterID"):
            return cr
        made = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        return self._api.patch(cr, {"spec": {"clusterID": made}})

    def _overlay(self, cr: Object) -> Object | None:
        name = annotation(cr, POD_OVERLAY)
        if not name:
            return None
        import yaml

        text = self._api.switches(name).get(OVERLAY_KEY, "")
        found = yaml.safe_load(text) or {}
        template: Object = ((found.get("spec") or {}).get("template")) or found
        return template

    def _apply(self, body: Object) -> None:
        """Create or change an object, unless it is the one that was applied last."""
        meta = body["metadata"]
        wanted_hash = objects.digest(json.dumps(body, sort_keys=True))
        there = self._api.kube.get(body["kind"], meta["name"], meta["namespace"])
        if there is not None and (there["metadata"].get("annotations") or {}).get(APPLIED) == wanted_hash:
            return
        self._api.kube.apply({**body, "metadata": {**meta, "annotations": {APPLIED: wanted_hash}}})

    def _roll(self, cr: Object, count: int, switches: Switches) -> Component:
        name, kind = cr["metadata"]["name"], cr["kind"]
        pods, known = self._pods(name)
        names = [pod.name for pod in pods]
        steady = known and _steady(cr, pods, count)
        ask = not steady and rolls.needs_health(kind, count, pods)
        health = self._api.health(kind, names) if ask else rolls.Health()
        precheck = annotation(cr, ROLL_PRECHECK) != "disable"
        roll = rolls.next_restart(kind, count, pods, health, pause=switches.roll_pause, precheck=precheck)
        if steady:
            roll = rolls.Roll(done=True)
        if not known:
            roll = rolls.Roll(reason="the StatefulSet was changed just now")
        if roll.restart:
            log.info("%s %s: restarting %s, %s", kind, name, roll.restart, roll.reason)
            self._api.kube.delete("Pod", roll.restart, self._api.namespace)
        self._write(cr, self._counted(cr, pods, count, roll), switches)
        return Component(cr, roll.done, names)

    def _pods(self, name: str) -> tuple[list[rolls.Pod], bool]:
        """Return the pods of a CR, and whether the StatefulSet's newest revision is known."""
        there = self._api.kube.get("StatefulSet", name, self._api.namespace) or {}
        status = there.get("status") or {}
        known = bool(there) and status.get("observedGeneration") == there["metadata"]["generation"]
        moment = times.now()
        found = []
        for pod in self._api.kube.list("Pod", self._api.namespace, labels=f"app={name}"):
            meta = pod["metadata"]
            ready = pod_ready(pod)
            since = next(
                (c["lastTransitionTime"] for c in pod["status"].get("conditions") or [] if c["type"] == "Ready"), ""
            )
            going = "deletionTimestamp" in meta
            current = going or meta["labels"].get("controller-revision-hash") == status.get("updateRevision")
            seconds = times.seconds_since(str(since), moment) if ready else 0.0
            found.append(rolls.Pod(meta["name"], int(meta["name"].rpartition("-")[2]), ready, current, seconds))
        return sorted(found, key=lambda pod: pod.ordinal), known

    def _counted(self, cr: Object, pods: list[rolls.Pod], count: int, roll: rolls.Roll) -> cr_status.Pods:
        cluster = str((cr.get("spec") or {}).get("clusterID") or (cr.get("status") or {}).get("clusterID") or "")
        if cr["kind"] == KAFKA and not cluster and roll.done:
            cluster = self._api.cluster_id([pod.name for pod in pods])
        return cr_status.Pods(
            replicas=count,
            ready=sum(pod.ready for pod in pods),
            current=sum(pod.current for pod in pods),
            rolled=roll.done,
            reason="" if roll.done else roll.reason,
            cluster_id=cluster,
            voters=layout.voters(cr) if cr["kind"] == CONTROLLER else [],
        )

    def _write(self, cr: Object, pods: cr_status.Pods, switches: Switches) -> None:
        self._api.put_status(cr, cr_status.status(cr, pods, older=switches.older, now=times.stamp(times.now())))


def _steady(cr: Object, pods: list[rolls.Pod], count: int) -> bool:
    """Tell whether a cluster that was well goes on as it is: then Kafka is not asked again."""
    status = cr.get("status") or {}
    same = status.get("observedGeneration") == cr["metadata"].get("generation") and status.get("phase") == "RUNNING"
    return same and len(pods) == count and all(pod.ready and pod.current for pod in pods)


def _missing(cr: Object, controllers: list[Object]) -> str:
    """Return why nothing can be made of a CR yet, empty when it can."""
    if cr["kind"] == KAFKA:
        reference = layout.dependency(cr, "kRaftController")
        if not reference and not layout.dependency(cr, "zookeeper"):
            return "spec.dependencies has neither zookeeper nor kRaftController"
        if reference and _named(cr, controllers) is None:
            return f"KRaftController {(reference.get('clusterRef') or {}).get('name')} is not there"
    if cr["kind"] == CONTROLLER and ((cr.get("spec") or {}).get("dynamicQuorumConfig") or {}).get("enabled"):
        return "the double has no dynamic quorum"
    return ""


def _named(cr: Object, controllers: list[Object]) -> Object | None:
    """Return the KRaftController that a Kafka CR names."""
    reference = (layout.dependency(cr, "kRaftController") or {}).get("clusterRef") or {}
    return next((one for one in controllers if one["metadata"]["name"] == reference.get("name")), None)


def gone(error: ApiError) -> bool:
    """Tell whether an object was changed or deleted by somebody meanwhile: the next look settles it."""
    return error.status in (404, 409)
