# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of preflight that a running cluster can hardly be made to break: leftovers, versions, settings, pods."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.security_image import Acl
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Migration, ZnodeError
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import Changes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.znode_acls import Right
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    preflight,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import brokers, checks, volumes
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Forbidden,
    KraftError,
    Refused,
)

from tests.unit.plugins.module_utils.fakes import OURS, FakeClient, pod
from tests.unit.plugins.module_utils.scenes import cluster_with, facts


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
    return {"kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": "n", "labels": OURS}}


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
    """Rule 3: enforced in the step that starts them, whatever preflight said."""
    client = FakeClient(*[claim(name) for name in claims])
    with pytest.raises(Refused) as raised:
        volumes.refuse_leftovers(cluster_with(view=view, client=client))
    assert raised.value.code == code


def test_what_is_no_leftover_does_not_stop_them() -> None:
    volumes.refuse_leftovers(cluster_with(view=stored_view(), client=FakeClient()))


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
    cluster = cluster_with(facts={"kafka-0": facts(), "kafka-1": Unknown("the exec failed"), "kafka-2": facts(None)})
    (found,) = preflight.version_findings(cluster, "brokers")
    assert found.code == "version-unknown"
    assert (
        "(kafka-1: the exec failed; kafka-2: its process names no version); make these pods readable" in found.sentence
    )


def test_settings_that_block_keep_their_codes(monkeypatch: Any) -> None:
    monkeypatch.setattr(brokers, "plan_ahead", lambda _cluster: {})
    monkeypatch.setattr(checks, "derive_ibp", lambda _cluster: None)
    settings = {
        "process.roles": "broker,controller",
        "unstable.api.versions.enable": "true",
        "listeners": "SSL://:9093",
    }
    odd = SimpleNamespace(version="3.9.2", settings=settings, dns_ttl=1, config_path=None, options=())
    fine = SimpleNamespace(version="3.9.2", settings={"broker.id": "1"}, dns_ttl=None, config_path=None, options=())
    cluster = cluster_with(
        zookeeper_connect=None, container="kafka", facts={"kafka-0": odd, "kafka-1": fine}, effective=settings
    )
    monkeypatch.setattr(brokers, "plan_ahead", lambda _cluster: {})
    found = preflight.settings_findings(cluster)
    assert [item.code for item in found if item.blocking] == [
        "broker-id-generated",
        "combined-roles",
        "setting-blocks",
    ]
    assert all(item.where.startswith("kafka-0: ") for item in found[:3])

    def fails(_cluster: Any) -> None:
        raise KraftError("no source")

    monkeypatch.setattr(brokers, "plan_ahead", fails)
    assert preflight.settings_findings(cluster)[-1].code == "surface-not-found"


def test_secrets_that_stages_are_made_of_need_a_permission_without_names(monkeypatch: Any) -> None:
    body = {"kind": "Secret", "metadata": {"name": "settings-kraft-migration-01234567"}}
    written = SimpleNamespace(objects_to_create=[body], notes=["variable ZK is emptied"])
    monkeypatch.setattr(
        brokers, "plan_ahead", lambda _cluster: {"migration": [SimpleNamespace(name="kafka", written=written)]}
    )
    cluster = cluster_with(
        zookeeper_connect=None, container="kafka", effective={"inter.broker.protocol.version": "3.9"}
    )
    (note,) = checks.plan_findings(cluster)
    assert (note.code, note.sentence) == ("setting-warns", "StatefulSet kafka, stage migration: variable ZK is emptied")
    cluster.client.allowed = lambda verb, resource, _sub: (verb, resource) != ("get", "secrets")
    found = checks.plan_findings(cluster)
    assert [item.code for item in found] == ["permission-missing", "setting-warns"]
    assert "may not get such Secrets" in found[0].sentence
    assert "settings-kraft-migration-01234567" in found[0].sentence


def test_the_plan_names_each_stage_and_where_it_is_written(monkeypatch: Any) -> None:
    source = SimpleNamespace(where="server.properties of Secret settings")
    plans = {
        "migration": [SimpleNamespace(name="kafka", source=source, changes=Changes({"b": "1", "a": "2"}))],
        "kraft": [SimpleNamespace(name="kafka", source=source, changes=Changes({}, ("c",)))],
    }
    monkeypatch.setattr(brokers, "plan_ahead", lambda _cluster: plans)
    found = checks.stage_settings(cluster_with())
    assert [checks.stage_line(item) for item in found] == [
        "plan: stage migration of StatefulSet kafka, settings from server.properties of Secret settings: sets a, b",
        "plan: stage kraft of StatefulSet kafka, settings from server.properties of Secret settings: removes c",
    ]
    assert checks.stage_line({**found[0], "set": []}).endswith("settings: nothing changes")


