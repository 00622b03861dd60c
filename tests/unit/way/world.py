# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A model of a cluster: what Kafka, ZooKeeper and Kubernetes do by themselves, and what must never happen to them.

Nothing here asks the product anything. Sources are Kafka's KRaftMigrationDriver, ActivationRecordsGenerator,
KafkaZkClient, PartitionStateMachine and KafkaRaftClient (3.9). Time goes by in ``settle``: processes start, elections are
held, the copy is made, replicas get into sync. What breaks a safety rule raises ``Disaster``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.state import (
    MODE_KRAFT,
    MODE_MIGRATING,
    MODE_ZOOKEEPER,
)

CONTROLLERS = (3000, 3001, 3002)
#: settings hash of a template -> its stage annotation, and the mode of a broker that runs it
STAGES = {"": "", "ibp": "ibp", "migration": "migration", "kraft": "kraft", "original-ibp": ""}
MODES = {"migration": MODE_MIGRATING, "kraft": MODE_KRAFT}


class Disaster(AssertionError):
    """What no trace may lead to."""


@dataclass
class Broker:
    """A broker's pod and process. ``remembers``: the quorum that its Raft client has met, 0 = none."""

    id: int
    group: str
    digest: str = ""
    mode: str = MODE_ZOOKEEPER
    up: bool = True
    broken: bool = False
    metadata_dir: bool = False
    remembers: int = 0

    @property
    def pod(self) -> str:
        """Name of its pod."""
        return f"{self.group}-{self.id}"


@dataclass
class Controller:
    """A controller's pod and process. ``synced``: it has what the leader has. ``hung``: its pod does not end."""

    id: int
    stage: str
    up: bool = False
    broken: bool = False
    synced: bool = False
    ending: bool = False
    hung: bool = False

    @property
    def flag(self) -> bool:
        """Whether its process has, or will start with, the migration flag."""
        return self.stage == "migrating"


@dataclass
class Log:
    """The metadata log of one quorum. ``copied``: state MIGRATION; ``finalized``: state POST_MIGRATION."""

    number: int
    copied: bool = False
    finalized: bool = False
    #: the driver has nothing to go on with: the copy is in the log and not in /migration
    inactive: bool = False
    end: int = 5
    epoch: int = 0


@dataclass
class Partition:
    """One partition. ``epoch``: controller_epoch of its state znode."""

    replicas: tuple[int, ...]
    min_isr: int
    isr: list[int]
    leader: int
    epoch: int = 1


@dataclass
class StatefulSet:
    """The controllers' StatefulSet."""

    stage: str
    replicas: int


@dataclass
class ZooKeeper:
    """The three znodes. ``holder``: who holds /controller, with its KRaft epoch or -1; ``offset``: of /migration."""

    holder: tuple[int, int] | None = (0, -1)
    epoch: int = 1
    offset: int | None = None
    offset_epoch: int = -1
    versions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("/controller", "/controller_epoch"), 0))

    @property
    def kraft_holds(self) -> bool:
        """Whether KRaft wrote /controller."""
        return self.holder is not None and self.holder[1] >= 0

    def touch(self, path: str) -> None:
        """Count a write."""
        self.versions[path] = self.versions.get(path, 0) + 1


