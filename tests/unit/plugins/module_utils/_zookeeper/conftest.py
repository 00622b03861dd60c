# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ZooKeeper in memory behind the part of kazoo's client that the session uses."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import connection as connection_module
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import session as session_module
from kazoo import exceptions
from kazoo.handlers.threading import KazooTimeoutError
from kazoo.protocol.states import KazooState, KeeperState, ZnodeStat
from kazoo.security import ACL

Watch = Callable[[object], None]


def stat(version: int = 0, at: int = 0, owner: int = 0) -> ZnodeStat:
    """Make kazoo's own record of a znode: times in milliseconds, which are the transaction's number too, the rest of the fields is 0."""
    return ZnodeStat(*[0] * len(ZnodeStat._fields))._replace(
        ctime=at, mtime=at, mzxid=at, version=version, ephemeralOwner=owner
    )


class Result:
    """kazoo's async result: a value, an error, or no answer."""

    def __init__(self, value: Any = None, error: Exception | None = None, silent: bool = False) -> None:
        self.value, self.error, self.silent = value, error, silent

    def get(self, timeout: float) -> Any:
        assert timeout >= 0
        if self.silent:
            raise KazooTimeoutError("no answer")
        if self.error is not None:
            raise self.error
        return self.value


class Server:
    """The znodes, and how the connection behaves."""

    def __init__(self) -> None:
        self.nodes: dict[str, tuple[bytes | None, ZnodeStat]] = {}
        self.watchers: defaultdict[str, list[Watch]] = defaultdict(list)
        self.client: Client
        self.reachable = True
        self.silent = False
        self.fail_next: list[Exception] = []
        self.denied: set[str] = set()
        self.acls: dict[str, list[ACL]] = {}
        #: logins that fail before one works
        self.refusals = 0
        self.requests: list[tuple[str, str]] = []
        self.lock = threading.RLock()
        self.clock = 1_000

    def put(self, path: str, data: Any, *, ephemeral: bool = False) -> None:
        """Write a znode, as Kafka would, and call the watches on it."""
        with self.lock:
            self.clock += 1
            raw = data if isinstance(data, (bytes, type(None))) else json.dumps(data).encode()
            version = self.nodes[path][1].version + 1 if path in self.nodes else 0
            self.nodes[path] = (raw, stat(version, self.clock, 7 if ephemeral else 0))
            parent = path.rpartition("/")[0]
            while parent and parent not in self.nodes:
                self.nodes[parent] = (b"", stat())
                parent = parent.rpartition("/")[0]
            self.fire(path)
            self.fire("children:" + path.rpartition("/")[0])

    def remove(self, path: str) -> None:
        with self.lock:
            self.nodes = {k: v for k, v in self.nodes.items() if k != path and not k.startswith(path + "/")}
            for each in [each for each in self.watchers if each == path or each.startswith(path + "/")]:
                self.fire(each)

    def fire(self, path: str) -> None:
        for watch in self.watchers.pop(path, []):
            watch(object())

    def problem(self, path: str, version: int) -> Exception | None:
        """Why a write on condition of a version is refused."""
        if path in self.denied:
            return exceptions.NoAuthError()
        node = self.nodes.get(path)
        if node is None:
            return exceptions.NoNodeError()
        return None if version in (-1, node[1].version) else exceptions.BadVersionError()

    def lose_connection(self) -> None:
        """Do what kazoo does: tell the listener, then call every watch once."""
        self.client.notify(KazooState.SUSPENDED)
        with self.lock:
            for path in list(self.watchers):
                self.fire(path)

    def come_back(self) -> None:
        self.client.notify(KazooState.CONNECTED)


