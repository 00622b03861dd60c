# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""kazoo's client of one session, and a new one when a login failed. Private to the collection.

kazoo ends for good when a login fails, and a connection that breaks under a login looks the same to it. So a login is tried more than
once before it counts as refused, and without end once it worked.
"""

from __future__ import annotations

import logging
import threading
import traceback
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.zookeeper_login import (
    LOGIN_FAILED,
    ZookeeperLogin,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.deps import missing_optional
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, Refused
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.stores import context_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.tls import Sockets

KAZOO_IMPORT_ERROR: str | None
try:
    from kazoo import exceptions as kazoo_errors
    from kazoo.client import KazooClient
    from kazoo.handlers.threading import KazooTimeoutError
    from kazoo.protocol.states import KazooState, KeeperState
    from kazoo.retry import KazooRetry
except ImportError:
    KAZOO_IMPORT_ERROR = traceback.format_exc()
else:
    KAZOO_IMPORT_ERROR = None

SESSION_SECONDS = 10.0
"""Asked-for session timeout. It decides how fast a silent server is given up: after two thirds of it."""

TRIES = 3  # logins before the first one that works
AGAIN = 0.5  # seconds before the next login
TLS_TRIES = 6  # connections that fail in TLS before it is given up: as many as there are servers, and more

_SILENT = logging.getLogger("kafkaops.kraft.zookeeper")


class Connection:
    """What connects, and connects again.

    :ivar up: set while the connection stands, and when the login was refused for good.
    :ivar losses: connections lost so far.
    :ivar refused: whether the login was refused for good.
    :ivar has_worked: whether an answer has come.
    :raises Refused: when the login cannot be used.
    :raises KraftError: when a library is missing.
    """

    def __init__(self, servers: str, login: ZookeeperLogin, names: tuple[str, ...]) -> None:
        if login.unsupported:
            raise Refused(login.unsupported, code=login.code)
        if login.username and (missing := missing_optional("puresasl", "a login to ZooKeeper by password")):
            raise KraftError(missing, code=LOGIN_FAILED)
        self._servers, self.login, self._names = servers, login, names
        self._context = context_of(login) if login.tls else None
        self._sockets: Sockets | None = None
        self.up = threading.Event()
        self.losses = 0
        self.refused = self.has_worked = False
        #: logins that failed since the last answer
        self.refusals = 0
        self._closing = threading.Event()
        self._lock = threading.Lock()
        _silence()
        self.client = self._new()

    @property
    def tls_problem(self) -> Exception | None:
        """Why the last connection failed in TLS."""
        return self._sockets.problem if self._sockets is not None and self.login.tls else None

    def start(self, timeout: float) -> bool:
        """Connect; False when there is no session after ``timeout`` seconds, or TLS fails again and again."""
        self.client.start_async()
        if self._sockets is None or not self.login.tls:
            return self.up.wait(timeout)
        left = timeout
        while left > 0 and not self.up.wait(min(0.1, left)) and self._sockets.failures < TLS_TRIES:
            left -= 0.1
        return self.up.is_set()

    def worked(self) -> None:
        """An answer has come: so the login was right."""
        self.has_worked, self.refusals = True, 0

    @property
    def login_fails(self) -> bool:
        """Whether the last logins were refused; after one that worked, a single one may only have been cut, which kazoo cannot tell apart."""
        return self.refusals >= (TRIES if self.has_worked else 1)

    def close(self) -> None:
        """End the session. Never waits for a server that does not answer."""
        with self._lock:
            if self._closing.is_set():
                return
            self._closing.set()
        if self._sockets is not None and not self.has_worked:
            self._sockets.cut()
        ending = threading.Thread(target=_end, args=(self.client,), name="kraft-zookeeper-close", daemon=True)
        ending.start()
        # Up to ten seconds go by in kazoo when the server is silent; nobody needs to see that.
        ending.join(1.0 if self.client.connected else 0.1)

    @property
    def closed(self) -> bool:
        """Whether it was ended."""
        return self._closing.is_set()

    def _new(self) -> Any:
        options: dict[str, Any] = {}
        login = self.login
        if login.username or login.tls:
            self._sockets = options["handler"] = Sockets(self._context, self._names, login.verify_names)
        if login.username:
            options["sasl_options"] = {
                "mechanism": "DIGEST-MD5",
                "service": "zookeeper",
                "username": login.username,
                "password": _hashed_as(login.password),
            }
        client = KazooClient(
            hosts=self._servers,
            timeout=SESSION_SECONDS,
            connection_retry=KazooRetry(max_tries=-1, delay=0.05, backoff=2, max_delay=2.0),
            logger=_SILENT,
            **options,
        )
        client.add_listener(lambda state: self._changed(client, state))
        return client

    def _changed(self, client: Any, state: Any) -> None:
        """Keep :attr:`up` true to the connection. Runs in kazoo's thread and must not block."""
        if client is not self.client:
            return
        if state == KazooState.CONNECTED:
            self.up.set()
            return
        self.losses += 1
        self.up.clear()
        if (
            self.login.username
            and client.client_state in (KeeperState.AUTH_FAILED, KeeperState.CLOSED)
            and not self.closed
        ):
            threading.Thread(
                target=self._log_in_again, args=(client,), name="kraft-zookeeper-login", daemon=True
            ).start()

    def _log_in_again(self, client: Any) -> None:
        self.refusals += 1
        if self.refusals >= TRIES and not self.has_worked:
            self.refused = True
            self.up.set()
            return
        _end(client)
        if self._closing.wait(AGAIN):
            return
        with self._lock:
            if not self.closed:
                self.client = self._new()
                self.client.start_async()


def _hashed_as(password: str) -> bytes:
    """Return a password in the bytes that DIGEST-MD5 hashes (RFC 2831, 2.1.2.1): ISO 8859-1 where that has all of its characters."""
    try:
        return password.encode("latin-1")
    except UnicodeEncodeError:
        return password.encode()


def _end(client: Any) -> None:
    try:
        client.stop()
        client.close()
    except (kazoo_errors.KazooException, KazooTimeoutError, OSError) as exc:
        _SILENT.debug("closing the ZooKeeper session: %s", exc)


def _silence() -> None:
    """Keep kazoo's log lines out of Ansible's output; kazoo also uses loggers of its own."""
    for logger in (_SILENT, logging.getLogger("kazoo")):
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
        logger.propagate = False
