# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A conversation with a KRaft controller in Kafka's own protocol, through the port that Kubernetes forwards.

With TLS and a login where its listener has them (``tls.py``, ``login.py``).
One connection per look: no thread, no pool, no bootstrap, and one deadline for everything. Controllers answer no Metadata request,
so nothing that has to find its way by one serves here.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
import typing as t
from collections.abc import Callable, Iterator

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import log_messages as log
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import quorum_messages as messages
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.kafka_bytes import Malformed
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.log_records import Copy, Decode, payload
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.quorum_messages import Described
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_security import OPEN, Security
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import login, tls
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.forward import pod_forward
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, Unreachable

#: seconds for one look at a controller, which answers in some milliseconds: one that hangs must not hold up the look at the others
TIMEOUT = 5.0
#: seconds for the metadata log, which may be megabytes
LOG_TIMEOUT = 30.0


class Conversation:
    """Requests and answers over one connection, in turn."""

    def __init__(self, sock: socket.socket, what: str, deadline: float) -> None:
        """Take a connected socket; nothing is sent.

        :param what: whom this talks to, for messages.
        :param deadline: of the whole conversation, by time.monotonic().
        """
        self._sock, self._what, self._deadline = sock, what, deadline
        self._count = 0
        self._answered = False
        self._versions: dict[int, tuple[int, int]] | None = None

    def log_in(self, security: Security) -> None:
        """Log in; the first thing to do at a listener with SASL.

        :raises KraftError: ``quorum-login-failed``, or as the other requests.
        """

        def ask(request: Callable[[int], bytes]) -> tuple[bytes, int]:
            number = self._next()
            return self._exchange(request(number)), number

        with self._understood():
            login.log_in(ask, security, self._what)

    def describe_quorum(self) -> Described:
        """Ask for the quorum.

        :raises Denied: when the controller answers with an error; every one but the leader does, with NOT_LEADER_OR_FOLLOWER.
        :raises Unreachable: when it does not answer, or not until the deadline.
        :raises KraftError: when the answer is none of Kafka's protocol.
        """
        # version 1 (Kafka 3.3) brought the times, without which nobody knows whether a leader is still followed
        version = self._version(messages.DESCRIBE_QUORUM, messages.DESCRIBE_QUORUM_VERSION, lowest=1)
        count = self._next()
        answer = self._exchange(messages.ask_quorum(count, version))
        with self._understood():
            return messages.read_quorum(answer, count, version)

    def metadata_log(
        self, leader_epoch: int, high_watermark: int, decode: Decode = payload
    ) -> list[tuple[int, dict[str, t.Any]]]:
        """Read the committed part of the metadata log from its leader: the newest checkpoint and what is behind it.

        :param leader_epoch: and ``high_watermark`` as the leader described them.
        :param decode: which records, and how they are read: those that ``metadata_records`` is about, if not said.
        :return: offset (-1 in the checkpoint), and type and fields, of these records.
        :raises Denied: when the controller answers with an error: it does not lead any more, for one.
        :raises Unreachable: when it does not answer, or not until the deadline.
        :raises KraftError: when its answers make no log.
        """
        self._version(log.FETCH, log.FETCH_VERSION, lowest=log.FETCH_VERSION)
        copy = Copy(high_watermark, decode=decode)
        with self._understood():
            while not copy.complete:
                count = self._next()
                answer = self._exchange(log.ask_log(count, leader_epoch, copy.offset, copy.epoch))
                found = log.read_log(answer, count)
                if found.snapshot is None:
                    copy.take_log(found.records)
                elif copy.offset > 0:
                    raise Malformed(f"the log cannot be read from offset {copy.offset}")
                else:
                    copy.take_checkpoint(
                        self._snapshot(leader_epoch, found.snapshot), found.snapshot.end, found.snapshot.epoch
                    )
        return copy.records

    def _snapshot(self, leader_epoch: int, wanted: log.SnapshotId) -> bytes:
        self._version(log.FETCH_SNAPSHOT, log.SNAPSHOT_VERSION)
        data = b""
        while True:
            count = self._next()
            answer = self._exchange(log.ask_snapshot(count, leader_epoch, wanted, len(data)))
            piece = log.read_snapshot(answer, count)
            if piece.position != len(data) or not piece.data:
                raise Malformed(
                    f"a checkpoint continues at {piece.position}, {len(data)} of {piece.size} bytes arrived"
                )
            data += piece.data
            if len(data) >= piece.size:
                return data

    def _version(self, api: int, highest: int, lowest: int = 0) -> int:
        """Return the version to ask with; the first time this asks the controller what it speaks."""
        if self._versions is None:
            count = self._next()
            answer = self._exchange(messages.ask_api_versions(count))
            with self._understood():
                self._versions = messages.read_api_versions(answer, count)
        return messages.pick_version(self._versions, api, highest, lowest)

    def _next(self) -> int:
        self._count += 1
        return self._count

    @contextlib.contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except Malformed as error:
            raise KraftError(f"{self._what} did not answer in Kafka's protocol: {error}") from error

    def _exchange(self, message: bytes) -> bytes:
        try:
            self._sock.settimeout(self._left())
            self._sock.sendall(messages.framed(message))
            head = self._receive(4)
            with self._understood():
                size = messages.frame_size(head)
            answer = self._receive(size)
        except TimeoutError as error:
            raise Unreachable(f"{self._what} did not answer in time") from error
        except OSError as error:
            # with TLS 1.3 a client learns only here that its certificate is refused
            if isinstance(self._sock, ssl.SSLSocket) and (isinstance(error, ssl.SSLError) or not self._answered):
                raise tls.fault(error, self._what) from error
            raise Unreachable(f"the connection to {self._what} broke: {error}") from error
        self._answered = True
        return answer

    def _receive(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            self._sock.settimeout(self._left())
            piece = self._sock.recv(min(size - len(found), 256 * 1024))
            if not piece:
                if isinstance(self._sock, ssl.SSLSocket) and not self._answered:
                    raise tls.closed(self._what)
                raise Unreachable(f"{self._what} closed the connection")
            found += piece
        return bytes(found)

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


@contextlib.contextmanager
def conversation(
    client: KubeClient, namespace: str, pod: str, port: int, *, security: Security = OPEN, timeout: float = TIMEOUT
) -> Iterator[Conversation]:
    """Open a conversation with the controller in a pod, logged in where it has to be; it ends with the ``with`` block.

    Needs the permission pods/portforward.

    :param port: of its listener.
    :param timeout: seconds for the whole conversation.
    :raises Unreachable: when the pod, or the port in it, cannot be reached; the message says why.
    :raises KraftError: ``quorum-tls`` or ``quorum-login-failed``, when the listener does not let us in or is not who it should be.
    """
    deadline = time.monotonic() + timeout
    what = f"the controller at port {port} of pod {namespace}/{pod}"
    with pod_forward(client, namespace, pod, port) as forward:
        try:
            with _connected(forward.host, forward.port, security, what, timeout) as sock:
                talk = Conversation(sock, what, deadline)
                if security.sasl:
                    talk.log_in(security)
                yield talk
        except Unreachable as error:
            # the local listener takes every connection: why it went no further is known to the forward
            raise Unreachable(
                forward.last_error or error.message, code="" if forward.last_error else error.code
            ) from error
        except TimeoutError as error:
            raise Unreachable(f"{what} did not answer in time") from error
        except OSError as error:
            raise Unreachable(f"the connection to {what} failed: {error}") from error


def _connected(host: str, port: int, security: Security, what: str, timeout: float) -> socket.socket:
    sock = socket.create_connection((host, port), timeout=timeout)
    if not security.tls:
        return sock
    try:
        return tls.secured(sock, security, what)
    except BaseException:
        sock.close()
        raise
