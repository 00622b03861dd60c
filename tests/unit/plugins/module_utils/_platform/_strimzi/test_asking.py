# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Strimzi is asked for, behind a look at where it is; what is refused before anything is written."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb, Wait
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import asking
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict, DeadlineExceeded, Refused

from tests.unit.plugins.module_utils._platform._strimzi import crs
from tests.unit.plugins.module_utils._platform._strimzi.scene import (
    Cluster,
    cluster,
    collects_garbage,
    in_kraft,
    underway,
)

MARK = {res.TURNED: "true"}
PAUSE = {res.PAUSE: "true"}


def marks(of: Cluster) -> dict[str, str]:
    return dict(of.api.get(res.KAFKA, "kafka", "n")["metadata"]["annotations"])


def writes(of: Cluster) -> list[tuple[str, str, str]]:
    return [(verb, kind, name) for verb, kind, name, _body in of.api.bodies]


def refused(of: Cluster, verb: Verb, words: str, code: str) -> None:
    """That it is refused, before the Lease and when it is asked for, and nothing was written."""
    for step in (of.driver.refuse, of.driver.start):
        with pytest.raises(Refused, match=words) as stopped:
            step(verb)
        assert stopped.value.code == code
    assert writes(of) == []


# forward


def test_the_pool_of_controllers_comes_right_after_the_request() -> None:
    """The pass that the request begins looks for the pool a moment later; the other way round it would fail first."""
    found = cluster()
    assert found.driver.start(Verb.MIGRATE) == [
        "Kafka kafka: annotation strimzi.io/kraft = migration",
        "KafkaNodePool controller created",
    ]
    assert found.api.calls == [
        ("dry-run create", "KafkaNodePool", "controller"),
        ("patch", "Kafka", "kafka"),
        ("create", "KafkaNodePool", "controller"),
    ]
    assert marks(found)[res.KRAFT] == "migration"


def test_a_pool_that_the_server_refuses_is_refused_before_anything_is_asked() -> None:
    found = cluster()
    found.api.fail["create", "KafkaNodePool"] = Refused("spec.roles: Unsupported value")
    with pytest.raises(Refused, match="Unsupported value"):
        found.driver.start(Verb.MIGRATE)
    assert res.KRAFT not in marks(found)


def test_nothing_is_written_when_the_server_refuses_either_pool() -> None:
    for refused_pool in ("kafka", "controller"):
        found = cluster(crs.kafka(marks={res.NODE_POOLS: None}), strimzi_node_pools=True)
        found.api.drop("KafkaNodePool", "n", "kafka")
        somebodys = crs.pool(refused_pool)
        somebodys["metadata"]["labels"] = {res.CLUSTER: "shop"}
        found.api.put(somebodys)
        found.changed()
        with pytest.raises(Conflict, match=f"KafkaNodePool {refused_pool} exists"):
            found.driver.start(Verb.MIGRATE)
        assert [call for call in found.api.calls if not call[0].startswith("dry-run")] == []


def test_a_request_of_somebody_else_is_not_met_on_volumes_of_earlier_controllers() -> None:
    found = cluster(crs.kafka("ZooKeeper", "migration", crs.WITHOUT_POOL), *crs.claims())
    refused(found, Verb.MIGRATE, "are left of earlier controllers", "controller-volumes-leftover")


def test_a_pool_of_the_users_is_taken() -> None:
    found = cluster(None, crs.pool("mine", "controller"))
    assert found.driver.start(Verb.MIGRATE) == ["Kafka kafka: annotation strimzi.io/kraft = migration"]
    assert found.controllers_name == "mine"


def test_a_run_that_was_killed_in_between_makes_the_pool() -> None:
    found = cluster(crs.kafka("ZooKeeper", "migration", crs.WITHOUT_POOL))
    assert found.driver.owed() == ["KafkaNodePool controller"]
    assert found.driver.start(Verb.MIGRATE) == ["KafkaNodePool controller created"]
    assert found.driver.owed() == []
    assert cluster().driver.owed() == []
    # once it has begun, a pool that is gone is another matter
    assert cluster(crs.kafka("KRaftMigration", "migration")).driver.owed() == []


