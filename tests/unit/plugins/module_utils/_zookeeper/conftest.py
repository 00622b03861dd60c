# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ZooKeeper in memory behind the part of kazoo's client that the session uses."""

from __future__ import annotations

import json
import threading
import types
from collections import defaultdict

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import session as session_module
from kazoo import exceptions
from kazoo.handlers.threading import KazooTimeoutError
from kazoo.protocol.states import KazooState


class Result:
    """kazoo's async result: a value, an error, or no answer."""

    def __init__(self, value=None, error=None, silent=False):
        self.value, self.error, self.silent = value, error, silent

    def get(self, timeout):
        assert timeout >= 0
        if self.silent:
            raise KazooTimeoutError("no answer")
        if self.error is not None:
            raise self.error
        return self.value


class Server:
    """The znodes, and how the connection behaves."""

    def __init__(self):
        self.nodes = {}
        self.watchers = defaultdict(list)
        self.client = None
        self.reachable = True
        self.silent = False
        self.fail_next = []
        self.requests = []
        self.lock = threading.RLock()
        self.clock = 1_000

    def put(self, path, data, *, ephemeral=False):
        """Write a znode, as Kafka would, and call the watches on it."""
        with self.lock:
            self.clock += 1
            raw = data if isinstance(data, (bytes, type(None))) else json.dumps(data).encode()
            version = self.nodes[path][1].version + 1 if path in self.nodes else 0
            stat = types.SimpleNamespace(
                version=version, mtime=self.clock, ctime=self.clock, ephemeralOwner=7 if ephemeral else 0
            )
            self.nodes[path] = (raw, stat)
            parent = path.rpartition("/")[0]
            while parent and parent not in self.nodes:
                self.nodes[parent] = (b"", types.SimpleNamespace(version=0, mtime=0, ctime=0, ephemeralOwner=0))
                parent = parent.rpartition("/")[0]
            self.fire(path)
            self.fire("children:" + path.rpartition("/")[0])

    def remove(self, path):
        with self.lock:
            self.nodes = {k: v for k, v in self.nodes.items() if k != path and not k.startswith(path + "/")}
            for each in [each for each in self.watchers if each == path or each.startswith(path + "/")]:
                self.fire(each)

    def fire(self, path):
        for watch in self.watchers.pop(path, []):
            watch(object())

    def lose_connection(self):
        """Do what kazoo does: tell the listener, then call every watch once."""
        self.client.tell(KazooState.SUSPENDED)
        with self.lock:
            for path in list(self.watchers):
                self.fire(path)

    def come_back(self):
        self.client.tell(KazooState.CONNECTED)


class Client:
    """What is used of KazooClient."""

    server: Server

    def __init__(self, **options):
        self.options, self.listeners, self.connected, self.ended = options, [], False, []
        self.server.client = self

    def add_listener(self, listener):
        self.listeners.append(listener)

    def tell(self, state):
        self.connected = state == KazooState.CONNECTED
        for listener in self.listeners:
            listener(state)

    def start_async(self):
        if self.server.reachable:
            self.tell(KazooState.CONNECTED)

    def stop(self):
        self.ended.append("stop")
        if self.server.silent:
            raise KazooTimeoutError("stuck")

    def close(self):
        self.ended.append("close")

    def _answer(self, kind, path, watch):
        server = self.server
        server.requests.append((kind, path))
        if server.silent:
            return Result(silent=True)
        if server.fail_next:
            return Result(error=server.fail_next.pop(0))
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
            names = {
                each.removeprefix(path + "/").split("/")[0] for each in server.nodes if each.startswith(path + "/")
            }
            if path == "/":
                names = {each.split("/")[1] for each in server.nodes if each != "/"}
            return Result(list(names))

    def get_async(self, path, watch=None):
        return self._answer("get", path, watch)

    def exists_async(self, path, watch=None):
        return self._answer("exists", path, watch)

    def get_children_async(self, path, watch=None):
        return self._answer("children", path, watch)

    def sync_async(self, path):
        self.server.requests.append(("sync", path))
        if self.server.fail_next:
            return Result(error=self.server.fail_next.pop(0))
        return Result(path)


@pytest.fixture
def server(monkeypatch):
    """An empty ZooKeeper that every session of the test connects to."""
    it = Server()
    it.nodes["/"] = (b"", types.SimpleNamespace(version=0, mtime=0, ctime=0, ephemeralOwner=0))
    monkeypatch.setattr(Client, "server", it, raising=False)
    monkeypatch.setattr(session_module, "KazooClient", Client)
    return it


@pytest.fixture
def session(server):
    """An open session with a short deadline."""
    with session_module.open_session("127.0.0.1", 2181, timeout=0.3) as it:
        yield it
