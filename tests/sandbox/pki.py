# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates and kubeconfig files of the sandbox, by openssl."""

from __future__ import annotations

import json
from pathlib import Path

from .cache import key_of
from .config import API_PORT, NODE_IP, NODE_NAME, SERVICE_API_IP
from .console import run

_DAYS = "365"
_CERTIFICATES = {
    "apiserver": (
        "/CN=kube-apiserver",
        f"subjectAltName=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:{SERVICE_API_IP},IP:{NODE_IP}",
    ),
    "admin": ("/O=system:masters/CN=sandbox-admin", ""),
    "kubelet": (
        f"/O=system:nodes/CN=system:node:{NODE_NAME}",
        f"subjectAltName=DNS:{NODE_NAME},IP:{NODE_IP},IP:127.0.0.1",
    ),
}


def make(folder: Path) -> None:
    """Create the authority, the service account key and the certificates when they are not all there."""
    mark = folder / "made-for"
    key = key_of(repr(_CERTIFICATES), _DAYS)
    if mark.is_file() and mark.read_text(encoding="utf-8") == key:
        return
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-days", _DAYS,
         "-subj", "/CN=kafkaops-sandbox"], cwd=folder)  # fmt: skip
    run(["openssl", "genrsa", "-out", "sa.key", "2048"], cwd=folder)
    run(["openssl", "rsa", "-in", "sa.key", "-pubout", "-out", "sa.pub"], cwd=folder)
    for name, (subject, extension) in _CERTIFICATES.items():
        run(
            [
                "openssl",
                "req",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-keyout",
                f"{name}.key",
                "-out",
                f"{name}.csr",
                "-subj",
                subject,
            ],
            cwd=folder,
        )
        (folder / f"{name}.ext").write_text(extension + "\n", encoding="utf-8")
        run(["openssl", "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", _DAYS,
             "-out", f"{name}.crt", "-extfile", f"{name}.ext"], cwd=folder)  # fmt: skip
    mark.write_text(key, encoding="utf-8")


def write_kubeconfig(path: Path, pki: Path, user: str) -> None:
    """Write the kubeconfig of one certificate (as JSON, which every YAML reader takes)."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "sandbox",
                "cluster": {"server": f"https://127.0.0.1:{API_PORT}", "certificate-authority": str(pki / "ca.crt")},
            }
        ],
        "users": [
            {
                "name": user,
                "user": {"client-certificate": str(pki / f"{user}.crt"), "client-key": str(pki / f"{user}.key")},
            }
        ],
        "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": user}}],
        "current-context": "sandbox",
    }
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    path.chmod(0o600)