def test_a_request_of_somebody_else_without_node_pools_is_not_met() -> None:
    """Seen: the operator reports nothing; and pools that are switched on together with it are numbered together."""
    for allowed in (False, True):
        found = cluster(crs.kafka("ZooKeeper", "migration", marks={res.NODE_POOLS: None}), strimzi_node_pools=allowed)
        refused(found, Verb.MIGRATE, "set strimzi.io/kraft to disabled", "operator-node-pools")


def test_volumes_of_earlier_controllers_are_refused_whatever_was_accepted() -> None:
    """The hazard of the fixed operator."""
    found = cluster(None, *crs.claims(), accept=["controller-volumes-leftover"])
    refused(found, Verb.MIGRATE, "are left of earlier controllers", "controller-volumes-leftover")


def test_pods_of_earlier_controllers_are_refused() -> None:
    found = cluster(None, *crs.pods("controller", range(3, 4), controller=True))
    refused(found, Verb.MIGRATE, "kafka-controller-3 are left", "controller-volumes-leftover")


def test_what_the_operator_would_not_act_on_is_refused() -> None:
    refused(cluster(crs.kafka(marks=PAUSE)), Verb.MIGRATE, "remove it first", "operator-paused")
    refused(cluster(crs.kafka(marks={res.NODE_POOLS: None})), Verb.MIGRATE, "has no node pools", "operator-node-pools")
    refused(cluster(crs.kafka("")), Verb.MIGRATE, "does not say that Kafka n/kafka is in ZooKeeper", "wrong-state")
    refused(cluster(crs.kafka("KRaft", "enabled")), Verb.MIGRATE, "does not say", "wrong-state")
    with pytest.raises(Unsupported, match="wanted is"):
        cluster(controller_manifest={"kind": "Pod", "metadata": {"name": "x"}}).driver.start(Verb.MIGRATE)


def test_the_operator_that_was_paused_meanwhile_is_not_asked() -> None:
    found = cluster()

    def react(verb: str, kind: str, _name: str) -> None:
        if (verb, kind) == ("create", "KafkaNodePool"):
            found.api.put(crs.kafka(marks=PAUSE))

    found.api.operator = react
    with pytest.raises(Refused, match="not in ZooKeeper any more"):
        found.driver.start(Verb.MIGRATE)
    assert res.KRAFT not in marks(found)


# node pools


def unpooled(**params: Any) -> Cluster:
    found = cluster(crs.kafka(marks={res.NODE_POOLS: None}), strimzi_node_pools=True, **params)
    found.api.drop("KafkaNodePool", "n", "kafka")
    return found


def adopts(of: Cluster, ids: list[int], restarted: str = "") -> None:
    """An operator that takes the brokers over."""

    def react(verb: str, kind: str, _name: str) -> None:
        if (verb, kind) != ("patch", "Kafka") or "KafkaNodePool" not in {
            kind for _verb, kind, _name, _body in of.api.bodies
        }:
            return
        pool = of.api.get(res.NODE_POOL, "kafka", "n")
        pool["status"] = {"nodeIds": ids}
        of.api.put(pool)
        if restarted:
            pod = next(item for item in crs.pods() if item["metadata"]["name"] == restarted)
            pod["metadata"]["uid"] = "another"
            of.api.put(pod)

    of.api.operator = react


def test_the_brokers_are_taken_over_first() -> None:
    found = unpooled()
    adopts(found, [0, 1, 2])
    assert found.driver.start(Verb.MIGRATE) == [
        "KafkaNodePool kafka created, which takes the brokers over",
        "Kafka kafka: annotation strimzi.io/node-pools = enabled",
        "Kafka kafka: annotation strimzi.io/kraft = migration",
        "KafkaNodePool controller created",
    ]
    assert found.api.list(res.NODE_POOL, "n", field_selector="metadata.name=kafka")[0]["spec"]["storage"] == crs.STORAGE


def test_brokers_that_are_not_taken_over_stop_it_before_the_migration() -> None:
    found = unpooled(wait_timeout=0.1)
    adopts(found, [0, 1])
    with pytest.raises(DeadlineExceeded, match="2 of 3"):
        found.driver.start(Verb.MIGRATE)
    assert res.KRAFT not in marks(found)
    assert found.api.names("KafkaNodePool") == ["kafka"]


