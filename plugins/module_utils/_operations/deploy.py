# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster on plain StatefulSets from nothing to serving, its changes, its stop and start, and its end.

Private to the collection. The identity comes first, and every node that has been seen in the cluster is noted in it: from then on an empty volume
of that node is a loss that somebody has to look at, and not a new node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import caught_up, read_quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import is_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, rolling
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy import checks, objects, start
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy import identity as identities
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.changes import (
    Changes,
    Scaling,
    fixed,
    replicas_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.identity import Identity
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.objects import BROKER
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.wanted import NODE_PORT, Wanted
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.marks import (
    pod_settings_hash,
    template_annotation,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.diagnose import why_not_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD, SECRET, STORAGE_CLASS
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict, wait_for
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.controller_roll import ControllerRoll
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.roll_engine import RollEngine, Target
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations.kraft_roll import (
    KraftRoll,
    held_by,
    partitions_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.made import Made
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Forbidden,
    KraftError,
    Refused,
)

Tell = Callable[[str], None]
#: exit status of a shell that does not find, or may not start, what it should run: an image without Kafka
NO_TOOL = (126, 127)


class Deploy:
    """One cluster, and what is done to it. ``open_cluster`` opens it for reading once it is there."""

    def __init__(
        self,
        client: KubeClient,
        params: Mapping[str, Any],
        wanted: Wanted,
        there: Made,
        open_cluster: Callable[[], DirectCluster],
        tell: Tell,
    ) -> None:
        self._client, self._params, self.wanted, self.there = client, params, wanted, there
        self._open, self._tell = open_cluster, tell
        self._cluster: DirectCluster | None = None

    @property
    def cluster(self) -> DirectCluster:
        """The cluster, for reading. Raises Refused where there is none."""
        if self._cluster is None:
            self._cluster = self._open()
        return self._cluster

    # before anything is written

    def problems(self) -> list[Finding]:
        """What keeps the wanted cluster from being made, or from being what it is asked to be."""
        found = checks.problems(self.wanted)
        if found:
            return found  # no object can be made of it
        found = self.there.foreign(self.wanted)
        if found:
            return found
        live = self.there.workloads
        found += fixed(self.wanted, live, objects.objects(self.wanted, Identity("")).workloads, self._running())
        found += checks.secret_problems(self.wanted, self._secrets())
        if not live:
            found += self._storage_problems()
        return found

    def _running(self) -> str:
        """The version that the brokers run, "" when none can be read."""
        item = self.there.workloads.get(BROKER)
        if item is None or not replicas_of(item):
            return ""
        facts: list[ProcessFacts] = list(known(self.cluster.facts).values())
        return next((each.version for each in facts if each.version), "") or ""

    def _secrets(self) -> dict[str, dict[str, Any] | None]:
        security, found = self.wanted.security, {}
        wanted = [security.tls_secret] if security.tls else []
        wanted += [security.users_secret] if security.sasl else []
        for name in filter(None, wanted):
            try:
                found[name] = self._client.find(SECRET, name, self.wanted.namespace)
            except Forbidden:
                self._tell(f"Secret {name} may not be read: what it lacks shows when the pods start")
        return found

    def _storage_problems(self) -> list[Finding]:
        try:
            return checks.storage_problems(self.wanted, self._client.list(STORAGE_CLASS, None))
        except Forbidden:
            return []  # an account of one namespace; the wait for the pods says what is missing

    def identity(self) -> Identity:
        """The identity that is kept, or a new one that is not. Raises Refused (deploy-identity) for volumes without one."""
        kept = self.there.identity
        if kept is not None:
            return kept
        claims = sorted(self.there.claims)
        if claims or self.there.workloads:
            what = ", ".join(claims or [item["metadata"]["name"] for item in self.there.workloads.values()])
            raise Refused(
                f"{what} of {self.wanted.where} exist, and ConfigMap {identities.identity_name(self.wanted.name)} with their cluster id does not: put it back, "
                "or have the volumes deleted first (kraft_deploy_state: absent, kraft_delete_volumes: true)",
                code="deploy-identity",
            )
        return identities.new(self.wanted.controller_ids, dynamic=self.wanted.dynamic)

    def stopped(self) -> bool:
        """Whether it exists and every StatefulSet has 0 replicas."""
        live = self.there.workloads
        return bool(live) and not any(map(replicas_of, live.values()))

    def changes(self) -> Changes:
        """What separates it from the wanted cluster. Raises as identity()."""
        return self.there.changes(self.wanted, self.identity())

    def outdated(self) -> list[str]:
        """Pods that were not made as their StatefulSet says now: a roll that was cut off."""
        live, found = self.there.workloads, []
        for item in live.values():
            digest = template_annotation(item, names.SETTINGS_HASH)
            found += [pod["metadata"]["name"] for pod in self._pods(item) if pod_settings_hash(pod) != digest]
        return found

    def _pods(self, item: Mapping[str, Any]) -> list[dict[str, Any]]:
        uid = item["metadata"]["uid"]
        found = self._client.list(POD, self.wanted.namespace)
        return [
            pod
            for pod in found
            if any(owner.get("uid") == uid for owner in pod["metadata"].get("ownerReferences") or [])
        ]

    # present

    def bring_up(self) -> list[str]:
        """Make it, change it, or start it, until it serves; returns what was done, one line each."""
        identity = self.identity()
        new = not self.there.workloads
        if new:
            self.there.try_out(self.there.changes(self.wanted, identity).objects)
            self.there.try_out(self.there.changes(self.wanted, identity).templates)
        self.there.keep(identity, objects.all_labels(self.wanted, BROKER))
        done = self._write_objects(identity)
        if new:
            done += self._create(identity)
        else:
            self._refuse_held()
            done += self._replace_lost(identity)
            done += self._start()
            done += self._roll(identity)
            done += self._scale()
        self.note_nodes()
        gone = self.there.remove_unused(objects.objects(self.wanted, self.identity(), self.there.node_ports))
        return [*done, *(f"deleted {name}" for name in gone)]

    def _write_objects(self, identity: Identity) -> list[str]:
        """Services first: of a NodePort the brokers' settings have the port that the API server gave it."""
        done = []
        for _round in range(2 if self.wanted.access == NODE_PORT else 1):
            for change in self.there.changes(self.wanted, identity).objects:
                self.there.write(change)
                done.append(change.line)
        return list(dict.fromkeys(done))

    def _create(self, identity: Identity) -> list[str]:
        done = []
        for change in self.there.changes(self.wanted, identity).templates:
            self.there.write(change)
            done.append(change.line)
        try:
            self.wait_ready()
        except Refused as error:
            # seconds old, and nothing was ever written to its volumes
            gone = [*self.there.remove(), *self.there.remove_data()]
            raise Refused(
                f"{error.message}; what was made was deleted again: {', '.join(gone)}", code=error.code
            ) from error
        return done

    def _start(self) -> list[str]:
        """Bring back what is at 0: controllers first, which the brokers look for."""
        done = []
        for role in self._roles():
            item = self.there.workloads.get(role)
            if item is not None and not replicas_of(item):
                count = self.wanted.brokers if role == BROKER else self.wanted.controllers
                self.there.scale(role, self._had(role, count))
                done.append(f"started {item['metadata']['name']}")
        if done:
            self.wait_ready()
        return done

    def _had(self, role: str, wanted: int) -> int:
        """How many a stopped role had: one that comes back is scaled after that, with a look at what it holds."""
        ids = self.identity().nodes
        own = (
            [node for node in ids if (node < self.wanted.controller_id_base) == (role == BROKER)]
            if not self.wanted.combined
            else list(ids)
        )
        return len(own) or wanted

    def _roles(self) -> list[str]:
        return [BROKER] if self.wanted.combined else [names.ROLE_CONTROLLER, BROKER]

    def _roll(self, identity: Identity) -> list[str]:
        """Write the templates, and restart what was not made of them: controllers first."""
        done = []
        for change in self.there.changes(self.wanted, identity).templates:
            self.there.write(change)
            done.append(change.line)
        for role in self._roles():
            done += self.restart_outdated(role)
        return done

    def restart_outdated(self, role: str, named: Iterable[str] | None = None) -> list[str]:
        """Restart the pods of a role that were not made as its StatefulSet says, or those that are named; one line each."""
        item = self.there.workloads[role]
        digest = template_annotation(item, names.SETTINGS_HASH)
        cluster = self.cluster
        cluster.changed()
        target: Target
        if role == BROKER:
            left = {name: cluster.pods[name] for name in named or () if name in cluster.pods}
            target = KraftRoll(cluster, digest, left)
        else:
            target = ControllerRoll(
                cluster, digest, lambda _pod, _facts: "", lambda: None, None if named is None else set(named)
            )
        engine = RollEngine(
            self._client,
            cluster.driver,
            self.wanted.namespace,
            start.CONTAINER,
            self._params["pod_timeout"],
            self._tell,
            recovery_timeout=self._params["recovery_timeout"],
        )
        return [f"restarted {each.pod}" for each in engine.run(target, lambda _restart: None)]

    def _refuse_held(self) -> None:
        """Raise Refused (deploy-replicas-held) before anything is written when brokers that are to go hold replicas, or that cannot be read."""
        for each in self._going():
            leaving = set(range(each.then, each.now))
            held = held_by(self.cluster, leaving)
            if held:
                raise Refused(
                    f"brokers {', '.join(map(str, sorted(leaving)))} are to go, and hold replicas of {rolling.named(held)}; move them to the "
                    "others first (kafka-reassign-partitions), then run deploy.yml again",
                    code="deploy-replicas-held",
                )

    def _going(self) -> list[Scaling]:
        return [
            each
            for each in self.there.changes(self.wanted, self.identity()).scaling
            if each.role == BROKER and 0 < each.then < each.now
        ]

    def _scale(self) -> list[str]:
        done = []
        for each in self.there.changes(self.wanted, self.identity()).scaling:
            if each.then < each.now:
                self._refuse_held()
            self.there.scale(each.role, each.then)
            done.append(f"scaled {each.role}s from {each.now} to {each.then}")
            self._wait_gone(self.there.workloads[each.role], each.then)
            self.wait_ready()
        return done

    # volumes that were lost

    def lost(self) -> dict[str, int]:
        """Pods that do not start since their volume is empty although their node has been part of the cluster, with their node id."""
        found = {}
        for role, item in self.there.workloads.items():
            base = self.wanted.controller_id_base if role != BROKER else 0
            for pod in self._pods(item):
                for status in (pod.get("status") or {}).get("initContainerStatuses") or []:
                    ended = [((status.get(key) or {}).get("terminated") or {}) for key in ("state", "lastState")]
                    if status["name"] == start.INIT_CONTAINER and any(each.get("exitCode") == 1 for each in ended):
                        name = str(pod["metadata"]["name"])
                        text = self._client.pod_log(
                            name, self.wanted.namespace, container=start.INIT_CONTAINER, tail_lines=5
                        )
                        if start.LOST in text:
                            found[name] = base + int(name.rpartition("-")[2])
        return found

    def _replace_lost(self, identity: Identity) -> list[str]:
        """Let the empty volume of one node be formatted when the others have what it had. Raises Refused (deploy-volume-lost) when they do not."""
        lost = self.lost()
        if not lost:
            return []
        why = self._cannot_replace(set(lost.values()))
        if why:
            raise Refused(
                f"the volumes of {', '.join(sorted(lost))} are empty, and these nodes were part of the cluster: {why}. Bring the volumes back; only "
                "if what they had is gone for good, and you know what else is, name the nodes in the ConfigMap "
                f"{identities.identity_name(self.wanted.name)}, key {identities.REPLACED}, and delete their pods",
                code="deploy-volume-lost",
            )
        self.there.keep(identity.replacing(lost.values()), objects.all_labels(self.wanted, BROKER))
        for pod in lost:
            found = self._client.find(POD, pod, self.wanted.namespace)
            if found is not None:  # its variables are those of when it was made
                self.cluster.driver.remove_pod(pod, str(found["metadata"]["uid"]))
        self._tell(
            f"the empty volumes of {', '.join(sorted(lost))} are formatted, since the other nodes have what they had"
        )
        self.wait_ready()
        self.note_nodes()
        return [f"replaced the volume of {pod}" for pod in sorted(lost)]

    def _cannot_replace(self, nodes: set[int]) -> str:
        """Why a node that comes back empty could lose something: the others are no majority, or it is the last one with some records."""
        cluster = self.cluster
        cluster.changed()
        try:
            quorum = read_quorum(cluster)
            if quorum.leader is None:
                return f"the quorum has no leader without them ({quorum.leaderless})"
            voters = set(self.wanted.controller_ids)
            healthy = (caught_up(quorum) & voters) - nodes
            if nodes & voters and len(healthy) * 2 <= len(voters):
                return f"only {len(healthy)} of {len(voters)} controllers have the metadata"
            brokers = nodes if self.wanted.combined else nodes - voters
            alone = sorted(
                name for name, state in held_states(cluster).items() if state.isr and set(state.isr) <= brokers
            )
        except Forbidden:
            raise
        except KraftError as error:
            return f"whether the others have what they had could not be read ({error.message})"
        return f"they are the only ones in the ISR of {rolling.named(alone)}" if alone else ""

    # waits

    def wait_ready(self) -> None:
        """Wait until every pod that should be there is Ready. Raises DeadlineExceeded with the reason; Refused for a volume that was lost."""
        pods = [
            f"{item['metadata']['name']}-{ordinal}"
            for item in self.there.workloads.values()
            for ordinal in range(replicas_of(item))
        ]

        broken: list[str] = []

        def check(found: Mapping[str, Any]) -> Verdict:
            failed = [name for name in pods if name in found and _no_tool(found[name])]
            if failed:
                broken.append(failed[0])
                return Verdict(False, f"{failed[0]} cannot start Kafka", fatal=True)
            ready = [name for name in pods if name in found and is_ready(found[name])]
            missing = [name for name in pods if name not in ready]
            return Verdict(
                not missing, f"{len(ready)} of {len(pods)} pods are Ready, waiting for {', '.join(missing[:3])}"
            )

        try:
            wait_for(
                self._client,
                POD,
                self.wanted.namespace,
                check,
                timeout=self._params["pod_timeout"],
                progress=self._tell,
            )
        except KraftError as error:
            if broken:
                raise Refused(
                    f"image {self.wanted.image} has no {self.wanted.layout.tool('kafka-storage')}: it is no image of Kafka, or kraft_image_layout is not that "
                    "of this image",
                    code="deploy-image",
                ) from error
            reasons = [(pod, why_not_ready(self._client, self.wanted.namespace, pod, start.CONTAINER)) for pod in pods]
            why = "; ".join(f"{pod}: {reason}" for pod, reason in reasons if reason)
            text = f"{error.message}; {why}" if why else error.message
            raise type(error)(text, code=error.code or "deploy-not-ready", detail=error.detail) from error
        if self._cluster is not None:
            self._cluster.changed()

    def note_nodes(self) -> None:
        """Note the nodes that are part of the cluster now; from here on their volumes are not formatted by themselves."""
        identity = self.identity()
        counts = {role: replicas_of(item) for role, item in self.there.workloads.items()}
        seen = set(range(counts.get(BROKER, 0)))
        seen |= {self.wanted.controller_id_base + n for n in range(counts.get(names.ROLE_CONTROLLER, 0))}
        if not seen <= set(identity.nodes) or identity.replaced:
            self.there.keep(identity.with_nodes(seen), objects.all_labels(self.wanted, BROKER))

    # stopped, absent

    def stop(self) -> list[str]:
        """Scale to 0, brokers first: controllers are there until the last broker has said goodbye. Returns one line each."""
        done = []
        for role in reversed(self._roles()):
            item = self.there.workloads.get(role)
            if item is None or not (replicas_of(item) or self._pods(item)):
                continue
            if replicas_of(item):
                self.there.scale(role, 0)
                done.append(f"stopped {item['metadata']['name']}")
            self._wait_gone(item)
        return done

    def _wait_gone(self, item: Mapping[str, Any], left: int = 0) -> None:
        """Wait until no more pods than so many are left."""
        uid = item["metadata"]["uid"]

        def check(found: Mapping[str, Any]) -> Verdict:
            going = sorted(
                name
                for name, pod in found.items()
                if any(owner.get("uid") == uid for owner in pod["metadata"].get("ownerReferences") or [])
                and int(name.rpartition("-")[2]) >= left
            )
            return Verdict(not going, f"waiting until {', '.join(going)} are gone" if going else "they are gone")

        timeout = float(self.wanted.grace + self._params["pod_timeout"])
        wait_for(self._client, POD, self.wanted.namespace, check, timeout=timeout, progress=self._tell)

    def remove(self, *, volumes: bool) -> list[str]:
        """Stop it and delete it; the volumes and the identity only when asked for. Returns one line each."""
        done = self.stop()
        done += [f"deleted {name}" for name in self.there.remove()]
        if volumes:
            done += [f"deleted {name}" for name in self.there.remove_data()]
        return done


def held_states(cluster: DirectCluster) -> dict[rolling.Partition, rolling.Replicas]:
    """The partitions by the quorum, read freshly."""
    cluster.changed(Part.BROKERS, Part.CONTROLLERS)
    return partitions_of(cluster)


def _no_tool(pod: Mapping[str, Any]) -> bool:
    """Whether a pod has failed since its image does not have what it should run."""
    status = pod.get("status") or {}
    for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        for key in ("state", "lastState"):
            if ((container.get(key) or {}).get("terminated") or {}).get("exitCode") in NO_TOOL:
                return True
    return False
