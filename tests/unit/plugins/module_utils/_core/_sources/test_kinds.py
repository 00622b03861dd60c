# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sources beside ConfigMaps and plain variables: files in Secrets, variables of Secrets, overrides, and what they must not do."""

from __future__ import annotations

import base64
import copy
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.zookeeper_references import (
    zookeeper_references,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import Changes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.own_variables import empty_variables
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.source import (
    EnvironmentSource,
    FileSource,
    OverridesSource,
    detect,
    needed_secrets,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

from tests.cases import case as cases
from tests.unit.plugins.module_utils._core.core_manifests import (
    CONFLUENT_EFFECTIVE,
    FILE_EFFECTIVE,
    SERVER_PROPERTIES,
    config_map,
    confluent_config_maps,
    confluent_template,
    file_config_maps,
    file_template,
)

CASES = {case.name: case for case in cases.every()}
DIGEST = "0123456789abcdef" * 4


def found(name: str) -> Any:
    case = CASES[name]
    return detect(case.template, case.config_maps, case.effective, None, case.secrets)


def container(template: dict[str, Any]) -> dict[str, Any]:
    target: dict[str, Any] = template["spec"]["containers"][0]
    return target


def test_a_file_in_a_secret_is_copied_as_a_secret_and_never_shown() -> None:
    case, source = CASES["08b-file-in-secret-that-can-be-read"], found("08b-file-in-secret-that-can-be-read")
    assert (source.kind, source.where) == ("secret-file", "server.properties of Secret kafka-server-properties")
    changes = Changes(
        {"zookeeper.metadata.migration.enable": "true", "listeners": "PLAINTEXT://:1"}, ("zookeeper.connect",)
    )
    change = source.apply(changes, "migration", DIGEST, case.effective)
    (made,) = change.objects_to_create
    assert (made["kind"], made["type"]) == ("Secret", "Opaque")
    assert "stringData" not in made
    text = base64.b64decode(made["data"]["server.properties"]).decode()
    assert "zookeeper.metadata.migration.enable=true" in text
    assert "zookeeper.connect" not in text
    volume = change.template["spec"]["volumes"][0]
    assert (
        volume["secret"]["secretName"] == made["metadata"]["name"] == "kafka-server-properties-kraft-migration-01234567"
    )
    assert "-zookeeper.connect=<redacted>\n" in change.diff_text
    assert "zk:2181" not in change.diff_text
    assert "PLAINTEXT" not in change.diff_text
    assert set(source.given().values()) == {"<redacted>"}


def test_a_later_stage_finds_the_file_in_the_copy_and_the_original_in_the_original() -> None:
    case, source = CASES["08b-file-in-secret-that-can-be-read"], found("08b-file-in-secret-that-can-be-read")
    change = source.apply(Changes({"a": "1"}), "migration", DIGEST, case.effective)
    (made,) = change.objects_to_create
    name = made["metadata"]["name"]
    later = detect(change.template, {}, case.effective, None, {**case.secrets, name: made})
    assert isinstance(later, FileSource)
    assert later.name == name
    assert later.at(case.template).read() == source.read()
    assert later.at({"spec": {"containers": []}}).where == later.where
    assert source.named(name, made).read()["a"] == "1"
    plain = detect(file_template(), file_config_maps(), FILE_EFFECTIVE)
    assert isinstance(plain, FileSource)
    assert plain.named("x", config_map("x", {"server.properties": "a=1"})).read() == {"a": "1"}


def test_a_variable_of_a_secret_goes_by_a_copy_of_the_secret() -> None:
    case, source = (
        CASES["27b-zookeeper-in-env-secret-that-can-be-read"],
        found("27b-zookeeper-in-env-secret-that-can-be-read"),
    )
    assert source.hidden() == {"zookeeper.connect"}
    assert source.given()["zookeeper.connect"] == "<redacted>"
    change = source.apply(Changes({}, ("zookeeper.connect",)), "kraft", DIGEST, case.effective, "id")
    (made,) = change.objects_to_create
    assert made["kind"] == "Secret"
    assert made["data"] == {}
    assert container(change.template)["envFrom"] == [{"secretRef": {"name": made["metadata"]["name"]}}]
    assert change.diff_text == "-zookeeper.connect=<redacted>\n"


def test_overrides_are_edited_in_the_start_command() -> None:
    case, source = CASES["02-overrides-only"], found("02-overrides-only")
    assert isinstance(source, OverridesSource)
    assert source.opaque() == {"broker.id"}
    assert source.given()["broker.id"] == "${HOSTNAME##*-}"
    change = source.apply(Changes({"process.roles": "broker"}, ("zookeeper.connect",)), "kraft", DIGEST, case.effective)
    text = container(change.template)["command"][2]
    assert "zookeeper" not in text
    assert text.endswith("--override log.dir=/var/lib/kafka --override process.roles=broker")
    assert change.objects_to_create == ()
    assert source.at(change.template).read()["process.roles"] == "broker"


def test_an_override_without_effect_is_not_changed_in_vain() -> None:
    case, source = CASES["02-overrides-only"], found("02-overrides-only")
    effective = case.effective | {"listeners": "PLAINTEXT://:1"}
    assert source.fixed(effective) == {"listeners"}
    with pytest.raises(
        Unsupported, match=r"listeners would have to change.*an argument --override listeners="
    ) as caught:
        source.apply(Changes({"listeners": "x"}), "migration", DIGEST, effective)
    assert caught.value.code == "setting-overridden"


def test_an_override_from_a_secret_is_not_shown() -> None:
    template = copy.deepcopy(CASES["15-kafka-variables-of-an-own-start-command"].template)
    container(template)["env"][0] = {
        "name": "KAFKA_ZOOKEEPER_CONNECT", "valueFrom": {"secretKeyRef": {"name": "s", "key": "zk"}},
    }  # fmt: skip
    secrets = {"s": {"kind": "Secret", "metadata": {"name": "s"}, "stringData": {"zk": "zk:2181/kafka"}}}
    source = OverridesSource(template, {}, secrets, "kafka")
    assert source.read()["zookeeper.connect"] == "zk:2181/kafka"
    assert source.hidden() == {"zookeeper.connect"}


@pytest.mark.parametrize(
    ("line", "key", "words"),
    [
        (
            "listener.security.protocol.map=${MAP}",
            "listener.security.protocol.map",
            r"it is \$\{MAP\} in server\.properties",
        ),
        (
            "x=1",
            "broker.id",
            "the start command of container kafka sets it: remove it there and put it into server.properties",
        ),
        ("x=1", "unseen", "cannot be seen in the pod template"),
    ],
)
def test_why_a_setting_cannot_be_changed_is_true(line: str, key: str, words: str) -> None:
    config_maps = file_config_maps()
    config_maps["kafka"]["data"]["server.properties"] = SERVER_PROPERTIES + line + "\n"
    effective = FILE_EFFECTIVE | {key: "something", "x": "1"}
    source = detect(file_template(), config_maps, effective)
    with pytest.raises(Unsupported, match=words):
        source.apply(Changes({key: "other"}), "migration", DIGEST, effective)


def test_a_script_that_sets_a_setting_is_named() -> None:
    template, config_maps = file_template(), file_config_maps()
    container(template)["command"] = ["/bin/sh", "/config/run.sh"]
    config_maps["kafka"]["data"]["run.sh"] = (
        "#!/bin/sh\nexec kafka-server-start.sh /config/server.properties --override broker.id=1\n"
    )
    source = detect(template, config_maps, FILE_EFFECTIVE)
    with pytest.raises(Unsupported, match=r"script run\.sh of ConfigMap kafka sets it"):
        source.apply(Changes({"broker.id": "7"}), "migration", DIGEST, FILE_EFFECTIVE)
    with pytest.raises(Unsupported, match="cannot be seen in the pod template"):
        source.apply(Changes({"advertised.listeners": "x"}), "migration", DIGEST, FILE_EFFECTIVE)


def test_a_script_that_is_called_and_writes_nothing_is_not_blamed() -> None:
    template = file_template()
    container(template)["command"] = ["/bin/sh", "/config/run.sh"]
    config_maps = {"kafka": config_map("kafka", {"run.sh": "#!/bin/sh\nexec run\n"}), "log4j": config_map("log4j", {})}
    with pytest.raises(Unsupported, match="neither in a ConfigMap or Secret"):
        detect(template, config_maps, FILE_EFFECTIVE)


def test_only_secrets_where_settings_may_be_are_read() -> None:
    template = file_template()
    template["spec"]["volumes"] = [
        {"name": "config", "secret": {"secretName": "settings"}},
        {"name": "tls", "secret": {"secretName": "keys"}},
    ]
    container(template)["volumeMounts"].append({"name": "tls", "mountPath": "/tls"})
    container(template)["envFrom"] = [{"secretRef": {"name": "must"}}, {"secretRef": {"name": "may", "optional": True}}]
    assert needed_secrets(template, "kafka", {}) == {"must": True, "may": False, "settings": True}
    container(template)["command"] = ["run"]
    assert "settings" not in needed_secrets(template, "kafka", {})
    assert "settings" in needed_secrets(template, "kafka", {}, "/config/server.properties")


def test_a_secret_beside_a_file_is_not_needed() -> None:
    template = file_template()
    container(template)["envFrom"] = [{"secretRef": {"name": "unread"}}]
    assert isinstance(detect(template, file_config_maps(), FILE_EFFECTIVE), FileSource)


def test_a_start_command_that_writes_the_settings_is_named() -> None:
    template = file_template()
    template["spec"]["volumes"] = []
    container(template)["command"] = [
        "sh", "-c", "echo 'listeners=PLAINTEXT://:9092' > /tmp/s\n  log.dirs=/data/logs\nexec kafka-server-start.sh /tmp/s",
    ]  # fmt: skip
    with pytest.raises(
        Unsupported, match="are written by a start command, and a script is never edited: put the settings"
    ):
        detect(template, {}, FILE_EFFECTIVE)


@pytest.mark.parametrize(
    ("command", "image", "path", "name"),
    [
        (["/etc/kafka/docker/run"], "x", "", "Apache"),
        ([], "confluentinc/cp-kafka:7.9.0", "/etc/kafka/kafka.properties", "Confluent"),
        ([], "docker.io/apache/kafka:3.9.2", "/opt/kafka/config/server.properties", "Apache"),
        (["/custom/start"], "own/kafka:1", "", "Confluent"),
        (["/custom/start"], "own/kafka:1", "/opt/kafka/config/server.properties", None),
        (
            ["sh", "-c", "exec kafka-server-start.sh /opt/kafka/config/server.properties"],
            "confluentinc/cp-kafka:7.9.0",
            "",
            None,
        ),
    ],
)
def test_what_runs_decides_whether_variables_are_settings(
    command: list[str], image: str, path: str, name: str | None
) -> None:
    template = confluent_template()
    container(template).update({"command": command, "image": image})
    if name is None:
        with pytest.raises(Unsupported):
            detect(template, confluent_config_maps(), CONFLUENT_EFFECTIVE, config_path=path)
        return
    source = detect(template, confluent_config_maps(), CONFLUENT_EFFECTIVE, config_path=path)
    assert isinstance(source, EnvironmentSource)
    assert source.rules.name == name


@pytest.mark.parametrize(
    ("command", "mount", "chosen"),
    [
        ("exec kafka-server-start.sh /config/b-0.properties", {}, False),
        ("exec kafka-server-start.sh /config/b-${HOSTNAME##*-}.properties", {}, True),
        ("cp /config/b-$(hostname).properties /tmp/s; exec kafka-server-start.sh /tmp/s", {}, True),
        ("cd /config; exec kafka-server-start.sh b-$ID.properties", {}, True),
        ("exec kafka-server-start.sh $DIR/b-$FIXED.properties", {}, False),
        ("for f in /config/*; do cp $f /tmp; done; exec kafka-server-start.sh /tmp/b-0.properties", {}, None),
        ("exec kafka-server-start.sh /etc/s", {"mountPath": "/etc/s", "subPathExpr": "$(POD).properties"}, True),
        ("exec kafka-server-start.sh /etc/s", {"mountPath": "/etc/s", "subPath": "b-0.properties"}, False),
    ],
)
def test_a_stage_needs_one_file_for_all_brokers(command: str, mount: dict[str, str], chosen: bool | None) -> None:
    template = file_template()
    container(template).update({
        "command": ["sh", "-c", command],
        "env": [{"name": "DIR", "value": "/config"}, {"name": "FIXED", "value": "0"}],
        "volumeMounts": [{"name": "config", "mountPath": "/config", **mount}],
    })  # fmt: skip
    template["spec"]["volumes"] = [{"name": "config", "configMap": {"name": "kafka"}}]
    texts = {f"b-{number}.properties": f"{SERVER_PROPERTIES}broker.id={number}\n" for number in (0, 1)}
    maps = {"kafka": config_map("kafka", texts | {"b-x.properties": "listeners=PLAINTEXT://:1\nother=2\n"})}
    if chosen is False:
        source = detect(template, maps, FILE_EFFECTIVE)
        assert isinstance(source, FileSource)
        assert source.key == "b-0.properties"
        return
    with pytest.raises(Unsupported, match="a pod chooses its settings file" if chosen else "keep only one of them"):
        detect(
            template, maps, FILE_EFFECTIVE | {"broker.id": "0"}, config_path="/config/b-0.properties" if chosen else ""
        )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"command": ["sh", "-c", "kafka-server-start.sh /s --override listeners=PLAINTEXT://:1"]},
            "the start command of container kafka sets it",
        ),
        ({"command": ["sh", "-c", "# listeners=here\nkafka-server-start.sh /s"]}, "something that cannot be seen"),
        ({"env": [{"name": "ADD", "value": "listeners=PLAINTEXT://:1"}]}, "variable ADD of container kafka sets it"),
        ({"env": [{"name": "KAFKA_LISTENERS", "value": "X"}]}, "variable KAFKA_LISTENERS of container kafka sets it"),
        ({"init": "echo listeners=PLAINTEXT://:1 >> /out/s"}, "the start command of init container render sets it"),
        ({}, "something that cannot be seen in the pod template"),
    ],
)
def test_what_gives_a_setting_is_named(change: dict[str, Any], says: str) -> None:
    template = file_template()
    init = change.pop("init", "")
    container(template).update(change)
    template["spec"]["initContainers"] = [{"name": "render", "command": ["sh", "-c", init]}]
    effective = FILE_EFFECTIVE | {"listeners": "PLAINTEXT://:1"}
    with pytest.raises(Unsupported, match=says):
        detect(template, file_config_maps(), effective).apply(
            Changes({"listeners": "PLAINTEXT://:2"}), "kraft", DIGEST, effective, "id"
        )


