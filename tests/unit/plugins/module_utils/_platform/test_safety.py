# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The safety rules where they are enforced: gates, restarts of brokers and of controllers, empty controllers, versions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import journal, names, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.metadata_records import Registration
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rolling import Replicas
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.znodes import Migration
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import Quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform import (
    broker_roll,
    brokers,
    controller_roll,
    controllers,
    gates,
    preflight,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.quorum import all_voters, caught_up
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    KraftError,
    Refused,
)

from tests.unit.plugins.module_utils._platform.fakes import PARAMS, FakeClient, pod, statefulset

VOTERS = "3000@a:9093,3001@b:9093,3002@c:9093"


def facts(version: Any = "3.9.2", **settings: Any) -> Any:
    return SimpleNamespace(version=version, settings={key.replace("_", "."): value for key, value in settings.items()})


def quorum(leader: Any = 3000, voters: Any = None, counts: Any = None) -> Any:
    return Quorum(leader, 1, 9, {3000: 0, 3001: 0, 3002: 0} if voters is None else voters, "jolokia", {}, counts or {})


class FakeCluster(SimpleNamespace):
    """A cluster in pure dual-write with every gate open; a test changes what it is about."""

    def __init__(self, **changed: Any) -> None:
        view = SimpleNamespace(brokers={}, assigned_brokers={0, 1, 2}, broker_in_charge=False)
        base = {
            "name": "kafka",
            "namespace": "n",
            "params": {**PARAMS, "confirm": ["kafka"], "accept": ["gate-parity", "gate-backup"], "soak": 60},
            "client": FakeClient(),
            "state": state.ClusterState(state.PURE, "every broker runs in KRaft mode"),
            "modes": dict.fromkeys(("kafka-0", "kafka-1", "kafka-2"), state.MODE_KRAFT),
            "flags": dict.fromkeys(("kafka-kraft-0", "kafka-kraft-1", "kafka-kraft-2"), True),
            "pods": {f"kafka-{n}": pod(f"kafka-{n}") for n in range(3)},
            "facts": {f"kafka-{n}": facts() for n in range(3)},
            "pod_of_broker": {n: f"kafka-{n}" for n in range(3)},
            "statefulsets": [statefulset()],
            "controllers": statefulset("kafka-kraft"),
            "controllers_name": "kafka-kraft",
            "controller_pods": {f"kafka-kraft-{n}": pod(f"kafka-kraft-{n}") for n in range(3)},
            "controller_facts": {f"kafka-kraft-{n}": facts(controller_quorum_voters=VOTERS) for n in range(3)},
            "controller_ids": {3000 + n: f"kafka-kraft-{n}" for n in range(3)},
            "zookeeper_connect": "zookeeper:2181/kafka",
            "journal": journal.Journal("kafka", pure_since=ago(120)),
            "view": view,
            "route": SimpleNamespace(chroot="/kafka"),
        }
        super().__init__(**{**base, **changed})

    def forget(self, *_names: Any) -> None:
        """Everything is read freshly here."""


def cluster_with(**changed: Any) -> Any:
    """A FakeCluster that passes for a real one."""
    return FakeCluster(**changed)


def ago(seconds: Any) -> Any:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.fixture
def registered(monkeypatch: Any) -> Any:
    """The brokers as the quorum knows them."""
    known = {number: Registration(False, False) for number in range(3)}
    monkeypatch.setattr(gates, "registrations", lambda _cluster: known)
    return known


@pytest.fixture
def seen(monkeypatch: Any) -> Any:
    """What the quorum answers, one after the other; the last one for ever."""
    answers = [quorum()]

    def read(_cluster: Any) -> Any:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(gates, "read_quorum", read)
    monkeypatch.setattr(controller_roll, "read_quorum", read)
    return answers


# the gates


def shut(cluster: Any, **options: Any) -> Any:
    with pytest.raises(Refused) as raised:
        gates.require(cluster, **options)
    rows = raised.value.detail["gates"]
    closed = [row["code"] for row in rows if not row["passed"] and not row["accepted"]]
    assert raised.value.code == closed[0]
    for code in closed:
        assert f"{code}: " in raised.value.message
    return closed


