# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roller: restarts the pods with an old revision one by one, as KafkaRoller does; the rules are in rolls.py."""

from __future__ import annotations

import logging
import os
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from tests.sandbox.kube import pod_ready

from . import messages, rolls
from .api import Api
from .kafka_wire import KafkaError
from .layout import Node
from .names import BROKER, CONTROLLER, MANUAL_ROLL, OPERATION_TIMEOUT, Object, wanted
from .rolls import Candidate, FatalError, ForceableError, Quorum, RollError, UnforceableError
from .status import revision

log = logging.getLogger("KafkaRoller")
#: seconds between two looks at a pod
LOOK = 0.3
_STUCK = ("CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull")
_RECOVERY = 2
#: seconds: a claim that was just made is not bound at once
_PATIENCE = 10.0


class Reason(NamedTuple):
    """Why a pod is restarted: word of the event, sentence."""

    word: str
    sentence: str


class Roller:
    """The pods of one cluster in one pass. die: tells whether the operator ends after the first restart of a roll."""

    def __init__(
        self, api: Api, cluster: str, tls: ssl.SSLContext, nodes: Sequence[Node], die: Callable[[str], bool]
    ) -> None:
        self._api = api
        self._cluster = cluster
        self._tls = tls
        self._nodes = {node.pod: node for node in nodes}
        self._die = die

    def roll(self, wanted_revisions: Mapping[str, str]) -> None:
        """Roll the controllers, and when all of them are done, the brokers. Raises RollError."""
        for role in (CONTROLLER, BROKER):
            group = [node for node in self._nodes.values() if (CONTROLLER in node.pool.roles) == (role == CONTROLLER)]
            self._group(role, {node.pod: wanted_revisions[node.pod] for node in group})

    def _group(self, role: str, revisions: Mapping[str, str]) -> None:
        found = {name: self._api.get("Pod", name) for name in revisions}
        candidates = [Candidate(self._nodes[name].id, name, pod_ready(pod)) for name, pod in found.items() if pod]
        left = {one.pod: (0, 0.0) for one in rolls.order(candidates)}
        trouble: RollError | None = None
        while left:
            pod = min(left, key=lambda name: left[name][1])
            time.sleep(max(0.0, left[pod][1] - time.monotonic()))
            attempt = left[pod][0] + 1
            try:
                self._one(role, pod, revisions[pod], [name for name in left if name != pod])
                del left[pod]
            except FatalError:
                raise
            except RollError as error:
                pause = rolls.delay(attempt)
                log.info("Pod %s: %s, attempt %d", pod, error, attempt)
                if pause >= 0:
                    left[pod] = (attempt, time.monotonic() + pause)
                    continue
                del left[pod]
                last = self._last(role, pod, error)
                trouble = trouble or last
        if trouble:
            raise trouble

    def _last(self, role: str, pod: str, error: RollError) -> RollError | None:
        """Do what is left after the last attempt: restart by force, if the cluster bears it; returns the error otherwise."""
        if not isinstance(error, ForceableError):
            return error
        try:
            self._may(role, self._nodes[pod])
        except UnforceableError as refused:
            return refused
        self._restart(role, pod, Reason("PodForceRestartOnError", "Pod needs to be forcibly restarted due to an error"))
        return None

    def _one(self, role: str, name: str, revision_: str, others: Sequence[str]) -> None:
        """Look at one pod and restart it if it has to be. Raises RollError."""
        pod = self._api.get("Pod", name)
        if pod is None:
            return
        reason = _reason(pod, revision_)
        if not pod_ready(pod):
            if _stuck(pod):
                if reason is None:
                    raise FatalError(messages.NOT_STARTING)
                self._restart(role, name, reason)
                return
            self._await_ready(name, f"Error while waiting for pod {name} to be ready")
        if reason is None:
            return
        node = self._nodes[name]
        if role == BROKER:
            self._look_at_broker(node)
        if others and self._leads(role, node):
            raise ForceableError(f"Pod {name} is the active controller and there are other pods to verify first")
        self._may(role, node)
        self._restart(role, name, reason)

    # -- what Kafka says ----------------------------------------------------------------------------------------------------------

    def _look_at_broker(self, node: Node) -> None:
        state = (self._api.agent(self._cluster, node.pod, self._tls, "/v1/broker-state/") or {}).get("brokerState")
        if state == _RECOVERY:
            raise UnforceableError(f"Pod {node.pod} is not ready because the Kafka node is performing log recovery")
        try:
            with self._api.kafka(self._cluster, node.pod, self._tls) as client:
                client.broker_settings(node.id)
        except KafkaError as error:
            log.warning("%s: %s", node.pod, error)
            raise ForceableError("Error getting broker config") from error

    def _leads(self, role: str, node: Node) -> bool:
        if role == CONTROLLER:
            return self._quorum(node).leader == node.id
        try:
            with self._api.kafka(self._cluster, node.pod, self._tls) as client:
                return client.metadata().controller == node.id
        except KafkaError as error:
            raise UnforceableError("An error while trying to determine the active controller") from error

    def _quorum(self, node: Node) -> Quorum:
        """Ask the brokers for the quorum; in ZooKeeper mode all of them refuse."""
        for broker in self._brokers():
            try:
                with self._api.kafka(self._cluster, broker, self._tls) as client:
                    return client.quorum()
            except KafkaError as error:
                log.info("%s: %s", broker, error)
        raise UnforceableError(f"Error while determining the possibility of rolling controller pod {node.pod}")

    def _brokers(self) -> list[str]:
        return sorted(node.pod for node in self._nodes.values() if BROKER in node.pool.roles)

    def _may(self, role: str, node: Node) -> None:
        """Raise UnforceableError when the cluster cannot bear that a node is restarted."""
        if role == CONTROLLER:
            if not rolls.quorum_bears(node.id, self._quorum(node)):
                raise UnforceableError(messages.not_now(node.pod))
            return
        for broker in [node.pod, *(name for name in self._brokers() if name != node.pod)]:
            try:
                with self._api.kafka(self._cluster, broker, self._tls) as client:
                    blockers = rolls.broker_blockers(node.id, client.partitions())
            except (KafkaError, KeyError) as error:
                log.info("%s: %s", broker, error)
                continue
            for line in blockers:
                log.info("%s", line)
            if blockers:
                raise UnforceableError(messages.not_now(node.pod))
            return
        raise UnforceableError(messages.not_now(node.pod))

    # -- restarts -----------------------------------------------------------------------------------------------------------------

    def _restart(self, role: str, name: str, reason: Reason) -> None:
        pod = self._api.get("Pod", name)
        if pod is None:
            return
        uid = pod["metadata"]["uid"]
        log.info("Rolling Pod %s due to [%s]", name, reason.sentence)
        self._api.event(name, uid, *reason)
        self._api.delete("Pod", name)
        deadline = time.monotonic() + OPERATION_TIMEOUT
        while (self._api.get("Pod", name) or {"metadata": {"uid": uid}})["metadata"]["uid"] == uid:
            if time.monotonic() > deadline:
                raise FatalError(f"Pod {name} is not recreated")
            time.sleep(LOOK)
        if self._die(role):
            log.critical("the operator ends in this roll, by the switch die")
            logging.shutdown()
            os._exit(137)
        self._await_ready(name, f"Error while waiting for restarted pod {name} to become ready")

    def _await_ready(self, name: str, error: str) -> None:
        deadline = time.monotonic() + OPERATION_TIMEOUT
        while True:
            pod = self._api.get("Pod", name)
            if pod and pod_ready(pod):
                return
            if (pod and _stuck(pod)) or time.monotonic() > deadline:
                raise FatalError(error)
            time.sleep(LOOK)


def _reason(pod: Object, revision_: str) -> Reason | None:
    if revision(pod) != revision_:
        return Reason(*messages.OLD_REVISION)
    return Reason(*messages.MANUAL) if wanted(pod, MANUAL_ROLL) else None


def _stuck(pod: Object) -> bool:
    """Tell whether a pod will not start by waiting."""
    states = [one.get("state") or {} for one in pod["status"].get("containerStatuses") or []]
    if any((state.get("waiting") or {}).get("reason") in _STUCK for state in states):
        return True
    return any(
        c["type"] == "PodScheduled"
        and c.get("reason") == "Unschedulable"
        and _age(str(c["lastTransitionTime"])) > _PATIENCE
        for c in pod["status"].get("conditions") or []
    )


def _age(text: str) -> float:
    """Return how many seconds ago a time of Kubernetes was."""
    return (datetime.now(UTC) - datetime.fromisoformat(text)).total_seconds()
