# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings given as environment variables, the way of the Confluent, Bitnami and Apache images.

Each image's entrypoint writes its properties file from them at every start; what differs between them is in entrypoints. The
variables stand in the template, or come from a ConfigMap or a Secret by ``envFrom`` and ``valueFrom``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.scripts import (
    container_texts,
    mounted_files,
    reached,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import (
    StageChange,
    adds_secrets,
    escaped,
    is_noted,
    is_of_stage,
    refer_variable,
    security_name,
    set_variable,
    stage_copy,
    stage_name,
    stage_secret,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import (
    commands,
    container_of,
    text_data,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.providers import is_provided
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import CONNECT, Changes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.base import Source
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.entrypoints import ImageRules
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.own_variables import acted_on, refers_to
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.redaction import redact_text

Obj = dict[str, Any]


@dataclass(frozen=True)
class EnvironmentSource(Source):
    """The brokers' settings are environment variables of ``container``."""

    rules: ImageRules
    kind: str = "environment"

    @property
    def where(self) -> str:
        """The source in words."""
        return f"the {self.rules.prefix}* variables of container {self.container}"

    def texts(self) -> dict[str, str]:
        """Return every setting that a variable gives; a value that cannot be read from here as Kubernetes names it."""
        found = {}
        for name, variable in self.variables().items():
            key = self.rules.setting(name)
            if key is not None:
                found[key] = f"$({name})" if variable.value is None else variable.value
        return found

    def read(self) -> dict[str, str]:
        """Return the settings that the variables give, as far as their values can be read; what a config provider fills in cannot."""
        return {
            key: variable.value
            for name, variable in self.variables().items()
            if (key := self.rules.setting(name)) is not None
            and variable.value is not None
            and not is_provided(variable.value)
        }

    def hidden(self) -> frozenset[str]:
        """Return the settings whose variables take their values from a Secret."""
        keys = (self.rules.setting(name) for name, variable in self.variables().items() if variable.secret)
        return frozenset(key for key in keys if key is not None)

    def setting_variables(self) -> frozenset[str]:
        """Return the variables that are settings."""
        return frozenset(name for name in self.variables() if self.rules.setting(name) is not None)

    def elsewhere(self, effective: Mapping[str, str]) -> frozenset[str]:
        """Return the settings that the start command or a script writes over the variables, or that a variable gives in vain.

        What else is unmanaged is a default of the image, which a variable replaces.
        """
        unmanaged, own = self.unmanaged(effective), self.read()
        # Once a stage was written, a value that differs may just be a broker that does not run the stage yet.
        in_vain = set() if is_noted(self.template) else unmanaged.keys() & own.keys()
        start, scripts = self.start_texts()
        words = "\n".join([start, *(script.text for script in scripts)])
        return frozenset(key for key in unmanaged if key in in_vain or self._assigned(key, words))

    def place_of(self, key: str) -> str:
        """Say where a setting belongs in this source."""
        return f"variable {self.names_of(key)[-1]} of container {self.container}"

    def names_of(self, key: str) -> list[str]:
        """Return the words that set a setting: its own name, and its variable."""
        names = [key]
        with suppress(Unsupported):
            names.append(self.rules.variable(key))
        return names

    def apply(
        self, changes: Changes, stage: str, digest: str, effective: Mapping[str, str], cluster_id: str = ""
    ) -> StageChange:
        """As every source; an image that refuses KRaft mode beside ZooKeeper must not get it from elsewhere."""
        if self.rules.refuses_zookeeper and CONNECT in changes.remove and CONNECT not in self.texts():
            raise Unsupported(
                f"{self.rules.name}'s image refuses KRaft mode with {CONNECT}, but {self._why(CONNECT)}",
                code="setting-overridden",
            )
        self._refuse_users(changes, effective)
        change = super().apply(changes, stage, digest, effective, cluster_id)
        if stage == "kraft":
            self._finish(change.template, cluster_id)
        return change

    def _refuse_users(self, changes: Changes, effective: Mapping[str, str]) -> None:
        """A variable that leaves must not be what a start command or a probe works with, by itself or through another one."""
        target = container_of(self.template, self.container)
        raw = {entry["name"]: str(entry.get("value") or "") for entry in target.get("env") or []}
        spare = [name for _container, name in self.leaving(effective)]
        texts = container_texts(target)
        files = mounted_files(self.template, self.config_maps, self.secrets)
        texts += [
            (f"script {item.where}", item.text) for item in reached(files, "\n".join(text for _place, text in texts))
        ]
        gone = [name for name in self.variables() if self.rules.setting(name) in changes.remove]
        for name in gone:
            for used in [name, *(other for other in refers_to(name, raw) if other not in (*gone, *spare))]:
                for place, text in texts:
                    piece = acted_on(used, [text])
                    if piece:
                        raise Unsupported(
                            f"variable {name} of container {self.container} gives {self.rules.setting(name)} and has to leave, but the "
                            f"{place} works with {used} ({redact_text(piece.splitlines()[0])}), so that a broker would not start or not get Ready: take "
                            "that out and restart the brokers",
                            code="setting-overridden",
                        )

    def write(self, template: Obj, changes: Changes, stage: str, digest: str) -> list[Obj]:
        """Edit the variables in the template; those of an ``envFrom`` go by a copy of its object without them.

        A secret is never written into the template: its variable refers to a Secret of the stage. Those of an earlier stage go along.
        """
        target = container_of(template, self.container)
        secret = set(adds_secrets(changes))
        for key, value in changes.set.items():
            if key not in secret:
                set_variable(target, self._variable(key), escaped(value))
        texts = self._kept_secrets(target, changes) | {self._variable(key): changes.set[key] for key in secret}
        made = [stage_secret(security_name(self.container), stage, digest, texts)] if texts else []
        for name in texts:
            refer_variable(target, name, made[0]["metadata"]["name"])
        return made + self._without(target, set(changes.remove), stage, digest)

    def _kept_secrets(self, target: Obj, changes: Changes) -> dict[str, str]:
        """Return the variables that refer to a Secret of an earlier stage, with their values."""
        ours = [
            entry["name"]
            for entry in target.get("env") or []
            if is_of_stage(((entry.get("valueFrom") or {}).get("secretKeyRef") or {}).get("name", ""))
        ]
        known, gone = self.variables(), changes.remove
        return {
            name: known[name].value or ""
            for name in ours
            if self.rules.setting(name) not in gone and known[name].value is not None
        }

    def _finish(self, template: Obj, cluster_id: str) -> None:
        """Set what the images ask for in KRaft mode beside settings.

        Without the cluster id Apache's image would take a public default and Bitnami's a random one. Bitnami's image is
        left to format, which skips directories in use: a broker that is added later must be formatted too.
        """
        if not cluster_id:
            raise Unsupported(
                "the image formats new directories with its own cluster id unless it gets the cluster's, "
                "which is not known yet; fetch it first",
                code="cluster-id-mismatch",
            )
        target = container_of(template, self.container)
        set_variable(target, self.rules.cluster_id, cluster_id)
        if self.rules.insists_on_node_id:
            self._rename_id(target)

    def _variable(self, key: str) -> str:
        """Return the variable that gives a setting already, else the one that the image's rule makes."""
        given = (name for name in self.variables() if self.rules.setting(name) == key)
        return next(given, None) or self.rules.variable(key)

    def _without(self, target: Obj, keys: set[str], stage: str, digest: str) -> list[Obj]:
        gone = {name for name in self.variables() if self.rules.setting(name) in keys}
        for name in gone:
            set_variable(target, name, "")
        created: dict[tuple[str, str], Obj] = {}
        for source in target.get("envFrom") or []:
            for field, objects in (("configMapRef", self.config_maps), ("secretRef", self.secrets)):
                reference = source.get(field) or {}
                there = objects.get(reference.get("name", ""))
                dropped = [key for key in text_data(there) if source.get("prefix", "") + key in gone]
                if there is None or not dropped:
                    continue
                name = stage_name(reference["name"], stage, digest)
                before = created.get((field, name), there)
                created[field, name] = stage_copy({**before, "metadata": there["metadata"]}, stage, digest, {}, dropped)
                reference["name"] = name
        return list(created.values())

    def _rename_id(self, container: Obj) -> None:
        """Give the broker id to the image in the variable of node.id too: it does not take broker.id in KRaft mode."""
        old, new = self.rules.variable("broker.id"), self.rules.variable("node.id")
        for entry in container.get("env") or []:
            entry["name"] = new if entry["name"] == old else entry["name"]
            if "value" in entry:
                entry["value"] = re.sub(rf"\b{old}\b", new, entry["value"] or "")
        for part in ("command", "args"):
            if container.get(part):
                container[part] = [re.sub(rf"\b{old}\b", new, text) for text in container[part]]
        scripts = self.start_texts()[1]
        given = any(entry["name"] == new for entry in container["env"])
        if given or any(f"{new}=" in text for text in (*commands(container), *(script.text for script in scripts))):
            return
        script = next((item.where for item in scripts if f"{old}=" in item.text), "")
        by = f"script {script}" if script else "something that cannot be seen in the pod template (a mounted script?)"
        raise Unsupported(
            f"the broker id of container {self.container} is given by {by}, and {self.rules.name}'s image needs it as {new} in KRaft "
            f"mode: export {new} with the same value there, beside {old}, and restart the brokers",
            code="setting-overridden",
        )
