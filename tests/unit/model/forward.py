# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sub-phases of the way forward, and the rolls of both ways."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

from ansible_collections.kafkaops.kraft.plugins.action import kraft_controller
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part, flags_off
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import (
    names,
    phases,
    rolling,
    stages,
    state,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import NotRunning
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    controllers_ready,
    dual_write,
    gates,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused

from tests.unit.model.parts import CONTROLLERS, KRAFT, STAGES, Disaster
from tests.unit.model.readings import Seen, controller_pod, read_quorum
from tests.unit.model.terminal import ACTIONS, CONFIRMED, Steps, Terminal


class Forward(Terminal):
    """Who goes forward."""

    # the sub-phases

    def _lock(self, _seen: Seen, **_params: str) -> Steps:
        self._note("locked")
        yield

    def _controllers(self, seen: Seen, *, state: str) -> Steps:
        sts, world = self.world.sts, self.world
        if state == "held":
            world.write_controllers("held", 0)
            self._ensure_lock()
            self._note("created")
            yield
            return
        if state == "final":
            gates.require(seen)
            _check_options(seen)
            self._note("gates")
            world.write_controllers("final", len(CONTROLLERS))
            yield
            self._note("written")
            return
        if sts is None:
            raise Refused("the controllers' StatefulSet does not exist", code="controllers-not-ready")
        kraft_controller._refuse_leftovers(seen, begun=sts.stage == state)
        if sts.stage != state or sts.replicas != len(CONTROLLERS):
            world.write_controllers(state, len(CONTROLLERS))
            yield
        yield from self._wait(lambda: controllers_ready.running(self.observe()), "the controllers start")
        self._note("written")

    def _settings(self, seen: Seen, *, stage: str) -> Steps:
        world = self.world
        if stage == "kraft" and set(seen.modes.values()) != {KRAFT}:
            dual_write.check_hybrid_or_beyond(seen)
            before = world.zk.offset or 0
            yield from self._wait(
                lambda: self._held_by(seen) and (world.zk.offset or 0) > before, "/migration stands still"
            )
        if stage == stages.RETURN:
            self.journal.pure_since = ""
            self._note("begun")
            yield
            if world.sts is not None and world.sts.stage == "final":
                world.write_controllers("migrating", len(CONTROLLERS))
                yield
        digests = {stages.RETURN: "migration", stages.ORIGINAL: self._original()}
        back = stage in stages.BACK
        for group, digest in list(world.groups.items()):
            found = STAGES[digest]
            if (found == "kraft") if stage == stages.RETURN else bool(found) if back else found != stage:
                world.write_brokers(group, digests.get(stage, stage))
                yield
        self._note("written")

    def _held_by(self, seen: Seen) -> bool:
        """Whether one of the controllers that the product sees holds /controller."""
        holder = self.world.zk.holder
        return self.world.zk.kraft_holds and holder is not None and holder[0] in seen.controller_ids

    def _original(self) -> str:
        """The user's own settings; an IBP that a broker was raised to stays."""
        raised = self.world.ibp != "same" and any(each.digest for each in self.world.brokers.values())
        return "original-ibp" if raised else ""

    def _roll(self, seen: Seen, *, target: str, stage: str) -> Steps:
        if stage == stages.RETURN and self.world.sts is not None and flags_off(seen):
            yield from self._roll_controllers(seen, gated=False)
        if target == "controllers":
            yield from self._roll_controllers(seen, gated=True)
        else:
            yield from self._roll_brokers(self.observe(), stage)
        ACTIONS["rolling_restart"]._note_pure(self._task(self.observe(), phases.BY_NAME[self.sub_phase]))
        self._note("rolled")

    def _roll_brokers(self, seen: Seen, stage: str) -> Steps:
        world = self.world
        if seen.view.controller is None:
            raise Refused("nobody holds /controller", code="controller-missing")
        back = stage in (stages.RETURN, stages.ORIGINAL)
        ids = {pod: number for number, pod in (seen.pod_of_broker_or_down if back else seen.pod_of_broker).items()}
        left = seen.driver.brokers.outdated()
        if left:
            self.rolled.append(self.sub_phase)
        while left:
            held = seen.view.controller if len(left) > 1 else None
            last = seen.pod_of_broker.get(held.broker_id) if held is not None and held.ephemeral else None
            down = [pod for pod in left if back and isinstance(seen.facts.get(pod), NotRunning)]
            pod = (down or rolling.order(left, last))[0]
            if pod not in ids:
                raise Refused(f"the broker id of pod {pod} is not known", code="broker-not-healthy")
            number = ids[pod]
            yield from self._wait(partial(self._spared, number), "the ISR is too small")
            if stage in ("kraft", stages.RETURN):
                dual_write.check_hybrid_or_beyond(seen)
            elif stage == stages.ORIGINAL:
                dual_write.check_zookeeper_alone(seen)
            world.restart_broker(number, tolerated=False)
            self.restarts[number] += 1
            yield
            yield from self._wait(partial(self._is_back, number), f"broker {number} does not come back")
            left.remove(pod)
            seen.changed(Part.ZOOKEEPER)

    def _spared(self, number: int) -> bool:
        partitions = {
            name: rolling.Replicas(tuple(each.isr), each.replicas, each.min_isr, each.leader)
            for name, each in self.world.partitions.items()
        }
        return not rolling.endangered(partitions, number) and not rolling.lacking(partitions, number)

    def _is_back(self, number: int) -> bool:
        mine = [each for each in self.world.partitions.values() if number in each.replicas]
        return self.world.brokers[number].up and all(number in each.isr for each in mine)

    def _old_controllers(self) -> list[int]:
        sts = self.world.sts
        return [] if sts is None else [n for n, each in self.world.controllers.items() if each.stage != sts.stage]

    def _roll_controllers(self, seen: Seen, *, gated: bool) -> Steps:
        world = self.world
        left = [controller_pod(number) for number in self._old_controllers()]
        while left:
            found = read_quorum(seen)
            last = next((pod for number, pod in seen.controller_ids.items() if number == found.leader), None)
            pod = rolling.order(left, last if len(left) > 1 else None)[0]
            number = next((each for each, name in seen.controller_ids.items() if name == pod), None)
            if number is None:
                raise Refused(f"the node id of controller pod {pod} is not known", code="controllers-not-ready")
            yield from self._wait(partial(self._majority_without, seen, number), "there is no majority")
            seen.changed(Part.OBJECTS)
            if gated and len(flags_off(seen)) < len(seen.flags):
                seen.changed(Part.ZOOKEEPER)
                gates.require(seen, thorough=False)
                _check_options(seen)
            world.restart_controller(number)
            yield
            yield from self._wait(partial(self._is_new, number), f"controller {number} lags")
            seen.changed(Part.CONTROLLERS)
            left.remove(pod)

    def _majority_without(self, seen: Seen, number: int) -> bool:
        found = read_quorum(seen)
        return rolling.quorum_survives(quorum.all_voters(seen, found), quorum.caught_up(found), number)

    def _is_new(self, number: int) -> bool:
        return number not in self._old_controllers() and self._caught_up(number)

    def _caught_up(self, number: int) -> bool:
        found = read_quorum(SimpleNamespace(world=self.world))
        return found.leader is not None and number in quorum.caught_up(found)

    def _quorum_health(self, seen: Seen) -> Steps:
        if seen.controllers is None or not seen.controllers["spec"]["replicas"]:
            raise Refused("the controllers are not started", code="controllers-not-ready")
        yield from self._wait(lambda: all(map(self._caught_up, CONTROLLERS)), "the quorum is not complete")

    def _progress(self, seen: Seen) -> Steps:
        zk = self.world.zk
        yield from self._wait(lambda: self._held_by(seen) and (zk.offset or 0) > 0, "hybrid is not reached")
        self.observe().expect(lambda name: name == state.HYBRID, self.sub_phase)

    def _record(self, _seen: Seen, *, event: str) -> Steps:
        if event == CONFIRMED[-1]:
            self.marks.pop(names.LOCK, None)
            if not self.world.finalized or any(each.flag for each in self.world.controllers.values()):
                raise Disaster("(a) the end is recorded while a controller has the migration flag")
        self._note(event)
        yield


def _check_options(seen: Seen) -> None:
    if not seen.world.finalized and not (seen.params["confirm"] and seen.params["accept"]):
        raise Disaster("(a) the flag is taken away without confirmation, or without what is accepted by name")
