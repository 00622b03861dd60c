# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that JVM options name come along with the options, or the option is left out and said."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.jvm_files import (
    Carried,
    carried,
    needed_paths,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

Obj = dict[str, Any]

JAAS = "-Djava.security.auth.login.config=/creds/jaas.conf"


def _template(
    env: dict[str, Any], volumes: dict[str, Obj] | None = None, init: list[Obj] | None = None, **mounted: str
) -> Obj:
    """Brokers' pods: variables, volumes by name, and mount paths by volume; volume data is a claim."""
    entries = [
        {"name": name, **(value if isinstance(value, dict) else {"value": value})} for name, value in env.items()
    ]
    paths = {"data": "/data", **mounted}
    container = {
        "name": "kafka",
        "env": entries,
        "volumeMounts": [{"name": name, "mountPath": path} for name, path in paths.items()],
    }
    listed = [{"name": name, **volume} for name, volume in (volumes or {}).items()]
    return {"spec": {"containers": [container], "volumes": listed, **({"initContainers": init} if init else {})}}


def _carried(
    template: Obj, config_maps: Obj | None = None, settings: tuple[str, ...] = (), running: Any = ()
) -> Carried:
    return carried(template, "kafka", config_maps or {}, settings, ("/var/lib/kraft", "/etc/kraft"), running)


def _value(found: Carried, name: str) -> Any:
    return next((entry.get("value") for entry in found.env if entry["name"] == name), None)


def _filler(*names: str, **more: Any) -> Obj:
    return {
        "name": "filler",
        "image": "x",
        "volumeMounts": [{"name": name, "mountPath": f"/{name}"} for name in names],
        **more,
    }


AGENT = "-javaagent:/agent/agent.jar=7071:/config/server.properties"


def test_an_agent_that_an_init_container_brings_comes_along() -> None:
    volumes: Obj = {
        "agent": {"emptyDir": {}},
        "config": {"configMap": {"name": "kafka-config"}},
        "tool": {"configMap": {"name": "t-kraft-ibp-01234567"}},
    }
    template = _template(
        {"KAFKA_OPTS": AGENT}, volumes, [_filler("agent", "tool"), {"name": "other"}], agent="/agent", config="/config"
    )
    found = _carried(template)
    assert _value(found, "KAFKA_OPTS") == AGENT
    assert [item["name"] for item in found.init_containers] == ["filler"]
    assert {volume["name"] for volume in found.volumes} == {"agent", "config", "tool"}
    # the user's ConfigMap, not the copy of a stage
    assert found.volumes[-1]["configMap"]["name"] == "t"
    assert found.notes == []


@pytest.mark.parametrize(
    "init",
    [
        None,
        [_filler("other")],
        # it writes to the brokers' data too
        [_filler("agent", "data")],
        [_filler("agent", "gone")],
        [_filler("agent", command=["sh", "-c", "until nc -z zookeeper 2181; do :; done; cp /a /agent"])],
        [{"name": "reader", "volumeMounts": [{"name": "agent", "mountPath": "/a", "readOnly": True}]}],
    ],
)
def test_an_agent_that_cannot_come_along_is_left_out_and_said(init: Any) -> None:
    volumes: Obj = {"agent": {"emptyDir": {}}, "other": {"emptyDir": {}}}
    found = _carried(_template({"KAFKA_OPTS": f"-Da=b {AGENT}"}, volumes, init, agent="/agent"))
    assert _value(found, "KAFKA_OPTS") == "-Da=b"
    assert found.init_containers == []
    assert [
        note.startswith("-javaagent:/agent/agent.jar of KAFKA_OPTS is not set for the controllers")
        for note in found.notes
    ] == [True]


@pytest.mark.parametrize("volume", [{"hostPath": {"path": "/opt"}}, {"persistentVolumeClaim": {"claimName": "jars"}}])
def test_files_of_the_node_or_of_a_claim_are_left_out(volume: Obj) -> None:
    found = _carried(_template({"KAFKA_OPTS": "-javaagent:/opt/agents/x.jar"}, {"opt": volume}, opt="/opt/agents"))
    assert _value(found, "KAFKA_OPTS") is None
    assert len(found.notes) == 1


