# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the API server is to enforce for plain StatefulSets: the lock, and the migration flag of the controllers. Pure.

Private to the collection. The settings of a stage are an immutable ConfigMap or Secret that the template names, and the template has the
stage: a template at stage ``migrating`` that keeps the stage and that object keeps the flag. The object itself is locked by its labels,
since an immutable one can be deleted and made anew.
"""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import CONFIG_VOLUME
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.lock_policy import (
    Locked,
    LockPolicy,
    Rule,
    annotation,
    cel,
    labelled,
)


def policy(
    namespace: str,
    cluster: str,
    brokers: Sequence[str],
    controllers: str,
    *,
    account: str,
    allowed: Sequence[str],
    migration_id: str,
    opened: bool,
) -> LockPolicy:
    """The policy of one cluster.

    :param brokers: names of the brokers' StatefulSets.
    :param controllers: name of the controllers' StatefulSet, which may not exist yet.
    :param account: the user that this collection runs as.
    :param opened: whether the migration flag may go: every gate of finalize was open.
    """
    where = f"{namespace}/{cluster}"
    may = " and ".join([account, *allowed])
    return LockPolicy(
        namespace=namespace,
        cluster=cluster,
        group="apps",
        version="v1",
        objects=tuple(Locked("statefulsets", namespace, name) for name in (*brokers, controllers)),
        locked=f'{annotation("variables.old", names.LOCK)} != ""',
        allowed=(account, *allowed),
        lock_message=(
            f"Kafka cluster {where} is locked while it is migrated from ZooKeeper to KRaft (migration {migration_id}); only {may} may change "
            "its StatefulSets; ansible-playbook kafkaops.kraft.status shows how far it is"
        ),
        rules=() if opened else (_keeps_flag(where, controllers, account),),
        also=tuple(
            labelled(resource, {names.LABEL_CLUSTER: cluster, names.LABEL_ROLE: names.ROLE_CONTROLLER})
            for resource in ("configmaps", "secrets")
        ),
    )


def _keeps_flag(where: str, controllers: str, account: str) -> Rule:
    """Nobody takes the flag out of the controllers' template; only this collection names other settings in it."""
    stage = "{}.?spec.?template.?metadata.?annotations[?" + cel(names.STAGE) + '].orValue("")'
    mounted = (
        "{}.?spec.?template.?spec.?volumes.orValue([])"
        f".filter(v, v.name == {cel(CONFIG_VOLUME)})"
        '.map(v, v.?configMap.?name.orValue("") + "/" + v.?secret.?secretName.orValue(""))'
    )
    old, new = "variables.old", "variables.new"
    ours = f"request.userInfo.username == {cel(account)}"
    expression = " || ".join(
        (
            'request.operation != "UPDATE"',
            'request.resource.resource != "statefulsets"',
            "variables.scales",
            f"{old}.metadata.name != {cel(controllers)}",
            f'{stage.format(old)} != "migrating"',
            f'({stage.format(new)} == "migrating" && ({ours} || {mounted.format(new)} == {mounted.format(old)}))',
        )
    )
    return Rule(
        expression,
        f"the controllers of Kafka cluster {where} keep zookeeper.metadata.migration.enable=true until finalize.yml takes it away, which "
        "cannot be undone; kafkaops.kraft.finalize with kraft_confirm does it once every gate is open",
    )
