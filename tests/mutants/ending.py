# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes at the end of a way: what is handed back to Kubernetes, what is deleted, and what is proved before the lock goes."""

from __future__ import annotations

from tests.mutants.mutant import ACT, ACTION, MIGRATION, PLATFORM, ROLLBACK_PLAN, WRITES, Mutant, unit

PROOF = unit("module_utils/_migration/test_rollback_proof")

ENDING = (
    Mutant(
        "a partition is put back while pods below it are made from the template of before",
        "4",
        PLATFORM + "_statefulset/writes.py",
        "    if _partition(strategy):\n",
        "    if False:\n",
        WRITES,
    ),
    Mutant(
        "what is half put back is taken for the user's own strategy",
        "9",
        PLATFORM + "_statefulset/writes.py",
        "        if _partition(strategy) or not _partition(",
        "        if True or not _partition(",
        WRITES,
    ),
    Mutant(
        "RollingUpdate is restored while a pod has an older revision",
        "4",
        PLATFORM + "_statefulset/writes.py",
        "        return Verdict(not reason, reason)\n",
        "        return Verdict(True, reason)\n",
        WRITES,
    ),
    Mutant(
        "a ConfigMap that a pod still mounts is deleted",
        "9",
        PLATFORM + "_statefulset/stage_objects.py",
        "(*templates, *pods)",
        "templates",
        ROLLBACK_PLAN,
    ),
    Mutant(
        "ConfigMaps of controllers that exist are deleted",
        "9",
        PLATFORM + "_statefulset/stage_objects.py",
        'item["spec"]["template"] for item in locks.managed(cluster)]',
        'item["spec"]["template"] for item in cluster.statefulsets]',
        ROLLBACK_PLAN,
    ),
    Mutant(
        "Secrets of controllers that exist are deleted",
        "9",
        PLATFORM + "_statefulset/stage_objects.py",
        "    needed = {name for item in locks.managed(cluster) for name",
        "    needed = {name for item in cluster.statefulsets for name",
        ROLLBACK_PLAN,
    ),
    Mutant(
        "a Secret that a pod still mounts is deleted",
        "9",
        PLATFORM + "_statefulset/stage_objects.py",
        "    return [name for name in found if name not in used]\n",
        "    del used\n    return found\n",
        ROLLBACK_PLAN,
    ),
    Mutant(
        "settings of stages are deleted while a pod may still be made from an older revision",
        "9",
        ACTION + "migration_journal.py",
        "        cluster.driver.restore_rolls(run.progress)\n        deleted = cluster.driver.delete_settings()\n",
        "        deleted = cluster.driver.delete_settings()\n        cluster.driver.restore_rolls(run.progress)\n",
        ACT["migration_journal"],
    ),
    Mutant(
        "nothing is proved at the end of the rollback",
        "3",
        ACTION + "migration_journal.py",
        "        proof = rollback_proof.prove(cluster)\n",
        "        proof = []\n",
        ACT["migration_journal"],
    ),
    Mutant(
        "the lock is released before the proof",
        "11",
        ACTION + "migration_journal.py",
        "        proof = rollback_proof.prove(cluster)\n",
        "        locks.release(cluster)\n        proof = rollback_proof.prove(cluster)\n",
        ACT["migration_journal"],
    ),
    Mutant(
        "a ConfigMap of the user's goes with those of the stages",
        "6",
        PLATFORM + "_statefulset/stage_objects.py",
        "        ours = labels.get(names.MANAGED_BY) == names.MANAGER and labels",
        "        ours = labels",
        ROLLBACK_PLAN,
    ),
    *(
        Mutant(f"{what} counts as gone at the end of a rollback", "3", MIGRATION + "rollback_proof.py", old, new, PROOF)
        for what, old, new in (
            ("/migration that is left", '[] if heads.migration_node is None else ["/migration"]', "[]"),
            (
                "/controller that no broker holds",
                '[] if held is not None and not held.is_kraft and held.ephemeral else ["/controller"]',
                "[]",
            ),
            (
                "a controller that is left",
                "            [*driver.controllers.pods(), *driver.controllers.left()],",
                "            [],",
            ),
            ("a volume that is left", "            list(driver.controllers.claims()),", "            [],"),
            ("a pod with settings of a stage", ", *driver.brokers.outdated()],", "],"),
            (
                "a broker in another mode",
                "        [pod for pod, mode in cluster.modes.items() if mode != state.MODE_ZOOKEEPER],",
                "        [],",
            ),
            (
                "a broker that could not be read",
                "        if isinstance(facts, Unknown) or facts.metadata_logs\n",
                "        if not isinstance(facts, Unknown) and facts.metadata_logs\n",
            ),
        )
    ),
)
