# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gather what the preflight rules need and apply them; nothing is changed.

Private to the collection.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.metadata_version import derive_ibp
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import is_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import checks, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.zookeeper_references import (
    zookeeper_references,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.setting_rules import (
    blocking_settings,
    secured_settings,
    warning_settings,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.versions import gate
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, blocking, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.permissions import NEEDS, Need
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown, known, unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import migration_flag, rollback_plan
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.broker_roll import replicas_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    broker_checks,
    brokers,
    controller_checks,
    controllers,
    locks,
    ownership,
    volumes,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.parallel import parallel

#: codes of what the restart of a broker makes for a while
PASSING = frozenset({"broker-not-healthy", "partition-not-healthy", "version-unknown", "controller-missing"})
#: the tool that reads the metadata log
COMPARES_BY = "kafka-dump-log"
#: seconds between two looks: each reads every broker, and nothing tells of all of it at once
PACE = 2.0


def permission_findings(cluster: StatefulSetCluster) -> list[Finding]:
    """Ask the API server for every permission of the migration."""
    asked = [(need, verb, name) for need in NEEDS for verb in need.verbs for name in need.named(cluster.name)]

    def missing(item: tuple[Need, str, str]) -> bool:
        need, verb, name = item
        return not cluster.client.can_i(
            verb, need.resource, cluster.namespace, group=need.group, subresource=need.subresource, name=name
        )

    denied = [item for item, lacks in zip(asked, parallel(missing, asked), strict=True) if lacks]
    return [
        finding(
            "permission-missing",
            need.spelled,
            f"the account may not {verb} {need.spelled}{f' {name}' if name else ''} in namespace {cluster.namespace} ({need.why}); grant it "
            "(docs/rbac.yml)",
        )
        for need, verb, name in denied
    ]


def when_settled(
    cluster: StatefulSetCluster,
    look: Callable[[StatefulSetCluster], list[Finding]],
    progress: Callable[[str], None],
) -> list[Finding]:
    """Look; while a migration is under way, wait for what the restart of an interrupted run makes and its end takes away.

    Waits for up to kraft_pod_timeout seconds, and only while nothing else stops the run; then the findings stand.
    """
    found = look(cluster)
    if not locks.current_id(cluster):
        return found
    deadline, told, never = time.monotonic() + cluster.params["pod_timeout"], "", threading.Event()
    while time.monotonic() < deadline:
        stopping = blocking(found, cluster.params["accept"])
        if not stopping or any(item.code not in PASSING for item in stopping):
            break
        if stopping[0].sentence != told:
            told = stopping[0].sentence
            progress(f"waiting for what an earlier run has restarted: {told}")
        never.wait(PACE)
        cluster.changed()
        found = look(cluster)
    return found


def all_findings(cluster: StatefulSetCluster) -> list[Finding]:
    """Every rule of this release, in the order in which a person would repair them."""
    found = permission_findings(cluster)
    if found:
        return found
    found += migration_flag.findings(cluster)
    found += ownership.findings(cluster)
    found += [] if cluster.controller_pods else volumes.claim_findings(cluster)
    found += locks.foreign_findings(cluster)
    found += broker_findings(cluster)
    found += broker_checks.findings(cluster)
    left = rollback_plan.pending(cluster)
    found += [finding("rollback-pending", "brokers", left)] if left else []
    found += version_findings(cluster, "brokers")
    found += settings_findings(cluster)
    found += controller_findings(cluster)
    found += tool_findings(cluster)
    if cluster.zookeeper_connect is not None:
        found += zookeeper_findings(cluster)
    found += checks.termination(
        {
            item["metadata"]["name"]: int(item["spec"]["template"]["spec"].get("terminationGracePeriodSeconds") or 30)
            for item in cluster.statefulsets
        }
    )
    return found


def broker_findings(cluster: StatefulSetCluster) -> list[Finding]:
    """Ready, registered, one pod an id."""
    not_ready = [name for name, pod in cluster.pods.items() if not is_ready(pod)]
    registered = set(cluster.view.brokers) | kraft_brokers(cluster) if cluster.zookeeper_connect is not None else set()
    found = checks.membership(registered, cluster.pod_of_broker, cluster.pods, not_ready)
    for item in cluster.statefulsets:
        wanted, name = item["spec"].get("replicas", 1), item["metadata"]["name"]
        have = sum(1 for pod in cluster.pods if pod.rpartition("-")[0] == name)
        if have < wanted:
            found.append(
                finding(
                    "broker-not-healthy",
                    name,
                    f"StatefulSet {name} has {have} of {wanted} pods; repair it before the migration",
                )
            )
    return found


def kraft_brokers(cluster: StatefulSetCluster) -> set[int]:
    """The ids of the brokers that run in KRaft mode; those do not register in ZooKeeper."""
    return {broker for broker, pod in cluster.pod_of_broker.items() if cluster.modes[pod] == state.MODE_KRAFT}


def version_findings(cluster: StatefulSetCluster, target: str) -> list[Finding]:
    """The version that really runs in each pod: known, equal, within the gate."""
    facts = cluster.facts if target == "brokers" else cluster.controller_facts
    versions = {pod: None if isinstance(found, Unknown) else found.version for pod, found in facts.items()}
    without = [pod for pod, version in versions.items() if not version]
    if without:
        whys = unknown(facts)
        listed = "; ".join(f"{pod}: {whys.get(pod, 'its process names no version')}" for pod in without)
        return [
            finding(
                "version-unknown",
                ", ".join(without),
                f"the Kafka version that runs in {', '.join(without)} could not be read ({listed})",
            )
        ]
    different = sorted({str(version) for version in versions.values()})
    if len(different) > 1:
        listed = ", ".join(f"{pod} runs {version}" for pod, version in versions.items())
        return [
            finding("version-mixed", target, f"the {target} run different versions: {listed}; finish the upgrade first")
        ]
    found = []
    for version in different:
        verdict = gate(version)
        if not verdict.accepted:
            found.append(finding("version-unsupported", target, verdict.reason))
        elif verdict.warnings:
            found.append(finding("version-not-recommended", target, verdict.reason))
    return found


def settings_findings(cluster: StatefulSetCluster) -> list[Finding]:
    """Settings that block, security in use, where settings come from, and what reaches for ZooKeeper."""
    found: list[Finding] = []
    blocks = {item: pod for pod, facts in known(cluster.facts).items() for item in blocking_settings(facts.settings)}
    for item, pod in blocks.items():
        found.append(finding(item.code, f"{pod}: {item.key}", f"{pod}: {item.sentence}"))
    found += [
        finding(
            "security-not-supported",
            item.key,
            f"{item.sentence}; secured clusters come with a later release, or accept it with kraft_accept: [security-not-supported]",
        )
        for item in secured_settings(cluster.effective)
    ]
    found += [finding("setting-warns", item.key, item.sentence) for item in warning_settings(cluster.effective)]
    found += checks.address_cache({pod: facts.dns_ttl for pod, facts in known(cluster.facts).items()})
    return (
        found
        + plan_findings(cluster)
        + reference_findings(cluster, "zookeeper-reference", brokers.leaving_variables(cluster))
    )


def plan_findings(cluster: StatefulSetCluster) -> list[Finding]:
    """What stops a stage that is still to come: each is planned now, so that none is found out half-way."""
    try:
        derive_ibp(cluster)
        planned = brokers.plan_ahead(cluster)
    except (KraftError, Unsupported) as error:
        return [finding((error.code or "surface-not-found").lower(), "settings", error.message)]
    found = secret_findings(cluster, planned)
    for stage, items in planned.items():
        for item in items:
            found += [
                finding("setting-warns", item.name, f"StatefulSet {item.name}, stage {stage}: {note}")
                for note in item.written.notes
            ]
    return found


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


def secret_findings(cluster: StatefulSetCluster, planned: Mapping[str, list[brokers.StagePlan]]) -> list[Finding]:
    """Settings in a Secret are copied into Secrets whose names depend on the content: a rule with names does not cover them."""
    bodies = [body for items in planned.values() for item in items for body in item.written.objects_to_create]
    made = [body["metadata"]["name"] for body in bodies if body["kind"] == "Secret"]
    denied = [
        verb
        for verb in ("get", "create", "delete")
        if made and not cluster.client.can_i(verb, "secrets", cluster.namespace)
    ]
    if not denied:
        return []
    return [
        finding(
            "permission-missing",
            "secrets",
            f"the brokers' settings are in a Secret, and each stage is a copy of it (the next one is {made[0]}): the account may not "
            f"{' and '.join(denied)} such Secrets in namespace {cluster.namespace}; grant it without resourceNames (docs/rbac.yml)",
        )
    ]


def reference_findings(
    cluster: StatefulSetCluster, code: str, leaving: Mapping[str, list[str]] | None = None
) -> list[Finding]:
    """Init containers, probes, hooks, start commands and the scripts that they call, where they reach for ZooKeeper.

    ``leaving``: by StatefulSet, the variables that the KRaft stage empties; whoever looks after that stage counts them.
    """
    connect = str(cluster.zookeeper_connect or "")
    return [
        finding(
            code,
            f"{item['metadata']['name']}: {where}",
            f"StatefulSet {item['metadata']['name']}: {where} reaches for ZooKeeper ({text})",
        )
        for item in cluster.statefulsets
        for where, text in zookeeper_references(
            item["spec"]["template"],
            connect,
            cluster.config_maps,
            (leaving or {}).get(str(item["metadata"]["name"]), ()),
        )
    ]


def controller_findings(cluster: StatefulSetCluster) -> list[Finding]:
    """The controllers as they would be made."""
    try:
        controllers.check_plan(cluster)
        found = checks.controller_ids(controllers.node_ids(cluster), cluster.pod_of_broker)
        return found if cluster.controllers else found + controller_checks.findings(cluster)
    except (KraftError, Unsupported) as error:
        return [finding((error.code or "controller-manifest").lower(), "controllers", error.message)]


def tool_findings(cluster: StatefulSetCluster) -> list[Finding]:
    """A rollback compares both stores by a tool of the image: that it is missing is found out before it is needed."""
    without = [pod for pod, facts in known(cluster.facts).items() if COMPARES_BY not in facts.tools]
    if not without:
        return []
    return [
        finding(
            "rollback-parity-unknown",
            COMPARES_BY,
            f"the image of {', '.join(without)} has no {COMPARES_BY}.sh: neither the gate gate-parity nor a rollback could compare "
            "ZooKeeper with KRaft. Use an image that has it, or accept the risk with kraft_accept: [rollback-parity-unknown]",
        )
    ]


def zookeeper_findings(cluster: StatefulSetCluster) -> list[Finding]:
    """What ZooKeeper holds, and the partitions."""
    left = [] if cluster.controller_pods else volumes.leftover_volumes(cluster)
    found = checks.stored(
        cluster.view, cluster.route.chroot, bool(known(cluster.controller_facts)), left, kraft_brokers(cluster)
    )
    if cluster.view.cluster_id is None:
        return found
    return found + partition_findings(cluster)


def partition_findings(cluster: StatefulSetCluster) -> list[Finding]:
    """Partitions that are offline, under-replicated or can never be restarted safely."""
    replicas = replicas_of(cluster)
    leaderless = sorted(name for name, item in replicas.items() if not item.isr or item.leader < 0)
    return checks.partitions(replicas, leaderless)


def health_findings(cluster: StatefulSetCluster) -> list[Finding]:
    """SetupCheckHealthyKafka: brokers, one controller, partitions, reassignments."""
    found = broker_findings(cluster)
    if cluster.zookeeper_connect is None:
        return found
    if cluster.view.controller is None:
        found.append(
            finding(
                "controller-missing", "ZooKeeper", "/controller is held by nobody: the cluster has no active controller"
            )
        )
    if cluster.view.reassigning:
        found.append(
            finding(
                "reassignment-running",
                "ZooKeeper",
                f"a reassignment of {', '.join(cluster.view.reassigning[:5])} is running",
            )
        )
    return found + partition_findings(cluster)
