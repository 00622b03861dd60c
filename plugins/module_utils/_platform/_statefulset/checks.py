# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way of a migration in the StatefulSets: objects of others, workloads, settings, the controllers as planned.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.metadata_version import derive_ibp
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import checks
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import main_container
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.zookeeper_references import (
    zookeeper_references,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    broker_checks,
    brokers,
    certificate_checks,
    controller_checks,
    controllers,
    locks,
    ownership,
    security_checks,
    volumes,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError

#: of a place that looks for the broker in ZooKeeper
_NOT_THERE = (
    " and looks for brokers in /brokers/ids, where none is in KRaft mode: where a broker's start or readiness depends on it, change it before "
    "the migration"
)


#: of a security that the controllers' listener cannot have
SECURITY = (
    "controller-listener-scram",
    "controller-listener-mechanism",
    "controller-login-missing",
    "controller-listener-keys",
    "controller-login-unknown",
    "secret-missing",
)


def object_findings(cluster: StatefulSetCluster) -> list[Finding]:
    """Objects that are somebody else's, or that somebody else would put back."""
    claims = [] if cluster.controller_pods else volumes.claim_findings(cluster)
    return [*ownership.findings(cluster), *claims, *locks.foreign_findings(cluster)]


def missing_pods(cluster: StatefulSetCluster) -> list[Finding]:
    """StatefulSets of brokers that do not have all their pods."""
    found = []
    for item in cluster.statefulsets:
        wanted, name = item["spec"].get("replicas", 1), item["metadata"]["name"]
        have = sum(1 for pod in cluster.pods if pod.rpartition("-")[0] == name)
        if have < wanted:
            sentence = f"StatefulSet {name} has {have} of {wanted} pods; fix it before the migration"
            found.append(finding("broker-not-healthy", name, sentence))
    return found


def workload_findings(cluster: StatefulSetCluster) -> list[Finding]:
    """Rollouts that have not ended, budgets that refuse every restart, data that a restart loses."""
    return broker_checks.findings(cluster)


def termination(cluster: StatefulSetCluster) -> list[Finding]:
    """Grace periods that are too short for a controlled shutdown."""
    return checks.termination(
        {
            item["metadata"]["name"]: int(item["spec"]["template"]["spec"].get("terminationGracePeriodSeconds") or 30)
            for item in cluster.statefulsets
        }
    )


def plan_findings(cluster: StatefulSetCluster) -> list[Finding]:
    """What stops a stage that is still to come: each is planned now, so that none is found out half-way."""
    found: list[Finding] = []
    try:
        derive_ibp(cluster)
        # before what follows from it: a login that is not known
        found += security_checks.jaas_findings(cluster)
        found += security_checks.findings(cluster)
        gone = [path for item in found if item.code == "secret-missing" for path in item.where.split(", ")]
        found += certificate_checks.findings(cluster, gone)
        planned = brokers.plan_ahead(cluster)
    except (KraftError, Unsupported) as error:
        return [*found, finding((error.code or "surface-not-found").lower(), "settings", error.message)]
    found += secret_findings(cluster, planned)
    for stage, items in planned.items():
        for item in items:
            found += [
                finding("setting-warns", item.name, f"StatefulSet {item.name}, stage {stage}: {note}")
                for note in item.written.notes
            ]
    return found


def secret_findings(cluster: StatefulSetCluster, planned: Mapping[str, list[brokers.StagePlan]]) -> list[Finding]:
    """Whether the account may make the Secrets of stages."""
    bodies = [body for items in planned.values() for item in items for body in item.written.objects_to_create]
    made = [body["metadata"]["name"] for body in bodies if body["kind"] == "Secret"]
    if not made:
        return []
    return security_checks.secret_permission(
        cluster,
        f"settings of brokers that are secret stay in Secrets, and each stage is a new one (the next one is {made[0]})",
    )


def reference_findings(
    cluster: StatefulSetCluster, code: str, leaving: Mapping[str, list[tuple[str, str]]] | None = None
) -> list[Finding]:
    """Init containers, probes, hooks, start commands and the scripts that they call, where they reach for ZooKeeper.

    ``leaving``: by StatefulSet, (container, variable) of what the KRaft stage empties; whoever looks after that stage counts them.
    """
    connect = str(cluster.zookeeper_connect or "")
    return [
        finding(
            code,
            f"{item['metadata']['name']}: {where}",
            f"StatefulSet {item['metadata']['name']}: {where} connects to ZooKeeper ({text})"
            + (_NOT_THERE if for_broker and leaving is not None else ""),
        )
        for item in cluster.statefulsets
        for where, text, for_broker in zookeeper_references(
            item["spec"]["template"],
            connect,
            cluster.config_maps,
            (leaving or {}).get(str(item["metadata"]["name"]), ()),
            _container_of(cluster, item),
        )
    ]


def _container_of(cluster: StatefulSetCluster, statefulset: Mapping[str, Any]) -> str:
    """The brokers' container, "" where that is not clear: a finding of its own says so."""
    try:
        return main_container(statefulset["spec"]["template"], cluster.params["container"])
    except Unsupported:
        return ""


def controller_findings(cluster: StatefulSetCluster) -> list[Finding]:
    """The controllers as they would be made."""
    try:
        controllers.check_plan(cluster)
        found = checks.controller_ids(controllers.node_ids(cluster), cluster.pod_of_broker)
        return found if cluster.controllers else found + controller_checks.findings(cluster)
    except (KraftError, Unsupported) as error:
        code = (error.code or "controller-manifest").lower()
        # what stops the brokers' stages too is told with them
        return [] if code in SECURITY else [finding(code, "controllers", error.message)]


def stage_settings(cluster: StatefulSetCluster) -> list[dict[str, Any]]:
    """What each stage that is still to come changes in the brokers' settings, and where, as plain data. Raises Unsupported, KraftError."""
    return [
        {
            "stage": stage,
            "statefulset": item.name,
            "source": item.source.where,
            "set": sorted(item.changes.set),
            "removed": sorted(item.changes.remove),
        }
        for stage, items in brokers.plan_ahead(cluster).items()
        for item in items
    ]


def stage_line(item: Mapping[str, Any]) -> str:
    """One stage of one StatefulSet as a line of the plan."""
    changes = [
        f"{verb} {', '.join(item[kind])}" for verb, kind in (("sets", "set"), ("removes", "removed")) if item[kind]
    ]
    return (
        f"plan: stage {item['stage']} of StatefulSet {item['statefulset']}, settings from {item['source']}: "
        f"{'; '.join(changes) or 'nothing changes'}"
    )
