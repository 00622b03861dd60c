# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes of the check of a cluster: what it takes away, what it leaves behind, what it passes for served and recovered."""

from __future__ import annotations

from tests.mutants.mutant import ACTION, BASE, CORE, PLATFORM, UTILS, Mutant, unit

OPERATIONS = "plugins/module_utils/_operations/"
_CORE = unit("module_utils/_core/test_cluster_check")
_CHECK = unit("module_utils/_operations/test_cluster_check")
_DISRUPTION = unit("module_utils/_operations/test_disruption")
_SERVING = unit("module_utils/_operations/test_serving")
_DRIVERS = {
    name: unit(f"module_utils/_platform/_{name}/test_driver") for name in ("statefulset", "confluent", "strimzi")
}

CHECKING = (
    # what is taken away
    *(
        Mutant(
            f"a pod of the same name goes instead of the one that was read ({name})",
            "13",
            f"{PLATFORM}_{name}/driver.py",
            "self._cluster.client.delete(POD, pod, self._cluster.namespace, uid=uid)",
            'self._cluster.client.delete(POD, pod, self._cluster.namespace, uid=self._cluster.pods[pod]["metadata"]["uid"])',
            _DRIVERS[name],
        )
        for name in ("confluent", "strimzi")
    ),
    Mutant(
        "whether the cluster can spare a broker is not looked at right before the deletion",
        "13",
        OPERATIONS + "disruption.py",
        "        cluster = self.cluster\n        self.refuse(broker)\n",
        "        cluster = self.cluster\n",
        _DISRUPTION,
    ),
    Mutant(
        "a broker goes that a partition needs for min.insync.replicas",
        "13",
        CORE + "cluster_check.py",
        "    low = rolling.endangered(partitions, broker)\n",
        "    low: list[Partition] = []\n",
        _CORE,
    ),
    Mutant(
        "a broker goes while a partition lacks another replica",
        "13",
        OPERATIONS + "disruption.py",
        "        return cluster.driver.unsettled() or cluster_check.not_complete(self._read())\n",
        "        return cluster.driver.unsettled()\n",
        _DISRUPTION,
    ),
    Mutant(
        "a broker goes while somebody is at work on the pods",
        "13",
        OPERATIONS + "disruption.py",
        "        return cluster.driver.unsettled() or cluster_check.not_complete(self._read())\n",
        "        return cluster_check.not_complete(self._read())\n",
        _DISRUPTION,
    ),
    Mutant(
        "one of two brokers goes",
        "13",
        OPERATIONS + "disruption.py",
        "        if len(cluster.facts) < cluster_check.ENOUGH:\n",
        "        if False:\n",
        _DISRUPTION,
    ),
    Mutant(
        "a broker goes that the quorum needs for its majority",
        "13",
        OPERATIONS + "disruption.py",
        "        if rolling.quorum_survives(seen.voters, ready, broker):\n",
        "        if True:\n",
        _DISRUPTION,
    ),
    Mutant(
        "a budget that allows no disruption is passed by",
        "13",
        CORE + "_manifests/budgets.py",
        '        if not status.get("disruptionsAllowed", 0):\n',
        "        if False:\n",
        unit("module_utils/_core/_manifests/test_budgets"),
    ),
    Mutant(
        "an operator that is at work rests",
        "13",
        PLATFORM + "led.py",
        "    rests = not seen.started or seen.complete",
        "    rests = True or seen.complete",
        _DRIVERS["strimzi"],
    ),
    Mutant(
        "a pod that would come back from another template goes",
        "13",
        PLATFORM + "_statefulset/driver.py",
        "        if older:\n",
        "        if False:\n",
        _DRIVERS["statefulset"],
    ),
    Mutant(
        "tools run in the pod that is deleted",
        "13",
        OPERATIONS + "own_topic.py",
        "            if pod != self.avoided and pod in",
        "            if pod in",
        unit("module_utils/_operations/test_own_topic"),
    ),
    Mutant(
        "a broker goes without the Lease",
        "13",
        ACTION + "cluster_check_info.py",
        'return needed(plan) if run.params["disrupt"] else to_follow(plan)',
        "return to_follow(plan)",
        unit("action/test_cluster_check_info"),
    ),
    Mutant(
        "a check locks the cluster as a migration does",
        "13",
        UTILS + "_base.py",
        "        if _migrates(step):\n            run.ensure_lock()\n",
        "        run.ensure_lock()\n",
        BASE,
    ),
    # what is left behind
    Mutant(
        "a check that fails leaves its topic",
        "13",
        OPERATIONS + "own_topic.py",
        "        except KraftError as error:\n            left = self._remove()\n",
        '        except KraftError as error:\n            left = ""\n',
        _CHECK,
    ),
    Mutant(
        "a check that is stopped does not begin the removal of its topic",
        "13",
        OPERATIONS + "own_topic.py",
        "                broker.remove(self.name, HURRY)\n",
        "                pass\n",
        _CHECK,
    ),
    Mutant(
        "a mistake of ours leaves the topic",
        "13",
        OPERATIONS + "own_topic.py",
        "        except BaseException:\n            left = self._remove()\n",
        '        except BaseException:\n            left = ""\n',
        _CHECK,
    ),
    Mutant(
        "a topic that is still there counts as removed",
        "13",
        OPERATIONS + "own_topic.py",
        '                until(self._still_there, min(APPEARS, self._cluster.params["wait_timeout"]), self._progress, LEFT)\n',
        "",
        _CHECK,
    ),
    Mutant(
        "a topic is made that could not be removed",
        "13",
        OPERATIONS + "cluster_check.py",
        '        if not is_true(self._cluster.effective, "delete.topic.enable", True):\n',
        "        if False:\n",
        _CHECK,
    ),
    # what passes
    Mutant(
        "records are not compared",
        "13",
        CORE + "cluster_check.py",
        "    return sorted(acks.values - set(read),",
        "    return sorted(set(read) - set(read),",
        _CORE,
    ),
    Mutant(
        "records that are not acknowledged pass",
        "13",
        CORE + "cluster_check.py",
        "    if len(acks.values) >= records:\n",
        "    if True:\n",
        _CORE,
    ),
    Mutant(
        "an ISR that lacks somebody else as well has shrunk as it should",
        "13",
        CORE + "cluster_check.py",
        "    return set(now.isr) == others and now.leader in others\n",
        "    return set(now.isr) <= others and now.leader in others\n",
        _CORE,
    ),
    Mutant(
        "an ISR that did not move yet counts as one that is complete again",
        "13",
        CORE + "cluster_check.py",
        "now.epoch >= was.epoch + 2",
        "now.epoch >= was.epoch",
        _CORE,
    ),
    Mutant(
        "only the topic of the check has to be in sync again",
        "13",
        OPERATIONS + "disruption.py",
        "            return cluster_check.not_complete(found)\n",
        "            return cluster_check.not_complete({name: each for name, each in found.items() if name[0] == self.topic})\n",
        _DISRUPTION,
    ),
    Mutant(
        "another broker in the pod counts as the one that went",
        "13",
        OPERATIONS + "disruption.py",
        "            if now == broker:\n",
        "            if True:\n",
        _DISRUPTION,
    ),
    Mutant(
        "a voter that does not answer counts as one that has caught up",
        "13",
        OPERATIONS + "serving.py",
        "set(seen.voters) - caught_up(seen.quorum)",
        "set(seen.quorum.voters) - caught_up(seen.quorum)",
        _SERVING,
    ),
)
