# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A settings source: where a broker gets its settings from, and how a stage is written there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import StageChange
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import Changes

Obj = dict[str, Any]


class SettingsSource(Protocol):
    """What a stage needs of a source. Each kind is a class of this folder; ``source.detect`` finds the one of a pod template.

    ``effective`` is always the settings that a running broker uses.
    """

    @property
    def kind(self) -> str:
        """``file``, ``secret-file``, ``environment`` or ``overrides``."""

    @property
    def where(self) -> str:
        """The source in words."""

    @property
    def template(self) -> Obj:
        """The pod template that it was found in."""

    @property
    def container(self) -> str:
        """The name of the brokers' container."""

    def read(self) -> dict[str, str]:
        """Return the settings whose values the source gives and can be read from here."""

    def opaque(self) -> frozenset[str]:
        """Return the settings that it gives with a value that is only known in the pod, such as a placeholder."""

    def given(self) -> dict[str, str]:
        """Return every setting as it is written there, for people: values of a Secret are redacted."""

    def hidden(self) -> frozenset[str]:
        """Return the settings whose values come from a Secret and are never shown."""

    def unmanaged(self, effective: Mapping[str, str]) -> dict[str, str]:
        """Return the settings of a running broker that something else gives: the start command, the image."""

    def fixed(self, effective: Mapping[str, str]) -> frozenset[str]:
        """Return the settings that a change of the source would not reach."""

    def configured(self, effective: Mapping[str, str]) -> dict[str, str]:
        """Return the settings that a broker started now would have."""

    def wanted(self, changes: Changes) -> dict[str, str]:
        """Return what ``read`` gives after the changes."""

    def leaving(self, effective: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return (container, variable) of those that only serve ZooKeeper's settings; the KRaft stage empties them."""

    def apply(
        self, changes: Changes, stage: str, digest: str, effective: Mapping[str, str], cluster_id: str = ""
    ) -> StageChange:
        """Return the objects and the template of a stage; what the user made stays untouched.

        :param digest: ``settings_hash`` of the stage.
        :param cluster_id: needed for stage ``kraft``, where images format with it.
        :raises Unsupported: ``setting-overridden``, ``setting-blocks``, ``cluster-id-mismatch``.
        """

    def at(self, template: Obj, secrets: Mapping[str, Obj] | None = None) -> SettingsSource:
        """Return the same source in another revision of the pod template, with the Secrets that this one needs."""
