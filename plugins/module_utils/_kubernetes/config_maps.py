# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ConfigMap whose data one run at a time writes.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import CONFIG_MAP
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import NotFound


def put_config_map(
    client: KubeClient, namespace: str, name: str, labels: Mapping[str, str], data: Mapping[str, str]
) -> None:
    """Write the keys of ``data``, and make the ConfigMap with these labels when it is not there."""
    try:
        client.patch(CONFIG_MAP, name, namespace, {"data": dict(data)})
    except NotFound:
        metadata = {"name": name, "namespace": namespace, "labels": dict(labels)}
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(data)}
        client.create(CONFIG_MAP, body, namespace)