def test_files_of_the_image_and_of_mounted_objects_stay() -> None:
    options = (
        "-javaagent:/opt/jolokia/jolokia.jar=port=7777,host=0.0.0.0 -Dproxy=http://proxy/x -Dcfg=file:///creds/a.yml"
    )
    found = _carried(_template({"KAFKA_OPTS": options}, {"creds": {"secret": {}}}, creds="/creds"))
    assert _value(found, "KAFKA_OPTS") == options
    assert [mount["mountPath"] for mount in found.mounts] == ["/creds"]


def test_no_argument_of_an_option_is_shown() -> None:
    """Those of an agent may be a login; that of a running broker comes with its secrets hidden, and is the same nevertheless."""
    agent = "-javaagent:/opt/agents/x.jar=server=monitor,password=canary-agent"
    words = [agent, "-agentpath:/opt/agents/y.so=token=canary-agent", "-Dmine=/opt/agents/canary-agent"]
    volumes: Obj = {"opt": {"hostPath": {"path": "/opt"}}}
    found = _carried(_template({"KAFKA_OPTS": " ".join(words)}, volumes, opt="/opt/agents"))
    assert [note.partition(" of ")[0] for note in found.notes] == [
        "-javaagent:/opt/agents/x.jar",
        "-agentpath:/opt/agents/y.so",
        "-Dmine",
    ]
    assert "canary" not in str(found.notes)
    hidden = "-javaagent:/agents/x.jar=server=monitor,password=<redacted>"
    assert _carried(_template({"KAFKA_OPTS": agent.replace("/opt", "")}), running=[hidden]).notes == []
    (note,) = _carried(_template({}), running=[hidden]).notes
    assert note.startswith("-javaagent:/agents/x.jar is added by the start command")


def test_what_is_written_needs_no_maker() -> None:
    template = _template(
        {"KAFKA_GC_LOG_OPTS": "-Xlog:gc*:file=/scratch/gc.log:time -XX:HeapDumpPath=/data/dump -verbose:gc"},
        {"scratch": {"emptyDir": {}}},
        scratch="/scratch",
    )
    found = _carried(template)
    assert _value(found, "KAFKA_GC_LOG_OPTS") == "-Xlog:gc*:file=/scratch/gc.log:time -verbose:gc"
    assert "-XX:HeapDumpPath of KAFKA_GC_LOG_OPTS is not set for the controllers" in found.notes[0]


def test_credentials_that_cannot_come_along_are_refused() -> None:
    with pytest.raises(Unsupported, match=r"needs /creds/jaas.conf, which only the brokers' pods have") as caught:
        _carried(_template({"KAFKA_OPTS": JAAS}, {"creds": {"hostPath": {}}}, creds="/creds"))
    assert caught.value.code == "controller-manifest"
    with pytest.raises(Unsupported, match=r"the setting that names /creds/key.jks"):
        _carried(_template({}, {"creds": {"emptyDir": {}}}, creds="/creds"), settings=("PEM", "/creds/key.jks"))


def test_a_jaas_file_that_an_init_container_renders_is_rendered_for_controllers_too() -> None:
    renders = _filler(
        "creds",
        "template",
        command=["sh", "-c", "envsubst < /template/jaas.tpl > /creds/jaas.conf"],
        env=[{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}}],
        envFrom=[{"secretRef": {"name": "more"}}],
    )
    volumes: Obj = {"creds": {"emptyDir": {"medium": "Memory"}}, "template": {"configMap": {"name": "templates"}}}
    template = _template({"KAFKA_OPTS": JAAS}, volumes, [renders, {"name": "other"}], creds="/creds")
    for found in (_carried(template), _carried(_template({}, volumes, [renders], creds="/creds"), running=[JAAS])):
        assert found.init_containers == [renders]
        assert {volume["name"]: volume for volume in found.volumes} == {
            name: {"name": name, **volume} for name, volume in volumes.items()
        }
        assert found.mounts == [{"name": "creds", "mountPath": "/creds"}]
        assert _value(found, "KAFKA_OPTS") == JAAS
        assert found.notes == []
    with pytest.raises(Unsupported, match=r"-Djava\.security\.auth\.login\.config needs /creds/jaas\.conf"):
        _carried(_template({"KAFKA_OPTS": JAAS}, volumes, [_filler("template")], creds="/creds"))


