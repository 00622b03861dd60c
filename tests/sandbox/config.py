# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, versions, folders and ports of the sandbox: everything that another module would otherwise repeat."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

KUBERNETES_VERSION = "1.34.4"
# one that uses the same Kubernetes modules
COREDNS_VERSION = "1.13.1"
GO_MINIMUM = (1, 24)
KAFKA_VERSIONS = ("3.9.2", "3.8.1", "3.7.2")
DEFAULT_KAFKA = KAFKA_VERSIONS[0]
JOLOKIA_VERSION = "2.2.9"
DEBIAN_SUITE = "bookworm"

SOURCES = Path(__file__).resolve().parent

NODE_NAME = "sandbox"
NODE_IP = "10.245.0.1"
NODE_LINK = "sbnode"
POD_BRIDGE = "sbpods"
POD_NETWORK = "10.244.0.0/16"
SERVICE_NETWORK = "10.96.0.0/16"
SERVICE_API_IP = "10.96.0.1"
STORAGE_CLASS = "sandbox"
PROVISIONER = "kafkaops.io/sandbox"

ETCD_PORT = 23790
ETCD_PEER_PORT = 23800
API_PORT = 6443
DNS_HEALTH_PORT = 18080
# kubelet, its health, kube-proxy's metrics and health, controller-manager, scheduler: the components' own defaults.
COMPONENT_PORTS = (10250, 10248, 10249, 10256, 10257, 10259)


class SandboxError(Exception):
    """What the user has to know, in one sentence; printed without a traceback."""


def _folder(variable: str, fallback: str) -> Path:
    """Return the folder named by an environment variable, or the fallback below the home folder, made absolute."""
    return Path(os.environ.get(variable) or fallback).expanduser().absolute()


@dataclass(frozen=True)
class Folders:
    """Where things are kept: ``cache`` outlives the sandbox (built parts), ``state`` belongs to the running one."""

    cache: Path = field(default_factory=lambda: _folder("KRAFT_SANDBOX_CACHE", "~/.cache/kafkaops-sandbox"))
    state: Path = field(default_factory=lambda: _folder("KRAFT_SANDBOX_STATE", "~/.local/state/kafkaops-sandbox"))

    @property
    def kubeconfig(self) -> Path:
        """Return the path of the administrator's kubeconfig (JSON, which is YAML)."""
        return self.state / "admin.kubeconfig"

    @property
    def audit_log(self) -> Path:
        """Return the path of the API server's audit log (one JSON object a line)."""
        return self.state / "audit.log"

    @property
    def logs(self) -> Path:
        """Return the folder of the components' own logs."""
        return self.state / "log"
