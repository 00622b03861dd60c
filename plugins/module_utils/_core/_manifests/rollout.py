# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pods that do not run their StatefulSet's template: a roll of ours would ship somebody else's change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding

#: label of a pod: the ControllerRevision that the StatefulSet controller made it from
REVISION_LABEL = "controller-revision-hash"


def pending_rollout(statefulset: Mapping[str, Any], pods: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Return a finding when pods of a StatefulSet run another revision than its template (``rollout-pending``).

    Meant for a StatefulSet that no migration has written yet: later, older pods are those that a roll has still to restart.
    """
    metadata, status = statefulset["metadata"], statefulset.get("status") or {}
    name = str(metadata["name"])
    wanted = status.get("updateRevision")
    if not wanted or status.get("observedGeneration") != metadata.get("generation"):
        return [
            finding(
                "rollout-pending",
                name,
                f"the status of StatefulSet {name} is older than its template, so it is not known which pods run an older template; "
                "run again once the StatefulSet controller has caught up",
            )
        ]
    older: dict[str, list[str]] = {}
    for pod in pods:
        revision = str((pod["metadata"].get("labels") or {}).get(REVISION_LABEL, "unknown"))
        if revision != wanted:
            older.setdefault(revision, []).append(str(pod["metadata"]["name"]))
    if not older:
        return []
    listed = "; ".join(f"{', '.join(sorted(names))} at {revision}" for revision, names in sorted(older.items()))
    return [
        finding(
            "rollout-pending",
            name,
            f"pods of StatefulSet {name} do not run its template (revision {wanted}): {listed}; the first roll of the migration would ship "
            f"that change too. {_advice(statefulset['spec'].get('updateStrategy') or {})}, or restore the old template",
        )
    ]


def _advice(strategy: Mapping[str, Any]) -> str:
    if strategy.get("type") == "OnDelete":
        return "Finish that rollout first: with update strategy OnDelete these pods must be deleted by hand, one by one"
    partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    if partition:
        return f"Finish that rollout first: spec.updateStrategy.rollingUpdate.partition is {partition}, set it to 0"
    return "Wait for that rollout, or find out why it does not end (kubectl rollout status)"
