# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secured brokers that mount Secrets, for unit tests of what is found on them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tests.unit.plugins.module_utils.fakes import PARAMS, FakeClient, statefulset
from tests.unit.plugins.module_utils.scenes import cluster_with

JAAS_OPTION = "-Djava.security.auth.login.config=/etc/kafka-jaas/jaas.conf"


def secret(name: str, **texts: str) -> dict[str, Any]:
    return {"kind": "Secret", "metadata": {"name": name, "namespace": "n"}, "stringData": texts}


def scene(effective: dict[str, str], *objects: Any, **params: Any) -> Any:
    """Brokers that mount Secrets jaas and tls, at whose JVM a JAAS file is named."""
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
        jvm_options=(),
        owner=None,
    )
    return cluster_with(
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
