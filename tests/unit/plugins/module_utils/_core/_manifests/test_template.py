# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pod templates are read as Kubernetes reads them, and nothing that reaches for ZooKeeper is missed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import (
    Use,
    claim_names,
    container_of,
    environment,
    file_source,
    main_container,
    mounts,
    references,
    secret_names,
    switch_object,
    uses,
    volume_at,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported


def _template(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"spec": {"containers": list(containers), **spec}}


def _names(*names: str) -> dict[str, Any]:
    return _template(*({"name": name} for name in names))


@pytest.mark.parametrize(
    ("template", "name", "expected"),
    [
        (_names("anything"), None, "anything"),
        (_names("sidecar", "kafka"), None, "kafka"),
        (_names("broker", "metrics"), None, "broker"),
        (_names("a", "b"), "b", "b"),
        (
            _template(
                {"name": "a", "image": "x/kafka-exporter:1"}, {"name": "b", "image": "confluentinc/cp-server:7.9.0"}
            ),
            None,
            "b",
        ),
        (_template({"name": "a", "image": "x/exporter:1"}, {"name": "b", "image": "apache/kafka:3.9.2"}), None, "b"),
        (_template({"name": "a"}, {"name": "b", "image": "localhost/kafka"}), None, "b"),
        # what starts Kafka wins over what has its image, and over names
        (
            _template(
                {"name": "kafka", "image": "x/kafka-exporter:1"}, {"name": "b", "command": ["kafka-server-start.sh"]}
            ),
            None,
            "b",
        ),
        (
            _template(
                {"name": "a", "image": "x/kafka:1", "command": ["sleep", "9"]}, {"name": "b", "image": "x/kafka:1"}
            ),
            None,
            "b",
        ),
        (
            _template(
                {"name": "a", "image": "x/kafka:1", "command": ["java", "-jar", "x"]},
                {"name": "b", "image": "x/cp-kafka@y"},
            ),
            None,
            "b",
        ),
        (
            _template(
                {"name": "a", "image": "r/own:1", "env": [{"name": "KAFKA_ZOOKEEPER_CONNECT"}]},
                {"name": "b", "image": "r/kafka-exporter:1", "env": [{"name": "KAFKA_ZOOKEEPER_CONNECT"}]},
            ),
            None,
            "a",
        ),
        (
            _template(
                {"name": "tools", "image": "x/kafka:1", "command": ["/run"]},
                {"name": "broker", "image": "x/kafka:1", "command": ["/go"]},
            ),
            None,
            "broker",
        ),
    ],
)
def test_main_container(template: dict[str, Any], name: str | None, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(Unsupported):
            main_container(template, name)
    else:
        assert main_container(template, name) == expected
        assert container_of(template, expected)["name"] == expected


@pytest.mark.parametrize(
    ("template", "name", "words"),
    [
        (_names("a", "b"), None, "a, b"),
        (_names("a"), "x", "'x'"),
        (_template(), None, "none"),
        (_names("kafka", "broker"), None, "kraft_container"),
        (
            _template({"name": "a", "image": "x/kafka:1"}, {"name": "b", "image": "y/kafka:2"}),
            None,
            "a and b could both be a broker",
        ),
    ],
)
def test_an_unclear_container_is_named(template: dict[str, Any], name: str | None, words: str) -> None:
    with pytest.raises(Unsupported) as caught:
        main_container(template, name)
    assert caught.value.code == "cluster-ambiguous"
    assert words in caught.value.message


def test_environment_is_resolved_as_kubernetes_does() -> None:
    config_maps = {"common": {"data": {"A": "from", "B": "map"}}, "one": {"data": {"key": "referenced"}}, "empty": {}}
    container = {
        "envFrom": [
            {"configMapRef": {"name": "common"}},
            {"configMapRef": {"name": "common"}, "prefix": "P_"},
            {"configMapRef": {"name": "empty"}},
            {"configMapRef": {"name": "unknown"}},
            {"secretRef": {"name": "hidden"}},
        ],
        "env": [
            {"name": "B", "value": "own"},
            {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "one", "key": "key"}}},
            {"name": "D", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
            {"name": "E", "value": "$(C)-$(NONE)-$$(C)-$(A)"},
            {"name": "F", "value": "$(D)"},
            {"name": "G"},
            {"name": "H", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ],
    }
    found = environment(container, config_maps)
    assert {name: variable.value for name, variable in found.items()} == {
        "A": "from",
        "B": "own",
        "P_A": "from",
        "P_B": "map",
        "C": "referenced",
        "D": None,
        "E": "referenced-$(NONE)-$(C)-from",
        "F": None,
        "G": "",
        "H": None,
    }
    assert found["A"].origin == "common"
    assert found["B"].origin == "env"
    assert environment({}, {}) == {}
    secrets = {"s": {"kind": "Secret", "data": {"k": "eA=="}}, "hidden": {"kind": "Secret", "stringData": {"Z": "z"}}}
    read = environment(container, config_maps, secrets)
    assert {name for name, variable in read.items() if variable.secret} == {"D", "F", "Z"}
    assert (read["D"].value, read["F"].value, read["Z"].origin) == ("x", "x", "hidden")
    assert references("x$(A)$(B_1)") == ["A", "B_1"]


def _config_maps(template: dict[str, Any]) -> list[Use]:
    return [use for use in uses(template) if use.kind == "ConfigMap"]


def test_config_maps_in_volumes_and_their_switch() -> None:
    template = _template(
        volumes=[
            {"name": "plain", "configMap": {"name": "kafka"}},
            {
                "name": "both",
                "projected": {
                    "sources": [
                        {
                            "configMap": {
                                "name": "kafka",
                                "items": [{"key": "server.properties", "path": "s.properties"}],
                            }
                        },
                        {"configMap": {"name": "log4j"}},
                        {"secret": {"name": "s"}},
                    ]
                },
            },
            {"name": "data", "emptyDir": {}},
            {"name": "odd", "configMap": {}},
        ]
    )
    assert _config_maps(template) == [
        Use("plain", "ConfigMap", "kafka", None),
        Use("both", "ConfigMap", "kafka", {"server.properties": "s.properties"}),
        Use("both", "ConfigMap", "log4j", None),
    ]
    assert Use("both", "Secret", "s", None) in uses(template)
    switch_object(template, "ConfigMap", "kafka", "kafka-new")
    switch_object(template, "Secret", "s", "s-new")
    assert Use("both", "Secret", "s-new", None) in uses(template)
    assert [use.name for use in _config_maps(template)] == ["kafka-new", "kafka-new", "log4j"]
    assert _config_maps(_template()) == []
    switch_object(_template(), "ConfigMap", "a", "b")


def test_volumes_and_claims() -> None:
    container = {"volumeMounts": [{"name": "root", "mountPath": "/data"}, {"name": "logs", "mountPath": "/data/logs/"}]}
    assert volume_at(container, "/data/logs") == "logs"
    assert volume_at(container, "/data/logs/0") == "logs"
    assert volume_at(container, "/data/logs2") == "root"
    assert volume_at(container, "/other") is None
    assert mounts({}) == []
    assert claim_names({"spec": {"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}}) == ["data"]
    assert claim_names({"spec": {}}) == []


def test_a_config_map_may_become_a_secret() -> None:
    paths = {"items": [{"key": "a", "path": "b"}]}
    template = _template(
        volumes=[
            {"name": "plain", "configMap": {"name": "kafka", "defaultMode": 292}},
            {
                "name": "both",
                "projected": {"sources": [{"configMap": {"name": "kafka", **paths}}, {"secret": {"name": "kafka"}}]},
            },
        ]
    )
    switch_object(template, "ConfigMap", "kafka", "new", "Secret")
    plain, both = template["spec"]["volumes"]
    assert plain == {"name": "plain", "secret": {"secretName": "new", "defaultMode": 292}}
    assert both["projected"]["sources"] == [{"secret": {"name": "new", **paths}}, {"secret": {"name": "kafka"}}]
    switch_object(template, "Secret", "new", "old", "ConfigMap")
    assert plain == {"name": "plain", "configMap": {"name": "old", "defaultMode": 292}}


def test_secrets_of_variables_are_shown_too() -> None:
    key = {"name": "A", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "a"}}}
    field = {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    template = _template(
        {"name": "kafka", "env": [key, field, {"name": "C", "value": "c"}], "envFrom": [{"secretRef": {"name": "all"}}]}
    )
    assert secret_names(template) == {"keys", "all"}


def test_where_a_file_comes_from() -> None:
    container = {
        "name": "kafka",
        "volumeMounts": [
            {"name": "tls", "mountPath": "/etc/tls/"},
            {"name": "one", "mountPath": "/etc/jaas.conf", "subPath": "folder/jaas.conf"},
            {"name": "data", "mountPath": "/data"},
        ],
    }
    volumes = [
        {
            "name": "tls",
            "projected": {
                "sources": [
                    {"secret": {"name": "a"}},
                    {"configMap": {"name": "b", "items": [{"key": "k", "path": "x/y"}]}},
                ]
            },
        },
        {"name": "one", "secret": {"secretName": "jaas"}},
        {"name": "data", "emptyDir": {}},
    ]
    template = _template(container, volumes=volumes)
    assert file_source(template, container, "/etc/tls/ca.crt") == [("Secret", "a", "ca.crt")]
    assert file_source(template, container, "/etc/tls/x/y") == [("ConfigMap", "b", "k"), ("Secret", "a", "x/y")]
    assert file_source(template, container, "/etc/jaas.conf") == [("Secret", "jaas", "folder/jaas.conf")]
    assert file_source(template, container, "/data/x") == []
    assert file_source(template, container, "/opt/x") == []
