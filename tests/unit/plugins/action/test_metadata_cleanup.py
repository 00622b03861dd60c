# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Only the metadata log that a broker does not use any more is deleted, and nothing else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.action import metadata_cleanup
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import exec as pod_exec
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.exec import ExecResult
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import STATEFUL_SET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.driver_parts import CLEAN_UP
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, Refused

from tests.unit.plugins.action.acting import Acts, action
from tests.unit.plugins.module_utils.fakes import FakeClient, statefulset
from tests.unit.plugins.module_utils.scenes import cluster_with

LOG = "/data/logs/__cluster_metadata-0"


def scene(monkeypatch: pytest.MonkeyPatch, mode: str = state.MODE_ZOOKEEPER, path: str = LOG, rc: int = 0) -> Acts:
    """A broker with a metadata log; commands in its pod are noted, and do what they are for."""
    client = FakeClient(statefulset())
    logs = {"kafka-0": SimpleNamespace(metadata_logs=(path,)), "kafka-1": SimpleNamespace(metadata_logs=())}
    cluster = cluster_with(client=client, facts=logs, modes=dict.fromkeys(logs, mode), container="kafka")
    run = Acts(cluster, state="present")

    def execute(_client: Any, _namespace: str, pod: str, command: list[str], **_options: Any) -> ExecResult:
        run.log.append(f"{pod}: {' '.join(command)}")
        if rc == 0:
            logs[pod] = SimpleNamespace(metadata_logs=())
        return ExecResult("", "read-only file system", rc)

    cluster.changed = lambda *_parts: None
    monkeypatch.setattr(pod_exec, "run", execute)
    return run


def test_the_log_is_deleted_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    run = scene(monkeypatch)
    done = action(metadata_cleanup).apply(run)
    assert run.log == [f"kafka-0: rm -rf -- {LOG}", "record cleaned"]
    assert done["deleted"] == {"kafka-0": [LOG]}
    marks = run.client.get(STATEFUL_SET, "kafka", "n")["metadata"]["annotations"]
    assert marks == {CLEAN_UP: "true"}


@pytest.mark.parametrize("mode", [state.MODE_MIGRATING, state.MODE_KRAFT, state.MODE_UNKNOWN])
def test_a_log_in_use_stays(monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    run = scene(monkeypatch, mode=mode)
    with pytest.raises(Refused, match=f"runs in mode {mode} and uses its metadata log"):
        action(metadata_cleanup).apply(run)
    assert run.log == []


@pytest.mark.parametrize("path", ["/data/logs", "/data/logs/orders-0", "/data/logs/__cluster_metadata-0/.."])
def test_nothing_else_is_deleted(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    run = scene(monkeypatch, path=path)
    with pytest.raises(Refused, match="is not a metadata log"):
        action(metadata_cleanup).apply(run)
    assert run.log == []


def test_a_log_that_stays_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    run = scene(monkeypatch, rc=1)
    with pytest.raises(KraftError, match="could not be deleted: read-only file system"):
        action(metadata_cleanup).apply(run)
    assert "record cleaned" not in run.log


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_broker_that_cannot_be_read_is_not_clean(monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    run = scene(monkeypatch)
    silent = Unknown("the exec failed")
    if when == "before":
        run.cluster.facts["kafka-1"] = silent
    else:
        run.cluster.changed = lambda *_parts: run.cluster.facts.update({"kafka-1": silent}) if run.log else None
    with pytest.raises(KraftError, match="metadata log is deleted: kafka-1: the exec failed"):
        action(metadata_cleanup).apply(run)
    assert "record cleaned" not in run.log


def test_the_mark_is_taken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    run = scene(monkeypatch)
    run.cluster.statefulsets[0]["metadata"]["annotations"] = {CLEAN_UP: "true"}
    run.params["state"] = "absent"
    action(metadata_cleanup).apply(run)
    assert run.log == ["record unmarked"]
    assert run.client.calls == [("patch", "StatefulSet", "kafka")]
