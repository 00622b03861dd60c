# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few traces that the sandbox leaves in the machine's network, and their removal."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

from .config import NODE_IP, NODE_LINK, POD_BRIDGE, POD_NETWORK
from .console import run

_COMMENT = ["-m", "comment", "--comment", "kafkaops sandbox"]
_RULES = [
    ["FORWARD", "-s", POD_NETWORK, *_COMMENT, "-j", "ACCEPT"],
    ["FORWARD", "-d", POD_NETWORK, *_COMMENT, "-j", "ACCEPT"],
]


# What a kubelet leaves in the packet filter when it ends: table -> chains, and the rules that lead to them.
_KUBELET_CHAINS = {"mangle": ["KUBE-KUBELET-CANARY", "KUBE-IPTABLES-HINT"], "nat": ["KUBE-KUBELET-CANARY"],
                   "filter": ["KUBE-KUBELET-CANARY", "KUBE-FIREWALL"]}  # fmt: skip


def _iptables(*words: str) -> bool:
    return subprocess.run(["iptables", "-w", *words], capture_output=True, check=False).returncode == 0


def _there(link: str) -> bool:
    return link in (name for _index, name in socket.if_nameindex())


def up() -> None:
    """Make the node's own address, let packets of pods through, and turn forwarding on."""
    if not _there(NODE_LINK):
        run(["ip", "link", "add", NODE_LINK, "type", "bridge"])
        run(["ip", "addr", "add", f"{NODE_IP}/32", "dev", NODE_LINK])
    run(["ip", "link", "set", NODE_LINK, "up"])
    forwarding = Path("/proc/sys/net/ipv4/ip_forward")
    if forwarding.read_text(encoding="ascii").strip() != "1":
        forwarding.write_text("1\n", encoding="ascii")
    for rule in _RULES:
        if not _iptables("-C", *rule):
            run(["iptables", "-w", "-I", *rule])


def down(kube_proxy: Path | None) -> None:
    """Take the links and the rules away again; kube-proxy removes its own chains."""
    if kube_proxy is not None:
        run([kube_proxy, "kube-proxy", "--cleanup"], check=False)
    for rule in _RULES:
        while _iptables("-D", *rule):
            pass
    for hook in ("INPUT", "OUTPUT"):
        while _iptables("-D", hook, "-j", "KUBE-FIREWALL"):
            pass
    for table, chains in _KUBELET_CHAINS.items():
        for chain in chains:
            if _iptables("-t", table, "-F", chain):
                _iptables("-t", table, "-X", chain)
    for link in (POD_BRIDGE, NODE_LINK):
        if _there(link):
            run(["ip", "link", "delete", link])
