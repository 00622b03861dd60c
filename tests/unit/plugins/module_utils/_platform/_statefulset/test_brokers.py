# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The brokers' settings on both ways: who must hold /controller, what leads back, and that the IBP is never lowered."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, stages
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import main_container
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import IBP, VOTERS
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.state import FLAG
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import brokers, originals, writes
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.originals import Original
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden

from tests.cases import case as cases
from tests.unit.plugins.module_utils._core.core_manifests import (
    CONFLUENT_EFFECTIVE,
    confluent_config_maps,
    confluent_template,
)
from tests.unit.plugins.module_utils.fakes import PARAMS, FakeClient, statefulset
from tests.unit.plugins.module_utils.scenes import VOTERS as QUORUM
from tests.unit.plugins.module_utils.scenes import cluster_with, facts

CASES = {case.name: case for case in cases.every()}
ZOOKEEPER_MODE = {"zookeeper_connect": "zk:2181"}
MIGRATING = {**ZOOKEEPER_MODE, "zookeeper_metadata_migration_enable": "true", "controller_quorum_voters": QUORUM}
KRAFT_MODE = {"process_roles": "broker", "controller_quorum_voters": QUORUM}


@pytest.mark.parametrize(
    ("stage", "settings", "wrong"),
    [
        ("migration", MIGRATING, ""),
        (stages.RETURN, MIGRATING, ""),
        ("kraft", KRAFT_MODE, ""),
        (stages.ORIGINAL, ZOOKEEPER_MODE, ""),
        ("migration", ZOOKEEPER_MODE, "it runs in mode zookeeper, not migrating"),
        (stages.RETURN, KRAFT_MODE, "it runs in mode kraft, not migrating"),
        (stages.ORIGINAL, MIGRATING, "it runs in mode migrating, not zookeeper"),
        ("kraft", {**KRAFT_MODE, "controller_quorum_voters": "1@x:1"}, "controller.quorum.voters is '1@x:1'"),
        ("kraft", {**KRAFT_MODE, "zookeeper_metadata_migration_enable": "true"}, "the migration flag is still on"),
    ],
)
def test_what_a_restarted_process_really_runs(stage: str, settings: dict[str, str], wrong: str) -> None:
    found = brokers.not_as_wanted(cluster_with(), stage, facts(**settings))
    assert found.startswith(wrong)
    assert bool(found) is bool(wrong)