class Client:
    """What is used of KazooClient."""

    server: Server

    def __init__(self, **options: Any) -> None:
        self.options, self.connected = options, False
        self.client_state = KeeperState.CLOSED
        self.listeners: list[Callable[[str], None]] = []
        self.ended: list[str] = []
        self.server.client = self

    def add_listener(self, listener: Callable[[str], None]) -> None:
        self.listeners.append(listener)

    def notify(self, state: str) -> None:
        self.connected = state == KazooState.CONNECTED
        for listener in self.listeners:
            listener(state)

    def start_async(self) -> None:
        refused = self.server.refusals > 0 and "sasl_options" in self.options
        # no request is sent before the login
        self.client_state = KeeperState.AUTH_FAILED if refused else KeeperState.CONNECTED
        if self.server.reachable:
            self.notify(KazooState.CONNECTED)
        if refused:
            self.server.refusals -= 1
            self.fail_login()

    def fail_login(self) -> None:
        """Do what kazoo does when a login fails, which is after it said that it is connected: it ends."""
        self.client_state = KeeperState.AUTH_FAILED
        self.notify(KazooState.LOST)

    def stop(self) -> None:
        self.ended.append("stop")
        if self.server.silent:
            raise KazooTimeoutError("stuck")

    def close(self) -> None:
        self.ended.append("close")

    def _answer(self, kind: str, path: str, watch: Watch | None) -> Result:
        server = self.server
        server.requests.append((kind, path))
        if server.silent:
            return Result(silent=True)
        if server.fail_next:
            return Result(error=server.fail_next.pop(0))
        if self.ending is not None:
            return Result(error=self.ending)
        with server.lock:
            if watch is not None and (kind != "children" or path in server.nodes):
                server.watchers[path if kind != "children" else "children:" + path].append(watch)
            node = server.nodes.get(path)
            if kind == "exists":
                return Result(None if node is None else node[1])
            if node is None:
                return Result(error=exceptions.NoNodeError())
            if kind == "get":
                return Result(node)
            if kind == "acl":
                return Result((server.acls.get(path, []), node[1]))
            names = {
                each.removeprefix(path + "/").split("/")[0] for each in server.nodes if each.startswith(path + "/")
            }
            if path == "/":
                names = {each.split("/")[1] for each in server.nodes if each != "/"}
            return Result(list(names))

    def get_async(self, path: str, watch: Watch | None = None) -> Result:
        return self._answer("get", path, watch)

    def exists_async(self, path: str, watch: Watch | None = None) -> Result:
        return self._answer("exists", path, watch)

    def get_children_async(self, path: str, watch: Watch | None = None) -> Result:
        return self._answer("children", path, watch)

    @property
    def ending(self) -> Exception | None:
        """What every request gets after the end, and before the beginning."""
        ends = {
            KeeperState.AUTH_FAILED: exceptions.AuthFailedError(),
            KeeperState.CLOSED: exceptions.ConnectionClosedError(),
        }
        return ends.get(self.client_state)

    def get_acls_async(self, path: str) -> Result:
        if path in self.server.denied:
            return Result(error=exceptions.NoAuthError())
        return self._answer("acl", path, None)

    def sync_async(self, path: str) -> Result:
        self.server.requests.append(("sync", path))
        if self.server.fail_next:
            return Result(error=self.server.fail_next.pop(0))
        if self.ending is not None:
            return Result(error=self.ending)
        return Result(path)

    def set_async(self, path: str, value: bytes, version: int) -> Result:
        server = self.server
        server.requests.append(("set", path))
        if server.silent:
            return Result(silent=True)
        if server.fail_next:
            return Result(error=server.fail_next.pop(0))
        problem = self.ending or server.problem(path, version)
        if problem is not None:
            return Result(error=problem)
        server.put(path, value)
        return Result(server.nodes[path][1])

    def transaction(self) -> Transaction:
        return Transaction(self.server)


class Transaction:
    """kazoo's TransactionRequest: all or none, with the errors that ZooKeeper's multi answers."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.operations: list[tuple[str, str, int, bytes | None]] = []

    def check(self, path: str, version: int) -> None:
        self.operations.append(("check", path, version, None))

    def set_data(self, path: str, value: bytes, version: int) -> None:
        self.operations.append(("set", path, version, value))

    def delete(self, path: str, version: int) -> None:
        self.operations.append(("delete", path, version, None))

    def commit_async(self) -> Result:
        server = self.server
        server.requests.append(
            ("multi", " ".join(f"{kind}:{path}" for kind, path, _version, _value in self.operations))
        )
        if server.fail_next:
            return Result(error=server.fail_next.pop(0))
        problems = [server.problem(path, version) for _kind, path, version, _value in self.operations]
        bad = next((at for at, problem in enumerate(problems) if problem), None)
        if bad is not None:
            before: list[Any] = [exceptions.RolledBackError()] * bad
            after = [exceptions.RuntimeInconsistency()] * (len(problems) - bad - 1)
            return Result([*before, problems[bad], *after])
        for kind, path, _version, value in self.operations:
            if kind == "set":
                server.put(path, value)
            elif kind == "delete":
                server.remove(path)
        return Result([True] * len(self.operations))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    """An empty ZooKeeper that every session of the test connects to."""
    it = Server()
    it.nodes["/"] = (b"", stat())
    monkeypatch.setattr(Client, "server", it, raising=False)
    monkeypatch.setattr(connection_module, "KazooClient", Client)
    return it


@pytest.fixture
def session(server: Server) -> Iterator[session_module.ZkSession]:
    """An open session with a short deadline."""
    with session_module.open_session("127.0.0.1", 2181, timeout=0.3) as it:
        yield it
