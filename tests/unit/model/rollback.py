# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sub-phases of a rollback."""

from __future__ import annotations

from functools import partial

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import flag_on_everywhere
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, rollback
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known, unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import migration_flag, rollback_proof
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import ownership
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.driver_parts import CLEAN_UP
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, Refused
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import handover

from tests.unit.model.forward import Forward
from tests.unit.model.parts import CONTROLLERS, ZOOKEEPER, Disaster, Soak
from tests.unit.model.readings import Seen, read_quorum
from tests.unit.model.terminal import Steps


class Operator(Forward):
    """Who goes forward and back."""

    def _record(self, seen: Seen, *, event: str) -> Steps:
        return self._complete() if event == rollback.COMPLETE else super()._record(seen, event=event)

    def _znodes(self, seen: Seen, **_params: str) -> Steps:
        world = self.world
        heads = handover.read_heads(seen.zookeeper)
        stored = [-1]
        if heads.kraft_holds and heads.migration is not None and heads.migration.copy_done:
            if seen.controller_facts:
                yield from self._written(seen)
            stored = [max(each.epoch for each in world.partitions.values())]
        self._note("stopping")
        held = read_quorum(seen).leader if stored != [-1] and seen.controller_facts else None
        if held is not None and migration_flag.on_everywhere(self.observe()):
            # a leader on its own commits nothing
            for number in CONTROLLERS:
                if number != held:
                    world.make_controller_again(number)
            yield
        world.stop_controllers()
        yield
        yield from self._wait(lambda: not world.controllers, "a controller does not end")
        if ownership.controller_pods(self.observe()):
            raise Refused("controllers still run", code="controllers-not-ready")
        handover.remove(seen.zookeeper, stored)
        yield
        yield from self._wait(lambda: world.zk.holder is not None and not world.zk.kraft_holds, "nobody is elected")
        world.delete_controllers()
        yield
        for number in sorted(world.volumes):
            world.delete_volume(number)
            yield
        self._note("removed")

    def _written(self, seen: Seen) -> Steps:
        """ZooKeeper has everything; else the active controller is restarted, once, with the flag on everywhere."""
        for attempt in (1, 2):
            wanted = self.world.log.end - 1 if self.world.log is not None else 0
            try:
                yield from self._wait(partial(self._has, wanted), "rollback-behind")
            except KraftError as error:
                leader, sts = read_quorum(seen).leader, self.world.sts
                if attempt == 2 or leader is None or sts is None:
                    raise Refused("ZooKeeper is behind", code="rollback-behind") from error
                if sts.stage != "migrating" or not flag_on_everywhere(self.observe()):
                    raise Refused("not every controller has the flag", code="controllers-not-ready") from error
                self.world.make_controller_again(leader)
                yield from self._wait(lambda: all(map(self._caught_up, CONTROLLERS)), "the quorum is not complete")
            else:
                return

    def _has(self, offset: int) -> bool:
        return (self.world.zk.offset or 0) >= offset

    def _clean_up(self, seen: Seen, *, state: str) -> Steps:
        if state == "absent":
            self.marks.pop(CLEAN_UP, None)
            yield
            return
        self.marks[CLEAN_UP] = "true"
        yield
        for pod in [pod for pod, facts in known(seen.facts).items() if facts.metadata_logs]:
            if seen.modes[pod] != ZOOKEEPER:
                raise Refused(f"{pod} uses its metadata log", code="wrong-state")
            self.world.delete_metadata_dir(seen.broker_id(pod) or 0)
            yield
        after = self.observe().facts
        if unknown(after) or any(facts.metadata_logs for facts in known(after).values()):
            raise KraftError("there still is a metadata log")
        self._note("cleaned")

    def _complete(self) -> Steps:
        world = self.world
        rollback_proof.prove(self.observe())
        left = [each.id for each in world.brokers.values() if each.mode != ZOOKEEPER or each.metadata_dir]
        if world.volumes or world.controllers or world.sts is not None or world.zk.offset is not None or left:
            raise Disaster(f"(e) the rollback is complete with {sorted(world.volumes)} {world.zk.offset} {left} left")
        self._note(rollback.COMPLETE)
        self.journal.close_attempt()
        world.soak = Soak()
        yield
        self.marks.pop(names.LOCK, None)
        yield
