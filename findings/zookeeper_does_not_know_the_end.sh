#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Software:  Apache Kafka 3.9.2, one broker and one KRaft controller, and Apache ZooKeeper 3.8.4.
# Behaviour: finalizing the migration changes nothing in ZooKeeper. /controller goes on naming the KRaft controller and /migration
#            keeps its last offset; no znode is added, removed or changed, and a topic that is made afterwards is missing. All
#            that could still be rolled back a moment ago looks exactly as before.
# Matters:   whether a rollback is still possible cannot be read from ZooKeeper, and removing /controller and /migration there
#            after the end makes a second truth. Ask the controllers for their ZkMigrationState.
# Needs:     python3 with venv, java, mvn, access to PyPI and Maven Central. Takes about a minute.
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
  echo "zookeeper_does_not_know_the_end: \"$2\" did not come" >&2
  tail "$1" >&2
  exit 2
}
stop() { # PROCESS
  kill "$1"
  wait "$1" || true
}

python3 -m venv venv
venv/bin/pip install -q kazoo==2.11.0
read -r zookeeper controller broker < <(python3 -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
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
zookeeper.connect=127.0.0.1:$zookeeper
zookeeper.metadata.migration.enable=true
log.dirs=$work/data100
PROPERTIES
cat >broker.properties <<PROPERTIES
broker.id=1
listeners=PLAINTEXT://127.0.0.1:$broker
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
inter.broker.protocol.version=3.9
controller.quorum.voters=100@127.0.0.1:$controller
controller.listener.names=CONTROLLER
zookeeper.connect=127.0.0.1:$zookeeper
zookeeper.metadata.migration.enable=true
log.dirs=$work/data1
log.cleaner.enable=false
PROPERTIES
server broker.log kafka.Kafka broker.properties
await broker.log "[KafkaServer id=1] started"
id=$(sed -n 's/^cluster.id=//p' data1/meta.properties)
tool kafka.tools.StorageTool format -t "$id" --release-version 3.9 -c controller.properties >/dev/null
server controller.log kafka.Kafka controller.properties
await controller.log "to DUAL_WRITE state"
stop "${started[1]}"
grep -v -e '^zookeeper' -e '^inter.broker.protocol' -e '^broker.id' broker.properties >kraft.properties
printf 'process.roles=broker\nnode.id=1\n' >>kraft.properties
server kraft.log kafka.Kafka kraft.properties
await kraft.log "Kafka Server started"

cat >look.py <<'PY'
"""Print each znode with its data, without the offset that moves as long as the controller writes."""
import re
import sys

from kazoo.client import KazooClient

client = KazooClient(f"127.0.0.1:{sys.argv[1]}")
client.start(timeout=30)


def walk(path):
    data, stat = client.get(path)
    moving = path == "/migration"
    text = re.sub(r'(metadata_offset"):\d+', r"\1:N", (data or b"").decode())
    print(path, text, "-" if moving else f"version {stat.version}", "ephemeral" if stat.ephemeralOwner else "persistent")
    for child in sorted(client.get_children(path)):
        walk(f"{path.rstrip('/')}/{child}")


walk("/")
client.stop()
PY
look() { venv/bin/python look.py "$zookeeper" 2>/dev/null >"$1"; }
sleep 3 # the broker's old session and its last writes end
look before.txt
stop "${started[2]}"
grep -v '^zookeeper' controller.properties >final.properties
server final.log kafka.Kafka final.properties
await final.log "from MIGRATION to POST_MIGRATION"
await final.log "Kafka Server started"
tool org.apache.kafka.tools.TopicCommand --bootstrap-server "127.0.0.1:$broker" --create --topic later >/dev/null
look after.txt
{
  sed -n 's/^\/controller .*"brokerid":\([0-9]*\).*/\/controller names node \1/p' after.txt
  echo "/migration there: $(grep -c '^/migration ' after.txt || true)"
  if cmp -s before.txt after.txt; then echo "same znodes before and after"; else diff before.txt after.txt || true; fi
  echo "topics of the cluster: $(tool org.apache.kafka.tools.TopicCommand --bootstrap-server "127.0.0.1:$broker" --list)"
  echo "topics in ZooKeeper: $(grep -c '^/brokers/topics/' after.txt || true)"
} >seen.txt
cat seen.txt
cat >expected.txt <<'TXT'
/controller names node 100
/migration there: 1
same znodes before and after
topics of the cluster: later
topics in ZooKeeper: 0
TXT
diff expected.txt seen.txt || { echo "zookeeper_does_not_know_the_end: the behaviour has changed" >&2; exit 1; }
echo "zookeeper_does_not_know_the_end: as seen before"
