# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One fixture cluster on its way to KRaft and back, looked at by other means than the collection's own."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import is_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient, connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import (
    CONFIG_MAP,
    PDB,
    POD,
    PVC,
    SECRET,
    SERVICE,
    STATEFUL_SET,
)

from tests.e2e.fleet import Cluster, Outcome, canary, cluster
from tests.e2e.places import Place
from tests.sandbox.fixtures import FixtureSpec, create_topics

FINAL: dict[str, Any] = {"kraft_confirm": "kafka", "kraft_soak": 0}
CONTROLLERS = f"{names.LABEL_CLUSTER}=kafka,{names.LABEL_ROLE}={names.ROLE_CONTROLLER}"
BROKER = r"kafka(-[a-z])?-\d"
KINDS = (STATEFUL_SET, SERVICE, PDB, PVC, CONFIG_MAP, SECRET)


@dataclass
class Trip:
    """One cluster on its way there and back, and what it was at the start."""

    place: Place
    objects: set[str] = field(default_factory=set)
    templates: dict[str, Any] = field(default_factory=dict)

    @property
    def target(self) -> Cluster:
        """The cluster."""
        return self.place.cluster

    def remember(self) -> None:
        """Keep what a rollback has to restore."""
        self.objects, self.templates = self.names(), self.specs()

    def names(self) -> set[str]:
        """Every object that a migration could make or delete, but for the journal, which stays."""
        client: KubeClient = self.place.client
        return {
            f"{kind.kind}/{item['metadata']['name']}"
            for kind in KINDS
            for item in client.list(kind, self.place.namespace)
            if item["metadata"]["name"] != "kraft-migration-kafka"
        }

    def specs(self) -> dict[str, Any]:
        """Template, strategy and annotations of the brokers' StatefulSets."""
        return {
            item["metadata"]["name"]: (
                item["spec"]["template"],
                item["spec"]["updateStrategy"],
                item["metadata"].get("annotations"),
            )
            for item in self.place.client.list(STATEFUL_SET, self.place.namespace)
            if item["metadata"]["name"].startswith("kafka")
        }

    def made_of(self) -> dict[str, Any]:
        """Every object that a migration makes or changes, without what differs from one run to the next."""
        found = {}
        for kind in KINDS:
            for item in self.place.client.list(kind, self.place.namespace):
                name = item["metadata"]["name"]
                if name == "kraft-migration-kafka":
                    continue
                marks = {
                    key: value
                    for key, value in (item["metadata"].get("annotations") or {}).items()
                    if not key.endswith(("/cr-lock", "/cr-lock-holder")) and "volume" not in key
                }
                spec = dict(item.get("spec") or {})
                for key in ("volumeName", "clusterIP", "clusterIPs"):
                    spec.pop(key, None)
                kept = {
                    "spec": spec,
                    "data": item.get("data"),
                    "annotations": marks,
                    "labels": item["metadata"].get("labels"),
                }
                found[f"{kind.kind}/{name}"] = kept
        found["topics"] = self.topics()
        return found

    def pods(self) -> dict[str, str]:
        """Broker pod to its uid."""
        return {
            pod["metadata"]["name"]: pod["metadata"]["uid"]
            for pod in self.place.client.list(POD, self.place.namespace)
            if re.fullmatch(BROKER, pod["metadata"]["name"])
        }

    def settle(self) -> None:
        """Wait until a run that was killed has ended to the last process, and every broker is Ready."""
        time.sleep(1.5)
        deadline = time.monotonic() + 120
        while True:
            pods = [
                pod
                for pod in self.place.client.list(POD, self.place.namespace)
                if re.fullmatch(BROKER, pod["metadata"]["name"])
            ]
            if len(pods) == self.target.fixture.spec.brokers and all(map(is_ready, pods)):
                return
            assert time.monotonic() < deadline, "not every broker became Ready"
            time.sleep(0.5)

    def run(self, playbook: str, **variables: Any) -> Outcome:
        """Run a playbook that has to succeed."""
        done = self.target.play(playbook, **variables)
        assert done.status == 0, done.output
        return done

    def state(self) -> str:
        """The state as status.yml says it."""
        found: str = self.run("status").result("Status")["state"]
        return found

    def znode(self, path: str) -> dict[str, Any] | None:
        """A JSON znode, None when it is not there."""
        with self.place.zookeeper() as zk:
            if not zk.exists(path):
                return None
            found: dict[str, Any] = json.loads(zk.get(path)[0])
            return found

    def topics(self) -> dict[str, str]:
        """Topic to its retention.ms, as the brokers say it by Kafka's own tool, whatever mode they run in."""
        script = (
            "unset KAFKA_OPTS KAFKA_JMX_OPTS JMX_PORT; cd /opt/kafka/bin 2>/dev/null && t=./kafka-topics.sh || t=kafka-topics; "
            "$t --bootstrap-server localhost:9092 --describe"
        )
        seen = self.target.fixture.kube.exec(self.place.namespace, "kafka-0", ["bash", "-c", script], timeout=120)
        found = {}
        for line in seen.text.splitlines():
            head = re.match(r"Topic: (\S+)\s+TopicId: (\S+)\s+PartitionCount: (\d+).*Configs: ?(.*)", line)
            if head and not head[1].startswith("__"):
                retention = re.search(r"retention\.ms=(\d+)", head[4])
                found[head[1]] = f"{head[3]} {retention[1] if retention else '-'}"
        assert found, seen.text
        return found

    def kafka(self, command: str) -> None:
        """Run kafka-topics or kafka-configs with arguments in a broker's pod."""
        tool, _blank, rest = command.partition(" ")
        script = (
            "unset KAFKA_OPTS KAFKA_JMX_OPTS JMX_PORT; cd /opt/kafka/bin 2>/dev/null && "
            f"t=./{tool}.sh || t={tool}; $t --bootstrap-server localhost:9092 {rest}"
        )
        done = self.target.fixture.kube.exec(self.place.namespace, "kafka-0", ["bash", "-c", script], timeout=120)
        assert done.status == 0, done.text

    def make(self, *lines: str) -> None:
        """Create topics: name, partitions, replication factor, settings."""
        create_topics(self.target.fixture.kube, self.place.namespace, "kafka-0", list(lines))

    def check_plain(self) -> None:
        """Nothing of the attempt is left: objects, templates, znodes, lock."""
        # with sentences: outside of pytest an assert says nothing by itself
        found, specs = self.names(), self.specs()
        assert found == self.objects, f"left over: {sorted(found - self.objects)}; gone: {sorted(self.objects - found)}"
        changed = {
            name: (self.templates.get(name), spec) for name, spec in specs.items() if spec != self.templates.get(name)
        }
        assert specs == self.templates, f"StatefulSets that are not as they were (before, now): {changed}"
        assert self.znode("/migration") is None, f"/migration is still there: {self.znode('/migration')}"
        held = self.znode("/controller")
        assert held is not None, "nobody holds /controller"
        assert held["kraftControllerEpoch"] == -1, f"/controller is not a broker's: {held}"
        now = self.state()
        assert now == "ZOOKEEPER", f"the cluster is {now}"

    def roll_back(self) -> Outcome:
        """Roll back, then again with nothing left to change."""
        done = self.run("rollback")
        again = self.run("rollback")
        assert again.changed == []
        return done

    def active_controller(self) -> str:
        """The pod of the controller that leads the quorum."""
        healthy = self.target.play("setup", "--tags", "SetupKRaftControllerHealthy")
        assert healthy.status == 0, healthy.output
        return f"kafka-kraft-{healthy.result('SetupKRaftControllerHealthy')['leader'] - 1000}"

    def renew(self, pod: str, seconds: float = 90.0) -> None:
        """Delete a pod, as a drain does, and wait until its successor is Ready."""
        client, namespace = self.place.client, self.place.namespace
        uid = client.get(POD, pod, namespace)["metadata"]["uid"]
        client.delete(POD, pod, namespace, uid=uid)

        def renewed() -> bool:
            now = client.find(POD, pod, namespace)
            return now is not None and now["metadata"]["uid"] != uid and is_ready(now)

        until(renewed, f"{pod} did not come back", seconds)

    def restarted(self, before: dict[str, str]) -> list[str]:
        """Broker pods that are not the ones of before."""
        return sorted(pod for pod, uid in self.pods().items() if before.get(pod) != uid)


def until(what: Callable[[], bool], sentence: str, seconds: float = 90.0) -> None:
    """Wait until something is so; fails with the sentence."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, sentence
        time.sleep(0.5)


@contextmanager
def quiet(spec: FixtureSpec, folder: Path) -> Iterator[Trip]:
    """A cluster without clients."""
    client = connect({})
    try:
        with cluster(spec, folder) as target:
            target.variables["kraft_restart_interval"] = 0
            yield Trip(Place(target, client))
    finally:
        client.close()


@contextmanager
def trip(spec: FixtureSpec, folder: Path) -> Iterator[Trip]:
    """A cluster with live traffic; every acknowledged record has to be there at the end."""
    with quiet(spec, folder) as found:
        with canary(found.target, dns_ttl=1) as figures:
            found.remember()
            found.make("old-1 1 3", "old-2 1 3", "old-3 1 3")
            yield found
        print(figures)
        assert figures["ok"], figures
