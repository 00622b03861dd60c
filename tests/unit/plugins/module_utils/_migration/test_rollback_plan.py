# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cluster shows decides about the rollback: where there is none, whose turn it is, and what counts as what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, rollback, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import stage_name
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Controller, Migration
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import journal
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import NotRunning, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rollback import Seen
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import CONFIG_MAP
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import point_of_no_return, rollback_plan
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import locks, stage_objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.driver_parts import CLEAN_UP
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.handover import Heads
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.records import Znode

from tests.unit.plugins.module_utils.fakes import FakeClient, controller, pod, statefulset
from tests.unit.plugins.module_utils.scenes import cluster_with, facts

PODS = ("kafka-0", "kafka-1", "kafka-2")
HYBRID = Seen(
    state.HYBRID,
    dict.fromkeys(PODS, state.MODE_MIGRATING),
    {"kafka": "migration"},
    controllers=True,
    migration_present=True,
    kraft_holds=True,
    locked=True,
)
PURE = replace(HYBRID, state=state.PURE, modes=dict.fromkeys(PODS, state.MODE_KRAFT), stages={"kafka": "kraft"})


def ask(monkeypatch: pytest.MonkeyPatch, seen: Seen, sub_phase: str, *, check_mode: bool = False) -> rollback.Answer:
    monkeypatch.setattr(rollback_plan, "observe", lambda _cluster: seen)
    return rollback_plan.answer(cluster_with(), sub_phase, check_mode=check_mode)


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("sub_phase", rollback.SUB_PHASES)
def test_what_is_finalized_is_refused_by_every_sub_phase(
    monkeypatch: pytest.MonkeyPatch, sub_phase: str, check_mode: bool
) -> None:
    """Rule 1: a task alone, started with --tags, refuses as well."""
    with pytest.raises(Refused) as refused:
        ask(monkeypatch, replace(PURE, state=state.FINALIZED), sub_phase, check_mode=check_mode)
    assert refused.value.code == "rollback-impossible"
    assert refused.value.message.endswith("nothing was changed")


@pytest.mark.parametrize(
    ("seen", "sub_phase"),
    [
        (PURE, rollback.REMOVE_ZNODES),
        (PURE, rollback.ROLL_1),
        (HYBRID, rollback.REMOVE_DEPENDENCIES),
        (HYBRID, rollback.ROLL_2),
        (HYBRID, rollback.COMPLETE),
    ],
)
def test_nothing_is_done_before_its_turn(monkeypatch: pytest.MonkeyPatch, seen: Seen, sub_phase: str) -> None:
    """Rule 9: the order is kept by each action, not by the playbook."""
    with pytest.raises(Refused) as refused:
        ask(monkeypatch, seen, sub_phase)
    assert refused.value.code == "wrong-state"
    # a plan shows it nevertheless
    assert ask(monkeypatch, seen, sub_phase, check_mode=True).needed


