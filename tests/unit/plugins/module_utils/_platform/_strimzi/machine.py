# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Strimzi's state machine in miniature: one pass for each look at the Kafka CR, brokers restarted in it, znodes as Kafka leaves them.

From the table of passes that the operator was seen to follow; a pause makes it forget its state, as its source has it.
"""

from __future__ import annotations

import threading
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.handover import Heads, Removal

from tests.unit.plugins.module_utils._platform._strimzi import crs
from tests.unit.plugins.module_utils._platform._strimzi.scene import Cluster, heads, process

ZOOKEEPER, MIGRATING, KRAFT = "zookeeper", "migrating", "kraft"
MODES = {
    ZOOKEEPER: {},
    MIGRATING: {"zookeeper_metadata_migration_enable": "true"},
    KRAFT: {"process_roles": "broker"},
}
#: state and request to the brokers' mode and the next state
PASSES = {
    ("ZooKeeper", "disabled"): (ZOOKEEPER, "ZooKeeper"),
    ("ZooKeeper", "migration"): (ZOOKEEPER, "KRaftMigration"),
    ("KRaftMigration", "migration"): (MIGRATING, "KRaftDualWriting"),
    ("KRaftMigration", "disabled"): (ZOOKEEPER, "ZooKeeper"),
    ("KRaftDualWriting", "migration"): (KRAFT, "KRaftPostMigration"),
    ("KRaftDualWriting", "rollback"): (MIGRATING, "KRaftDualWriting"),
    ("KRaftDualWriting", "disabled"): (ZOOKEEPER, "ZooKeeper"),
    ("KRaftPostMigration", "rollback"): (MIGRATING, "KRaftDualWriting"),
    ("KRaftPostMigration", "enabled"): (KRAFT, "PreKRaft"),
    ("PreKRaft", "enabled"): (KRAFT, "KRaft"),
}


class Machine:
    """Runs in a thread while the ``with`` block does.

    :ivar holds: a state in which it makes no further pass.
    :ivar forgets: whether nothing but a condition is left of the status when it sees that it is paused.
    :ivar passes: what it went through, each state once.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.cluster, self.api = cluster, cluster.api
        self.holds = ""
        self.passes: list[str] = []
        self.copies = self.forgets = True
        self.offset: int | None = None
        self.kraft_holds = False
        self._revision = 1
        self._mode = ZOOKEEPER
        self._told = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.failed: BaseException | None = None

    def __enter__(self) -> Machine:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        self._thread.join()
        assert self.failed is None, self.failed

    def _run(self) -> None:
        try:
            while not self._stop.wait(0.02):
                self._pass()
        except Exception as error:  # noqa: BLE001 - what goes wrong in the thread is the test's to see; pylint: disable=broad-exception-caught
            self.failed = error

    def _pass(self) -> None:
        self._collect()
        kafka = self.api.get(res.KAFKA, "kafka", "n")
        asked, status = res.asked(kafka), kafka["status"]
        state = status.get("kafkaMetadataState") or "ZooKeeper"
        if res.is_paused(kafka):
            before = {} if self.forgets else status
            self._say({**before, "conditions": [self._condition(crs.PAUSED)]}, kafka)
            return
        if state == self.holds:
            return
        pools = [item for item in self.api.list(res.NODE_POOL, "n") if "controller" in item["spec"]["roles"]]
        if asked == "disabled" and state == "KRaftDualWriting":
            self.kraft_holds = False  # it deletes /controller before anything is checked
        if bool(pools) != (asked != "disabled") and (state, asked) in PASSES:
            self._say({**status, "conditions": [self._condition(crs.WITHOUT_POOL)]}, kafka)
            return
        mode, after = PASSES.get((state, asked), ("", state))
        if mode:
            self._controllers(pools)
            self._roll(mode)
        conditions = [crs.READY]
        if (state, asked) == ("KRaftDualWriting", "rollback"):
            conditions = [crs.RESTS, crs.READY]
        self._say({**status, "kafkaMetadataState": after, "conditions": list(map(self._condition, conditions))}, kafka)

    def _condition(self, of: Any) -> Any:
        return {**of, "lastTransitionTime": f"2026-11-29T04:00:{self._told:02}Z"}

    def _say(self, status: Any, kafka: Any) -> None:
        """Write the status, if it says something new; times alone are nothing new."""

        def bare(of: Any) -> Any:
            return {
                **of,
                "conditions": [
                    {key: value for key, value in item.items() if key != "lastTransitionTime"}
                    for item in of["conditions"]
                ],
            }

        if bare(status) == bare(kafka["status"]):
            return
        self._told += 1
        status["conditions"] = [self._condition(item) for item in status["conditions"]]
        with self.api.lock:
            now = self.api.get(res.KAFKA, "kafka", "n")
            self.api.put({**now, "status": status})
        self.passes.append(status.get("kafkaMetadataState") or "forgotten")

    def _controllers(self, pools: list[Any]) -> None:
        if not pools or "kafka-controller" in self.api.names("StrimziPodSet"):
            return
        for item in (
            crs.pod_set("controller", range(3, 6), controller=True),
            *crs.pods("controller", range(3, 6), controller=True),
            *crs.claims(),
        ):
            self.api.put(item)
        self.offset = -1

    def _roll(self, mode: str) -> None:
        if mode == self._mode:
            return
        self._mode = mode
        self._revision += 1
        self.api.put(crs.pod_set(revision=f"r{self._revision}"))
        for number, pod in enumerate(crs.pods(revision=f"r{self._revision}")):
            self.cluster.read[pod["metadata"]["name"]] = of_mode(number, mode)
            self.api.put(pod)
        if mode == MIGRATING and self.offset == -1 and self.copies:
            self.offset, self.kraft_holds = 975, True

    def _collect(self) -> None:
        """Kubernetes lets go of what a deleted pool owns."""
        if "controller" not in self.api.names("KafkaNodePool") and "kafka-controller" in self.api.names(
            "StrimziPodSet"
        ):
            self.api.drop("StrimziPodSet", "n", "kafka-controller")
            for name in [each for each in self.api.names("Pod") if each.startswith("kafka-controller-")]:
                self.api.drop("Pod", "n", name)

    # what ZooKeeper shows

    def heads(self, _session: Any) -> Heads:
        return heads(kraft=self.kraft_holds, offset=self.offset)

    def remove(self, _session: Any, _epochs: Any) -> Removal:
        assert "kafka-controller-3" not in self.api.names("Pod"), "the controllers still run"
        removed = {"/migration": "{}"} if self.offset is not None else {}
        removed |= {"/controller": "{}"} if self.kraft_holds else {}
        self.offset, self.kraft_holds = None, False
        return Removal(removed, 5, 1)


def of_mode(number: int, mode: str) -> Any:
    """A broker's process."""
    found = process(number, **MODES[mode])
    found.metadata_logs = ()
    return found
