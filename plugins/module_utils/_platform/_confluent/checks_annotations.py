# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Annotations and locks: what steers the operator, what stops it, and what nobody knows. Pure.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.seen import Seen, where


def annotations(seen: Seen) -> Iterator[Finding]:
    """Annotations that look like one of the migration, which the operator does not know."""
    for cr in (*seen.objects, *([seen.job] if seen.job is not None else [])):
        for key, meant in res.near_misses(cr).items():
            yield finding(
                "operator-annotation",
                f"{cr['kind']} {where(cr)}",
                f"{cr['kind']} {where(cr)} has the annotation {key}, which the operator does not know; {meant} was probably meant",
            )
        for key in (res.BLOCK_RECONCILE, res.FORCE_RECONCILE):
            if res.is_on(cr, key):
                yield finding(
                    "operator-annotation",
                    f"{cr['kind']} {where(cr)}",
                    f"{cr['kind']} {where(cr)} has the annotation {key}: {'the operator ignores it' if key == res.BLOCK_RECONCILE else 'it was left behind'}; "
                    "remove it",
                )


def lock(seen: Seen) -> Iterator[Finding]:
    """Whether the operator's lock keeps anybody out."""
    if seen.enforced is True:
        return
    said = (
        "neither a ValidatingAdmissionPolicy nor CFK's webhook enforces its lock on the custom resources"
        if seen.enforced is False
        else "it could not be read whether anything enforces CFK's lock on the custom resources"
    )
    yield finding(
        "operator-lock-not-enforced",
        seen.name,
        f"{said}: others can change or delete them during the migration; keep pipelines and people away, or install the policy",
    )