def test_brokers_that_were_restarted_for_it_stop_it() -> None:
    found = unpooled()
    adopts(found, [0, 1, 2], "kafka-kafka-1")
    with pytest.raises(Refused, match="kafka-kafka-1 were restarted"):
        found.driver.start(Verb.MIGRATE)
    assert res.KRAFT not in marks(found)


# finalize


def test_the_end_is_asked_for_in_post_migration() -> None:
    found = underway(crs.kafka("KRaftPostMigration", "migration"))
    assert found.driver.start(Verb.FINALIZE) == ["Kafka kafka: annotation strimzi.io/kraft = enabled"]
    assert found.driver.start(Verb.FINALIZE) == []


@pytest.mark.parametrize(
    ("state", "asked", "more"),
    [
        ("KRaftDualWriting", "migration", None),  # seen: fails in silence, or skips the stop
        ("KRaftMigration", "migration", None),
        ("ZooKeeper", "", None),
        ("", "migration", None),
        ("KRaftPostMigration", "rollback", None),
        ("KRaftPostMigration", "migration", MARK),
        ("KRaftPostMigration", "migration", PAUSE),
    ],
)
def test_anywhere_else_it_is_refused(state: str, asked: str, more: Any) -> None:
    found = underway(crs.kafka(state, asked, marks=more))
    refused(found, Verb.FINALIZE, "does not wait in KRaftPostMigration", "wrong-state")


def test_a_state_that_changes_right_before_the_write_is_seen() -> None:
    """The status changes the version of the object: the look and the write are of one version."""
    found = underway(crs.kafka("KRaftPostMigration", "migration"))
    get = found.api.get
    changed: list[bool] = []

    def other(kind: Any, name: str, namespace: Any = None) -> Any:
        read = get(kind, name, namespace)
        if kind == res.KAFKA and not changed:
            changed.append(True)
            found.api.put(crs.kafka("KRaftPostMigration", "rollback"))
        return read

    found.api.get = other  # type: ignore[method-assign]
    with pytest.raises(Refused, match="does not wait"):
        found.driver.start(Verb.FINALIZE)
    assert marks(found)[res.KRAFT] == "rollback"


def test_an_object_that_never_stands_still_is_a_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    found = underway(crs.kafka("KRaftPostMigration", "migration"))
    found.api.fail["patch", "Kafka"] = Conflict("moved on")
    with pytest.raises(Conflict, match="at each of 10 attempts"):
        found.driver.start(Verb.FINALIZE)


# back


@pytest.mark.parametrize(
    ("state", "asked", "more", "wanted"),
    [
        ("KRaftPostMigration", "migration", {}, {res.KRAFT: "rollback"}),
        ("KRaftPostMigration", "disabled", {}, {res.KRAFT: "rollback"}),
        ("KRaftDualWriting", "migration", {}, {res.KRAFT: "rollback"}),
        ("KRaftDualWriting", "enabled", {}, {res.KRAFT: "rollback"}),
        # brokers may run in KRaft mode: with a pause it would forget the state from which it can restart them
        ("KRaftDualWriting", "migration", PAUSE, {res.KRAFT: "rollback"}),
        ("KRaftDualWriting", "disabled", {}, {res.KRAFT: "rollback"}),
        # it knows no request for a rollback yet, and would go on forward
        ("ZooKeeper", "migration", {}, {res.KRAFT: "migration", **PAUSE}),
        ("KRaftMigration", "migration", {}, {res.KRAFT: "migration", **PAUSE}),
        ("KRaftMigration", "rollback", {}, {res.KRAFT: "rollback", **PAUSE}),
        ("", "migration", PAUSE, {res.KRAFT: "migration", **PAUSE}),
    ],
)
def test_how_it_is_turned_round(state: str, asked: str, more: Any, wanted: Any) -> None:
    found = underway(crs.kafka(state, asked, marks=more))
    assert found.driver.start(Verb.ROLLBACK)
    now = marks(found)
    del now[res.NODE_POOLS]
    assert now == {**MARK, **wanted}
    assert found.driver.start(Verb.ROLLBACK) == []


