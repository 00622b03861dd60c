# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Strimzi as a platform that leads: the protocol of ``_platform.led``, by its custom resources.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state as kafka_state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb, Wait
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.permissions import Need
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.regions import Region, Turn
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform import operator_pods
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import (
    asking,
    beforehand,
    checks_pools,
    claiming,
    following,
    hints,
    objects,
    permissions,
    pod_sets,
    removing,
    states,
    versions,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.cluster import StrimziCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.following import Shown
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.held_up import HeldUp
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.no_lock import NoLock
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.proof import BRAKES, Proof
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import Judge, under_way
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Claim, Enforcement
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError, Refused


class Strimzi:
    """The platform that Strimzi leads."""

    name = "strimzi"
    #: what it migrates
    oldest = (3, 7)
    #: where it rests is known from its state, the request and the pods
    waits_silently = False

    def __init__(self, cluster: StrimziCluster) -> None:
        self._cluster = cluster
        self.enforcement: Enforcement = NoLock(str(cluster.params["lock_enforcement"]))

    @classmethod
    def claim(cls, client: KubeClient, params: Mapping[str, Any]) -> Claim | None:
        """Claim a cluster that is a Kafka CR of Strimzi. An account that may not read these claims nothing."""
        return claiming.claim(client, params, cls.name)

    @property
    def goes_on_unled(self) -> bool:
        """Whether this version can delete a ``/controller`` that is not there; one that nobody could tell may be one that fails."""
        found = self._cluster.operator_version
        return versions.migrates(found) and not versions.needs_controller(found)

    # before anything is asked

    def findings(self) -> list[Finding]:
        """What would stop the operator, from the custom resources."""
        return beforehand.findings(self._cluster, self.enforcement, started=self.observe().started)

    def needs(self) -> tuple[Sequence[Need], str]:
        """The permissions, and what grants them."""
        return permissions.NEEDS, "docs/rbac-strimzi.yml"

    def plan_lines(self) -> list[str]:
        """What will be asked of the operator."""
        cluster = self._cluster
        made = (
            []
            if res.has_pools(cluster.kafka)
            else [f"KafkaNodePool {res.ADOPTING}, which takes the brokers over without a restart"]
        )
        made += [] if cluster.controllers_pool else [f"KafkaNodePool {cluster.controllers_name} with the controllers"]
        forward = (
            f"plan: set {res.KRAFT} to {res.MIGRATION}: the operator starts the controllers, restarts the brokers for the migration, goes on by "
            f"itself, restarts them again in KRaft mode, and waits in {states.POST_MIGRATION}: pure dual-write, reversible"
        )
        end = (
            f"plan: finalize.yml with kraft_confirm sets {res.KRAFT} to {res.ENABLED}: the operator restarts the controllers, and the brokers "
            "once more (final)"
        )
        return [*(f"plan: create {each}" for each in made), forward, end]

    def check(self) -> None:
        """Raise Refused when the pools are not as a migration needs them, or the controllers' is gone while brokers need it.

        And for a cluster that was born in KRaft mode: its controllers are no rest of an attempt.
        """
        cluster = self._cluster
        cluster.changed()
        born = self._born()
        if born is not None:
            raise Refused(born.sentence, code=born.code)
        gone = checks_pools.controllers_gone(
            cluster.kafka, cluster.controllers_pool, cluster.controllers_claims, self._in_kraft
        )
        if gone is not None:
            raise Refused(gone.sentence, code=gone.code)
        self.enforcement.check()

    def _in_kraft(self) -> list[str]:
        """The brokers that run in KRaft mode."""
        return [pod for pod, mode in self._cluster.modes.items() if mode == kafka_state.MODE_KRAFT]

    def _born(self) -> Finding | None:
        """That the cluster runs in KRaft mode, and no migration has led there; None for every other one."""
        found = beforehand.born(self._cluster)
        return None if found is None or self.observe().started else found

    # where it is

    @property
    def _known(self) -> bool:
        return bool(self._cluster.journal.migration_id or self._cluster.journal.has(states.END))

    def observe(self) -> Progress:
        """What the operator says now."""
        return self._cluster.shown().progress(known=self._known)

    def follow(self, judge: Judge, *, idle: float, progress: Callable[[str], None]) -> Progress:
        """Watch the Kafka CR, its pools and its pods; on the way forward ZooKeeper too, which alone shows that the copy is done."""
        cluster = self._cluster
        proof, held_up = Proof(cluster, progress), HeldUp(cluster)

        def look(shown: Shown) -> str:
            return "; ".join(filter(None, (proof.look(shown), held_up.look(shown))))

        seen = following.follow(
            cluster.client,
            cluster.namespace,
            cluster.name,
            judge,
            known=self._known,
            look=look,
            idle=idle,
            progress=progress,
        )
        cluster.changed()
        return seen

    def hint(self, seen: Progress) -> str:
        """What usually holds it up where it is."""
        del seen
        cluster = self._cluster
        cluster.changed()
        pending = [
            name
            for name, claim in cluster.controllers_claims.items()
            if (claim.get("status") or {}).get("phase") == "Pending"
        ]
        if pending:
            return (
                f"the volume claims {', '.join(pending)} are Pending: look at their events, and at their StorageClass"
            )
        alone = self._alone()
        return (
            hints.alone(cluster.namespace, alone)
            if alone
            else hints.hint(cluster.kafka, pool=bool(cluster.controllers_pools))
        )

    def _alone(self) -> list[str]:
        """Brokers in KRaft mode that keep a rollback from going on: on metadata of an earlier attempt each sees itself alone in its ISRs."""
        cluster = self._cluster
        if not states.turned(cluster.kafka) or states.is_ready(cluster.kafka):
            return []
        try:
            return self._in_kraft() if kafka_state.NOTHING_COPIED in cluster.state.reason else []
        except Forbidden:
            raise
        except KraftError:
            return []

    def why_silent(self) -> str:
        """What the operator's pods show; it may run in a namespace that this account does not see."""
        cluster = self._cluster
        return operator_pods.told(
            lambda: cluster.operator_pods, cluster.namespace, res.OPERATOR_PODS, "Strimzi", "STRIMZI_NAMESPACE"
        )

    # what it is asked

    def refuse(self, verb: Verb) -> None:
        """Raise Refused for what start() would refuse: the operator reports most of it nowhere."""
        self.check()  # whose controllers these are comes before what is wrong with them
        asking.refuse(self._cluster, verb)

    def start(self, verb: Verb) -> list[str]:
        """Make the pools and annotate the Kafka CR."""
        asks = {Verb.MIGRATE: asking.migrate, Verb.FINALIZE: asking.finalize, Verb.ROLLBACK: asking.roll_back}
        return asks[verb](self._cluster)

    def owed(self) -> list[str]:
        """The controllers' node pool, when the migration was asked for and nothing began: a run was killed in between."""
        cluster = self._cluster
        cluster.changed()
        if states.state_of(cluster.kafka) not in ("", states.ZOOKEEPER) or cluster.controllers_pools:
            return []
        if res.asked(cluster.kafka) != res.MIGRATION:
            return []
        return [f"{res.NODE_POOL.kind} {cluster.controllers_name}"]

    def mark(self) -> None:
        """Keep in mind that a rollback was begun, whoever did; on the way forward the volumes carry Strimzi's labels, which are enough."""
        asking.keep_turned(self._cluster)

    def halt(self) -> str:
        """Pull the brake, unless somebody has turned it round already, or it waits in KRaftPostMigration."""
        cluster = self._cluster
        cluster.changed()
        if states.turned(cluster.kafka) or states.state_of(cluster.kafka) == states.POST_MIGRATION:
            return ""
        how = asking.brake(cluster)
        return f"{BRAKES[how == res.PAUSE]} ({how}); do not change that"

    def stop_controllers(self) -> str:
        """Delete the controllers' node pool and volumes; they are gone, or this raises."""
        removing.stop(self._cluster, self.observe())
        return ""

    def answer(self, wait: Wait) -> None:
        """Have the operator go on without controllers."""
        if wait is not Wait.ZNODES:
            raise KraftError(f"Strimzi is not told by an answer about {wait.value}")
        asking.go_on(self._cluster)

    def answered_by(self) -> str:
        """The annotation, set to what it is without a migration."""
        return f"annotation {res.KRAFT} = {res.DISABLED} of Kafka {self._cluster.name}"

    # its end

    def locked(self) -> list[str]:
        """Strimzi locks nothing."""
        return []

    def release(self, progress: Callable[[str], None]) -> list[str]:
        """There is nothing to give back."""
        del progress
        return []

    def exports(self) -> Sequence[Mapping[str, Any]]:
        """The Kafka CR and the node pools as they have to be in git."""
        cluster = self._cluster
        over = states.state_of(cluster.kafka) == states.KRAFT
        return objects.exports(cluster.kafka, cluster.pools, over=over)

    def cannot_remove(self) -> Finding | None:
        """The request is an annotation that has to stay."""
        name = f"Kafka {self._cluster.namespace}/{self._cluster.name}"
        text = f"the request to Strimzi is the annotation {res.KRAFT} of {name}, which stays as it is: there is nothing to delete"
        return finding("wrong-state", name, text)

    def remove_request(self) -> list[str]:
        """Refused: see cannot_remove()."""
        why = self.cannot_remove()
        raise Refused(why.sentence if why else "", code="wrong-state")

    def clean_up(self, progress: Callable[[str], None]) -> list[str]:
        """Delete what is left of the controllers, then our mark."""
        return removing.clean_up(self._cluster, progress)

    def left(self) -> list[str]:
        """What of the attempt still exists; of a cluster that was born in KRaft mode its controllers, which check() keeps."""
        if self._born() is not None:
            return [f"{res.NODE_POOL.kind}/{pool['metadata']['name']}" for pool in self._cluster.controllers_pools]
        return removing.left(self._cluster)

    def objects(self) -> Sequence[Mapping[str, Any]]:
        """The custom resources and StrimziPodSets, for a support bundle."""
        return self._cluster.bundled()

    # a broker taken away

    def unsettled(self) -> str:
        """That a migration is under way, or that pods are not as their StrimziPodSet describes them: the operator is about to roll them."""
        cluster = self._cluster
        cluster.changed(Part.BROKERS)
        asked = pod_sets.manual_rolls([*cluster.statefulsets, *cluster.pods.values()])
        if asked:
            return f"{', '.join(asked)} wait for a restart that somebody asked Strimzi for ({res.MANUAL_ROLL})"
        if not pod_sets.settled(cluster.statefulsets, cluster.pods):
            return f"Strimzi has pods to restart: {pod_sets.signals(cluster.statefulsets, cluster.pods).text}"
        return under_way(self.observe())

    def remove_pod(self, pod: str, uid: str) -> None:
        """Delete the very pod that was read; its StrimziPodSet makes it again."""
        self._cluster.client.delete(POD, pod, self._cluster.namespace, uid=uid)

    # regions

    def regions(self) -> Sequence[Region]:
        """One Kafka CR is one Kafka cluster."""
        return ()

    def turn(self, verb: Verb) -> Turn:
        """Always."""
        del verb
        return Turn()

    def wait_turn(self, verb: Verb, *, idle: float, progress: Callable[[str], None]) -> None:
        """Nobody else is waited for."""

    def turn_lock(
        self, holder: str, *, timeout: float, progress: Callable[[str], None]
    ) -> AbstractContextManager[Callable[[], None]]:
        """Nobody else is kept out."""
        del holder, timeout, progress
        return nullcontext(lambda: None)
