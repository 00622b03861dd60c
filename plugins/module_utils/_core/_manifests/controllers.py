# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Kubernetes objects of the KRaft controllers, made from the brokers' StatefulSet or from the user's manifest."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.carry_over import selects
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controller_manifest import (
    checked_manifest,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controller_pod import (
    LOG4J,
    completed,
    from_brokers,
    own_container,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controller_spec import (
    CONFIG_VOLUME,
    DATA_VOLUME,
    FILE,
    HELD,
    LOG4J_FILE,
    PORT,
    PORT_NAME,
    RUN_PATH,
    ControllerSpec,
    default_node_id_base,
    node_ids,
    voters,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import (
    claim_names,
    container_of,
    text_data,
    volume_at,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import Properties, shown
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

__all__ = [
    "CONFIG_VOLUME",
    "DATA_VOLUME",
    "FILE",
    "RUN_PATH",
    "ControllerObjects",
    "ControllerSpec",
    "controller_objects",
    "default_node_id_base",
    "mounted_settings",
    "node_ids",
    "settings_file",
    "voters",
]

Obj = dict[str, Any]


@dataclass(frozen=True)
class ControllerObjects:
    """The objects of a stage; ``settings`` is None while the controllers are held.

    ``settings`` is a ConfigMap, or a Secret when one of the settings is a secret; ``shown_settings`` is what of it may be shown.
    ``update_strategy`` is the StatefulSet's after the migration; during it, it is OnDelete. ``notes``: what the
    controllers do without that the brokers have, or have otherwise, one sentence each.
    """

    statefulset: Obj
    service: Obj
    pdb: Obj
    settings: Obj | None = field(repr=False)
    update_strategy: Obj = field(default_factory=lambda: {"type": "RollingUpdate"})
    notes: tuple[str, ...] = ()
    shown_settings: Mapping[str, str] = field(default_factory=dict)


def controller_objects(brokers: Mapping[str, Any], spec: ControllerSpec) -> ControllerObjects:
    """Build the objects of a stage.

    :param brokers: the brokers' StatefulSet.
    :raises Unsupported: ``controller-manifest``, ``controllers-emptydir`` for a user's manifest that does not fit, or
        when the brokers' own selector would take a controller for a broker.
    """
    notes: tuple[str, ...] = ()
    if spec.user_manifest is not None:
        statefulset = checked_manifest(spec.user_manifest, brokers, spec)
    else:
        statefulset, notes = from_brokers(brokers, spec)
    template = completed(statefulset["spec"]["template"], brokers["spec"]["template"], spec)
    own = template["metadata"]["labels"]
    if selects(brokers["spec"]["selector"], own):
        raise Unsupported(
            f"the selector of StatefulSet {brokers['metadata']['name']} would match the controllers' pods too; "
            "give the controllers other labels, or the brokers a narrower selector",
            code="controller-manifest",
        )
    body = statefulset["spec"]
    body["template"] = template
    body["replicas"] = 0 if spec.stage == HELD else spec.replicas
    body["serviceName"] = spec.name
    body["podManagementPolicy"] = "Parallel"
    later = body.get("updateStrategy") or {"type": "RollingUpdate"}
    body["updateStrategy"] = {"type": "OnDelete"}
    body.setdefault("selector", {"matchLabels": spec.labels})
    on_ours = volume_at(container_of(template, own_container(template, spec)), spec.log_dir) == DATA_VOLUME
    if on_ours and DATA_VOLUME not in claim_names(statefulset):
        body.setdefault("volumeClaimTemplates", []).append(_claim(spec))
    for claim in body.get("volumeClaimTemplates") or []:
        # what is ours is known by these labels, also when it is to be deleted
        claim["metadata"]["labels"] = {**(claim["metadata"].get("labels") or {}), **spec.all_labels}
    metadata = {"name": spec.name, "namespace": spec.namespace}
    statefulset.setdefault("apiVersion", "apps/v1")
    given = statefulset.get("metadata") or {}
    labels = {**(given.get("labels") or {}), **spec.all_labels}
    statefulset["metadata"] = {**given, **metadata, "labels": labels}
    values = {key: shown(key, value) for key, value in (spec.settings or {}).items()}
    return ControllerObjects(statefulset, _service(spec), _budget(spec), _settings(spec), later, notes, values)


def _claim(spec: ControllerSpec) -> Obj:
    claim: Obj = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": spec.storage_size}},
    }
    if spec.storage_class:
        claim["storageClassName"] = spec.storage_class
    return {"metadata": {"name": DATA_VOLUME, "labels": spec.all_labels}, "spec": claim}


def _metadata(spec: ControllerSpec, name: str) -> Obj:
    return {"name": name, "namespace": spec.namespace, "labels": spec.all_labels}


def _service(spec: ControllerSpec) -> Obj:
    """Headless; with the addresses of pods that are not ready, which must find each other to become ready."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(spec, spec.name),
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": spec.labels,
            "ports": [{"name": PORT_NAME, "port": PORT, "targetPort": PORT, "protocol": "TCP", "appProtocol": "tcp"}],
        },
    }


def _budget(spec: ControllerSpec) -> Obj:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _metadata(spec, spec.name),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": spec.labels}},
    }


def _settings(spec: ControllerSpec) -> Obj | None:
    if spec.settings is None:
        return None
    properties = Properties.parse("")
    for key, value in spec.settings.items():
        properties.set(key, value)
    metadata = _metadata(spec, spec.config_name)
    metadata["annotations"] = {names.STAGE: spec.stage, names.SETTINGS_HASH: spec.digest}
    data = {FILE: properties.render(), LOG4J_FILE: LOG4J}
    if spec.holds_secrets:
        coded = {key: base64.b64encode(text.encode()).decode() for key, text in data.items()}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": coded}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def settings_file(body: Mapping[str, Any]) -> str:
    """Return the settings file of a ConfigMap or Secret that was made by controller_objects(), "" when it has none."""
    return text_data(body).get(FILE, "")


def mounted_settings(template: Mapping[str, Any]) -> tuple[str, str]:
    """Return (kind, name) of the object with a controller's settings, as its template names it; empty when it names none."""
    for volume in template.get("spec", {}).get("volumes") or []:
        if volume["name"] == CONFIG_VOLUME:
            if volume.get("secret"):
                return "Secret", str(volume["secret"].get("secretName", ""))
            return "ConfigMap", str((volume.get("configMap") or {}).get("name", ""))
    return "", ""
