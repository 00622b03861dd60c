# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The permissions that driving CFK needs, in one place: preflight asks for them, docs/rbac-confluent.yml grants exactly them. Pure.

Private to the collection. CFK itself restarts pods and writes settings, so that none of that is in here.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.permissions import IN_PODS, LEASES, ORIGINALS, Need
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res

NEEDS: tuple[Need, ...] = (
    Need(res.GROUP, res.KAFKA.plural, ("get", "list", "watch", "patch"), "the Kafka CR, its annotation for the IBP"),
    Need(res.GROUP, res.ZOOKEEPER.plural, ("get", "list", "watch"), "the Zookeeper CR, its lock"),
    Need(
        res.GROUP,
        res.CONTROLLER.plural,
        ("get", "list", "watch", "create", "patch", "delete"),
        "the held KRaftController, which a rollback deletes",
    ),
    Need(
        res.GROUP,
        res.JOB.plural,
        ("get", "list", "watch", "create", "patch", "delete"),
        "the job: created, followed, told to go on, deleted after a rollback",
    ),
    Need("apps", "statefulsets", ("get", "list", "watch"), "what CFK made of the custom resources"),
    Need("", "pods", ("get", "list", "watch"), "the progress of a roll"),
    *IN_PODS,
    Need("", "configmaps", ("get", "create", "patch"), "the journal"),
    Need("", "secrets", ("create",), "the custom resources of before, which may hold passwords"),
    ORIGINALS,
    Need("", "services", ("get", "list"), "ZooKeeper's pods"),
    Need(
        "",
        "persistentvolumeclaims",
        ("get", "list", "watch", "patch", "delete"),
        "the controllers' volumes, which a rollback deletes",
    ),
    *LEASES,
    Need(
        "coordination.k8s.io",
        "leases",
        ("get", "patch", "delete"),
        "this one too: one region of a Kafka cluster at a time",
        of=(names.turn_name("{cluster}"),),
    ),
)
