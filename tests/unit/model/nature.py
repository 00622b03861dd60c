# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A model of a cluster: what Kafka, ZooKeeper and Kubernetes do by themselves.

Nothing here asks the product anything. Sources are Kafka's KRaftMigrationDriver, ActivationRecordsGenerator,
KafkaZkClient, PartitionStateMachine and KafkaRaftClient (3.9). Time goes by in ``settle``: processes start, elections are
held, the copy is made, replicas get into sync. What breaks a safety rule raises ``Disaster``.
"""

from __future__ import annotations

from tests.unit.model.parts import (
    CONTROLLERS,
    KRAFT,
    MIGRATING,
    MODES,
    ZOOKEEPER,
    Broker,
    Controller,
    Disaster,
    Log,
    Partition,
    Soak,
    StatefulSet,
    ZooKeeperHeads,
)


class Nature:
    """The cluster. ``groups``: StatefulSet of brokers to the settings hash of its template."""

    def __init__(self, brokers: int = 3, min_isr: int = 2, ibp: str = "same") -> None:
        names = ["kafka"] * 3 + ["kafka-b"] * (brokers - 3)
        self.brokers = {number: Broker(number, group) for number, group in enumerate(names)}
        self.groups = dict.fromkeys(names, "")
        #: "same": high enough; "folded": raised by the migration roll; "own": raised in a roll of its own
        self.ibp = ibp
        self.min_isr = min_isr
        self.sts: StatefulSet | None = None
        self.controllers: dict[int, Controller] = {}
        self.volumes: set[int] = set()
        self.log: Log | None = None
        self.logs = 0
        self.leader: int | None = None
        self.zk = ZooKeeperHeads()
        self.partitions: dict[tuple[str, int], Partition] = {}
        self.turn = 0
        #: counts changes
        self.moment = 0
        #: /migration stands still until another controller leads (KAFKA-16667)
        self.stuck = False
        #: a broker was controller after the copy: ZooKeeper has what the quorum's log has not
        self.alone = False
        #: the gates were open when the product took the flag away
        self.final_allowed = False
        self.soak = Soak()
        #: the controllers were made while volumes of earlier ones were there
        self.old_volumes = False
        for _round in range(brokers):
            self.create_topic()

    # what is there

    @property
    def live(self) -> list[int]:
        """Controllers whose process runs."""
        return [each.id for each in self.controllers.values() if each.up]

    @property
    def active_mode(self) -> str:
        """Who keeps the replicas: kraft, zookeeper or nobody."""
        if self.leader is not None and self.log is not None and self.log.copied:
            return "kraft"
        holder = self.zk.holder
        return "zookeeper" if holder is not None and holder[1] < 0 and self.brokers[holder[0]].up else ""

    @property
    def registered(self) -> list[int]:
        """Brokers below /brokers/ids."""
        return [each.id for each in self.brokers.values() if each.up and each.mode != KRAFT]

    def shut_gates(self) -> list[str]:
        """What the product may not finalize with, by the cluster itself; its options are the caller's."""
        shut = []
        if any(each.mode != KRAFT or not each.up for each in self.brokers.values()) or self.registered:
            shut.append("brokers")
        if self.leader is None or any(not self._ready(number) for number in CONTROLLERS):
            shut.append("quorum")
        if set(self.groups.values()) != {"kraft"}:
            shut.append("templates")
        if not self.soak.over:
            shut.append("soak" if self.soak.over_once else "no soak")
        return shut

    def left_overs(self) -> list[str]:
        """What a new attempt would trip over."""
        left = [f"broker {each.id}" for each in self.brokers.values() if each.mode != ZOOKEEPER or each.metadata_dir]
        left += [f"volume {number}" for number in self.volumes] + [
            f"controller {number}" for number in self.controllers
        ]
        return left + ([] if self.zk.offset is None and not self.zk.kraft_holds else ["znodes"])

    def _ready(self, number: int) -> bool:
        found = self.controllers.get(number)
        return found is not None and found.up and found.synced

    @property
    def finalized(self) -> bool:
        """Whether the point of no return is passed."""
        return self.log is not None and self.log.finalized

    def create_topic(self) -> None:
        """A topic of one partition on three brokers."""
        count = len(self.brokers)
        first = len(self.partitions) % count
        replicas = tuple((first + each) % count for each in range(3))
        alive = [each for each in replicas if self.brokers[each].up]
        kraft = self.active_mode == "kraft"
        if len(alive) < len(replicas) or (self.partitions and not self.active_mode):
            return
        epoch = self.log.epoch if kraft and self.log is not None else self.zk.epoch
        self.partitions[f"t{len(self.partitions)}", 0] = Partition(
            replicas, self.min_isr, list(replicas), replicas[0], epoch
        )
        if kraft and self.log is not None:
            self.log.end += 1

    def _lose(self, number: int) -> None:
        if self.leader == number:
            self.leader = None
            self.turn += 1

    # time goes by

    def settle(self) -> None:
        """What happens by itself in some seconds."""
        self.moment += 1
        self._controller_pods()
        for controller in self.controllers.values():
            if not controller.up and not controller.broken and not controller.ending:
                self._start_controller(controller)
        self._lead_quorum()
        for broker in self.brokers.values():
            if broker.wait:
                broker.wait -= 1
            if not broker.up and not broker.broken and not broker.wait and self._starts(broker):
                broker.up, broker.remembers, broker.wait = True, 0, 2
        self._lead_zookeeper()
        self._drive_migration()
        self._meet_quorum()
        self._keep_replicas()
        flags = [each.flag for each in self.controllers.values()]
        if any(each.settled_mode != KRAFT for each in self.brokers.values()):
            self.soak.pure = self.soak.over = False
        elif flags and all(flags):
            self.soak.pure = self.soak.pure_once = True

    def _controller_pods(self) -> None:
        wanted = CONTROLLERS[: self.sts.replicas] if self.sts is not None else ()
        for number, each in list(self.controllers.items()):
            if number not in wanted or each.ending:
                each.ending = True
                if not each.hung:
                    del self.controllers[number]
                    self._lose(number)
        for number in wanted:
            if number not in self.controllers and self.sts is not None:
                self.controllers[number] = Controller(number, self.sts.stage)

    def _start_controller(self, each: Controller) -> None:
        if self.log is None:
            self.logs += 1
            self.log = Log(self.logs)
            self.alone = False
        self.volumes.add(each.id)
        each.up = True
        if not each.flag:
            return
        if self.old_volumes:
            raise Disaster("(e) controllers start on volumes of an earlier attempt")
        if not self.log.copied and (self.zk.offset or 0) > 0:
            raise Disaster("(e) controllers start on empty volumes beside a /migration that says the copy was done")
        if self.log.copied and self.alone and (self.zk.offset or 0) > 0:
            raise Disaster("(e) controllers start on an old log over a newer ZooKeeper")
        if self.zk.offset is None:
            self.zk.offset = -1
            self.zk.touch("/migration")
            self.log.inactive = self.log.copied

    def _lead_quorum(self) -> None:
        live = self.live
        if self.log is None or len(live) <= len(CONTROLLERS) // 2:
            self.leader = None
            return
        if self.leader is None:
            self.leader = live[self.turn % len(live)]
            self.log.epoch += 1
            self.stuck = False
            self._activate(self.controllers[self.leader], self.log)
        for number in live:
            self.controllers[number].synced = True
        self.log.end += 1

    def _activate(self, leader: Controller, log: Log) -> None:
        if leader.flag or log.finalized:
            return
        if not self.final_allowed:
            raise Disaster("(a) a controller without the flag is active, and the gates were never open")
        behind = [each.id for each in self.brokers.values() if each.settled_mode != KRAFT]
        if behind:
            raise Disaster(f"(a) a controller without the flag is active while {behind} need ZooKeeper")
        log.finalized = True

    def _starts(self, broker: Broker) -> bool:
        mode = MODES.get(broker.digest, ZOOKEEPER)
        log = self.log if self.leader is not None else None
        if mode == KRAFT and (log is None or not log.copied):
            return False
        if mode == MIGRATING and log is not None and log.finalized:
            return False
        if mode == ZOOKEEPER and log is not None and log.copied and self.zk.kraft_holds:
            raise Disaster(f"(c) broker {broker.id} starts on plain ZooKeeper settings while KRaft is controller")
        broker.mode = mode
        return True

    def _lead_zookeeper(self) -> None:
        zk = self.zk
        if zk.kraft_holds:
            return
        candidates = self.registered
        if zk.holder is not None and zk.holder[0] not in candidates:
            zk.holder = None
            zk.touch("/controller")
        if zk.holder is not None or not candidates:
            return
        zk.epoch += 1
        zk.holder = (candidates[self.turn % len(candidates)], -1)
        zk.touch("/controller")
        zk.touch("/controller_epoch")
        stale = [name for name, each in self.partitions.items() if each.epoch > zk.epoch]
        if stale:
            raise Disaster(f"(e) {stale} have a higher epoch than the controller {zk.holder}: no leader ever")
        if any(each.settled_mode == KRAFT for each in self.brokers.values()):
            raise Disaster("(c) a broker is elected beside brokers in KRaft mode")
        self.alone = self.log is not None and self.log.copied

    def _drive_migration(self) -> None:
        log, zk = self.log, self.zk
        if (
            self.leader is None
            or log is None
            or log.finalized
            or log.inactive
            or not self.controllers[self.leader].flag
        ):
            return
        if not log.copied:
            known = {each.id for each in self.brokers.values() if each.up and each.remembers == log.number}
            ready = len(self.live) == len(CONTROLLERS) and all(self.controllers[each].flag for each in self.live)
            if not ready or known != set(self.brokers):
                return
        mine = (self.leader, log.epoch)
        if zk.holder != mine:
            zk.holder = mine
            zk.epoch += 1
            zk.touch("/controller")
            zk.touch("/controller_epoch")
            return
        if not log.copied and not log.copying:
            log.copying = True
        elif not log.copied or not self.stuck:
            log.copied = True
            zk.offset, zk.offset_epoch = log.end, log.epoch
            zk.touch("/migration")

    def _meet_quorum(self) -> None:
        if self.leader is None or self.log is None:
            return
        for broker in self.brokers.values():
            if not broker.up or broker.mode == ZOOKEEPER:
                continue
            if broker.remembers not in (0, self.log.number):
                raise Disaster(f"(e) broker {broker.id} remembers quorum {broker.remembers} and meets another one")
            broker.remembers, broker.metadata_dir = self.log.number, True

    def _keep_replicas(self) -> None:
        if all(each.up for each in self.brokers.values()) and all(
            len(each.isr) == len(each.replicas) for each in self.partitions.values()
        ):
            return
        active = self.active_mode
        alien = {"kraft": ZOOKEEPER, "zookeeper": KRAFT}.get(active)
        served = {
            each.id for each in self.brokers.values() if each.up and not each.wait and active and each.mode != alien
        }
        down = {each.id for each in self.brokers.values() if not each.up}
        epoch = self.log.epoch if active == "kraft" and self.log is not None else self.zk.epoch
        for each in self.partitions.values():
            if not down and len(each.isr) == len(each.replicas) and each.leader in each.isr:
                continue
            for number in each.replicas:
                if number in down and number in each.isr and len(each.isr) > 1:
                    each.isr.remove(number)
                    each.epoch = epoch
                elif number in served and number not in each.isr:
                    each.isr.append(number)
                    each.epoch = epoch
            if active and each.leader not in each.isr:
                each.leader, each.epoch = each.isr[0], epoch