@pytest.mark.parametrize(
    ("image", "command", "given"),
    [
        ("registry.example/bitnamilegacy/kafka:3.9.0", [], True),
        ("own/kafka:1", ["/opt/bitnami/scripts/kafka/entrypoint.sh", "/opt/bitnami/scripts/kafka/run.sh"], True),
        ("bitnami/kafka:3.9.0", ["kafka-server-start.sh", "/config/server.properties"], False),
        ("own/kafka:1", [], False),
    ],
)
def test_an_image_that_formats_by_itself_gets_the_cluster_id_beside_a_file(
    image: str, command: list[str], given: bool
) -> None:
    template = file_template()
    container(template).update({"image": image, "command": command})
    source = detect(template, file_config_maps(), FILE_EFFECTIVE)
    for stage, wanted in (("migration", False), ("kraft", given)):
        written = source.apply(Changes({"process.roles": "broker"}), stage, DIGEST, FILE_EFFECTIVE, "the-id").template
        env = {entry["name"]: entry.get("value") for entry in container(written).get("env") or []}
        assert env.get("KAFKA_KRAFT_CLUSTER_ID") == ("the-id" if wanted else None)


def test_a_word_that_a_command_replaces_is_no_override() -> None:
    template = file_template()
    container(template)["command"] = [
        "sh",
        "-c",
        "sed s/LISTEN_HERE/$L/ /config/server.properties > /s; kafka-server-start.sh /s",
    ]
    maps = {
        "kafka": config_map(
            "kafka", {"server.properties": SERVER_PROPERTIES.replace("PLAINTEXT://:9092", "LISTEN_HERE")}
        )
    }
    with pytest.raises(
        Unsupported, match=r"it is LISTEN_HERE in server\.properties of ConfigMap kafka, which something else fills"
    ):
        detect(template, maps, FILE_EFFECTIVE).apply(
            Changes({"listeners": "X://:2"}), "kraft", DIGEST, FILE_EFFECTIVE, "id"
        )


