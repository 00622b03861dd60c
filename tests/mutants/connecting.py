# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes about which ZooKeeper it is, how long it may be silent, and whose turn it is."""

from __future__ import annotations

from tests.mutants.mutant import CLUSTER, HANDOVER, KUBERNETES, PLATFORM, ZOOKEEPER, Mutant, one, unit

DISCOVERY = unit("module_utils/_platform/_statefulset/test_discovery")
SESSION = unit("module_utils/_zookeeper/test_session")

ROUTE = unit("module_utils/_cluster/test_zookeeper_route")
LEASE = "module_utils/_kubernetes/test_lease"

CONNECTING = (
    Mutant(
        "a holder whose clock is slow is robbed",
        "6",
        KUBERNETES + "lease.py",
        "            left = 0.0 if self._is_free(spec) else",
        "            left = 0.0 if self._is_free(spec) or _seems_over(spec) else",
        one(LEASE, "test_an_alien_that_renews_is_not_overtaken"),
    ),
    Mutant(
        "a Lease that is renewed is taken all the same",
        "6",
        KUBERNETES + "lease.py",
        "        if spec != self._spec:\n",
        "        if self._spec is None:\n",
        one(LEASE, "test_an_alien_that_renews_is_not_overtaken"),
    ),
    Mutant(
        "a holder stops later than another may take over",
        "6",
        KUBERNETES + "lease.py",
        "RENEW_DEADLINE = 80.0\n",
        "RENEW_DEADLINE = 100.0\n",
        one(LEASE, "test_a_holder_stops_before_another_may_take_over_and_not_before_other_requests_give_up"),
    ),
    Mutant(
        "a renewal that hangs keeps the run alive",
        "6",
        KUBERNETES + "lease.py",
        "            if clock() - self._renewed >= RENEW_DEADLINE:\n",
        "            if False:\n",
        one(LEASE, "test_a_renewal_that_hangs_is_not_waited_for"),
    ),
    Mutant(
        "a Lease of somebody else is taken for its name",
        "6",
        KUBERNETES + "lease.py",
        "        if held is not None and any(labels.get(key)",
        "        if held is not None and False and any(labels.get(key)",
        one(LEASE, "test_a_lease_of_somebody_else_is_neither_taken_nor_deleted"),
    ),
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
        ZOOKEEPER + "silence.py",
        "        return max(0.0, self._until - time.monotonic())\n",
        "        return max(5.0, self._until - time.monotonic())\n",
        SESSION,
    ),
    Mutant(
        "one server of ZooKeeper for the whole run",
        "11",
        CLUSTER + "zookeeper_route.py",
        "                self._used[route.how] = max(self._used.values(), default=0) + 1\n",
        "                self._used[route.how] = 0\n",
        ROUTE,
    ),
    Mutant(
        "a broker that cannot relay does",
        "11",
        CLUSTER + "zookeeper_route.py",
        " is not None and is_ready(pod)\n",
        " is not None\n",
        ROUTE,
    ),
    Mutant(
        "reads meet a server that lags behind",
        "9",
        ZOOKEEPER + "session.py",
        "            self._losses += 1\n",
        "            pass\n",
        SESSION,
    ),
    Mutant(
        "reads are taken although their sync was lost",
        "9",
        ZOOKEEPER + "session.py",
        "            return requests\n",
        "            pass\n",
        SESSION,
    ),
    Mutant(
        "a transaction is repeated without a look",
        "9",
        ZOOKEEPER + "handover.py",
        "            unsure = done\n            continue\n",
        "            session.transact(todo)\n",
        HANDOVER,
    ),
    Mutant(
        "a transaction whose answer was lost is taken for done",
        "9",
        ZOOKEEPER + "handover.py",
        "            unsure = done\n            continue\n",
        "            unsure = done\n",
        HANDOVER,
    ),
)
