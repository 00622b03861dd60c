# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Annotations and locks: what steers the operator, what stops it, and what nobody knows. Pure.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.job import progress_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.seen import Obj, Seen, where
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Enforced


def spelling(seen: Seen) -> Iterator[Finding]:
    """Annotations that look like one of the migration, are in the wrong place, or have a value of which nobody knows what it does."""
    for cr in _all(seen):
        name = f"{cr['kind']} {where(cr)}"
        said = [
            f"{key}, which the operator does not know; {meant} was probably meant: correct or remove it"
            for key, meant in res.near_misses(cr).items()
        ]
        said += [
            f"{key}, which the operator looks for on a {kind} only; put it there, or remove it"
            for key, kind in res.misplaced(cr).items()
        ]
        said += [
            f'{key} with the value {value!r}; no document says what the operator makes of it: write "true", or remove it'
            for key, value in res.odd_values(cr).items()
        ]
        if res.is_exactly_on(cr, res.FORCE_RECONCILE):
            said.append(f"{res.FORCE_RECONCILE}: it was left behind; remove it")
        for text in said:
            yield finding("operator-annotation", name, f"{name} has the annotation {text}")


def _all(seen: Seen) -> tuple[Obj, ...]:
    return (*seen.objects, *([seen.job] if seen.job is not None else []))


def paused(seen: Seen) -> Iterator[Finding]:
    """The operator would ignore one of them, or keep its pods asleep."""
    for cr in _all(seen):
        name = f"{cr['kind']} {where(cr)}"
        if res.may_be_on(cr, res.BLOCK_RECONCILE):
            yield finding(
                "operator-paused",
                name,
                f"{name} has the annotation {res.BLOCK_RECONCILE}: the operator ignores it, and the migration would stand still; remove it",
            )
        asleep = res.annotation(cr, res.MAINTENANCE)
        if asleep:
            yield finding(
                "operator-paused",
                name,
                f"{name} has the annotation {res.MAINTENANCE}: {asleep}, so that these pods do not run Kafka, and no roll gets past them; "
                "remove it and wait until they are Ready",
            )


def silent(seen: Seen) -> Iterator[Finding]:
    """CFK runs in this namespace, and none of its pods is Ready. That it has no pods here says nothing: it may run in another one."""
    if seen.operator_down:
        names = ", ".join(seen.operator_down)
        yield finding(
            "operator-silent",
            names,
            f"the operator's pods {names} are not Ready: nobody would answer the job; get the operator running first",
        )


def held(seen: Seen) -> Iterator[Finding]:
    """Before a job of this cluster nobody else's lock is on its custom resources."""
    for cr in seen.objects if seen.job is None else ():
        if not res.may_be_on(cr, res.LOCK):
            continue
        name = f"{cr['kind']} {where(cr)}"
        by = [job for job in seen.jobs if where(cr) in map(str, objects.dependencies(job).values())]
        if by:
            listed = ", ".join(f"{where(job)} (at {progress_of(job).where})" for job in by)
            text = f"of KRaftMigrationJob {listed}: let that end, then annotate it with {res.RELEASE}=true"
        else:
            text = (
                f"of a migration ({res.LOCK}), and no KRaftMigrationJob of the namespace {cr['metadata']['namespace']} names it: a job was deleted "
                "before it gave its locks back, or is in another namespace; make sure that no migration is under way, then remove that annotation"
            )
        yield finding("operator-locked", name, f"{name} has the lock {text}")


def lock_finding(seen: Seen, plan: Enforced) -> Finding:
    """CFK does not enforce its lock, or nobody may tell: whether ours will be."""
    said = (
        "neither a ValidatingAdmissionPolicy nor CFK's webhook enforces its lock on the custom resources"
        if seen.enforced is False
        else "it could not be read whether anything enforces CFK's lock on the custom resources"
    )
    ours = (
        f"this collection makes {plan.text} for it when it asks for the migration"
        if plan.policy
        else f"others can change or delete them during the migration, and no policy of this collection will be made: {plan.why}; keep "
        "pipelines and people away, or install the policy"
    )
    return finding("operator-lock-not-enforced", seen.name, f"{said}: {ours}")