def test_bitnamis_file_tells_its_entrypoint() -> None:
    case = CASES["27b-zookeeper-in-env-secret-that-can-be-read"]
    template = copy.deepcopy(case.template)
    container(template).update({"command": [], "args": []})
    for path in ("/opt/bitnami/kafka/config/server.properties", ""):
        source = detect(template, {}, case.effective, None, case.secrets, path)
        assert isinstance(source, EnvironmentSource)
        assert source.rules.name == "Bitnami"


def test_a_bitnami_id_of_a_script_that_exports_both_is_fine() -> None:
    case = CASES["09-bitnami-old-chart-broker-id-in-mounted-script"]
    config_maps = copy.deepcopy(case.config_maps)
    config_maps["bus-scripts"]["data"]["setup.sh"] += 'export KAFKA_CFG_NODE_ID="$KAFKA_CFG_BROKER_ID"\n'
    source = detect(case.template, config_maps, case.effective)
    assert source.apply(Changes({"process.roles": "broker"}), "kraft", DIGEST, case.effective, "id").template


def test_one_object_in_two_env_froms_is_copied_once() -> None:
    template = confluent_template()
    container(template)["envFrom"] = [
        {"configMapRef": {"name": "e"}, "prefix": "KAFKA_"},
        {"configMapRef": {"name": "e"}},
        {"configMapRef": {"name": "missing"}},
    ]
    data = {"ZOOKEEPER_SET_ACL": "false", "KAFKA_ZOOKEEPER_SSL_CLIENT_ENABLE": "false", "KEPT": "1"}
    effective = CONFLUENT_EFFECTIVE | {"zookeeper.set.acl": "false", "zookeeper.ssl.client.enable": "false"}
    source = detect(template, {"e": config_map("e", data)}, effective)
    gone = ("zookeeper.set.acl", "zookeeper.ssl.client.enable")
    (made,) = source.apply(Changes({}, gone), "migration", DIGEST, effective).objects_to_create
    assert made["data"] == {"KEPT": "1"}


