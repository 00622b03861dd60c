# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check of a cluster: does it serve, and does it survive the loss of a broker?

Private to the collection. The same on every platform and in every mode. It makes one topic, which is removed again whatever happens; what
is deleted beside it is one broker's pod, and only if that is asked for.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import partitions
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import is_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import cluster_check
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import is_true
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.cluster_check import (
    LEFT,
    LOST,
    NOT_SERVED,
    OPTIONS,
    UNSAFE,
    Acks,
    Wanted,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.permissions import DISRUPT
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown, known
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.topic_tools import BrokerPod
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations import serving
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations.disruption import (
    AnyCluster,
    Disruption,
    Partitions,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations.waiting import until
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Interrupted,
    KraftError,
    NotFound,
    Refused,
    Unreachable,
)

Progress = Callable[[str], None]
Result = TypeVar("Result")
#: seconds for a tool, which starts a JVM; and for producer and consumer, which may wait for a leader
TOOL, CLIENT = 120.0, 180.0
#: seconds for the removal when the run is stopped, which then goes on in the pod by itself
HURRY = 1.0
#: seconds for the topic to appear, and to go
APPEARS = 60.0
MANIFESTS = "docs/rbac.yml, docs/rbac-confluent.yml where Confluent for Kubernetes leads, docs/rbac-strimzi.yml where Strimzi does"


class ClusterCheck:
    """One check of one cluster."""

    def __init__(self, cluster: AnyCluster, progress: Progress) -> None:
        params = cluster.params
        self._cluster, self._progress = cluster, progress
        self._disrupts: bool = params["disrupt"]
        self._pod = str(params["disrupt_pod"] or "")
        self.topic = cluster_check.PREFIX + "".join(
            secrets.choice(cluster_check.LETTERS) for _index in range(cluster_check.LENGTH)
        )
        self._zookeeper = False
        self._avoided = ""
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
            self._zookeeper = partitions.uses_zookeeper(self._cluster)
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
        self._zookeeper = found.zookeeper
        asked = self._wanted()
        self._check_tools()
        others = cluster_check.leftovers(self._read())
        if others:
            self._progress(cluster_check.left_behind(others))
        data: dict[str, Any] = {
            "topic": self.topic,
            "cluster_id": found.cluster_id,
            "controller": found.controller,
            "quorum_leader": found.leader,
            "quorum_voters": found.voters,
            "left": others,
        }
        with self._own_topic(asked):
            data |= self._through(asked)
        return {**data, "seconds": self._seconds, "msg": self._told(data)}

    def _through(self, asked: Wanted) -> dict[str, Any]:
        """Everything between the creation of the topic and its removal."""
        before = self._served(asked)
        mine = cluster_check.of_topic(before, self.topic)
        for line in cluster_check.lines(mine):
            self._progress(line)
        began = time.monotonic()
        acks = self._produce(1, asked)
        self._seconds["produced"] = _since(began)
        read = self._read_back(acks)
        self._progress(f"{len(acks.values)} records were acknowledged with acks=all, and {read} of them read back")
        data: dict[str, Any] = {"partitions": cluster_check.rows(mine), "disrupted": None}
        if self._disrupts:
            disruption = self._disruption()
            broker, pod = disruption.pod_of(mine[0].leader, self._pod)
            self._avoided = pod
            acks = acks.plus(disruption.run(broker, pod, before, lambda: self._produce(2, asked)))
            self._avoided = ""
            self._seconds |= vars(disruption.times)
            data |= {"partitions": cluster_check.rows(self._now()), "disrupted": {"pod": pod, "broker": broker}}
            read = self._read_back(acks)
            self._progress(f"all {read} acknowledged records were read back")
        return {**data, "records": {"produced": len(acks.values), "consumed": read}}

    def _told(self, data: dict[str, Any]) -> str:
        records = data["records"]["consumed"]
        text = f"{self.where} serves: {len(data['partitions'])} partitions of {self.topic} with complete ISRs, {records} records written and read"
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
        lacks = self._broker().lacks()
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
        return Disruption(self._cluster, self._zookeeper, self.topic, self._progress)

    # the topic

    @contextmanager
    def _own_topic(self, asked: Wanted) -> Iterator[None]:
        """Make the topic, and remove it whatever happens. A run that is stopped has no time to wait for that, and says what may be left."""
        began = time.monotonic()
        try:
            self._progress(f"making topic {self.topic} with {asked.text}")
            self._tool(lambda broker: broker.create(self.topic, asked, TOOL))
            self._seconds["created"] = _since(began)
            yield
        except Interrupted:
            self._abandon()
            raise
        except KraftError as error:
            left = self._remove()
            text = f"{error.message}; {left}" if left else error.message
            raise type(error)(text, code=error.code or NOT_SERVED, detail=error.detail) from error
        except BaseException:
            left = self._remove()
            if left:
                self._progress(left)
            raise
        left = self._remove()
        if left:
            raise KraftError(left, code=LEFT)

    def _remove(self) -> str:
        """Remove the topic and wait until it is gone; returns what is left, or an empty string."""
        why = ""
        for broker in self._brokers():
            try:
                broker.remove(self.topic, TOOL)
                until(self._still_there, min(APPEARS, self._cluster.params["wait_timeout"]), self._progress, LEFT)
                return ""
            except KraftError as error:
                why = error.message
        return f"topic {self.topic} may be left ({why or 'no broker runs'}); remove it by {cluster_check.by_hand(self.topic)}"

    def _abandon(self) -> None:
        """Have the topic removed without waiting for it: the tool ends in its pod by itself."""
        try:
            broker = next(self._brokers(), None)
            if broker is not None:
                broker.remove(self.topic, HURRY)
        except KraftError as error:
            self._progress(f"the removal of topic {self.topic} was not waited for: {error.message}")
        self._progress(f"topic {self.topic} may be left; remove it by {cluster_check.by_hand(self.topic)}")

    def _still_there(self) -> str:
        found = partitions.read(self._cluster, zookeeper=self._zookeeper)
        if isinstance(found, Unknown):
            return found.why
        return f"topic {self.topic} is still there" if cluster_check.of_topic(found, self.topic) else ""

    def _served(self, asked: Wanted) -> Partitions:
        """Wait until the topic is served by every replica; returns all partitions. Raises DeadlineExceeded (check-not-served)."""
        seen: list[Partitions] = []

        def look() -> str:
            found = partitions.read(self._cluster, zookeeper=self._zookeeper)
            if isinstance(found, Unknown):
                return f"the partitions could not be read: {found.why}"
            seen.append(found)
            return cluster_check.not_served(cluster_check.of_topic(found, self.topic), asked)

        until(look, min(APPEARS, self._cluster.params["wait_timeout"]), self._progress, NOT_SERVED)
        return seen[-1]

    def _read(self) -> Partitions:
        found = partitions.read(self._cluster, zookeeper=self._zookeeper)
        if isinstance(found, Unknown):
            raise KraftError(f"the partitions of {self.where} could not be read: {found.why}", code=NOT_SERVED)
        return found

    def _now(self) -> dict[int, Any]:
        return cluster_check.of_topic(self._read(), self.topic)

    # records

    def _produce(self, turn: int, asked: Wanted) -> Acks:
        acks = self._tool(lambda broker: broker.produce(self.topic, turn, asked, CLIENT))
        refused = cluster_check.refused(acks, asked.records)
        if refused:
            raise KraftError(refused, code=NOT_SERVED)
        return acks

    def _read_back(self, acks: Acks) -> int:
        """Read every acknowledged record; returns how many. Raises KraftError (check-records-lost)."""
        read = set(self._tool(lambda broker: broker.consume(self.topic, CLIENT, acks.written)))
        if cluster_check.lost(acks, read):
            # one that is written twice is counted twice: to the end then
            read |= set(self._tool(lambda broker: broker.consume(self.topic, CLIENT)))
        missing = cluster_check.lost(acks, read)
        if missing:
            raise KraftError(cluster_check.lost_sentence(missing, acks), code=LOST, detail={"missing": missing})
        return len(acks.values & read)

    # where the tools run

    def _brokers(self) -> Iterator[BrokerPod]:
        """The brokers that run, but for the one whose pod is deleted."""
        cluster = self._cluster
        for pod, facts in known(cluster.facts).items():
            if pod != self._avoided and pod in cluster.pods and is_ready(cluster.pods[pod]):
                yield BrokerPod(cluster.client, cluster.namespace, pod, cluster.container, facts)

    def _broker(self) -> BrokerPod:
        found = next(self._brokers(), None)
        if found is None:
            raise KraftError(f"no broker of {self.where} is Ready whose pod could run Kafka's tools", code=NOT_SERVED)
        return found

    def _tool(self, call: Callable[[BrokerPod], Result]) -> Result:
        """Run a tool in a broker's pod; in another one when that pod cannot be reached. Raises KraftError."""
        failed: KraftError | None = None
        for broker in self._brokers():
            try:
                return call(broker)
            except (Unreachable, NotFound) as error:
                failed = error
            except DeadlineExceeded as error:
                raise DeadlineExceeded(error.message, code=NOT_SERVED) from error
        if failed is not None:
            raise failed
        return call(self._broker())


def _since(began: float) -> float:
    return round(time.monotonic() - began, 2)
