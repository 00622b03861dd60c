# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One ZooKeeper session: it reads, and writes what has the version that was read only.

kazoo does the protocol; this class adds what the collection needs: a deadline on everything, errors that are sentences,
many reads in flight at once, and watches that survive a lost connection. ``connection.py`` is what
connects and logs in, ``refusals.py`` has the sentences of what ZooKeeper refuses.

What holds after a connection was lost (kazoo 2.x): kazoo connects again by itself, perhaps to another server of the
ensemble, and every watch that was set fires once with a "none" event, because the server forgot it. So a watch here means
"look again": whoever gets the call reads again and sets a new watch, and no change is missed. A session that goes on never
sees an older state, since a server that lags behind refuses it; one that expired is replaced by a new one without that
promise, so the first reads on any new connection follow a sync.
"""

from __future__ import annotations

import time
import traceback
import typing as t
from collections.abc import Callable, Iterable, Sequence

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.partition_epochs import Outcome
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.zookeeper_login import ZookeeperLogin
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.znode_acls import Entry
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.deps import missing_libraries
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    KraftError,
    NotFound,
    Unreachable,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import connection, tls
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.records import (
    Check,
    Operation,
    SetData,
    Znode,
    znode_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.refusals import (
    check_results,
    denied,
    login_refused,
    login_unanswered,
    tls_failed,
    tls_wanted,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.silence import Silence

KAZOO_IMPORT_ERROR: str | None
try:
    from kazoo import exceptions as kazoo_errors
    from kazoo.handlers.threading import KazooTimeoutError
except ImportError:
    KAZOO_IMPORT_ERROR = traceback.format_exc()
else:
    KAZOO_IMPORT_ERROR = None

SESSION_SECONDS = connection.SESSION_SECONDS

#: kazoo knows it since 2.10
_NEEDS_LOGIN: tuple[type[Exception], ...] = (
    (kazoo_errors.SessionClosedRequireSaslError,)
    if KAZOO_IMPORT_ERROR is None and hasattr(kazoo_errors, "SessionClosedRequireSaslError")
    else ()
)

SOON = 5.0  # seconds without a connection after which ``progress`` is called
SLOW = 30.0  # seconds between two lines about reads that take long
_OTHER_VERSION = object()  # the answer to a write on condition of a version that the znode has no more
PIPELINE = 500
"""Reads in flight at once. ZooKeeper's own limit of open requests (``globalOutstandingLimit``) is 1000."""


def open_session(
    host: str,
    port: int,
    *more: tuple[str, int],
    chroot: str = "",
    timeout: float = 10.0,
    via: Callable[[], str] = lambda: "",
    login: ZookeeperLogin | None = None,
    names: Sequence[str] = (),
) -> ZkSession:
    """Connect to ZooKeeper, and log in.

    :param host: a server, or the local end of a forwarded port.
    :param more: further servers of the same ensemble, as (host, port), for when one fails.
    :param chroot: path below which this Kafka cluster lives (``/kafka``); empty for the root.
    :param timeout: seconds until the connection must stand, and the deadline of every later call.
    :param via: says how the address is reached, for messages about a server that is silent.
    :param login: None: without TLS, and as nobody.
    :param names: hosts, one of which the server's certificate has to name: ``Route.names``.
    :raises Unreachable: when there is no session in time; zookeeper-tls when that is the reason.
    :raises Forbidden: zookeeper-login-failed, when the login is refused.
    :raises Refused: when the login cannot be used.
    :raises NotFound: when the chroot does not exist; the message names those that hold a Kafka cluster.
    :raises KraftError: when a library is not installed.
    """
    if KAZOO_IMPORT_ERROR is not None:
        raise KraftError(missing_libraries(), detail={"traceback": KAZOO_IMPORT_ERROR})
    session = ZkSession(
        ((host, port), *more), chroot=chroot, timeout=timeout, via=via, login=login or ZookeeperLogin(), names=names
    )
    try:
        session.connect()
    except BaseException:
        session.close()
        raise
    return session


