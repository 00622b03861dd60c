# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Init containers that fill scratch space: which of the brokers' a controller's pod has too, for the files that they make."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.carry_over import (
    volume_comes_along,
    with_originals,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import mounts
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.zookeeper_references import (
    zookeeper_references,
)

Obj = dict[str, Any]


class Fillers:
    """The init containers of the brokers' pods; those that are needed are taken along."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._listed: list[Obj] = list(spec.get("initContainers") or [])
        self._volumes: dict[str, Obj] = {item["name"]: item for item in spec.get("volumes") or []}
        self._taken: dict[str, None] = {}

    def fill(self, volume: str) -> bool:
        """Take along what writes into a volume; False when nothing does, or when it cannot run in a controller's pod."""
        makers = self._makers(volume)
        if not makers or not all(map(self._portable, makers)):
            return False
        for item in makers:
            self._take(item)
        return True

    def containers(self) -> list[Obj]:
        """Return those that were taken along, in their order."""
        return [copy.deepcopy(item) for item in self._listed if item["name"] in self._taken]

    def volumes(self) -> list[Obj]:
        """Return the volumes that they mount."""
        needed = {mount["name"] for item in self.containers() for mount in mounts(item)}
        return [with_originals(volume) for name, volume in self._volumes.items() if name in needed]

    def _makers(self, volume: str) -> list[Obj]:
        return [
            item
            for item in self._listed
            if any(mount["name"] == volume and not mount.get("readOnly") for mount in mounts(item))
        ]

    def _take(self, maker: Obj) -> None:
        """Take one along, and those before it whose work in scratch space it may go on with."""
        if maker["name"] in self._taken:
            return
        self._taken[str(maker["name"])] = None
        scratch = {name for name, volume in self._volumes.items() if "emptyDir" in volume}
        for volume in sorted(scratch & {mount["name"] for mount in mounts(maker)}):
            for item in self._makers(volume):
                if self._listed.index(item) < self._listed.index(maker) and self._portable(item):
                    self._take(item)

    def _portable(self, container: Mapping[str, Any]) -> bool:
        """Whether it can run in a controller's pod too."""
        volumes = (self._volumes.get(mount["name"]) for mount in mounts(container))
        if not all(volume is not None and volume_comes_along(volume) for volume in volumes):
            return False
        alone = {"spec": {"initContainers": [container], "containers": []}}
        return not zookeeper_references(alone)
