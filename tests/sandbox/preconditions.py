# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the machine must have before anything is started, and getting the Debian packages that are missing."""

from __future__ import annotations

import os
import re
import shutil
import socket
from pathlib import Path

from .config import API_PORT, COMPONENT_PORTS, DNS_HEALTH_PORT, ETCD_PEER_PORT, ETCD_PORT, SandboxError
from .console import run, step

# Debian package -> a file or command that shows that it is there.
RUN_PACKAGES = {
    "containerd": "containerd",
    "runc": "runc",
    "etcd-server": "etcd",
    "containernetworking-plugins": "/usr/lib/cni/bridge",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "iproute2": "ip",
    "openssl": "openssl",
    "mount": "umount",
}
BUILD_PACKAGES = {
    "debootstrap": "debootstrap",
    "gcc": "gcc",
    "libc6-dev": "/usr/include/stdlib.h",
    "maven": "mvn",
    "openjdk-17-jdk-headless": "javac",
    "python3-venv": "/usr/lib/python3/dist-packages/ensurepip|/usr/lib/python3.11/ensurepip",
    "ca-certificates": "/etc/ssl/certs/ca-certificates.crt",
}


def _present(mark: str) -> bool:
    if not mark.startswith("/"):
        return shutil.which(mark) is not None
    return any(Path(path).exists() for path in mark.split("|"))


def missing_packages(*groups: dict[str, str]) -> list[str]:
    """Name the Debian packages of the groups that are not there."""
    return [package for group in groups for package, mark in group.items() if not _present(mark)]


def check_machine() -> None:
    """Raise SandboxError naming everything that cannot be helped: not root, not Debian-like, old kernel features."""
    faults = []
    if os.geteuid() != 0:
        faults.append("it must run as root (containers, mounts, network)")
    if shutil.which("apt-get") is None:
        faults.append("apt-get is missing (Debian 12 is required)")
    if not Path("/sys/fs/cgroup").is_mount():
        faults.append("/sys/fs/cgroup is not mounted")
    if _memory_gib() < 6:
        faults.append(f"{_memory_gib():.0f} GiB of memory, 6 are needed")
    if faults:
        raise SandboxError("the sandbox cannot run here: " + "; ".join(faults))


def _memory_gib() -> float:
    found = re.search(r"MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text(encoding="ascii"))
    return int(found[1]) / 1024**2 if found else 0.0


def check_space(folder: Path, gib: int) -> None:
    """Raise SandboxError when the file system of a folder has less than ``gib`` GiB free."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free / 1024**3
    if free < gib:
        raise SandboxError(f"{folder} has {free:.1f} GiB free, {gib} are needed")


def check_ports() -> None:
    """Raise SandboxError naming the TCP ports that somebody else listens on."""
    taken = []
    for port in (API_PORT, ETCD_PORT, ETCD_PEER_PORT, DNS_HEALTH_PORT, *COMPONENT_PORTS):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("0.0.0.0", port))
            except OSError:
                taken.append(port)
    if taken:
        raise SandboxError(
            f"TCP ports that the sandbox needs are used by another program: {', '.join(map(str, taken))}"
        )


def install(packages: list[str]) -> None:
    """Install Debian packages; services that they bring (etcd, containerd) are not started."""
    if not packages:
        return
    with step(f"installing Debian packages: {' '.join(packages)}"):
        # Exit status 101 is Debian's way to say "do not start services"; a policy of the machine's own is left alone.
        policy = Path("/usr/sbin/policy-rc.d")
        ours = not policy.exists()
        if ours:
            policy.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
            policy.chmod(0o755)
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        try:
            run(["apt-get", "update", "-q"], env=env)
            run(["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages], env=env)
        finally:
            if ours:
                policy.unlink()
