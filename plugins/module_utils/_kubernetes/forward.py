# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ports inside the cluster as local ports: by the pod's port-forward, or by a relay process in a pod.

Private to the collection. Each accepted TCP connection gets a WebSocket of its own and one thread that pumps both
directions; the client library's PortForward keeps one connection per object, knows no back-pressure and drops the
impersonation headers, so it is not used.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.channel import V4, Channel, open_channel
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.exec import open_exec
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.pump import (
    ExecSide,
    PortSide,
    Pump,
    Side,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError

OPEN_TIMEOUT = 10.0  # seconds to open one channel

# cat in each direction; whichever ends first (the peer closed, or our stdin did) ends the other. bash gives a process
# in the background /dev/null as stdin, hence descriptor 4.
RELAY = (
    'exec 3<>"/dev/tcp/$1/$2" || exit 111; exec 4<&0; cat <&3 & r=$!; cat <&4 >&3 & w=$!; '
    'wait -n "$r" "$w"; kill "$r" "$w" 2>/dev/null; exit 0'
)


Dial = Callable[[], tuple[Channel, Side]]
"""Opens a channel to one port. Raises KraftError."""


class LocalForward:
    """A listener on 127.0.0.1 while the ``with`` block runs; each connection to it gets a channel of its own.

    :ivar host: ``127.0.0.1``.
    :ivar port: number of the local port, chosen by the system.
    """

    host = "127.0.0.1"

    def __init__(self, dial: Dial, what: str) -> None:
        self._dial = dial
        self._what = what
        self._listener: socket.socket | None = None
        self._threads: set[threading.Thread] = set()
        self._wakers: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopping = False
        self._acceptor: threading.Thread | None = None
        self._last_error = ""
        self.port = 0

    @property
    def last_error(self) -> str:
        """Why the last connection that failed did so (the far side refused, the pod is gone), or an empty string."""
        return self._last_error

    def __enter__(self) -> LocalForward:
        self._listener = socket.create_server((self.host, 0))
        self.port = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(
            target=self._accept, args=(self._listener,), name=f"forward-{self.port}", daemon=True
        )
        self._acceptor.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        with self._lock:
            self._stopping = True
            for waker in self._wakers:
                waker.close()
            threads = list(self._threads)
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept() up on Linux; close() alone does not
            self._listener.close()
        for thread in [*threads, *([self._acceptor] if self._acceptor else [])]:
            thread.join(timeout=OPEN_TIMEOUT)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _peer = listener.accept()
            except OSError:
                return  # closed by __exit__
            near, far = socket.socketpair()
            with self._lock:
                if self._stopping:
                    for sock in (client, near, far):
                        sock.close()
                    return
                thread = threading.Thread(
                    target=self._serve, args=(client, near, far), name=f"forward-{self.port}-connection", daemon=True
                )
                self._threads.add(thread)
                self._wakers.add(near)
            thread.start()

    def _serve(self, client: socket.socket, near: socket.socket, far: socket.socket) -> None:
        """Open the channel of one connection and pump until either side ends."""
        try:
            with client, far:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                channel, side = self._dial()
                try:
                    pump = Pump(client, channel, side, far)
                    pump.run()
                    if pump.error:
                        self._last_error = f"{self._what}: {pump.error}"
                finally:
                    channel.close()
        except KraftError as error:
            self._last_error = error.message
        except OSError as error:
            self._last_error = f"{self._what}: {error}"
        finally:
            with self._lock:
                self._wakers.discard(near)
                self._threads.discard(threading.current_thread())
            near.close()


def pod_dial(client: KubeClient, namespace: str, pod: str, port: int) -> Dial:
    """Return what opens a port-forward to a port of the pod. Needs the permission pods/portforward (get and create)."""
    what = _to_pod(namespace, pod, port)

    def dial() -> tuple[Channel, Side]:
        path = POD.path(namespace, pod, "portforward")
        channel = open_channel(client, path, [("ports", str(port))], (V4,), doing=what, timeout=OPEN_TIMEOUT)
        return channel, PortSide(what)

    return dial


def relay_dial(client: KubeClient, namespace: str, pod: str, container: str | None, host: str, port: int) -> Dial:
    """Return what opens a connection to ``host:port`` as the pod sees them, by bash and cat in it.

    For ZooKeeper outside reachable pods. The relay process ends with its connection. Needs the permission pods/exec (get and
    create).
    """
    what = f"relaying to {host}:{port} through {POD.describe(pod, namespace)}"
    command = ["bash", "-c", RELAY, "relay", host, str(port)]

    def dial() -> tuple[Channel, Side]:
        channel = open_exec(client, namespace, pod, command, container=container, stdin=True, timeout=OPEN_TIMEOUT)
        return channel, ExecSide(what)

    return dial


def pod_forward(client: KubeClient, namespace: str, pod: str, port: int) -> LocalForward:
    """Return a forward to a port of the pod; enter it with ``with``.

    Nothing is checked before the first connection: a pod that is gone shows as a connection that is closed at once, and
    in ``last_error``.
    """
    return LocalForward(pod_dial(client, namespace, pod, port), _to_pod(namespace, pod, port))


def _to_pod(namespace: str, pod: str, port: int) -> str:
    return f"forwarding to port {port} of {POD.describe(pod, namespace)}"
