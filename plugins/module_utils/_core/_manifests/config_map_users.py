# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which ConfigMaps a pod, or a pod template, refers to: by the fields that can, never by looking for a name in its text. Pure.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def config_maps_of(pod: Mapping[str, Any]) -> set[str]:
    """Return the names of the ConfigMaps that a pod or a pod template mounts or takes variables from."""
    return {str(name) for name in _names(pod.get("spec") or {}) if name}


def _names(spec: Mapping[str, Any]) -> Iterator[Any]:
    for volume in spec.get("volumes") or []:
        yield (volume.get("configMap") or {}).get("name")
        for source in (volume.get("projected") or {}).get("sources") or []:
            yield (source.get("configMap") or {}).get("name")
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(kind) or []:
            for source in container.get("envFrom") or []:
                yield (source.get("configMapRef") or {}).get("name")
            for entry in container.get("env") or []:
                yield ((entry.get("valueFrom") or {}).get("configMapKeyRef") or {}).get("name")
