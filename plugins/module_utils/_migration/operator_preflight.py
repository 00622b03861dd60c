# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is checked before an operator is asked: its custom resources, and what Kafka itself shows.

Private to the collection.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import checks, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.setting_rules import blocking_settings
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import PVC
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.operator_steps import rollback_pending
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.preflight import (
    kraft_brokers,
    membership_findings,
    metadata_findings,
    permission_findings,
    tool_findings,
    version_findings,
    zookeeper_rights,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import LedCluster

#: behind these nothing else is looked at: the processes are not those of a cluster that can be migrated
FIRST = ("operator-crds", "operator-request-lost", "cluster-born-kraft")
#: what to do about a broker that is not one of the operator's
UNDECLARED = "if it is in another region of this Kafka cluster, write kraft_region_of with the same name to the hosts of all regions; else stop it"
OF_NO_REGION = "it is in none of the regions that have this kraft_region_of: add the host of its region, or stop it"


def all_findings(cluster: LedCluster) -> list[Finding]:
    """Every rule, in the order in which a person would repair it."""
    missing = permission_findings(cluster, *cluster.driver.needs())
    if missing:
        return missing
    seen = cluster.driver.observe()
    pending = rollback_pending(seen)
    if pending:
        return [finding("rollback-pending", f"{cluster.namespace}/{cluster.name}", pending)]
    found = cluster.driver.findings()
    if seen.started or any(item.code in FIRST for item in found):
        # once the operator has begun it restarts brokers: one that is down now is no finding, and whoever follows it again is not to be kept from it
        return found
    found += _kafka_in_zookeeper_mode(cluster)
    stranger = OF_NO_REGION if cluster.others else UNDECLARED
    found += (
        membership_findings(cluster, stranger=stranger)
        + metadata_findings(cluster)
        + version_findings(cluster, "brokers", cluster.driver.oldest)
    )
    blocks = {item: pod for pod, facts in known(cluster.facts).items() for item in blocking_settings(facts.settings)}
    found += [finding(item.code, f"{pod}: {item.key}", f"{pod}: {item.sentence}") for item, pod in blocks.items()]
    found += tool_findings(cluster)
    found += _elsewhere(cluster)
    if cluster.zookeeper_connect is not None:
        left = [item.partition("/") for item in cluster.driver.left()]
        volumes = [name for kind, _slash, name in left if kind == PVC.kind]
        found += zookeeper_rights(cluster)
        found += checks.stored(cluster.view, cluster.route.chroot, False, volumes, kraft_brokers(cluster))
    return found


def _elsewhere(cluster: LedCluster) -> list[Finding]:
    """The brokers of the other regions are registered, but for those that run in KRaft mode."""
    if not cluster.elsewhere or cluster.zookeeper_connect is None:
        return []
    in_kraft = {broker for each in cluster.others for broker in kraft_brokers(each)}
    return [
        finding(
            "broker-not-healthy",
            f"broker {broker} of {where}",
            f"broker {broker} of {where} is not registered in ZooKeeper; fix it before the migration",
        )
        for broker, where in sorted(cluster.elsewhere.items())
        if broker not in cluster.view.brokers and broker not in in_kraft
    ]


def _kafka_in_zookeeper_mode(cluster: LedCluster) -> list[Finding]:
    """A cluster of KRaft brokers has nothing to migrate."""
    if set(cluster.modes.values()) != {state.MODE_KRAFT}:
        return []
    where = f"{cluster.namespace}/{cluster.name}"
    return [finding("cluster-born-kraft", where, f"{where} runs in KRaft mode already: nothing to migrate")]
