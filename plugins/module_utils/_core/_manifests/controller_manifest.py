# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks on a StatefulSet that the user brings for the controllers."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.carry_over import selects
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controller_spec import ControllerSpec
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import (
    claim_names,
    container_of,
    main_container,
    volume_at,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

Obj = dict[str, Any]


def checked_manifest(
    manifest: Mapping[str, Any],
    brokers: Mapping[str, Any],
    spec: ControllerSpec,
) -> Obj:
    """Return a copy of the user's StatefulSet after checking that controllers can be made of it.

    :param brokers: the brokers' StatefulSet, whose pods it must not select.
    :raises Unsupported: ``controller-manifest``, ``controllers-emptydir``.
    """
    metadata = manifest.get("metadata") or {}
    _require(manifest.get("kind") == "StatefulSet", "must be a StatefulSet")
    body = manifest.get("spec") or {}
    _require(bool(((body.get("template") or {}).get("spec") or {}).get("containers")), "has no pod template")
    _require(
        metadata.get("name", spec.name) == spec.name,
        f"is named {metadata.get('name')}, but kraft_controller_name says {spec.name}; make them equal",
    )
    _require(
        metadata.get("namespace", spec.namespace) == spec.namespace,
        f"is for namespace {metadata.get('namespace')}, but the brokers are in {spec.namespace}",
    )
    _require(
        body.get("replicas", spec.replicas) == spec.replicas,
        f"has replicas {body.get('replicas')}, but kraft_controller_replicas says {spec.replicas}; make them equal",
    )
    _check_selector(body, brokers)
    _check_data(manifest, spec)
    return copy.deepcopy(dict(manifest))


def _require(holds: bool, sentence: str, code: str = "controller-manifest") -> None:
    if not holds:
        raise Unsupported(f"kraft_controller_manifest {sentence}", code=code)


def _check_selector(body: Mapping[str, Any], brokers: Mapping[str, Any]) -> None:
    selector = body.get("selector")
    if selector is None:
        return
    own = (body["template"].get("metadata") or {}).get("labels") or {}
    theirs = (brokers["spec"]["template"].get("metadata") or {}).get("labels") or {}
    _require(selects(selector, own), "has a selector that does not match the labels of its own pods")
    _require(not selects(selector, theirs), "has a selector that matches the brokers' pods too; use different labels")


def _check_data(manifest: Mapping[str, Any], spec: ControllerSpec) -> None:
    template = manifest["spec"]["template"]
    container = main_container(template, spec.own_container, option="kraft_controller_container")
    volume = volume_at(container_of(template, container), spec.log_dir)
    if volume is None:
        return  # a claim of ours is added
    kinds = [item for item in template["spec"].get("volumes") or [] if item["name"] == volume]
    if volume in claim_names(manifest):
        return
    kind = next((key for item in kinds for key in item if key != "name"), "nothing")
    _require(
        False,
        f"keeps {spec.log_dir} on volume {volume}, which is {kind}: the quorum would lose its data or share it; "
        "mount a volumeClaimTemplate there",
        "controllers-emptydir",
    )
