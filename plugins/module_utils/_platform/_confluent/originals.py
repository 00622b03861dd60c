# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The custom resources as they were before the migration, kept in a Secret: what the patch for git is made from.

Private to the collection. Their overrides may hold passwords.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.ownership import is_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import SECRET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.cluster import ConfluentCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused

KEY = "custom-resources.json"


def keep(cluster: ConfluentCluster) -> None:
    """Keep them before the operator is asked to migrate. Raises Refused when the Secret's name is taken by somebody else."""
    name = names.originals_name(cluster.name)
    there = cluster.client.find(SECRET, name, cluster.namespace)
    if there is not None and not is_of(there, cluster.name):
        raise Refused(f"Secret {cluster.namespace}/{name} is somebody else's; move it away", code="foreign-object")
    found = {f"{cr['kind']}/{cr['metadata']['name']}": objects.for_git(cr) for cr in cluster.resources.objects}
    text = json.dumps(found, sort_keys=True)
    if there is None:
        metadata = {"name": name, "labels": objects.ours(cluster.name)}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {KEY: text}}
        cluster.client.create(SECRET, body, cluster.namespace)
        return
    metadata = {"uid": there["metadata"]["uid"]}
    body = {"metadata": metadata, "data": {KEY: base64.b64encode(text.encode()).decode()}}
    version = there["metadata"]["resourceVersion"]
    cluster.client.patch(SECRET, name, cluster.namespace, body, resource_version=version)


def read(cluster: ConfluentCluster) -> dict[str, dict[str, Any]]:
    """The manifests of before by ``Kind/name``; {} when they were not kept, or cannot be read."""
    secret = cluster.client.find(SECRET, names.originals_name(cluster.name), cluster.namespace)
    if secret is None or not is_of(secret, cluster.name):
        return {}
    try:
        found = json.loads(base64.b64decode((secret.get("data") or {}).get(KEY, "")))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def forget(cluster: ConfluentCluster) -> bool:
    """Delete the Secret, if it is ours; returns whether it was there."""
    name = names.originals_name(cluster.name)
    secret = cluster.client.find(SECRET, name, cluster.namespace)
    if secret is None or not is_of(secret, cluster.name):
        return False
    cluster.client.delete(SECRET, name, cluster.namespace, uid=secret["metadata"]["uid"])
    return True