def test_a_pause_is_taken_off_where_the_operator_has_to_restart_brokers() -> None:
    found = underway(crs.kafka("KRaftPostMigration", "migration", marks=PAUSE))
    found.driver.start(Verb.ROLLBACK)
    assert res.PAUSE not in marks(found)


@pytest.mark.parametrize(
    ("state", "asked"), [("PreKRaft", "enabled"), ("KRaft", "enabled"), ("KRaftPostMigration", "enabled")]
)
def test_after_the_request_for_the_end_there_is_no_way_back(state: str, asked: str) -> None:
    refused(underway(crs.kafka(state, asked)), Verb.ROLLBACK, "goes to the end", "rollback-impossible")


def test_brokers_in_kraft_mode_whose_operator_has_forgotten_its_state_are_not_sent_to_zookeeper() -> None:
    found = underway(crs.kafka("", "migration", crs.PAUSED, marks=PAUSE))
    found.read["kafka-kafka-1"] = in_kraft(1)
    refused(found, Verb.ROLLBACK, "kafka-kafka-1 run in KRaft mode, and reconciliation is paused", "operator-paused")


def test_a_rollback_that_somebody_began_is_marked() -> None:
    found = underway(crs.kafka("KRaftDualWriting", "rollback"))
    found.driver.mark()
    assert res.TURNED in marks(found)
    assert res.PAUSE not in marks(found)
    # told to go on beside the controllers it never ends
    found = underway(crs.kafka("KRaftDualWriting", "disabled"))
    found.driver.mark()
    assert marks(found)[res.KRAFT] == "rollback"
    assert res.PAUSE not in marks(found)


@pytest.mark.parametrize(
    ("state", "asked", "more"),
    [
        ("KRaftMigration", "migration", None),
        ("KRaftPostMigration", "migration", None),
        ("ZooKeeper", "rollback", None),
        ("PreKRaft", "rollback", None),
        ("KRaft", "rollback", None),
        ("", "disabled", MARK),
    ],
)
def test_anything_else_is_not_marked(state: str, asked: str, more: Any) -> None:
    found = underway(crs.kafka(state, asked, marks=more))
    found.driver.mark()
    assert writes(found) == []


def test_an_operator_in_its_last_roll_is_not_paused() -> None:
    found = cluster(crs.kafka("KRaftDualWriting", "disabled"))
    found.driver.mark()
    assert writes(found) == []


# the controllers, and going on


AT_REST = crs.kafka("KRaftDualWriting", "rollback", crs.RESTS, crs.READY, marks=MARK)


def test_the_controllers_go_with_their_volumes_while_the_operator_rests() -> None:
    found = underway(AT_REST)
    collects_garbage(found.api)
    assert found.driver.stop_controllers() == ""
    assert found.api.names("KafkaNodePool") == ["kafka"]
    assert found.api.names("PersistentVolumeClaim") == []
    assert writes(found)[0] == ("delete", "KafkaNodePool", "controller")
    assert found.driver.stop_controllers() == ""


@pytest.mark.parametrize(
    "kafka",
    [
        crs.kafka("KRaftPostMigration", "migration"),
        crs.kafka("KRaftPostMigration", "rollback", marks=MARK),
        crs.kafka("KRaftDualWriting", "migration"),
        crs.kafka("KRaftDualWriting", "rollback", marks=MARK),
        crs.kafka("KRaftMigration", "migration", marks={**MARK, **PAUSE}),
        crs.kafka("KRaft", "enabled"),
    ],
)
def test_the_controllers_are_kept_while_brokers_may_need_them(kafka: Any) -> None:
    found = underway(kafka)
    with pytest.raises(Refused, match="the controllers are not deleted while the operator is at"):
        found.driver.stop_controllers()
    assert writes(found) == []


def test_brokers_that_are_still_restarted_need_the_controllers() -> None:
    found = underway(AT_REST)
    found.api.put(crs.pod_set(revision="r2"))
    with pytest.raises(Refused, match="may need them"):
        found.driver.stop_controllers()


