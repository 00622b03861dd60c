# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every file of tests/cases: what is planned for it, or why it is refused. The form of the files is in tests/cases/README.md."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import jmespath
import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.broker_data import (
    data_findings,
    storage_class,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import (
    ControllerSpec,
    controller_objects,
    voters,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.network import End, Way, network_findings
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import (
    container_of,
    environment,
    main_container,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.zookeeper_references import (
    zookeeper_references,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.controller_settings import (
    ControllerContext,
    controller_settings,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.providers import resolved
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import (
    CONNECT,
    BrokerContext,
    BrokerStage,
    controller_listener_name,
    value_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.versions import parse_ibp
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.planning import Brokers, plan, plan_all
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import RULES, Finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

from tests.cases import case as cases

CLUSTER_ID = "cluster-id-0123456789A"
TARGET = parse_ibp("3.9")
OPTION = "-Dsun.net.inetaddr.ttl=1"
EVERY = {case.name: case for case in cases.every()}
PARTS = ("brokers", "references", "controllers")


def controller_spec(case: cases.Case) -> ControllerSpec:
    """The controllers as the options' defaults make them."""
    assert case.statefulset is not None
    name = f"{case.statefulset['metadata']['name']}-kraft"
    return ControllerSpec(
        name=name,
        namespace=cases.NAMESPACE,
        cluster=str(case.statefulset["metadata"]["name"]),
        replicas=3,
        node_id_base=1000,
        start_script="/opt/kafka/bin/kafka-server-start.sh",
        storage_tool="/opt/kafka/bin/kafka-storage.sh",
        storage_class=storage_class(
            case.statefulset, main_container(case.template), value_of(case.effective, "log.dirs").split(",")[0]
        ),
        config_maps=case.config_maps,
        container=main_container(case.template),
    )


def brokers_of(case: cases.Case) -> Brokers:
    """What preflight knows of the brokers."""
    container = main_container(case.template)
    return Brokers(
        case.template, case.config_maps, case.secrets, case.effective, container, "n/kafka", case.config_path
    )


def plan_brokers(case: cases.Case) -> dict[str, Any]:
    """What the stages change, one after the other, as preflight plans them. Raises Unsupported."""

    brokers = brokers_of(case)
    stages = plan_all(brokers, ("migration", "kraft"), lambda _stage: (_context(case), "", CLUSTER_ID))
    notes = [note for item in stages for note in item.written.notes]
    found: dict[str, Any] = {"container": brokers.container, "source": stages[0].source.where, "notes": notes}
    before = case.template
    for item in stages:
        found[item.stage] = {
            "set": sorted(item.changes.set),
            "removed": sorted(item.changes.remove),
            "emptied": _emptied(
                container_of(before, brokers.container), container_of(item.written.template, brokers.container)
            ),
        }
        before = item.written.template
    return found


def _emptied(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    empty = {entry["name"] for entry in after.get("env") or [] if entry.get("value") == ""}
    return sorted(empty - {entry["name"] for entry in before.get("env") or [] if entry.get("value") == ""})


def _context(case: cases.Case) -> Callable[[str, Mapping[str, str]], BrokerContext]:
    def context(_stage: str, configured: Mapping[str, str]) -> BrokerContext:
        return BrokerContext(
            target=TARGET,
            voters=voters(controller_spec(case)),
            controller_listener=controller_listener_name(configured),
            broker_ids=(0, 1, 2),
        )

    return context


def plan_references(case: cases.Case) -> list[str]:
    """The places that reach for ZooKeeper; a variable that leaves with the settings is none."""
    leaving: list[tuple[str, str]] = []
    with suppress(Unsupported):
        leaving = brokers_of(case).source().leaving(case.effective)
    found = zookeeper_references(
        case.template, case.effective[CONNECT], case.config_maps, leaving, brokers_of(case).container
    )
    return sorted(item.where for item in found)


def plan_controllers(case: cases.Case) -> dict[str, Any]:
    """The controllers' objects while they migrate. Raises Unsupported."""
    assert case.statefulset is not None
    spec = controller_spec(case)
    context = ControllerContext(
        target=TARGET,
        voters=voters(spec),
        log_dir=spec.log_dir,
        controller_listener=controller_listener_name(case.effective),
        zookeeper_connect=value_of(case.effective, CONNECT),
    )
    # as the process shows them
    variables = environment(container_of(case.template, main_container(case.template)), case.config_maps, case.secrets)
    known = {name: item.value for name, item in variables.items() if item.value is not None}
    settings = controller_settings("migrating", resolved(case.effective, known), context)
    spec = spec.with_settings(settings, CLUSTER_ID, TARGET.setting)
    objects = controller_objects(case.statefulset, ControllerSpec(**{**spec.__dict__, "stage": "migrating"}))
    return {
        "statefulset": objects.statefulset,
        "service": objects.service,
        "pdb": objects.pdb,
        "config_map": objects.settings,
        "notes": list(objects.notes),
        "settings": settings,
    }


def controller_findings(case: cases.Case) -> list[Finding]:
    """What preflight finds about controllers and volumes that does not depend on a running cluster."""
    policies = [item for item in case.others if item["kind"] == "NetworkPolicy"]
    found = network_findings(policies, _ways(case))
    if case.statefulset is not None:
        dirs = (value_of(case.effective, "log.dirs") or value_of(case.effective, "log.dir")).split(",")
        found += data_findings(case.statefulset, main_container(case.template), dirs, [])
    return found


def _ways(case: cases.Case) -> list[Way]:
    """The ways between controllers, brokers and ZooKeeper, whose pods have the labels of the case, else the usual ones."""
    labels = case.template["metadata"]["labels"] if case.statefulset is not None else {"app": "kafka"}
    own = End("the controllers", {"kraft.kafkaops.io/role": "controller"}, cases.NAMESPACE)
    brokers = End("the brokers", labels, cases.NAMESPACE)
    zookeeper = End("ZooKeeper", {"app": "zookeeper"}, cases.NAMESPACE)
    return [
        Way(own, own, 9093),
        Way(brokers, own, 9093),
        Way(own, brokers, 9092),
        Way(own, zookeeper, 2181),
        Way(own, End("the cluster's DNS"), 53, "UDP"),
    ]


def _outcome(plan: Callable[[cases.Case], Any], case: cases.Case) -> tuple[Any, Unsupported | None]:
    """Plan; the user's objects must stay as they were, and a refusal is one sentence with a code of the catalogue."""
    before = copy.deepcopy(case)
    refused = None
    planned = None
    try:
        planned = plan(case)
    except Unsupported as error:
        refused = error
    if refused is not None:
        assert refused.code in RULES
        assert refused.message
        assert "\n" not in refused.message
    assert case == before
    return planned, refused


def _check_refusal(refused: Unsupported | None, expected: Mapping[str, Any] | None) -> None:
    if expected is None:
        assert refused is None, refused and refused.message
        return
    assert refused is not None, "nothing was refused"
    assert refused.code == expected["code"]
    for piece in expected["says"]:
        assert piece in refused.message


def _check_brokers(case: cases.Case, expected: Mapping[str, Any]) -> None:
    planned, refused = _outcome(plan_brokers, case)
    if not expected:
        return
    _check_refusal(refused, expected.get("refused"))
    if planned is None:
        return
    assert expected["source"] in planned["source"]
    for piece in expected.get("notes", ()):
        assert any(piece in note for note in planned["notes"]), (piece, planned["notes"])
    for key in ("container", "migration", "kraft"):
        if key in expected:
            wanted = expected[key]
            assert planned[key] == ({"emptied": [], "removed": [], **wanted} if key != "container" else wanted)


def _check_references(case: cases.Case, expected: Any) -> None:
    found = plan_references(case)
    if expected is not None:
        assert found == sorted(expected["places"] if isinstance(expected, dict) else expected)


def _check_controllers(case: cases.Case, expected: Mapping[str, Any]) -> None:
    planned, refused = _outcome(plan_controllers, case) if case.statefulset is not None else ({}, None)
    _check_refusal(refused, expected.get("refused"))
    found = controller_findings(case)
    for code, pieces in expected.get("findings", {}).items():
        for piece in [pieces] if isinstance(pieces, str) else pieces:
            assert any(item.code == code and piece in item.sentence for item in found), (code, piece, found)
    for expression, value in expected.items():
        if expression not in ("refused", "findings", "pending"):
            assert jmespath.search(expression, planned) == value, expression


CHECKS: dict[str, Callable[[cases.Case, Any], None]] = {
    "brokers": _check_brokers,
    "references": _check_references,
    "controllers": _check_controllers,
}


def _parameters() -> list[Any]:
    found = []
    for case in EVERY.values():
        for part in PARTS:
            expected = case.expected.get(part)
            if (part == "controllers" and not expected) or (case.statefulset is None and part != "controllers"):
                continue
            pending = isinstance(expected, dict) and expected.get("pending")
            marks = [pytest.mark.xfail(reason=str(pending), strict=True)] if pending else []
            found.append(pytest.param(case.name, part, marks=marks, id=f"{case.name}-{part}"))
    return found


@pytest.mark.parametrize(("name", "part"), _parameters())
def test_a_cluster_as_people_write_it(name: str, part: str) -> None:
    case = EVERY[name]
    CHECKS[part](case, case.expected.get(part, None if part == "references" else {}))


@pytest.mark.parametrize("name", [name for name, case in EVERY.items() if case.statefulset is not None])
def test_a_stage_that_is_written_is_planned_the_same_again(name: str) -> None:
    """A run that was killed after it wrote a stage goes on from there, before and after the brokers' restarts."""
    case = EVERY[name]
    brokers = brokers_of(case)
    stages: tuple[BrokerStage, ...] = ("ibp", "migration", "kraft")
    with suppress(Unsupported):
        for stage in stages:
            planned = plan(brokers, stage, _context(case), OPTION, CLUSTER_ID)
            rolled = brokers.after(planned)
            for there in (rolled, replace(rolled, effective=brokers.effective)):
                again = plan(there, stage, _context(case), OPTION, CLUSTER_ID)
                assert again.written.template == planned.written.template, stage
            brokers = rolled
