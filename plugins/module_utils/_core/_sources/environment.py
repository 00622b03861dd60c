# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings given as environment variables, the way of the Confluent, Bitnami and Apache images.

Each image's entrypoint writes its properties file from them at every start; what differs between them is in image_rules.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import (
    SurfaceChange,
    annotated,
    diff_text,
    escaped,
    is_noted,
    refuse_overridden,
    set_variable,
    stage_copy,
    stage_name,
    unmanaged_settings,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import container_of, environment
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import CONNECT, Changes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.entrypoints import ImageRules
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

Obj = dict[str, Any]


@dataclass(frozen=True)
class EnvSurface:
    """The brokers' settings are environment variables of ``container``."""

    template: Obj
    config_maps: Mapping[str, Obj]
    container: str
    rules: ImageRules
    kind: str = "environment"

    @property
    def where(self) -> str:
        """The surface in words."""
        return f"the {self.rules.prefix}* variables of container {self.container}"

    def read(self) -> dict[str, str]:
        """Return the settings that the variables give, as far as their values can be read."""
        found = {}
        for name, variable in environment(container_of(self.template, self.container), self.config_maps).items():
            key = self.rules.setting(name)
            if key is not None and variable.value is not None:
                found[key] = variable.value
        return found

    def opaque(self) -> frozenset[str]:
        """Return the settings whose variable has a value that cannot be read from here."""
        variables = environment(container_of(self.template, self.container), self.config_maps).values()
        keys = (self.rules.setting(variable.name) for variable in variables if variable.value is None)
        return frozenset(key for key in keys if key is not None)

    def unmanaged(self, effective: Mapping[str, str]) -> dict[str, str]:
        """Return the settings of a running broker that the image or the start command adds."""
        return unmanaged_settings(self.template, effective, self.read(), self.opaque())

    def fixed(self, effective: Mapping[str, str]) -> frozenset[str]:
        """Return the settings that the start command writes over the variables, or that a variable gives in vain.

        What else is unmanaged is a default of the image, which a variable replaces.
        """
        unmanaged, own = self.unmanaged(effective), self.read()
        # Once a stage was written, a value that differs may just be a broker that does not run the stage yet.
        in_vain = set() if is_noted(self.template) else unmanaged.keys() & own.keys()
        return frozenset(key for key in unmanaged if key in in_vain or self._assigned(key))

    def configured(self, effective: Mapping[str, str]) -> dict[str, str]:
        """Return the settings that a broker started now would have."""
        unmanaged = self.unmanaged(effective)
        hidden = {key: effective[key] for key in self.opaque() if key in effective}
        return unmanaged | hidden | self.read() | {key: unmanaged[key] for key in self.fixed(effective)}

    def wanted(self, changes: Changes) -> dict[str, str]:
        """Return what ``read`` gives after the changes."""
        return changes.applied_to(self.read())

    def apply(
        self, changes: Changes, stage: str, digest: str, effective: Mapping[str, str], cluster_id: str = ""
    ) -> SurfaceChange:
        """Return the template of a stage, and copies of ConfigMaps from which a variable has to go.

        :param digest: ``settings_hash`` of the stage.
        :param cluster_id: needed for stage ``kraft``, where the images format with it.
        :raises Unsupported: ``setting-overridden``, ``setting-blocks``.
        """
        present = {*self.read(), *self.opaque()}
        if self.rules.refuses_zookeeper and CONNECT in changes.remove and CONNECT not in present:
            raise Unsupported(
                f"{CONNECT} is given by something that cannot be seen in the pod template, and {self.rules.name}'s image refuses "
                f"KRaft mode with it: take {self.rules.variable(CONNECT)} out of there",
                code="setting-overridden",
            )
        notes = refuse_overridden(changes, self.fixed(effective), present, self.where)
        template = annotated(self.template, stage, digest, self.unmanaged(effective))
        target = container_of(template, self.container)
        for key, value in changes.set.items():
            set_variable(target, self._variable(key), escaped(value))
        created = self._without(target, [key for key in changes.remove if key in present], stage, digest)
        if stage == "kraft":
            self._companions(target, effective, cluster_id)
        return SurfaceChange(
            tuple(created), template, diff_text(self.read(), self.wanted(changes)), changes.notes + notes
        )

    def _assigned(self, key: str) -> bool:
        """Tell whether the start command assigns a setting, or the variable of one."""
        container = container_of(self.template, self.container)
        text = "\n".join([*(container.get("command") or []), *(container.get("args") or [])])
        words = [key]
        with suppress(Unsupported):
            words.append(self.rules.variable(key))
        return any(re.search(rf"(?<![\w.]){re.escape(word)}=", text) for word in words)

    def _variable(self, key: str) -> str:
        """Return the variable that gives a setting already, else the one that the image's rule makes."""
        for name in environment(container_of(self.template, self.container), self.config_maps):
            if self.rules.setting(name) == key:
                return name
        return self.rules.variable(key)

    def _without(self, target: Obj, keys: list[str], stage: str, digest: str) -> list[Obj]:
        """Take variables out of the container; those of an ``envFrom`` by a copy of its ConfigMap without them."""
        gone = {
            name
            for name in environment(container_of(self.template, self.container), self.config_maps)
            if self.rules.setting(name) in keys
        }
        for name in gone:
            set_variable(target, name, "")
        created: dict[str, Obj] = {}
        for source in target.get("envFrom") or []:
            reference = source.get("configMapRef") or {}
            config_map = self.config_maps.get(reference.get("name", ""), {})
            data = config_map.get("data") or {}
            kept = {key: value for key, value in data.items() if source.get("prefix", "") + key not in gone}
            if kept != data:
                name = stage_name(reference["name"], stage, digest)
                created[name] = stage_copy(config_map, stage, digest, kept)
                reference["name"] = name
        return list(created.values())

    def _companions(self, target: Obj, effective: Mapping[str, str], cluster_id: str) -> None:
        """Set what the images ask for in KRaft mode beside settings.

        Without the cluster id Apache's image would take a public default and Bitnami's a random one. Bitnami's image is
        left to format, which skips directories in use: a broker that is added later must be formatted too.
        """
        if not cluster_id:
            raise Unsupported(
                "the image formats new directories with a cluster id of its own unless it is told the cluster's, "
                "which is not known yet; fetch it first",
                code="cluster-id-mismatch",
            )
        set_variable(target, self.rules.cluster_id, cluster_id)
        if self.rules.insists_on_node_id:
            _rename_id(target, effective, self.rules)


def _rename_id(container: Obj, effective: Mapping[str, str], rules: ImageRules) -> None:
    old, new = rules.variable("broker.id"), rules.variable("node.id")
    before = copy.deepcopy(container)
    for entry in container.get("env") or []:
        entry["name"] = new if entry["name"] == old else entry["name"]
        if "value" in entry:
            entry["value"] = re.sub(rf"\b{old}\b", new, entry["value"] or "")
    for part in ("command", "args"):
        if container.get(part):
            container[part] = [re.sub(rf"\b{old}\b", new, text) for text in container[part]]
    given = any(entry["name"] == new for entry in container["env"])
    assigned = any(f"{new}=" in text for part in ("command", "args") for text in container.get(part) or [])
    if not given and not assigned:
        raise Unsupported(
            f"the broker id {effective.get('broker.id', '')} of container {before['name']} is given by something that cannot "
            f"be seen in the pod template (a mounted script?); {rules.name}'s image needs {new} in KRaft mode: set it there",
            code="setting-overridden",
        )
