# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes about what has to be right before anything is made or restarted."""

from __future__ import annotations

from tests.mutants.mutant import CORE, PLATFORM, Mutant, unit

MANIFESTS = CORE + "_manifests/"
BROKER_CHECKS = unit("module_utils/_platform/_statefulset/test_broker_checks")


def _manifests(name: str) -> tuple[str, ...]:
    return unit(f"module_utils/_core/_manifests/test_{name}")


PREPARING = (
    Mutant(
        "pods of an older revision are no finding",
        "6",
        MANIFESTS + "rollout.py",
        "        if revision != wanted:\n",
        "        if False:\n",
        _manifests("rollout"),
    ),
    Mutant(
        "the status of an older template counts",
        "6",
        MANIFESTS + "rollout.py",
        'if not wanted or status.get("observedGeneration") != metadata.get("generation"):',
        "if not wanted:",
        _manifests("rollout"),
    ),
    Mutant(
        "rollouts are not looked at",
        "6",
        PLATFORM + "_statefulset/broker_checks.py",
        "    return [*rollouts(cluster), *budgets(cluster), *data(cluster)]",
        "    return [*budgets(cluster), *data(cluster)]",
        BROKER_CHECKS,
    ),
    Mutant(
        "an emptyDir counts as kept",
        "4",
        MANIFESTS + "broker_data.py",
        '_GONE = ("emptyDir", ',
        "_GONE = (",
        _manifests("broker_data"),
    ),
    Mutant(
        "data in the container's file system counts as kept",
        "4",
        MANIFESTS + "broker_data.py",
        "        if kind in _GONE or not kind:\n",
        "        if kind in _GONE:\n",
        _manifests("broker_data"),
    ),
    Mutant(
        "the dry run of the controllers' objects makes them",
        "7",
        PLATFORM + "_statefulset/controller_checks.py",
        "self.cluster.client.create(kind, body, self.cluster.namespace, dry_run=True)",
        "self.cluster.client.create(kind, body, self.cluster.namespace)",
        unit("module_utils/_platform/_statefulset/test_controller_checks"),
    ),
    Mutant(
        "what the API server refuses in a dry run is passed by",
        "11",
        PLATFORM + "_statefulset/controller_checks.py",
        '            if error.detail.get("status") not in (400, 403, 422):\n',
        '            if error.detail.get("status") in (400, 403, 422):\n                return [], None\n            if True:\n',
        unit("module_utils/_platform/_statefulset/test_controller_checks"),
    ),
    Mutant(
        "a controllers' Service stays when their StatefulSet is refused",
        "11",
        PLATFORM + "_statefulset/controllers.py",
        "        cluster.client.create(kind, body, cluster.namespace, dry_run=True)\n",
        "        pass\n",
        unit("module_utils/_platform/_statefulset/test_controller_checks"),
    ),
    Mutant(
        "a policy that shuts a way is not seen",
        "11",
        MANIFESTS + "network.py",
        '        limiting.append(str(policy["metadata"]["name"]))\n',
        "        pass\n",
        _manifests("network"),
    ),
    Mutant(
        "credentials that do not come along are left out in silence",
        "11",
        MANIFESTS + "jvm_files.py",
        "        elif lacking and _ESSENTIAL.match(word):\n",
        "        elif False:\n",
        _manifests("jvm_files"),
    ),
    Mutant(
        "two budgets for one pod are fine",
        "4",
        MANIFESTS + "budgets.py",
        "        if len(names) > 1:\n",
        "        if False:\n",
        _manifests("budgets"),
    ),
)