class World:
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
        self.zk = ZooKeeper()
        self.partitions: dict[tuple[str, int], Partition] = {}
        self.turn = 0
        #: /migration stands still until another controller leads (KAFKA-16667)
        self.stuck = False
        #: a broker was controller after the copy: ZooKeeper has what the quorum's log has not
        self.alone = False
        #: the gates were open when the product took the flag away
        self.final_allowed = False
        self.soaked = False
        self.was_pure = False
        for _ in range(brokers):
            self.create_topic()

    # what is there

    @property
    def live(self) -> list[int]:
        """Controllers whose process runs."""
        return [each.id for each in self.controllers.values() if each.up]

    @property
    def in_charge(self) -> str:
        """Who keeps the replicas: kraft, zookeeper or nobody."""
        if self.leader is not None and self.log is not None and self.log.copied:
            return "kraft"
        holder = self.zk.holder
        return "zookeeper" if holder is not None and holder[1] < 0 and self.brokers[holder[0]].up else ""

    @property
    def registered(self) -> list[int]:
        """Brokers below /brokers/ids."""
        return [each.id for each in self.brokers.values() if each.up and each.mode != MODE_KRAFT]

    def shut_gates(self) -> list[str]:
        """What the product may not finalize with, by the cluster itself; its options are the caller's."""
        shut = []
        if any(each.mode != MODE_KRAFT or not each.up for each in self.brokers.values()) or self.registered:
            shut.append("brokers")
        if self.leader is None or any(not self._ready(number) for number in CONTROLLERS):
            shut.append("quorum")
        if not self.soaked:
            shut.append("soak")
        return shut

    def _ready(self, number: int) -> bool:
        found = self.controllers.get(number)
        return found is not None and found.up and found.synced

    # what the product does; each is one request that is carried out or not

    def restart_broker(self, number: int, tolerated: bool) -> None:
        """Delete a broker's pod."""
        for name, each in self.partitions.items():
            left = [other for other in each.isr if other != number and self.brokers[other].up]
            hopeless = len(each.replicas) <= max(each.min_isr, 1)
            if number in each.replicas and len(left) < max(each.min_isr, 1) and not (tolerated and hopeless):
                raise Disaster(f"(b) {name} has only {left} in sync when broker {number} is restarted")
        self.make_broker_again(number)

    def make_broker_again(self, number: int) -> None:
        """A pod is made from the template of now."""
        broker = self.brokers[number]
        broker.up, broker.digest = False, self.groups[broker.group]

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
        found = self.controllers.get(number)
        if found is None or self.sts is None or found.hung:
            return
        self.controllers[number] = Controller(number, self.sts.stage)
        self._lose(number)

    def write_controllers(self, stage: str, replicas: int) -> None:
        """Write the controllers' StatefulSet."""
        if stage == "final" and not self.finalized:
            if self.shut_gates():
                raise Disaster(f"(a) the final settings are written while shut: {self.shut_gates()}")
            self.final_allowed = True
        self.sts = StatefulSet(stage, replicas)

    def stop_controllers(self) -> None:
        """Scale the controllers' StatefulSet down."""
        stranded = [each.id for each in self.brokers.values() if each.mode == MODE_KRAFT]
        if stranded or "kraft" in self.groups.values():
            raise Disaster(f"(c) the quorum is stopped under brokers in KRaft mode: {stranded}")
        if self.sts is not None:
            self.sts.replicas = 0
        for each in self.controllers.values():
            each.ending = True

    def remove_znodes(self, changes: dict[str, int | None]) -> None:
        """Carry out one transaction: path to its new value, None = deleted."""
        if self.controllers:
            raise Disaster(f"(e) {', '.join(changes)} are changed while controllers {sorted(self.controllers)} are there")
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
        if self.brokers[number].mode != MODE_ZOOKEEPER:
            raise Disaster(f"(c) broker {number} in mode {self.brokers[number].mode} loses its metadata log")
        self.brokers[number].metadata_dir = False

    def delete_volume(self, number: int) -> None:
        """Delete a controller's PersistentVolumeClaim."""
        self.volumes.discard(number)
        if not self.volumes:
            self.log = None

    # what people and machines do

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
        kraft = self.in_charge == "kraft"
        if len(alive) < len(replicas) or (self.partitions and not self.in_charge):
            return
        epoch = self.log.epoch if kraft and self.log is not None else self.zk.epoch
        self.partitions[f"t{len(self.partitions)}", 0] = Partition(
            replicas, self.min_isr, list(replicas), replicas[0], epoch
        )
        if kraft and self.log is not None:
            self.log.end += 1

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
        self.brokers[number].up, self.brokers[number].broken = False, True

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
        for _ in range(8):
            self.settle()

    def _lose(self, number: int) -> None:
        if self.leader == number:
            self.leader = None
            self.turn += 1

    # time goes by

    def settle(self) -> None:
        """What happens by itself in some seconds."""
        self._controller_pods()
        for controller in self.controllers.values():
            if not controller.up and not controller.broken and not controller.ending:
                self._start_controller(controller)
        self._lead_quorum()
        for broker in self.brokers.values():
            if not broker.up and not broker.broken and self._starts(broker):
                broker.up, broker.remembers = True, 0
        self._lead_zookeeper()
        self._drive_migration()
        self._meet_quorum()
        self._keep_replicas()

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
        log.finalized = True

    def _starts(self, broker: Broker) -> bool:
        mode = MODES.get(broker.digest, MODE_ZOOKEEPER)
        log = self.log if self.leader is not None else None
        if mode == MODE_KRAFT and (log is None or not log.copied):
            return False
        if mode == MODE_MIGRATING and log is not None and log.finalized:
            return False
        if mode == MODE_ZOOKEEPER and log is not None and log.copied and self.zk.kraft_holds:
            raise Disaster(f"(c) broker {broker.id} starts on plain ZooKeeper settings while KRaft is controller")
        broker.mode = mode
        return True

    def _lead_zookeeper(self) -> None:
        zk = self.zk
        if zk.holder is not None and zk.holder[1] < 0 and zk.holder[0] not in self.registered:
            zk.holder = None
            zk.touch("/controller")
        candidates = self.registered
        if zk.holder is not None or not candidates:
            return
        zk.epoch += 1
        zk.holder = (candidates[self.turn % len(candidates)], -1)
        zk.touch("/controller")
        zk.touch("/controller_epoch")
        stale = [name for name, each in self.partitions.items() if each.epoch > zk.epoch]
        if stale:
            raise Disaster(f"(e) {stale} have a higher epoch than the controller {zk.holder}: no leader ever")
        if any(each.mode == MODE_KRAFT for each in self.brokers.values()):
            raise Disaster("(c) a broker is elected beside brokers in KRaft mode")
        self.alone = self.log is not None

    def _drive_migration(self) -> None:
        log, zk = self.log, self.zk
        if self.leader is None or log is None or log.finalized or log.inactive or not self.controllers[self.leader].flag:
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
        if not log.copied or not self.stuck:
            log.copied = True
            zk.offset, zk.offset_epoch = log.end, log.epoch
            zk.touch("/migration")

    def _meet_quorum(self) -> None:
        if self.leader is None or self.log is None:
            return
        for broker in self.brokers.values():
            if not broker.up or broker.mode == MODE_ZOOKEEPER:
                continue
            if broker.remembers not in (0, self.log.number):
                raise Disaster(f"(e) broker {broker.id} remembers quorum {broker.remembers} and meets another one")
            broker.remembers, broker.metadata_dir = self.log.number, True

    def _keep_replicas(self) -> None:
        charge = self.in_charge
        epoch = self.log.epoch if charge == "kraft" and self.log is not None else self.zk.epoch
        for each in self.partitions.values():
            for number in each.replicas:
                broker = self.brokers[number]
                served = (charge == "kraft" and broker.mode != MODE_ZOOKEEPER) or (
                    charge == "zookeeper" and broker.mode != MODE_KRAFT
                )
                if not broker.up and number in each.isr and len(each.isr) > 1:
                    each.isr.remove(number)
                    each.epoch = epoch
                elif broker.up and served and number not in each.isr:
                    each.isr.append(number)
                    each.epoch = epoch
            if charge and each.leader not in each.isr:
                each.leader, each.epoch = each.isr[0], epoch
