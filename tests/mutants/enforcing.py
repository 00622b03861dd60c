# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes about the policy by which the API server enforces the lock."""

from __future__ import annotations

from tests.mutants.mutant import ACT, ACTION, CORE, KUBERNETES, MIGRATION, PLATFORM, RUN, UTILS, Mutant, unit

POLICY_FILE = CORE + "_manifests/lock_policy.py"
OBJECTS_FILE = KUBERNETES + "policy_objects.py"
ENFORCEMENT_FILE = PLATFORM + "lock_enforcement.py"
CONFLUENT = PLATFORM + "_confluent/"
POLICY = unit("module_utils/_core/_manifests/test_lock_policy")
OBJECTS = unit("module_utils/_kubernetes/test_policy_objects")
ENFORCEMENT = unit("module_utils/_platform/_statefulset/test_enforcement")
OWN_LOCK = unit("module_utils/_platform/_confluent/test_own_lock")
CFK_CLUSTER = unit("module_utils/_platform/_confluent/test_cluster")
RUN_LED, SHOWS = unit("plugin_utils/test_run_led"), unit("plugin_utils/test_led_shows")
PREFLIGHT_ORDER = unit("module_utils/_migration/test_preflight_order")

ENFORCING = (
    Mutant(
        "a policy that only warns counts as CFK's",
        "6",
        CONFLUENT + "enforcement.py",
        '            if "Deny" in (item["spec"].get("validationActions") or [])\n            and _selects(',
        "            if _selects(",
        CFK_CLUSTER,
    ),
    Mutant(
        "any policy about the custom resources counts as CFK's",
        "6",
        CONFLUENT + "enforcement.py",
        '            and res.LOCK in json.dumps(item["spec"])\n',
        "",
        CFK_CLUSTER,
    ),
    Mutant(
        "an autoscaler scales locked brokers by the subresource",
        "6",
        POLICY_FILE,
        'for name in (each, f"{each}/scale")',
        "for name in (each,)",
        POLICY,
    ),
    Mutant(
        "who takes the lock off in the same request may change the object",
        "6",
        POLICY_FILE,
        '{"name": "old", "expression": "dyn(oldObject)"}',
        '{"name": "old", "expression": "dyn(object)"}',
        POLICY,
    ),
    Mutant(
        "a locked object may be deleted",
        "6",
        POLICY_FILE,
        '"operations": ["UPDATE", "DELETE"]',
        '"operations": ["UPDATE"]',
        POLICY,
    ),
    Mutant(
        "the policy is about any object of the namespace",
        "6",
        POLICY_FILE,
        '        f"oldObject.metadata.name == {cel(item.name)}"\n',
        '        "true"\n',
        POLICY,
    ),
    Mutant(
        "an expression that fails lets everybody in",
        "6",
        POLICY_FILE,
        '"failurePolicy": "Fail"',
        '"failurePolicy": "Ignore"',
        POLICY,
    ),
    Mutant(
        "a namespace with locked objects can never be deleted",
        "6",
        POLICY_FILE,
        '    "system:serviceaccount:kube-system:namespace-controller",\n',
        "",
        POLICY,
    ),
    Mutant(
        "somebody else's policy is overwritten",
        "6",
        OBJECTS_FILE,
        "            if item is not None and not self._is_ours(item):\n",
        "            if False:\n",
        OBJECTS,
    ),
    Mutant(
        "the policy of a cluster of the same name in another namespace is ours",
        "6",
        OBJECTS_FILE,
        " and labels_of(item).get(names.LABEL_NAMESPACE) == self._namespace",
        "",
        OBJECTS,
    ),
    Mutant(
        "any denial counts as the policy being in force",
        "6",
        OBJECTS_FILE,
        "                if in_force(digest) in error.message:\n",
        "                if error.message:\n",
        OBJECTS,
    ),
    Mutant(
        "the probe is carried out",
        "7",
        OBJECTS_FILE,
        "body, dry_run=True)",
        "body)",
        OBJECTS,
    ),
    Mutant(
        "a policy that somebody weakened stays so",
        "6",
        ENFORCEMENT_FILE,
        "                if says(found, wanted):\n",
        "                if wanted:\n",
        ENFORCEMENT,
    ),
    Mutant(
        "a migration begins without the policy that was asked for",
        "6",
        ENFORCEMENT_FILE,
        "        if made.why and self._mode == ADMISSION and not self.under_way():\n",
        "        if False:\n",
        ENFORCEMENT,
    ),
    Mutant(
        "a rollback is refused for want of a policy",
        "11",
        ENFORCEMENT_FILE,
        "        if self._mode != ADMISSION or self.under_way():\n",
        "        if self._mode != ADMISSION:\n",
        ENFORCEMENT,
    ),
    Mutant(
        "the missing policy is found out after the first write",
        "6",
        UTILS + "_run.py",
        "        self.cluster.driver.enforcement.check()\n",
        "",
        RUN,
    ),
    Mutant(
        "the lock is taken and not enforced",
        "6",
        UTILS + "_run.py",
        "            self._enforce()  # where",
        "            pass  # where",
        RUN,
    ),
    Mutant(
        "the lock goes before what enforces it",
        "6",
        PLATFORM + "_statefulset/driver_parts.py",
        "        removed = self._enforcement.remove()\n        return locks.release(self._cluster, over=over) or removed\n",
        "        released = locks.release(self._cluster, over=over)\n        return self._enforcement.remove() or released\n",
        ENFORCEMENT,
    ),
    Mutant(
        "a policy that cannot be removed is left behind without a word",
        "6",
        ENFORCEMENT_FILE,
        "            if not self._noted:\n                return False\n            raise self._stays(error) from error\n",
        "            return False\n",
        ENFORCEMENT,
    ),
    Mutant(
        "the flag may go from the start",
        "1",
        PLATFORM + "_statefulset/lock_rules.py",
        "        rules=() if opened else (",
        "        rules=() if not opened else (",
        ENFORCEMENT,
    ),
    Mutant(
        "a policy that was opened by a run that was killed stays open",
        "1",
        PLATFORM + "_statefulset/enforcement.py",
        '        return controllers.stage_of(self._cluster) == "final"\n',
        "        return True\n",
        ENFORCEMENT,
    ),
    Mutant(
        "the gates are not asked again after the policy was opened",
        "1",
        ACTION + "kraft_controller.py",
        "are of right before the write\n                gates.require(cluster)\n",
        "are of right before the write\n",
        ACT["kraft_controller"],
    ),
    Mutant(
        "unlock.yml leaves the policy of a run that was killed",
        "6",
        ACTION + "migration_lock.py",
        "        if not held and who is None and not left:\n",
        "        if not held and who is None:\n",
        RUN,
    ),
    Mutant(
        "preflight does not say that the policy that was asked for cannot be made",
        "6",
        MIGRATION + "preflight.py",
        "    found += cluster.driver.enforcement.findings()\n",
        "",
        PREFLIGHT_ORDER,
    ),
    Mutant(
        "the operator is locked out of its custom resources",
        "11",
        CONFLUENT + "own_lock.py",
        "        if not self._operators():\n",
        "        if False:\n",
        OWN_LOCK,
    ),
    Mutant(
        "a policy of ours counts as the operator's",
        "6",
        CONFLUENT + "enforcement.py",
        " and labels_of(item).get(names.MANAGED_BY) != names.MANAGER",
        "",
        CFK_CLUSTER,
    ),
    Mutant(
        "a policy for another namespace counts as this one's",
        "6",
        CONFLUENT + "enforcement.py",
        "    return bool(named == namespace) and all(\n",
        "    return all(\n",
        CFK_CLUSTER,
    ),
    Mutant(
        "others than the operator take the flag from its controllers",
        "1",
        CONFLUENT + "lock_rules.py",
        "        rules=(_keeps_flag(where, operators),),\n",
        "        rules=(_keeps_flag(where, may),),\n",
        OWN_LOCK,
    ),
    Mutant(
        "the operator is asked before its lock is enforced",
        "6",
        CONFLUENT + "driver.py",
        "        written = self._enforce()\n",
        "        written: list[str] = []\n",
        OWN_LOCK,
    ),
    Mutant(
        "a policy of ours outlives the operator's lock",
        "6",
        CONFLUENT + "driver.py",
        "if self.enforcement.remove() else []",
        "if self.enforcement.exists() else []",
        OWN_LOCK,
    ),
    Mutant(
        "whoever goes on where an operator leads is denied by the policy of the first",
        "6",
        UTILS + "_run.py",
        "        if not self.leads or (journal.lock_policy and self.led.driver.locked()):\n",
        "        if not self.leads:\n",
        RUN_LED,
    ),
    Mutant(
        "unlock.yml leaves the policy where an operator leads",
        "6",
        UTILS + "_led_shows.py",
        "        if who is None and not policy:\n",
        "        if who is None:\n",
        SHOWS,
    ),
)
