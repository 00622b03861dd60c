# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy import checks

from tests.unit.plugins.module_utils._core._deploy.given import EXISTING, cluster


def codes(**more: Any) -> list[str]:
    return [each.code for each in checks.problems(cluster(**more))]


def test_good_options_have_no_problem() -> None:
    assert codes() == []
    assert (
        codes(topology="separated", brokers=4, controller_replicas=5, heap="512m", settings={"num.partitions": 3}) == []
    )
    assert codes(protocol="SASL_SSL", tls_secret="t", users_secret="u") == []
    assert codes(protocol="SSL", tls_secret="t", client_certificates=True, super_users=["User:CN=kafka"]) == []
    assert codes(topology="combined_monitor", exporter_image="e:1") == []


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ({"topology": "seperated"}, "deploy-topology", "did you mean separated?"),
        ({"topology": "zzz"}, "deploy-topology", "it is one of combined, combined_monitor, separated"),
        ({"cluster": "k" * 53}, "deploy-name", "has 53 characters"),
        ({"cluster": "K"}, "deploy-name", "cannot be the name of a Service"),
        ({"topology": "separated", "controller_name": "k"}, "deploy-name", "as the brokers are"),
        ({"topology": "separated", "controller_name": "1k"}, "deploy-name", "kraft_controller_name '1k'"),
        ({"brokers": 4}, "deploy-controllers-even", "kraft_brokers is 4"),
        (
            {"topology": "separated", "controller_replicas": 2},
            "deploy-controllers-even",
            "kraft_controller_replicas is 2",
        ),
        ({"topology": "separated", "brokers": 0}, "deploy-brokers", "kraft_brokers is 0"),
        ({"topology": "separated", "controller_node_id_base": 2}, "deploy-node-ids", "node 2 cannot be"),
        ({"topology": "separated", "controller_node_id_base": -1}, "deploy-node-ids", "node 0, 1 cannot be"),
        ({"kafka_version": None}, "deploy-version", "is not set"),
        ({"kafka_version": "latest"}, "deploy-version", "is 'latest'"),
        ({"kafka_version": "2.7.0"}, "deploy-version", "from Kafka 3.9 on"),
        ({"kafka_version": "3.8.1"}, "deploy-version", "from Kafka 3.9 on"),
        ({"storage_size": "20GB"}, "deploy-storage", "kraft_storage_size '20GB' is no quantity"),
        ({"controller_storage_size": "0"}, "deploy-storage", "kraft_controller_storage_size '0' is nothing"),
        ({"heap": "1"}, "deploy-storage", "is no size of a heap"),
        ({"settings": {"node.id": 7, "ssl.x": 1}}, "deploy-settings", "node.id, ssl.x"),
        ({"protocol": "TLS"}, "deploy-security", "it is one of PLAINTEXT"),
        ({"protocol": "SSL"}, "deploy-security", "kraft_tls_secret names no Secret"),
        ({"protocol": "SASL_PLAINTEXT"}, "deploy-security", "kraft_users_secret names no Secret"),
        (
            {"protocol": "SSL", "tls_secret": "t", "client_certificates": True},
            "deploy-security",
            "kraft_super_users is empty",
        ),
        ({"topology": "separated_monitor"}, "deploy-exporter", "kraft_exporter_image names none"),
    ],
)
def test_what_cannot_be_made(options: dict[str, Any], code: str, words: str) -> None:
    found = checks.problems(cluster(**options))
    assert [each.code for each in found] == [code]
    assert words in found[0].sentence


@pytest.mark.parametrize(
    ("options", "classes", "words"),
    [
        (
            {"storage_class": "slow"},
            [EXISTING],
            "StorageClass slow of kraft_storage_class does not exist; choose one of fast",
        ),
        ({"storage_class": None}, [EXISTING], "has no default one; set kraft_storage_class to one of fast"),
        ({"storage_class": "fast"}, [], "choose one of (there is none)"),
        (
            {"topology": "separated", "controller_storage_class": "slow"},
            [EXISTING],
            "StorageClass slow of kraft_controller_storage_class",
        ),
    ],
)
def test_volumes_that_nobody_would_make(options: dict[str, Any], classes: list[Any], words: str) -> None:
    found = checks.storage_problems(cluster(**options), classes)
    assert {each.code for each in found} == {"deploy-storage"}
    assert words in found[0].sentence


def test_volumes_that_are_made() -> None:
    default = {"metadata": {"name": "d", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}}
    assert checks.storage_problems(cluster(), [EXISTING]) == []
    assert checks.storage_problems(cluster(topology="separated", storage_class=None), [default]) == []


def secret(**values: str) -> dict[str, Any]:
    return {"data": {key.replace("_", "."): base64.b64encode(text.encode()).decode() for key, text in values.items()}}


GOOD = secret(tls_crt="c", tls_key="-----BEGIN PRIVATE KEY-----\n", ca_crt="a")


@pytest.mark.parametrize(
    ("secrets", "words"),
    [
        ({"t": GOOD, "u": secret(kafka="x")}, []),
        ({"u": secret(kafka="x")}, []),  # the other one may not be read
        ({"t": None, "u": secret(kafka="x")}, ["Secret n/t of kraft_tls_secret does not exist"]),
        ({"t": secret(tls_crt="c"), "u": secret(kafka="x")}, ["has no tls.key, ca.crt"]),
        ({"t": GOOD, "u": secret(alice="x")}, ["of kraft_users_secret has no kafka"]),
        (
            {"t": secret(tls_crt="c", tls_key="-----BEGIN RSA PRIVATE KEY-----", ca_crt="a"), "u": secret(kafka="x")},
            ["is no PKCS #8 key"],
        ),
    ],
)
def test_what_secrets_lack(secrets: dict[str, Any], words: list[str]) -> None:
    found = checks.secret_problems(cluster(protocol="SASL_SSL", tls_secret="t", users_secret="u"), secrets)
    assert len(found) == len(words)
    for each, text in zip(found, words, strict=True):
        assert text in each.sentence
        assert each.code == "deploy-security"
