# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the rolls of brokers and of controllers have in common: pods that do not have the settings hash of their template yet.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused

Pod = Mapping[str, Any]


class HashTarget:
    """Restarts the pods in ``left``.

    :ivar what: what a pod runs, in messages.
    :ivar id_name: what its number is called.
    :ivar unknown: code of the refusal where that is not known.
    """

    what: str
    id_name: str
    unknown: str

    def __init__(self, ids: Mapping[str, int], has_hash: Callable[[Pod], bool], left: Mapping[str, Pod]) -> None:
        """Take the pods' numbers, whether a pod has the wanted settings hash, and the pods that are to be restarted."""
        self._ids = dict(ids)
        self._has_hash = has_hash
        #: pod -> uid of the pod that is to go: one that is named may have the hash already, and is no restarted one for that
        self._left = {name: str(pod["metadata"]["uid"]) for name, pod in left.items()}

    @property
    def left(self) -> list[str]:
        """The pods that are still to be restarted."""
        return list(self._left)

    def node_id(self, pod: str) -> int:
        """The broker's or the controller's id. Raises Refused when it is not known: such a pod is never deleted."""
        if pod not in self._ids:
            raise Refused(f"the {self.id_name} of pod {pod} is not known; start it first", code=self.unknown)
        return self._ids[pod]

    def restarted(self, pod: Pod) -> bool:
        """Whether somebody else has restarted it onto the wanted settings."""
        return self._has_hash(pod) and pod["metadata"]["uid"] not in self._left.values()

    def check_settings(self, pod: Pod) -> Verdict:
        """A Ready pod counts when its template is the wanted revision."""
        if self._has_hash(pod):
            return Verdict(True, "Ready")
        return Verdict(False, "the new pod has a different settings hash than the StatefulSet", fatal=True)