def test_init_containers_that_work_for_another_one_come_along() -> None:
    volumes: Obj = {name: {"emptyDir": {}} for name in ("creds", "raw", "tmp")} | {"keys": {"secret": {}}}
    init = [
        {**_filler("raw", "keys"), "name": "copies"},
        {**_filler("tmp", "data"), "name": "of the brokers"},
        {**_filler("creds", "raw", "tmp"), "name": "makes"},
        {**_filler("raw"), "name": "later"},
    ]
    template = _template({}, volumes, init, creds="/creds")
    found = _carried(template, settings=("/creds/key.p12", "/creds/trust.p12"))
    assert [item["name"] for item in found.init_containers] == ["copies", "makes"]
    assert {volume["name"] for volume in found.volumes} == {"creds", "raw", "tmp", "keys"}


def test_what_a_controller_cannot_do_without() -> None:
    assert needed_paths("KAFKA_OPTS", f"-Dlog4j.configuration=file:/l -javaagent:/a.jar {JAAS}") == ["/creds/jaas.conf"]
    assert needed_paths("KAFKA_SECRET", JAAS) == []
    assert needed_paths("", "${file:/creds/x.properties:password}") == ["/creds/x.properties"]


def test_files_that_settings_name_come_along() -> None:
    template = _template({}, {"creds": {"emptyDir": {}}}, [_filler("creds")], creds="/creds")
    settings = ("/creds/key.jks", "CONTROLLER://:9093", "zk:2181/kafka", "/var/lib/kraft/data", "/opt/in/the/image")
    found = _carried(template, settings=settings)
    assert [item["name"] for item in found.init_containers] == ["filler"]
    # our own data path, even where the brokers' claim is mounted above it
    template["spec"]["containers"][0]["volumeMounts"][0]["mountPath"] = "/var/lib"
    assert _carried(template, settings=settings).init_containers


@pytest.mark.parametrize(
    ("volume", "config_map", "own"),
    [
        (
            {"configMap": {"name": "log"}},
            "log4j.rootLogger=INFO, stdout\nlog4j.appender.stdout=org.apache.log4j.ConsoleAppender",
            False,
        ),
        ({"configMap": {"name": "log"}}, "log4j.rootLogger=INFO, file", True),
        # it has no such file
        ({"configMap": {"name": "other"}}, "", True),
        ({"configMap": {"name": "gone"}}, "", False),
        ({"configMap": {"name": "log", "items": [{"key": "x", "path": "log4j.properties"}]}}, "", False),
        ({"secret": {"secretName": "log"}}, "", False),
        ({"emptyDir": {}}, "", True),
        ({"hostPath": {}}, "", True),
    ],
)
def test_a_log4j_file_that_is_missing_or_silent_is_replaced(volume: Obj, config_map: str, own: bool) -> None:
    option = "-Dlog4j.configuration=file:/log/log4j.properties"
    template = _template({"KAFKA_LOG4J_OPTS": f"{option} -Dx=y"}, {"log": volume}, log="/log")
    found = _carried(template, {"log": {"data": {"log4j.properties": config_map}}, "other": {"data": {"a": "Console"}}})
    assert found.own_log4j is own
    assert _value(found, "KAFKA_LOG4J_OPTS") == ("-Dx=y" if own else f"{option} -Dx=y")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            {"mine": "log4j.rootLogger=INFO, file"},
            ["/log/l has no console appender, and a migration looks into the pods' logs"],
        ),
        ({"other": ""}, ["/log/l is not in the ConfigMap that is mounted there"]),
        ({"mine": "log4j.appender.a=org.apache.log4j.ConsoleAppender"}, []),
    ],
)
def test_why_a_log4j_file_is_replaced_is_said_by_what_is_mounted_there(text: dict[str, str], why: list[str]) -> None:
    template = _template(
        {"KAFKA_LOG4J_OPTS": "-Dlog4j.configuration=file:/log/l"}, {"log": {"configMap": {"name": "log"}}}, log="/log"
    )
    mount = next(item for item in template["spec"]["containers"][0]["volumeMounts"] if item["name"] == "log")
    mount.update({"mountPath": "/log/l", "subPath": "mine"})
    found = _carried(template, {"log": {"data": text}})
    option = "-Dlog4j.configuration of KAFKA_LOG4J_OPTS is not set for the controllers"
    assert found.notes == [f"{option}: {item}" for item in why]


