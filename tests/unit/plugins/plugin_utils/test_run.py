# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One task on one cluster: the Lease, the lock and the journal around a change."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.kafkaops.kraft.plugins.action import migration_lock
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.marks import annotations_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import journal as journals
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import lease, policy_objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import CONFIG_MAP, LEASE, STATEFUL_SET
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.rest import FIRST_PATIENCE
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import status, support_bundle
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.driver import StatefulSets
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Forbidden,
    Interrupted,
    KraftError,
    Refused,
    Unreachable,
)
from ansible_collections.kafkaops.kraft.plugins.plugin_utils import _run
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run

from tests.unit.plugins.module_utils.admitting import BINDING, MADE, NAME, POLICY, stored, with_policies, written
from tests.unit.plugins.module_utils.fakes import PARAMS, FakeClient, statefulset


class Cluster(StatefulSetCluster):
    """A cluster of objects only: no pod is asked."""

    zookeeper_connect = None

    def __init__(self, client: Any, params: Any) -> None:
        super().__init__(client, params)
        self.driver = StatefulSets(self)

    def close(self) -> None:
        calls: Any = self.client
        calls.calls.append(("close", "", ""))


@pytest.fixture
def client(monkeypatch: Any) -> Any:
    client: Any = FakeClient(statefulset())
    monkeypatch.setattr(_run, "connect", lambda _params: client)
    monkeypatch.setattr(_run, "open_cluster", Cluster)
    return client


def run_of(sub_phase: Any = "SetupAddMigrationAnnotation", **params: Any) -> Any:
    return Run("migration_lock", {**PARAMS, "lock_timeout": 0, **params}, sub_phase, lambda _text: None)


def stop(reason: Any) -> None:
    pytest.fail(reason)


def book(client: Any) -> Any:
    found = client.find(CONFIG_MAP, "kraft-migration-kafka", "n")
    return journals.load("kafka", found["data"]) if found else None


def brokers(client: Any) -> Any:
    return client.get(STATEFUL_SET, "kafka", "n")


def test_the_sessions_are_closed_only_when_there_are_any(client: Any) -> None:
    with run_of():
        pass
    assert client.calls == []
    with run_of() as run:
        assert run.cluster.name == "kafka"
    assert client.calls == [("close", "", "")]


def test_the_time_is_utc_with_milliseconds() -> None:
    assert len(_run.now()) == len("2026-01-01T00:00:00.000Z")
    assert _run.now().endswith("Z")


def test_a_change_is_made_under_lease_and_lock_and_written_down(client: Any) -> None:
    with run_of() as run, run.exclusive(stop) as anew:
        assert anew is True
        assert client.get(LEASE, "kraft-migration-kafka", "n")["spec"]["holderIdentity"] == run.lease.holder
        assert run.ensure_lock() is True
        run.record("locked", extra=1)
    marks = annotations_of(brokers(client))
    written = book(client)
    assert marks[names.LOCK] == written.migration_id != ""
    assert written.started
    assert written.last()["sub_phase"] == "SetupAddMigrationAnnotation"
    assert written.last()["phase"] == "SETUP"
    assert (written.last()["extra"], written.last()["by"]) == (1, run.lease.holder)
    labels = client.get(CONFIG_MAP, "kraft-migration-kafka", "n")["metadata"]["labels"]
    assert labels == {names.LABEL_CLUSTER: "kafka", names.MANAGED_BY: "kafkaops.kraft"}
    # the Lease stays for the next task of the same run
    assert client.names("Lease") == ["kraft-migration-kafka"]
    with run_of() as again, again.exclusive(stop) as anew:
        assert anew is False
        assert again.ensure_lock() is False
    assert book(client).migration_id == written.migration_id


