#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Software:  kazoo 2.10.0 against Apache ZooKeeper 3.8.4.
# Behaviour: a lost TCP connection uses up every watch that a client has set, although the session lives on and nothing
#            changed. The callback gets an event of type NONE that does not name the znode, and after the reconnect a
#            real change of the znode reaches nobody. ZooKeeper's own Java client registers its watches again; kazoo's
#            low-level calls do not.
# Matters:   who waits for a znode through a port-forward must set the watch and read again after each such event.
# Needs:     python3 with venv, java, mvn, access to PyPI and Maven Central. Takes about half a minute.
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"

cat >pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.zookeeper</groupId><artifactId>zookeeper</artifactId><version>3.8.4</version></dependency>
    <dependency><groupId>org.xerial.snappy</groupId><artifactId>snappy-java</artifactId><version>1.1.10.5</version></dependency>
    <dependency><groupId>io.dropwizard.metrics</groupId><artifactId>metrics-core</artifactId><version>4.2.26</version></dependency>
  </dependencies>
</project>
XML
mvn -q -B -Dmaven.repo.local="$work/m2" dependency:copy-dependencies -DoutputDirectory="$work/libs"
python3 -m venv venv
venv/bin/pip install -q kazoo==2.10.0

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf 'tickTime=2000\ndataDir=%s/data\nclientPort=%s\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n' "$work" "$port" >zoo.cfg
java -cp "$work/libs/*" org.apache.zookeeper.server.quorum.QuorumPeerMain zoo.cfg >server.log 2>&1 &
server=$!

cat >look.py <<'PY'
"""Watch a znode through a relay, cut the relay's connections once, then change the znode."""
import queue
import socket
import sys
import threading

from kazoo.client import KazooClient

PORT = int(sys.argv[1])
pairs = []


def relay(listener):
    while True:
        near, _ = listener.accept()
        far = socket.create_connection(("127.0.0.1", PORT))
        pairs.append((near, far))
        for source, target in ((near, far), (far, near)):
            threading.Thread(target=copy, args=(source, target), daemon=True).start()


def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass


listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=relay, args=(listener,), daemon=True).start()
direct = KazooClient(f"127.0.0.1:{PORT}")
direct.start(timeout=30)
watcher = KazooClient(f"127.0.0.1:{listener.getsockname()[1]}", timeout=20)
watcher.start(timeout=30)
watcher.create("/seen", b"1")
session = watcher.client_id[0]
states, events = queue.Queue(), queue.Queue()
watcher.add_listener(lambda state: states.put(str(state)))
watcher.get("/seen", watch=events.put)

for near, far in list(pairs):
    near.shutdown(socket.SHUT_RDWR)
    far.shutdown(socket.SHUT_RDWR)
first = events.get(timeout=20)
while states.get(timeout=20) != "CONNECTED":
    pass
print(f"after the cut: type {first.type}, state {first.state}, path {first.path}")
print(f"same session: {watcher.client_id[0] == session}")
direct.set("/seen", b"2")
print(f"value read: {watcher.get('/seen')[0].decode()}")  # the answer comes after any event of the same change
try:
    print(f"after the change: {events.get(timeout=5)}")
except queue.Empty:
    print("after the change: no event")
PY
venv/bin/python look.py "$port" 2>/dev/null | tee seen.txt
cat >expected.txt <<'TXT'
after the cut: type NONE, state CONNECTING, path None
same session: True
value read: 2
after the change: no event
TXT
diff expected.txt seen.txt || { echo "kazoo_drops_watches: the behaviour has changed" >&2; exit 1; }
echo "kazoo_drops_watches: as seen before"
