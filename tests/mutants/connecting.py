# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes about which ZooKeeper it is, how long it may be silent, and whose turn it is."""

from __future__ import annotations

from tests.mutants.mutant import PLATFORM, ZOOKEEPER, Mutant, unit

DISCOVERY = unit("module_utils/_platform/_statefulset/test_discovery")
SESSION = unit("module_utils/_zookeeper/test_session")

CONNECTING = (
    Mutant(
        "StatefulSets with different ZooKeepers are one cluster",
        "6",
        PLATFORM + "_statefulset/discovery.py",
        "    if any(each not in one for each in parsed):\n",
        "    if False:\n",
        DISCOVERY,
    ),
    Mutant(
        "many reads share one deadline",
        "11",
        ZOOKEEPER + "session.py",
        "        silence.broken()\n        return answer\n",
        "        return answer\n",
        SESSION,
    ),
    Mutant(
        "a server that falls silent is waited for without end",
        "11",
        ZOOKEEPER + "session.py",
        "        return max(0.0, self._until - time.monotonic())\n",
        "        return max(5.0, self._until - time.monotonic())\n",
        SESSION,
    ),
)
