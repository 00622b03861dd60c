# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables become settings as the images' entrypoints do it, and a stage edits just the ones it must."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import (
    BrokerContext,
    BrokerStage,
    Changes,
    broker_changes,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.versions import parse_ibp
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.source import (
    EnvironmentSource,
    StageChange,
    detect,
    settings_hash,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

from tests.unit.plugins.module_utils._core.core_manifests import (
    BITNAMI_EFFECTIVE,
    CONFLUENT_EFFECTIVE,
    bitnami_template,
    config_map,
    confluent_config_maps,
    confluent_template,
)

CONTEXT = BrokerContext(target=parse_ibp("3.9"), voters="1000@k-0.k.demo.svc:9093")
CLUSTER_ID = "cluster-id-0123456789A"


def _source(template: dict[str, Any], config_maps: dict[str, Any], effective: dict[str, str]) -> EnvironmentSource:
    source = detect(template, config_maps, effective)
    assert isinstance(source, EnvironmentSource)
    return source


def _confluent(template: dict[str, Any] | None = None) -> EnvironmentSource:
    return _source(template or confluent_template(), confluent_config_maps(), CONFLUENT_EFFECTIVE)


def _bitnami(template: dict[str, Any] | None = None) -> EnvironmentSource:
    return _source(template or bitnami_template(), {}, BITNAMI_EFFECTIVE)


def _stage(source: EnvironmentSource, stage: BrokerStage, effective: dict[str, str]) -> StageChange:
    changes = broker_changes(stage, source.configured(effective), CONTEXT)
    return source.apply(changes, stage, settings_hash(source.wanted(changes), "n/kafka"), effective, CLUSTER_ID)


def _env(change: StageChange) -> dict[str, Any]:
    return {entry["name"]: entry.get("value") for entry in change.template["spec"]["containers"][0]["env"]}


def test_what_variables_give_and_what_not() -> None:
    source = _confluent()
    assert source.read() == {
        "zookeeper.connect": "zk:2181/cp",
        "zookeeper.session.timeout.ms": "18000",
        "inter.broker.protocol.version": "3.5",
        "offsets.topic.replication.factor": "3",
    }
    assert source.opaque() == {"advertised.listeners"}
    assert set(source.unmanaged(CONFLUENT_EFFECTIVE)) == {"broker.id", "log.dirs"}
    assert source.fixed(CONFLUENT_EFFECTIVE) == {"broker.id"}
    assert source.configured(CONFLUENT_EFFECTIVE) == CONFLUENT_EFFECTIVE


def test_a_confluent_broker_through_both_stages() -> None:
    config_maps = confluent_config_maps()
    first = _stage(_confluent(), "migration", CONFLUENT_EFFECTIVE)
    assert first.objects_to_create == ()
    env = _env(first)
    assert env["KAFKA_ZOOKEEPER_METADATA_MIGRATION_ENABLE"] == "true"
    assert env["KAFKA_INTER_BROKER_PROTOCOL_VERSION"] == "3.9"
    assert env["KAFKA_ADVERTISED_LISTENERS"] == "PLAINTEXT://$(POD_IP):9092"
    assert "CLUSTER_ID" not in env
    # the broker that was read does not run the stage yet, and asking again finds nothing to do
    source = _source(first.template, config_maps, CONFLUENT_EFFECTIVE)
    assert not broker_changes("migration", source.configured(CONFLUENT_EFFECTIVE), CONTEXT)
    migrating = source.configured(CONFLUENT_EFFECTIVE)
    second = _stage(_source(first.template, config_maps, migrating), "kraft", migrating)
    env = _env(second)
    assert env["KAFKA_PROCESS_ROLES"] == "broker"
    assert env["CLUSTER_ID"] == CLUSTER_ID
    assert not [name for name in env if "ZOOKEEPER" in name]
    assert "KAFKA_BROKER_ID=" in second.template["spec"]["containers"][0]["command"][2]
    (created,) = second.objects_to_create
    assert set(created["data"]) == {"KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", "TZ"}
    reference = second.template["spec"]["containers"][0]["envFrom"][0]["configMapRef"]
    assert reference["name"] == created["metadata"]["name"]
    assert config_maps == confluent_config_maps()
    config_maps[reference["name"]] = created
    source = _source(second.template, config_maps, migrating)
    assert not broker_changes("kraft", source.configured(migrating), CONTEXT)


def test_a_bitnami_broker_gets_its_id_as_node_id() -> None:
    first = _stage(_bitnami(), "migration", BITNAMI_EFFECTIVE)
    assert "KAFKA_CFG_BROKER_ID=" in first.template["spec"]["containers"][0]["args"][0]
    migrating = _bitnami(first.template).configured(BITNAMI_EFFECTIVE)
    second = _stage(_source(first.template, {}, migrating), "kraft", migrating)
    container = second.template["spec"]["containers"][0]
    assert 'export KAFKA_CFG_NODE_ID="${HOSTNAME##*-}"; echo $KAFKA_CFG_NODE_ID;' in container["args"][0]
    env = _env(second)
    assert env["KAFKA_KRAFT_CLUSTER_ID"] == CLUSTER_ID
    assert env["KAFKA_CFG_PROCESS_ROLES"] == "broker"
    assert "KAFKA_CFG_ZOOKEEPER_CONNECT" not in env


def _bitnami_with(env: list[dict[str, Any]], args: list[str] | None = None) -> dict[str, Any]:
    template = copy.deepcopy(bitnami_template())
    container = template["spec"]["containers"][0]
    container["env"] += env
    container["args"] = args or ["exec run"]
    return template


def test_a_bitnami_id_given_by_a_variable_keeps_its_source() -> None:
    index = {"fieldRef": {"fieldPath": "metadata.labels['apps.kubernetes.io/pod-index']"}}
    template = _bitnami_with(
        [
            {"name": "KAFKA_CFG_BROKER_ID", "valueFrom": index},
            {"name": "NAME", "value": "broker-$(KAFKA_CFG_BROKER_ID)"},
        ]
    )
    del template["spec"]["containers"][0]["command"]
    change = _stage(_bitnami(template), "kraft", BITNAMI_EFFECTIVE)
    entries = {entry["name"]: entry for entry in change.template["spec"]["containers"][0]["env"]}
    assert entries["KAFKA_CFG_NODE_ID"]["valueFrom"] == index
    assert entries["NAME"]["value"] == "broker-$(KAFKA_CFG_NODE_ID)"
    assert "KAFKA_CFG_BROKER_ID" not in entries


def test_a_bitnami_id_that_cannot_be_seen_is_named() -> None:
    with pytest.raises(Unsupported, match=r"broker id .* KAFKA_CFG_NODE_ID") as caught:
        _stage(_bitnami(_bitnami_with([])), "kraft", BITNAMI_EFFECTIVE)
    assert caught.value.code == "setting-overridden"


def test_bitnami_refuses_kraft_with_a_zookeeper_that_cannot_be_taken_out() -> None:
    template = _bitnami_with([], ["export KAFKA_CFG_ZOOKEEPER_CONNECT=zookeeper:2181 KAFKA_CFG_BROKER_ID=2; exec run"])
    entries = template["spec"]["containers"][0]["env"]
    template["spec"]["containers"][0]["env"] = [entry for entry in entries if "ZOOKEEPER" not in entry["name"]]
    with pytest.raises(Unsupported, match=r"zookeeper\.connect.*KAFKA_CFG_ZOOKEEPER_CONNECT"):
        _stage(_bitnami(template), "kraft", BITNAMI_EFFECTIVE)


def test_the_cluster_id_is_needed_for_kraft() -> None:
    with pytest.raises(Unsupported) as caught:
        _confluent().apply(Changes({"process.roles": "broker"}), "kraft", "0" * 64, CONFLUENT_EFFECTIVE)
    assert caught.value.code == "cluster-id-mismatch"


def test_a_variable_that_the_start_command_assigns_cannot_be_changed() -> None:
    with pytest.raises(Unsupported, match=r"broker\.id") as caught:
        _confluent().apply(Changes({"broker.id": "7"}), "migration", "0" * 64, CONFLUENT_EFFECTIVE)
    assert caught.value.code == "setting-overridden"


def test_a_default_of_the_image_can_be_changed() -> None:
    change = _confluent().apply(Changes({"log.dirs": "/x"}), "migration", "0" * 64, CONFLUENT_EFFECTIVE)
    assert _env(change)["KAFKA_LOG_DIRS"] == "/x"
    # and a broker that does not run it yet does not make it look overridden
    source = _source(change.template, confluent_config_maps(), CONFLUENT_EFFECTIVE)
    assert source.configured(CONFLUENT_EFFECTIVE)["log.dirs"] == "/x"
    assert source.fixed(CONFLUENT_EFFECTIVE) == {"broker.id"}


def test_a_variable_without_effect_cannot_be_changed() -> None:
    effective = CONFLUENT_EFFECTIVE | {"zookeeper.connect": "other:2181"}
    source = _source(confluent_template(), confluent_config_maps(), effective)
    assert source.fixed(effective) == {"broker.id", "zookeeper.connect"}
    assert source.configured(effective)["zookeeper.connect"] == "other:2181"


def test_a_setting_with_capitals_is_looked_for_in_the_command_by_its_own_name() -> None:
    effective = CONFLUENT_EFFECTIVE | {"zookeeper.clientCnxnSocket": "x"}
    template = confluent_template()
    template["spec"]["containers"][0]["args"] = ["--override", "zookeeper.clientCnxnSocket=x"]
    assert "zookeeper.clientCnxnSocket" in _source(template, confluent_config_maps(), effective).fixed(effective)


def test_secret_variables_are_replaced_and_removed_like_others() -> None:
    template = confluent_template()
    secret = {"secretKeyRef": {"name": "s", "key": "k"}}
    template["spec"]["containers"][0]["env"] += [
        {"name": "KAFKA_PASSWORD_ENCODER_SECRET", "valueFrom": secret},
        {"name": "KAFKA_NUM_PARTITIONS", "valueFrom": secret},
    ]
    effective = CONFLUENT_EFFECTIVE | {"password.encoder.secret": "x", "num.partitions": "1"}
    source = _source(template, confluent_config_maps(), effective)
    assert source.configured(effective) == effective
    changes = Changes({"num.partitions": "$(2)"}, ("password.encoder.secret",))
    env = _env(source.apply(changes, "migration", "0" * 64, effective))
    assert env["KAFKA_NUM_PARTITIONS"] == "$$(2)"
    assert "KAFKA_PASSWORD_ENCODER_SECRET" not in env


def test_a_variable_of_a_config_map_is_overridden_in_place() -> None:
    changes = Changes({"offsets.topic.replication.factor": "1"})
    change = _confluent().apply(changes, "migration", "0" * 64, CONFLUENT_EFFECTIVE)
    assert change.objects_to_create == ()
    assert _env(change)["KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR"] == "1"
    assert change.diff_text == "-offsets.topic.replication.factor=3\n+offsets.topic.replication.factor=1\n"


def test_a_prefix_of_env_from_counts() -> None:
    template = confluent_template()
    container = template["spec"]["containers"][0]
    container["envFrom"] = [
        {"configMapRef": {"name": "short"}, "prefix": "KAFKA_"},
        {"secretRef": {"name": "hidden", "optional": True}},
    ]
    config_maps = {"short": config_map("short", {"ZOOKEEPER_SET_ACL": "false", "NUM_PARTITIONS": "3"})}
    effective = CONFLUENT_EFFECTIVE | {"zookeeper.set.acl": "false", "num.partitions": "3"}
    source = _source(template, config_maps, effective)
    change = source.apply(Changes({}, ("zookeeper.set.acl",)), "migration", "0" * 64, effective)
    assert change.objects_to_create[0]["data"] == {"NUM_PARTITIONS": "3"}
