# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster's certificate authority: Strimzi renews it by itself and restarts everything for it, at the wrong moment in vain. Pure.

Private to the collection. While brokers migrate in ZooKeeper mode the operator cannot ask the quorum whether a controller may be restarted, and
its whole roll stands still. Source: ``KafkaQuorumCheck`` and ``KafkaRoller`` of Strimzi 0.45.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.seen import Obj, Seen

#: days before its end at which the operator renews it, unless spec.clusterCa says otherwise
RENEWAL_DAYS = 30
#: a migration and its soak in a week
MARGIN = timedelta(days=7)


def authority(kafka: Obj) -> str:
    """The certificate of the authority in PEM, as the status tells clients of a listener with TLS; "" where none tells it.

    A listener with a certificate of the user's tells that one's authority.
    """
    listeners = ((kafka.get("spec") or {}).get("kafka") or {}).get("listeners") or []
    foreign = {each.get("name") for each in listeners if "brokerCertChainAndKey" in (each.get("configuration") or {})}
    for each in (kafka.get("status") or {}).get("listeners") or []:
        if each.get("certificates") and (each.get("name") or each.get("type")) not in foreign:
            return str(each["certificates"][0])
    return ""


def renewal(seen: Seen, now: datetime) -> Iterator[Finding]:
    """The authority is not about to be renewed, by the operator or by a person."""
    spec = (seen.kafka.get("spec") or {}).get("clusterCa") or {}
    found = seen.authority
    if found is None or spec.get("generateCertificateAuthority") is False:
        return  # nobody renews it but its owner
    name = f"Kafka {seen.name}"
    if isinstance(found, Unknown):
        text = f"when Strimzi renews the cluster's certificate authority could not be read: {found.why}; make sure that it is not during the migration"
        yield finding("check-incomplete", name, text)
        return
    days = int(spec.get("renewalDays") or RENEWAL_DAYS)
    begins = found.ends - timedelta(days=days)
    if begins - MARGIN < now:
        yield finding(
            "operator-ca-renewal",
            name,
            f"Strimzi renews the cluster's certificate authority from {begins:%Y-%m-%d} on ({days} days before {found.ends:%Y-%m-%d}), and "
            f"restarts every node "
            "for it, which stands still while brokers migrate: renew it now (annotation strimzi.io/force-renew of its Secret), and migrate after that",
        )
