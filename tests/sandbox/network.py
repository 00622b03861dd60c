# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few traces that the sandbox leaves in the machine's network, and their removal."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .config import NODE_IP, NODE_LINK, POD_BRIDGE, POD_NETWORK
from .console import run

_COMMENT = ["-m", "comment", "--comment", "kafkaops sandbox"]
_RULES = [
    ["FORWARD", "-s", POD_NETWORK, *_COMMENT, "-j", "ACCEPT"],
    ["FORWARD", "-d", POD_NETWORK, *_COMMENT, "-j", "ACCEPT"],
]


def up() -> None:
    """Make the node's own address, let packets of pods through, and turn forwarding on."""
    if not Path(f"/sys/class/net/{NODE_LINK}").exists():
        run(["ip", "link", "add", NODE_LINK, "type", "bridge"])
        run(["ip", "addr", "add", f"{NODE_IP}/32", "dev", NODE_LINK])
    run(["ip", "link", "set", NODE_LINK, "up"])
    forwarding = Path("/proc/sys/net/ipv4/ip_forward")
    if forwarding.read_text(encoding="ascii").strip() != "1":
        forwarding.write_text("1\n", encoding="ascii")
    for rule in _RULES:
        if subprocess.run(["iptables", "-w", "-C", *rule], capture_output=True, check=False).returncode != 0:
            run(["iptables", "-w", "-I", *rule])


def down(kube_proxy: Path | None) -> None:
    """Take the links and the rules away again; kube-proxy removes its own chains."""
    if kube_proxy is not None:
        run([kube_proxy, "kube-proxy", "--cleanup"], check=False)
    for rule in _RULES:
        while subprocess.run(["iptables", "-w", "-D", *rule], capture_output=True, check=False).returncode == 0:
            pass
    for link in (POD_BRIDGE, NODE_LINK):
        if Path(f"/sys/class/net/{link}").exists():
            run(["ip", "link", "delete", link])
