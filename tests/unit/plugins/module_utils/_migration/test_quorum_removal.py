# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules 2, 3 and 9: ZooKeeper has everything, the quorum is gone, then one transaction, then the volumes; each part proved."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import parity
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import Difference, Image
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.partition_epochs import Epochs
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Controller, Migration
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import Quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    controller_roll,
    migration_flag,
    quorum_removal,
    rollback_plan,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.quorum_removal import Evidence
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Forbidden,
    Interrupted,
    KraftError,
    NotFound,
    Refused,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import handover, levelling
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.handover import Heads, Removal
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.levelling import Raised

from tests.unit.plugins.module_utils.fakes import OURS, PARAMS, FakeClient, controller, ours, statefulset
from tests.unit.plugins.module_utils.scenes import at_stage as stage
from tests.unit.plugins.module_utils.scenes import cluster_with, facts

DUAL_WRITE = Heads(None, None, None, Controller(3000, 7, False), 3, Migration(3000, 7, 141, 7))
BEFORE_THE_COPY = Heads(None, None, None, Controller(1, -1, True), 3, Migration(-1, -1, -1, -1))


def volume(name: str, **metadata: Any) -> dict[str, Any]:
    return {
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": "n", "labels": OURS, **metadata},
        "spec": {"volumeName": f"pv-{name}"},
    }


