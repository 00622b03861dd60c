# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that only the brokers' pods have, although no volume of theirs does, are found before the controllers lack them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import (
    ControllerSpec,
    controller_objects,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    controller_checks,
    controller_files,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError

from tests.unit.plugins.module_utils.fakes import PARAMS, pod, statefulset
from tests.unit.plugins.module_utils.scenes import cluster_with

START = 1_800_000_000
BEGAN = "2027-01-15T08:00:00Z"
BITNAMI = "/opt/bitnami/kafka/config/kafka_jaas.conf"
OPTION = f"-Djava.security.auth.login.config={BITNAMI}"


def scene(made: Any, *running: str, began: str = BEGAN, **params: Any) -> Any:
    """Brokers whose JVM runs with these options; ``made``: path to when it was made in their pods."""
    item = statefulset("kafka")
    item["spec"]["selector"] = {"matchLabels": {"app": "kafka"}}
    item["spec"]["template"]["metadata"] = {"labels": {"app": "kafka"}}
    template = item["spec"]["template"]["spec"]
    template["volumes"] = [{"name": "tls", "secret": {"secretName": "tls"}}]
    template["containers"][0]["volumeMounts"] = [{"name": "tls", "mountPath": "/tls"}]
    broker = pod("kafka-0")
    broker["status"] = {**broker.get("status", {}), "startTime": began}
    facts = SimpleNamespace(options=running, pid=7, settings={})
    return cluster_with(
        statefulsets=[item],
        pods={"kafka-0": broker},
        facts={"kafka-0": facts},
        container="kafka",
        params={**PARAMS, **params},
        made=made,
    )


def objects(cluster: Any, **settings: str) -> Any:
    spec = ControllerSpec(
        "kafka-kraft",
        "n",
        "kafka",
        3,
        1000,
        "/k/bin/kafka-server-start.sh",
        "/k/bin/kafka-storage.sh",
        stage="migrating",
        settings={"process.roles": "controller", "log.dirs": "/var/lib/kraft/data"} | settings,
        running=next(iter(cluster.facts.values())).options,
    )
    return controller_objects(cluster.statefulsets[0], spec)


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What pods were asked for."""
    seen: list[Any] = []

    def made_at(_client: Any, namespace: str, name: str, container: str, paths: list[str], *, pid: int) -> Any:
        seen.append((namespace, name, container, paths, pid))
        return dict.fromkeys(paths, START + 1)

    monkeypatch.setattr(controller_files, "made_at", made_at)
    return seen


def test_a_jaas_file_that_the_entrypoint_writes(asked: list[Any]) -> None:
    cluster = scene({}, "-Xmx1g", OPTION)
    found: Any = controller_files.findings(cluster, objects(cluster))
    assert asked == [("n", "kafka-0", "kafka", [BITNAMI], 7)]
    (one,) = found
    assert (one.code, one.where, one.blocking) == ("controller-file-missing", BITNAMI, True)
    assert "have an init container write it into an emptyDir" in one.sentence


@pytest.mark.parametrize("when", [None, START - 1, START])
def test_what_is_in_the_image_is_older_than_the_pod(monkeypatch: pytest.MonkeyPatch, when: int | None) -> None:
    monkeypatch.setattr(controller_files, "made_at", lambda *_args, **_options: {BITNAMI: when})
    cluster = scene({}, OPTION)
    assert controller_files.findings(cluster, objects(cluster)) == []


def test_what_settings_name_outside_of_volumes_is_asked_for(asked: list[Any]) -> None:
    cluster = scene({}, "-Dlog4j.configuration=file:/opt/log4j.properties")
    planned = objects(
        cluster,
        **{"ssl.keystore.location": "/opt/made.p12", "ssl.truststore.location": "/tls/t.p12", "x": "zk:1/kafka"},
    )
    controller_files.findings(cluster, planned)
    assert [call[3] for call in asked] == [["/opt/made.p12"]]


def test_nobody_is_asked_for_nothing(asked: list[Any]) -> None:
    cluster = scene({})
    assert controller_files.findings(cluster, objects(cluster)) == []
    own = scene({}, OPTION, controller_manifest={"kind": "StatefulSet"})
    assert controller_files.findings(own, objects(own)) == [], "it brings what it needs"
    assert not asked


def test_what_could_not_be_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = scene({}, OPTION)
    planned = objects(cluster)

    def fails(*_args: Any, **_options: Any) -> Any:
        raise KraftError("its image needs sh and stat")

    monkeypatch.setattr(controller_files, "made_at", fails)
    wanted = Unknown(f"whether {BITNAMI} is in the brokers' image (its image needs sh and stat)")
    assert controller_files.findings(cluster, planned) == wanted
    checks = controller_checks._PlannedControllers(cluster, planned)
    assert checks.known(wanted) == []
    assert [item.code for item in checks.unread()] == ["check-incomplete"]
    cluster.facts = {"kafka-0": Unknown("it does not run")}
    silent: Any = controller_files.findings(cluster, planned)
    assert silent.why.endswith("(no broker runs)")
    pending = scene({}, OPTION, began="")
    assert isinstance(controller_files.findings(pending, planned), Unknown)
