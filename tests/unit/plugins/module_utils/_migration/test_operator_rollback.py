# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules 3 and 9 where an operator leads: it is told to go on only once a broker has kept /controller; and the proof at the end."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import parity
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import Difference, Image
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.partition_epochs import Epochs
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Controller, Migration
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import NotRunning, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    in_sync,
    losses,
    metadata_logs,
    operator_rollback,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.operator_rollback import COMPARED, Evidence
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    DeadlineExceeded,
    Forbidden,
    Interrupted,
    KraftError,
    Refused,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import handover, levelling
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.handover import Heads, Removal
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.levelling import Raised

from tests.unit.plugins.module_utils.fakes import PARAMS
from tests.unit.plugins.module_utils.led_scene import AT_ZNODES, DECIDING, HYBRID, ROLLED_BACK, Operator, led
from tests.unit.plugins.module_utils.scenes import facts, quorum

KRAFT, BROKER = Controller(3000, 7, False), Controller(2, -1, True)
WRITTEN = Heads(None, None, None, KRAFT, 3, Migration(3000, 7, 141, 7))
BEHIND = Epochs({("orders", 0): 2})
BEFORE_THE_COPY = Heads(None, None, None, KRAFT, 3, Migration(3000, 7, -1, -1))
REMOVED_BEFORE = Heads(None, None, None, BROKER, 8, None)
IN_ORDER = ["epochs read", "written", "compared", "controllers run", "removed", "elected", "kept", "told to go on"]


