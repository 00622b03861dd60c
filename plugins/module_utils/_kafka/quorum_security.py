# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the controllers' listeners are secured: by the settings that they run with, as each of them reaches the others.

Private to the collection. What a pod's files say is read once per process, as long as the settings stay the same: the quorum is asked again and
again.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_properties import ClientProperties
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_security import (
    OPEN,
    ClientSide,
    Security,
    controller_client,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import login, tls
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.key_stores import read_properties, read_security
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum_view import PLAINTEXT, Member
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError

_known: dict[tuple[str, str], tuple[KubeClient, ClientSide, Security]] = {}
_lock = threading.Lock()


class Keys:
    """What opens the controllers' listeners, for one look at the quorum; ``leader_search.Secure``."""

    def __init__(self, client: KubeClient, namespace: str, members: Mapping[int, Member]) -> None:
        """Take the controllers; nothing is read.

        :param members: node id to the controller's pod.
        """
        self._client, self._namespace, self._members = client, namespace, members
        self._fresh: set[int] = set()

    def of(self, node: int) -> Security:
        """Return how a controller's listener is secured.

        :raises KraftError: when it cannot be told; the message says why.
        """
        member = self._members[node]
        if member.security == PLAINTEXT:
            return OPEN
        side = client_side(member)
        key = (self._namespace, member.pod)
        with _lock:
            held = _known.get(key)
        if held is not None and held[0] is self._client and held[1] == side:
            return held[2]
        where = self._client, self._namespace, member.pod, member.container
        try:
            found = read_security(*where, side, member.hosts(node), pid=member.facts.pid)
        except KraftError as error:
            code = error.code or (tls.CODE if side.tls else login.CODE)
            raise type(error)(error.message, code=code, detail=error.detail) from error
        self._fresh.add(node)
        with _lock:
            _known[key] = (self._client, side, found)
        return found

    def forget(self, node: int) -> bool:
        """Have the files of a controller read anew; False when this very look has read them."""
        with _lock:
            held = _known.pop((self._namespace, self._members[node].pod), None)
        return held is not None and node not in self._fresh


def client_side(member: Member) -> ClientSide:
    """Return how a controller reaches the others, before files are read. Raises KraftError when the settings do not tell."""
    side = controller_client(member.facts.settings, member.facts.options)
    if isinstance(side, Unknown):
        raise KraftError(f"{side.why} (pod {member.pod})")
    return side


def tool_properties(client: KubeClient, namespace: str, node: int, member: Member) -> tuple[str, ClientProperties]:
    """Return where a tool in a controller's pod reaches it (host:port), and the client properties that it needs.

    :raises KraftError: when these cannot be told; the message says why.
    """
    if member.security == PLAINTEXT:
        return f"localhost:{member.port}", ClientProperties()
    side = client_side(member)
    # names in certificates and in Kerberos are those of the network, never localhost
    hosts = member.hosts(node) if side.tls or side.mechanism == "GSSAPI" else ()
    at = f"{hosts[0] if hosts else 'localhost'}:{member.port}"
    return at, read_properties(client, namespace, member.pod, member.container, side, pid=member.facts.pid)
