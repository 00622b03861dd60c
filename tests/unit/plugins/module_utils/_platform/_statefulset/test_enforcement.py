# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock on plain StatefulSets as the API server enforces it: made, fallen back from, refused, opened, removed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import policy_objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POLICY
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import lock_rules
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.registry import open_cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Forbidden,
    Refused,
)

from tests.unit.plugins.module_utils.admitting import BINDING, DELETED, MADE, NAME, stored, with_policies, written
from tests.unit.plugins.module_utils.admitting import POLICY as POLICY_KIND
from tests.unit.plugins.module_utils.fakes import PARAMS, FakeClient, ours, statefulset
from tests.unit.plugins.module_utils.scenes import at_stage

ME = "system:serviceaccount:n:kafkaops-kraft"
NO_RIGHTS = f"the account may not read {POLICY_KIND} {NAME}; docs/rbac-admission.yml grants it"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_objects, "PACE", 0.001)
    monkeypatch.setattr(policy_objects, "IN_FORCE", 0.05)
    monkeypatch.setattr(policy_objects, "CHECKED", 0.01)


def scene(*items: Any, policies: bool = True, locked: bool = False, **params: Any) -> Any:
    brokers = statefulset()
    if locked:
        brokers["metadata"]["annotations"] = {names.LOCK: "m1"}
    client: Any = FakeClient(brokers, *items)
    return open_cluster(with_policies(client) if policies else client, {**PARAMS, **params})


def enforce(cluster: Any, said: Any = None) -> Any:
    return cluster.driver.enforcement.enforce("m1", (said if said is not None else []).append)


def said_by(cluster: Any) -> str:
    return str(stored(cluster.client))


def test_the_policy_is_made_once_and_names_the_controllers_before_they_exist() -> None:
    said: list[str] = []
    cluster = scene()
    made = enforce(cluster, said)
    assert (made.policy, made.others, made.why) == (NAME, "", "")
    assert made.text == f"ValidatingAdmissionPolicy {NAME}"
    assert said == [f"ValidatingAdmissionPolicy {NAME} is written; waiting until the API server enforces it"]
    assert 'oldObject.metadata.name == \\"kafka-kraft\\"' in said_by(cluster).replace('"', '\\"')
    assert enforce(cluster, said) == made
    cluster.client.put(ours(statefulset("kafka-kraft")))
    cluster.changed()
    assert enforce(cluster, said) == made
    assert written(cluster.client) == MADE
    assert len(said) == 1


def test_who_may_is_us_and_whom_the_user_names() -> None:
    cluster = scene(lock_allowed_users=["ann", "system:serviceaccount:ops:on-call"])
    enforce(cluster)
    lock = stored(cluster.client)["spec"]["validations"][1]  # type: ignore[index]
    assert lock["expression"].endswith(f'in ["{ME}", "ann", "system:serviceaccount:ops:on-call"]')
    assert f"(migration m1); only {ME} and ann and system:serviceaccount:ops:on-call may change" in lock["message"]


def test_another_account_that_goes_on_takes_the_place_of_the_first() -> None:
    cluster = scene()
    enforce(cluster)
    cluster.client.user = "ann"
    assert enforce(cluster).policy == NAME
    assert written(cluster.client) == [*MADE, ("patch", POLICY_KIND)]
    assert ME not in said_by(cluster)


# what cannot be


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (
            lambda client: client.kinds.clear(),
            "the API server has no ValidatingAdmissionPolicy v1, which came with Kubernetes 1.30",
        ),
        (lambda client: client.fail.update({("get", POLICY_KIND): Forbidden("x")}), NO_RIGHTS),
        (
            lambda client: setattr(
                client, "allowed", lambda verb, resource, _sub: verb != "patch" or "binding" not in resource
            ),
            f"the account may not patch validatingadmissionpolicybindings named {NAME}; docs/rbac-admission.yml grants it",
        ),
        (
            lambda client: client.put({"kind": BINDING, "metadata": {"name": NAME}, "spec": {}}),
            f"{BINDING} {NAME} does not carry the labels of this migration",
        ),
        (
            lambda client: client.fail.update({("create", BINDING): Forbidden("denied by another policy")}),
            "denied by another",
        ),
        (lambda client: setattr(client, "admit", lambda *_: None), f"{POLICY_KIND} {NAME} was not in force after 0 s"),
    ],
    ids=["old", "unread", "rights", "foreign", "denied", "not in force"],
)
def test_what_cannot_be_is_told_or_refused_and_leaves_nothing(spoil: Any, why: str) -> None:
    cluster = scene()
    spoil(cluster.client)
    made = enforce(cluster)
    assert made.policy == ""
    assert why in made.why
    assert made.text.startswith("its annotation alone, which only this collection looks at: ")
    assert stored(cluster.client) is None
    strict = scene(lock_enforcement="admission")
    spoil(strict.client)
    with pytest.raises(Refused) as refused:
        enforce(strict)
    assert refused.value.code == "lock-not-enforced"
    assert why in refused.value.message
    assert "or set it to auto, which goes on with the annotation alone" in refused.value.message
    assert stored(strict.client) is None


