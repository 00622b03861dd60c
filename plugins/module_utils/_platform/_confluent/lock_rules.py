# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the API server is to enforce where CFK leads and nothing of CFK's does: CFK's own lock, and the controllers' migration flag. Pure.

Private to the collection. Source: what CFK documents of its lock: while a custom resource carries the annotation, only the operator may
change or delete it. What it was before the request counts, so that nobody unlocks it by the request that also changes it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.lock_policy import (
    Locked,
    LockPolicy,
    Rule,
    annotation,
    cel,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res

FLAG = r"^\s*zookeeper\.metadata\.migration\.enable\s*[=:]\s*true\s*$"


def policy(
    namespace: str,
    cluster: str,
    objects: Sequence[Locked],
    *,
    account: str,
    operators: Sequence[str],
    allowed: Sequence[str],
    migration_id: str,
) -> LockPolicy:
    """The policy of one cluster.

    :param objects: the custom resources that CFK locks.
    :param account: the user that this collection runs as.
    :param operators: the users that CFK's operator runs as.
    """
    where = f"{namespace}/{cluster}"
    may = tuple(dict.fromkeys((account, *operators, *allowed)))
    return LockPolicy(
        namespace=namespace,
        cluster=cluster,
        group=res.GROUP,
        version=res.VERSION,
        objects=tuple(objects),
        locked=f'{annotation("variables.old", res.LOCK)}.lowerAscii() == "true"',
        allowed=may,
        lock_message=(
            f"Kafka {where} is locked while Confluent for Kubernetes migrates it from ZooKeeper to KRaft (migration {migration_id}); only "
            f"{' and '.join(may)} may change its custom resources; ansible-playbook kafkaops.kraft.status shows how far it is"
        ),
        rules=(_keeps_flag(where, operators),),
    )


def _keeps_flag(where: str, operators: Sequence[str]) -> Rule:
    """Only the operator takes the flag out of the controllers' settings, which it does last."""
    has = "{}.?spec.?configOverrides.?server.orValue([]).exists(line, line.matches(" + cel(FLAG) + "))"
    expression = " || ".join(
        (
            'request.operation != "UPDATE"',
            f"request.resource.resource != {cel(res.CONTROLLER.plural)}",
            "variables.scales",
            f"request.userInfo.username in {cel(operators)}",
            f"!{has.format('variables.old')}",
            has.format("variables.new"),
        )
    )
    return Rule(
        expression,
        f"the controllers of Kafka {where} keep zookeeper.metadata.migration.enable=true until the operator takes it away at the end of the "
        "migration; without it they cannot go back to ZooKeeper",
    )
