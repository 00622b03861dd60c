# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gather what the preflight rules need and apply them; nothing is changed.

Private to the collection.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import parity
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import is_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import checks, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import ZnodeError
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.security_rules import (
    acl_rules,
    dynamic_rules,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.setting_rules import (
    blocking_settings,
    warning_settings,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.versions import gate
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, blocking, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.permissions import NEEDS, Need
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown, known, unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import acceptance
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import migration_flag, rollback_plan
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.broker_roll import replicas_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.parallel import parallel
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.rights import may_write
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.security import read_acls

#: codes of what the restart of a broker makes for a while
PASSING = frozenset({"broker-not-healthy", "partition-not-healthy", "version-unknown", "controller-missing"})
#: the tool that reads the metadata log
COMPARES_BY = "kafka-dump-log"
#: seconds between two looks: each reads every broker, and nothing tells of all of it at once
PACE = 2.0


def permission_findings(
    cluster: Cluster, needs: Iterable[Need] = NEEDS, granted_by: str = "docs/rbac.yml"
) -> list[Finding]:
    """Ask the API server for every permission of the migration. ``granted_by``: the manifest that has them."""
    asked = [(need, verb, name) for need in needs for verb in need.verbs for name in need.named(cluster.name)]

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
            f"({granted_by})",
        )
        for need, verb, name in denied
    ]


def when_settled(
    cluster: DirectCluster,
    check: Callable[[DirectCluster], list[Finding]],
    progress: Callable[[str], None],
) -> list[Finding]:
    """Check; while a migration is under way, wait for what the restart of an interrupted run makes and its end takes away.

    Waits for up to kraft_pod_timeout seconds, and only while nothing else stops the run; then the findings stand.
    """
    found = check(cluster)
    if not cluster.driver.ownership.locked_by():
        return found
    deadline, reported, never = time.monotonic() + cluster.params["pod_timeout"], "", threading.Event()
    while time.monotonic() < deadline:
        stopping = blocking(found, cluster.params["accept"])
        if not stopping or any(item.code not in PASSING for item in stopping):
            break
        if stopping[0].sentence != reported:
            reported = stopping[0].sentence
            progress(f"waiting for pods that an earlier run restarted: {reported}")
        never.wait(PACE)
        cluster.changed()
        found = check(cluster)
    return found


def all_findings(cluster: DirectCluster) -> list[Finding]:
    """Every rule of this release, in the order in which a person would repair them."""
    found = permission_findings(cluster)
    if found:
        return found
    found += migration_flag.findings(cluster)
    found += cluster.driver.checks.objects()
    found += cluster.driver.enforcement.findings()
    found += broker_findings(cluster)
    found += cluster.driver.checks.workloads()
    left = rollback_plan.pending(cluster)
    found += [finding("rollback-pending", "brokers", left)] if left else []
    found += version_findings(cluster, "brokers")
    found += settings_findings(cluster)
    found += cluster.driver.checks.controllers()
    found += tool_findings(cluster)
    if cluster.zookeeper_connect is not None:
        found += zookeeper_findings(cluster)
        found += zookeeper_rights(cluster)
    found += cluster.driver.checks.termination()
    return found


def lock_line(cluster: DirectCluster) -> str:
    """What enforces the lock, or will, as a line of the plan."""
    enforcement = cluster.driver.enforcement
    if cluster.driver.ownership.locked_by():
        return f"the lock is enforced by {enforcement.by()}"
    return f"plan: the lock will be enforced by {enforcement.plan().text}"


def broker_findings(cluster: DirectCluster) -> list[Finding]:
    """Ready, registered, one pod an id, all of them there."""
    return membership_findings(cluster) + cluster.driver.checks.missing_pods()


def membership_findings(cluster: Cluster, **words: str) -> list[Finding]:
    """Ready, registered, one pod an id. ``words``: as checks.membership has them."""
    not_ready = [name for name, pod in cluster.pods.items() if not is_ready(pod)]
    registered = set(cluster.view.brokers) | kraft_brokers(cluster) if cluster.zookeeper_connect is not None else set()
    registered -= set(cluster.elsewhere)
    return checks.membership(registered, cluster.pod_of_broker, cluster.pods, not_ready, **words)


def kraft_brokers(cluster: Cluster) -> set[int]:
    """The ids of the brokers that run in KRaft mode; those do not register in ZooKeeper."""
    return {broker for broker, pod in cluster.pod_of_broker.items() if cluster.modes[pod] == state.MODE_KRAFT}


def version_findings(cluster: Cluster, target: str, oldest: tuple[int, int] = (3, 7)) -> list[Finding]:
    """The version that really runs in each pod: known, equal, within the gate. ``oldest`` as for the gate."""
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
                f"the Kafka version that runs in {', '.join(without)} could not be read ({listed}); make "
                "these pods readable, or use an image that keeps the name of Kafka's server jar (kafka_2.13-3.9.2.jar)",
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
        verdict = gate(version, oldest)
        if not verdict.accepted:
            found.append(finding("version-unsupported", target, verdict.reason))
        elif verdict.warnings:
            found.append(finding("version-not-recommended", target, verdict.reason))
    return found