@pytest.mark.parametrize(
    ("command", "leaves"),
    [
        ("sed s!@ZK@!$ZK! /config/server.properties > /out/s", True),
        ("envsubst < /config/server.properties > /out/s", True),
        ("until nc -z $ZK; do sleep 1; done; envsubst < /config/server.properties > /out/s", False),
        ("/wait-for-zookeeper", False),
        ("", False),
    ],
)
def test_a_variable_of_an_init_container_leaves_when_it_is_seen_to_fill_the_file(command: str, leaves: bool) -> None:
    template = file_template()
    text = file_config_maps()["kafka"]["data"]["server.properties"].replace("zookeeper:2181/kafka", "${ZK}")
    template["spec"]["initContainers"] = [
        {"name": "render", "command": ["sh", "-c", command], "env": [{"name": "ZK", "value": "zookeeper:2181/kafka"}]}
    ]
    container(template)["env"] = [{"name": "ZK", "value": "zookeeper:2181/kafka"}]
    container(template)["command"] = ["sh", "-c", 'test -n "$ZK" && exec kafka-server-start.sh /out/s']
    source = detect(template, {"kafka": config_map("kafka", {"server.properties": text})}, FILE_EFFECTIVE)
    found = [("render", "ZK")] if leaves else []
    assert source.leaving(FILE_EFFECTIVE) == found
    gone = Changes({}, ("zookeeper.connect",))
    init = source.apply(gone, "kraft", DIGEST, FILE_EFFECTIVE, "id").template["spec"]["initContainers"][0]
    assert (init["env"][0]["value"] == "") is leaves
    references = [item.where for item in zookeeper_references(template, "zookeeper:2181/kafka", {}, found)]
    assert ("variable ZK of init container render" in references) is not leaves
    # a variable of the same name stays one in another container
    assert "variable ZK of container kafka" in references