def test_a_lost_journal_takes_its_id_from_the_lock(client: Any) -> None:
    with run_of() as run, run.exclusive(stop):
        run.ensure_lock()
    held = annotations_of(brokers(client))[names.LOCK]
    client.drop("ConfigMap", "n", "kraft-migration-kafka")
    with run_of() as run, run.exclusive(stop):
        run.ensure_lock()
        assert run.journal.migration_id == held


def test_the_connect_string_is_kept_for_the_time_when_no_broker_names_it(client: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(Cluster, "zookeeper_connect", SimpleNamespace(__str__=lambda: "z"))
    with run_of() as run, run.exclusive(stop):
        run.ensure_lock()
    assert book(client).zookeeper_connect


@pytest.fixture
def enforcing(client: Any, monkeypatch: Any) -> Any:
    """An API server that can enforce the lock."""
    monkeypatch.setattr(policy_objects, "PACE", 0.001)
    monkeypatch.setattr(policy_objects, "CHECKED", 0.01)
    return with_policies(client)


def test_the_lock_is_enforced_before_it_is_taken_and_it_is_said_once(enforcing: Any) -> None:
    said: list[str] = []
    for _task in range(2):
        with run_of() as run, run.exclusive(stop):
            run.progress = said.append
            run.ensure_lock()
    kinds = [kind for verb, kind, _name in enforcing.calls if verb in ("create", "patch")]
    assert kinds.index(POLICY) < kinds.index(BINDING) < kinds.index("StatefulSet")
    assert written(enforcing) == MADE
    assert said == [
        f"ValidatingAdmissionPolicy {NAME} is written; waiting until the API server enforces it",
        f"the lock is enforced by ValidatingAdmissionPolicy {NAME}",
    ]
    assert (book(enforcing).lock_policy, book(enforcing).lock_why) == (NAME, "")
    assert f"migration {book(enforcing).migration_id}" in str(stored(enforcing))


def test_why_it_is_not_enforced_is_said_once_and_kept(client: Any) -> None:
    said: list[str] = []
    for _task in range(2):
        with run_of() as run, run.exclusive(stop):
            run.progress = said.append
            run.ensure_lock()
    (line,) = said
    assert line.startswith(
        "the lock is enforced by its annotation alone, which only this collection looks at: the API server has no"
    )
    assert line.endswith(book(client).lock_why)
    # asked for: no news
    said.clear()
    with run_of(lock_enforcement="annotation") as run, run.exclusive(stop):
        run.progress = said.append
        run.ensure_lock()
    assert said == []


def test_a_lock_that_cannot_be_enforced_as_asked_is_refused_before_the_lease(client: Any) -> None:
    with run_of(lock_enforcement="admission") as run:
        with pytest.raises(Refused) as refused:
            run.check_ours()
        with pytest.raises(Refused):
            run.ensure_lock()
    assert refused.value.code == "lock-not-enforced"
    assert [call for call in client.calls if call[0] != "close"] == []


def test_the_end_takes_both_away(enforcing: Any) -> None:
    with run_of() as run, run.exclusive(stop):
        run.ensure_lock()
        run.unlock(over=True)
        assert (run.journal.lock_policy, run.journal.lock_why) == ("", "")
    assert stored(enforcing) is None
    assert names.LOCK not in annotations_of(brokers(enforcing))


def test_setup_makes_a_policy_again_that_is_gone(enforcing: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(status, "already_over", lambda _cluster: "")
    module = migration_lock.ActionModule.__new__(migration_lock.ActionModule)
    with run_of(state="present") as run, run.exclusive(stop):
        run.ensure_lock()
    with run_of(state="present") as run:
        assert module._decide_present(run).kind == "done"
        enforcing.drop(POLICY, None, NAME)
        assert "its policy is gone" in module._decide_present(run).reason


def test_unlock_takes_a_policy_that_was_left_alone(enforcing: Any) -> None:
    """A run was killed after it had made the policy, before it took the lock."""
    module = migration_lock.ActionModule.__new__(migration_lock.ActionModule)
    options = {"state": "absent", "release": ["n/kafka"]}
    with run_of(**options) as run:
        assert module._drive(run, None)["changed"] is False
        run.cluster.driver.enforcement.enforce("m1", lambda _text: None)
        assert stored(enforcing) is not None
        done = module._drive(run, None)
    assert done["changed"] is True
    assert "the policy that enforces the lock" in done["msg"]
    assert stored(enforcing) is None


def test_a_failure_is_written_down_and_the_lease_is_given_back(client: Any) -> None:
    def fail() -> None:
        with run_of() as run, run.exclusive(stop):
            run.ensure_lock()
            raise DeadlineExceeded("it did not come back with x.password=canary", code="broker-not-healthy")

    with pytest.raises(DeadlineExceeded):
        fail()
    last = book(client).last()
    assert (last["what"], last["failed"], last["error"], last["code"]) == (
        "failed",
        True,
        "it did not come back with x.password=<redacted>",
        "broker-not-healthy",
    )
    assert client.names("Lease") == []


def test_an_interruption_is_written_down_and_the_lease_is_given_back(client: Any) -> None:
    def stopped() -> None:
        with run_of() as run, run.exclusive(stop):
            run.ensure_lock()
            raise Interrupted("stopped by SIGINT")

    with pytest.raises(Interrupted):
        stopped()
    last = book(client).last()
    assert (last["what"], last["failed"], last["error"]) == ("failed", True, "stopped by SIGINT")
    assert client.names("Lease") == []
    assert client.patience == FIRST_PATIENCE


def test_a_wait_that_is_interrupted_gives_back_the_lease_of_an_earlier_task(client: Any) -> None:
    with run_of() as run, run.exclusive(stop):
        run.ensure_lock()
    assert client.names("Lease") == ["kraft-migration-kafka"]
    before = book(client)

    def stopped() -> None:
        with run_of() as run:
            assert run.cluster.name == "kafka"
            raise Interrupted("stopped by SIGTERM")

    with pytest.raises(Interrupted):
        stopped()
    assert client.names("Lease") == []
    assert book(client) == before


def test_the_lease_is_given_back_once(client: Any, monkeypatch: Any) -> None:
    """Whoever stops a run waits for one request, not for one in each place that may have to do it."""
    releases: list[bool] = []
    real = lease.RunLease.release

    def release(mine: Any) -> None:
        releases.append(True)
        real(mine)

    monkeypatch.setattr(lease.RunLease, "release", release)

    def stopped() -> None:
        with run_of() as run, run.exclusive(stop):
            run.ensure_lock()
            raise Interrupted("stopped by SIGTERM")

    with pytest.raises(Interrupted):
        stopped()
    assert releases == [True]
    assert client.names("Lease") == []


def test_an_error_of_ansible_itself_gives_the_lease_back(client: Any) -> None:
    def fail() -> None:
        with run_of() as run, run.exclusive(stop):
            run.ensure_lock()
            raise AnsibleActionFail("its own")

    with pytest.raises(AnsibleActionFail):
        fail()
    assert client.names("Lease") == []


def test_a_worker_that_outlived_its_run_still_knows_whose_lease_it_is(client: Any, monkeypatch: Any) -> None:
    with run_of() as run, run.exclusive(stop):
        run.ensure_lock()

    def outlived() -> None:
        with run_of() as run:
            assert run.cluster.name == "kafka"
            monkeypatch.setattr(_run, "own_identity", lambda: "root@here:1:0-0")
            raise Interrupted("ansible-playbook has ended")

    with pytest.raises(Interrupted):
        outlived()
    assert client.names("Lease") == []


def test_the_lease_of_another_run_stays_when_a_look_is_interrupted(client: Any) -> None:
    spec = {"holderIdentity": "ann@laptop:1:2", "renewTime": "2999-01-01T00:00:00.000000Z", "leaseDurationSeconds": 60}
    client.put({"kind": "Lease", "metadata": {"name": "kraft-migration-kafka", "namespace": "n"}, "spec": spec})

    def stopped() -> None:
        with run_of() as run:
            assert run.cluster.name == "kafka"
            raise Interrupted("stopped by SIGINT")

    with pytest.raises(Interrupted):
        stopped()
    assert client.names("Lease") == ["kraft-migration-kafka"]


def test_a_lease_that_was_taken_away_leaves_the_journal_alone(client: Any) -> None:
    """Whoever took it writes the journal now: ours would undo their events."""
    reasons: list[str] = []

    def taken() -> None:
        with run_of() as run, run.exclusive(reasons.append):
            run.ensure_lock()
            before.append(book(client))
            run._lose("the Lease was taken by ann", reasons.append)
            raise Interrupted(reasons[0])

    before: list[Any] = []
    with pytest.raises(Interrupted, match="taken by ann"):
        taken()
    assert [book(client)] == before


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Unreachable("no answer"), ["the Lease could not be released: no answer"]),
        (Forbidden("may not read Leases"), []),
    ],
)
def test_a_lease_that_cannot_be_given_back_does_not_hide_the_failure(client: Any, error: Any, said: Any) -> None:
    heard: list[str] = []
    run = run_of(lock_enforcement="annotation")
    run.progress = heard.append

    def fail() -> None:
        with run, run.exclusive(stop):
            run.ensure_lock()
            client.fail["delete", "Lease"] = error
            raise DeadlineExceeded("the cause")

    with pytest.raises(DeadlineExceeded, match="the cause"):
        fail()
    assert heard == said


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"annotations": {names.LOCK: "other"}}, "lock-held"),
        ({"ownerReferences": [{"kind": "Kafka", "name": "k", "controller": True}]}, "owned-by-controller"),
        ({"labels": {"helm.toolkit.fluxcd.io/name": "kafka"}}, "managed-by-gitops"),
        ({"annotations": {names.TEMPLATE_DIGEST: "0123"}}, "changed-by-others"),
    ],
)
def test_objects_that_are_not_ours_are_left_alone_with_their_journal(client: Any, metadata: Any, code: Any) -> None:
    """Rule 6: a refusal writes nothing, not even a journal."""
    item = statefulset()
    item["metadata"].update(metadata)
    client.put(item)
    book_of_other = journals.Journal("kafka", migration_id="mine" if code == "lock-held" else "")
    labels = {names.LABEL_CLUSTER: "kafka"}
    stored = {"kind": "ConfigMap", "metadata": {"name": "kraft-migration-kafka", "namespace": "n", "labels": labels}}
    before = client.put({**stored, "data": journals.dump(book_of_other)})

    def begin() -> None:
        with run_of() as run, run.exclusive(stop):
            run.ensure_lock()

    with pytest.raises(KraftError) as raised:
        begin()
    assert raised.value.code == code
    assert client.get(CONFIG_MAP, "kraft-migration-kafka", "n") == before
    assert annotations_of(brokers(client)) == metadata.get("annotations", {})
    assert client.names("Lease") == []


