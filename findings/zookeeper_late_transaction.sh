#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Software:  Apache ZooKeeper 3.8.4, an ensemble of three; kazoo 2.11.0 as its client.
# Behaviour: a server is paused while a client hands it a transaction. The client gives up and its process ends. Another
#            session syncs on another server and reads that nothing happened. Then the paused server goes on, passes the
#            transaction to the leader, and it is carried out: sync and read had told the truth, which was not the last word.
#            Nothing but the end of the old session, or a version that it checks, keeps a lost transaction from coming late.
# Matters:   who lost the connection in the middle of deleting /controller and /migration must not conclude from one look that
#            it did not happen. Repeat the transaction with version checks, or wait until the old session has ended.
# Needs:     python3 with venv, java, mvn, access to PyPI and Maven Central. Takes about half a minute.
set -euo pipefail
work=$(mktemp -d)
servers=()
stop() {
  local server
  for server in "${servers[@]}"; do kill "$server" && kill -CONT "$server"; done 2>/dev/null || true
  wait
  rm -rf "$work"
}
trap stop EXIT
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
mvn -q -B -Dstyle.color=never -Dmaven.repo.local="$work/m2" dependency:copy-dependencies -DoutputDirectory="$work/libs"
python3 -m venv venv
venv/bin/pip install -q kazoo==2.11.0

# three ports for each server: clients, followers, elections
read -ra ports < <(python3 -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(9)]
print(*[one.getsockname()[1] for one in held])')
for id in 1 2 3; do
  mkdir -p "data$id"
  echo "$id" >"data$id/myid"
  {
    printf 'tickTime=2000\ninitLimit=10\nsyncLimit=5\nadmin.enableServer=false\nclientPortAddress=127.0.0.1\n'
    printf 'dataDir=%s/data%s\nclientPort=%s\n' "$work" "$id" "${ports[id - 1]}"
    for peer in 1 2 3; do printf 'server.%s=127.0.0.1:%s:%s\n' "$peer" "${ports[peer + 2]}" "${ports[peer + 5]}"; done
  } >"zoo$id.cfg"
  java -Xmx128m -cp "$work/libs/*" org.apache.zookeeper.server.quorum.QuorumPeerMain "zoo$id.cfg" >"server$id.log" 2>&1 &
  servers+=("$!")
done

cat >give_up.py <<'PY'
"""Pause the server, hand it a transaction, give up after 3 s and end without a word."""
import os
import signal
import sys
import time

from kazoo.client import KazooClient
from kazoo.handlers.threading import KazooTimeoutError

client = KazooClient(f"127.0.0.1:{sys.argv[1]}", timeout=20)
client.start(timeout=60)
client.create("/kept", b"before")
os.kill(int(sys.argv[2]), signal.SIGSTOP)
time.sleep(1)  # until every thread of it stands
transaction = client.transaction()
transaction.set_data("/kept", b"late")
transaction.create("/made", b"")
try:
    transaction.commit_async().get(timeout=3)
except KazooTimeoutError:
    print("first client: no answer, gives up", flush=True)
os._exit(0)
PY
cat >look.py <<'PY'
"""Read through another server, let the paused one go on, read again."""
import os
import signal
import sys
import time

from kazoo.client import KazooClient

client = KazooClient(f"127.0.0.1:{sys.argv[1]}")
client.start(timeout=60)


def say(when):
    client.sync("/")
    print(f"{when}: value {client.get('/kept')[0].decode()}, znode made: {client.exists('/made') is not None}")


say("synced, on another server")
os.kill(int(sys.argv[2]), signal.SIGCONT)
deadline = time.monotonic() + 20
while client.exists("/made") is None and time.monotonic() < deadline:
    time.sleep(0.1)
say("after the paused server went on")
client.stop()
PY

# the paused server must be a follower
mode() {
  python3 -c '
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5) as link:
    link.sendall(b"srvr")
    answer = b""
    while data := link.recv(65536):
        answer += data
print(next((line.split()[1] for line in answer.decode().splitlines() if line.startswith("Mode:")), "none"))' "$1" 2>/dev/null || echo none
}
follower=
for _ in $(seq 120); do
  modes=()
  for id in 0 1 2; do modes+=("$(mode "${ports[id]}")"); done
  if [ "$(printf '%s\n' "${modes[@]}" | sort | tr '\n' ' ')" = "follower follower leader " ]; then
    for id in 0 1 2; do if [ "${modes[id]}" = leader ]; then leader=$id; else follower=$id; fi; done
    break
  fi
  sleep 0.5
done
[ -n "$follower" ] || { echo "zookeeper_late_transaction: the ensemble did not form" >&2; exit 2; }

{
  venv/bin/python give_up.py "${ports[follower]}" "${servers[follower]}" 2>/dev/null
  venv/bin/python look.py "${ports[leader]}" "${servers[follower]}" 2>/dev/null
} | tee seen.txt
cat >expected.txt <<'TXT'
first client: no answer, gives up
synced, on another server: value before, znode made: False
after the paused server went on: value late, znode made: True
TXT
diff expected.txt seen.txt || { echo "zookeeper_late_transaction: the behaviour has changed" >&2; exit 1; }
echo "zookeeper_late_transaction: as seen before"