def test_every_gate_is_open(registered: Any, seen: Any) -> None:
    rows = gates.require(cluster_with())
    assert [row.code for row in rows if not row.passed] == ["gate-parity", "gate-backup"]
    assert {row.as_dict([])["name"] for row in rows} >= {
        "pure-dual-write",
        "registrations",
        "quorum",
        "soak",
        "confirm",
    }


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"state": state.ClusterState(state.HYBRID, "migrating")}, "gate-pure-dual-write"),
        ({"state": state.ClusterState(state.MIXED, "a roll is under way")}, "gate-pure-dual-write"),
        (
            {"view": SimpleNamespace(brokers={1: None}, assigned_brokers=set(), broker_in_charge=False)},
            "gate-pure-dual-write",
        ),
        ({"controller_facts": {}}, "gate-registrations"),
        ({"journal": journal.Journal("kafka")}, "gate-soak"),
        ({"journal": journal.Journal("kafka", pure_since=ago(30))}, "gate-soak"),
        ({"params": {**PARAMS, "accept": ["gate-parity", "gate-backup"], "soak": 0}}, "gate-confirm"),
        (
            {"params": {**PARAMS, "confirm": ["other"], "accept": ["gate-parity", "gate-backup"], "soak": 0}},
            "gate-confirm",
        ),
        ({"params": {**PARAMS, "confirm": ["kafka"], "accept": ["gate-backup"], "soak": 0}}, "gate-parity"),
        ({"params": {**PARAMS, "confirm": ["kafka"], "accept": ["gate-parity"], "soak": 0}}, "gate-backup"),
    ],
)
def test_each_gate_is_named_when_it_is_shut(registered: Any, seen: Any, changed: Any, code: Any) -> None:
    """Rule 6.1: without each of them the irreversible step is refused."""
    assert shut(cluster_with(**changed)) == [code]


def test_gates_that_nobody_can_accept(registered: Any, seen: Any) -> None:
    """Rule 6.1: accepting by name opens only what the catalogue marks as acceptable."""
    accept = ["gate-parity", "gate-backup", "gate-pure-dual-write", "gate-registrations", "gate-quorum", "gate-confirm"]
    hybrid = state.ClusterState(state.HYBRID, "migrating")
    cluster = cluster_with(state=hybrid, params={**PARAMS, "accept": accept, "soak": 0})
    del registered[1]
    seen[:] = [quorum(leader=None)]
    assert shut(cluster) == ["gate-pure-dual-write", "gate-registrations", "gate-quorum", "gate-confirm"]


def test_the_gate_stays_open_while_the_controllers_are_rolled(registered: Any, seen: Any) -> None:
    cluster = cluster_with(
        state=state.ClusterState(state.MIXED, "controller roll under way"),
        flags={"kafka-kraft-0": False, "kafka-kraft-1": True, "kafka-kraft-2": True},
    )
    gates.require(cluster)


@pytest.mark.parametrize(
    ("broker", "entry", "words"),
    [
        (1, None, "broker 1 is not registered in KRaft"),
        (1, Registration(False, True), "broker 1 is still registered as a migrating ZooKeeper broker"),
        (2, Registration(True, False), "broker 2 is fenced"),
        (7, None, "broker 7 is not registered in KRaft"),
    ],
)
def test_every_broker_that_replicas_expect_is_registered(
    registered: Any, seen: Any, broker: Any, entry: Any, words: Any
) -> None:
    """Rule 6.1: a broker id in assignments counts although no pod runs it."""
    cluster = cluster_with()
    cluster.view.assigned_brokers = {0, 1, 2, broker}
    registered.pop(broker, None)
    if entry:
        registered[broker] = entry
    assert shut(cluster) == ["gate-registrations"]
    assert words in gates.evaluate(cluster)[1].sentence


@pytest.mark.parametrize(
    ("counts", "passed"),
    [
        ({"migrating_brokers": 0, "active_brokers": 3, "fenced_brokers": 0}, True),
        ({"migrating_brokers": 1, "active_brokers": 3, "fenced_brokers": 0}, False),
        ({"migrating_brokers": 0, "active_brokers": 2, "fenced_brokers": 0}, False),
        ({"migrating_brokers": 0, "active_brokers": 3, "fenced_brokers": 1}, False),
        # without the counts the registrations are read
        ({"active_brokers": 0}, True),
    ],
)
def test_the_counts_of_the_active_controller_between_restarts(
    registered: Any, seen: Any, counts: Any, passed: Any
) -> None:
    seen[:] = [quorum(counts=counts)]
    assert gates.evaluate(cluster_with(), thorough=False)[1].passed is passed