@pytest.mark.parametrize(("kind", "name"), [("ConfigMap", "kraft-migration-kafka"), ("Service", "kafka-kraft")])
def test_an_object_of_others_with_one_of_our_names_stops_it_before_anything_is_written(
    client: Any, kind: str, name: str
) -> None:
    """Rule 6: a journal of somebody else is neither read as ours nor written over."""
    client.put({"kind": kind, "metadata": {"name": name, "namespace": "n"}})
    with (
        run_of() as run,
        pytest.raises(Refused, match=f"{kind} n/{name} has a name that this migration needs") as raised,
    ):
        run.check_ours()
    assert (raised.value.code, client.calls) == ("foreign-object", [("close", "", "")])
    client.put(statefulset("kafka-kraft"))
    with run_of() as run, pytest.raises(Refused, match="StatefulSet n/kafka-kraft"):
        run.check_names()


def test_an_alien_lease_stops_it_before_anything_is_read_or_written(client: Any) -> None:
    spec = {"holderIdentity": "ann@laptop:1:2", "renewTime": "2999-01-01T00:00:00.000000Z", "leaseDurationSeconds": 60}
    labels = {names.LABEL_CLUSTER: "kafka", names.MANAGED_BY: names.MANAGER}
    metadata = {"name": "kraft-migration-kafka", "namespace": "n", "labels": labels}
    client.put({"kind": "Lease", "metadata": metadata, "spec": spec})

    def begin() -> None:
        with run_of() as run, run.exclusive(stop):
            pytest.fail("the Lease is held")

    with pytest.raises(Refused) as raised:
        begin()
    assert raised.value.code == "lock-held"
    assert [call for call in client.calls if call[0] != "close"] == []


