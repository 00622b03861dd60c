# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account that a double works with: a token of it, and a kubeconfig with that token."""

from __future__ import annotations

import json
from pathlib import Path

from tests.sandbox.kube import Kube, Object


def token(kube: Kube, namespace: str, account: str, seconds: int) -> str:
    """Return a token of a ServiceAccount."""
    body = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": seconds},
    }
    answer = kube.request("POST", Kube.path("ServiceAccount", namespace, account) + "/token", body)
    return str(answer["status"]["token"])


def write_kubeconfig(source: Path, target: Path, secret: str, namespace: str) -> None:
    """Write a kubeconfig (JSON) with the server of another one and this token instead of its user."""
    config = json.loads(source.read_text(encoding="utf-8"))
    current = next(entry["context"] for entry in config["contexts"] if entry["name"] == config["current-context"])
    cluster = next(entry["cluster"] for entry in config["clusters"] if entry["name"] == current["cluster"])
    made = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "double",
        "contexts": [{"name": "double", "context": {"cluster": "double", "user": "double", "namespace": namespace}}],
        "clusters": [{"name": "double", "cluster": _absolute(source.parent, cluster)}],
        "users": [{"name": "double", "user": {"token": secret}}],
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=0o600)
    target.write_text(json.dumps(made), encoding="utf-8")


def _absolute(folder: Path, cluster: Object) -> Object:
    file = cluster.get("certificate-authority")
    return {**cluster, "certificate-authority": str(folder / file)} if file else cluster