def test_registrations_that_cannot_be_read_shut_the_gate(registered: Any, seen: Any, monkeypatch: Any) -> None:
    def fails(_cluster: Any) -> None:
        raise KraftError("the tool failed")

    monkeypatch.setattr(gates, "registrations", fails)
    assert shut(cluster_with()) == ["gate-registrations"]


@pytest.mark.parametrize(
    "answer",
    [
        quorum(leader=None),
        quorum(voters={3000: 0, 3001: 0, 3002: 11}),
        quorum(voters={3000: 0, 3001: 0}),
        KraftError("no controller answered"),
    ],
)
def test_the_quorum_is_complete_and_caught_up(registered: Any, seen: Any, answer: Any) -> None:
    seen[:] = [answer]
    assert shut(cluster_with()) == ["gate-quorum"]


def test_voters_of_a_statefulset_that_was_scaled_down_are_still_voters(registered: Any, seen: Any) -> None:
    seen[:] = [quorum(voters={3000: 0})]
    assert shut(cluster_with(controllers=statefulset("kafka-kraft", replicas=1))) == ["gate-quorum"]
    assert shut(cluster_with(controllers=None)) == ["gate-quorum"]


def test_what_reaches_for_zookeeper_shuts_the_gate(registered: Any, seen: Any) -> None:
    """Rule 6.1: nothing in the pods still reaches for ZooKeeper."""
    waiting = statefulset()
    waiting["spec"]["template"]["spec"]["initContainers"] = [
        {"name": "wait", "image": "busybox", "command": ["nc", "-z", "zookeeper", "2181"]}
    ]
    assert shut(cluster_with(statefulsets=[waiting])) == ["gate-zookeeper-reference"]


# restarts of controllers


def test_voters_that_do_not_answer_are_voters() -> None:
    cluster = cluster_with()
    assert all_voters(cluster, quorum(voters={3000: 0, 3001: 0})) == [3000, 3001, 3002]
    assert all_voters(cluster_with(controller_facts={"x": facts()}), quorum(voters={3000: 0})) == [3000]
    assert caught_up(quorum(voters={1: 0, 2: 10, 3: 11, 4: -1})) == {1, 2}


def controller_target(cluster: Any) -> Any:
    return controller_roll.ControllerRoll(cluster, "new", lambda _pod, _facts: "", lambda: None)


def test_no_controller_goes_unless_the_others_are_a_majority(seen: Any) -> None:
    """Rule 6.6: two voters of five that do not answer count against the majority."""
    ids = {3000 + n: f"kafka-kraft-{n}" for n in range(5)}
    five = ",".join(f"{number}@x:9093" for number in ids)
    cluster = cluster_with(
        controller_ids=ids,
        controller_facts={name: facts(controller_quorum_voters=five) for name in ids.values()},
        controller_pods={name: pod(name) for name in ids.values()},
    )
    target = controller_target(cluster)
    seen[:] = [quorum(voters={3000: 0, 3001: 0, 3002: 0})]
    with pytest.raises(DeadlineExceeded) as raised:
        target.wait_until_safe("kafka-kraft-1", 0.0, lambda _text: None)
    assert (
        "without controller 3001 the caught-up voters [3000, 3001, 3002] are no majority of [3000, 3001, 3002, 3003, 3004]"
        in (raised.value.message)
    )
    said: list[str] = []
    seen[:] = [quorum(voters={3000: 0, 3001: 0, 3002: 99}), quorum(voters=dict.fromkeys(ids, 0))]
    target.wait_until_safe("kafka-kraft-1", 5.0, said.append)
    assert len(said) == 1


def test_followers_first_the_active_controller_last(seen: Any) -> None:
    """Rule 6.1: the first active controller without the flag comes as late as possible."""
    target = controller_target(cluster_with())
    assert target.next() == ("kafka-kraft-1", 3)
    seen[:] = [quorum(leader=3002)]
    assert target.next() == ("kafka-kraft-0", 3)
    target._left = ["kafka-kraft-2"]
    assert target.next() == ("kafka-kraft-2", 1)
    target._left = []
    assert target.next() == (None, 0)


def test_a_controller_that_is_not_known_is_never_deleted(seen: Any) -> None:
    target = controller_target(cluster_with(controller_ids={}))
    with pytest.raises(Refused) as raised:
        target.make_sure("kafka-kraft-0")
    assert raised.value.code == "controllers-not-ready"


# restarts of brokers


class Session:
    """A ZooKeeper of which only single znodes are read."""

    def __init__(self, **znodes: Any) -> None:
        self.znodes = znodes

    def get(self, path: Any) -> Any:
        return self.znodes.get(path)


