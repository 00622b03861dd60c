#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Software:  kazoo 2.11.0 with pure-sasl 0.6.2 against Apache ZooKeeper 3.8.4 with SASL (DIGEST-MD5).
# Behaviour: a connection that breaks is made again, and the client goes on with its session. When it breaks once more right after that, a
#            client without SASL tries again. One with SASL, which is just logging in again, does not: it takes the break for a refused
#            login (AUTH_FAILED), goes to LOST and never connects again, though user and password are right. Each later call fails with
#            ConnectionClosedError; start() connects, but with a new session, although the old one was still alive.
# Matters:   with SASL, who holds a lease in an ephemeral znode through a port-forward can lose the session by a break that would
#            otherwise go unnoticed: watch for LOST and begin anew, and do not take AUTH_FAILED for a wrong password.
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
mvn -q -B -Dstyle.color=never -Dmaven.repo.local="$work/m2" dependency:copy-dependencies -DoutputDirectory="$work/libs"
python3 -m venv venv
venv/bin/pip install -q kazoo==2.11.0 pure-sasl==0.6.2

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf 'tickTime=2000\ndataDir=%s/data\nclientPort=%s\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n' "$work" "$port" >zoo.cfg
echo 'authProvider.sasl=org.apache.zookeeper.server.auth.SASLAuthenticationProvider' >>zoo.cfg
echo 'Server { org.apache.zookeeper.server.auth.DigestLoginModule required user_kafka="right"; };' >jaas.conf
java -Xmx128m -Djava.security.auth.login.config=jaas.conf -cp "$work/libs/*" org.apache.zookeeper.server.quorum.QuorumPeerMain zoo.cfg >server.log 2>&1 &
server=$!

cat >look.py <<'PY'
"""Read a znode through a relay that breaks the first connection, and the second one at the client's first word after the handshake."""
import logging
import socket
import sys
import threading
import time

from kazoo.client import KazooClient
from kazoo.exceptions import ConnectionLoss, KazooException

PORT = int(sys.argv[1])
LOGIN = {"mechanism": "DIGEST-MD5", "username": "kafka", "password": "right"}


class Relay:
    """Pass on what comes, and break connections as told: each number is how many packets of the client get through, None is all."""

    def __init__(self, *limits):
        self.limits, self.pairs = list(limits), []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.hosts = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.create_connection(("127.0.0.1", PORT))
            self.pairs.append((near, far))
            limit = self.limits.pop(0) if self.limits else None
            threading.Thread(target=self.requests, args=(near, far, limit), daemon=True).start()
            threading.Thread(target=self.answers, args=(near, far), daemon=True).start()

    def requests(self, near, far, limit):
        count = 0
        while (size := near.recv(4, socket.MSG_WAITALL)) and count != limit:
            far.sendall(size + near.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL))
            count += 1
        self.cut(near, far)

    @staticmethod
    def answers(near, far):
        while data := far.recv(65536):
            near.sendall(data)

    @staticmethod
    def cut(*ends):
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def look(title, *limits, **options):
    relay, states, said = Relay(None, *limits), [], []
    logger = logging.Logger(title)
    logger.addFilter(lambda record: said.append(record.getMessage()))
    client = KazooClient(relay.hosts, timeout=20, logger=logger, **options)
    client.start(timeout=60)
    client.ensure_path("/seen")
    session = client.client_id[0]
    client.create("/held", b"", ephemeral=True)
    client.add_listener(lambda state: states.append(str(state)))
    relay.cut(*relay.pairs[0])
    time.sleep(1)  # one that connects again says nothing more by itself: the first call below meets the second break
    answer = None
    deadline = time.monotonic() + 20
    while answer is None and time.monotonic() < deadline:
        try:
            client.get("/seen")
            answer = f"reads again, same session {client.client_id[0] == session}"
        except ConnectionLoss:
            pass
        except KazooException as error:
            time.sleep(10)  # if it were to connect again, it would have by now
            why = next((text for text in said if "AUTH_FAILED" in text), said[-1])
            answer = f"{type(error).__name__}, {why}"
        time.sleep(0.2)
    print(f"{title}: {answer}; {' '.join(states)}; {len(relay.pairs)} connections", flush=True)
    if not client.connected:
        client.start(timeout=20)
        held = client.exists("/held").ephemeralOwner == session
        print(f"{title}, start(): same session {client.client_id[0] == session}, the old one alive {held}", flush=True)
        client.delete("/held")
    client.stop()
    client.close()


there = KazooClient(f"127.0.0.1:{PORT}")
there.start(timeout=60)
there.stop()
look("without SASL, one break")
look("without SASL, two breaks", 1)
look("with SASL, one break", sasl_options=dict(LOGIN))
look("with SASL, two breaks", 1, sasl_options=dict(LOGIN))
look("with SASL, once more", sasl_options=dict(LOGIN))
PY
venv/bin/python look.py "$port" >seen.txt 2>errors.txt || cat errors.txt >&2
cat seen.txt
cat >expected.txt <<'TXT'
without SASL, one break: reads again, same session True; SUSPENDED CONNECTED; 2 connections
without SASL, two breaks: reads again, same session True; SUSPENDED CONNECTED SUSPENDED CONNECTED; 3 connections
with SASL, one break: reads again, same session True; SUSPENDED CONNECTED; 2 connections
with SASL, two breaks: ConnectionClosedError, AUTH_FAILED closing: Connection dropped in SASL; SUSPENDED CONNECTED LOST; 2 connections
with SASL, two breaks, start(): same session False, the old one alive True
with SASL, once more: reads again, same session True; SUSPENDED CONNECTED; 2 connections
TXT
diff expected.txt seen.txt || { echo "kazoo_cut_login_is_final: the behaviour has changed" >&2; exit 1; }
echo "kazoo_cut_login_is_final: as seen before"