class Scene:
    """A cluster whose quorum is to be removed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
        self.said: list[str] = []
        self.client = FakeClient(
            ours(statefulset("kafka-kraft")),
            *(controller(f"kafka-kraft-{number}") for number in range(3)),
            *(volume(f"kraft-data-kafka-kraft-{number}") for number in range(3)),
        )
        params = {**PARAMS, "pod_timeout": 0.3, "wait_timeout": 0.3, **changed.pop("params", {})}
        self.cluster = cluster_with(client=self.client, params=params, zookeeper="session", **changed)
        self.cluster.changed = lambda *_parts: None
        self.evidence = Evidence()
        self.heads = DUAL_WRITE
        self.written: list[Any] = [Migration(3000, 7, 150, 7)]
        self.removed: list[list[int]] = []
        self.quorum = Quorum(3000, 9, 151, {3000: 0, 3001: 0, 3002: 0}, "jolokia", {})
        monkeypatch.setattr(handover, "read_heads", lambda _session: self.heads)
        monkeypatch.setattr(handover, "highest_stored_epoch", lambda _session: 6)
        monkeypatch.setattr(handover, "wait_written", self._wait_written)
        monkeypatch.setattr(handover, "remove", self._remove)
        monkeypatch.setattr(
            handover, "wait_broker_is_controller", lambda *_a, **_k: (Controller(2, -1, True), 1_000_020)
        )
        monkeypatch.setattr(quorum_removal, "read_quorum", lambda _cluster: self.quorum)
        self.differences: list[Difference] = []
        self.unread: KraftError | None = None
        self.epochs = Epochs()
        self.raised: list[Any] = []
        monkeypatch.setattr(levelling, "raise_versions", self._raise)
        monkeypatch.setattr(parity, "compared", self._compared)

    def _wait_written(self, _session: Any, offset: int, **_options: Any) -> Any:
        answer = self.written.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        assert answer.offset >= offset
        return answer

    def _compared(self, _cluster: Any, _progress: Any) -> parity.Parity:
        if self.unread is not None:
            raise self.unread
        return parity.Parity(Image(), tuple(self.differences), {}, self.epochs)

    def _raise(self, _session: Any, wanted: Any, _tell: Any) -> Raised:
        self.raised.append(dict(wanted))
        return Raised(len(wanted), sum(wanted.values()), False)

    def _remove(self, _session: Any, stored: list[int]) -> Removal:
        self.removed.append(stored)
        return Removal({"/migration": "{}", "/controller": "{}"}, 10, 1_000_000)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(monkeypatch)


def test_zookeeper_has_what_is_committed_before_anything_is_stopped(scene: Scene) -> None:
    quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)
    # the high watermark is the first offset that is not committed
    assert (scene.evidence.high_watermark, scene.evidence.written) == (150, 150)
    assert (scene.evidence.stored_epoch, scene.evidence.quorum_epoch) == (6, 9)
    assert scene.client.calls == []


def test_stores_that_differ_stop_the_rollback_before_the_quorum(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch)
    scene.differences = [Difference("topic", "t", None, {"id": "x"}, "topic t is only in KRaft")]
    with pytest.raises(Refused, match="topic t is only in KRaft; what only KRaft has would be lost") as refused:
        quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)
    assert refused.value.code == "rollback-parity"
    assert scene.client.calls == []
    scene = Scene(monkeypatch, params={"accept": ["rollback-parity"]})
    scene.differences = [Difference("topic", "t", None, {"id": "x"}, "topic t is only in KRaft")]
    quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)
    assert scene.evidence.notes == ["accepted by name: ZooKeeper and KRaft differ: topic t is only in KRaft"]


@pytest.mark.parametrize(
    "error", [NotFound("the image has no kafka-dump-log.sh"), DeadlineExceeded("did not end within 180 s")]
)
def test_a_store_that_cannot_be_read_can_be_accepted_by_name(monkeypatch: pytest.MonkeyPatch, error: Any) -> None:
    """A rollback must not hang on one tool."""
    scene = Scene(monkeypatch, params={"accept": ["rollback-parity", "rollback-behind"]})
    scene.unread = error
    with pytest.raises(
        Refused, match=r"could not be compared: .*kraft_accept: \[[a-z]+/kafka=rollback-parity-unknown\]"
    ) as refused:
        quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)
    assert refused.value.code == "rollback-parity-unknown"
    scene = Scene(monkeypatch, params={"accept": ["rollback-parity-unknown"]})
    scene.unread = error
    quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)
    assert scene.evidence.notes == [
        f"accepted by name: ZooKeeper and KRaft could not be compared: {error.message}",
        "KRaft's partition epochs could not be read: ZooKeeper's version of partitions may be behind them",
    ]
    scene.unread = Forbidden("pods/exec is not allowed")
    scene.written = [Migration(3000, 7, 150, 7)]
    with pytest.raises(Forbidden):
        quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)


def test_partitions_that_are_behind_are_levelled_while_the_quorum_runs(scene: Scene) -> None:
    scene.epochs = Epochs({("t", 0): 2})
    quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)
    assert scene.raised == [{("t", 0): 2}]
    assert scene.evidence.as_dict()["raised_versions"] == {"partitions": 1, "writes": 2}
    assert scene.client.calls == []


def test_before_the_copy_there_is_nothing_to_wait_for(scene: Scene) -> None:
    scene.heads, scene.written = BEFORE_THE_COPY, []
    quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)
    assert scene.evidence.high_watermark is None


def test_without_a_controller_the_report_says_what_could_not_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, controller_facts={})
    quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)
    assert "can no longer be checked" in scene.evidence.notes[0]
    assert scene.evidence.stored_epoch == 6


def noted(restarted: list[str]) -> Any:
    """The active controller is restarted, which is only noted."""

    def restart(*_arguments: Any) -> str:
        restarted.append("x")
        return ""

    return restart


def test_a_standing_offset_restarts_the_active_controller_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """KAFKA-16667."""
    restarted: list[str] = []
    monkeypatch.setattr(quorum_removal, "_restart_active", noted(restarted))
    scene.written = [DeadlineExceeded("stands at 141"), Migration(3000, 8, 150, 8)]
    quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)
    assert restarted == ["x"]
    scene.written = [DeadlineExceeded("stands at 141"), DeadlineExceeded("stands at 141")]
    with pytest.raises(Refused, match="what is missing would be lost") as refused:
        quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)
    assert refused.value.code == "rollback-behind"
    assert scene.client.calls == []


def test_the_loss_can_be_accepted_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, params={"accept": ["rollback-behind"]}, controller_ids={})
    scene.written = [DeadlineExceeded("stands at 141"), DeadlineExceeded("stands at 141")]
    quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)
    sentence = "accepted by name: ZooKeeper lags behind the quorum: stands at 141"
    assert scene.evidence.notes == [sentence]


@pytest.mark.parametrize("accept", [[], ["rollback-behind"]])
def test_an_interruption_is_not_taken_for_an_offset_that_stands(monkeypatch: pytest.MonkeyPatch, accept: Any) -> None:
    """Ctrl-C in that wait restarts no controller, and whoever accepts a loss has not accepted this one."""
    restarted: list[str] = []
    monkeypatch.setattr(quorum_removal, "_restart_active", noted(restarted))
    scene = Scene(monkeypatch, params={"accept": accept})
    scene.written = [Interrupted("stopped by SIGINT"), Migration(3000, 8, 150, 8)]
    with pytest.raises(Interrupted, match="stopped by SIGINT"):
        quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)
    assert restarted == []
    assert scene.evidence.notes == []


def at_stage(stage: str) -> dict[str, Any]:
    found = statefulset("kafka-kraft")
    found["spec"]["template"]["metadata"] = {"annotations": {names.STAGE: stage}}
    return found


def test_a_controller_without_the_flag_is_not_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 2: its successor could finalize the migration."""
    flags = {"kafka-kraft-0": True, "kafka-kraft-1": False}
    scene = Scene(monkeypatch, flags=flags, controllers=at_stage("migrating"))
    scene.written = [DeadlineExceeded("stands at 141")]
    with pytest.raises(Refused, match="could finalize the migration"):
        quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)
    assert scene.client.calls == []


