# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The permissions that driving Strimzi needs, in one place: preflight asks for them, docs/rbac-strimzi.yml grants exactly them. Pure.

Private to the collection. Strimzi itself restarts pods and writes settings, so that none of that is in here; and ZooKeeper is reached inside
its pods, so that no Secret is read.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.permissions import IN_PODS, LEASES, Need
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res

NEEDS: tuple[Need, ...] = (
    Need(res.GROUP, res.KAFKA.plural, ("get", "list", "watch", "patch"), "the Kafka CR, its annotations"),
    Need(
        res.GROUP,
        res.NODE_POOL.plural,
        ("list", "watch", "create", "delete"),
        "the node pools: the controllers', which a rollback deletes",
    ),
    Need(res.POD_SET.group, res.POD_SET.plural, ("list", "watch"), "what Strimzi made of the custom resources"),
    Need("", "pods", ("get", "list", "watch"), "the progress of a roll"),
    *IN_PODS,
    Need("", "configmaps", ("get", "create", "patch"), "the journal"),
    Need("", "services", ("get", "list"), "ZooKeeper's pods, where its port with TLS is used"),
    Need(
        "",
        "persistentvolumeclaims",
        ("list", "watch", "delete"),
        "the controllers' volumes, which a rollback deletes",
    ),
    Need("apps", "deployments", ("get",), "whether Strimzi runs here, and watches this namespace", of=(res.OPERATOR,)),
    *LEASES,
)