def test_what_is_next_may_act(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(monkeypatch, HYBRID, rollback.REMOVE_ZNODES).needed
    assert ask(monkeypatch, PURE, rollback.MAKE_PROCESS_ROLE_EMPTY).needed
    assert not ask(monkeypatch, HYBRID, rollback.MAKE_PROCESS_ROLE_EMPTY).needed


KRAFT, BROKER = Controller(3000, 7, False), Controller(1, -1, True)


def heads(controller: Controller | None, *, migration: bool) -> Heads:
    node = Znode(b"{}", 1, 1, False)
    done = Migration(3000, 7, 141, 7)
    return Heads(node, node, node if migration else None, controller, 3, done if migration else None)


def observed(monkeypatch: pytest.MonkeyPatch, found: Heads, past: bool = False, **changed: Any) -> Seen:
    monkeypatch.setattr(rollback_plan, "read_heads", lambda _session: found)
    monkeypatch.setattr(locks, "current_id", lambda _cluster: "m1")
    monkeypatch.setattr(point_of_no_return, "passed", lambda _cluster: past)
    base: dict[str, Any] = {
        "client": FakeClient(),
        "zookeeper": "session",
        "facts": {name: _broker() for name in PODS},
        "modes": dict.fromkeys(PODS, state.MODE_KRAFT),
    }
    return rollback_plan.observe(cluster_with(**{**base, **changed}))


def _broker(*, logs: tuple[str, ...] = (), versions: tuple[int, ...] = (0,)) -> Any:
    found = facts()
    found.metadata_logs = logs
    found.meta = [type("Meta", (), {"version": version})() for version in versions]
    return found


def test_flags_and_who_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 1: one controller without the flag is no end; when it leads or has led, it is."""
    flags = {"kafka-kraft-0": True, "kafka-kraft-1": False, "kafka-kraft-2": True}
    seen = observed(monkeypatch, heads(KRAFT, migration=True), flags=flags)
    assert (seen.unflagged, seen.unflagged_active) == (("kafka-kraft-1",), False)
    assert observed(monkeypatch, heads(KRAFT, migration=True), True, flags=flags).unflagged_active
    # no broker runs in KRaft mode: the quorum has nothing to do with it
    zookeeper = dict.fromkeys(PODS, state.MODE_MIGRATING)
    assert not observed(monkeypatch, heads(KRAFT, migration=True), True, modes=zookeeper).unflagged_active
    none, over = dict.fromkeys(flags, False), state.ClusterState(state.FINALIZED, "no controller has the flag")
    assert observed(monkeypatch, heads(KRAFT, migration=True), flags=none, state=over).state == state.FINALIZED


def test_who_holds_the_znodes(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = observed(monkeypatch, heads(KRAFT, migration=True))
    assert (seen.kraft_holds, seen.broker_holds, seen.migration_present) == (True, False, True)
    seen = observed(monkeypatch, heads(BROKER, migration=False))
    assert (seen.kraft_holds, seen.broker_holds, seen.migration_present) == (False, True, False)
    assert not observed(monkeypatch, heads(None, migration=False)).broker_holds


def test_pods_of_controllers_count_without_their_statefulset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 9: a process may outlive the object that made it."""
    client = FakeClient(controller("kafka-kraft-1"), pod("kafka-0"))
    seen = observed(monkeypatch, heads(BROKER, migration=False), client=client, controllers=None, flags={})
    assert seen.controller_pods == ("kafka-kraft-1",)
    assert seen.quorum_left


def stage_map(name: str, cluster: str = "kafka") -> dict[str, Any]:
    labels = {names.LABEL_CLUSTER: cluster, names.MANAGED_BY: names.MANAGER}
    return {"kind": "ConfigMap", "metadata": {"name": name, "namespace": "n", "labels": labels}}


def test_a_config_map_goes_only_when_nothing_refers_to_it() -> None:
    """Templates of brokers and of controllers, and every pod: one that was not restarted needs its own at its next start."""

    def mounting(item: Any, name: str) -> Any:
        item["spec"] = {**item["spec"], "volumes": [{"name": "x", "configMap": {"name": name}}]}
        return item

    brokers, quorum = statefulset(), statefulset("kafka-kraft")
    mounting(brokers["spec"]["template"], "of-brokers")
    mounting(quorum["spec"]["template"], "of-controllers")
    # it only has the name somewhere
    brokers["spec"]["template"]["spec"]["containers"][0]["args"] = ["unused"]
    maps = [stage_map(name) for name in ("of-brokers", "of-controllers", "of-a-pod", "unused")]
    users = stage_map("a-user's")
    users["metadata"]["labels"][names.MANAGED_BY] = "Helm"
    client = FakeClient(
        *maps,
        users,
        stage_map("theirs", "prod-kafka"),
        stage_map(names.journal_name("kafka")),
        mounting(pod("kafka-2"), "of-a-pod"),
    )
    cluster = cluster_with(
        client=client,
        statefulsets=[brokers],
        controllers=quorum,
        config_maps={item["metadata"]["name"]: item for item in client.list(CONFIG_MAP, "n")},
    )
    assert stage_objects.delete_unused(cluster) == ["ConfigMap/unused"]
    assert client.calls == [("delete", "ConfigMap", "unused")]


def test_what_is_on_the_brokers(monkeypatch: pytest.MonkeyPatch) -> None:
    brokers = {
        "kafka-0": _broker(logs=("/data/__cluster_metadata-0",)),
        "kafka-1": _broker(versions=(0, 1)),
        "kafka-2": _broker(),
    }
    marked = statefulset()
    marked["metadata"]["annotations"] = {CLEAN_UP: "true"}
    seen = observed(monkeypatch, heads(KRAFT, migration=True), facts=brokers, statefulsets=[marked])
    assert (seen.metadata_dirs, seen.version_1, seen.marked) == (("kafka-0",), ("kafka-1",), ("kafka",))
    assert seen.locked


@pytest.mark.parametrize(
    ("stage", "mode"),
    [("kraft", state.MODE_KRAFT), ("migration", state.MODE_MIGRATING), ("", state.MODE_ZOOKEEPER)],
)
def test_a_broker_that_does_not_run_counts_as_what_it_was_made_for(
    monkeypatch: pytest.MonkeyPatch, stage: str, mode: str
) -> None:
    pods = {name: pod(name, annotations={names.STAGE: stage}) for name in PODS}
    modes = {**dict.fromkeys(PODS, state.MODE_KRAFT), "kafka-1": state.MODE_UNKNOWN}
    seen = observed(monkeypatch, heads(KRAFT, migration=True), pods=pods, modes=modes)
    assert seen.modes == {**modes, "kafka-1": mode}


@pytest.mark.parametrize(("stage", "mode"), [("kraft", state.MODE_KRAFT), ("", state.MODE_ZOOKEEPER)])
def test_a_broker_without_a_pod_counts_as_what_it_will_be_made_for(
    monkeypatch: pytest.MonkeyPatch, stage: str, mode: str
) -> None:
    silent = {"kafka-1": NotRunning("the pod does not exist"), "kafka-2": Unknown("the exec failed")}
    modes = {**dict.fromkeys(PODS, state.MODE_KRAFT), "kafka-1": state.MODE_UNKNOWN}
    item = statefulset()
    item["spec"]["template"]["metadata"] = {"annotations": {names.STAGE: stage}}
    seen = observed(
        monkeypatch,
        heads(KRAFT, migration=True),
        pods={name: pod(name) for name in ("kafka-0", "kafka-2")},
        modes=modes,
        facts={"kafka-0": _broker(), **silent},
        statefulsets=[item],
    )
    assert seen.modes["kafka-1"] == mode
    assert (seen.unread, seen.down) == (
        {"kafka-1": "the pod does not exist", "kafka-2": "the exec failed"},
        ("kafka-1",),
    )


def test_secrets_of_stages_are_known_by_the_journal_and_deleted_by_label() -> None:
    digest = "0123456789abcdef" * 4
    made, foreign = (stage_name("settings", stage, digest) for stage in ("migration", "kraft"))
    secrets = [{"kind": "Secret", "metadata": {"name": name, "namespace": "n"}} for name in ("settings", made, foreign)]
    secrets[1]["metadata"]["labels"] = {names.MANAGED_BY: names.MANAGER, names.LABEL_CLUSTER: "kafka"}  # type: ignore[index]
    client = FakeClient(*secrets)
    item = statefulset("kafka")
    item["spec"]["template"] = {
        "spec": {
            "containers": [
                {"name": "kafka", "envFrom": [{"secretRef": {"name": "settings"}}, {"configMapRef": {"name": "c"}}]}
            ],
            "volumes": [{"name": "v", "secret": {"secretName": "settings"}}],
        }
    }
    log = journal.Journal("kafka", "id")
    for stage, name in (("migration", made), ("kraft", foreign)):
        event = {"stage": stage, "objects": [f"Secret/{name}", "ConfigMap/other"]}
        log.add("2026-09-21T14:00:00.000Z", "MIGRATE", "x", "begun", seconds=1, **event)
    log.add("2026-09-21T14:00:00.000Z", "MIGRATE", "x", "rolled")
    quorum = statefulset("kafka-kraft")
    cluster = cluster_with(client=client, statefulsets=[item], journal=log, controllers=quorum)
    quorum["spec"]["template"] = {
        "spec": {"containers": [], "volumes": [{"name": "v", "secret": {"secretName": made}}]}
    }
    assert stage_objects.unused(cluster)[1] == []  # a controller that is made now needs it
    cluster.controllers = None
    old = pod("kafka-2")
    old["spec"] = {"volumes": [{"name": "v", "secret": {"secretName": made}}]}
    client.put(old)
    assert stage_objects.unused(cluster)[1] == []
    client.drop("Pod", "n", "kafka-2")
    assert stage_objects.unused(cluster)[1] == [made]
    assert stage_objects.delete_unused(cluster) == [f"Secret/{made}"]
    assert client.names("Secret") == ["settings", foreign]
    assert stage_objects.unused(cluster)[1] == []
