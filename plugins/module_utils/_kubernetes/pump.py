# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moving bytes between a local TCP connection and a channel to the cluster, without ever looking at them.

Private to the collection.
"""

from __future__ import annotations

import selectors
import socket
from abc import ABC, abstractmethod

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.channel import (
    CHUNK,
    STATUS,
    STDERR,
    STDIN,
    STDOUT,
    Channel,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.exec import exit_status
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError

HIGH_WATER = 1024 * 1024  # bytes that may wait in one direction before reading from the other side stops
PING_AFTER = 20.0  # seconds without data
LINGER = 5.0  # seconds that the far side may stay silent after the client has ended its direction


class Side(ABC):
    """What the channels of one kind of connection mean: which carries data, and what is an error."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.error = ""

    def outgoing(self) -> int:
        """Channel for the client's bytes."""
        return 0

    @abstractmethod
    def incoming(self, channel: int, data: bytes) -> bytes:
        """Return the bytes for the client in a message; keeps errors in ``error``."""

    def finished(self) -> bool:
        """Whether the far side has said that it is done, before the channel ends."""
        return False


class PortSide(Side):
    """Port-forward: channel 0 data, channel 1 error; the first message of each is the port number in two bytes."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self._greeted: set[int] = set()

    def incoming(self, channel: int, data: bytes) -> bytes:
        """Take the greeting off and keep what the error channel says."""
        if channel not in self._greeted:
            self._greeted.add(channel)
            data = data[2:]
        if channel == 0:
            return data
        self.error += data.decode("utf-8", "replace")
        return b""

    def finished(self) -> bool:
        """Whether the error channel has said something."""
        return bool(self.error)


class ExecSide(Side):
    """Exec: stdout is data, stderr and a failed status are errors."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self._status = b""

    def outgoing(self) -> int:
        """Stdin of the relay."""
        return STDIN

    def incoming(self, channel: int, data: bytes) -> bytes:
        """Return stdout; keep stderr and the status."""
        if channel == STDOUT:
            return data
        if channel == STDERR:
            self.error += data.decode("utf-8", "replace")
        elif channel == STATUS:
            self._status += data
            try:
                rc = exit_status(self._status.decode("utf-8", "replace"), self.where)
                self.error = "" if rc == 0 else self.error or f"the relay ended with status {rc}"
            except KraftError as error:
                self.error = error.message
        return b""

    def finished(self) -> bool:
        """Whether the relay has ended."""
        return bool(self._status)


class Pump:
    """Moves bytes between one TCP connection and one channel, in one thread, until either side has ended.

    :ivar error: why it ended, when that was no ordinary end.
    """

    def __init__(self, client: socket.socket, channel: Channel, side: Side, waker: socket.socket) -> None:
        self._client = client
        self._channel = channel
        self._side = side
        self._waker = waker
        self._to_client = bytearray()
        self._client_done = False  # the client has ended its direction
        self._far_done = False
        self.error = ""
        client.setblocking(False)

    def run(self) -> None:
        """Pump until the far side has ended and all is delivered, the client is gone, or the waker is closed."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._waker, selectors.EVENT_READ)
            masks: dict[object, int] = {}
            while not (self._far_done and not self._to_client):
                self._watch(selector, masks)
                more = self._channel.has_more and len(self._to_client) < HIGH_WATER
                ready = {key.fileobj: events for key, events in selector.select(0 if more else self._patience())}
                if self._waker in ready:
                    return
                if not ready and not more and not self._idle():
                    return
                self._channel.flush()
                if ready.get(self._client, 0) & selectors.EVENT_READ and not self._from_client():
                    return
                if more or ready.get(self._channel, 0) & selectors.EVENT_READ:
                    self._from_channel()
                if self._to_client and not self._write_client():
                    return
                if self._channel.ended and not self._far_done:
                    self._end_far()
            self._end_far()

    def _watch(self, selector: selectors.BaseSelector, masks: dict[object, int]) -> None:
        """Tell the selector what is wanted now: nothing is read that could not be passed on."""
        from_client = not self._client_done and self._channel.unsent < HIGH_WATER and not self._far_done
        client = (selectors.EVENT_READ if from_client else 0) | (selectors.EVENT_WRITE if self._to_client else 0)
        from_far = len(self._to_client) < HIGH_WATER and not self._far_done
        far = (selectors.EVENT_READ if from_far else 0) | self._channel.interest if not self._channel.ended else 0
        for fileobj, mask in ((self._client, client), (self._channel, far)):
            before = masks.get(fileobj, 0)
            if mask == before:
                continue
            if not before:
                selector.register(fileobj, mask)
            elif not mask:
                selector.unregister(fileobj)
            else:
                selector.modify(fileobj, mask)
            masks[fileobj] = mask

    def _patience(self) -> float:
        return LINGER if self._client_done else PING_AFTER

    def _idle(self) -> bool:
        """Nothing came for a while; False when the connection should end."""
        if self._client_done or self._far_done:
            return False
        self._channel.ping()
        return True

    def _from_client(self) -> bool:
        try:
            data = self._client.recv(CHUNK)
        except (BlockingIOError, InterruptedError):
            return True
        except OSError:
            return False  # reset by the client
        if data:
            self._channel.send(self._side.outgoing(), data)
        else:
            self._client_done = True
        return True

    def _from_channel(self) -> None:
        for number, data in self._channel.receive():
            self._to_client += self._side.incoming(number, data)
        if self._channel.ended or self._side.finished():
            self._far_done = True

    def _write_client(self) -> bool:
        try:
            with memoryview(self._to_client) as view:
                sent = self._client.send(view)
        except (BlockingIOError, InterruptedError):
            return True
        except OSError:
            return False  # the client is gone
        del self._to_client[:sent]
        return True

    def _end_far(self) -> None:
        self._far_done = True
        self.error = " ".join((self._side.error or self._channel.lost).split())
