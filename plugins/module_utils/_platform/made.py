# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects of a cluster that this collection itself made, on a platform that it writes.

Private to the collection. Ours is what carries the labels of the cluster; everything that is deleted has the uid that was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.changes import Change, Changes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.identity import Identity
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.objects import Objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.wanted import Wanted
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding

Obj = dict[str, Any]


class Made(Protocol):
    """The objects of one cluster; read once, until they are said to have changed."""

    def changed(self) -> None:
        """Read everything again."""

    @property
    def workloads(self) -> Mapping[str, Obj]:
        """What makes the pods, by role."""

    @property
    def exists(self) -> bool:
        """Whether anything of the cluster is there, volumes and identity apart."""

    @property
    def identity(self) -> Identity | None:
        """The identity that is kept, None when there is none. Raises Refused (deploy-identity) for one that cannot be read."""

    @property
    def claims(self) -> Mapping[str, Obj]:
        """The volume claims of the cluster by name."""

    @property
    def node_ports(self) -> Mapping[str, int]:
        """Of the Services of single brokers, the port of the nodes by pod."""

    def foreign(self, cluster: Wanted) -> list[Finding]:
        """Objects with a name that the cluster needs, and without its labels."""

    def changes(self, cluster: Wanted, identity: Identity) -> Changes:
        """What separates the cluster from the one that is wanted."""

    def keep(self, identity: Identity, labels: Mapping[str, str]) -> None:
        """Write the identity. Nothing is ever made before it is there."""

    def try_out(self, changes: Iterable[Change]) -> None:
        """Have the API server check what would be made, and make nothing. Raises Refused, Forbidden."""

    def write(self, change: Change) -> None:
        """Make or change one object; the replicas of a workload that exists stay as they are."""

    def scale(self, role: str, replicas: int) -> None:
        """Set the number of a role's pods."""

    def remove_unused(self, wanted: Objects) -> list[str]:
        """Delete what the cluster does not need any more; returns kind/name of each."""

    def remove(self) -> list[str]:
        """Delete everything of ours but the identity and the volumes; returns kind/name of each."""

    def remove_data(self) -> list[str]:
        """Delete the volumes, then the identity: nothing is left of the cluster. Returns kind/name of each."""
