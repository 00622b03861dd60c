# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections to one API server: where it is, how to log in, and sockets that somebody else may stop.

Short requests go through a urllib3 pool; long-lived streams (watch, exec, port-forward) get a connection of their own
by dial(), so that another thread can end them at once.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import selectors
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

CONNECT_TIMEOUT = 5.0  # seconds, for TCP and TLS each


def _keepalive() -> list[tuple[int, int, int]]:
    """Socket options that show a dead peer after about 11 s even when no data flows (a quiet watch)."""
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    return options


@dataclass(frozen=True)
class Endpoint:
    """One API server as one user.

    :ivar url: ``https://host:port/prefix`` without a trailing slash.
    :ivar origin: where the options came from, for messages: ``context prod of kubeconfig /home/me/.kube/config``.
    :ivar context: TLS context with CA and client certificate loaded; None for plain http.
    :ivar server_hostname: name in the server's certificate when it differs from the host.
    :ivar proxy: URL of the HTTP proxy or an empty string.
    :ivar authorize: returns the value of the Authorization header (tokens are renewed by it) or None.
    :ivar extra_headers: user agent and impersonation; a name may come several times.
    """

    url: str
    origin: str
    context: ssl.SSLContext | None = None
    server_hostname: str = ""
    proxy: str = ""
    authorize: Callable[[], str | None] = lambda: None
    extra_headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def label(self) -> str:
        """How messages name the server."""
        return f"{self.url} ({self.origin})"

    def headers(self) -> list[tuple[str, str]]:
        """Return the headers of every request."""
        token = self.authorize()
        return [*self.extra_headers, *([("Authorization", token)] if token else [])]

    def request_path(self, path: str) -> str:
        """Return the path on the server for an API path; Rancher and others put the API below a prefix."""
        return urlsplit(self.url).path.rstrip("/") + path


class Wire(http.client.HTTPConnection):
    """One connection whose socket can be shut down by another thread.

    :ivar raw: the (TLS) socket once connected.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        target = urlsplit(endpoint.url)
        port = target.port or (443 if endpoint.context is not None else 80)
        host = target.hostname or ""
        if endpoint.proxy:
            proxy = urlsplit(endpoint.proxy)
            super().__init__(proxy.hostname or "", proxy.port or 80, timeout=CONNECT_TIMEOUT)
            self.set_tunnel(host, port, headers=_proxy_headers(proxy))
        else:
            super().__init__(host, port, timeout=CONNECT_TIMEOUT)
        self._tls = endpoint.context
        self._server_name = endpoint.server_hostname or host
        self.raw: socket.socket | None = None
        self._answer: http.client.HTTPResponse | None = None

    def connect(self) -> None:
        """Open TCP, the proxy's tunnel and TLS, each within 5 s. Raises OSError (also ssl.SSLError)."""
        super().connect()
        for option in _keepalive():
            self.sock.setsockopt(*option)
        if self._tls is not None:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._server_name)
        self.raw = self.sock

    def ask(
        self, method: str, path: str, headers: list[tuple[str, str]], body: bytes | None, timeout: float
    ) -> http.client.HTTPResponse:
        """Send a request and return the head of the answer.

        ``headers`` may name one several times. ``timeout``: seconds without a byte.

        Raises OSError, http.client.HTTPException.
        """
        self.sock.settimeout(timeout)
        self.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers:
            self.putheader(name, value)
        self.endheaders(body)
        self._answer = self.getresponse()
        return self._answer

    def close(self) -> None:
        """Free the socket, also when http.client has handed it over to the answer."""
        super().close()
        if self._answer is not None:
            self._answer.close()

    def is_quiet(self) -> bool:
        """Whether an idle connection is still good: a server that closes it makes it readable."""
        if self.raw is None or self.raw.fileno() < 0:
            return False
        with selectors.DefaultSelector() as selector:
            selector.register(self.raw, selectors.EVENT_READ)
            return not selector.select(0)

    def abort(self) -> None:
        """End the connection from any thread; a reader sees its end at once."""
        if self.raw is not None:
            abort_socket(self.raw)


def abort_socket(sock: socket.socket) -> None:
    """Shut down the TCP connection below a (TLS) socket from any thread.

    The TLS state, which a reader may be using, is not touched.
    """
    with contextlib.suppress(OSError):  # not connected any more: what was wanted
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def dial(
    endpoint: Endpoint, path: str, headers: list[tuple[str, str]], *, answer_timeout: float
) -> tuple[Wire, http.client.HTTPResponse]:
    """Send one GET on a connection of its own and return it with the head of the answer.

    ``path``: API path with its query. ``answer_timeout``: seconds until the head must be there.

    Raises OSError (also ssl.SSLError) or http.client.HTTPException.
    """
    wire = Wire(endpoint)
    try:
        wire.connect()
        return wire, wire.ask("GET", endpoint.request_path(path), [*endpoint.headers(), *headers], None, answer_timeout)
    except BaseException:
        wire.close()
        raise


def _proxy_headers(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair).decode()}