def test_controllers_that_do_not_go_stop_it_with_their_volumes_kept() -> None:
    found = underway(AT_REST, wait_timeout=0.1)
    with pytest.raises(
        DeadlineExceeded, match="kafka-controller-3, kafka-controller-4, kafka-controller-5 are not gone"
    ):
        found.driver.stop_controllers()
    assert len(found.api.names("PersistentVolumeClaim")) == 3


def test_volumes_of_brokers_are_never_taken_for_theirs() -> None:
    ours = crs.claims("kafka", range(3))
    found = cluster(AT_REST, *ours, controller_name="kafka")
    assert found.controllers_claims == {}
    found = cluster(AT_REST, crs.pool("more"), *crs.claims("more"), controller_name="more")
    assert found.controllers_claims == {}


def test_it_goes_on_without_controllers() -> None:
    found = cluster(AT_REST)
    found.driver.answer(Wait.ZNODES)
    assert marks(found)[res.KRAFT] == "disabled"
    found = cluster(crs.kafka("", "migration", crs.PAUSED, marks={**MARK, **PAUSE}))
    found.driver.answer(Wait.ZNODES)
    assert marks(found)[res.KRAFT] == "disabled"
    assert res.PAUSE not in marks(found)
    assert marks(found)[res.TURNED] == MARK[res.TURNED]


@pytest.mark.parametrize(
    "left", [[crs.controllers()], crs.pods("controller", range(3, 4), controller=True)], ids=["pool", "pod"]
)
def test_it_is_not_told_to_go_on_beside_controllers(left: Any) -> None:
    """Seen: it deletes /controller in every pass then."""
    found = cluster(AT_REST, *left)
    with pytest.raises(Refused, match="still exist: the operator is not told to go on"):
        found.driver.answer(Wait.ZNODES)
    assert writes(found) == []


def test_it_is_not_told_to_go_on_before_the_volumes_are_gone() -> None:
    claim = crs.claims()[0]
    claim["metadata"]["finalizers"] = ["kubernetes.io/pvc-protection"]
    found = cluster(AT_REST, claim)
    gone = threading.Timer(0.2, lambda: found.api.drop("PersistentVolumeClaim", "n", claim["metadata"]["name"]))
    gone.start()
    found.driver.answer(Wait.ZNODES)
    gone.join()
    assert [verb for verb, _kind, _name in writes(found)] == ["delete", "patch"]
    found = cluster(AT_REST, claim, wait_timeout=0.1)
    with pytest.raises(DeadlineExceeded, match="are not gone yet"):
        found.driver.answer(Wait.ZNODES)
    assert marks(found)[res.KRAFT] == "rollback"


def test_what_is_left_is_cleaned_up_and_our_mark_last() -> None:
    found = cluster(crs.kafka("ZooKeeper", "disabled", marks=MARK), *crs.claims())
    assert found.driver.observe().rolled_back
    assert found.driver.left() == [f"PersistentVolumeClaim/data-0-kafka-controller-{number}" for number in (3, 4, 5)]
    assert found.driver.clean_up(lambda _text: None) == found.driver.left() or found.driver.left() == []
    assert [verb for verb, _kind, _name in writes(found)] == ["delete", "delete", "delete", "patch"]
    assert res.TURNED not in marks(found)
    assert found.driver.observe() == Progress(message=found.driver.observe().message)


def test_a_pool_that_has_made_nothing_is_left_for_the_next_attempt() -> None:
    found = cluster(crs.kafka("ZooKeeper", "disabled", marks=MARK), crs.controllers())
    assert found.driver.left() == []
    found.driver.clean_up(lambda _text: None)
    assert found.api.names("KafkaNodePool") == ["controller", "kafka"]


def test_a_pool_that_came_back_with_volumes_goes() -> None:
    found = underway(crs.kafka("ZooKeeper", "disabled", marks=MARK))
    collects_garbage(found.api)
    deleted = found.driver.clean_up(lambda _text: None)
    assert deleted[0] == "KafkaNodePool/controller"
    assert found.driver.left() == []


def test_annotations_that_are_there_are_not_written_again() -> None:
    found = cluster(crs.kafka("ZooKeeper", "migration"))
    assert asking.annotate(found, lambda _kafka: {res.KRAFT: "migration", res.PAUSE: None}) == []
    assert writes(found) == []
