# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a KRaftController of the user's own fits its Kafka cluster. Pure.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import acceptance
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.cfk_versions import needs_log4j1
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.seen import Obj, Seen, where


def ids(seen: Seen) -> Iterator[Finding]:
    """No controller has the node id of a broker."""
    if seen.controller is None:
        return
    try:
        both = set(objects.ids_of(seen.kafka)) & set(objects.ids_of(seen.controller))
    except Unsupported as error:
        yield finding(error.code, seen.name, error.message)
        return
    if both:
        yield finding(
            "controller-id-clash",
            where(seen.controller),
            f"KRaftController {where(seen.controller)} and Kafka {seen.name} would share the node ids {sorted(both)}; set another "
            f"{res.ID_OFFSET} on the KRaftController",
        )


def controller(seen: Seen) -> Iterator[Finding]:
    """A KRaftController of the user's own fits, and is held."""
    cr = seen.controller
    if cr is None or seen.job is not None:
        return
    name = where(cr)
    status = cr.get("status") or {}
    if not res.is_exactly_on(cr, res.HOLD):
        runs = int(status.get("readyReplicas") or 0)
        has = f" (it says {res.annotation(cr, res.HOLD)!r})" if res.annotation(cr, res.HOLD) else ""
        yield finding(
            "controller-manifest",
            name,
            f'KRaftController {name} lacks the annotation {res.HOLD}: "true"{has}'
            + (f" and runs {runs} controllers already; delete it with its volumes and" if runs else ";")
            + " make it again with the annotation",
        )
    wanted = str((cr.get("spec") or {}).get("clusterID") or "")
    if wanted and wanted != (seen.cluster_id or wanted):
        yield finding(
            "cluster-id-mismatch",
            name,
            f"KRaftController {name} has spec.clusterID {wanted}, the cluster's id is {seen.cluster_id}; the field cannot be changed: make the "
            "KRaftController again without it",
        )
    if needs_log4j1(seen.kafka, seen.operator) and not res.is_exactly_on(cr, res.LOG4J1):
        yield finding(
            "controller-manifest",
            name,
            f'KRaftController {name} lacks the annotation {res.LOG4J1}: "true", without which images of Confluent Platform 7.x do not start '
            "under CFK 3.x",
        )
    replicas = int((cr.get("spec") or {}).get("replicas", 3))
    if replicas not in (3, 5):
        yield finding(
            "controller-differs",
            name,
            f"KRaftController {name} has {replicas} replicas; 3 or 5 survive the loss of one",
        )


def unused(seen: Seen, there: Iterable[Obj], planned: str) -> Iterator[Finding]:
    """KRaftControllers that wait for a job which none names, while another one would be made: a name may be misspelt."""
    named = {str(objects.dependencies(job)["kRaftController"]) for job in seen.jobs}
    for cr in there:
        if res.is_on(cr, res.HOLD) and where(cr) not in named:
            name = cr["metadata"]["name"]
            yield finding(
                "operator-controller-unused",
                where(cr),
                f"KRaftController {where(cr)} is held and no KRaftMigrationJob names it, and KRaftController {planned} will be made for Kafka "
                f"{seen.name}; if the one that is there is meant for it, set kraft_controller_name to {name}",
            )


def super_users(seen: Seen) -> Iterator[Finding]:
    """RBAC: who is a super user of the brokers has to be one of the controllers."""
    if seen.controller is None:
        return
    of_kafka, of_controller = (_authorization(cr) for cr in (seen.kafka, seen.controller))
    if of_kafka.get("type") != "rbac":
        return
    theirs, ours = set(of_kafka.get("superUsers") or []), set(of_controller.get("superUsers") or [])
    missing = sorted(theirs ^ ours)
    if missing:
        accept = acceptance(seen.name, "operator-super-users")
        yield finding(
            "operator-super-users",
            where(seen.controller),
            f"{', '.join(missing)} is a super user of only one of Kafka {seen.name} and KRaftController {where(seen.controller)}; with RBAC the "
            f"principal by which controllers reach MDS has to be one of both, or they do not become ready; add it, or accept the difference with {accept}",
        )


def _authorization(cr: Obj) -> Obj:
    return (cr.get("spec") or {}).get("authorization") or {}
