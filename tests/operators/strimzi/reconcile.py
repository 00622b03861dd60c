# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One pass over a Kafka CR: certificates, ZooKeeper, the nodes, the roll, the next state, the status. In Strimzi's order."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable, Sequence

from . import api as times
from . import layout, machine, messages, names, objects, rolls, status, validation, waiting
from .api import Api
from .authority import Authority
from .ensemble import Ensemble
from .kafka_wire import KafkaError
from .layout import Pool, nodes
from .names import (
    BROKER,
    CONTROLLER,
    KAFKA,
    MIGRATION,
    POD_SET,
    POOL,
    PRE_KRAFT,
    Object,
    Phase,
    wanted,
)
from .roller import Roller
from .status import Draft
from .switches import Switches
from .validation import FailureError, SilentError

log = logging.getLogger("AbstractOperator")


class Pass:
    """One pass. It keeps nothing: everything is read from the CR, its pools and the pods."""

    def __init__(self, api: Api, cr: Object, found: Switches) -> None:
        self._api = api
        self._cr = cr
        self._switches = found
        self._name = cr["metadata"]["name"]
        self._state, self._value = names.state_of(cr), machine.value_of(cr)
        self._draft = Draft()
        self._phase = Phase.ZK
        self._tls: ssl.SSLContext | None = None
        self._pools: Sequence[Pool] = ()

    def run(self) -> None:
        """Do all of it; what goes wrong is in the status, or where Strimzi has it, in the log alone."""
        if wanted(self._cr, names.PAUSE):
            self._write(status.paused(self._cr, times.now(), keeps=self._switches.pause_keeps))
            return
        try:
            self._phase = machine.phase(self._state, self._value)
            validation.before(self._cr, self._phase)
        except machine.InvalidStateError as error:
            self._silent("java.lang.IllegalArgumentException", str(error))
            return
        except SilentError as error:
            self._silent(error.kind, error.message)
            return
        if not self._cr.get("status"):
            self._write(status.deploying(self._cr, times.now()))
            self._cr = self._api.get(KAFKA, self._name) or self._cr
        version = self._switches.version
        self._draft.warnings += validation.warnings(self._cr, self._phase, version)
        try:
            self._reconcile()
        except FailureError as error:
            log.warning(
                "Reconciliation of Kafka(%s/%s) failed: %s: %s", self._api.namespace, self._name, error.reason, error
            )
            self._write(status.failed(self._cr, self._draft, error, times.now()))
            return
        self._write(status.ready(self._cr, self._draft, version, times.now()))

    def _silent(self, kind: str, message: str) -> None:
        log.warning("Failed to reconcile Kafka(%s/%s): %s: %s", self._api.namespace, self._name, kind, message)

    def _write(self, made: Object) -> None:
        if not status.same(self._cr.get("status"), made):
            self._api.put_status(self._cr, made)

    def _reconcile(self) -> None:
        authority = Authority(self._api, self._cr)
        self._draft.authority = authority.ensure()
        self._tls = self._api.tls(self._name)
        ensemble = Ensemble(self._api, self._cr, self._switches)
        if self._phase < Phase.KRAFT:
            ensemble.reconcile(authority)
            if machine.rolling_back(self._state, self._value):
                ensemble.delete_znodes(self._tls)
        elif self._state == PRE_KRAFT:
            ensemble.erase()
        found = [pool for pool in self._api.list(POOL, f"{names.CLUSTER_LABEL}={self._name}") if _stays(pool)]
        self._pools = layout.pools(self._cr, found)
        validation.check(self._cr, self._pools, self._phase)
        self._draft.pools = self._pools
        self._kafka(authority)
        self._next_state()

    # -- Kafka --------------------------------------------------------------------------------------------------------------------

    def _kafka(self, authority: Authority) -> None:
        cr, pools = self._cr, self._pools
        self._api.apply(objects.network_policy(cr, "kafka"))
        waiting.claims(self._api, objects.claims(cr, pools), slow=self._switches.slow_claims > 0)
        cluster_id = self._cluster_id()
        self._pool_statuses(cluster_id)
        for body in objects.kafka_services(cr):
            self._api.apply(body)
        authority.kafka([node.pod for node in nodes(pools)])
        for node in nodes(pools):
            self._api.apply(objects.node_config(cr, node, pools, self._phase, cluster_id))
        self._api.apply(objects.budget(cr, "kafka", len(list(nodes(pools)))))
        bodies = []
        for pool in pools:
            made = objects.pod_set(cr, pool, pools, self._phase, self._switches.version)
            self._api.apply(made)
            bodies += made["spec"]["pods"]
        self._drop_pod_sets({pool.pod_set for pool in pools})
        waiting.there(self._api, bodies)
        if self._switches.slow_pass:
            time.sleep(self._switches.slow_pass)
        self._roll(bodies)
        waiting.ready(self._api, bodies)
        self._draft.cluster_id = cluster_id or self._ask_cluster_id()
        if not cluster_id:
            self._pool_statuses(self._draft.cluster_id)
        if self._phase == Phase.KRAFT:
            self._draft.metadata_version = validation.metadata_version(cr)

    def _cluster_id(self) -> str:
        """Return the id that is known; controllers of a cluster without ZooKeeper get a new one."""
        known = str((self._cr.get("status") or {}).get("clusterId") or "")
        if known:
            return known
        for node in nodes(self._pools):
            config = self._api.get("ConfigMap", node.pod)
            if config and config["data"].get("cluster.id"):
                return str(config["data"]["cluster.id"])
        if self._phase == Phase.KRAFT:
            import base64
            import uuid

            return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        return self._ask_cluster_id() if self._phase > Phase.ZK else ""

    def _ask_cluster_id(self) -> str:
        assert self._tls is not None
        for node in nodes(self._pools, BROKER):
            try:
                with self._api.kafka(self._name, node.pod, self._tls) as client:
                    return client.metadata().cluster
            except KafkaError as error:
                log.info("%s", error)
        raise FailureError("RuntimeException", "Failed to get the cluster id")

    def _pool_statuses(self, cluster_id: str) -> None:
        for pool in self._pools:
            made = status.pool(pool, cluster_id)
            if pool.owner["kind"] == POOL and not status.same(pool.owner.get("status"), made):
                self._api.put_status(pool.owner, made)

    def _drop_pod_sets(self, kept: set[str]) -> None:
        """Delete the pod sets of pools that are not there any more."""
        for found in self._api.list(POD_SET, f"{names.NAME_LABEL}={self._name}-kafka"):
            if found["metadata"]["name"] not in kept:
                self._api.delete(POD_SET, found["metadata"]["name"])

    def _roll(self, bodies: Sequence[Object]) -> None:
        assert self._tls is not None
        roller = Roller(self._api, self._name, self._tls, nodes(self._pools), self._dies(bodies))
        try:
            roller.roll({body["metadata"]["name"]: status.revision(body) for body in bodies})
        except rolls.RollError as error:
            raise FailureError(error.reason, str(error)) from error

    def _dies(self, bodies: Sequence[Object]) -> Callable[[str], bool]:
        """Return what tells whether the switch ends the operator: after the first restart of the roll that it names."""

        def dies(role: str) -> bool:
            if f"{role}s-{_ROLL_NAMES[self._phase]}" != self._switches.die:
                return False
            mine = [body for body in bodies if wanted(_labelled(body), names.CONTROLLER_LABEL) == (role == CONTROLLER)]
            there = [self._api.get("Pod", body["metadata"]["name"]) for body in mine]
            done = [
                pod
                for pod, body in zip(there, mine, strict=True)
                if pod and status.revision(pod) == status.revision(body)
            ]
            return len(done) == 1

        return dies

    # -- the next state -----------------------------------------------------------------------------------------------------------

    def _next_state(self) -> None:
        copied = False
        if machine.asks_copy(self._state, self._value):
            copied = self._ask_copy()
        after, warning = machine.following(
            self._state, self._value, copied=copied, stuck=self._switches.stuck, version=self._switches.version
        )
        if warning:
            self._draft.warnings.append((messages.STATE_WARNING, warning))
        if after != self._state:
            log.info("%s", messages.moved(self._state, after, self._value))
        self._draft.state = after

    def _ask_copy(self) -> bool:
        assert self._tls is not None
        answers = []
        for node in nodes(self._pools, CONTROLLER):
            said = self._api.agent(self._name, node.pod, self._tls, "/v1/kraft-migration/")
            answers.append(None if said is None else int(said["state"]))
        copied = machine.copied(answers)
        if copied is None:
            raise FailureError("Throwable", messages.STATE_CHECK)
        return copied


_ROLL_NAMES = {
    Phase.ZK: "zk",
    Phase.PRE_MIGRATION: "none",
    Phase.MIGRATION: MIGRATION,
    Phase.POST_MIGRATION: "post-migration",
    Phase.KRAFT: "kraft",
}


def _labelled(body: Object) -> Object:
    return {"metadata": {"annotations": body["metadata"]["labels"]}}


def _stays(pool: Object) -> bool:
    return "deletionTimestamp" not in pool["metadata"]