class Scene:
    """An operator at its wait, with controllers that it does not let us stop. ``lost``: what takes /controller away, one each try."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, says: Progress = AT_ZNODES, **changed: Any) -> None:
        self.log: list[str] = []
        self.said: list[str] = []
        self.operator = Operator(says, log=self.log)
        self.operator.running = "the lock forbids to stop them"
        params = {**PARAMS, **changed.pop("params", {})}
        self.cluster = led(self.operator, params=params, **changed)
        self.heads = WRITTEN
        self.lost: list[str] = []
        self.elected: list[Any] = []
        self.written: Any = Migration(3000, 7, 150, 7)
        self.removed: list[list[int]] = []
        self.quorum: Any = quorum()
        monkeypatch.setattr(handover, "read_heads", lambda _session: self.heads)
        monkeypatch.setattr(handover, "highest_stored_epoch", lambda _session: self.note("epochs read", 6))
        monkeypatch.setattr(handover, "wait_written", lambda *_a, **_o: self.note("written", self.written))
        self.out_of_sync: dict[Any, int] = {}
        self.behind = ""
        monkeypatch.setattr(in_sync, "out_of_sync", lambda _cluster: self.out_of_sync)
        monkeypatch.setattr(in_sync, "wait", lambda *_a, **_o: self.note("in sync", self.behind))
        monkeypatch.setattr(handover, "remove", self._remove)
        monkeypatch.setattr(handover, "wait_broker_is_controller", self._elect)
        monkeypatch.setattr(handover, "lost_within", self._watch)
        self.raised: list[Any] = []
        self.written_since = False
        monkeypatch.setattr(levelling, "raise_versions", self._raise)
        monkeypatch.setattr(levelling, "last_write", lambda _session: 77)
        monkeypatch.setattr(levelling, "written_since", lambda _session, zxid: zxid == 77 and self.written_since)
        monkeypatch.setattr(parity, "partition_epochs", lambda _cluster: self.note("looked again", BEHIND))
        self.stores: Any = parity.Parity(Image(), ())
        monkeypatch.setattr(parity, "compared", lambda _cluster, _tell: self.note("compared", self.stores))
        monkeypatch.setattr(operator_rollback, "read_quorum", lambda _cluster, **_options: self.note("", self.quorum))

    def note(self, text: str, answer: Any) -> Any:
        if text:
            self.log.append(text)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _remove(self, _session: Any, stored: list[int]) -> Removal:
        self.removed.append(list(stored))
        again = len(self.removed) > 1
        removed = {"/controller": "{}"} if again else {"/migration": "{}", "/controller": "{}"}
        return self.note("removed", Removal(removed, None if again else 10, 1_000_000))  # type: ignore[no-any-return]

    def _raise(self, _session: Any, wanted: Any, _tell: Any) -> Raised:
        self.raised.append(dict(wanted))
        return Raised(len(wanted), sum(wanted.values()), False)

    def _elect(self, _session: Any, *, timeout: float, **_options: Any) -> Any:
        assert timeout == operator_rollback.ELECTION
        return self.note("elected", self.elected.pop(0) if self.elected else (BROKER, 1_000_020))

    def _watch(self, _session: Any, seconds: float, _progress: Any) -> str:
        assert seconds == operator_rollback.KEPT == 10
        return str(self.note("kept", self.lost.pop(0) if self.lost else ""))

    def go(self) -> Evidence:
        return operator_rollback.remove_znodes(self.cluster, self.said.append)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(monkeypatch)


def test_the_parts_and_their_order(scene: Scene) -> None:
    evidence = scene.go()
    assert scene.log == IN_ORDER
    assert scene.removed == [[6, 1]], "the epochs of the partitions and of the quorum guard the transaction"
    assert evidence.as_dict() == {
        "high_watermark": 8,
        "written": 150,
        "stored_epoch": 6,
        "quorum_epoch": 1,
        "raised_epoch": 10,
        "removed": {"/migration": "{}", "/controller": "{}"},
        "attempts": 1,
        "committed_ms": 1_000_000,
        "elected_ms": 1_000_020,
        "controller": 2,
        "notes": ["the controllers keep running: the lock forbids to stop them"],
        "parity": {**Image().counts(), "differences": 0},
        "raised_versions": {"partitions": 0, "writes": 0},
        "znodes_to_election_ms": 20,
    }
    assert scene.said == [
        "controller 3000 leads the quorum",
        "waiting until ZooKeeper has the metadata up to offset 8",
        scene.stores.sentence,
        "the controllers keep running: the lock forbids to stop them",
        "removed /migration and /controller in one transaction",
    ]
    assert scene.cluster.stale, "what was read before is stale"


def test_replicas_out_of_sync_are_waited_for_and_the_quorum_is_asked_anew(scene: Scene) -> None:
    scene.out_of_sync = {("orders", 0): 2}
    scene.go()
    assert scene.log == ["epochs read", "in sync", *IN_ORDER[1:]]
    assert scene.said[:2] == ["controller 3000 leads the quorum"] * 2


def test_controllers_stay_while_replicas_are_out_of_sync(scene: Scene) -> None:
    scene.out_of_sync, scene.behind = {("orders", 0): 2}, "orders-0 (leader 1) still misses broker 2"
    with pytest.raises(Refused, match="misses broker 2; without the controllers these ISRs may not grow") as refused:
        scene.go()
    assert refused.value.code == "rollback-out-of-sync"
    assert scene.log == ["epochs read", "in sync"]


def test_replicas_out_of_sync_that_are_accepted_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, params={"accept": ["rollback-out-of-sync"]})
    scene.out_of_sync, scene.behind = {("orders", 0): 2}, "orders-0 (leader 1) still misses broker 2"
    assert "accepted by name: orders-0 (leader 1) still misses broker 2" in scene.go().notes
    assert scene.log == ["epochs read", "in sync", *IN_ORDER[1:]]


def test_controllers_that_are_stopped_are_no_note(scene: Scene) -> None:
    scene.operator.running = ""
    assert scene.go().notes == []
    assert scene.log[3] == "controllers stopped"


@pytest.mark.parametrize("says", [DECIDING, ROLLED_BACK, Progress()])
def test_an_operator_that_does_not_wait_for_it_is_left_alone(monkeypatch: pytest.MonkeyPatch, says: Progress) -> None:
    scene = Scene(monkeypatch, says)
    with pytest.raises(Refused, match="does not wait for the removal of the znodes") as refused:
        scene.go()
    assert refused.value.code == "wrong-state"
    assert scene.log == []


@pytest.mark.parametrize("mode", [state.MODE_KRAFT, state.MODE_UNKNOWN])
def test_a_broker_in_kraft_mode_keeps_its_controller(monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    scene = Scene(monkeypatch, modes={"kafka-0": state.MODE_MIGRATING, "kafka-1": mode})
    with pytest.raises(Refused, match="kafka-1 run in KRaft mode, or could not be read"):
        scene.go()
    assert scene.log == []


def test_a_controller_that_takes_it_again_is_answered_again(scene: Scene) -> None:
    """A running one takes /controller back; the operator is told nothing until a broker keeps it."""
    scene.lost = ["KRaft node 3000 took /controller", "a KRaft controller wrote /migration"]
    evidence = scene.go()
    assert scene.log[4:] == [*["removed", "elected", "kept"] * 3, "told to go on"]
    assert evidence.attempts == 3
    assert evidence.raised_epoch == 10, "what the first transaction did is not forgotten"
    assert set(evidence.removed) == {"/migration", "/controller"}
    assert scene.said.count("KRaft node 3000 took /controller; removing the znodes again") == 1


def test_nobody_takes_it_at_first(scene: Scene) -> None:
    scene.elected = [DeadlineExceeded("nobody holds /controller"), (BROKER, 1_000_050)]
    assert scene.go().controller == 2
    assert scene.log[4:] == ["removed", "elected", "removed", "elected", "kept", "told to go on"]
    assert "nobody holds /controller; removing the znodes again" in scene.said


def test_one_that_never_lets_go_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, params={"wait_timeout": -1})
    scene.lost = ["KRaft node 3000 took /controller"]
    with pytest.raises(
        Conflict, match=r"again and again \(KRaft node 3000 took /controller, after 1 attempts\)"
    ) as lost:
        scene.go()
    assert lost.value.code == "changed-by-others"
    assert "told to go on" not in scene.log


def test_znodes_that_an_earlier_run_removed_are_not_told_as_removed_now(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "remove", lambda _session, _stored: Removal({}, None, 0))
    evidence = scene.go()
    assert not [line for line in scene.said if line.startswith("removed")]
    assert "znodes_to_election_ms" not in evidence.as_dict()


def test_an_interruption_tells_the_operator_nothing(scene: Scene) -> None:
    scene.elected = [Interrupted("stopped by SIGINT")]
    with pytest.raises(Interrupted):
        scene.go()
    assert "told to go on" not in scene.log


# what ZooKeeper has


@pytest.mark.parametrize(
    ("answer", "written"),
    [
        (None, DeadlineExceeded("ZooKeeper stands at 141")),
        (KraftError("no controller answered"), None),
        (quorum(leader=None), None),
    ],
)
def test_zookeeper_that_lags_stops_it_unless_that_is_accepted(
    monkeypatch: pytest.MonkeyPatch, answer: Any, written: Any
) -> None:
    for accept in ([], ["rollback-behind"]):
        scene = Scene(monkeypatch, params={"accept": accept})
        scene.quorum = answer or scene.quorum
        scene.written = written or scene.written
        if accept:
            assert scene.go().notes[0].startswith("accepted by name: ZooKeeper lags behind the quorum: ")
            assert scene.log[-1] == "told to go on"
            continue
        with pytest.raises(
            Refused, match=r"what is missing would be lost.*accept the loss with kraft_accept.*rollback-behind"
        ) as refused:
            scene.go()
        assert refused.value.code == "rollback-behind"
        assert "removed" not in scene.log


UNLIKE = Difference("topic", "t", None, {"id": "x"}, "topic t is only in KRaft")


@pytest.mark.parametrize(
    ("stores", "code"),
    [
        (parity.Parity(Image(), (UNLIKE,)), "rollback-parity"),
        (KraftError("the image has no kafka-dump-log.sh"), "rollback-parity-unknown"),
    ],
)
def test_what_only_kraft_has_would_be_lost(monkeypatch: pytest.MonkeyPatch, stores: Any, code: str) -> None:
    scene = Scene(monkeypatch)
    scene.stores = stores
    with pytest.raises(Refused, match="what only KRaft has would be lost") as refused:
        scene.go()
    assert refused.value.code == code
    assert scene.log == IN_ORDER[:3]
    scene = Scene(monkeypatch, params={"accept": [code]})
    scene.stores = stores
    assert scene.go().notes[0].startswith("accepted by name: ZooKeeper and KRaft ")
    assert scene.log == IN_ORDER


def test_a_quorum_that_has_copied_nothing_has_nothing_to_lose(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its log is empty, /migration is of an earlier attempt, and the time until it empties ZooKeeper runs."""
    scene = Scene(monkeypatch)
    scene.stores = parity.Parity(Image(), (UNLIKE,))
    scene.quorum = dataclasses.replace(quorum(), migration_states={1000: "PRE_MIGRATION", 1001: "PRE_MIGRATION"})
    assert "/migration is left of an earlier attempt" in scene.go().notes[0]
    assert scene.log == IN_ORDER
    assert operator_rollback.compare_ahead(scene.cluster, scene.said.append) is None
    for states in ({1000: "MIGRATION"}, {1000: "PRE_MIGRATION", 1001: "MIGRATION"}, {}):
        scene = Scene(monkeypatch)
        scene.stores = parity.Parity(Image(), (UNLIKE,))
        scene.quorum = dataclasses.replace(quorum(), migration_states=states)
        with pytest.raises(Refused, match="what only KRaft has would be lost"):
            scene.go()
        with pytest.raises(Refused, match="what only KRaft has would be lost"):
            operator_rollback.compare_ahead(scene.cluster, scene.said.append)


