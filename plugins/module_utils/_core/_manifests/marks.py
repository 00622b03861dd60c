# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The marks that the collection puts on objects, and whose a pod is, as they are read from an object.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names


def annotations_of(obj: Mapping[str, Any]) -> dict[str, str]:
    """Return metadata.annotations, never None."""
    return dict(obj["metadata"].get("annotations") or {})


def template_annotation(statefulset: Mapping[str, Any], name: str) -> str:
    """Return an annotation of the pod template, or an empty string."""
    return str((statefulset["spec"]["template"].get("metadata", {}).get("annotations") or {}).get(name, ""))


def pod_settings_hash(pod: Mapping[str, Any]) -> str:
    """Return the settings hash that a pod was made with, or an empty string."""
    return annotations_of(pod).get(names.SETTINGS_HASH, "")


def owner_uid(pod: Mapping[str, Any]) -> str:
    """Return the uid of the StatefulSet that a pod belongs to, or an empty string."""
    return str((pod["metadata"].get("ownerReferences") or [{}])[0].get("uid", ""))
