# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the settings sources have in common: what something else gives, what may change, and what leaves with ZooKeeper."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.scripts import (
    MountedFile,
    mounted_files,
    reached,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import (
    StageChange,
    annotated,
    diff_text,
    refuse_overridden,
    unmanaged_settings,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import (
    STARTS_KAFKA,
    Variable,
    all_containers,
    commands,
    container_of,
    environment,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import REDACTED
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import CONNECT, Changes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.entrypoints import setting_variables
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.own_variables import (
    Use,
    empty_variables,
    spare_variables,
)

Obj = dict[str, Any]
S = TypeVar("S", bound="Source")


@dataclass(frozen=True)
class Source(ABC):
    """The part of a settings source that does not depend on its kind; a kind adds the rest of ``protocol.SettingsSource``."""

    template: Obj
    config_maps: Mapping[str, Obj]
    secrets: Mapping[str, Obj]
    container: str

    # what a kind says

    @property
    @abstractmethod
    def where(self) -> str:
        """The source in words."""

    @abstractmethod
    def texts(self) -> dict[str, str]:
        """Return every setting that the source gives, as it is written there."""

    @abstractmethod
    def read(self) -> dict[str, str]:
        """Return the settings whose values the source gives and can be read from here."""

    @abstractmethod
    def hidden(self) -> frozenset[str]:
        """Return the settings whose values come from a Secret and are never shown."""

    @abstractmethod
    def elsewhere(self, effective: Mapping[str, str]) -> frozenset[str]:
        """Return the settings that something else writes over whatever the source says."""

    @abstractmethod
    def place_of(self, key: str) -> str:
        """Say where a setting belongs in this source."""

    def names_of(self, key: str) -> list[str]:
        """Return the words that a start command or a script assigns when it sets a setting."""
        return [key]

    @abstractmethod
    def write(self, template: Obj, changes: Changes, stage: str, digest: str) -> list[Obj]:
        """Write the changes into a copy of the template; returns the objects that it needs."""

    # what follows from it

    def opaque(self) -> frozenset[str]:
        """Return the settings that it gives with a value that is only known in the pod."""
        return frozenset(self.texts().keys() - self.read().keys())

    def given(self) -> dict[str, str]:
        """Return every setting as it is written there, values of a Secret redacted."""
        hidden = self.hidden()
        return {key: REDACTED if key in hidden else text for key, text in self.texts().items()}

    def unmanaged(self, effective: Mapping[str, str]) -> dict[str, str]:
        """Return the settings of a running broker that something else gives."""
        return unmanaged_settings(self.template, effective, self.read(), self.opaque())

    def fixed(self, effective: Mapping[str, str]) -> frozenset[str]:
        """Return the settings that a change of the source would not reach."""
        return self.elsewhere(effective)

    def configured(self, effective: Mapping[str, str]) -> dict[str, str]:
        """Return the settings that a broker started now would have."""
        unmanaged = self.unmanaged(effective)
        inside = {key: effective[key] for key in self.opaque() if key in effective}
        over = {key: unmanaged[key] for key in self.elsewhere(effective) if key in unmanaged}
        return unmanaged | inside | self.read() | over

    def wanted(self, changes: Changes) -> dict[str, str]:
        """Return what ``read`` gives after the changes."""
        return changes.applied_to(self.read())

    def variables(self) -> dict[str, Variable]:
        """Return the environment of the brokers' container."""
        return environment(container_of(self.template, self.container), self.config_maps, self.secrets)

    def start_texts(self) -> tuple[str, list[MountedFile]]:
        """Return the start command, and the mounted scripts that it calls."""
        text = "\n".join(commands(container_of(self.template, self.container)))
        return text, reached(mounted_files(self.template, self.config_maps, self.secrets), text)

    def setting_variables(self) -> frozenset[str]:
        """Return the variables that are settings of this source by themselves."""
        return frozenset()

    def leaving(self, effective: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return (container, variable) of those that only serve ZooKeeper's settings; the KRaft stage empties them."""
        served: list[str] = []
        others: list[str] = []
        for key, text in self.texts().items():
            (served if key.startswith("zookeeper.") else others).append(text)
        start, scripts = self.start_texts()
        said = (start, *(script.text for script in scripts))
        unseen = not self.setting_variables() and not any(map(STARTS_KAFKA.search, said))
        use = Use(effective.get(CONNECT, ""), served, others, said, shown=unseen)
        found = [(self.container, name) for name in self._spare(self.container, use, self.setting_variables())]
        files = mounted_files(self.template, self.config_maps, self.secrets)
        for item in self.template["spec"].get("initContainers") or []:
            words = "\n".join(commands(item))
            own = replace(use, commands=(words, *(script.text for script in reached(files, words))), shown=True)
            found += [(str(item["name"]), name) for name in self._spare(item["name"], own, frozenset())]
        return found

    def _spare(self, container: str, use: Use, own: frozenset[str]) -> list[str]:
        target = next(item for item in all_containers(self.template) if item["name"] == container)
        variables = environment(target, self.config_maps, self.secrets)
        raw = {
            item["name"]: str(item.get("value") or "") for item in target.get("env") or [] if item["name"] not in own
        }
        return spare_variables(
            {name: item.value or "" for name, item in variables.items() if name not in own}, raw, use
        )

    def apply(
        self, changes: Changes, stage: str, digest: str, effective: Mapping[str, str], cluster_id: str = ""
    ) -> StageChange:
        """Return the objects and the template of a stage. Raises Unsupported: ``setting-overridden``, ``setting-blocks``."""
        texts = self.texts()
        notes = refuse_overridden(changes, self.fixed(effective), self.elsewhere(effective), texts.keys(), self._why)
        template = annotated(self.template, stage, digest, self.unmanaged(effective))
        created = self.write(template, changes, stage, digest)
        if stage == "kraft":
            gone = self.leaving(effective) if CONNECT in changes.remove else []
            for item in all_containers(template):
                empty_variables(item, [name for container, name in gone if container == item["name"]])
            notes += tuple(
                f"variable {name} of container {container} only gave {CONNECT} and is emptied"
                for container, name in gone
            )
        shown = diff_text(texts, changes.applied_to(texts), self.hidden())
        return StageChange(tuple(created), template, shown, changes.notes + notes)

    def at(self: S, template: Obj, secrets: Mapping[str, Obj] | None = None) -> S:
        """Return the same source in another revision of the pod template, with the Secrets that this one needs."""
        return replace(self, template=template, secrets={**self.secrets, **(secrets or {})})

    def _why(self, key: str) -> str:
        """Say what gives a setting that the source cannot change, and what to do."""
        place = next(self._givers(key), "")
        by = place or (
            "something that cannot be seen in the pod template (the image's entrypoint, a file in the image) sets it over "
            f"{self.where}"
        )
        return f"{by}: remove it there and put it into {self.place_of(key)}"

    def _givers(self, key: str) -> Iterator[str]:
        """Yield what can be seen to give a setting, as clauses; the likeliest first."""
        text, scripts = self.start_texts()
        if self._assigned(key, text):
            yield f"the start command of container {self.container} sets it"
        for item in self.template["spec"].get("initContainers") or []:
            words = "\n".join(commands(item))
            scripts += reached(mounted_files(self.template, self.config_maps, self.secrets), words)
            if self._assigned(key, words):
                yield f"the start command of init container {item['name']} sets it"
        for script in scripts:
            if self._assigned(key, script.text):
                yield f"script {script.where} sets it"
        own = self.setting_variables()
        for name, variable in self.variables().items():
            if name not in own and (name in setting_variables(key) or self._assigned(key, variable.value or "")):
                yield f"variable {name} of container {self.container} sets it"

    def _assigned(self, key: str, text: str) -> bool:
        said = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
        return any(re.search(rf"(?<![\w.]){re.escape(word)}=", said) for word in self.names_of(key))
