# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster in pure dual-write with every gate open, and a quorum; a test changes what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import journal
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import Quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import PDB, SECRET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.driver import StatefulSets

from tests.unit.plugins.module_utils.fakes import PARAMS, FakeClient, ours, pod, statefulset

VOTERS = "3000@a:9093,3001@b:9093,3002@c:9093"


def facts(version: Any = "3.9.2", **settings: Any) -> Any:
    """A process, by an image with the tools that are needed."""
    return SimpleNamespace(
        version=version,
        settings={key.replace("_", "."): value for key, value in settings.items()},
        tools={"kafka-dump-log": "/opt/kafka/bin/kafka-dump-log.sh"},
        config_path=None,
        options=(),
    )


def quorum(leader: Any = 3000, voters: Any = None, counts: Any = None) -> Any:
    return Quorum(leader, 1, 9, {3000: 0, 3001: 0, 3002: 0} if voters is None else voters, "jolokia", {}, counts or {})


class FakeCluster(SimpleNamespace):
    """A cluster in pure dual-write with every gate open; a test changes what it is about."""

    def __init__(self, **changed: Any) -> None:
        view = SimpleNamespace(brokers={}, assigned_brokers={0, 1, 2}, broker_is_controller=False, under_replicated=())
        base = {
            "name": "kafka",
            "namespace": "n",
            "params": {**PARAMS, "confirm": ["kafka"], "soak": 86400},
            "client": FakeClient(),
            "state": state.ClusterState(state.PURE, "every broker runs in KRaft mode"),
            "modes": dict.fromkeys(("kafka-0", "kafka-1", "kafka-2"), state.MODE_KRAFT),
            "flags": dict.fromkeys(("kafka-kraft-0", "kafka-kraft-1", "kafka-kraft-2"), True),
            "pods": {f"kafka-{n}": pod(f"kafka-{n}", uid=f"uid-kafka-{n}") for n in range(3)},
            "facts": {f"kafka-{n}": facts() for n in range(3)},
            "pod_of_broker": {n: f"kafka-{n}" for n in range(3)},
            "statefulsets": [at_stage("kafka", "kraft")],
            "image": "apache/kafka:3.9.2",
            "config_maps": {},
            "controllers": ours(statefulset("kafka-kraft")),
            "controllers_name": "kafka-kraft",
            "controller_pods": {f"kafka-kraft-{n}": pod(f"kafka-kraft-{n}", uid=f"uid-{n}") for n in range(3)},
            "controller_facts": {f"kafka-kraft-{n}": facts(controller_quorum_voters=VOTERS) for n in range(3)},
            "controller_ids": {3000 + n: f"kafka-kraft-{n}" for n in range(3)},
            "zookeeper_connect": "zookeeper:2181/kafka",
            "journal": journal.Journal("kafka", pure_since=ago(2 * 86400)),
            "view": view,
            "route": SimpleNamespace(chroot="/kafka"),
            "others": (),
            "elsewhere": {},
        }
        super().__init__(**{**base, **changed})
        self.driver = StatefulSets(self)  # type: ignore[arg-type]  # what the driver needs of a cluster is here

    def read_partitions(self) -> Any:
        """What ZooKeeper shows, with the states of the partitions."""
        return self.view

    @property
    def all_statefulsets(self) -> list[Any]:
        """Those of the brokers and of the controllers."""
        return [*self.statefulsets, *([self.controllers] if self.controllers else [])]

    @property
    def has_controllers(self) -> bool:
        return self.controllers is not None

    @property
    def controllers_wanted(self) -> int:
        return self.controllers["spec"].get("replicas", 1) if self.controllers else 0

    @property
    def budgets(self) -> Any:
        """The PodDisruptionBudgets of the fake API server."""
        return self.client.list(PDB, self.namespace)

    def secret(self, name: str) -> Any:
        """A Secret of the fake API server."""
        return self.client.find(SECRET, name, self.namespace)

    def changed(self, *_parts: Any) -> None:
        """Everything is read afresh here."""


def cluster_with(**changed: Any) -> Any:
    """A FakeCluster that passes for a real one."""
    return FakeCluster(**changed)


def at_stage(name: str, stage: str, digest: str = "new", **spec: Any) -> Any:
    """A StatefulSet whose template is at a stage."""
    item = statefulset(name, **spec)
    item["spec"]["template"]["metadata"] = {"annotations": {names.STAGE: stage, names.SETTINGS_HASH: digest}}
    return item


def ago(seconds: Any) -> Any:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