def test_a_template_without_the_flag_is_no_reason_to_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 2: the process has the flag, but the pod that would be made from the StatefulSet has not."""
    scene = Scene(monkeypatch, controllers=at_stage("final"))
    scene.written = [DeadlineExceeded("stands at 141")]
    with pytest.raises(Refused, match="in its process and in its StatefulSet") as refused:
        quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)
    assert refused.value.code == "controllers-not-ready"
    assert scene.client.calls == []


def test_a_config_map_without_the_flag_is_no_reason_to_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 2: process and template have the flag, but somebody made the ConfigMap anew that the next pod reads."""
    scene = Scene(monkeypatch, controllers=at_stage("migrating"))
    scene.written = [DeadlineExceeded("stands at 141")]
    monkeypatch.setattr(migration_flag, "would_lack", lambda _cluster: "ConfigMap x has no flag any more")
    with pytest.raises(Refused, match="no controller is restarted: ConfigMap x") as refused:
        quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)
    assert refused.value.code == "migration-flag-lost"
    assert scene.client.calls == []


def standing(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> Scene:
    """ZooKeeper stands still until the active controller is restarted; its StatefulSet makes it again."""
    marks = {names.SETTINGS_HASH: "new"}
    pods = {name: controller(name, annotations=marks) for name in (f"kafka-kraft-{number}" for number in range(3))}
    cluster = {"controllers": stage("kafka-kraft", "migrating"), "controller_container": "kafka", **changed}
    scene = Scene(monkeypatch, **cluster)

    def again(gone: dict[str, Any]) -> None:
        scene.client.put(controller(gone["metadata"]["name"], annotations=marks))

    scene.client.on_gone = again
    scene.cluster.controller_pods = {name: scene.client.put(item) for name, item in pods.items()}
    scene.written = [DeadlineExceeded("stands at 141"), Migration(3000, 8, 150, 8)]
    flagged = facts(zookeeper_metadata_migration_enable="true")
    monkeypatch.setattr(controller_roll, "pod_facts", lambda *_: flagged)
    monkeypatch.setattr(controller_roll, "read_quorum", lambda _cluster: scene.quorum)
    return scene


def test_the_active_controller_is_restarted_with_the_flag_on_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """KAFKA-16667: its successor writes again."""
    scene = standing(monkeypatch)
    quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)
    assert scene.client.calls == [("delete", "Pod", "kafka-kraft-0")]
    assert scene.evidence.written == 150


def test_the_active_controller_stays_while_a_flag_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 2: the one that could not be read may run without it."""
    flags = {"kafka-kraft-0": True, "kafka-kraft-1": Unknown("the exec failed"), "kafka-kraft-2": True}
    scene = Scene(monkeypatch, controllers=at_stage("migrating"), flags=flags)
    scene.written = [DeadlineExceeded("stands at 141")]
    with pytest.raises(Refused, match="not every controller has the migration flag"):
        quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)
    assert scene.client.calls == []


@pytest.mark.parametrize("accept", [[], ["rollback-behind"]])
def test_the_active_controller_stays_while_the_others_are_no_majority(
    monkeypatch: pytest.MonkeyPatch, accept: list[str]
) -> None:
    """Rule 4: a follower that is down, or behind, is a voter; without the active controller one of three would be left."""
    scene = standing(monkeypatch, params={"accept": accept})
    scene.quorum = dataclasses.replace(scene.quorum, voters={3000: 0, 3001: 0})
    scene.written = [DeadlineExceeded("stands at 141")]
    why = "without controller 3000 the caught-up voters [3000, 3001] are not a majority of [3000, 3001, 3002]"
    if accept:
        quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)
        assert why in scene.evidence.notes[0]
    else:
        with pytest.raises(
            Refused, match=r"start the other controllers first; what is missing would be lost"
        ) as refused:
            quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)
        assert why in refused.value.message
        assert refused.value.code == "rollback-behind"
    assert why in scene.said
    assert scene.client.calls == []


def test_a_follower_that_falls_right_before_the_restart_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 4: looked at again after everything else that is looked at, and before the delete."""
    scene = standing(monkeypatch)
    whole = scene.quorum
    reads = [whole, whole, dataclasses.replace(whole, voters={3000: 0, 3001: 0}), whole, whole]
    made: list[int] = []

    def look(_cluster: Any) -> Any:
        made.append(len(scene.client.calls))
        return reads.pop(0) if len(reads) > 1 else reads[0]

    monkeypatch.setattr(controller_roll, "read_quorum", look)
    quorum_removal.settle(scene.cluster, scene.evidence, scene.said.append)
    # before it is chosen, as a roll does, right before the delete (a follower is down: again as a roll does), then it is back
    assert made == [0, 0, 0, 0, 0, 1]
    assert scene.client.calls == [("delete", "Pod", "kafka-kraft-0")]


