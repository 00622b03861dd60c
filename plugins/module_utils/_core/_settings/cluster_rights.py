# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may do what brokers do among themselves: ClusterAction on the cluster, as ``AclAuthorizer`` decides (Kafka 3.9.2)."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.security_image import Acl

_CLUSTER, _NAME, _ANY = "Cluster", "kafka-cluster", "*"
_EVERYBODY = "User:*"
_OPERATIONS = ("ClusterAction", "All")


def allowed(acls: Iterable[Acl], principals: Iterable[str], *, everybody: bool) -> set[str]:
    """Return those of the principals that may, super users apart.

    A Deny comes before every Allow, and ``allow.everyone.if.no.acl.found`` counts only where the cluster has no ACL of whatever kind. From
    which addresses brokers come is not known; since they work as they are, an Allow for one address counts, and a Deny for one does not.

    :param everybody: ``allow.everyone.if.no.acl.found``.
    """
    mine = [each for each in acls if _is_of_cluster(each)]
    if not mine:
        return set(principals) if everybody else set()
    denied = {each.principal for each in mine if _concerns(each, "Deny") and each.host == _ANY}
    let = {each.principal for each in mine if _concerns(each, "Allow")}
    return {name for name in principals if not denied & {name, _EVERYBODY} and let & {name, _EVERYBODY}}


def _is_of_cluster(acl: Acl) -> bool:
    by_name = _NAME.startswith(acl.name) if acl.pattern == "prefixed" else acl.name in (_NAME, _ANY)
    return acl.resource == _CLUSTER and by_name


def _concerns(acl: Acl, permission: str) -> bool:
    return acl.permission == permission and acl.operation in _OPERATIONS