def broker_target(monkeypatch: Any, partitions: Any, *, accept: Any = (), cluster: Any = None) -> Any:
    cluster = cluster or cluster_with(params={**PARAMS, "accept": list(accept)})
    cluster.zookeeper = Session(
        **{"/controller": SimpleNamespace(ephemeral=True, data=b'{"brokerid":0,"version":1}', mtime_ms=1)}
    )
    monkeypatch.setattr(
        broker_roll,
        "replicas_of",
        lambda _cluster, _broker: partitions.pop(0) if len(partitions) > 1 else partitions[0],
    )
    waited = []
    monkeypatch.setattr(broker_roll, "wait_in_sync", lambda _session, want, **_: waited.append(want))
    hashes = {"uid-kafka": "new"}
    target = broker_roll.BrokerRoll(cluster, hashes, lambda _pod, _facts: "", lambda: None, registers=True)
    return target, waited


def isr(*replicas: Any, min_isr: Any = 2) -> Any:
    return {("t", 0): Replicas(replicas, (0, 1, 2), min_isr)}


def test_a_broker_waits_until_its_partitions_can_spare_it(monkeypatch: Any) -> None:
    """Rule 6.6: min.insync.replicas is kept; the wait is for exactly the replica that is missing."""
    target, waited = broker_target(monkeypatch, [isr(0, 1), isr(0, 1, 2)])
    said: list[str] = []
    target.wait_until_safe("kafka-0", 5.0, said.append)
    assert said == ["t-0 would fall under min.insync.replicas without broker 0"]
    assert waited == [{("t", 0): 2}]


def test_a_broker_whose_partitions_never_recover_stays(monkeypatch: Any) -> None:
    """Rule 6.6: the deadline ends in a refusal to restart, not in a restart."""
    target, _waited = broker_target(monkeypatch, [isr(0, 1)])
    with pytest.raises(DeadlineExceeded) as raised:
        target.wait_until_safe("kafka-0", 0.0, lambda _text: None)
    assert "t-0 would fall under min.insync.replicas without broker 0 for 0 s" in raised.value.message


def test_a_partition_that_can_never_spare_it_needs_acceptance_by_name(monkeypatch: Any) -> None:
    """Rule 6.6: RF <= min ISR stops the roll unless it was accepted."""
    strict = isr(0, 1, 2, min_isr=3)
    target, _waited = broker_target(monkeypatch, [strict])
    with pytest.raises(Refused) as raised:
        target.wait_until_safe("kafka-0", 5.0, lambda _text: None)
    assert raised.value.code == "partition-cannot-roll"
    target, waited = broker_target(monkeypatch, [strict], accept=["partition-cannot-roll"])
    target.wait_until_safe("kafka-0", 5.0, lambda _text: None)
    assert waited == []


def test_the_controller_broker_goes_last_and_what_has_its_settings_is_skipped(monkeypatch: Any) -> None:
    """Rule 6.6."""
    done = pod("kafka-1", annotations={names.SETTINGS_HASH: "new"})
    cluster = cluster_with()
    cluster.pods["kafka-1"] = done
    target, _waited = broker_target(monkeypatch, [isr(0, 1, 2)], cluster=cluster)
    assert target.next() == ("kafka-2", 2)
    target._left = ["kafka-0"]
    assert target.next() == ("kafka-0", 1)
    target._left = []
    assert target.next() == (None, 0)
    assert target.judge(done).done
    assert target.judge(pod("kafka-0")).fatal


def test_a_pod_whose_broker_id_is_not_known_is_never_deleted(monkeypatch: Any) -> None:
    target, _waited = broker_target(monkeypatch, [isr(0, 1, 2)], cluster=cluster_with(pod_of_broker={}))
    with pytest.raises(Refused) as raised:
        target.make_sure("kafka-0")
    assert raised.value.code == "broker-not-healthy"


# empty controllers


def stored_view(**changed: Any) -> Any:
    base: dict[str, Any] = {
        "cluster_id": "id",
        "controller": None,
        "controller_epoch": 1,
        "migration": None,
        "migration_null": False,
        "brokers": {},
        "topics": {},
        "pending_deletions": ("old",),
        "reassigning": (),
    }
    return SimpleNamespace(**{**base, **changed})


def claim(name: Any) -> Any:
    return {"kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": "n"}}


