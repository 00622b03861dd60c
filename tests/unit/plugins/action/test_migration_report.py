# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.release import __version__ as ansible_version
from ansible_collections.kafkaops.kraft.plugins.action import migration_report
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import (
    JVM_OPTION,
    stage_name,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report.journal import Journal
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.entrypoints import CONFLUENT
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.source import EnvironmentSource, FileSource
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import status
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import brokers
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.driver import StatefulSets
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError, Unreachable

DIGEST = "0123456789abcdef"
OPTION = "-Dsun.net.inetaddr.ttl=1"


def template(variables: dict[str, str] | None = None, **annotations: str) -> dict[str, Any]:
    env = [{"name": name, "value": value} for name, value in (variables or {}).items()]
    return {"metadata": {"annotations": annotations}, "spec": {"containers": [{"name": "kafka", "env": env}]}}


def config_map(text: str) -> dict[str, Any]:
    return {"metadata": {"name": "x"}, "data": {"server.properties": text}}


class Cluster:
    """What the report reads of a cluster."""

    def __init__(self, stage: str = "migration") -> None:
        self.namespace, self.name, self.platform = "demo", "kafka", "statefulset"
        self.driver = StatefulSets(self)  # type: ignore[arg-type]  # what a report reads is here
        marks = {names.STAGE: stage, JVM_OPTION: OPTION} if stage else {}
        self.statefulsets: list[Any] = [
            {"metadata": {"name": "kafka"}, "spec": {"template": template({"KAFKA_A_B": "2"}, **marks)}}
        ]
        self.controllers: dict[str, Any] | None = {"spec": {"template": template(None, **{names.STAGE: "migrating"})}}
        self.controllers_name = "kafka-kraft"
        settings = {"node.id": "100", "process.roles": "controller", "ssl.key.password": "hunter2"}
        self.controller_facts = {"kafka-kraft-0": SimpleNamespace(version="3.9.2", settings=settings)}
        self.journal = Journal("kafka", "id")
        event = {"stage": "migration", "settings_hash": {"kafka": DIGEST}}
        self.journal.add(
            "2026-09-21T14:00:00.000Z", "MIGRATE", "MigrateTriggerKafkaMigration", "written", seconds=1, **event
        )
        original = json.dumps({"template": template({"KAFKA_A_B": "1", "KAFKA_GONE": "x"})})
        self.secret: dict[str, Any] | None = {"data": {"kafka.json": base64.b64encode(original.encode()).decode()}}
        self.client = SimpleNamespace(find=lambda *_words: self.secret, server_version=lambda: "v1.34.4")
        self.config_maps = {
            "config": config_map("a=1\nzookeeper.connect=zk:2181\n"),
            stage_name("config", "migration", DIGEST): config_map("a=2\nsasl.jaas.config=secret\n"),
        }


STATUS: dict[str, Any] = {
    "namespace": "demo",
    "cluster": "kafka",
    "platform": "statefulset",
    "state": "HYBRID_DUAL_WRITE",
    "controllers": [{"pod": "kafka-kraft-0", "id": 100, "migration_flag": True}],
    "brokers": [{"pod": "kafka-0", "id": 0, "version": "3.9.2"}],
}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    found = Cluster()
    source = FileSource(
        template=found.statefulsets[0]["spec"]["template"],
        config_maps=found.config_maps,
        secrets={},
        container="kafka",
        object_kind="ConfigMap",
        name=stage_name("config", "migration", DIGEST),
        key="server.properties",
    )
    monkeypatch.setattr(brokers, "sources", lambda _cluster: {"kafka": source})
    monkeypatch.setattr(status, "status", lambda _cluster: json.loads(json.dumps(STATUS)))
    return found


def run(cluster: Cluster, path: Path, check: bool = False) -> dict[str, Any]:
    action = object.__new__(migration_report.ActionModule)
    task: Any = SimpleNamespace(
        cluster=cluster,
        opened=cluster,
        leads=False,
        status=lambda: status.status(cluster),  # type: ignore[arg-type]  # what a report reads is there
        patches=cluster.driver.patches,
        journal=cluster.journal,
        client=cluster.client,
        params={"path": str(path), "canary": {"acked": 5, "lost": 0}},
        check_mode=check,
    )
    return dict(action.inspect(task))


def written(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def test_both_files_once(cluster: Cluster, tmp_path: Path) -> None:
    first = run(cluster, tmp_path / "new" / "kafka")
    assert first["changed"] is True
    assert first["summary"]["acked"] == 5
    html, as_json = tmp_path / "new" / "kafka.html", tmp_path / "new" / "kafka.json"
    assert (first["html"], first["json"]) == (str(html), str(as_json))
    assert str(html) in first["msg"]
    assert str(as_json) in first["msg"]
    assert sorted(path.name for path in html.parent.iterdir()) == ["kafka.html", "kafka.json"]
    assert run(cluster, html)["changed"] is False
    assert written(as_json)["versions"] == {
        "ansible-core": ansible_version,
        "Kubernetes": "v1.34.4",
        "Kafka, brokers": "3.9.2",
        "Kafka, controllers": "3.9.2",
    }


def test_a_name_with_dots_is_kept(cluster: Cluster, tmp_path: Path) -> None:
    run(cluster, tmp_path / "kafka.eu-1")
    assert (tmp_path / "kafka.eu-1.json").exists()


def test_check_mode_writes_nothing(cluster: Cluster, tmp_path: Path) -> None:
    found = run(cluster, tmp_path / "kafka", check=True)
    assert "would write" in found["msg"]
    assert list(tmp_path.iterdir()) == []
    run(cluster, tmp_path / "kafka")
    assert "would" not in run(cluster, tmp_path / "kafka", check=True)["msg"]


def test_settings_of_a_file_for_git_without_secrets(cluster: Cluster, tmp_path: Path) -> None:
    run(cluster, tmp_path / "kafka")
    first, second, controllers = written(tmp_path / "kafka.json")["git"]
    assert first["object"] == "ConfigMap/config: server.properties (StatefulSet/kafka)"
    assert first["set"] == {"a": "2", "sasl.jaas.config": "<redacted>"}
    assert first["removed"] == ["zookeeper.connect"]
    assert OPTION in second["note"]
    assert controllers["set"] == {"process.roles": "controller", "ssl.key.password": "<redacted>"}
    assert "hunter2" not in (tmp_path / "kafka.html").read_text(encoding="utf-8")


def test_an_original_that_is_gone_is_said(cluster: Cluster, tmp_path: Path) -> None:
    del cluster.config_maps["config"]
    run(cluster, tmp_path / "kafka")
    assert written(tmp_path / "kafka.json")["git"][0]["note"] == "the original ConfigMap is gone"


def test_settings_of_variables_for_git(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = EnvironmentSource(cluster.statefulsets[0]["spec"]["template"], {}, {}, "kafka", CONFLUENT)
    monkeypatch.setattr(brokers, "sources", lambda _cluster: {"kafka": source})
    monkeypatch.setattr(brokers, "source_at", lambda _cluster, found, template: found.at(template))
    run(cluster, tmp_path / "kafka")
    first = written(tmp_path / "kafka.json")["git"][0]
    assert (first["set"], first["removed"]) == ({"a.b": "2"}, ["gone"])


def test_nothing_for_git_before_anything_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = Cluster(stage="")
    fresh.controllers = None
    monkeypatch.setattr(status, "status", lambda _cluster: {**STATUS, "controllers": []})
    run(fresh, tmp_path / "kafka")
    assert written(tmp_path / "kafka.json")["git"] == []


def test_originals_that_may_not_be_read_are_one_line(cluster: Cluster, tmp_path: Path) -> None:
    def refuse(*_words: object) -> None:
        raise Forbidden("may not get secrets")

    cluster.client.find = refuse
    run(cluster, tmp_path / "kafka")
    patches = written(tmp_path / "kafka.json")["git"]
    assert len(patches) == 1
    assert "may not get secrets" in patches[0]["note"]


def test_a_stage_without_its_original_is_left_out(cluster: Cluster, tmp_path: Path) -> None:
    cluster.secret = None
    run(cluster, tmp_path / "kafka")
    assert [patch["object"] for patch in written(tmp_path / "kafka.json")["git"]] == ["StatefulSet/kafka-kraft"]


def test_a_cluster_that_cannot_be_read_has_a_report(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_cluster: object) -> None:
        raise Unreachable("ZooKeeper does not answer")

    monkeypatch.setattr(status, "status", fail)
    run(cluster, tmp_path / "kafka")
    data = written(tmp_path / "kafka.json")
    assert "ZooKeeper does not answer" in data["reason"]
    assert data["reversible"]["possible"] is None


def test_a_path_that_cannot_be_written_is_said(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(KraftError, match="choose another path"):
        run(cluster, tmp_path / "file" / "kafka")
    (tmp_path / "kafka.html").write_bytes(b"\xff\xfe")
    with pytest.raises(KraftError, match="cannot be read"):
        run(cluster, tmp_path / "kafka")
