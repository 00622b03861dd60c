# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Kubernetes layer on a real cluster: exec, forward, relay, watch, eviction, proxy, permissions, lost connections.

Needs KUBECONFIG (cluster-admin), an image with bash and a ZooKeeper below /opt/kafka (KRAFT_TEST_IMAGE), and kazoo.
Makes a namespace of its own and deletes it. Run: ``KUBECONFIG=... pytest tests/e2e/test_kubernetes_layer.py``.
"""

from __future__ import annotations

import hashlib
import os
import random
import selectors
import socket
import statistics
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import (
    channel,
    forward,
    kinds,
    watch,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import exec as pod_exec
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient, connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict, Watcher, wait_for
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    DeadlineExceeded,
    Forbidden,
    KraftError,
    NotFound,
    Refused,
    Unreachable,
)
from kazoo.client import KazooClient

from tests.e2e.removing import remove

KUBECONFIG = os.environ.get("KUBECONFIG", "")
IMAGE = os.environ.get("KRAFT_TEST_IMAGE", "localhost/kafka:3.9.2")

pytestmark = [
    pytest.mark.skipif(not KUBECONFIG, reason="KUBECONFIG is not set"),
    # kazoo leaves the pair of sockets behind by which it wakes its thread up
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

ZOOKEEPER = """
printf '%s\\n' dataDir=/tmp/zookeeper clientPort=2181 tickTime=1000 admin.serverPort=8080 '4lw.commands.whitelist=*' > /tmp/zk
echo starting on "$HOSTNAME"
exec /opt/kafka/bin/zookeeper-server-start.sh /tmp/zk
"""


def _pod(name: str, script: str, **spec: Any) -> dict[str, Any]:
    container = {
        "name": "main",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["bash", "-c", script],
        "env": [{"name": "KAFKA_HEAP_OPTS", "value": "-Xms128m -Xmx320m"}, {"name": "LOG_DIR", "value": "/tmp/logs"}],
        **spec,
    }
    pod_spec = {"containers": [container], "terminationGracePeriodSeconds": 1, "enableServiceLinks": False}
    return {"metadata": {"name": name, "labels": {"app": name}}, "spec": pod_spec}


def _ready(objects: Mapping[str, dict[str, Any]]) -> Verdict:
    waiting = []
    for name in ("zk", "tool"):
        conditions = objects.get(name, {}).get("status", {}).get("conditions", [])
        if not any(item["type"] == "Ready" and item["status"] == "True" for item in conditions):
            waiting.append(name)
    return Verdict(not waiting, f"not ready: {', '.join(waiting)}" if waiting else "ready")


@pytest.fixture(scope="module")
def client() -> Iterator[KubeClient]:
    made = connect({"kubeconfig": KUBECONFIG})
    yield made
    made.close()


@pytest.fixture(scope="module")
def namespace(client: KubeClient) -> Iterator[str]:
    name = f"layer-{uuid.uuid4().hex[:6]}"
    client.create(kinds.NAMESPACE, {"metadata": {"name": name}})
    try:
        probe = {"tcpSocket": {"port": 2181}, "periodSeconds": 1, "failureThreshold": 60}
        client.create(kinds.POD, _pod("zk", ZOOKEEPER, readinessProbe=probe), name)
        client.create(kinds.POD, _pod("tool", "trap exit TERM; sleep infinity & wait"), name)
        wait_for(client, kinds.POD, name, _ready, timeout=120)
        yield name
    finally:
        remove(client, kinds.NAMESPACE, name)


@pytest.fixture(scope="module")
def zk_address(client: KubeClient, namespace: str) -> str:
    return str(client.get(kinds.POD, "zk", namespace)["status"]["podIP"])


@pytest.fixture(autouse=True)
def _no_thread_stays() -> Iterator[None]:
    yield
    deadline = time.monotonic() + 3
    while True:
        left = [thread.name for thread in threading.enumerate() if thread.name.startswith(("forward-", "watch-"))]
        if not left or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    assert not left


def _show(name: str, value: float) -> None:
    """Print a measured figure; shown with ``pytest -rP``."""
    print(f"{name}: {value}")


def _run(client: KubeClient, namespace: str, *command: str, **options: Any) -> pod_exec.ExecResult:
    return pod_exec.run(client, namespace, "tool", list(command), **options)


# -- exec


@pytest.fixture(params=["v5", "v4"])
def protocol(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both protocols: API servers before 1.30 know only v4."""
    if request.param == "v4":
        monkeypatch.setattr(pod_exec, "PROTOCOLS", (channel.V4,))
    return str(request.param)


