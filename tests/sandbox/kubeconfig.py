# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a kubeconfig with the standard library: the sandbox's own (JSON) or, with help, a user's (YAML)."""

from __future__ import annotations

import base64
import json
import os
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .config import SandboxError
from .console import run


@dataclass(frozen=True)
class Connection:
    """How to talk to an API server."""

    host: str
    port: int
    tls: ssl.SSLContext
    token: str = ""


def load(path: Path) -> Connection:
    """Return the connection of the file's current context.

    Raises SandboxError when the file cannot be read or names no server.
    """
    config = _parse(path)
    context = _named(config, "contexts", "context", config.get("current-context"))
    cluster = _named(config, "clusters", "cluster", context.get("cluster"))
    user = _named(config, "users", "user", context.get("user"))
    if "exec" in user:
        user = {**user, **_exec_credential(user["exec"])}
    address = urlsplit(str(cluster.get("server", "")))
    if address.scheme != "https" or not address.hostname:
        raise SandboxError(f"kubeconfig {path}: the server {cluster.get('server')!r} is not an https address")
    tls = _tls(path.parent, cluster, user)
    return Connection(address.hostname, address.port or 443, tls, str(user.get("token", "")))


def _parse(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SandboxError(f"kubeconfig {path} cannot be read: {error.strerror}") from error
    try:
        config = json.loads(text)
    except ValueError:
        config = _from_yaml(path, text)
    if not isinstance(config, dict):
        raise SandboxError(f"kubeconfig {path} is not a mapping")
    return config


def _from_yaml(path: Path, text: str) -> Any:
    """Parse YAML by PyYAML (every Ansible has it), else by kubectl."""
    try:
        import yaml
    except ImportError:
        if shutil.which("kubectl"):
            return json.loads(
                run(
                    ["kubectl", "config", "view", "--raw", "--output=json"], env={**os.environ, "KUBECONFIG": str(path)}
                )
            )
        raise SandboxError(
            f"kubeconfig {path} is YAML: run this by a Python that has PyYAML (Ansible's own has), or install kubectl"
        ) from None
    return yaml.safe_load(text)


def _named(config: Mapping[str, Any], group: str, kind: str, name: object) -> dict[str, Any]:
    for entry in config.get(group) or []:
        if entry.get("name") == name:
            return dict(entry.get(kind) or {})
    raise SandboxError(f"kubeconfig has no {kind} {name!r}")


def _tls(folder: Path, cluster: Mapping[str, Any], user: Mapping[str, Any]) -> ssl.SSLContext:
    authority = _material(folder, cluster, "certificate-authority")
    context = ssl.create_default_context(cadata=authority.decode() if authority else None)
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    certificate, key = _material(folder, user, "client-certificate"), _material(folder, user, "client-key")
    if certificate and key:
        # The ssl module takes a certificate only from a file; it is gone again when this returns.
        with tempfile.NamedTemporaryFile(mode="wb", suffix=".pem") as pem:
            pem.write(certificate + b"\n" + key)
            pem.flush()
            context.load_cert_chain(pem.name)
    return context


def _material(folder: Path, entry: Mapping[str, Any], name: str) -> bytes:
    """Return a certificate or key that is named by file or given in base64, empty when neither."""
    if entry.get(f"{name}-data"):
        return base64.b64decode(entry[f"{name}-data"])
    return (folder / entry[name]).read_bytes() if entry.get(name) else b""


def _exec_credential(plugin: Mapping[str, Any]) -> dict[str, Any]:
    """Run a credential plugin and return what it answers in the terms of a kubeconfig user."""
    env = {**os.environ, **{item["name"]: item["value"] for item in plugin.get("env") or []}}
    env["KUBERNETES_EXEC_INFO"] = json.dumps(
        {"apiVersion": plugin["apiVersion"], "kind": "ExecCredential", "spec": {"interactive": False}}
    )
    done = subprocess.run(
        [plugin["command"], *(plugin.get("args") or [])], env=env, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SandboxError(
            f"credential plugin {plugin['command']} ended with {done.returncode}: {done.stderr.strip()[-300:]}"
        )
    status = json.loads(done.stdout).get("status", {})
    found: dict[str, Any] = {}
    if status.get("token"):
        found["token"] = status["token"]
    for answer, name in (("clientCertificateData", "client-certificate-data"), ("clientKeyData", "client-key-data")):
        if status.get(answer):
            found[name] = base64.b64encode(status[answer].encode()).decode()
    return found
