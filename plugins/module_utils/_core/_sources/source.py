# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings surface: where a broker gets its settings from, found in the pod template and checked against the broker.

Two kinds: a properties file in a ConfigMap, and environment variables. Both read, tell what the start command adds on
its own, and write a stage as new objects; what the user made stays untouched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Union

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import (
    DNS_TTL_OPTION,
    SurfaceChange,
    annotated,
    diff_text,
    refuse_overridden,
    settings_hash,
    stage_copy,
    unmanaged_settings,
    with_jvm_option,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import (
    all_containers,
    config_map_uses,
    container_of,
    environment,
    main_container,
    mounts,
    switch_config_map,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import Properties
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import Changes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.entrypoints import (
    APACHE,
    BITNAMI,
    CONFLUENT,
    ImageRules,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.environment import EnvSurface
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

__all__ = [
    "DNS_TTL_OPTION",
    "EnvSurface",
    "FileSurface",
    "Surface",
    "SurfaceChange",
    "detect",
    "settings_hash",
    "with_jvm_option",
]

Obj = dict[str, Any]


@dataclass(frozen=True)
class FileSurface:
    """The brokers' settings are a properties file: ``key`` of ConfigMap ``config_map``, shown by ``volume``."""

    template: Obj
    config_maps: Mapping[str, Obj]
    container: str
    config_map: str
    key: str
    volume: str
    kind: str = "file"

    @property
    def where(self) -> str:
        """The surface in words."""
        return f"{self.key} of ConfigMap {self.config_map}"

    def read(self) -> dict[str, str]:
        """Return the settings in the file."""
        return self._properties().as_dict()

    def unmanaged(self, effective: Mapping[str, str]) -> dict[str, str]:
        """Return the settings of a running broker that the start command adds or overrides."""
        return unmanaged_settings(self.template, effective, self.read())

    def fixed(self, effective: Mapping[str, str]) -> frozenset[str]:
        """Return the settings that a change of the file would not reach."""
        return frozenset(self.unmanaged(effective))

    def configured(self, effective: Mapping[str, str]) -> dict[str, str]:
        """Return the settings that a broker started now would have."""
        return self.read() | self.unmanaged(effective)

    def wanted(self, changes: Changes) -> dict[str, str]:
        """Return what ``read`` gives after the changes."""
        return changes.applied_to(self.read())

    def apply(
        self,
        changes: Changes,
        stage: str,
        digest: str,
        effective: Mapping[str, str],
        cluster_id: str = "",
    ) -> SurfaceChange:
        """Return the new ConfigMap of a stage and the template that shows it.

        :param digest: ``settings_hash`` of the stage.
        :raises Unsupported: ``setting-overridden`` when the start command would undo a change.
        """
        before = self.read()
        notes = refuse_overridden(changes, self.fixed(effective), before, self.where)
        template = annotated(self.template, stage, digest, self.unmanaged(effective))
        properties = self._properties()
        for key, value in changes.set.items():
            properties.set(key, value)
        for key in changes.remove:
            properties.remove(key)
        created: tuple[Obj, ...] = ()
        if properties.as_dict() != before:
            original = self.config_maps[self.config_map]
            copied = stage_copy(original, stage, digest, original["data"] | {self.key: properties.render()})
            switch_config_map(template, self.config_map, copied["metadata"]["name"])
            created = (copied,)
        return SurfaceChange(created, template, diff_text(before, properties.as_dict()), changes.notes + notes)

    def _properties(self) -> Properties:
        return Properties.parse(self.config_maps[self.config_map]["data"][self.key])


# ansible-test's pylint takes the runtime form X | Y of classes from a collection for an error
Surface = Union[FileSurface, EnvSurface]


def detect(
    template: Mapping[str, Any],
    config_maps: Mapping[str, Obj],
    effective: Mapping[str, str],
    container: str | None = None,
) -> Surface:
    """Find where a broker gets its settings from.

    Every properties file in a ConfigMap and the variables of the container are compared with what a running broker uses;
    a candidate counts when at least half of the settings that both name agree, and it must agree on twice as many as the
    next one.

    :param config_maps: ConfigMaps of the namespace by name.
    :param effective: settings of a running broker of this template.
    :raises Unsupported: ``surface-not-found`` when none or several fit; ``cluster-ambiguous`` for the container.
    """
    name = main_container(template, container)
    scored = []
    for surface in _candidates(dict(template), config_maps, name):
        read = surface.read()
        both = read.keys() & effective.keys()
        agree = sum(1 for key in both if read[key].strip() == effective[key].strip())
        if agree and agree * 2 >= len(both):
            scored.append((agree, surface))
    scored.sort(key=lambda item: -item[0])
    if not scored:
        raise Unsupported(_nothing(template, config_maps, name), code="surface-not-found")
    if len(scored) > 1 and scored[0][0] < 2 * scored[1][0]:
        raise Unsupported(
            f"the settings of container {name} could come from {scored[0][1].where} or from {scored[1][1].where}; "
            "leave one of them only",
            code="surface-not-found",
        )
    return scored[0][1]


def _nothing(template: Mapping[str, Any], config_maps: Mapping[str, Obj], container: str) -> str:
    used = sorted({use.config_map for use in config_map_uses(template)})
    missing = [name for name in used if name not in config_maps]
    return (
        f"the settings that the broker in container {container} runs with are neither in a ConfigMap that the pods mount "
        f"({', '.join(used) or 'there is none'}) nor in KAFKA_* or KAFKA_CFG_* variables"
        + (f"; not found: {', '.join(missing)}" if missing else "")
    )


def _candidates(template: Obj, config_maps: Mapping[str, Obj], container: str) -> Iterator[Surface]:
    seen = set()
    for use in config_map_uses(template):
        shown = _shown(template, use.volume)
        for key, text in (config_maps.get(use.config_map, {}).get("data") or {}).items():
            path = key if use.paths is None else use.paths.get(key)
            if path is None or not _visible(path, shown) or (use.config_map, key) in seen:
                continue
            seen.add((use.config_map, key))
            try:
                Properties.parse(text)
            except Unsupported:
                continue
            yield FileSurface(template, config_maps, container, use.config_map, key, use.volume)
    rules = _rules(template, config_maps, container)
    if rules:
        yield EnvSurface(template, config_maps, container, rules)


def _shown(template: Mapping[str, Any], volume: str) -> list[str]:
    """Return the subPath of each mount of a volume, init containers included: they often prepare the file."""
    return [
        mount.get("subPath") or ""
        for container in all_containers(template)
        for mount in mounts(container)
        if mount["name"] == volume
    ]


def _visible(path: str, sub_paths: list[str]) -> bool:
    return any(not sub or path == sub or path.startswith(sub.rstrip("/") + "/") for sub in sub_paths)


def _rules(template: Mapping[str, Any], config_maps: Mapping[str, Obj], container: str) -> ImageRules | None:
    target = container_of(template, container)
    names = environment(target, config_maps)
    if any(map(BITNAMI.setting, names)):
        return BITNAMI
    if not any(map(APACHE.setting, names)):
        return None
    return APACHE if "apache/kafka" in str(target.get("image") or "") else CONFLUENT
