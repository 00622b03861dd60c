# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of the sandbox with KubeBlocks' kinds."""

from __future__ import annotations

from typing import Any

from tests.sandbox.kube import ApiError, Kube

from .names import CUSTOM, Object

_MERGE = "application/merge-patch+json"
_JSON = "application/json-patch+json"


class KubeBlocks(Kube):
    """One API server."""

    @staticmethod
    def path(kind: str, namespace: str = "", name: str = "") -> str:
        """Return the REST path of a collection or of an object."""
        if kind not in CUSTOM:
            return Kube.path(kind, namespace, name)
        version, plural, namespaced = CUSTOM[kind]
        inside = f"/namespaces/{namespace}" if namespaced and namespace else ""
        return f"/apis/{version}{inside}/{plural}" + (f"/{name}" if name else "")

    def create(self, body: Object) -> Object:
        """Create an object and return it. The operator writes into the same lists, which an apply would take from it again and again."""
        made: Object = self.request("POST", self.path(body["kind"], body["metadata"].get("namespace", "")), body)
        return made

    def merge(self, kind: str, name: str, namespace: str, patch: Object) -> None:
        """Change an object by a merge patch."""
        self.request("PATCH", self.path(kind, namespace, name), patch, content=_MERGE)

    def change(self, kind: str, name: str, namespace: str, path: str, value: Any) -> None:
        """Set one field of an object."""
        patch = [{"op": "add", "path": path, "value": value}]
        self.request("PATCH", self.path(kind, namespace, name), patch, content=_JSON)

    def everywhere(self, kind: str) -> list[Object]:
        """Return the objects of all namespaces; none when the kind is not defined."""
        try:
            return self.list(kind)
        except ApiError as error:
            if error.status != 404:
                raise
            return []