def back(running_ibp: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Brokers that were made with IBP 3.5 and run with another one now."""
    original = Original(confluent_template(), dict(CONFLUENT_EFFECTIVE))
    monkeypatch.setattr(originals, "load", lambda _cluster: {"kafka": original})
    settings = {**CONFLUENT_EFFECTIVE, IBP: running_ibp}
    controllers = {"kafka-kraft-0": facts(controller_quorum_voters=QUORUM, inter_broker_protocol_version="3.9")}
    return cluster_with(
        statefulsets=[statefulset(template=confluent_template())],
        container="cp-kafka-broker",
        config_maps=confluent_config_maps(),
        effective=settings,
        facts={"kafka-0": SimpleNamespace(version="3.9.2", settings=settings, config_path=None)},
        controller_facts=controllers,
        params={**PARAMS, "dns_ttl": 0},
    )


def test_an_ibp_that_was_raised_stays_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 8: a version is never lowered, not in a rollback either; it is the only setting that differs."""
    (plan,) = brokers.plan_return(back("3.9", monkeypatch), stages.ORIGINAL)
    assert plan.changes.set == {IBP: "3.9"}
    assert plan.changes.remove == ()
    marks = plan.written.template["metadata"]["annotations"]
    assert names.STAGE not in marks
    assert marks[names.SETTINGS_HASH]
    env = {entry["name"]: entry.get("value") for entry in plan.written.template["spec"]["containers"][0]["env"]}
    assert env["KAFKA_INTER_BROKER_PROTOCOL_VERSION"] == "3.9"


def test_an_ibp_that_was_not_raised_leaves_the_original_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    (plan,) = brokers.plan_return(back("3.5", monkeypatch), stages.ORIGINAL)
    assert not plan.changes
    assert plan.written.template == confluent_template()


def test_returning_brokers_have_the_level_of_the_quorum(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 8: with another one the quorum would not register them."""
    (plan,) = brokers.plan_return(back("3.9", monkeypatch), stages.RETURN)
    assert (plan.changes.set[IBP], plan.changes.set[FLAG], plan.changes.set[VOTERS]) == ("3.9", "true", QUORUM)
    assert plan.written.template["metadata"]["annotations"][names.STAGE] == "migration"


def test_nothing_rolls_by_itself_while_settings_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 4: first OnDelete, then what the template will name, then the template."""
    log: list[str] = []
    held = copy.deepcopy(statefulset())

    def hold(_client: Any, _statefulset: Any) -> Any:
        log.append("held")
        return held

    def write(_client: Any, item: Any, _template: Any) -> None:
        assert item is held
        log.append("template")

    monkeypatch.setattr(writes, "hold_rolls", hold)
    monkeypatch.setattr(writes, "create_settings", lambda *_arguments: log.append("ConfigMap"))
    monkeypatch.setattr(writes, "write_template", write)
    written = SimpleNamespace(objects_to_create=({"metadata": {"name": "x"}},), template={})
    brokers.write_stage(cluster_with(), SimpleNamespace(statefulset=statefulset(), written=written))  # type: ignore[arg-type]
    assert log == ["held", "ConfigMap", "template"]


def before(name: str, *secrets: Any, **changed: Any) -> Any:
    """The brokers of a case of tests/cases before a migration."""
    case = CASES[name]
    item = {**statefulset(template=case.template), "kind": "StatefulSet"}
    running = SimpleNamespace(
        version="3.9.2",
        settings=case.effective,
        config_path=None,
        log_dirs=["/data/kafka"],
        real_dirs={},
        options=(),
        owner=(1000, 1000),
        start_script="/opt/kafka/bin/kafka-server-start.sh",
        storage_tool="/opt/kafka/bin/kafka-storage.sh",
        meta=[SimpleNamespace(path="/data", cluster_id="cluster-id-0123456789A", node_id=0)],
    )
    return cluster_with(**{
        "client": FakeClient(*({**each, "metadata": {**each["metadata"], "namespace": "n"}} for each in secrets)),
        "statefulsets": [item],
        "container": main_container(case.template),
        "config_maps": case.config_maps,
        "effective": case.effective,
        "facts": {"kafka-0": running},
        "controllers": None,
        "controller_facts": {},
        "zookeeper_connect": None,
        "params": {**PARAMS, "dns_ttl": 1},
        **changed,
    })  # fmt: skip


def test_every_stage_is_planned_before_any_controller_exists() -> None:
    """What the brokers need to know of the controllers is derived from their planned names."""
    planned = brokers.plan_ahead(before("12-wait-and-probe-in-mounted-scripts"))
    assert list(planned) == ["migration", "kraft"]
    (migration,), (kraft,) = planned["migration"], planned["kraft"]
    assert migration.changes.set[VOTERS].startswith("1000@kafka-kraft-0.kafka-kraft.n.svc:9093,")
    assert set(kraft.changes.remove) == {IBP, FLAG, "zookeeper.connect"}
    # the second stage is written over the first
    assert kraft.source.template == migration.written.template


def test_an_old_level_has_a_stage_of_its_own() -> None:
    cluster = before("12-wait-and-probe-in-mounted-scripts")
    cluster.effective = {**cluster.effective, IBP: "2.7"}
    cluster.facts["kafka-0"].settings = cluster.effective
    cluster.config_maps = {
        name: {**item, "data": {key: f"{text}{IBP}=2.7\n" for key, text in item["data"].items()}}
        for name, item in cluster.config_maps.items()
    }
    assert list(brokers.plan_ahead(cluster)) == ["ibp", "migration", "kraft"]


def test_only_what_is_still_to_come_is_planned() -> None:
    cluster = before("12-wait-and-probe-in-mounted-scripts")
    item = copy.deepcopy(cluster.statefulsets[0])
    item["spec"]["template"]["metadata"]["annotations"] = {names.STAGE: "migration"}
    cluster.statefulsets = [item]
    assert list(brokers.plan_ahead(cluster)) == ["kraft"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "26-protocol-map-in-start-command",
            "listener.security.protocol.map .*the start command of container kafka sets it",
        ),
        ("09-bitnami-old-chart-broker-id-in-mounted-script", "script setup.sh of ConfigMap bus-scripts"),
        ("08-file-in-secret", "Secret kafka-server-properties, which could not be read"),
        ("03-script-with-heredoc", "script start.sh of ConfigMap kafka-scripts"),
    ],
)
def test_what_stops_a_later_stage_is_found_first(name: str, sentence: str) -> None:
    with pytest.raises(Unsupported, match=sentence):
        brokers.plan_ahead(before(name))


def test_a_secret_with_settings_is_read_once_and_copied_as_a_secret() -> None:
    name = "08b-file-in-secret-that-can-be-read"
    (secret,) = CASES[name].secrets.values()
    cluster = before(name, secret)
    (plan,) = brokers.plan_stage(cluster, "migration")
    assert [item["kind"] for item in plan.written.objects_to_create] == ["Secret"]
    assert plan.source.kind == "secret-file"
    assert brokers.leaving_variables(cluster) == {"kafka": []}
    assert brokers.source_at(cluster, plan.source, CASES[name].template).where == plan.source.where


def test_a_secret_that_may_not_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = before("27-zookeeper-in-env-secret")

    def refuse(_name: str) -> None:
        raise Forbidden("secrets is forbidden")

    monkeypatch.setattr(cluster, "secret", refuse, raising=False)
    with pytest.raises(Unsupported, match="Secret kafka-env, which could not be read"):
        brokers.sources(cluster)
    assert brokers.leaving_variables(cluster) == {"kafka": []}