def test_a_missing_permission_is_neither_a_lag_nor_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    accept = ["rollback-behind", "rollback-parity", "rollback-parity-unknown"]
    for part in ("quorum", "stores"):
        scene = Scene(monkeypatch, params={"accept": accept})
        setattr(scene, part, Forbidden("pods/exec is not allowed"))
        with pytest.raises(Forbidden):
            scene.go()
        assert "removed" not in scene.log


def test_an_interrupted_wait_is_not_accepted_as_a_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, params={"accept": ["rollback-behind"]})
    scene.written = Interrupted("stopped by SIGINT")
    with pytest.raises(Interrupted):
        scene.go()
    assert "removed" not in scene.log


@pytest.mark.parametrize("heads", [BEFORE_THE_COPY, REMOVED_BEFORE])
def test_without_a_copy_there_is_nothing_to_wait_for(scene: Scene, heads: Heads) -> None:
    scene.heads = heads
    evidence = scene.go()
    assert scene.log == IN_ORDER[3:]
    assert (evidence.high_watermark, scene.removed) == (None, [[-1, -1]])


def test_without_a_controller_it_is_said_what_could_not_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, controller_facts={})
    assert "it can no longer be checked whether ZooKeeper has the last changes" in scene.go().notes[0]
    assert scene.removed == [[6, -1]]