def test_a_journal_that_cannot_be_written_does_not_hide_the_failure(client: Any) -> None:
    said: list[str] = []
    run = run_of(lock_enforcement="annotation")
    run.progress = said.append

    def fail() -> None:
        with run, run.exclusive(stop):
            run.ensure_lock()
            client.fail["patch", "ConfigMap"] = Forbidden("may not patch configmaps")
            raise DeadlineExceeded("the cause")

    with pytest.raises(DeadlineExceeded, match="the cause"):
        fail()
    assert said == ["the journal could not be written: may not patch configmaps"]


def test_a_failure_beside_a_change_is_written_down_by_the_run_that_holds_the_lease(client: Any) -> None:
    """Rule 11: a wait that ran out is a failure like any other, though it changes nothing."""
    late = DeadlineExceeded("the controllers were not in charge")
    with run_of("MigrateMonitorMigrationProgress") as run:
        run.note(late)
        assert book(client) is None, "another run may be at work"
    with run_of() as run, run.exclusive(stop):
        run.ensure_lock()
    with run_of("MigrateMonitorMigrationProgress") as run:
        run.note(Refused("not now"))
        run.check_mode = True
        run.note(late)
        assert not book(client).events
        run.check_mode = False
        run.note(late)
    last = book(client).last()
    assert (last["sub_phase"], last["failed"], last["error"]) == (
        "MigrateMonitorMigrationProgress",
        True,
        "the controllers were not in charge",
    )
    assert client.names("Lease") == []


