# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings in the start command: the ``--override`` arguments of Kafka's start script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import (
    adds_secrets,
    is_noted,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import container_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import Changes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.base import Source
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.start_command import (
    Override,
    overrides,
    with_overrides,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

Obj = dict[str, Any]


@dataclass(frozen=True)
class OverridesSource(Source):
    """The brokers' settings are arguments of the start command, over a file of the image."""

    kind: str = "overrides"

    @property
    def where(self) -> str:
        """The source in words."""
        return f"the --override arguments of container {self.container}"

    def texts(self) -> dict[str, str]:
        """Return every override as it is written."""
        return {item.key: item.text if item.value is None else item.value for item in self._found()}

    def read(self) -> dict[str, str]:
        """Return the overrides whose values can be read from here."""
        return {item.key: item.value for item in self._last().values() if item.value is not None}

    def hidden(self) -> frozenset[str]:
        """Return the settings whose values a variable takes from a Secret."""
        secret = [name for name, item in self.variables().items() if item.secret]
        return frozenset(
            item.key
            for item in self._found()
            if any(f"${name}" in item.text or f"{{{name}}}" in item.text for name in secret)
        )

    def elsewhere(self, effective: Mapping[str, str]) -> frozenset[str]:
        """Return the overrides that have no effect; whatever else sets a setting is overridden."""
        # Once a stage was written, a value that differs may just be a broker that does not run the stage yet.
        return (
            frozenset() if is_noted(self.template) else frozenset(self.unmanaged(effective).keys() & self.read().keys())
        )

    def place_of(self, key: str) -> str:
        """Say where a setting belongs in this source."""
        return f"an argument --override {key}=..."

    def write(self, template: Obj, changes: Changes, stage: str, digest: str) -> list[Obj]:
        """Edit the start command in the template. Raises Unsupported (secret-in-command) for a secret: anybody could read it there."""
        secret = adds_secrets(changes)
        if secret:
            raise Unsupported(
                f"{', '.join(secret)} would have to be arguments of the start command of container {self.container}, where secrets can be read: "
                "put the settings into a properties file of a Secret, start Kafka with that file, and restart the brokers",
                code="secret-in-command",
            )
        target = container_of(template, self.container)
        target.update(with_overrides(target, changes.set, set(changes.remove), self._found()))
        return []

    def _found(self) -> list[Override]:
        values = {name: item.value for name, item in self.variables().items()}
        return overrides(container_of(self.template, self.container), values)

    def _last(self) -> dict[str, Override]:
        return {item.key: item for item in self._found()}