def test_once_it_is_locked_nothing_is_refused_for_want_of_a_policy() -> None:
    """A rollback least of all."""
    cluster = scene(policies=False, locked=True, lock_enforcement="admission")
    assert enforce(cluster).why
    cluster.driver.enforcement.check()
    assert cluster.driver.enforcement.findings() == []


def test_it_is_refused_before_anything_is_written() -> None:
    cluster = scene(policies=False, lock_enforcement="admission")
    with pytest.raises(Refused) as refused:
        cluster.driver.enforcement.check()
    assert refused.value.code == "lock-not-enforced"
    (found,) = cluster.driver.enforcement.findings()
    assert (found.code, found.sentence) == ("lock-not-enforced", refused.value.message)
    assert cluster.client.calls == []
    for other in (scene(lock_enforcement="admission"), scene(policies=False), scene(lock_enforcement="annotation")):
        other.driver.enforcement.check()
        assert other.client.calls == []


def test_what_is_planned() -> None:
    assert scene().driver.enforcement.plan().policy == NAME
    assert scene(policies=False).driver.enforcement.plan().why.startswith("the API server has no")
    assert scene(lock_enforcement="annotation").driver.enforcement.plan().why == "kraft_lock_enforcement is annotation"


def test_never_means_never_and_takes_away_what_was_made() -> None:
    cluster = scene(lock_enforcement="annotation")
    assert enforce(cluster).why == "kraft_lock_enforcement is annotation"
    assert written(cluster.client) == []
    enforce(auto := scene())
    auto.journal.lock_policy = NAME
    auto.params["lock_enforcement"] = "annotation"
    assert enforce(auto).policy == ""
    assert stored(auto.client) is None


def test_a_fault_that_kubernetes_finds_takes_it_away() -> None:
    cluster = scene()
    real = cluster.client.create

    def create(kind: Any, body: Any, *more: Any, **others: Any) -> Any:
        if kind is POLICY:
            warnings = {"expressionWarnings": [{"warning": "undefined field"}]}
            body = {**body, "status": {"observedGeneration": None, "typeChecking": warnings}}
        return real(kind, body, *more, **others)

    cluster.client.create = create
    assert "finds fault with ValidatingAdmissionPolicy" in enforce(cluster).why
    assert "undefined field" in enforce(cluster).why
    assert stored(cluster.client) is None


def test_an_older_version_stays_when_a_newer_one_does_not_come_into_force() -> None:
    cluster = scene()
    enforce(cluster)
    cluster.client.admit = lambda *_: None
    cluster.client.user = "ann"
    with pytest.raises(DeadlineExceeded):
        enforce(cluster)
    assert stored(cluster.client) is not None


def test_who_may_not_look_leaves_what_was_made_in_force() -> None:
    cluster = scene()
    cluster.journal.lock_policy = NAME
    cluster.client.fail["get", POLICY_KIND] = Forbidden("may not")
    assert enforce(cluster).policy == NAME
    assert written(cluster.client) == []


# the migration flag


def rules_of(cluster: Any) -> int:
    return len(stored(cluster.client)["spec"]["validations"])  # type: ignore[index]


def test_the_flag_is_kept_until_finalize_opens_it() -> None:
    cluster = scene(ours(at_stage("kafka-kraft", "migrating")), locked=True)
    enforce(cluster)
    assert rules_of(cluster) == 3
    assert cluster.driver.enforcement.open("m1", lambda _text: None) is True
    assert rules_of(cluster) == 2
    assert cluster.driver.enforcement.open("m1", lambda _text: None) is False
    # a run that was killed before it wrote the settings: closed again, until the gates are asked again
    enforce(cluster)
    assert rules_of(cluster) == 3


def test_it_stays_open_once_the_settings_are_written() -> None:
    cluster = scene(ours(at_stage("kafka-kraft", "final")), locked=True)
    enforce(cluster)
    assert rules_of(cluster) == 2


