# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controllers take over how brokers run, never what makes others take them for brokers."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.carry_over import (
    container_fields,
    jvm_environment,
    named_environment,
    pod_fields,
    selects,
    shared_volumes,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import with_jvm_option
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

BROKERS = {"app": "kafka", "tier": "data"}
OWN = {"kraft.kafkaops.io/role": "controller"}


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        (None, False),
        ({}, True),
        ({"matchLabels": {"app": "kafka"}}, True),
        ({"matchLabels": {"app": "other"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["kafka", "x"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["kafka"]}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
        ({"matchLabels": {"app": "kafka"}, "matchExpressions": [{"key": "z", "operator": "Exists"}]}, False),
    ],
)
def test_selectors_match_as_in_kubernetes(selector: dict[str, Any] | None, matches: bool) -> None:
    assert selects(selector, BROKERS) is matches


def _term(labels: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"labelSelector": {"matchLabels": labels}, "topologyKey": "zone", **more}


def test_scheduling_rules_about_brokers_become_rules_about_controllers() -> None:
    spec = {
        "affinity": {
            "nodeAffinity": {"x": 1},
            "podAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [_term({"app": "kafka"})],
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 1, "podAffinityTerm": _term({"app": "cache"})},
                    {"weight": 2, "podAffinityTerm": _term({"tier": "data"})},
                ],
            },
            "podAntiAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    _term({"app": "kafka"}, matchLabelKeys=["pod-template-hash"], namespaces=["demo"]),
                    _term({"app": "noisy"}),
                ],
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 7, "podAffinityTerm": _term({"app": "kafka"})}
                ],
            },
        },
        "topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "kafka"}}},
            {"maxSkew": 1, "topologyKey": "zone"},
        ],
    }
    found = pod_fields(spec, BROKERS, OWN)
    affinity = found["affinity"]
    assert affinity["nodeAffinity"] == {"x": 1}
    assert affinity["podAffinity"] == {
        "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": _term({"app": "cache"})}]
    }
    assert affinity["podAntiAffinity"] == {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            _term(OWN, namespaces=["demo"]),
            _term({"app": "noisy"}),
        ],
        "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 7, "podAffinityTerm": _term(OWN)}],
    }
    assert found["topologySpreadConstraints"][0]["labelSelector"] == {"matchLabels": OWN}
    assert "labelSelector" not in found["topologySpreadConstraints"][1]


def test_affinity_to_brokers_alone_is_dropped() -> None:
    spec = {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [_term({"app": "kafka"})]}}}
    assert pod_fields(spec, BROKERS, OWN) == {}


def test_pod_and_container_fields() -> None:
    shared = {
        "securityContext": {"fsGroup": 1000},
        "serviceAccountName": "kafka",
        "imagePullSecrets": [{"name": "pull"}],
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "kafka"}],
        "priorityClassName": "high",
    }
    left = {
        "hostNetwork": True,
        "terminationGracePeriodSeconds": 600,
        "containers": [],
        "initContainers": [{"name": "wait"}],
    }
    assert pod_fields(shared | left, BROKERS, OWN) == shared
    assert pod_fields({"dnsPolicy": "None", "dnsConfig": {"searches": ["x"]}}, BROKERS, OWN)["dnsPolicy"] == "None"
    # the node's names are not enough to find the other controllers
    assert pod_fields({"dnsPolicy": "Default"}, BROKERS, OWN) == {}
    container = {
        "image": "i",
        "imagePullPolicy": "Never",
        "securityContext": {"runAsUser": 1},
    }
    # what brokers need says nothing about controllers
    dropped = {
        "resources": {"limits": {}},
        "livenessProbe": {},
        "lifecycle": {},
        "command": ["x"],
        "env": [],
        "ports": [],
        "name": "kafka",
    }
    assert container_fields(container | dropped) == container


def _template(container: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"metadata": {"labels": BROKERS}, "spec": {"containers": [{"name": "kafka", **container}], **spec}}