def test_exec_output_status_and_stdin(client: KubeClient, namespace: str, protocol: str) -> None:
    result = _run(client, namespace, "sh", "-c", "echo out; echo err >&2; exit 7", container="main")
    assert result == pod_exec.ExecResult("out\n", "err\n", 7)
    assert _run(client, namespace, "printf", "%s|", "a b", "", "ü&=").stdout == "a b||ü&=|"
    text = "".join(random.choices("abcdefghij\n", k=3_000_000))
    result = _run(client, namespace, "sha256sum", stdin=text)
    assert result.stdout.split()[0] == hashlib.sha256(text.encode()).hexdigest()
    assert _run(client, namespace, "cat", stdin="").stdout == ""


def test_exec_large_output(client: KubeClient, namespace: str, protocol: str) -> None:
    result = _run(client, namespace, "sh", "-c", "head -c 30000000 /dev/zero | tr '\\0' x; echo end >&2")
    assert (len(result.stdout), set(result.stdout), result.stderr, result.rc) == (30_000_000, {"x"}, "end\n", 0)


def test_exec_latency(client: KubeClient, namespace: str) -> None:
    times = []
    for _turn in range(20):
        started = time.monotonic()
        _run(client, namespace, "true")
        times.append(time.monotonic() - started)
    _show("exec_median_ms", round(statistics.median(times) * 1000, 1))
    assert statistics.median(times) < 0.5  # 0.05 s on an idle machine


def test_exec_errors(client: KubeClient, namespace: str) -> None:
    with pytest.raises(NotFound, match="not in the container's image"):
        _run(client, namespace, "no-such-program")
    with pytest.raises(NotFound, match='pods "absent" not found'):
        pod_exec.run(client, namespace, "absent", ["true"])
    with pytest.raises(Refused, match="container absent is not valid"):
        _run(client, namespace, "true", container="absent")
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded, match="last output: begun"):
        _run(client, namespace, "sh", "-c", "echo begun; sleep 60", timeout=1, quote=True)
    assert time.monotonic() - started < 2


# -- forward and relay


def _relay(client: KubeClient, namespace: str, container: str | None, host: str, port: int) -> forward.LocalForward:
    dial = forward.relay_dial(client, namespace, "tool", container, host, port)
    return forward.LocalForward(dial, f"relaying to {host}:{port}")