def test_a_statefulset_that_lacks_pods(monkeypatch: Any) -> None:
    cluster = cluster_with(pods={"kafka-0": pod("kafka-0"), "kafka-1": pod("kafka-1", ready=False)})
    cluster.view.brokers = {0: None, 1: None, 2: None}
    found = preflight.broker_findings(cluster)
    assert [(item.code, item.where) for item in found] == [
        ("broker-not-healthy", "kafka-1"),
        ("broker-not-healthy", "kafka"),
    ]
    assert found[1].sentence == "StatefulSet kafka has 2 of 3 pods; fix it before the migration"


def test_a_missing_dump_tool_is_found_before_the_migration() -> None:
    """The gate and the rollback need it."""
    there, gone = facts(), facts()
    there.tools, gone.tools = {"kafka-dump-log": "/opt/kafka/bin/kafka-dump-log.sh"}, {}
    assert preflight.tool_findings(cluster_with(facts={"kafka-0": there, "kafka-1": Unknown("x")})) == []
    (found,) = preflight.tool_findings(cluster_with(facts={"kafka-0": there, "kafka-1": gone}))
    assert (found.code, found.rule.acceptable) == ("rollback-parity-unknown", True)
    assert "the image of kafka-1 has no kafka-dump-log.sh" in found.sentence


def test_secrets_among_dynamic_settings_are_told_before_the_copy() -> None:
    key = "listener.name.internal.plain.sasl.jaas.config"
    view = SimpleNamespace(broker_configs={"1": {key: "canary"}})
    effective = {"password.encoder.secret": "canary"}
    cluster = cluster_with(view=view, effective=effective, modes={"kafka-0": "zookeeper"}, pod_of_broker={0: "kafka-0"})
    found = preflight.dynamic_findings(cluster)
    assert [(item.code, item.blocking) for item in found] == [
        ("dynamic-jaas", True),
        ("password-in-metadata-log", False),
    ]
    assert "canary" not in str(found)
    cluster.modes = {"kafka-0": "kraft"}
    assert preflight.dynamic_findings(cluster) == []


def test_what_an_acl_forbids_in_a_rollback_is_foreseen(monkeypatch: Any) -> None:
    """NoAuth is met here, not in the middle of a rollback."""
    rights = [
        Right("/controller_epoch", "set", "/controller_epoch", True),
        Right("/migration", "delete", "/", False, "ZooKeeper would not let this session delete /migration"),
        Right("/controller", "delete", "/", Unknown("the ACL of /"), "whether it may is unknown"),
    ]
    monkeypatch.setattr(preflight, "may_write", lambda session: rights if session == "session" else [])
    found = preflight.zookeeper_rights(cluster_with(zookeeper="session"))
    assert [(item.code, item.where) for item in found] == [
        ("zookeeper-acl", "/migration"),
        ("zookeeper-acl", "/controller"),
    ]
    assert "kraft_accept" in found[0].sentence


@pytest.mark.parametrize(
    ("acls", "code", "words"),
    [
        (frozenset(), "", ""),
        ({("Topic", "prefixed", "*", "User:app")}, "wildcard-acl-invalid", "prefixed"),
        ({("Topic", "literal", "orders", "app")}, "acl-principal-invalid", "User:app"),
        (Forbidden("not allowed"), "check-incomplete", "could not be read: not allowed"),
        (ZnodeError("/kafka-acl/Topic/t", "it is no JSON"), "check-incomplete", "/kafka-acl/Topic/t"),
    ],
)
def test_acls_that_controllers_cannot_work_with(monkeypatch: Any, acls: Any, code: str, words: str) -> None:
    def read(_session: Any, *, any_principal: bool = False) -> Any:
        assert any_principal, "a principal without a type has a finding of its own"
        if isinstance(acls, Exception):
            raise acls
        return {Acl(kind, pattern, name, who, "*", "Read", "Allow") for kind, pattern, name, who in acls}

    monkeypatch.setattr(preflight, "read_acls", read)
    found = preflight.acl_findings(cluster_with(zookeeper="session"))
    assert [item.code for item in found] == ([code] if code else [])
    assert words in "".join(item.sentence for item in found)
