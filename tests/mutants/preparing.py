# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes about what has to be right before anything is made or restarted."""

from __future__ import annotations

from tests.mutants.mutant import (
    ACT,
    ACTION,
    CHECKS,
    CORE,
    MIGRATION,
    PLATFORM,
    PREFLIGHT,
    Mutant,
    unit,
)

MANIFESTS = CORE + "_manifests/"
ORDER = unit("module_utils/_migration/test_preflight_order")
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
    Mutant(
        "a stale /migration is accepted",
        "3",
        CORE + "checks.py",
        "    if view.migration is not None and view.migration.offset > 0:\n",
        "    if False:\n",
        CHECKS,
    ),
    Mutant(
        "a /controller that KRaft left is accepted",
        "3",
        CORE + "checks.py",
        "    if view.controller is not None and view.controller.is_kraft:\n",
        "    if False:\n",
        CHECKS,
    ),
    Mutant(
        "old volumes of controllers are accepted",
        "3",
        CORE + "checks.py",
        "    if volumes:\n",
        "    if False:\n",
        CHECKS,
    ),
    Mutant(
        "leftovers do not stop the controllers",
        "3",
        PLATFORM + "_statefulset/volumes.py",
        "            raise Refused(item.sentence, code=item.code)\n",
        "            continue\n",
        PREFLIGHT,
    ),
    Mutant(
        "controllers start without a look at leftovers",
        "3",
        ACTION + "kraft_controller.py",
        '        if stage != "final":\n            _refuse_leftovers(cluster, begun=now == stage)\n',
        "",
        ACT["kraft_controller"],
    ),
    Mutant(
        "controllers that lost their volumes start beside /migration",
        "3",
        ACTION + "kraft_controller.py",
        "    if not begun or not (controllers.claims() or cluster.driver.checks.claims()):\n",
        "    if not begun:\n",
        ACT["kraft_controller"],
    ),
    Mutant(
        "a budget that never allows an eviction is fine",
        "4",
        MANIFESTS + "budgets.py",
        "        if covered and _never_allows(budget, expected):\n",
        "        if False:\n",
        _manifests("budgets"),
    ),
    Mutant(
        "budgets are not looked at",
        "4",
        PLATFORM + "_statefulset/broker_checks.py",
        "    return [*rollouts(cluster), *budgets(cluster), *data(cluster)]",
        "    return [*rollouts(cluster), *data(cluster)]",
        BROKER_CHECKS,
    ),
    Mutant(
        "what keeps a mesh's proxy away from brokers does not come along",
        "11",
        MANIFESTS + "controller_pod.py",
        "if (kept := mesh_marks(marks.get(key)))}",
        "if (kept := mesh_marks({}))}",
        (*_manifests("controllers"), *_manifests("controller_pod")),
    ),
    *(
        Mutant(f"preflight leaves out {what}", rule, MIGRATION + "preflight.py", line + "\n", "", ORDER)
        for what, rule, line in (
            ("controllers that lost their flag", "2", "    found += migration_flag.findings(cluster)"),
            ("whose objects these are", "6", "    found += cluster.driver.checks.objects()"),
            ("brokers that are not ours, or not there", "5", "    found += broker_findings(cluster)"),
            ("rollouts, budgets and data", "4", "    found += cluster.driver.checks.workloads()"),
            (
                "a rollback that has not ended",
                "10",
                '    found += [finding("rollback-pending", "brokers", left)] if left else []',
            ),
            ("versions", "8", '    found += version_findings(cluster, "brokers")'),
            ("settings", "8", "    found += settings_findings(cluster)"),
            ("the controllers", "11", "    found += cluster.driver.checks.controllers()"),
            ("the tool of the rollback", "9", "    found += tool_findings(cluster)"),
            ("termination", "4", "    found += cluster.driver.checks.termination()"),
        )
    ),
    Mutant(
        "preflight leaves out what ZooKeeper holds",
        "3",
        MIGRATION + "preflight.py",
        "        found += zookeeper_findings(cluster)\n",
        "        pass\n",
        ORDER,
    ),
)
