# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every rule finds its setting, and a plain broker has no finding."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.setting_rules import (
    blocking_settings,
    warning_settings,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.versions import parse_ibp, parse_version

BROKER = {"broker.id": "0", "zookeeper.connect": "zk:2181", "log.dirs": "/data"}


def test_a_plain_broker_has_no_finding() -> None:
    assert blocking_settings(BROKER) == []
    assert warning_settings(BROKER) == []


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ({"broker.id": ""}, "broker-id-generated"),
        ({"broker.id": "-1"}, "broker-id-generated"),
        ({"node.id": "7"}, "setting-blocks"),
        ({"process.roles": "broker, controller"}, "combined-roles"),
        ({"authorizer.class.name": "com.example.Authorizer"}, "authorizer-custom"),
        ({"authorizer.zookeeper.url": "other:2181"}, "setting-blocks"),
        ({"eligible.leader.replicas.enable": "true"}, "setting-blocks"),
        ({"unstable.feature.versions.enable": "True"}, "setting-blocks"),
        ({"log.dirs": "/a,/b"}, "setting-blocks"),
    ],
)
def test_blocking_settings(extra: dict[str, str], code: str) -> None:
    (finding,) = blocking_settings(BROKER | extra, parse_ibp("3.7-IV1"))
    assert finding.code == code
    assert finding.key in extra
    assert finding.key.split(".")[0] in finding.sentence


@pytest.mark.parametrize(
    "extra",
    [
        {"node.id": "0"},
        {"broker.id": "", "node.id": "3"},
        {"process.roles": "broker"},
        {"authorizer.class.name": "kafka.security.authorizer.AclAuthorizer"},
        {"authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer"},
        {"unstable.api.versions.enable": "false"},
        {"log.dirs": "/a,/b"},
    ],
)
def test_settings_that_do_not_block(extra: dict[str, str]) -> None:
    assert blocking_settings(BROKER | extra) == []
    assert blocking_settings(BROKER | extra, parse_ibp("3.7-IV2")) == []


@pytest.mark.parametrize(
    "extra",
    [
        {"log.message.format.version": "2.8"},
        {"principal.builder.class": "com.example.Builder"},
        {"create.topic.policy.class.name": "com.example.Policy"},
        {"alter.config.policy.class.name": "com.example.Policy"},
        {"metric.reporters": "com.example.Reporter"},
        {"kafka.metrics.reporters": "com.example.Reporter"},
        {"controlled.shutdown.max.retries": "9"},
        {"log.dirs": "/a,/b"},
        {"unclean.leader.election.enable": "true"},
        {"zookeeper.session.timeout.ms": "30000"},
        {"delete.topic.enable": "false"},
        {"remote.log.storage.system.enable": "true"},
        {"confluent.license": "x"},
    ],
)
def test_warning_settings(extra: dict[str, str]) -> None:
    (finding,) = warning_settings(BROKER | extra)
    assert finding.code == "setting-warns"
    assert finding.key == next(iter(extra)) or finding.key == "confluent.*"
    assert finding.sentence


@pytest.mark.parametrize(
    "extra",
    [
        {"zookeeper.session.timeout.ms": "6000"},
        {"zookeeper.session.timeout.ms": "x"},
        {"zookeeper.session.timeout.ms": "30000", "broker.session.timeout.ms": "30000"},
        {"delete.topic.enable": "true"},
    ],
)
def test_settings_without_a_warning(extra: dict[str, str]) -> None:
    assert warning_settings(BROKER | extra) == []


@pytest.mark.parametrize(("version", "count"), [("3.8.1", 1), ("3.9.0", 0)])
def test_unclean_election_works_in_kraft_from_3_9_on(version: str, count: int) -> None:
    found = warning_settings(BROKER | {"unclean.leader.election.enable": "true"}, parse_version(version))
    assert len(found) == count
