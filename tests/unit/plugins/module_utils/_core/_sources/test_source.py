# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The source is found by what the broker really runs with, and a stage never touches what the user made."""

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
    FileSource,
    SettingsSource,
    StageChange,
    detect,
    settings_hash,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

from tests.unit.plugins.module_utils._core.core_manifests import (
    BITNAMI_EFFECTIVE,
    CONFLUENT_EFFECTIVE,
    FILE_EFFECTIVE,
    LOG4J,
    SERVER_PROPERTIES,
    bitnami_template,
    config_map,
    confluent_config_maps,
    confluent_template,
    file_config_maps,
    file_template,
)

CONTEXT = BrokerContext(target=parse_ibp("3.9"), voters="1000@k-0.k.demo.svc:9093")


def _file() -> SettingsSource:
    return detect(file_template(), file_config_maps(), FILE_EFFECTIVE)


def _stage(source: SettingsSource, stage: BrokerStage, effective: dict[str, str]) -> tuple[Changes, StageChange]:
    changes = broker_changes(stage, source.configured(effective), CONTEXT)
    digest = settings_hash(source.wanted(changes), "n/kafka")
    return changes, source.apply(changes, stage, digest, effective, "cluster-id-0123456789A")


def test_the_mounted_file_is_found_and_what_the_start_command_adds_is_told() -> None:
    source = _file()
    assert isinstance(source, FileSource)
    assert (source.kind, source.object_kind, source.name, source.key) == (
        "file",
        "ConfigMap",
        "kafka",
        "server.properties",
    )
    assert source.where == "server.properties of ConfigMap kafka"
    added = {"broker.id": "1", "advertised.listeners": "PLAINTEXT://kafka-1.kafka:9092"}
    assert source.unmanaged(FILE_EFFECTIVE) == added
    assert source.fixed(FILE_EFFECTIVE) == set(added)
    assert source.configured(FILE_EFFECTIVE) == FILE_EFFECTIVE
    assert source.read()["min.insync.replicas"] == "2"


def test_a_stage_is_a_new_config_map_and_a_switched_volume() -> None:
    template, config_maps = file_template(), file_config_maps()
    source = detect(template, config_maps, FILE_EFFECTIVE)
    _changes, change = _stage(source, "migration", FILE_EFFECTIVE)
    (created,) = change.objects_to_create
    digest = change.template["metadata"]["annotations"]["kraft.kafkaops.io/settings-hash"]
    assert created["metadata"]["name"] == f"kafka-kraft-migration-{digest[:8]}"
    text = created["data"]["server.properties"]
    assert text.startswith(SERVER_PROPERTIES)
    assert "# kafkaops.kraft\n" in text
    assert "zookeeper.metadata.migration.enable=true\n" in text
    sources = change.template["spec"]["volumes"][0]["projected"]["sources"]
    assert [source["configMap"]["name"] for source in sources] == [created["metadata"]["name"], "log4j"]
    assert change.template["metadata"]["annotations"]["kraft.kafkaops.io/stage"] == "migration"
    assert "+zookeeper.metadata.migration.enable=true\n" in change.diff_text
    assert (template, config_maps) == (file_template(), file_config_maps())


def test_all_stages_in_a_row_while_old_pods_still_run() -> None:
    config_maps = file_config_maps()
    _changes, first = _stage(detect(file_template(), config_maps, FILE_EFFECTIVE), "migration", FILE_EFFECTIVE)
    config_maps |= {item["metadata"]["name"]: item for item in first.objects_to_create}
    # no pod was restarted yet: the broker that was read still runs the original
    source = detect(first.template, config_maps, FILE_EFFECTIVE)
    assert not broker_changes("migration", source.configured(FILE_EFFECTIVE), CONTEXT)
    migrating = source.configured(FILE_EFFECTIVE)
    assert migrating["broker.id"] == "1"
    _changes, second = _stage(detect(first.template, config_maps, migrating), "kraft", migrating)
    config_maps |= {item["metadata"]["name"]: item for item in second.objects_to_create}
    # again half-way: half of the settings are gone from the file, the broker still runs them
    source = detect(second.template, config_maps, migrating)
    assert not broker_changes("kraft", source.configured(migrating), CONTEXT)
    text = second.objects_to_create[0]["data"]["server.properties"]
    assert "zookeeper" not in text
    assert "process.roles=broker" in text
    assert "# durable by default\nlog.dirs=/data/logs\n" in text
    assert second.objects_to_create[0]["metadata"]["name"].startswith("kafka-kraft-kraft-")


