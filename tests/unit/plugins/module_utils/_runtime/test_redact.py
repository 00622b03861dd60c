# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret gets through, and what is no secret stays readable."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.redact import REDACTED, redact, redact_text


def test_text_hides_to_the_end_of_the_value() -> None:
    text = (
        "broker.id=1\n"
        "sasl.jaas.config=org.apache.PlainLoginModule required username=u \\\n   password=hunter2;\n"
        "# ssl.key.password = old1\n"
        "log.dirs=/data\n"
        '{"password": "hunter3"}\n'
        "ssl.keystore.key:hunter4\r\n"
        "zookeeper.connect=zk:2181/kafka"
    )
    shown = redact_text(text)
    for secret in ("hunter2", "old1", "hunter3", "hunter4"):
        assert secret not in shown
    for kept in ("broker.id=1", "log.dirs=/data", "zookeeper.connect=zk:2181/kafka", "sasl.jaas.config="):
        assert kept in shown


@pytest.mark.parametrize(
    "text",
    [
        "zookeeper.connect=zk-0.zk.secret-ns.svc.cluster.local:2181,zk-1.zk.secret-ns:2181/kafka",
        "controller.quorum.voters=1000@k-0.k.my-secrets.svc:9093,1001@k-1.k.my-secrets.svc:9093",
        "advertised.listeners=PLAINTEXT://kafka-0.kafka.tokens:9092",
        "Connected to kafka-0.kafka.secrets.svc:9092 (id: 0 rack: null)",
    ],
)
def test_addresses_in_a_namespace_that_sounds_secret_stay(text: str) -> None:
    assert redact_text(text) == text
    assert redact_text(f"{text} password=hunter1") == f"{text} password={REDACTED}"


@pytest.mark.parametrize(
    "text",
    [
        "ssl.key.password:12345",
        "a.secret: 12345",
        '{"password":12345}',
        "password=zk.secret.svc:2181",
        "x,password:12345",
    ],
)
def test_what_only_looks_like_a_port_is_hidden(text: str) -> None:
    assert redact_text(text).endswith(REDACTED)


def test_text_without_secrets_is_the_same() -> None:
    text = "cross-check key: value\nlistener.security.protocol.map=A:PLAINTEXT\npassword=\n"
    assert redact_text(text) == text


def _pod() -> dict[str, t.Any]:
    return {
        "kind": "Pod",
        "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": '{"x":"hunter1"}'}},
        "spec": {
            "automountServiceAccountToken": False,
            "imagePullSecrets": [{"name": "pull"}],
            "containers": [
                {
                    "command": ["sh", "-c", "exec start --override ssl.key.password=hunter2"],
                    "env": [
                        {"name": "KAFKA_SSL_KEY_PASSWORD", "value": "hunter3"},
                        {"name": "A_TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
                        {"name": "KAFKA_BROKER_ID", "value": "3"},
                    ],
                }
            ],
            "volumes": [{"secret": {"secretName": "certs", "items": [{"key": "tls.key", "path": "tls.key"}]}}],
            "credentials": {"user": "hunter4"},
        },
    }


def test_pod_keeps_references_and_loses_values() -> None:
    before = _pod()
    shown = redact(before)
    assert "hunter" not in json.dumps(shown)
    assert before == _pod(), "the input is not touched"
    spec = shown["spec"]
    assert spec["imagePullSecrets"] == [{"name": "pull"}]
    assert spec["automountServiceAccountToken"] is False
    assert spec["volumes"][0]["secret"]["secretName"] == "certs"
    assert spec["volumes"][0]["secret"]["items"][0]["path"] == "tls.key"
    env = spec["containers"][0]["env"]
    assert env[0] == {"name": "KAFKA_SSL_KEY_PASSWORD", "value": REDACTED}
    assert env[1]["valueFrom"]["secretKeyRef"] == {"name": "s", "key": "k"}
    assert env[2]["value"] == "3"


@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: s,
        lambda s: {"kind": "List", "items": [s]},
        lambda s: {"kind": "SecretList", "items": [{**s, "kind": "Secret"}]},
    ],
)
def test_secret_objects(wrap: t.Callable[[dict[str, t.Any]], dict[str, t.Any]]) -> None:
    secret = {"kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "aHVudGVy"}, "stringData": {"b": "hunter"}}
    shown = json.dumps(redact(wrap(secret)))
    assert "aHVudGVy" not in shown
    assert "hunter" not in shown
    assert '"a": "<redacted>"' in shown


def test_items_of_a_secret_list_have_no_kind() -> None:
    assert redact({"kind": "SecretList", "items": [{"data": {"a": "x"}}]})["items"][0]["data"] == {"a": REDACTED}


def test_bytes_and_odd_values() -> None:
    assert redact((b"x", 1, None, {"password": None, 1: "a"})) == [REDACTED, 1, None, {"password": None, 1: "a"}]