@pytest.mark.parametrize(
    ("command", "leaves"),
    [
        ("sed s!@ZK@!$ZK! /config/server.properties > /tmp/s; exec kafka-server-start.sh /tmp/s", ["ZK"]),
        ("until nc -z $ZK; do sleep 1; done; sed s!@ZK@!$ZK! /config/server.properties > /tmp/s", []),
        ("sed s!@ZK@!${ZK:?must be set}! /config/server.properties > /tmp/s", []),
        ("exec kafka-server-start.sh /config/server.properties", ["ZK"]),
        ("exec /usr/local/bin/start-broker /config/server.properties", []),
        ("sed s!@ZK@!$ZK! /config/server.properties > /tmp/s; exec /usr/local/bin/start-broker /tmp/s", ["ZK"]),
    ],
)
def test_a_variable_leaves_only_when_nothing_else_needs_it(command: str, leaves: list[str]) -> None:
    template = file_template()
    container(template).update({
        "command": ["sh", "-c", command],
        "env": [{"name": "ZK", "value": "zookeeper:2181/kafka"}, {"name": "ZOO", "value": "other:2181"}, {"name": "E"}],
    })  # fmt: skip
    source = detect(template, file_config_maps(), FILE_EFFECTIVE)
    assert source.leaving(FILE_EFFECTIVE) == [("kafka", name) for name in leaves]
    container(template)["env"].append({"name": "METRICS", "value": "--server=$(ZK)"})
    assert detect(template, file_config_maps(), FILE_EFFECTIVE).leaving(FILE_EFFECTIVE) == []


