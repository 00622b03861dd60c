# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CFK's lock, enforced by a policy of ours where nothing of CFK's does."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Verb
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import policy_objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import lock_rules
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, Refused

from tests.unit.plugins.module_utils._platform._confluent.scene import Cluster, before, underway
from tests.unit.plugins.module_utils.admitting import (
    BINDING,
    DELETED,
    MADE,
    NAME,
    POLICY,
    stored,
    with_operator,
    with_policies,
    written,
)

OPERATOR = "system:serviceaccount:ops:cfk"
TEXT = f"ValidatingAdmissionPolicy {NAME}"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_objects, "PACE", 0.001)
    monkeypatch.setattr(policy_objects, "IN_FORCE", 0.05)
    monkeypatch.setattr(policy_objects, "CHECKED", 0.01)


def of_cfk(cluster: Cluster) -> None:
    """CFK enforces its lock by itself."""
    rule = {"apiGroups": [res.GROUP], "operations": ["UPDATE"], "resources": ["kafkas"]}
    cluster.api.put(
        {
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "confluent-operator-validating-webhook-configuration"},
            "webhooks": [{"rules": [rule]}],
        }
    )


def test_it_is_made_before_the_operator_is_asked_and_goes_before_its_locks() -> None:
    cluster = with_operator(before())
    said = cluster.driver.start(Verb.MIGRATE)
    assert said[0] == f"CFK's lock is enforced by {TEXT}"
    kinds = [kind for _verb, kind, _name in cluster.api.calls]
    assert kinds.index(POLICY) < kinds.index("KRaftMigrationJob")
    assert cluster.journal.lock_policy == NAME
    assert cluster.driver.enforcement.by() == TEXT
    cluster.api.calls.clear()
    assert cluster.driver.release(print) == [f"{TEXT} deleted"]
    assert written(cluster.api) == DELETED
    assert (cluster.journal.lock_policy, cluster.driver.release(print)) == ("", [])


def test_who_may_and_what_is_locked() -> None:
    cluster = with_operator(before(lock_allowed_users=["ann"]))
    cluster.driver.start(Verb.MIGRATE)
    policy: Any = stored(cluster.api)
    lock, flag = policy["spec"]["validations"][1:]
    assert lock["expression"].endswith(f'in ["{cluster.api.user}", "{OPERATOR}", "ann"]')
    assert f'request.userInfo.username in ["{OPERATOR}"]' in flag["expression"], (
        "the operator alone takes the flag away"
    )
    resources = policy["spec"]["matchConstraints"]["resourceRules"][0]["resources"]
    assert {"kafkas", "kafkas/scale", "zookeepers", "kraftcontrollers"} <= set(resources)
    named = policy["spec"]["matchConditions"][0]["expression"]
    for resource, name in (("kafkas", "kafka"), ("zookeepers", "zookeeper"), ("kraftcontrollers", "kafka-kraft")):
        assert f'"{resource}" && request.namespace == "n" && oldObject.metadata.name == "{name}"' in named
    locked = policy["spec"]["variables"][-1]["expression"]
    assert f'annotations[?"{res.LOCK}"].orValue("").lowerAscii() == "true"' in locked


def test_nothing_is_made_where_cfk_enforces_it() -> None:
    cluster = with_operator(before())
    of_cfk(cluster)
    assert cluster.driver.enforcement.plan().text == "CFK's own policy or webhook"
    assert not [line for line in cluster.driver.start(Verb.MIGRATE) if "enforced" in line]
    assert written(cluster.api) == []
    assert cluster.driver.enforcement.by() == "CFK's own policy or webhook"
    assert "operator-lock-not-enforced" not in [item.code for item in cluster.driver.findings()]
    # and no right is missing for it
    strict = before(lock_enforcement="admission")
    of_cfk(strict)
    strict.driver.check()


def test_the_operator_is_never_locked_out() -> None:
    cluster = before()
    with_policies(cluster.api)
    why = cluster.driver.enforcement.plan().why
    assert (
        "the account of CFK's operator was not found (Deployment confluent-operator, or one with the label app=confluent-operator)"
        in why
    )
    cluster.driver.start(Verb.MIGRATE)
    assert written(cluster.api) == []
    on_call = before(lock_allowed_users=["ann", "system:serviceaccount:ops:on-call"])
    with_policies(on_call.api)
    on_call.driver.start(Verb.MIGRATE)
    assert written(on_call.api) == [], "a person on call is no operator"


def test_whether_cfk_enforces_it_has_to_be_known() -> None:
    cluster = with_operator(before())
    cluster.api.fail["list", BINDING] = Forbidden("may not list")
    said = cluster.driver.start(Verb.MIGRATE)
    assert written(cluster.api) == []
    assert said[0].startswith(
        "CFK's lock is enforced by CFK's own policy or webhook, if there is one, which could not be read; none of this"
    )
    assert cluster.driver.enforcement.by() in said[0]
    assert "it could not be read whether CFK enforces its lock by itself" in cluster.journal.lock_why
    assert cluster.driver.enforcement.by().startswith(
        "CFK's own policy or webhook, if there is one, which could not be read; "
    )


@pytest.mark.parametrize(
    ("ready", "code", "words"),
    [
        (True, "operator-lock-not-enforced", f"this collection makes {TEXT} for it"),
        (False, "operator-lock-not-enforced", "no policy of this collection will be made: the API server has no"),
    ],
)
def test_preflight_says_what_will_be(ready: bool, code: str, words: str) -> None:
    cluster = before()
    if ready:
        with_operator(cluster)
    (found,) = [item for item in cluster.driver.findings() if "lock" in item.code]
    assert found.code == code
    assert words in found.sentence


def test_a_policy_that_is_wanted_and_cannot_be_made_is_refused_before_anything_is_written() -> None:
    cluster = before(lock_enforcement="admission")
    (found,) = [item for item in cluster.driver.findings() if "lock" in item.code]
    assert found.code == "lock-not-enforced"
    for call in (cluster.driver.check, lambda: cluster.driver.start(Verb.MIGRATE)):
        with pytest.raises(Refused) as refused:
            call()
        assert refused.value.code == "lock-not-enforced"
    assert cluster.api.calls == []
    underway(lock_enforcement="admission").driver.check()


def test_there_is_nothing_to_warn_of_once_ours_is_there() -> None:
    cluster = with_operator(underway())
    cluster.driver.enforcement.enforce("m1", lambda _text: None)
    assert written(cluster.api) == MADE
    assert [item for item in cluster.driver.findings() if "lock" in item.code] == []


def test_the_zookeeper_of_another_namespace_is_locked_there() -> None:
    cluster = with_operator(before())
    kafka = cluster.api.get(res.KAFKA, "kafka", "n")
    kafka["spec"]["dependencies"]["zookeeper"]["endpoint"] = "zookeeper.zoo.svc.cluster.local:2181/x"
    cluster.api.put(kafka)
    cluster.changed()
    cluster.driver.enforcement.enforce("m1", lambda _text: None)
    assert '"zookeepers" && request.namespace == "zoo"' in str(stored(cluster.api)).replace("\\'", "'")


def test_the_line_that_is_not_to_go() -> None:
    for line, flag in (
        ("zookeeper.metadata.migration.enable=true", True),
        (" zookeeper.metadata.migration.enable : true ", True),
        ("zookeeper.metadata.migration.enable=false", False),
        ("#zookeeper.metadata.migration.enable=true", False),
    ):
        assert bool(re.search(lock_rules.FLAG, line)) is flag