def test_controllers_that_the_operator_is_just_stopping_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen: it stops them at the wait, and for some seconds a controller runs and nobody leads."""
    scene = Scene(monkeypatch, says=AT_ZNODES)
    scene.operator.says = [AT_ZNODES, AT_ZNODES, AT_ZNODES]
    scene.quorum = KraftError("no controller answers")

    def gone(*parts: Any) -> None:
        if parts == (Part.CONTROLLERS,):
            looks.append(1)
        if len(looks) == 2:
            scene.cluster.controller_facts = {}

    looks: list[int] = []
    monkeypatch.setattr(scene.cluster, "changed", gone)
    assert "no controller runs" in scene.go().notes[0]
    assert scene.said[0].startswith("no controller answers, ")


# what came back


def test_what_a_controller_wrote_again_goes_once_the_controllers_are_gone(scene: Scene) -> None:
    """A controller with the flag that ran on to its end writes /migration again; a new attempt would take it for its own."""
    found = operator_rollback.remove_what_came_back(scene.cluster, scene.said.append)
    assert found == ["znode /migration", "znode /controller"]
    assert scene.log == ["removed", "elected"]
    assert scene.said == [
        "removed /migration and /controller, which a controller had written again, or an earlier rollback had left"
    ]


def test_nothing_is_removed_beside_a_controller_that_is_left(scene: Scene) -> None:
    scene.operator.remains = ["kraftcontroller-0"]
    assert operator_rollback.remove_what_came_back(scene.cluster, scene.said.append) == []
    assert scene.log == []


def test_where_nothing_came_back_nobody_is_waited_for(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "remove", lambda *_words: Removal({}, None, 0))
    assert operator_rollback.remove_what_came_back(scene.cluster, scene.said.append) == []
    assert scene.log == []


THERE: Any = object()
STALE = Heads(None, None, THERE, BROKER, 8, Migration(3000, 7, 141, 7))
IN_ZOOKEEPER = state.ClusterState(state.ZOOKEEPER, "plain")


def test_what_a_rollback_by_hand_left_in_zookeeper(scene: Scene) -> None:
    scene.cluster.state, scene.heads = IN_ZOOKEEPER, STALE
    assert operator_rollback.left_behind(scene.cluster) == ["znode /migration"]
    scene.heads = REMOVED_BEFORE
    assert operator_rollback.left_behind(scene.cluster) == []


@pytest.mark.parametrize("what", ["a migration", "controllers", "another region"])
def test_what_may_be_in_use_was_not_left(scene: Scene, what: str) -> None:
    scene.heads = STALE
    scene.cluster.state = HYBRID if what == "a migration" else IN_ZOOKEEPER
    scene.operator.remains = ["kraftcontroller-0"] if what == "controllers" else []
    if what == "another region":
        scene.cluster.others = (SimpleNamespace(has_controllers=True),)
    assert operator_rollback.left_behind(scene.cluster) == []


# the proof

CLEAN = REMOVED_BEFORE
PLAIN = dict.fromkeys(("kafka-0", "kafka-1", "kafka-2"), state.MODE_ZOOKEEPER)


def prove(monkeypatch: pytest.MonkeyPatch, heads: Heads = CLEAN, **changed: Any) -> Any:
    operator = Operator(ROLLED_BACK)
    operator.locks, operator.remains = changed.pop("locks", []), changed.pop("remains", [])
    monkeypatch.setattr(handover, "read_heads", lambda _session: heads)
    return operator_rollback.prove(led(operator, **{"modes": PLAIN, **changed}))


def test_each_thing_that_was_checked_has_its_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [(line["what"], line["evidence"]) for line in prove(monkeypatch)] == [
        ("znode /migration", "there is none"),
        ("znode /controller", "held by the session of broker 2"),
        ("the operator's objects", "no request, controllers or volumes of them"),
        ("locks", "no object is locked"),
        ("processes of the brokers", "3 of 3 in plain ZooKeeper mode"),
        ("metadata log of the brokers", "no broker has __cluster_metadata"),
    ]


def with_log() -> Any:
    item = facts()
    item.metadata_logs = ["/data/__cluster_metadata-0"]
    return item


@pytest.mark.parametrize(
    ("heads", "changed", "left"),
    [
        (Heads(None, None, object(), BROKER, 8, None), {}, "znode /migration: /migration"),  # type: ignore[arg-type]
        (Heads(None, None, None, KRAFT, 8, None), {}, "znode /controller: /controller"),
        (Heads(None, None, None, None, 8, None), {}, "znode /controller: /controller"),
        (Heads(None, None, None, Controller(2, -1, False), 8, None), {}, "znode /controller: /controller"),
        (CLEAN, {"remains": ["KRaftController/x"]}, "the operator's objects: KRaftController/x"),
        (CLEAN, {"locks": ["Kafka n/kafka"]}, "locks: Kafka n/kafka"),
        (CLEAN, {"modes": {"kafka-1": state.MODE_MIGRATING}}, "processes of the brokers: kafka-1"),
        (CLEAN, {"modes": {"kafka-1": state.MODE_UNKNOWN}}, "processes of the brokers: kafka-1"),
        (CLEAN, {"facts": {"kafka-2": with_log()}}, "metadata log of the brokers: kafka-2 has one"),
        (CLEAN, {"facts": {"kafka-2": Unknown("exec failed")}}, "metadata log of the brokers: kafka-2: exec failed"),
    ],
)
def test_what_is_left_is_named(monkeypatch: pytest.MonkeyPatch, heads: Heads, changed: Any, left: str) -> None:
    """Rule 6.3: a leftover would become the next attempt's."""
    with pytest.raises(KraftError, match="is not ready for a new attempt, still there: ") as not_ready:
        prove(monkeypatch, heads, **changed)
    assert not_ready.value.code == "rollback-pending"
    assert not_ready.value.message.endswith(left)


