#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Software:  Apache Kafka 3.9.2 and 4.1.2, one broker and one KRaft controller, and Apache ZooKeeper 3.8.4.
# Behaviour: the snapshots of the metadata log that 3.9.2 writes say that a migration was finalized (ZkMigrationState 3). The
#            first snapshot that 4.1.2 writes of the same log has no such record any more. Everything else of the cluster is still
#            in it.
# Matters:   the proof that a migration was finalized is gone after the step to 4.x: keep it elsewhere before, and never read
#            state NONE as "was always KRaft".
# Needs:     python3, java, mvn, access to Maven Central. Takes about a minute and a half.
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

for version in 3.9.2 4.1.2; do
  mkdir "$version"
  cat >"$version/pom.xml" <<XML
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>$version</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-reload4j</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
XML
  mvn -q -B -f "$version/pom.xml" -Dstyle.color=never -Dmaven.repo.local="$work/m2" dependency:copy-dependencies -DoutputDirectory="$work/$version/libs"
done
ln -s 3.9.2/libs libs
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
  echo "kafka_4_forgets_the_migration: \"$2\" did not come" >&2
  tail "$1" >&2
  exit 2
}
stop() { # PROCESS
  kill "$1"
  wait "$1" || true
}

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
metadata.log.max.snapshot.interval.ms=2000
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
stop "${started[2]}"
grep -v '^zookeeper' controller.properties >final.properties
server final.log kafka.Kafka final.properties
await final.log "from MIGRATION to POST_MIGRATION"

# the newest snapshot, once there is one behind those that are there now
states() { # WHO
  local before newest
  before=$(find data100/__cluster_metadata-0 -name '*.checkpoint' | sort | tail -1)
  for _ in $(seq 240); do
    newest=$(find data100/__cluster_metadata-0 -name '*.checkpoint' | sort | tail -1)
    if [ "$newest" != "$before" ]; then break; fi
    sleep 0.5
  done
  tool kafka.tools.DumpLogSegments --cluster-metadata-decoder --files "$newest" >dump.txt
  echo "$1: brokers $(grep -c '"type":"REGISTER_BROKER_RECORD"' dump.txt || true), migration state $(grep -o '"zkMigrationState":[0-9]*' dump.txt || echo none)"
}
{
  states "snapshot of 3.9.2"
  stop "${started[4]}"
  java -Xmx256m -XX:+UseSerialGC -cp "$work/4.1.2/libs/*" kafka.Kafka final.properties >next.log 2>&1 &
  states "snapshot of 4.1.2"
} >seen.txt
cat seen.txt
cat >expected.txt <<'TXT'
snapshot of 3.9.2: brokers 1, migration state "zkMigrationState":3
snapshot of 4.1.2: brokers 1, migration state none
TXT
diff expected.txt seen.txt || { echo "kafka_4_forgets_the_migration: the behaviour has changed" >&2; exit 1; }
echo "kafka_4_forgets_the_migration: as seen before"
