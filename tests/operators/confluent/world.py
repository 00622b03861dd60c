# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at a namespace, with everything that follows from it: first the components, then the jobs. It keeps nothing that matters."""

from __future__ import annotations

import logging

from tests.sandbox.config import SandboxError
from tests.sandbox.kube import ApiError

from . import api as times
from . import cursor as places
from . import job_status, machine
from .api import Api
from .components import Component, Components, gone
from .cursor import Cursor
from .names import (
    BACK_STEPS,
    BLOCK_RECONCILE,
    COMPONENTS,
    CONTROLLER,
    JOB,
    KAFKA,
    MIGRATE_STEPS,
    SETUP_STEPS,
    SWITCHES,
    ZOOKEEPER,
    Object,
    title,
    wanted,
)
from .seen import Action, Observed
from .switches import Switches, UnknownSwitchError, parse

log = logging.getLogger("kraftmigrationjob")
_GENERATIONS = {KAFKA: "kafkaGeneration", CONTROLLER: "kraftControllerGeneration"}
_REFERENCES = {ZOOKEEPER: "zookeeper", KAFKA: "kafka", CONTROLLER: "kRaftController"}


class World:
    """The operator of one namespace."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._components = Components(api)
        # Only what a silent status does not say; a restarted operator goes on from the status.
        self._places: dict[str, Cursor] = {}
        self._said = ""

    def look(self) -> bool:
        """Look once and act; returns whether a job moved on, so that there is more to do at once."""
        switches = self._switches()
        jobs = self._api.crs(JOB)
        crs = {kind: self._api.crs(kind) for kind in COMPONENTS}
        stopped = {
            _reference(job, CONTROLLER)
            for job in jobs
            if machine.controllers_stopped(self._place(job, switches), switches)
        }
        found: dict[str, dict[str, Component]] = {kind: {} for kind in COMPONENTS}
        for kind in COMPONENTS:
            for cr in crs[kind]:
                name = cr["metadata"]["name"]
                held = kind == CONTROLLER and name in stopped
                component = self._component(cr, crs[CONTROLLER], switches, stopped=held)
                if component is not None:
                    found[kind][name] = component
        moved = [self._job(job, found, switches) for job in jobs]
        return any(moved)

    def _switches(self) -> Switches:
        try:
            return parse(self._api.switches(SWITCHES))
        except UnknownSwitchError as error:
            self._say(f"ConfigMap {SWITCHES} is not followed: {error}")
            return Switches()

    def _component(
        self, cr: Object, controllers: list[Object], switches: Switches, *, stopped: bool
    ) -> Component | None:
        """Look after one CR; None when somebody was faster, or when it could not be done."""
        if "deletionTimestamp" in cr["metadata"]:
            return None
        try:
            return self._components.reconcile(cr, controllers, switches, stopped=stopped)
        except ApiError as error:
            if not gone(error):
                self._say(f"{cr['kind']} {cr['metadata']['name']}: {error}")
            return None

    # -- jobs ---------------------------------------------------------------------------------------------------------------------

    def _place(self, job: Object, switches: Switches) -> Cursor:
        kept = self._places.get(job["metadata"]["uid"])
        return kept or places.read(job.get("status") or {}) or places.start(switches)

    def _job(self, job: Object, found: dict[str, dict[str, Component]], switches: Switches) -> bool:
        if wanted(job, BLOCK_RECONCILE) or "deletionTimestamp" in job["metadata"]:
            return False
        if _reference(job, KAFKA) == "":
            self._say(
                f"job {job['metadata']['name']}: the double has no lite mode (spec.dependencies.kafka is missing)"
            )
            return False
        try:
            return self._step(job, found, switches)
        except ApiError as error:
            if not gone(error):
                self._say(f"job {job['metadata']['name']}: {error}")
            return False

    def _step(self, job: Object, found: dict[str, dict[str, Component]], switches: Switches) -> bool:
        place = self._place(job, switches)
        seen = self._observed(job, place, found, switches)
        if not job.get("status"):
            # the first thing that people see of a job
            self._save(seen, place, Action(), {})
            return True
        action = machine.next_step(seen)
        generations: dict[str, int] = {}
        for edit in action.edits:
            cr = found[edit.kind][_reference(job, edit.kind)].cr
            try:
                changed = self._api.patch(cr, edit.patch)
            except ApiError as error:
                if error.status != 422:
                    raise
                action = Action(failed=f"the API server refused a change of {edit.kind} {title(cr)[0]}: {error}")
                break
            found[edit.kind][_reference(job, edit.kind)] = Component(changed, False, [])
            if edit.kind in _GENERATIONS and "spec" in edit.patch:
                generations[_GENERATIONS[edit.kind]] = changed["metadata"]["generation"]
        after = machine.failed(place) if action.failed else action.next or place
        self._log(seen, action)
        moved = after != place
        if moved or not place.ended:
            self._save(seen, after, action, generations)
        self._places[job["metadata"]["uid"]] = after
        return moved

    def _observed(
        self, job: Object, place: Cursor, found: dict[str, dict[str, Component]], switches: Switches
    ) -> Observed:
        """Gather what the next step is decided on; Kafka is asked only by the sub-phase that needs it."""
        zookeeper, kafka, controller = (found[kind].get(_reference(job, kind)) for kind in COMPONENTS)
        asks_id = place.sub_phase == SETUP_STEPS[8] and kafka is not None
        asks_state = place.sub_phase == MIGRATE_STEPS[2] and controller is not None
        return Observed(
            cursor=place,
            job=job,
            kafka=kafka.cr if kafka else None,
            zookeeper=zookeeper.cr if zookeeper else None,
            controller=controller.cr if controller else None,
            kafka_rolled=bool(kafka and kafka.rolled and _observed_all(job, kafka, _GENERATIONS[KAFKA])),
            controller_rolled=bool(
                controller and controller.rolled and _observed_all(job, controller, _GENERATIONS[CONTROLLER])
            ),
            cluster_id=self._api.cluster_id(kafka.pods) if asks_id and kafka else "",
            migration_state=self._api.migration_state(controller.pods) if asks_state and controller else None,
            switches=switches,
        )

    def _save(self, seen: Observed, after: Cursor, action: Action, generations: dict[str, int]) -> None:
        status = job_status.status(seen, after, action, generations, times.stamp(times.now()))
        self._api.put_status(seen.job, status)

    # -- log ----------------------------------------------------------------------------------------------------------------------

    def _log(self, seen: Observed, action: Action) -> None:
        """Write the operator's line, once for each thing that it says."""
        place = seen.cursor
        refused = machine.refused(seen)
        error = action.failed or action.waiting or refused or "<nil>"
        if place.sub_phase == BACK_STEPS[-1] and place.ended and not action.edits:
            return
        self._say(f"Migration current status {place.phase}/SubPhase{place.sub_phase}: {error}, requeuing ...")

    def _say(self, line: str) -> None:
        if line != self._said:
            log.info("%s", line)
            self._said = line


def _reference(job: Object, kind: str) -> str:
    """Return the name of the CR that a job is about, empty for none."""
    dependencies = (job.get("spec") or {}).get("dependencies") or {}
    return str((dependencies.get(_REFERENCES[kind]) or {}).get("name") or "")


def _observed_all(job: Object, component: Component, field: str) -> bool:
    """Tell whether the component's CR is one that has at least the last change of the job."""
    return int(component.cr["metadata"].get("generation", 0)) >= int((job.get("status") or {}).get(field) or 0)


#: what a look may meet when the API server is away
TROUBLE = (SandboxError, OSError)