class ZkSession:
    """A session, made by :func:`open_session`; a context manager. May be used by several threads.

    Paths are those that Kafka uses, below the chroot. A read that meets a lost connection waits for the next one and
    asks again, until ``patience`` seconds have gone by without any answer; then it raises :class:`Unreachable`. ``progress`` hears
    of a long wait.
    """

    def __init__(
        self,
        servers: Sequence[tuple[str, int]],
        *,
        chroot: str,
        timeout: float,
        via: Callable[[], str],
        login: ZookeeperLogin,
        names: Sequence[str],
    ) -> None:
        self._first = servers[0]
        self._servers = ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in servers)
        self._timeout, self._via = timeout, via
        self.patience = timeout
        self.progress: Callable[[str], None] = lambda _text: None
        self._chroot = "/" + chroot.strip("/") if chroot.strip("/") else ""
        #: after how many lost connections a sync was sent
        self._synced = 0
        self._connection = connection.Connection(self._servers, login, tuple(names))

    @property
    def address(self) -> str:
        """Where it connects to, with the chroot, as in ``zookeeper.connect``."""
        return self._servers + self._chroot

    @property
    def connected(self) -> bool:
        """Whether the connection stands at this moment."""
        return bool(self._connection.client.connected)

    @property
    def login(self) -> ZookeeperLogin:
        """How it logs in."""
        return self._connection.login

    def connect(self) -> None:
        """Wait for the session and look whether the chroot is there (errors as in :func:`open_session`)."""
        if not self._connection.start(self._timeout):
            raise self._no_session()
        # ZooKeeper grants the session before the login: the first answer shows that it was right
        if (self._chroot or self.login.username) and self._read({"/": "exists"})["/"] is None:
            raise NotFound(self._wrong_chroot(), code="zookeeper-wrong-chroot")

    def _no_session(self) -> Unreachable:
        problem = self._connection.tls_problem
        if problem is not None:
            return tls_failed(self._where, self.login, problem)
        if not self.login.tls and tls.speaks_tls(*self._first, min(self._timeout, tls.PROBE_SECONDS)):
            return tls_wanted(self._where)
        return Unreachable(
            f"{self._where} granted no session within {self._timeout:g} s: check that it runs and that the port is the client port",
            code="zookeeper-unreachable",
        )

    def close(self) -> None:
        """End the session. Never waits for a server that does not answer."""
        self._connection.close()

    def __enter__(self) -> ZkSession:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def get(self, path: str) -> Znode | None:
        """Return a znode, or None when it does not exist."""
        return self.get_many([path])[path]

    def get_many(self, paths: Iterable[str]) -> dict[str, Znode | None]:
        """Return many znodes, with up to :data:`PIPELINE` requests in flight; missing ones are None."""
        return {path: znode_of(answer) for path, answer in self._read(dict.fromkeys(paths, "get")).items()}

    def children(self, path: str) -> list[str]:
        """Return the names below a znode, sorted; ``[]`` when it does not exist."""
        return self.children_many([path])[path]

    def children_many(self, paths: Iterable[str]) -> dict[str, list[str]]:
        """Return the names below many znodes, sorted, with the requests in flight at once."""
        return {path: sorted(names or ()) for path, names in self._read(dict.fromkeys(paths, "children")).items()}

    def sync(self) -> None:
        """Make the next reads see everything that was committed before this call.

        A ZooKeeper server may lag behind its leader; a read that decides something is preceded by this, on the same
        session.
        """
        self._read({"/": "sync"})

    def transact(self, operations: Iterable[Operation]) -> None:
        """Carry out all operations or none (ZooKeeper's multi).

        :raises Conflict: when a znode does not have the version that was read; names it. Nothing was changed.
        :raises Forbidden: when a znode's ACL does not allow it.
        :raises Unreachable: when the connection was lost: whether it was carried out has to be looked up.
        """
        wanted = list(operations)
        transaction = self._connection.client.transaction()
        for each in wanted:
            path = self._chroot + each.path
            if isinstance(each, Check):
                transaction.check(path, each.version)
            elif isinstance(each, SetData):
                transaction.set_data(path, each.value, each.version)
            else:
                transaction.delete(path, each.version)
        try:
            results = transaction.commit_async().get(timeout=self._timeout)
        except (kazoo_errors.KazooException, KazooTimeoutError) as exc:
            raise Unreachable(
                f"ZooKeeper at {self.address} did not answer a transaction: {type(exc).__name__}",
                code="zookeeper-unreachable",
            ) from exc
        check_results(self.address, self.login, wanted, results)

    def write_many(self, writes: Iterable[SetData]) -> dict[str, Outcome]:
        """Write many znodes, each if it has the version that was read, with up to :data:`PIPELINE` requests in flight.

        At most one write of each path: of two in flight the second could undo a change at which the first one failed.

        :raises Forbidden: when a znode's ACL does not allow it.
        :raises Unreachable: when ZooKeeper stops answering. In both cases some may have been written.
        """
        silence = Silence(self.patience)
        wanted, answers = list(writes), dict[str, Outcome]()
        for start in range(0, len(wanted), PIPELINE):
            sent = [
                (each.path, self._connection.client.set_async(self._chroot + each.path, each.value, each.version))
                for each in wanted[start : start + PIPELINE]
            ]
            found = {path: self._written(path, result, silence) for path, result in sent}
            if Outcome.LOST in found.values():
                self._wait_up(silence)
            answers |= found
        return answers

    def _written(self, path: str, result: t.Any, silence: Silence) -> Outcome:
        try:
            answer = self._answer(path, result, silence, "change")
        except _Again:
            return Outcome.LOST
        if answer is None:
            return Outcome.GONE
        return Outcome.CHANGED if answer is _OTHER_VERSION else Outcome.WRITTEN

    def acl(self, path: str) -> tuple[Entry, ...] | None:
        """Return the ACL of a znode, None when it does not exist.

        :raises Forbidden: zookeeper-acl, when the session may not even read that.
        """
        answer = self._read({path: "acl"})[path]
        return None if answer is None else tuple(Entry(each.perms, each.id.scheme, each.id.id) for each in answer[0])

    def watch(self, path: str, callback: Callable[[], None]) -> Znode | None:
        """Read a znode and have ``callback`` called once when it is made, changed or deleted.

        The callback runs in kazoo's thread and must return at once (set an event). It is also called when the
        connection is lost: read again then, which waits for the new connection, and watch anew.
        """
        return self.watch_many([path], lambda _path: callback())[path]

    def watch_many(self, paths: Iterable[str], callback: Callable[[str], None]) -> dict[str, Znode | None]:
        """Do :meth:`watch` for many znodes at once; the callback gets the path.

        The watch is set before the value is read, so a change between the two calls back.
        """
        wanted = list(paths)
        self._read(dict.fromkeys(wanted, "exists"), callback)
        return self.get_many(wanted)

    def wait_connected(self, timeout: float) -> bool:
        """Wait until the connection stands; False when it does not after so many seconds."""
        return self._connection.up.wait(max(0.0, timeout))

    def _read(self, wanted: dict[str, str], callback: Callable[[str], None] | None = None) -> dict[str, t.Any]:
        """Send requests in windows; ask again for those that a lost connection swallowed.

        :param wanted: path to the kind of request.
        :return: path to kazoo's answer, None for a missing znode.
        """
        silence = Silence(self.patience)
        answers: dict[str, t.Any] = {}
        begun = reported = time.monotonic()
        requests = list(wanted.items())
        for start in range(0, len(requests), PIPELINE):
            left = requests[start : start + PIPELINE]
            while left := self._ask(left, callback, silence, answers):
                self._wait_up(silence)
            if time.monotonic() - reported > SLOW:
                reported = time.monotonic()
                self.progress(
                    f"reading from ZooKeeper at {self.address} is slow: {len(answers)} of {len(wanted)} znodes in {reported - begun:.0f} s"
                )
        return answers

    def _ask(
        self,
        requests: list[tuple[str, str]],
        callback: Callable[[str], None] | None,
        silence: Silence,
        answers: dict[str, t.Any],
    ) -> list[tuple[str, str]]:
        """Send requests at once and take in their answers; returns those that have to be asked again."""
        if self._connection.refused:
            raise login_refused(self._where, self.login)
        losses, sync = self._connection.losses, None
        if self._synced != losses:
            # this may be a new session with a server that lags behind what was seen; ZooKeeper keeps the order of requests
            sync = self._send("sync", "/", None)
            self._synced = losses
        sent = [(path, kind, self._send(kind, path, callback)) for path, kind in requests]
        again = []
        try:
            if sync is not None:
                self._answer("/", sync, silence)
        except _Again:
            return requests
        for path, kind, result in sent:
            try:
                answers[path] = self._answer(path, result, silence)
            except _Again:
                again.append((path, kind))
        return again

    def _send(self, kind: str, path: str, callback: Callable[[str], None] | None) -> t.Any:
        full, client = (self._chroot + path).rstrip("/") or "/", self._connection.client
        if kind == "sync":
            return client.sync_async(full)
        if kind == "acl":
            return client.get_acls_async(full)
        watch = None if callback is None else (lambda _event: callback(path))
        send: dict[str, Callable[..., t.Any]] = {
            "get": client.get_async,
            "exists": client.exists_async,
            "children": client.get_children_async,
        }
        return send[kind](full, watch=watch)

    def _answer(self, path: str, result: t.Any, silence: Silence, what: str = "read") -> t.Any:
        try:
            answer = result.get(timeout=silence.left)
        except kazoo_errors.NoNodeError:
            answer = None
        except kazoo_errors.BadVersionError:
            answer = _OTHER_VERSION
        except kazoo_errors.NoAuthError:
            raise denied(self.address, self.login, what, path) from None
        except _NEEDS_LOGIN:
            raise login_refused(self._where, self.login) from None
        except (
            # its login failed: the connection begins anew, or is given up
            kazoo_errors.AuthFailedError,
            kazoo_errors.ConnectionLoss,
            kazoo_errors.ConnectionClosedError,
            kazoo_errors.SessionExpiredError,
        ):
            raise _Again from None
        except KazooTimeoutError:
            raise self._silent_server() from None
        except kazoo_errors.KazooException as exc:
            raise Unreachable(
                f"ZooKeeper at {self.address} failed to {what} {path}: {type(exc).__name__} {exc}"
            ) from exc
        silence.broken()
        self._connection.worked()
        return answer

    def _wait_up(self, silence: Silence) -> None:
        if silence.left > SOON and not self._connection.closed and not self.wait_connected(SOON):
            self.progress(
                f"ZooKeeper at {self.address}{self._by()} does not answer; waiting for it for up to {self.patience:.0f} s"
            )
        if self._connection.closed or not self.wait_connected(silence.left):
            raise self._silent_server()

    def _silent_server(self) -> KraftError:
        if self._connection.login_fails:
            return login_refused(self._where, self.login)
        if self.login.username and not self._connection.has_worked and self.connected:
            return login_unanswered(self._where, self.login)
        return Unreachable(
            f"ZooKeeper at {self.address}{self._by()} does not answer: no reply within {self.patience:g} s, the connection "
            f"{'is up' if self.connected else 'is lost'}",
            code="zookeeper-unreachable",
        )

    def _by(self) -> str:
        via = self._via()
        return f" ({via})" if via else ""

    @property
    def _where(self) -> str:
        return f"ZooKeeper at {self._servers}{self._by()}"

    def _wrong_chroot(self) -> str:
        chroot, self._chroot = self._chroot, ""
        names = [f"/{name}" for name in self.children("/") if name != "zookeeper"]
        below = self.children_many(f"{name}/brokers" for name in names)
        clusters = [path.removesuffix("/brokers") for path, found in below.items() if "ids" in found]
        if "ids" in self.children("/brokers"):
            clusters.insert(0, "/ (no chroot)")
        found_text = f"Kafka clusters are under {', '.join(clusters)}" if clusters else "it contains no Kafka cluster"
        return f"ZooKeeper at {self._servers} has no {chroot}: {found_text}; check zookeeper.connect"


class _Again(Exception):
    """The connection was lost under a read; ask again."""