def test_only_the_jvms_variables_come_along_with_what_they_refer_to() -> None:
    env = [
        {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "RMI", "value": "-Drmi=$(POD_IP)"},
        {"name": "UNRELATED", "value": "x"},
        {"name": "KAFKA_ZOOKEEPER_CONNECT", "value": "zk:2181"},
        {"name": "KAFKA_JMX_OPTS", "value": "$(RMI) $(NOWHERE) $(RMI)"},
        {"name": "KAFKA_OPTS", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ]
    found = jvm_environment(_template({"env": env}), "kafka", {})
    assert [entry["name"] for entry in found] == ["POD_IP", "RMI", "KAFKA_JMX_OPTS", "KAFKA_OPTS"]
    assert found[3] == env[5]
    assert jvm_environment({"spec": {"containers": [{"name": "kafka"}]}}, "kafka", {}) == []


def test_a_jvm_variable_of_env_from_becomes_a_reference() -> None:
    config_maps = {"jvm-kraft-kraft-01234567": {"data": {"HEAP_OPTS": "-Xmx1g"}}}
    sources = [
        {"configMapRef": {"name": "jvm-kraft-kraft-01234567"}, "prefix": "KAFKA_"},
        {"secretRef": {"name": "s"}},
    ]
    (found,) = jvm_environment(_template({"envFrom": sources}), "kafka", config_maps)
    assert found == {
        "name": "KAFKA_HEAP_OPTS",
        "valueFrom": {"configMapKeyRef": {"name": "jvm", "key": "HEAP_OPTS"}},
    }


def test_variables_that_settings_need_come_along_by_reference() -> None:
    env = [
        {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "UNRELATED", "value": "x"},
        {"name": "STORE", "value": "$(POD)-$(SALT)$(NOWHERE)"},
        {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ]
    sources = [
        {"secretRef": {"name": "more"}, "prefix": "A_"},
        {"configMapRef": {"name": "c"}},
        {"secretRef": {"name": "unread", "optional": True}},
    ]
    template = _template({"env": env, "envFrom": sources})
    secrets = {"more": {"kind": "Secret", "stringData": {"KEY": "canary"}}}
    config_maps = {"c": {"data": {"SALT": "s", "OTHER": "o"}}}
    found = named_environment(template, "kafka", config_maps, secrets, ["A_KEY", "STORE", "PASSWORD", "STORE"])
    assert found == [
        {"name": "A_KEY", "valueFrom": {"secretKeyRef": {"name": "more", "key": "KEY"}}},
        {"name": "SALT", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "SALT"}}},
        env[0],
        env[2],
        env[3],
    ]
    assert named_environment(template, "kafka", {}, {}, []) == []
    with pytest.raises(Unsupported, match="take a value from variable B_KEY") as raised:
        named_environment(template, "kafka", config_maps, secrets, ["A_KEY", "B_KEY"])
    assert raised.value.code == "controller-manifest"


def test_our_own_jvm_option_on_the_brokers_makes_no_difference() -> None:
    template = _template({"env": [{"name": "JAVA_TOOL_OPTIONS", "value": "-Da=1"}]})
    later = with_jvm_option(template, "kafka", "-Dsun.net.inetaddr.ttl=1")
    assert jvm_environment(later, "kafka", {}) == jvm_environment(template, "kafka", {})


def _mounted(volume: dict[str, Any], path: str = "/x", texts: tuple[str, ...] = ()) -> tuple[list[Any], list[Any]]:
    template = _template({"volumeMounts": [{"name": "v", "mountPath": path}]}, volumes=[{"name": "v", **volume}])
    return shared_volumes(template, "kafka", texts, ["/etc/kraft"])


@pytest.mark.parametrize(
    ("volume", "texts", "kept"),
    [
        ({"secret": {"secretName": "tls"}}, (), True),
        ({"csi": {}}, (), True),
        ({"emptyDir": {}}, (), True),
        ({"projected": {"sources": [{"secret": {"name": "s"}}, {"configMap": {"name": "c"}}]}}, (), True),
        ({"projected": {"sources": [{"configMap": {"name": "c"}}]}}, (), False),
        ({"configMap": {"name": "c"}}, (), False),
        ({"configMap": {"name": "c"}}, ("-Dlog4j.configuration=file:/x/log4j.properties",), True),
        ({"projected": {"sources": [{"configMap": {"name": "c"}}]}}, ("-javaagent:/x/a.jar",), True),
        ({"persistentVolumeClaim": {"claimName": "p"}}, ("/x/data",), False),
        ({"hostPath": {"path": "/x"}}, ("/x/data",), False),
        # the brokers' settings of a stage, as a Secret
        ({"secret": {"secretName": "kafka-kraft-migration-01234567"}}, (), False),
        ({"secret": {"secretName": "kafka-kraft-migration-01234567"}}, ("/x/keystore.p12",), True),
        ({"projected": {"sources": [{"secret": {"name": "kafka-kraft-kraft-01234567"}}]}}, (), False),
        (
            {"projected": {"sources": [{"secret": {"name": "kafka-kraft-kraft-01234567"}}, {"secret": {"name": "s"}}]}},
            (),
            True,
        ),
    ],
)
def test_volumes_come_along_when_they_are_needed(volume: dict[str, Any], texts: tuple[str, ...], kept: bool) -> None:
    volumes, mounts = _mounted(volume, texts=texts)
    assert bool(volumes) is bool(mounts) is kept


def test_a_copied_config_map_is_followed_back_to_the_users() -> None:
    stage = {"configMap": {"name": "kafka-kraft-kraft-01234567"}}
    volumes, _rest = _mounted({"projected": {"sources": [stage, {"configMap": {"name": "log4j"}}]}}, texts=("/x",))
    assert [source["configMap"]["name"] for source in volumes[0]["projected"]["sources"]] == ["kafka", "log4j"]
    volumes, _rest = _mounted(stage, texts=("/x",))
    assert volumes[0]["configMap"]["name"] == "kafka"


def test_paths_of_ours_and_claims_are_left_out() -> None:
    assert _mounted({"emptyDir": {}}, "/etc/kraft/") == ([], [])
    claim = _template({"volumeMounts": [{"name": "data", "mountPath": "/data"}]})
    assert shared_volumes(claim, "kafka", ["/data"], []) == ([], [])


def test_a_volume_mounted_twice_is_one_volume() -> None:
    template = _template(
        {"volumeMounts": [{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/b", "subPath": "s"}]},
        volumes=[{"name": "v", "secret": {}}],
    )
    volumes, mounts = shared_volumes(template, "kafka", [], [])
    assert (len(volumes), len(mounts)) == (1, 2)