def test_emptied_variables_stay_defined() -> None:
    target = {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {}}}, {"name": "B", "value": "x"}]}
    empty_variables(target, ["A", "C"])
    assert target["env"] == [{"name": "A", "value": ""}, {"name": "B", "value": "x"}, {"name": "C", "value": ""}]
    bare: dict[str, Any] = {}
    empty_variables(bare, ["A"])
    assert bare == {"env": [{"name": "A", "value": ""}]}


JAAS_KEY = "listener.name.controller.plain.sasl.jaas.config"
SECRETS = Changes({JAAS_KEY: 'Plain required password="canary";', "controller.quorum.voters": "1@a:1"})


def decoded(body: dict[str, Any]) -> dict[str, str]:
    return {key: base64.b64decode(value).decode() for key, value in body["data"].items()}


def test_a_stage_that_adds_a_secret_makes_a_secret_of_a_config_map() -> None:
    config_maps = file_config_maps()
    config_maps["kafka"]["binaryData"] = {"store": "AAEC"}
    source = detect(file_template(), config_maps, FILE_EFFECTIVE)
    change = source.apply(SECRETS, "migration", DIGEST, FILE_EFFECTIVE)
    (made,) = change.objects_to_create
    assert (made["kind"], made["type"], "binaryData" in made) == ("Secret", "Opaque", False)
    assert made["data"].pop("store") == "AAEC"
    assert "canary" in decoded(made)["server.properties"]
    first, second = change.template["spec"]["volumes"][0]["projected"]["sources"]
    assert first == {"secret": {"name": made["metadata"]["name"]}}
    assert second == {"configMap": {"name": "log4j"}}
    assert "canary" not in change.diff_text
    assert f"+{JAAS_KEY}=<redacted>\n" in change.diff_text
    # the next stage finds it there, and it stays a Secret
    name = made["metadata"]["name"]
    assert needed_secrets(change.template, "kafka", config_maps) == {name: True}
    later = detect(change.template, config_maps, FILE_EFFECTIVE, None, {name: made})
    assert isinstance(later, FileSource)
    assert (later.object_kind, later.name) == ("Secret", name)
    (third,) = later.apply(Changes({"process.roles": "broker"}), "kraft", DIGEST, FILE_EFFECTIVE).objects_to_create
    assert (third["kind"], third["metadata"]["name"]) == ("Secret", "kafka-kraft-kraft-01234567")
    back = later.at(file_template())
    assert isinstance(back, FileSource)
    assert (back.object_kind, back.name) == ("ConfigMap", "kafka")
    assert back.read() == source.read()


def test_a_variable_that_is_a_secret_refers_to_a_secret_of_the_stage() -> None:
    source = detect(confluent_template(), confluent_config_maps(), CONFLUENT_EFFECTIVE)
    change = source.apply(SECRETS, "migration", DIGEST, CONFLUENT_EFFECTIVE)
    (made,) = change.objects_to_create
    variable = "KAFKA_LISTENER_NAME_CONTROLLER_PLAIN_SASL_JAAS_CONFIG"
    name = made["metadata"]["name"]
    assert name == "cp-kafka-broker-security-kraft-migration-01234567"
    assert decoded(made) == {variable: SECRETS.set[JAAS_KEY]}
    entries = {entry["name"]: entry for entry in container(change.template)["env"]}
    assert entries[variable] == {"name": variable, "valueFrom": {"secretKeyRef": {"name": name, "key": variable}}}
    assert entries["KAFKA_CONTROLLER_QUORUM_VOTERS"]["value"] == "1@a:1"
    assert "canary" not in str(change.template)
    assert needed_secrets(change.template, "cp-kafka-broker", confluent_config_maps())[name] is True
    # planned again, the same settings, and so the same hash
    later = detect(change.template, confluent_config_maps(), CONFLUENT_EFFECTIVE, None, {name: made})
    assert later.wanted(Changes({})) == source.wanted(SECRETS)
    # and it goes along into the next stage
    kraft = later.apply(Changes({"process.roles": "broker"}), "kraft", DIGEST, CONFLUENT_EFFECTIVE, "id")
    (next_one,) = kraft.objects_to_create
    assert decoded(next_one) == decoded(made)
    gone = later.apply(Changes({}, (JAAS_KEY,)), "kraft", DIGEST, CONFLUENT_EFFECTIVE, "id")
    assert gone.objects_to_create == ()