def test_a_failure_that_cannot_be_written_down_is_said(client: Any) -> None:
    said: list[str] = []
    with run_of() as run:
        run.progress = said.append
        client.fail["get", "Lease"] = Unreachable("the API server does not answer")
        run.note(DeadlineExceeded("the cause"))
    assert said == ["the journal could not be written: the API server does not answer"]


def test_a_server_that_was_never_reached_is_not_asked_again(client: Any) -> None:
    client.requests_made = 0
    with run_of() as run:
        run.progress = pytest.fail
        client.fail["get", "Lease"] = Unreachable("connection refused")
        run.note(Unreachable("connection refused"))


def test_an_event_outside_the_sub_phases_has_no_phase(client: Any) -> None:
    with run_of("cluster_info") as run:
        run.record("seen")
    assert book(client).last()["phase"] == ""


def test_a_support_bundle_is_named_in_the_error(client: Any, monkeypatch: Any) -> None:
    said: list[str] = []
    monkeypatch.setattr(
        support_bundle, "write", lambda _cluster, _status, folder, _stamp, failure: f"{folder}/{failure['code']}"
    )
    run = run_of(support_dir="/tmp")
    run.progress = said.append
    error = DeadlineExceeded("it did not come back", code="broker-not-healthy")
    run.bundle(error)
    assert error.detail == {"support_bundle": "/tmp/broker-not-healthy"}

    def fails(*_arguments: Any) -> str:
        raise OSError("no space left")

    monkeypatch.setattr(support_bundle, "write", fails)
    run.bundle(error)
    assert said == ["the support bundle could not be written: no space left"]