def test_nothing_to_change_makes_no_config_map() -> None:
    change = _file().apply(Changes({}), "migration", "0" * 64, FILE_EFFECTIVE)
    assert change.objects_to_create == ()
    assert change.template["spec"] == file_template()["spec"]
    assert change.diff_text == ""


def test_a_setting_of_the_start_command_cannot_be_changed() -> None:
    with pytest.raises(Unsupported, match=r"advertised\.listeners.*server\.properties of ConfigMap kafka"):
        _file().apply(Changes({"advertised.listeners": "x"}), "kraft", "0" * 64, FILE_EFFECTIVE)


def test_zookeeper_settings_of_the_start_command_may_stay() -> None:
    effective = FILE_EFFECTIVE | {"zookeeper.session.timeout.ms": "9000"}
    source = detect(file_template(), file_config_maps(), effective)
    change = source.apply(Changes({}, ("zookeeper.session.timeout.ms",), ("n",)), "kraft", "0" * 64, effective)
    assert change.notes[0] == "n"
    assert change.notes[1].startswith("zookeeper.session.timeout.ms")


def _volumes(template: dict[str, Any], volumes: list[dict[str, Any]], mounts: list[dict[str, Any]]) -> dict[str, Any]:
    template = copy.deepcopy(template)
    template["spec"]["volumes"] = volumes
    template["spec"]["containers"][0]["volumeMounts"] = mounts
    return template


ITEMS = [{"key": "broker-conf", "path": "server.properties"}]


@pytest.mark.parametrize(
    ("volume", "mount", "found"),
    [
        ({"configMap": {"name": "c"}}, {"mountPath": "/c"}, True),
        ({"configMap": {"name": "c", "items": ITEMS}}, {"mountPath": "/c"}, True),
        (
            {"configMap": {"name": "c", "items": ITEMS}},
            {"mountPath": "/etc/s.properties", "subPath": "server.properties"},
            True,
        ),
        ({"configMap": {"name": "c"}}, {"mountPath": "/etc/s", "subPath": "broker-conf"}, True),
        ({"configMap": {"name": "c"}}, {"mountPath": "/etc/s", "subPath": "log4j.properties"}, False),
        (
            {"configMap": {"name": "c", "items": [{"key": "broker-conf", "path": "conf/s.properties"}]}},
            {"mountPath": "/etc/s", "subPath": "conf"},
            True,
        ),
        ({"configMap": {"name": "c", "items": [{"key": "log4j.properties", "path": "l"}]}}, {"mountPath": "/c"}, False),
        ({"configMap": {"name": "missing"}}, {"mountPath": "/c"}, False),
    ],
)
def test_only_what_the_pod_can_see_counts(volume: dict[str, Any], mount: dict[str, Any], found: bool) -> None:
    config_maps = {"c": config_map("c", {"broker-conf": SERVER_PROPERTIES, "log4j.properties": LOG4J})}
    template = _volumes(file_template(), [{"name": "v", **volume}], [{"name": "v", **mount}])
    if found:
        source = detect(template, config_maps, FILE_EFFECTIVE)
        assert isinstance(source, FileSource)
        assert source.key == "broker-conf"
    else:
        with pytest.raises(Unsupported) as caught:
            detect(template, config_maps, FILE_EFFECTIVE)
        assert caught.value.code == "surface-not-found"