def test_a_secret_is_no_argument_of_a_start_command() -> None:
    case, source = CASES["02-overrides-only"], found("02-overrides-only")
    with pytest.raises(Unsupported) as raised:
        source.apply(SECRETS, "migration", DIGEST, case.effective)
    assert raised.value.code == "secret-in-command"
    assert JAAS_KEY in raised.value.message
    assert "canary" not in raised.value.message


def test_a_password_that_looks_like_a_placeholder_is_none() -> None:
    """Else the next run would take it for something that only the pod knows, and the stage for another one."""
    odd = Changes({"listener.name.controller.ssl.keystore.password": "pa$Word${X}@A@"})
    source = detect(file_template(), file_config_maps(), FILE_EFFECTIVE)
    change = source.apply(odd, "migration", DIGEST, FILE_EFFECTIVE)
    (made,) = change.objects_to_create
    later = detect(change.template, file_config_maps(), FILE_EFFECTIVE, None, {made["metadata"]["name"]: made})
    assert later.wanted(Changes({})) == source.wanted(odd)
    assert later.opaque() == source.opaque()


def test_a_variable_whose_value_a_config_provider_fills_in_is_no_other_value() -> None:
    """The broker runs with what it stands for, and nothing else sets that."""
    template = confluent_template()
    provided = {"KAFKA_SUPER_USERS": "${env:SUPER}", "KAFKA_SSL_KEY_PASSWORD": "${file:/x:y}"}
    container(template)["env"] += [{"name": name, "value": value} for name, value in provided.items()]
    effective = CONFLUENT_EFFECTIVE | {"super.users": "User:a", "ssl.key.password": "${file:/x:y}"}
    source = detect(template, confluent_config_maps(), effective)
    assert not {"super.users", "ssl.key.password"} & source.read().keys()
    assert {"super.users", "ssl.key.password"} <= source.opaque()
    assert not source.fixed(effective) & source.opaque(), "a change of the variable reaches the broker"
    configured = source.configured(effective)
    assert (configured["super.users"], configured["ssl.key.password"]) == ("User:a", "${file:/x:y}")
    change = source.apply(Changes({"super.users": "User:a;User:kraft"}), "migration", DIGEST, effective)
    assert {"name": "KAFKA_SUPER_USERS", "value": "User:a;User:kraft"} in container(change.template)["env"]
    assert {"name": "KAFKA_SSL_KEY_PASSWORD", "value": "${file:/x:y}"} in container(change.template)["env"]


def test_what_something_else_fills_in_is_not_shown_where_it_is_a_secret() -> None:
    template = file_template()
    container(template)["command"] = [
        "sh",
        "-c",
        "sed s/canary/$P/ /config/server.properties > /s; kafka-server-start.sh /s",
    ]
    key = "listener.name.controller.plain.sasl.jaas.config"
    maps = {"kafka": config_map("kafka", {"server.properties": f"{SERVER_PROPERTIES}\n{key}=a password=canary\n"})}
    effective = FILE_EFFECTIVE | {key: "other"}
    with pytest.raises(Unsupported, match="it is <redacted> in") as raised:
        detect(template, maps, effective).apply(Changes({key: "new"}), "migration", DIGEST, effective)
    assert "canary" not in raised.value.message


def test_a_command_that_works_with_a_variable_is_told_without_its_secrets() -> None:
    template = confluent_template()
    container(template)["command"] = [
        "sh",
        "-c",
        "kadmin --password=canary $KAFKA_ZOOKEEPER_CONNECT; /etc/confluent/docker/run",
    ]
    source = detect(template, confluent_config_maps(), CONFLUENT_EFFECTIVE)
    with pytest.raises(Unsupported, match="works with KAFKA_ZOOKEEPER_CONNECT") as raised:
        source.apply(Changes({}, ("zookeeper.connect",)), "kraft", DIGEST, CONFLUENT_EFFECTIVE, "id")
    assert "canary" not in raised.value.message