@pytest.mark.parametrize(
    ("view", "claims", "code"),
    [
        (stored_view(migration=Migration(3000, 7, 1234, 7)), [], "migration-stale"),
        (stored_view(migration_null=True), [], "migration-null"),
        (stored_view(controller_epoch=None), [], "controller-epoch-missing"),
        (stored_view(), ["data-kafka-kraft-0"], "controller-volumes-leftover"),
    ],
)
def test_empty_controllers_are_not_started_over_a_finished_copy(view: Any, claims: Any, code: Any) -> None:
    """Rule 6.3: enforced in the step that starts them, whatever preflight said."""
    client = FakeClient(*[claim(name) for name in claims])
    with pytest.raises(Refused) as raised:
        controllers.refuse_leftovers(cluster_with(view=view, client=client))
    assert raised.value.code == code


def test_what_is_no_leftover_does_not_stop_them() -> None:
    client = FakeClient(claim("data-kafka-0"), claim("data-kafka-kraft-old"), claim("x-other-kraft-0"))
    controllers.refuse_leftovers(cluster_with(view=stored_view(), client=client))


# versions: no image of the sandbox is below the gate, and a pod of another version would take minutes to start


@pytest.mark.parametrize(
    ("versions", "code", "words"),
    [
        (["3.9.2", "3.9.2", "3.9.2"], None, ""),
        (["3.7.0", "3.7.0", "3.7.0"], "version-unsupported", "3.7.1"),
        (["2.8.2", "2.8.2", "2.8.2"], "version-unsupported", "upgrade to 3.9.2 first"),
        (["4.0.0", "4.0.0", "4.0.0"], "version-unsupported", "no ZooKeeper mode"),
        (["3.8.1", "3.8.1", "3.8.1"], "version-not-recommended", "3.9.2"),
        (["3.9.2", "3.8.1", "3.9.2"], "version-mixed", "kafka-1 runs 3.8.1"),
        (["3.9.2", None, "3.9.2"], "version-unknown", "kafka-1"),
    ],
)
def test_the_version_that_runs(versions: Any, code: Any, words: Any) -> None:
    cluster = cluster_with(facts={f"kafka-{n}": facts(version) for n, version in enumerate(versions)})
    found = preflight.version_findings(cluster, "brokers")
    assert [item.code for item in found] == ([code] if code else [])
    assert all(words in item.sentence for item in found)


def test_a_pod_that_cannot_be_read_has_no_version() -> None:
    cluster = cluster_with(facts={"kafka-0": facts()})
    assert [item.code for item in preflight.version_findings(cluster, "brokers")] == ["version-unknown"]


# settings: combined roles beside ZooKeeper and generated ids keep codes of their own


def test_settings_that_block_keep_their_codes(monkeypatch: Any) -> None:
    monkeypatch.setattr(brokers, "surfaces", lambda _cluster: {})
    monkeypatch.setattr(preflight, "derive_ibp", lambda _cluster: None)
    settings = {
        "process.roles": "broker,controller",
        "unstable.api.versions.enable": "true",
        "listeners": "SSL://:9093",
    }
    odd = SimpleNamespace(version="3.9.2", settings=settings, dns_ttl=1)
    fine = SimpleNamespace(version="3.9.2", settings={"broker.id": "1"}, dns_ttl=None)
    cluster = cluster_with(facts={"kafka-0": odd, "kafka-1": fine}, effective=settings)
    found = preflight.settings_findings(cluster)
    assert [item.code for item in found if item.blocking] == [
        "broker-id-generated",
        "combined-roles",
        "setting-blocks",
        "security-not-supported",
    ]
    assert all(item.where.startswith("kafka-0: ") for item in found[:3])

    def fails(_cluster: Any) -> None:
        raise KraftError("no surface")

    monkeypatch.setattr(brokers, "surfaces", fails)
    assert preflight.settings_findings(cluster)[-1].code == "surface-not-found"


# membership needs every pod: an unhealthy broker would have to be broken on purpose


def test_a_statefulset_that_lacks_pods(monkeypatch: Any) -> None:
    cluster = cluster_with(pods={"kafka-0": pod("kafka-0"), "kafka-1": pod("kafka-1", ready=False)})
    cluster.view.brokers = {0: None, 1: None, 2: None}
    found = preflight.broker_findings(cluster)
    assert [(item.code, item.where) for item in found] == [
        ("broker-not-healthy", "kafka-1"),
        ("broker-not-healthy", "kafka"),
    ]
    assert found[1].sentence == "StatefulSet kafka has 2 of 3 pods; repair it before the migration"