def test_a_volume_that_nothing_mounts_does_not_count() -> None:
    template = _volumes(file_template(), file_template()["spec"]["volumes"], [])
    with pytest.raises(Unsupported, match="neither in a ConfigMap"):
        detect(template, file_config_maps(), FILE_EFFECTIVE)


def test_a_file_that_an_init_container_prepares_counts() -> None:
    template = file_template()
    container = template["spec"]["containers"][0]
    template["spec"]["initContainers"] = [{"name": "prepare", "volumeMounts": container.pop("volumeMounts")}]
    assert isinstance(detect(template, file_config_maps(), FILE_EFFECTIVE), FileSource)


def test_nothing_found_names_what_was_looked_at() -> None:
    config_maps = file_config_maps()
    del config_maps["kafka"]
    with pytest.raises(Unsupported, match=r"kafka, log4j.*not found: kafka"):
        detect(file_template(), config_maps, FILE_EFFECTIVE)
    bare = _volumes(file_template(), [], [])
    with pytest.raises(Unsupported, match="there is none"):
        detect(bare, {}, FILE_EFFECTIVE)


def test_two_files_that_fit_are_named() -> None:
    config_maps = file_config_maps()
    config_maps["kafka"]["data"]["server.properties.bak"] = SERVER_PROPERTIES
    with pytest.raises(Unsupported, match=r"server\.properties of .* or from server\.properties\.bak") as caught:
        detect(file_template(), config_maps, FILE_EFFECTIVE)
    assert caught.value.code == "surface-not-found"


def test_a_file_that_mostly_disagrees_or_cannot_be_read_does_not_count() -> None:
    config_maps = file_config_maps()
    config_maps["kafka"]["data"]["other.properties"] = "listeners=SSL://:1\nlog.dirs=/x\nmin.insync.replicas=2\n"
    config_maps["kafka"]["data"]["broken"] = "a=\\u12"
    source = detect(file_template(), config_maps, FILE_EFFECTIVE)
    assert isinstance(source, FileSource)
    assert source.key == "server.properties"


def test_a_file_in_two_volumes_is_one_candidate() -> None:
    template = file_template()
    template["spec"]["volumes"].append({"name": "again", "configMap": {"name": "kafka"}})
    template["spec"]["containers"][0]["volumeMounts"].append({"name": "again", "mountPath": "/again"})
    _changes, change = _stage(detect(template, file_config_maps(), FILE_EFFECTIVE), "migration", FILE_EFFECTIVE)
    new = change.objects_to_create[0]["metadata"]["name"]
    assert change.template["spec"]["volumes"][1]["configMap"]["name"] == new


def test_a_few_helping_variables_do_not_outweigh_the_file() -> None:
    template = file_template()
    template["spec"]["containers"][0]["env"] = [{"name": "KAFKA_ZOOKEEPER_CONNECT", "value": "zookeeper:2181/kafka"}]
    assert isinstance(detect(template, file_config_maps(), FILE_EFFECTIVE), FileSource)


@pytest.mark.parametrize(
    ("template", "config_maps", "effective", "image"),
    [
        (confluent_template(), confluent_config_maps(), CONFLUENT_EFFECTIVE, "Confluent"),
        (bitnami_template(), {}, BITNAMI_EFFECTIVE, "Bitnami"),
    ],
)
def test_variables_are_found(
    template: dict[str, Any], config_maps: dict[str, Any], effective: dict[str, str], image: str
) -> None:
    source = detect(template, config_maps, effective)
    assert isinstance(source, EnvironmentSource)
    assert source.rules.name == image
    assert source.container in source.where


def test_apaches_image_is_recognised() -> None:
    template = confluent_template()
    template["spec"]["containers"][0]["image"] = "docker.io/apache/kafka:3.9.2"
    command = template["spec"]["containers"][0]["command"]
    command[2] = command[2].replace("/etc/confluent/docker/run", "/etc/kafka/docker/run")
    source = detect(template, confluent_config_maps(), CONFLUENT_EFFECTIVE)
    assert isinstance(source, EnvironmentSource)
    assert source.rules.name == "Apache"
