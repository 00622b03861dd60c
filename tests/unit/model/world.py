# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The model, with what the product, people and machines do to it. What breaks a safety rule raises ``Disaster``."""

from __future__ import annotations

from tests.unit.model.nature import Nature
from tests.unit.model.parts import CONTROLLERS, KRAFT, ZOOKEEPER, Controller, Disaster, StatefulSet


class World(Nature):
    """The cluster, as it can be acted upon."""

    # what the product does; each is one request that is carried out or not

    def write_brokers(self, group: str, digest: str) -> None:
        """Write the template of a StatefulSet of brokers."""
        self.moment += 1
        self.groups[group] = digest

    def restart_broker(self, number: int, tolerated: bool) -> None:
        """Delete a broker's pod."""
        for name, each in self.partitions.items():
            left = [other for other in each.isr if other != number and self.brokers[other].up]
            hopeless = len(each.replicas) <= max(each.min_isr, 1)
            if number in each.replicas and len(left) < max(each.min_isr, 1) and not (tolerated and hopeless):
                raise Disaster(f"(b) {name} has only {left} in sync when broker {number} is restarted")
            away = [other for other in each.replicas if other != number and other not in left]
            if number in each.replicas and away and not hopeless:
                raise Disaster(f"(b) {name} lacks {away} already when broker {number} is restarted")
        self.make_broker_again(number)

    def make_broker_again(self, number: int) -> None:
        """A pod is made from the template of now."""
        self.moment += 1
        broker = self.brokers[number]
        broker.end()
        broker.digest = self.groups[broker.group]

    def restart_controller(self, number: int) -> None:
        """Delete a controller's pod."""
        others = [each for each in CONTROLLERS if each != number and self._ready(each)]
        if len(others) <= len(CONTROLLERS) // 2:
            raise Disaster(f"(b) only {others} are left when controller {number} is restarted")
        if self.sts is not None and self.sts.stage == "final" and not self.finalized and self.shut_gates():
            raise Disaster(f"(a) controller {number} loses the flag while shut: {self.shut_gates()}")
        self.make_controller_again(number)

    def make_controller_again(self, number: int) -> None:
        """A pod is made from the template of now; the old one ends first."""
        self.moment += 1
        found = self.controllers.get(number)
        if found is None or self.sts is None or found.hung:
            return
        self.controllers[number] = Controller(number, self.sts.stage)
        self._lose(number)

    def write_controllers(self, stage: str, replicas: int) -> None:
        """Write the controllers' StatefulSet."""
        self.moment += 1
        if stage == "final" and not self.finalized:
            shut = self.shut_gates()
            if shut:
                raise Disaster(f"(a) the final settings are written while shut: {shut}")
            self.final_allowed = True
        if self.sts is None:
            self.sts, self.old_volumes = StatefulSet(stage, replicas), bool(self.volumes)
        self.sts.stage, self.sts.replicas = stage, replicas

    def delete_controllers(self) -> None:
        """Delete the controllers' StatefulSet."""
        self.moment += 1
        self.sts = None

    def stop_controllers(self) -> None:
        """Scale the controllers' StatefulSet down."""
        self.moment += 1
        stranded = [each.id for each in self.brokers.values() if each.settled_mode == KRAFT]
        if stranded or "kraft" in self.groups.values():
            raise Disaster(f"(c) the quorum is stopped under brokers in KRaft mode: {stranded}")
        if self.sts is not None:
            self.sts.replicas = 0
        for each in self.controllers.values():
            each.ending = True

    def remove_znodes(self, changes: dict[str, int | None]) -> None:
        """Carry out one transaction: path to its new value, None = deleted."""
        self.moment += 1
        if self.controllers:
            raise Disaster(
                f"(e) {', '.join(changes)} are changed while controllers {sorted(self.controllers)} are there"
            )
        if "/controller" in changes and not self.zk.kraft_holds:
            raise Disaster("(e) a broker's /controller is deleted")
        for path, value in changes.items():
            self.zk.touch(path)
            if path == "/controller":
                self.zk.holder = None
            elif path == "/migration":
                self.zk.offset = None
            else:
                self.zk.epoch = int(value or 0)

    def delete_metadata_dir(self, number: int) -> None:
        """Delete a broker's __cluster_metadata."""
        self.moment += 1
        mode = self.brokers[number].settled_mode
        if mode != ZOOKEEPER:
            raise Disaster(f"(c) broker {number} in mode {mode} loses its metadata log")
        self.brokers[number].metadata_dir = False

    def delete_volume(self, number: int) -> None:
        """Delete a controller's PersistentVolumeClaim."""
        self.moment += 1
        self.volumes.discard(number)
        if not self.volumes:
            self.log, self.old_volumes = None, False

    # what people and machines do

    def elect(self) -> None:
        """Whoever leads loses the lead."""
        self.turn += 1
        if self.leader is not None:
            self.leader = None
        elif self.zk.holder is not None and not self.zk.kraft_holds:
            self.zk.holder = None
            self.zk.touch("/controller")

    def fail_broker(self, number: int) -> None:
        """A broker ends and does not come back by itself."""
        self.brokers[number].end()
        self.brokers[number].broken = True

    def fail_controller(self, number: int) -> None:
        """A controller ends and does not come back by itself."""
        if number in self.controllers:
            self.controllers[number].broken = True
            self.controllers[number].up = False
            self._lose(number)

    def crash_controller(self, number: int) -> None:
        """Its container is started again in the same pod, with the settings of that pod."""
        if number in self.controllers:
            self.controllers[number].up = self.controllers[number].synced = False
            self._lose(number)

    def heal(self) -> None:
        """Whatever was broken is repaired, and some time goes by."""
        for broker in self.brokers.values():
            broker.broken = False
        for controller in self.controllers.values():
            controller.broken = controller.hung = False
        self.stuck = False
        for _round in range(6):
            self.settle()
