# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings in a properties file: a key of a ConfigMap or of a Secret that the pods mount."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.scripts import (
    MountedFile,
    looks_like_settings,
    mounted_files,
    reached,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import (
    StageChange,
    adds_secrets,
    original_name,
    set_variable,
    stage_copy,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import (
    all_containers,
    commands,
    container_of,
    switch_object,
    text_data,
    uses,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import (
    Properties,
    is_secret,
    shown,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import Changes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.base import Source
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.entrypoints import formats

Obj = dict[str, Any]

# What something else puts a value in for: ${X}, $X, @X@, {{ x }}, %X%, __X__, also ${env:X} of Kafka's own providers.
_PLACEHOLDER = re.compile(r"\$\{[^}]+\}|\$[A-Za-z_]|@\w+@|\{\{.*\}\}|%[A-Z_]+%|\b__[A-Z_]+__\b")


def has_placeholder(text: str) -> bool:
    """Tell whether the value of a setting is given elsewhere."""
    return _PLACEHOLDER.search(text) is not None


@dataclass(frozen=True)
class FileSource(Source):
    """The brokers' settings are ``key`` of ConfigMap or Secret ``name``."""

    object_kind: str
    name: str
    key: str

    @property
    def kind(self) -> str:
        """``file`` or ``secret-file``."""
        return "file" if self.object_kind == "ConfigMap" else "secret-file"

    @property
    def where(self) -> str:
        """The source in words."""
        return f"{self.key} of {self.object_kind} {self.name}"

    def texts(self) -> dict[str, str]:
        """Return every setting in the file."""
        return self._properties().as_dict()

    def read(self) -> dict[str, str]:
        """Return the settings in the file whose values are no placeholders; one that is escaped is none, see ``write``."""
        written = self._properties().written()
        return {key: text for key, text in self.texts().items() if not has_placeholder(written[key])}

    def hidden(self) -> frozenset[str]:
        """Return every setting when the file is a Secret: what we set is derived from what is there."""
        return frozenset(self.texts()) if self.object_kind == "Secret" else frozenset()

    def elsewhere(self, effective: Mapping[str, str]) -> frozenset[str]:
        """Return the settings that the start command adds or overrides."""
        return frozenset(self.unmanaged(effective))

    def fixed(self, effective: Mapping[str, str]) -> frozenset[str]:
        """Return the settings that a change of the file would not reach, and those that it leaves to something else."""
        return self.elsewhere(effective) | self.opaque()

    def place_of(self, key: str) -> str:
        """Say where a setting belongs in this source."""
        return self.where if key else ""

    def apply(
        self, changes: Changes, stage: str, digest: str, effective: Mapping[str, str], cluster_id: str = ""
    ) -> StageChange:
        """As every source; an image that formats directories by itself gets the cluster's id for it."""
        change = super().apply(changes, stage, digest, effective, cluster_id)
        target = container_of(change.template, self.container)
        rules = formats(str(target.get("image") or ""), self.start_texts()[0])
        if rules and stage == "kraft" and cluster_id:
            set_variable(target, rules.cluster_id, cluster_id)
        return change

    def write(self, template: Obj, changes: Changes, stage: str, digest: str) -> list[Obj]:
        """Return a copy of the object with the changed file, shown by the template; a Secret when the stage adds a secret."""
        properties = self._properties()
        for key, value in changes.set.items():
            # a password may look like a placeholder
            properties.set(key, value, literally=is_secret(key))
        for key in changes.remove:
            properties.remove(key)
        if properties.as_dict() == self.texts():
            return []
        as_secret = bool(adds_secrets(changes))
        copied = stage_copy(self._object(), stage, digest, {self.key: properties.render()}, as_secret=as_secret)
        switch_object(template, self.object_kind, self.name, copied["metadata"]["name"], copied["kind"])
        return [copied]

    def at(self, template: Obj, secrets: Mapping[str, Obj] | None = None) -> FileSource:
        """Return the same file in another revision of the pod template: what the user named it, or a stage's copy."""
        base = original_name(self.name)
        shown = [(use.kind, use.name) for use in uses(template) if original_name(use.name) == base]
        # a stage may have made a Secret of a ConfigMap; an object of the same name and the other kind is something else
        shown.sort(key=lambda item: (item[0] != self.object_kind, item[1] == base))
        kind, name = shown[0] if shown else (self.object_kind, self.name)
        return replace(super().at(template, secrets), object_kind=kind, name=name)

    def named(self, name: str, found: Mapping[str, Any]) -> FileSource:
        """Return the same file in another object of its kind."""
        if self.object_kind == "ConfigMap":
            return replace(self, name=name, config_maps={**self.config_maps, name: dict(found)})
        return replace(self, name=name, secrets={**self.secrets, name: dict(found)})

    def file(self) -> MountedFile:
        """Return the file as the pods see it."""
        found = mounted_files(self.template, self.config_maps, self.secrets)
        return next(
            item for item in found if (item.kind, item.name, item.key) == (self.object_kind, self.name, self.key)
        )

    def _why(self, key: str) -> str:
        text = self.texts().get(key, "")
        filled = f"it is {shown(key, text)} in {self.where}, which something else fills when a broker starts: write its value there"
        return filled if has_placeholder(text) or self._is_replaced(text) else super()._why(key)

    def _is_replaced(self, text: str) -> bool:
        """Whether a command replaces the text of a setting, or a word of it, that is not what the broker runs with."""
        start = [words for item in all_containers(self.template) for words in commands(item)]
        scripts = reached(mounted_files(self.template, self.config_maps, self.secrets), "\n".join(start))
        said = "\n".join([*start, *(script.text for script in scripts)])
        words = [word for word in re.split(r"[^\w-]+", text) if len(word) > 3 and not word.isdecimal()]
        return any(re.search(rf"(?:^|[\s/#|!@,'\"]){re.escape(word)}[/#|!@,'\"]", said) for word in words)

    def _givers(self, key: str) -> Iterator[str]:
        yield from super()._givers(key)
        for file in mounted_files(self.template, self.config_maps, self.secrets):
            line = rf"^[ \t]*{re.escape(key)}[ \t]*[=:]"
            if file != self.file() and looks_like_settings(file) and re.search(line, file.text, re.MULTILINE):
                yield f"{file.where} sets it"

    def _object(self) -> Mapping[str, Any]:
        return (self.config_maps if self.object_kind == "ConfigMap" else self.secrets)[self.name]

    def _properties(self) -> Properties:
        return Properties.parse(text_data(self._object())[self.key])
