# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is seen to hold the operator up while it is followed: a request that it cannot act on, a broker that it will not restart, no operator at all.

Private to the collection.
"""

from __future__ import annotations

import time

from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import hints
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.cluster import StrimziCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.following import Shown
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError

#: seconds between two looks at the operator's pods
EVERY = 5.0


class HeldUp:
    """Looks beside the pods that are restarted."""

    def __init__(self, cluster: StrimziCluster) -> None:
        self._cluster = cluster
        self._looked = float("-inf")
        self._down = ""

    def look(self, shown: Shown) -> str:
        """Return what holds it up, "" when nothing is seen to."""
        now = time.monotonic()
        if now - self._looked >= EVERY:
            self._looked = now
            self._down = self._look_for_operator()
        if self._down or shown.kafka is None:
            return self._down
        return hints.seen(shown.kafka, pool=any(res.CONTROLLER in res.roles(pool) for pool in shown.pools))

    def _look_for_operator(self) -> str:
        """Say that it does not run; where its pods are not seen it may run elsewhere."""
        try:
            down = self._cluster.operator_down
        except Forbidden:
            raise
        except KraftError:
            return ""
        return f"no pod of the operator is Ready ({', '.join(down)}): nobody goes on" if down else ""
