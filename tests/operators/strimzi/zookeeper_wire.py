# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operator does in ZooKeeper, over the TLS port with its own certificate: it deletes a znode."""

from __future__ import annotations

import socket
import ssl

from . import wire
from .wire import Reader, number

_DELETE, _CLOSE = 2, -11
_NO_NODE = -101
_SESSION = 10_000


class ZooKeeperError(Exception):
    """ZooKeeper cannot be reached, or refuses."""


def delete(address: str, port: int, name: str, tls: ssl.SSLContext, path: str, timeout: float = 10.0) -> bool:
    """Delete a znode, whatever its version; False when it is not there. name: for which the server's certificate has to be."""
    try:
        with (
            socket.create_connection((address, port), timeout=timeout) as raw,
            tls.wrap_socket(raw, server_hostname=name) as link,
        ):
            hello = number(0, 4) + number(0, 8) + number(_SESSION, 4) + number(0, 8) + number(16, 4) + bytes(16) + b"\0"
            _exchange(link, hello)
            answer = _exchange(link, number(1, 4) + number(_DELETE, 4) + wire.text(path, 4) + number(-1, 4))
            answer.take(12)
            error = answer.number(4)
            _exchange(link, number(2, 4) + number(_CLOSE, 4))
    except (OSError, wire.ShortError) as error_:
        raise ZooKeeperError(f"{name}:{port}: {error_}") from error_
    if error not in (0, _NO_NODE):
        raise ZooKeeperError(f"{path} cannot be deleted: error {error}")
    return error == 0


def _exchange(link: ssl.SSLSocket, request: bytes) -> Reader:
    link.sendall(number(len(request), 4) + request)
    return Reader(_receive(link, int.from_bytes(_receive(link, 4), "big")))


def _receive(link: ssl.SSLSocket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = link.recv(count - len(found))
        if not more:
            raise OSError("the server has closed the connection")
        found += more
    return found