def test_the_log4j_file_beside_an_init_script_comes_with_the_init_container() -> None:
    option = "-Dlog4j.configuration=file:/etc/kafka/log4j.properties"
    volumes: Obj = {"configmap": {"configMap": {"name": "broker-config"}}, "config": {"emptyDir": {}}}
    init = [_filler("configmap", "config", command=["/bin/bash", "/configmap/init.sh"])]
    found = _carried(_template({"KAFKA_LOG4J_OPTS": option}, volumes, init, config="/etc/kafka"))
    assert not found.own_log4j
    assert _value(found, "KAFKA_LOG4J_OPTS") == option
    assert [item["name"] for item in found.init_containers] == ["filler"]


def test_entries_of_the_class_path_are_checked_one_by_one() -> None:
    found = _carried(_template({"CLASSPATH": "/opt/ext/*:/data/jars/*:"}))
    assert _value(found, "CLASSPATH") == "/opt/ext/*"
    assert "/data/jars/* of CLASSPATH is not set for the controllers" in found.notes[0]


def test_variables_are_expanded_and_secrets_come_along_unread() -> None:
    env = {
        "DIR": "/data/jars",
        "KAFKA_OPTS": "-javaagent:$(DIR)/a.jar -Dp=$$(x)",
        "KAFKA_JMX_OPTS": {"valueFrom": {"secretKeyRef": {}}},
    }
    found = _carried(_template(env), running=[JAAS, "-Djavax.net.ssl.keyStorePassword=<redacted>", "-javaagent:/b.jar"])
    # the JAAS file is needed, whatever is in the other variable; a password may be there, and that comes along
    assert _value(found, "KAFKA_OPTS") == f"-Dp=$$(x) {JAAS}"
    assert not any("b.jar" in note for note in found.notes)
    assert "KAFKA_JMX_OPTS" in [entry["name"] for entry in found.env]
    assert _carried(_template({"LOG_DIR": "/data/logs"})).notes == []


def test_what_a_variable_of_a_secret_may_have_is_not_added() -> None:
    unread = {"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
    found = _carried(_template({"KAFKA_OPTS": unread}), running=[JAAS])
    assert found.env == [{"name": "KAFKA_OPTS", **unread}]


def test_credentials_of_the_start_command_are_taken_over() -> None:
    template = _template({"KAFKA_OPTS": "-Da=b"}, {"creds": {"secret": {}}}, creds="/creds")
    found = _carried(template, running=["-Da=b", JAAS, "-javaagent:/opt/x.jar"])
    assert _value(found, "KAFKA_OPTS") == f"-Da=b {JAAS}"
    assert "-javaagent:/opt/x.jar is added by the start command" in found.notes[0]
    found = _carried(_template({"KAFKA_OPTS": JAAS}), running=[JAAS])
    assert _value(found, "KAFKA_OPTS") == JAAS
    assert _value(_carried(_template({}), running=[JAAS]), "KAFKA_OPTS") == JAAS
    with pytest.raises(
        Unsupported,
        match=r"-Djavax.net.ssl.trustStorePassword is set by the brokers' start command, and its value is a secret",
    ):
        _carried(_template({}), running=["-Djavax.net.ssl.trustStorePassword=<redacted>"])


def test_a_place_that_controllers_use_otherwise_does_not_come_along() -> None:
    found = _carried(
        _template({"KAFKA_OPTS": "-javaagent:/etc/kraft/a.jar"}, {"own": {"secret": {}}}, own="/etc/kraft")
    )
    assert _value(found, "KAFKA_OPTS") is None
    assert found.mounts == []


@pytest.mark.parametrize(
    "option",
    [
        "-Djava.security.krb5.realm=EXAMPLE",
        "-Djavax.security.auth.useSubjectCredsOnly=false",
        "-Djute.maxbuffer=8388608",
        "-Dorg.apache.kafka.automatic.config.providers=org.apache.kafka.common.config.provider.FileConfigProvider",
    ],
)
def test_other_options_that_decide_who_is_let_in_are_taken_over_too(option: str) -> None:
    assert _value(_carried(_template({}), running=[option, "-Dkafka.logs.dir=/x"]), "KAFKA_OPTS") == option


def test_credentials_for_zookeeper_that_only_the_start_command_gives() -> None:
    option = "-Dzookeeper.sasl.clientconfig=ZkClient"
    assert _value(_carried(_template({}), running=[option]), "KAFKA_OPTS") == option
    with pytest.raises(Unsupported, match=r"zookeeper\.ssl\.keyStore\.password") as raised:
        _carried(_template({}), running=["-Dzookeeper.ssl.keyStore.password=<redacted>"])
    assert raised.value.code == "controller-manifest"