def test_controllers_that_cannot_be_read_may_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """What they have and ZooKeeper has not would be lost: that is asked, not assumed."""
    scene = Scene(monkeypatch, controller_facts={"c-0": Unknown("exec failed"), "c-1": NotRunning("it does not exist")})
    scene.quorum = KraftError("no controller could be asked")
    with pytest.raises(Refused, match="no controller could be asked") as refused:
        scene.go()
    assert refused.value.code == losses.BEHIND
    assert scene.removed == []
    gone = Scene(monkeypatch, controller_facts={"c-0": NotRunning("it does not exist")})
    assert "no controller runs" in gone.go().notes[0]


def test_metadata_logs_that_the_operator_left_behind_are_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    """CFK 2.9.5 and later; with one, the brokers of a new attempt end at once."""
    deleted: list[Any] = []
    monkeypatch.setattr(metadata_logs, "left", lambda _cluster: {"kafka-0": ("/data/__cluster_metadata-0",)})
    monkeypatch.setattr(metadata_logs, "delete", lambda _cluster, pod, paths: deleted.append((pod, paths)))
    cluster, said = led(Operator(ROLLED_BACK)), list[str]()
    assert operator_rollback.remove_metadata_logs(cluster, said.append) == ["metadata log of kafka-0"]
    assert deleted == [("kafka-0", ("/data/__cluster_metadata-0",))]
    assert said == ["kafka-0: /data/__cluster_metadata-0 deleted, which the operator had left behind"]
    assert cluster.stale, "the proof looks again"