@pytest.fixture(params=["forward", "relay", "relay-v4"])
def local_port(
    request: pytest.FixtureRequest,
    client: KubeClient,
    namespace: str,
    zk_address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[forward.LocalForward]:
    """ZooKeeper's client port on this machine, by each way there is."""
    if request.param == "relay-v4":
        monkeypatch.setattr(pod_exec, "PROTOCOLS", (channel.V4,))
    forwarded = request.param == "forward"
    with (
        forward.pod_forward(client, namespace, "zk", 2181)
        if forwarded
        else _relay(client, namespace, None, zk_address, 2181)
    ) as made:
        yield made


def test_zookeeper_reads(local_port: forward.LocalForward) -> None:
    zookeeper = KazooClient(f"{local_port.host}:{local_port.port}", timeout=10)
    started = time.monotonic()
    zookeeper.start(timeout=10)
    _show("connect_ms", round((time.monotonic() - started) * 1000))
    zookeeper.ensure_path("/a")
    started = time.monotonic()
    for _turn in range(50):
        zookeeper.get("/a")
    single = 50 / (time.monotonic() - started)
    _show("one_read_ms", round(1000 / single, 2))
    started = time.monotonic()
    for result in [zookeeper.get_async("/a") for _turn in range(5000)]:
        result.get()
    rate = 5000 / (time.monotonic() - started)
    _show("reads_per_second", round(rate))
    zookeeper.stop()
    zookeeper.close()
    assert rate > max(300, 2 * single), "reads are pipelined"  # 4000 to 5000 on an idle machine
    assert local_port.last_error == ""


def test_large_and_binary_transfers_in_both_directions(local_port: forward.LocalForward) -> None:
    blobs = [bytes(range(256)) * 3900 for _turn in range(2)] + [random.randbytes(1_000_000) for _turn in range(6)]
    zookeeper = KazooClient(f"{local_port.host}:{local_port.port}", timeout=20)
    zookeeper.start(timeout=10)
    for number, result in enumerate([zookeeper.create_async("/blob-", blob, sequence=True) for blob in blobs]):
        assert result.get(timeout=30), number
    names = sorted(name for name in zookeeper.get_children("/") if name.startswith("blob-"))
    reads = [zookeeper.get_async(f"/{name}") for name in names]
    assert [hashlib.sha256(read.get(timeout=30)[0]).digest() for read in reads] == [
        hashlib.sha256(blob).digest() for blob in blobs
    ]
    for name in names:
        zookeeper.delete(f"/{name}")
    zookeeper.stop()
    zookeeper.close()


def test_half_closed_client_gets_the_whole_answer(local_port: forward.LocalForward) -> None:
    with socket.create_connection((local_port.host, local_port.port), timeout=10) as sock:
        sock.sendall(b"srvr")
        sock.shutdown(socket.SHUT_WR)
        answer = b""
        while data := sock.recv(65536):
            answer += data
    assert answer.startswith(b"Zookeeper version")
    assert b"Node count" in answer


def test_a_relay_leaves_no_process_behind(client: KubeClient, namespace: str, zk_address: str, protocol: str) -> None:
    count = "grep -lx cat /proc/[0-9]*/comm 2>/dev/null | wc -l"
    with _relay(client, namespace, "main", zk_address, 2181) as local:
        socks = [socket.create_connection((local.host, local.port), timeout=10) for _turn in range(3)]
        for sock in socks:
            sock.sendall(b"ruo")  # an unfinished command: ZooKeeper waits
        deadline = time.monotonic() + 5
        while (
            running := int(_run(client, namespace, "bash", "-c", count).stdout)
        ) != 6 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert running == 6
    for sock in socks:
        sock.close()
    deadline = time.monotonic() + 5
    while (running := int(_run(client, namespace, "bash", "-c", count).stdout)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert running == 0


def test_what_a_refused_port_says(client: KubeClient, namespace: str, zk_address: str) -> None:
    ways = [
        (forward.pod_forward(client, namespace, "zk", 9), "port 9 of Pod zk"),
        (forward.pod_forward(client, namespace, "absent", 9), 'pods "absent" not found'),
        (_relay(client, namespace, None, zk_address, 9), f"relaying to {zk_address}:9"),
    ]
    for local, words in ways:
        with local:
            with socket.create_connection((local.host, local.port), timeout=10) as sock:
                assert sock.recv(1) == b""
            deadline = time.monotonic() + 2
            while not local.last_error and time.monotonic() < deadline:
                time.sleep(0.02)
            assert words in local.last_error
            assert "refused" in local.last_error or "not found" in local.last_error


# -- watch


def _says(wanted: str) -> watch.Predicate:
    return lambda objects: Verdict(objects["w"]["data"]["n"] == wanted, "old")


def test_a_watch_notices_within_milliseconds(client: KubeClient, namespace: str) -> None:
    client.create(kinds.CONFIG_MAP, {"metadata": {"name": "w"}, "data": {"n": "0"}}, namespace)
    lags = []
    with Watcher(client, kinds.CONFIG_MAP, namespace, name="w") as watcher:
        for number in range(1, 21):
            wanted = str(number)
            client.patch(kinds.CONFIG_MAP, "w", namespace, {"data": {"n": wanted}})
            started = time.monotonic()
            watcher.wait(_says(wanted), 5)
            lags.append(time.monotonic() - started)
        remove(client, kinds.CONFIG_MAP, "w", namespace)
        watcher.wait(lambda o: Verdict(not o, "still there"), 5)
        started = time.monotonic()
    _show("watch_lag_ms", round(statistics.median(lags) * 1000, 2))
    assert time.monotonic() - started < 0.5, "leaving ends the reader at once"
    assert statistics.median(lags) < 0.05


def test_a_watch_that_the_server_ends_goes_on(
    client: KubeClient, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "WATCH_SECONDS", 1)
    with Watcher(client, kinds.CONFIG_MAP, namespace, label_selector="x=y") as watcher:
        before = client.requests_made
        time.sleep(2.5)
        assert client.requests_made - before in (2, 3)
        client.create(kinds.CONFIG_MAP, {"metadata": {"name": "late", "labels": {"x": "y"}}}, namespace)
        watcher.wait(lambda o: Verdict("late" in o, "absent"), 5)
        assert watcher.trouble == ""


@pytest.fixture
def young_kind(client: KubeClient, namespace: str) -> Iterator[kinds.Kind]:
    """A kind that the API server watches since now only: a young server still has all that its own kinds ever were."""
    group = f"{namespace}.example.org"
    kind = kinds.Kind("Young", group, "v1", "youngs")
    definitions = kinds.Kind(
        "CustomResourceDefinition", "apiextensions.k8s.io", "v1", "customresourcedefinitions", False
    )
    name = f"youngs.{group}"
    schema = {"openAPIV3Schema": {"type": "object"}}
    spec = {
        "group": group,
        "scope": "Namespaced",
        "names": {"kind": "Young", "plural": "youngs", "singular": "young"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
    }
    client.create(definitions, {"metadata": {"name": name}, "spec": spec}, None)
    try:
        yield kind
    finally:
        remove(client, definitions, name)


def test_a_version_that_is_too_old(client: KubeClient, namespace: str, young_kind: kinds.Kind) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with client.stream_watch(young_kind, namespace, "1") as stream:
                for _event in stream:
                    pass
        except (NotFound, Unreachable):  # not served yet
            assert time.monotonic() < deadline
            time.sleep(0.2)
        except Conflict:
            return


# -- the rest of the client


def test_write_rules(client: KubeClient, namespace: str) -> None:
    body = {"metadata": {"name": "c"}, "data": {"a": "1"}}
    assert client.create(kinds.CONFIG_MAP, body, namespace, dry_run=True)["metadata"]["uid"]
    assert client.find(kinds.CONFIG_MAP, "c", namespace) is None
    made = client.create(kinds.CONFIG_MAP, body, namespace)
    assert made["metadata"]["managedFields"][0]["manager"] == "kafkaops.kraft"
    with pytest.raises(Conflict, match="already exists"):
        client.create(kinds.CONFIG_MAP, body, namespace)
    version = made["metadata"]["resourceVersion"]
    changed = client.patch(kinds.CONFIG_MAP, "c", namespace, {"data": {"a": "2"}}, resource_version=version)
    with pytest.raises(Conflict, match="has been modified"):
        client.patch(kinds.CONFIG_MAP, "c", namespace, {"data": {"a": "3"}}, resource_version=version)
    with pytest.raises(Conflict):
        client.replace(kinds.CONFIG_MAP, {**made, "data": {"a": "3"}}, namespace)
    assert client.replace(kinds.CONFIG_MAP, {**changed, "data": {"a": "4"}}, namespace)["data"] == {"a": "4"}
    with pytest.raises(Conflict, match=r"(?i)precondition"):
        client.delete(kinds.CONFIG_MAP, "c", namespace, uid=str(uuid.uuid4()))
    client.delete(kinds.CONFIG_MAP, "c", namespace, uid=made["metadata"]["uid"])
    with pytest.raises(NotFound):
        client.delete(kinds.CONFIG_MAP, "c", namespace, uid=made["metadata"]["uid"])
    with pytest.raises(Refused, match="Invalid value"):
        client.create(kinds.CONFIG_MAP, {"metadata": {"name": "No Good"}}, namespace)


def test_eviction(client: KubeClient, namespace: str) -> None:
    client.create(kinds.POD, _pod("victim", "sleep infinity"), namespace)
    running = Verdict(True, "runs")

    def predicate(objects: Mapping[str, dict[str, Any]]) -> Verdict:
        statuses = objects["victim"].get("status", {}).get("containerStatuses", [])
        return running if statuses and statuses[0]["ready"] else Verdict(False, "victim is not ready")

    wait_for(client, kinds.POD, namespace, predicate, timeout=60, name="victim")
    uid = client.get(kinds.POD, "victim", namespace)["metadata"]["uid"]
    with pytest.raises(Conflict):
        client.evict("victim", namespace, uid=str(uuid.uuid4()))
    budget = {"metadata": {"name": "b"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "victim"}}}}
    client.create(kinds.PDB, budget, namespace)
    assert client.evict("victim", namespace, uid=uid) is False
    remove(client, kinds.PDB, "b", namespace)
    deadline = time.monotonic() + 10
    while not client.evict("victim", namespace, uid=uid):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    wait_for(client, kinds.POD, namespace, lambda o: Verdict(not o, "terminating"), timeout=60, name="victim")
    with pytest.raises(NotFound):
        client.evict("victim", namespace, uid=uid)


def test_log_proxy_and_version(client: KubeClient, namespace: str) -> None:
    assert client.pod_log("zk", namespace).splitlines()[0] == "starting on zk"
    assert len(client.pod_log("zk", namespace, tail_lines=2, container="main").splitlines()) == 2
    with pytest.raises(Refused, match="previous terminated container"):
        client.pod_log("zk", namespace, previous=True)
    answer = client.pod_proxy("zk", namespace, 8080, "/commands/ruok", timeout=30)  # the first one loads Jetty
    assert answer["command"] == "ruok"
    with pytest.raises(Unreachable, match="asking port 9 of Pod zk"):
        client.pod_proxy("zk", namespace, 9, "/x")
    with pytest.raises(KraftError, match="is not JSON"):
        client.pod_proxy("zk", namespace, 8080, "/commands", timeout=30)
    assert client.server_version().startswith("v1.")


def test_permissions_are_named(client: KubeClient, namespace: str) -> None:
    account = f"system:serviceaccount:{namespace}:default"
    weak = connect(
        {"kubeconfig": KUBECONFIG, "impersonate_user": account, "impersonate_groups": ["system:authenticated"]}
    )
    assert client.can_i("create", "pods", namespace, subresource="exec")
    assert not weak.can_i("create", "pods", namespace, subresource="eviction")
    for attempt, words in (
        (lambda: weak.list(kinds.STATEFUL_SET, namespace), "may not list statefulsets.apps"),
        (lambda: _run(weak, namespace, "true"), "may not (get|create) pods/exec"),
        (lambda: weak.stream_watch(kinds.POD, namespace, "0"), "may not watch pods"),
        (lambda: weak.delete(kinds.POD, "zk", namespace, uid=str(uuid.uuid4())), "may not delete pods"),
    ):
        with pytest.raises(Forbidden, match=f"missing permission: {account} {words} in namespace {namespace}"):
            attempt()
    weak.close()


# -- connections that break


class Middle:
    """A TCP relay in front of the API server: an HTTP proxy when asked so, and able to cut everything."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.refuse = False
        self.tunnels: list[bytes] = []
        self._pairs: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _peer = self._listener.accept()
            except OSError:
                return
            if self.refuse:
                sock.close()
            else:
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        if sock.recv(7, socket.MSG_PEEK) == b"CONNECT":
            head = b""
            while b"\r\n\r\n" not in head:
                head += sock.recv(1)
            self.tunnels.append(head)
            sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        other = socket.create_connection(self._target)
        self._pairs += [sock, other]
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_READ, (sock, other))
            selector.register(other, selectors.EVENT_READ, (other, sock))
            while True:
                for key, _events in selector.select():
                    source, sink = key.data
                    try:
                        data = source.recv(65536)
                        sink.sendall(data)
                    except OSError:
                        data = b""
                    if not data:
                        sock.close()
                        other.close()
                        return

    def wait_for_connections(self, count: int) -> None:
        """Wait until that many are open."""
        deadline = time.monotonic() + 10
        while len(self._pairs) < 2 * count and time.monotonic() < deadline:
            time.sleep(0.02)

    def cut(self) -> None:
        """Break all connections."""
        for sock in self._pairs:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self._pairs.clear()

    def close(self) -> None:
        """Break all connections and stop listening."""
        self._listener.close()
        self.cut()


@pytest.fixture
def middle(client: KubeClient) -> Iterator[Middle]:
    target = urlsplit(client.endpoint.url)
    made = Middle((target.hostname or "", target.port or 443))
    yield made
    made.close()


def test_a_watch_survives_a_lost_api_server(middle: Middle, client: KubeClient, namespace: str) -> None:
    through = connect({"kubeconfig": KUBECONFIG, "host": f"https://127.0.0.1:{middle.port}"})
    reasons: list[str] = []
    changed = threading.Event()

    def change() -> None:
        middle.refuse = True
        middle.cut()
        client.create(kinds.CONFIG_MAP, {"metadata": {"name": "meanwhile"}}, namespace)
        time.sleep(1)
        middle.refuse = False
        changed.set()

    thread = threading.Thread(target=change)
    with Watcher(through, kinds.CONFIG_MAP, namespace, name="meanwhile") as watcher:
        middle.wait_for_connections(2)  # the LIST's and the WATCH's
        thread.start()
        watcher.wait(lambda o: Verdict(bool(o), "not made yet"), 15, reasons.append)
    assert changed.is_set()
    assert any("cannot reach the Kubernetes API server" in reason for reason in reasons), reasons
    thread.join()
    through.close()


def test_a_cut_connection_ends_exec_and_forward(middle: Middle, client: KubeClient, namespace: str) -> None:
    through = connect({"kubeconfig": KUBECONFIG, "host": f"https://127.0.0.1:{middle.port}"})

    def cut() -> None:
        middle.wait_for_connections(1)
        time.sleep(0.7)
        middle.cut()

    thread = threading.Thread(target=cut)
    thread.start()
    with pytest.raises(Unreachable, match="it is not known whether it was done"):
        _run(through, namespace, "sleep", "20")
    thread.join()
    local = forward.pod_forward(through, namespace, "zk", 2181)
    with local, socket.create_connection((local.host, local.port), timeout=10) as sock:
        sock.sendall(b"ruo")
        middle.wait_for_connections(1)
        time.sleep(0.5)
        middle.cut()
        assert sock.recv(1) == b""
    assert "the connection was closed" in local.last_error
    through.close()


def test_everything_goes_through_an_http_proxy(middle: Middle, namespace: str) -> None:
    proxied = connect({"kubeconfig": KUBECONFIG, "proxy": f"http://me:hunter2@127.0.0.1:{middle.port}"})
    assert proxied.get(kinds.POD, "zk", namespace)["metadata"]["name"] == "zk"
    assert _run(proxied, namespace, "echo", "hi").stdout == "hi\n"
    with Watcher(proxied, kinds.POD, namespace) as watcher:
        assert "zk" in watcher.objects
        time.sleep(0.2)
    assert len(middle.tunnels) >= 3
    assert all(b"Proxy-Authorization: Basic bWU6aHVudGVyMg==" in head for head in middle.tunnels)
    assert all(head.startswith(b"CONNECT ") for head in middle.tunnels)
    proxied.close()


def test_an_untrusted_certificate_is_named(client: KubeClient, tmp_path: Path) -> None:
    lonely = connect({"host": client.endpoint.url, "api_key": "x"})
    started = time.monotonic()
    with pytest.raises(Unreachable, match="its certificate is not trusted"):
        lonely.server_version()
    assert time.monotonic() - started < 2
    lonely.close()
    careless = connect({"host": client.endpoint.url, "api_key": "wrong", "validate_certs": False})
    with pytest.raises(Forbidden, match="did not accept the credentials"):
        careless.list(kinds.NODE)
    careless.close()
