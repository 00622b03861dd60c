# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 2: a controller that runs, or would start, without the migration flag is named before it can be elected."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import CONFIG_VOLUME, FILE
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import NotRunning, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import migration_flag, point_of_no_return
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused, Unreachable

from tests.unit.plugins.module_utils.fakes import FakeClient, statefulset
from tests.unit.plugins.module_utils.scenes import cluster_with

PODS = ("kafka-kraft-0", "kafka-kraft-1", "kafka-kraft-2")
ON = "process.roles=controller\nzookeeper.metadata.migration.enable=true\n"
OFF = "process.roles=controller\n"


def quorum(stage: str = "migrating", text: str | None = ON, off: tuple[str, ...] = (), **changed: Any) -> Any:
    """A cluster whose controllers mount a ConfigMap with this text (None = it is gone); ``off`` run without the flag."""
    item = statefulset("kafka-kraft")
    item["spec"]["template"]["metadata"] = {"annotations": {names.STAGE: stage}}
    item["spec"]["template"]["spec"]["volumes"] = [
        {"name": "other", "emptyDir": {}},
        {"name": CONFIG_VOLUME, "configMap": {"name": "settings"}},
    ]
    there = (
        []
        if text is None
        else [{"kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "n"}, "data": {FILE: text}}]
    )
    flags = {pod: pod not in off for pod in PODS}
    return cluster_with(**{"controllers": item, "client": FakeClient(*there), "flags": flags, **changed})


@pytest.fixture(autouse=True)
def follows(monkeypatch: pytest.MonkeyPatch) -> None:
    """No controller without the flag is active."""
    monkeypatch.setattr(point_of_no_return, "passed", lambda _cluster: False)


def test_flags_that_are_all_on_are_no_danger() -> None:
    cluster = quorum()
    assert migration_flag.dangers(cluster) == []
    assert migration_flag.findings(cluster) == []
    migration_flag.require(cluster)
    migration_flag.check_restart(cluster)


def test_a_cluster_without_controllers_has_no_flag_to_lose() -> None:
    cluster = quorum(controllers=None)
    assert migration_flag.dangers(cluster) == []
    migration_flag.check_restart(cluster)


def test_a_controller_without_the_flag_is_named() -> None:
    cluster = quorum(off=("kafka-kraft-1",))
    (sentence,) = migration_flag.dangers(cluster)
    assert "controller kafka-kraft-1 runs WITHOUT the migration flag" in sentence
    assert "rollback.yml, which restarts it with the flag first" in sentence
    assert [item.code for item in migration_flag.findings(cluster)] == ["migration-flag-lost"]
    with pytest.raises(Refused, match="kafka-kraft-1 runs WITHOUT") as refused:
        migration_flag.require(cluster)
    assert refused.value.code == "migration-flag-lost"
    # its settings have the flag: a restart is what repairs it
    migration_flag.check_restart(cluster)


def test_a_controller_that_runs_and_cannot_be_read_stops_what_relies_on_its_flag() -> None:
    cluster = quorum()
    cluster.flags["kafka-kraft-2"] = Unknown("the exec failed")
    assert migration_flag.dangers(cluster) == []
    assert [item.code for item in migration_flag.findings(cluster)] == ["controllers-not-ready"]
    with pytest.raises(Refused, match=r"whether controller kafka-kraft-2 \(the exec failed\) has the migration flag"):
        migration_flag.require(cluster)
    cluster.flags["kafka-kraft-2"] = NotRunning("the pod does not exist")
    migration_flag.require(cluster)
    cluster.flags["kafka-kraft-2"], cluster.controllers = Unknown("the exec failed"), None
    assert migration_flag.unread(cluster) == ""


def test_behind_the_gates_the_flag_is_meant_to_go() -> None:
    cluster = quorum("final", OFF, off=PODS[:2])
    assert migration_flag.lost(cluster) == []
    assert migration_flag.dangers(cluster) == []


def test_an_active_controller_without_the_flag_is_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(point_of_no_return, "passed", lambda _cluster: True)
    (sentence,) = migration_flag.dangers(quorum(off=("kafka-kraft-1",)))
    assert "the migration is finalized" in sentence
    assert "a rollback is impossible" in sentence


def test_a_quorum_that_does_not_answer_is_no_proof_of_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(_cluster: Any) -> bool:
        raise Unreachable("nobody answers")

    monkeypatch.setattr(point_of_no_return, "passed", silent)
    (sentence,) = migration_flag.dangers(quorum(off=("kafka-kraft-1",)))
    assert "if it becomes active," in sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            OFF,
            "ConfigMap n/settings, which StatefulSet kafka-kraft mounts, no longer has zookeeper.metadata.migration.enable=true",
        ),
        ("zookeeper.metadata.migration.enable=false\n", "no longer has zookeeper.metadata.migration.enable=true"),
        (None, "ConfigMap n/settings, which StatefulSet kafka-kraft mounts, is gone"),
    ],
)
def test_what_a_restarted_pod_would_read_counts_too(text: str | None, said: str) -> None:
    """The processes have the flag; the ConfigMap was made anew by somebody."""
    cluster = quorum(text=text)
    assert said in migration_flag.would_lack(cluster)
    assert said in migration_flag.dangers(cluster)[0]
    for asked in (migration_flag.require, migration_flag.check_restart):
        with pytest.raises(Refused, match="settings, which StatefulSet") as refused:
            asked(cluster)
        assert refused.value.code == "migration-flag-lost"


def test_held_controllers_have_no_settings_yet() -> None:
    assert migration_flag.would_lack(quorum("held", None)) == ""


def test_a_template_without_our_volume_is_left_to_the_digest() -> None:
    cluster = quorum(text=None)
    cluster.controllers["spec"]["template"]["spec"].pop("volumes")
    assert migration_flag.would_lack(cluster) == ""