def ahead(scene: Scene, seconds: float) -> None:
    """Note a comparison of so many seconds ago."""
    time = (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    scene.cluster.journal.add(
        time, phases.ROLLBACK, "AskToRollBack", COMPARED, parity={"topics": 3}, notes=["accepted"], level_at=77
    )


def test_a_comparison_from_before_the_operator_was_asked_holds_for_a_while(scene: Scene) -> None:
    ahead(scene, 5)
    evidence = scene.go()
    assert scene.log == [item for item in IN_ORDER if item != "compared"], (
        "what was written since is waited for all the same"
    )
    assert evidence.parity == {"topics": 3}
    assert evidence.notes[0] == "accepted"
    assert evidence.notes[1].endswith("before the operator was asked")


def test_partitions_that_fell_behind_since_are_levelled(scene: Scene) -> None:
    """The operator has restarted brokers after the comparison."""
    ahead(scene, 5)
    scene.written_since = True
    evidence = scene.go()
    assert scene.log[:3] == ["epochs read", "written", "looked again"]
    assert scene.raised == [{("orders", 0): 2}]
    assert evidence.raised_versions == {"partitions": 1, "writes": 2}


def test_partitions_that_are_behind_are_levelled_before_anything_is_removed(scene: Scene) -> None:
    scene.stores = parity.Parity(Image(), (), {}, BEHIND)
    assert scene.go().raised_versions == {"partitions": 1, "writes": 2}
    assert scene.raised == [{("orders", 0): 2}]


@pytest.mark.parametrize("seconds", [operator_rollback.FRESH + 5, -5])
def test_one_of_long_ago_or_by_another_clock_does_not(scene: Scene, seconds: float) -> None:
    ahead(scene, seconds)
    scene.go()
    assert scene.log == IN_ORDER


def test_before_the_operator_is_asked(scene: Scene) -> None:
    found = operator_rollback.compare_ahead(scene.cluster, scene.said.append)
    assert found == {"parity": {**Image().counts(), "differences": 0}, "notes": [], "level_at": 77}
    scene.stores = parity.Parity(Image(), (), {}, Epochs({("t", 0): 1}))
    found = operator_rollback.compare_ahead(scene.cluster, scene.said.append)
    assert found is not None
    assert found["level_at"] is None
    assert scene.raised == [], "nothing is written before the operator is asked"
    scene.stores = parity.Parity(Image(), (Difference("topic", "t", None, {}, "topic t is only in KRaft"),))
    with pytest.raises(Refused, match="topic t is only in KRaft") as refused:
        operator_rollback.compare_ahead(scene.cluster, scene.said.append)
    assert refused.value.code == losses.UNLIKE
    scene.stores = KraftError("no controller answers")
    assert operator_rollback.compare_ahead(scene.cluster, scene.said.append) is None, "the wait knows more of it"
    for heads in (Heads(None, None, None, BROKER, 3, None), dataclasses.replace(WRITTEN, migration=None)):
        scene.heads = heads
        assert operator_rollback.compare_ahead(scene.cluster, scene.said.append) is None, "nothing was copied"


NOBODY = Heads(None, None, None, None, 8, None)


def test_without_controllers_nothing_is_repeated_when_no_broker_tries(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator restarts a broker next, which becomes the controller; until then nobody leads."""
    scene.operator.running = ""
    scene.elected = [DeadlineExceeded("nobody holds /controller")]
    found = [WRITTEN, NOBODY]
    monkeypatch.setattr(handover, "read_heads", lambda _session: found.pop(0))
    evidence = scene.go()
    assert scene.log[-3:] == ["removed", "elected", "told to go on"]
    assert evidence.controller is None
    assert "the operator goes on at once" in evidence.notes[-1]


@pytest.mark.parametrize(("running", "now"), [("the lock forbids it", NOBODY), ("", WRITTEN)])
def test_it_is_repeated_while_a_controller_may_run(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, running: str, now: Heads
) -> None:
    scene.operator.running = running
    scene.elected = [DeadlineExceeded("nobody has taken it")]
    found = [WRITTEN, now, now]
    monkeypatch.setattr(handover, "read_heads", lambda _session: found.pop(0))
    assert scene.go().attempts == 2
    assert scene.log[-5:] == ["elected", "removed", "elected", "kept", "told to go on"]


def test_an_operator_that_fails_without_a_controller_is_not_told_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strimzi 0.41 to 0.45.0 deletes /controller, and its pass fails where there is none."""
    scene = Scene(monkeypatch)
    scene.operator.running = ""
    scene.operator.goes_on_unled = False
    scene.elected = [DeadlineExceeded("nobody holds /controller")]
    found = [WRITTEN, NOBODY]
    monkeypatch.setattr(handover, "read_heads", lambda _session: found.pop(0))
    assert scene.go().attempts == 2
    assert scene.log[-5:] == ["elected", "removed", "elected", "kept", "told to go on"]

    late = Scene(monkeypatch, params={"wait_timeout": -1})
    late.operator.running = ""
    late.operator.goes_on_unled = False
    late.elected = [DeadlineExceeded("nobody holds /controller")]
    found[:] = [WRITTEN, NOBODY]
    monkeypatch.setattr(handover, "read_heads", lambda _session: found.pop(0))
    with pytest.raises(DeadlineExceeded, match="is not told to go on before one does: look at the brokers' logs"):
        late.go()
    assert "told to go on" not in late.log
