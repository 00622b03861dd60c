# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check of a cluster: does it serve, and does it survive the loss of a broker?

Private to the collection. The same on every platform and in every mode. It makes one topic, which is removed again whatever happens; what
is deleted beside it is one broker's pod, and only if that is asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import partitions
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import cluster_check
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import is_true
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.cluster_check import (
    LOST,
    NOT_SERVED,
    OPTIONS,
    UNSAFE,
    Acks,
    Wanted,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.permissions import DISRUPT
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rolling import Replicas
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations import serving
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations.disruption import (
    Disruption,
    Partitions,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations.own_topic import APPEARS, OwnTopic
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations.waiting import until
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import LedCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, Refused

Progress = Callable[[str], None]
#: seconds for producer and consumer, which may wait for a leader
CLIENT = 180.0
MANIFESTS = "docs/rbac.yml, docs/rbac-confluent.yml where Confluent for Kubernetes leads, docs/rbac-strimzi.yml where Strimzi does"


class ClusterCheck:
    """One check of one cluster."""

    def __init__(self, cluster: DirectCluster | LedCluster, progress: Progress) -> None:
        params = cluster.params
        self._cluster, self._progress = cluster, progress
        self._disrupts: bool = params["disrupt"]
        self._pod = str(params["disrupt_pod"] or "")
        self._topic = OwnTopic(cluster, progress)
        self._seconds: dict[str, float] = {}

    @property
    def where(self) -> str:
        """Namespace and name of the cluster."""
        return f"{self._cluster.namespace}/{self._cluster.name}"

    def plan(self) -> str:
        """Say what the check will do. Raises Refused, Unsupported when it cannot be done, or not safely."""
        asked = self._wanted()
        self._check_tools()
        text = f"make topic {cluster_check.PREFIX}<random> with {asked.text}, write {asked.records} records and read them back"
        if self._disrupts:
            self._check_permissions()
            self._topic.zookeeper = partitions.uses_zookeeper(self._cluster)
            disruption = self._disruption()
            named = disruption.pod_of(-1, self._pod) if self._pod else None
            disruption.refuse(named[0] if named else None)
            text += f", delete the pod {named[1] if named else 'that leads its partition 0'} and wait until every ISR is complete again"
        elif self._pod:
            raise Refused(
                "kraft_check_pod names the pod to delete, and kraft_check_disrupt is not set; set it to true, or leave kraft_check_pod out",
                code=OPTIONS,
            )
        return f"{text}; the topic is removed at the end"

    def run(self) -> dict[str, Any]:
        """Carry it out; returns plain data. Raises KraftError with a code of the check."""
        cluster = self._cluster
        found = serving.require(cluster, self._progress)
        self._progress(found.text)
        self._topic.zookeeper = found.zookeeper
        asked = self._wanted()
        self._check_tools()
        others = cluster_check.leftovers(self._read())
        if others:
            self._progress(cluster_check.left_behind(others))
        data: dict[str, Any] = {
            "topic": self._topic.name,
            "cluster_id": found.cluster_id,
            "controller": found.controller,
            "quorum_leader": found.leader,
            "quorum_voters": found.voters,
            "left": others,
        }
        began = time.monotonic()
        with self._topic.made(asked):
            mine = cluster_check.of_topic(self._served(asked), self._topic.name)
            self._seconds["created"] = _since(began)
            data |= self._through(asked, mine)
        return {**data, "seconds": self._seconds, "msg": self._told(data)}

    def _through(self, asked: Wanted, mine: dict[int, Replicas]) -> dict[str, Any]:
        """Everything between the creation of the topic and its removal."""
        for line in cluster_check.lines(mine):
            self._progress(line)
        began = time.monotonic()
        acks = self._produce(1, asked)
        self._seconds["produced"] = _since(began)
        read = self._read_back(acks)
        self._progress(f"{len(acks.values)} records were acknowledged with acks=all, and {read} of them read back")
        data: dict[str, Any] = {"partitions": cluster_check.rows(mine), "disrupted": None}
        if self._disrupts:
            more, found = self._survive(asked, mine)
            acks = acks.plus(more)
            data |= {"partitions": cluster_check.rows(self._now()), "disrupted": found}
            read = self._read_back(acks)
            self._progress(f"all {read} acknowledged records were read back")
        return {**data, "records": {"produced": len(acks.values), "consumed": read}}

    def _survive(self, asked: Wanted, mine: dict[int, Replicas]) -> tuple[Acks, dict[str, Any]]:
        """Have a broker taken away; returns what was acknowledged meanwhile, and which one it was."""
        disruption = self._disruption()
        broker, pod = disruption.pod_of(mine[0].leader, self._pod)
        if not any(broker in each.replicas for each in mine.values()):
            raise Refused(
                f"broker {broker} in pod {pod} has no replica of {self._topic.name}, so that its loss would show nothing; name another kraft_check_pod, "
                "or raise kraft_check_partitions",
                code=OPTIONS,
            )
        self._topic.avoided = pod
        acks = disruption.run(broker, pod, lambda: self._produce(2, asked))
        self._topic.avoided = ""
        self._seconds |= vars(disruption.times)
        return acks, {"pod": pod, "broker": broker}

    def _told(self, data: dict[str, Any]) -> str:
        records = data["records"]["consumed"]
        text = f"{self.where} serves: {len(data['partitions'])} partitions of {self._topic.name} with complete ISRs, {records} records written and read"
        if not data["disrupted"]:
            return f"{text}; the topic is removed"
        seconds, gone = self._seconds, data["disrupted"]
        return (
            f"{text}; it survived the loss of {gone['pod']} (broker {gone['broker']}): ISR without it after {seconds['isr_shrunk']} s, pod Ready "
            f"after {seconds['pod_ready']} s, every ISR complete after {seconds['isr_complete']} s; the topic is removed"
        )

    # before anything is made

    def _wanted(self) -> Wanted:
        params, brokers = self._cluster.params, len(self._cluster.facts)
        return cluster_check.wanted(
            params["partitions"],
            params["replication_factor"],
            params["records"],
            brokers=brokers,
            disrupt=self._disrupts,
        )

    def _check_tools(self) -> None:
        """Raise Refused when the tools are not there, or the topic could not be removed again."""
        lacks = self._topic.broker().lacks()
        if lacks:
            raise Refused(
                f"the image of {self.where} has no {lacks}, by which the check makes, writes and reads its topic; nothing was made",
                code=NOT_SERVED,
            )
        if not is_true(self._cluster.effective, "delete.topic.enable", True):
            raise Refused(
                f"the brokers of {self.where} have delete.topic.enable=false: the topic of the check could not be removed; nothing was made",
                code=UNSAFE,
            )

    def _check_permissions(self) -> None:
        cluster = self._cluster
        for need in DISRUPT:
            for verb in need.verbs:
                if not cluster.client.can_i(verb, need.resource, cluster.namespace, group=need.group):
                    raise Refused(
                        f"the account may not {verb} {need.spelled} in namespace {cluster.namespace}, which kraft_check_disrupt needs; grant it "
                        f"({MANIFESTS})",
                        code="permission-missing",
                    )

    def _disruption(self) -> Disruption:
        return Disruption(self._cluster, self._topic.zookeeper, self._topic.name, self._progress)

    # what is seen

    def _served(self, asked: Wanted) -> Partitions:
        """Wait until the topic is served by every replica; returns all partitions. Raises DeadlineExceeded (check-not-served)."""
        seen: list[Partitions] = []

        def look() -> str:
            found = partitions.read(self._cluster, zookeeper=self._topic.zookeeper)
            if isinstance(found, Unknown):
                return f"the partitions could not be read: {found.why}"
            seen.append(found)
            return cluster_check.not_served(cluster_check.of_topic(found, self._topic.name), asked)

        until(look, min(APPEARS, self._cluster.params["wait_timeout"]), self._progress, NOT_SERVED)
        return seen[-1]

    def _read(self) -> Partitions:
        found = partitions.read(self._cluster, zookeeper=self._topic.zookeeper)
        if isinstance(found, Unknown):
            raise KraftError(f"the partitions of {self.where} could not be read: {found.why}", code=NOT_SERVED)
        return found

    def _now(self) -> dict[int, Replicas]:
        return cluster_check.of_topic(self._read(), self._topic.name)

    # records

    def _produce(self, turn: int, asked: Wanted) -> Acks:
        acks = self._topic.tool(lambda broker: broker.produce(self._topic.name, turn, asked, CLIENT))
        refused = cluster_check.refused(acks, asked.records)
        if refused:
            raise KraftError(refused, code=NOT_SERVED)
        return acks

    def _read_back(self, acks: Acks) -> int:
        """Read every acknowledged record; returns how many. Raises KraftError (check-records-lost)."""
        read = set(self._topic.tool(lambda broker: broker.consume(self._topic.name, CLIENT, acks.written)))
        if cluster_check.lost(acks, read):
            # one that is written twice is counted twice: to the end then
            read |= set(self._topic.tool(lambda broker: broker.consume(self._topic.name, CLIENT)))
        missing = cluster_check.lost(acks, read)
        if missing:
            raise KraftError(cluster_check.lost_sentence(missing, acks), code=LOST, detail={"missing": missing})
        return len(acks.values & read)


def _since(began: float) -> float:
    return round(time.monotonic() - began, 2)
