# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleting what a test wants gone by its name; the product itself only deletes what it has read."""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import Kind


def remove(
    client: KubeClient, kind: Kind, name: str, namespace: str | None = None, *, grace_seconds: int | None = None
) -> None:
    """Delete the object that has this name now. Raises NotFound."""
    uid = str(client.get(kind, name, namespace)["metadata"]["uid"])
    client.delete(kind, name, namespace, uid=uid, grace_seconds=grace_seconds)
