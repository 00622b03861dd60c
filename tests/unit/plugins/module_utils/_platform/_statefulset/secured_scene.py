# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secured brokers, and what their pods mount."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.versions import parse_ibp
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import controllers

from tests.unit.plugins.module_utils.fakes import PARAMS, FakeClient, statefulset
from tests.unit.plugins.module_utils.scenes import cluster_with

JAAS_OPTION = "-Djava.security.auth.login.config=/etc/kafka-jaas/jaas.conf"


def secret(name: str, **texts: str) -> dict[str, Any]:
    return {"kind": "Secret", "metadata": {"name": name, "namespace": "n"}, "stringData": texts}


def scene(effective: dict[str, str], *objects: Any, files: dict[str, bytes] | None = None, **params: Any) -> Any:
    """Brokers that mount Secrets jaas and tls, at whose JVM a JAAS file is named.

    ``files``: those that can be read in their pods, where one is asked for; they are asked for in ``asked``.
    """
    item = statefulset("kafka")
    item["spec"]["selector"] = {"matchLabels": {"app": "kafka"}}
    item["spec"]["template"]["metadata"] = {"labels": {"app": "kafka"}}
    pod = item["spec"]["template"]["spec"]
    pod["volumes"] = [{"name": name, "secret": {"secretName": name}} for name in ("jaas", "tls")]
    pod["containers"][0]["volumeMounts"] = [
        {"name": "jaas", "mountPath": "/etc/kafka-jaas"},
        {"name": "tls", "mountPath": "/etc/kafka-tls"},
    ]
    pod["containers"][0]["env"] = [{"name": "KAFKA_OPTS", "value": f"-Dx=1 {JAAS_OPTION}"}]
    read = SimpleNamespace(
        settings=effective,
        start_script="/k/bin/kafka-server-start.sh",
        storage_tool="/k/bin/kafka-storage.sh",
        log_dirs=("/data/kafka",),
        options=(),
        owner=None,
    )
    asked: list[str] = []

    def broker_file(path: str) -> Reading[bytes]:
        asked.append(path)
        return (files or {}).get(path, Unknown(f"{path} is not in pod n/kafka-0"))

    return cluster_with(
        asked=asked,
        broker_file=broker_file,
        effective=effective,
        client=FakeClient(*objects),
        statefulsets=[item],
        facts={"kafka-0": read},
        controllers=None,
        controller_facts={},
        config_maps={},
        container="kafka",
        params={**PARAMS, **params},
        zookeeper="session",
    )


def planned(monkeypatch: pytest.MonkeyPatch, cluster: Any, stage: str = "migrating") -> Any:
    """The controllers' objects of a stage."""
    monkeypatch.setattr(controllers, "target_version", lambda _cluster: parse_ibp("3.9"))
    monkeypatch.setattr(controllers, "cluster_id", lambda _cluster: ("cluster-id", ""))
    return controllers.build(cluster, stage)