def test_there_is_nothing_to_open_where_there_is_no_policy() -> None:
    cluster = scene(locked=True)
    assert cluster.driver.enforcement.open("m1", lambda _text: None) is False
    assert written(cluster.client) == []
    enforce(cluster)
    cluster.client.allowed = lambda verb, _resource, _sub: verb != "patch"
    with pytest.raises(Refused, match="could not be opened for the last step: the account may not patch") as refused:
        cluster.driver.enforcement.open("m1", lambda _text: None)
    assert refused.value.code == "lock-not-enforced"


def test_what_the_rule_of_the_flag_says() -> None:
    policy = lock_rules.policy(
        "n", "kafka", ["kafka"], "kafka-kraft", account="me", allowed=["on-call"], migration_id="m1", opened=False
    )
    (rule,) = policy.rules
    assert 'variables.old.metadata.name != "kafka-kraft"' in rule.expression
    assert (
        f'variables.old.?spec.?template.?metadata.?annotations[?"{names.STAGE}"].orValue("") != "migrating"'
        in rule.expression
    )
    assert (
        f'variables.new.?spec.?template.?metadata.?annotations[?"{names.STAGE}"].orValue("") == "migrating"'
        in rule.expression
    )
    assert 'request.userInfo.username == "me"' in rule.expression
    assert "on-call" not in rule.expression
    assert "n/kafka keep zookeeper.metadata.migration.enable=true until finalize.yml" in rule.message
    # the settings that the template names are locked by our labels
    assert [resource["resources"] for resource, _condition in policy.also] == [["configmaps"], ["secrets"]]
    assert all(names.ROLE_CONTROLLER in condition for _resource, condition in policy.also)
    # either kind of object: nobody else lets the template name another one
    assert 'v.?configMap.?name.orValue("") + "/" + v.?secret.?secretName.orValue("")' in rule.expression


# the end


def test_it_goes_before_the_lock() -> None:
    """A run that is killed in between finds the lock, and comes there again."""
    cluster = scene(locked=True)
    enforce(cluster)
    cluster.client.calls.clear()
    assert cluster.driver.ownership.unlock() is True
    assert [verb for verb, _kind, _name in cluster.client.calls] == ["delete", "delete", "patch"]
    assert written(cluster.client) == DELETED
    assert cluster.driver.enforcement.exists() is False
    assert cluster.driver.ownership.unlock() is False


def test_one_that_would_stay_for_ever_keeps_the_lock() -> None:
    cluster = scene(locked=True)
    enforce(cluster)
    cluster.client.fail["delete", POLICY_KIND] = Forbidden("may not delete")
    with pytest.raises(
        Forbidden, match=r"could not be removed: may not delete.*kubectl delete validatingadmissionpolicies"
    ):
        cluster.driver.ownership.unlock()
    assert cluster.driver.ownership.locked_by() == "m1"
    cluster.client.fail["get", POLICY_KIND] = Forbidden("may not get")
    cluster.journal.lock_policy = NAME
    with pytest.raises(Forbidden, match="could not be removed: may not get"):
        cluster.driver.ownership.unlock()
    assert cluster.driver.ownership.locked_by() == "m1"
    # none was made: nothing to see, nothing to remove
    cluster.journal.lock_policy = ""
    assert cluster.driver.ownership.unlock() is True


def test_somebody_elses_is_left_alone_at_the_end() -> None:
    cluster = scene({"kind": POLICY_KIND, "metadata": {"name": NAME}, "spec": {}}, locked=True)
    assert cluster.driver.enforcement.exists() is False
    assert cluster.driver.ownership.unlock() is True
    assert written(cluster.client) == []


# what is told


def test_what_enforces_it() -> None:
    cluster = scene(locked=True)
    by = cluster.driver.enforcement.by
    assert by() == "its annotation alone, which only this collection looks at: no policy was made"
    cluster.journal.lock_why = "no rights"
    assert by().endswith(": no rights")
    enforce(cluster)
    assert by() == f"{POLICY_KIND} {NAME}"
    assert not cluster.driver.enforcement.gone()
    cluster.journal.lock_policy = NAME
    for kind in (POLICY_KIND, BINDING):
        cluster.client.drop(kind, None, NAME)
        assert by().startswith(f"nothing: {POLICY_KIND} {NAME} or its binding is gone")
        assert cluster.driver.enforcement.gone()
    cluster.client.fail["get", POLICY_KIND] = Forbidden("may not")
    assert by() == f"{POLICY_KIND} {NAME}, which this account may not read"
    assert not cluster.driver.enforcement.gone()
    cluster.journal.lock_policy = ""
    assert by().endswith(": no rights")
    cluster.client.fail.clear()
    cluster.client.put({"kind": BINDING, "metadata": {"name": NAME}, "spec": {}})
    assert "does not carry the labels" in by()