def settings_findings(cluster: DirectCluster) -> list[Finding]:
    """Settings that block, security, where settings come from, and what connects to ZooKeeper."""
    found: list[Finding] = []
    blocks = {item: pod for pod, facts in known(cluster.facts).items() for item in blocking_settings(facts.settings)}
    for item, pod in blocks.items():
        found.append(finding(item.code, f"{pod}: {item.key}", f"{pod}: {item.sentence}"))
    found += [finding("setting-warns", item.key, item.sentence) for item in warning_settings(cluster.effective)]
    found += checks.address_cache({pod: facts.dns_ttl for pod, facts in known(cluster.facts).items()})
    return (
        found + cluster.driver.checks.settings() + cluster.driver.checks.references("zookeeper-reference", ahead=True)
    )


def zookeeper_rights(cluster: Cluster) -> list[Finding]:
    """Whether this session may change the znodes that a rollback does: that is foreseen, and not met in the middle of one."""
    accept = acceptance(f"{cluster.namespace}/{cluster.name}", "zookeeper-acl")
    return [
        finding(
            "zookeeper-acl", right.path, f"{right.sentence}; or accept that such a rollback stops there with {accept}"
        )
        for right in may_write(cluster.zookeeper)
        if isinstance(right.allowed, Unknown) or not right.allowed
    ]


def tool_findings(cluster: Cluster) -> list[Finding]:
    """A rollback compares both stores by a tool of the image: that it is missing is found out before it is needed."""
    without = [pod for pod, facts in known(cluster.facts).items() if COMPARES_BY not in facts.tools]
    if not without:
        return []
    accept = acceptance(f"{cluster.namespace}/{cluster.name}", "rollback-parity-unknown")
    return [
        finding(
            "rollback-parity-unknown",
            COMPARES_BY,
            f"the image of {', '.join(without)} has no {COMPARES_BY}.sh: neither the gate gate-parity nor a rollback could compare "
            f"ZooKeeper with KRaft. Use an image that has it, or accept the risk with {accept}",
        )
    ]


def zookeeper_findings(cluster: DirectCluster) -> list[Finding]:
    """What ZooKeeper holds, and the partitions."""
    left = [] if cluster.controller_pods else list(cluster.driver.controllers.claims())
    found = checks.stored(
        cluster.view, cluster.route.chroot, bool(known(cluster.controller_facts)), left, kraft_brokers(cluster)
    )
    if cluster.view.cluster_id is None:
        return found
    return found + dynamic_findings(cluster) + acl_findings(cluster) + partition_findings(cluster)


def dynamic_findings(cluster: Cluster) -> list[Finding]:
    """Secrets among the dynamic settings of brokers; once a broker is in KRaft mode they have been copied already."""
    if kraft_brokers(cluster):
        return []
    dynamic = cluster.view.broker_configs
    rules = dynamic_rules(cluster.effective, dynamic, parity.undecrypted(cluster, dynamic))
    return [finding(item.code, item.key, item.sentence) for item in rules]


def acl_findings(cluster: Cluster) -> list[Finding]:
    """ACLs that controllers cannot work with as they are meant; they are copied whether there is an authorizer or not."""
    try:
        acls = read_acls(cluster.zookeeper, any_principal=True)
    except (ZnodeError, Forbidden) as error:
        text = error.message if isinstance(error, Forbidden) else str(error)
        return [finding("check-incomplete", "ZooKeeper", f"the ACLs in ZooKeeper could not be read: {text}")]
    rules = acl_rules((each.resource, each.pattern, each.name, each.principal) for each in acls)
    return [finding(item.code, item.key, item.sentence) for item in rules]


def partition_findings(cluster: Cluster) -> list[Finding]:
    """Partitions that are offline, under-replicated or can never be restarted safely."""
    replicas = replicas_of(cluster)
    leaderless = sorted(name for name, item in replicas.items() if not item.isr or item.leader < 0)
    return checks.partitions(replicas, leaderless, f"{cluster.namespace}/{cluster.name}")


def health_findings(cluster: DirectCluster) -> list[Finding]:
    """SetupCheckHealthyKafka: brokers, one controller, partitions, reassignments."""
    return broker_findings(cluster) + metadata_findings(cluster)


def metadata_findings(cluster: Cluster) -> list[Finding]:
    """One controller, partitions, reassignments."""
    found: list[Finding] = []
    if cluster.zookeeper_connect is None:
        return found
    if cluster.view.controller is None:
        found.append(
            finding(
                "controller-missing",
                "ZooKeeper",
                "nobody holds /controller: the cluster has no active controller; find the cause in the brokers' logs",
            )
        )
    if cluster.view.reassigning:
        found.append(
            finding(
                "reassignment-running",
                "ZooKeeper",
                f"a reassignment of {', '.join(cluster.view.reassigning[:5])} is running; wait for it or cancel it",
            )
        )
    return found + partition_findings(cluster)
