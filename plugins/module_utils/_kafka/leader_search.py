# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who leads the controllers, and how the leader describes the quorum: by a conversation with each that has to be asked.

Private to the collection.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import quorum_messages as messages
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.quorum_messages import Denied, Described
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_security import OPEN, Security
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.wire import TIMEOUT, conversation
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.parallel import parallel

#: seconds in which a leader that is well has long answered
AT_ONCE = 1.0


@dataclass(frozen=True)
class Said:
    """What the controllers said.

    :ivar described: the quorum as the leader of the highest epoch describes it, None when nobody leads.
    :ivar followers: those that answered, and do not lead.
    :ivar silent: why others did not answer.
    :ivar codes: of those reasons, where they have one: ``quorum-tls`` or ``quorum-login-failed``.
    """

    described: Described | None
    followers: tuple[int, ...]
    silent: Mapping[int, str]
    codes: Mapping[int, str] = field(default_factory=dict)


class Secure(t.Protocol):
    """Says how each controller's listener is secured."""

    def of(self, node: int) -> Security:
        """Return it. Raises KraftError when it cannot be read."""

    def forget(self, node: int) -> bool:
        """Have it read anew, after a refusal; False when what was refused is as new as can be."""


def ask_controllers(
    client: KubeClient,
    namespace: str,
    controllers: Mapping[int, tuple[str, int]],
    *,
    secure: Secure | None = None,
    first: int | None = None,
    timeout: float = TIMEOUT,
) -> Said:
    """Find the leader and let it describe the quorum.

    :param controllers: node id to pod and port of the listener.
    :param secure: how the listeners are secured; None: all are PLAINTEXT.
    :param first: who most likely leads; the others are asked only when it does not, or does not say so at once: a controller that
        starts or hangs takes the connection and answers late.
    :param timeout: seconds for each controller.
    """
    search = _Search(client, namespace, controllers, secure)
    said: dict[int, Described | str] = {}
    if first is not None and first in controllers:
        said[first] = search.ask(first, min(AT_ONCE, timeout))
    if not any(isinstance(each, Described) for each in said.values()):
        asked = [node for node in controllers if said.get(node) != ""]
        said |= zip(asked, parallel(lambda node: search.ask(node, timeout), asked), strict=True)
    leading = max(
        (each for each in said.values() if isinstance(each, Described)), key=lambda each: each.epoch, default=None
    )
    followers = tuple(
        node for node, each in said.items() if each == "" or (each != leading and isinstance(each, Described))
    )
    silent = {node: each for node, each in said.items() if isinstance(each, str) and each}
    return Said(leading, followers, silent, {node: code for node, code in search.codes.items() if node in silent})


class _Search:
    """Asks controllers; ``codes`` has those of their refusals."""

    def __init__(
        self, client: KubeClient, namespace: str, controllers: Mapping[int, tuple[str, int]], secure: Secure | None
    ) -> None:
        self._client, self._namespace, self._controllers, self._secure = client, namespace, controllers, secure
        self.codes: dict[int, str] = {}

    def ask(self, node: int, timeout: float) -> Described | str:
        """Return what a controller says: the quorum, why it says nothing, or "" from one that does not lead."""
        try:
            try:
                return self._once(node, timeout)
            except KraftError as error:
                # certificates and passwords change while a migration lasts
                if not error.code or self._secure is None or not self._secure.forget(node):
                    raise
                return self._once(node, timeout)
        except Denied as error:
            if error.number == messages.NOT_LEADER:
                return ""
            return f"controller {self._controllers[node][0]} refuses to describe the quorum: {error}"
        except KraftError as error:
            if error.code:
                self.codes[node] = error.code
            return error.message

    def _once(self, node: int, timeout: float) -> Described:
        pod, port = self._controllers[node]
        security = self._secure.of(node) if self._secure is not None else OPEN
        with conversation(self._client, self._namespace, pod, port, security=security, timeout=timeout) as talk:
            return talk.describe_quorum()