def test_every_process_is_gone_before_the_stop_is_over(scene: Scene) -> None:
    quorum_removal.stop(scene.cluster, scene.evidence, scene.said.append)
    assert scene.client.names("Pod") == []
    assert ("replace", "StatefulSet", "kafka-kraft") in scene.client.calls
    assert scene.evidence.stopped_ms >= scene.evidence.stopping_ms > 0


def test_a_quorum_that_does_not_stop_leaves_zookeeper_alone(scene: Scene) -> None:
    scene.client.put(controller("kafka-kraft-1", finalizers=["example.com/hold"]))
    with pytest.raises(DeadlineExceeded, match="kafka-kraft-1 on no node has the finalizer example"):
        quorum_removal.stop(scene.cluster, scene.evidence, scene.said.append)
    with pytest.raises(Refused, match="kafka-kraft-1 still run"):
        quorum_removal.hand_over(scene.cluster, scene.evidence, scene.said.append)
    assert scene.removed == []


def test_handing_over(scene: Scene) -> None:
    scene.evidence.stored_epoch, scene.evidence.quorum_epoch, scene.evidence.stopping_ms = 6, 9, 999_000
    quorum_removal.stop(scene.cluster, Evidence(), scene.said.append)
    quorum_removal.hand_over(scene.cluster, scene.evidence, scene.said.append)
    assert scene.removed == [[6, 9]]
    data = scene.evidence.as_dict()
    assert (data["controller"], data["raised_epoch"], data["final_offset"]) == (2, 10, 141)
    assert (data["znodes_to_election_ms"], data["without_controller_ms"]) == (20, 1020)
    assert "removed /migration and /controller in one transaction, /controller_epoch raised to 10" in scene.said


def test_windows_are_left_out_when_nothing_was_measured() -> None:
    assert "znodes_to_election_ms" not in Evidence().as_dict()


def test_objects_and_volumes_are_deleted_and_proved_gone(scene: Scene) -> None:
    """Rule 3."""
    quorum_removal.stop(scene.cluster, scene.evidence, scene.said.append)
    quorum_removal.delete(scene.cluster, scene.evidence, scene.said.append)
    assert scene.client.names("PersistentVolumeClaim") == []
    assert scene.client.names("StatefulSet") == []
    assert "PersistentVolumeClaim/kraft-data-kafka-kraft-2" in scene.evidence.deleted
    assert "PersistentVolume pv-kraft-data-kafka-kraft-0 keeps its data" in scene.evidence.notes[0]


def test_of_the_config_maps_only_the_controllers_go(scene: Scene) -> None:
    """The journal, and the settings that brokers still run with, carry the cluster's label too."""
    of_cluster = {names.LABEL_CLUSTER: "kafka", names.MANAGED_BY: names.MANAGER}
    for name, labels in (
        (names.journal_name("kafka"), of_cluster),
        ("kafka-config-kraft-migration-1234", of_cluster),
        ("kafka-kraft-migrating-1234", OURS),
    ):
        scene.client.put({"kind": "ConfigMap", "metadata": {"name": name, "namespace": "n", "labels": labels}})
    quorum_removal.delete(scene.cluster, scene.evidence, scene.said.append)
    assert scene.client.names("ConfigMap") == ["kafka-config-kraft-migration-1234", names.journal_name("kafka")]
    assert "ConfigMap/kafka-kraft-migrating-1234" in scene.evidence.deleted


def test_a_volume_that_stays_is_named_with_what_holds_it(scene: Scene) -> None:
    scene.client.put(volume("kraft-data-kafka-kraft-1", finalizers=["kubernetes.io/pvc-protection"]))
    with pytest.raises(DeadlineExceeded, match="kraft-data-kafka-kraft-1: kubernetes") as error:
        quorum_removal.delete(scene.cluster, scene.evidence, scene.said.append)
    assert error.value.code == "controller-volumes-leftover"


@pytest.mark.parametrize(
    ("modes", "controllers", "pending"),
    [
        (state.MODE_ZOOKEEPER, False, False),
        (state.MODE_MIGRATING, False, True),
        (state.MODE_MIGRATING, True, False),
        (state.MODE_KRAFT, False, False),
    ],
)
def test_a_broker_that_remembers_an_old_quorum_stops_a_new_attempt(
    modes: str, controllers: bool, pending: bool
) -> None:
    """Rule 10: it would shut itself down on the new quorum's log (KafkaRaftClient)."""
    cluster: Any = SimpleNamespace(
        has_controllers=controllers,
        controller_facts={"kafka-kraft-0": object()} if controllers else {},
        modes={"kafka-0": modes},
    )
    assert bool(rollback_plan.pending(cluster)) is pending
