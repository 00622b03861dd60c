# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes of deploy.yml: volumes that are formatted or deleted, objects of others, brokers and nodes that go."""

from __future__ import annotations

from tests.mutants.mutant import ACTION, CORE, PLATFORM, Mutant, unit

OPERATIONS = "plugins/module_utils/_operations/"
_DEPLOY = unit("module_utils/_operations/test_deploy")
_ROLL = unit("module_utils/_operations/test_kraft_roll")
_START = unit("module_utils/_core/_deploy/test_start")
_CHANGES = unit("module_utils/_core/_deploy/test_changes")
_ACTION = unit("action/test_kraft_cluster")

DEPLOYING = (
    Mutant(
        "a cluster is made before its id is kept",
        "14",
        OPERATIONS + "deploy.py",
        "        self.there.keep(identity, objects.all_labels(self.wanted, BROKER))\n        done = self._write_objects(identity)\n",
        "        done = self._write_objects(identity)\n",
        _DEPLOY,
    ),
    Mutant(
        "volumes whose cluster is not known are taken for new ones",
        "14",
        OPERATIONS + "deploy.py",
        "        if claims or self.there.workloads:\n",
        "        if False:\n",
        _DEPLOY,
    ),
    Mutant(
        "a node that has lost its volume formats it by itself",
        "14",
        CORE + "_deploy/start.py",
        '        "    exit 1\\n"\n',
        '        "    :\\n"\n',
        _START,
    ),
    Mutant(
        "lost volumes of a majority are formatted",
        "14",
        OPERATIONS + "deploy.py",
        "            if nodes & voters and len(healthy) * 2 <= len(voters):\n",
        "            if False:\n",
        _DEPLOY,
    ),
    Mutant(
        "the lost volume of the last broker in an ISR is formatted",
        "14",
        OPERATIONS + "deploy.py",
        "state.isr and set(state.isr) <= brokers",
        "False",
        _DEPLOY,
    ),
    Mutant(
        "lost volumes are formatted without a leader that says who has what",
        "14",
        OPERATIONS + "deploy.py",
        "            if quorum.leader is None:\n",
        "            if False:\n",
        _DEPLOY,
    ),
    Mutant(
        "volumes are deleted without a confirmation",
        "14",
        ACTION + "kraft_cluster.py",
        "            if wrong:\n",
        "            if False:\n",
        _ACTION,
    ),
    Mutant(
        "an object of somebody else is taken for the new cluster's own",
        "6",
        PLATFORM + "_statefulset/deployment.py",
        "            if there is not None and not self._is_ours(there):\n",
        "            if False:\n",
        _DEPLOY,
    ),
    Mutant(
        "an object of the same name goes instead of the one that was read",
        "6",
        PLATFORM + "_statefulset/deployment.py",
        'uid=item["metadata"]["uid"])',
        'uid=self._client.get(kind, item["metadata"]["name"], self._namespace)["metadata"]["uid"])',
        _DEPLOY,
    ),
    Mutant(
        "brokers go that hold replicas",
        "14",
        OPERATIONS + "deploy.py",
        "            if held:\n",
        "            if False:\n",
        _DEPLOY,
    ),
    Mutant(
        "the number of voters is changed",
        "14",
        CORE + "_deploy/changes.py",
        "        if now != then:\n            what =",
        "        if False:\n            what =",
        _CHANGES,
    ),
    Mutant(
        "controllers are stopped before the brokers",
        "14",
        OPERATIONS + "deploy.py",
        "        for role in reversed(self._roles()):\n",
        "        for role in self._roles():\n",
        _DEPLOY,
    ),
    Mutant(
        "a broker in KRaft mode goes while a partition cannot spare it",
        "4",
        OPERATIONS + "kraft_roll.py",
        "        low = rolling.endangered(found, broker, tolerated)\n",
        "        low = []\n",
        _ROLL,
    ),
    Mutant(
        "a combined node goes while the quorum cannot spare it",
        "4",
        OPERATIONS + "kraft_roll.py",
        "            if self._votes(pod) and (why := cannot_spare(self.cluster, broker)):\n",
        "            if False:\n",
        _ROLL,
    ),
    Mutant(
        "the active controller of combined nodes does not go last",
        "4",
        OPERATIONS + "kraft_roll.py",
        "        return rolling.order(self._left, last)[0], len(self._left)\n",
        "        return rolling.order(self._left, None)[0], len(self._left)\n",
        _ROLL,
    ),
    Mutant(
        "a restarted broker is back before it is in every ISR",
        "4",
        OPERATIONS + "kraft_roll.py",
        "broker in state.replicas and broker not in state.isr",
        "False",
        _ROLL,
    ),
)
