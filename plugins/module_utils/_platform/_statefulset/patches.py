# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a migration has changed in the StatefulSets and their settings, for the manifests in the user's repository.

Private to the collection.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.marks import template_annotation
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import (
    JVM_OPTION,
    original_name,
    stage_name,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import REDACTED, shown
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.source import FileSource, SettingsSource
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import SECRET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import brokers
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster

Patch = dict[str, Any]
#: set by each pod from its ordinal
_PER_POD = ("node.id", "broker.id")


def patches(cluster: StatefulSetCluster) -> list[Patch]:
    """Return one entry for each object, brokers first. Raises KraftError, Unsupported."""
    return [*_broker_patches(cluster), *_controller_patches(cluster)]


def _broker_patches(cluster: StatefulSetCluster) -> list[Patch]:
    """For each StatefulSet what its settings became: stage by stage for files, from first to last for what the template gives."""
    if not any(brokers.stage_of(item) for item in cluster.statefulsets):
        return []
    originals = _originals(cluster)
    patches: list[Patch] = []
    for name, source in brokers.sources(cluster).items():
        item = next(each for each in cluster.statefulsets if each["metadata"]["name"] == name)
        stage = brokers.stage_of(item)
        original = originals.get(name)
        if not stage or original is None:
            continue
        if isinstance(source, FileSource):
            patches += _file_patches(cluster, name, source)
        else:
            first = brokers.source_at(cluster, source, original)
            patches.append(_patch(f"StatefulSet/{name}: {source.where}", stage, first, source))
        option = template_annotation(item, JVM_OPTION)
        note = "the pod template that shows these settings; your own pod template with the same settings restarts the pods once"
        patches.append(
            {
                "object": f"StatefulSet/{name}",
                "stage": stage,
                "note": note + (f"; JVM option of the brokers: {option}" if option else ""),
            }
        )
    return patches


def _file_patches(cluster: StatefulSetCluster, name: str, source: FileSource) -> list[Patch]:
    """Compare the user's ConfigMap or Secret with the copy of each stage of this attempt that is still there."""
    base = original_name(source.name)
    kind = "ConfigMap" if base in cluster.config_maps else source.object_kind

    def there(copy: str) -> FileSource | None:
        # a stage that adds a secret makes a Secret of a ConfigMap
        for of, find in (("ConfigMap", cluster.config_maps.get), ("Secret", cluster.secret)):
            found = find(copy) if of in (kind, source.object_kind) else None
            if found is not None:
                return replace(source, object_kind=of).named(copy, {**found, "kind": of})
        return None

    before = there(base)
    if before is None:
        return [{"object": f"{kind}/{base}", "note": f"the original {kind} is gone"}]
    patches = []
    for event in cluster.journal.attempt():
        stage, digest = str(event.get("stage", "")), (event.get("settings_hash") or {}).get(name, "")
        after = there(stage_name(base, stage, digest)) if event.get("what") == "written" and digest else None
        if after is None:
            continue
        # of a ConfigMap of the user's own, which everybody may read, only what sounds secret is hidden
        whole = kind == "Secret"
        patches.append(_patch(f"{kind}/{base}: {source.key} (StatefulSet/{name})", stage, before, after, whole=whole))
        before = after
    return patches


def _patch(where: str, stage: str, before: SettingsSource, after: SettingsSource, *, whole: bool = True) -> Patch:
    """``whole``: whatever a Secret gives is hidden."""
    old, new = before.read(), after.read()
    hidden = before.hidden() | after.hidden() if whole else frozenset()
    return {
        "object": where,
        "stage": stage,
        "set": {
            key: REDACTED if key in hidden else shown(key, value)
            for key, value in sorted(new.items())
            if old.get(key) != value
        },
        "removed": sorted({*old, *before.opaque()} - {*new, *after.opaque()}),
    }


def _originals(cluster: StatefulSetCluster) -> dict[str, Any]:
    """StatefulSet to its original pod template, from the Secret that keeps them."""
    found = cluster.client.find(SECRET, names.originals_name(cluster.name), cluster.namespace)
    templates = {}
    for key, value in ((found or {}).get("data") or {}).items():
        templates[key.removesuffix(".json")] = json.loads(_decoded(value))["template"]
    return templates


def _decoded(value: str) -> str:
    return base64.b64decode(value).decode()


def _controller_patches(cluster: StatefulSetCluster) -> list[Patch]:
    """The controllers' objects, which are new, and the settings that they run with."""
    if cluster.controllers is None:
        return []
    name = cluster.controllers_name
    stage = template_annotation(cluster.controllers, names.STAGE)
    settings: Mapping[str, str] = next((facts.settings for facts in known(cluster.controller_facts).values()), {})
    return [
        {
            "object": f"StatefulSet/{name}",
            "stage": stage,
            "set": {key: shown(key, value) for key, value in sorted(settings.items()) if key not in _PER_POD},
            "removed": [],
            "note": f"new, with Service/{name} and PodDisruptionBudget/{name} and the ConfigMap or Secret that it mounts; "
            "node.id is set by each pod from its ordinal",
        }
    ]
