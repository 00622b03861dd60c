#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Software:  Apache Kafka 3.9.2, one KRaft controller, against Apache ZooKeeper 3.8.4.
# Behaviour: a controller that is to migrate a cluster, and whose zookeeper.connect has a misspelt chroot, does not complain. It
#            makes the chroot with all of a cluster's paths in it and a /migration, says that the quorum is ready for the
#            migration, and waits for brokers for ever. The /cluster/id there is neither made nor compared with the cluster id
#            that the controller was formatted with.
# Matters:   a quorum that says ready does not show that it looks at the brokers' ZooKeeper. Compare the chroots, and look for
#            /migration beside the brokers' /cluster/id.
# Needs:     python3 with venv, java, mvn, access to PyPI and Maven Central. Takes about half a minute.
set -euo pipefail
work=$(mktemp -d)
started=()
finish() {
  exec 2>/dev/null
  for process in $(jobs -p); do kill -KILL "$process" || true; done
  wait
  rm -rf "$work"
}
trap finish EXIT
cd "$work"

cat >pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>3.9.2</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>3.9.2</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-reload4j</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
XML
mvn -q -B -Dstyle.color=never -Dmaven.repo.local="$work/m2" dependency:copy-dependencies -DoutputDirectory="$work/libs"
printf 'log4j.rootLogger=%s, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\nlog4j.appender.out.layout=org.apache.log4j.SimpleLayout\n' INFO >server.properties.log4j
printf 'log4j.rootLogger=%s\n' OFF >tool.properties.log4j

server() { # LOG CLASS ARGUMENTS
  local log=$1
  shift
  java -Xmx256m -XX:+UseSerialGC -Dlog4j.configuration=file:server.properties.log4j -cp "$work/libs/*" "$@" >"$log" 2>&1 &
  started+=("$!")
}
tool() { # CLASS ARGUMENTS
  java -Xmx256m -XX:+UseSerialGC -Dlog4j.configuration=file:tool.properties.log4j -cp "$work/libs/*" "$@"
}
await() { # LOG TEXT
  for _ in $(seq 240); do
    if grep -qF "$2" "$1"; then return; fi
    sleep 0.5
  done
  echo "kafka_controller_makes_the_chroot: \"$2\" did not come" >&2
  tail "$1" >&2
  exit 2
}

python3 -m venv venv
venv/bin/pip install -q kazoo==2.11.0
read -r zookeeper controller < <(python3 -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*[one.getsockname()[1] for one in held])')
printf 'tickTime=2000\ndataDir=%s/zookeeper\nclientPort=%s\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n' "$work" "$zookeeper" >zoo.cfg
server zookeeper.log org.apache.zookeeper.server.quorum.QuorumPeerMain zoo.cfg
await zookeeper.log "binding to port"
cat >controller.properties <<PROPERTIES
process.roles=controller
node.id=100
controller.quorum.voters=100@127.0.0.1:$controller
controller.listener.names=CONTROLLER
listeners=CONTROLLER://127.0.0.1:$controller
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
zookeeper.connect=127.0.0.1:$zookeeper/kafak
zookeeper.metadata.migration.enable=true
log.dirs=$work/data
PROPERTIES
tool kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ -c controller.properties >/dev/null
server controller.log kafka.Kafka controller.properties
await controller.log "Controller Quorum is ready for Zk to KRaft migration"
await controller.log "Kafka Server started"

cat >look.py <<'PY'
"""List what the controller made."""
import json
import sys

from kazoo.client import KazooClient

client = KazooClient(f"127.0.0.1:{sys.argv[1]}")
client.start(timeout=30)
print("at the root:", *sorted(set(client.get_children("/")) - {"zookeeper"}))
print("below it:", *sorted(client.get_children("/kafak")))
print("offset in /migration:", json.loads(client.get("/kafak/migration")[0])["kraft_metadata_offset"])
client.stop()
PY
{
  venv/bin/python look.py "$zookeeper" 2>/dev/null
  echo "lines with ERROR: $(grep -c '^ERROR' controller.log || true)"
  if kill -0 "${started[1]}"; then echo "the controller runs on"; fi
} >seen.txt
cat seen.txt
cat >expected.txt <<'TXT'
at the root: kafak
below it: admin brokers config consumers isr_change_notification latest_producer_id_block log_dir_event_notification migration
offset in /migration: -1
lines with ERROR: 0
the controller runs on
TXT
diff expected.txt seen.txt || { echo "kafka_controller_makes_the_chroot: the behaviour has changed" >&2; exit 1; }
echo "kafka_controller_makes_the_chroot: as seen before"
