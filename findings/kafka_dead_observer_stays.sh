#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Software:  Apache Kafka 3.9.2, one KRaft controller and one broker.
# Behaviour: a broker that comes back on a new volume appears twice among the observers of the quorum, with the same node id: the
#            leader tells observers apart by directory id as well. The dead one goes on standing there with a lag that grows, and
#            the newcomer beside it is caught up.
# Matters:   who looks up a broker's lag by its node id in `kafka-metadata-quorum describe --replication`, or waits until no
#            observer lags, may read the dead one. Take the entry with the latest fetch.
# Needs:     python3, java, mvn, access to Maven Central. Takes about half a minute.
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
  echo "kafka_dead_observer_stays: \"$2\" did not come" >&2
  tail "$1" >&2
  exit 2
}
stop() { # PROCESS
  kill "$1"
  wait "$1" || true
}

read -r controller broker < <(python3 -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*[one.getsockname()[1] for one in held])')
cat >controller.properties <<PROPERTIES
process.roles=controller
node.id=100
controller.quorum.voters=100@127.0.0.1:$controller
controller.listener.names=CONTROLLER
listeners=CONTROLLER://127.0.0.1:$controller
log.dirs=$work/data100
PROPERTIES
cat >broker.properties <<PROPERTIES
process.roles=broker
node.id=1
controller.quorum.voters=100@127.0.0.1:$controller
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$broker
log.dirs=$work/data1
log.cleaner.enable=false
PROPERTIES
format() { tool kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ -c "$1" >/dev/null; }
# one line for each observer: its node, whether it lags, whether it has the directory id that is on the disk now
look() {
  local directory
  directory=$(sed -n 's/^directory.id=//p' data1/meta.properties)
  tool org.apache.kafka.tools.MetadataQuorumCommand --bootstrap-controller "127.0.0.1:$controller" describe --replication |
    awk -v when="$1" -v now="$directory" '$NF == "Observer" { print when ": node " $1 ($2 == now ? ", the one that runs" : ", gone") ($4 > 5 ? ", lags" : ", caught up") }' | sort
}
format controller.properties
format broker.properties
server controller.log kafka.Kafka controller.properties
server broker.log kafka.Kafka broker.properties
await broker.log "Kafka Server started"
{
  look before
  stop "${started[1]}"
  rm -r data1
  format broker.properties
  server again.log kafka.Kafka broker.properties
  await again.log "Kafka Server started"
  sleep 5 # the controller writes two records each second
  look after
} >seen.txt
cat seen.txt
cat >expected.txt <<'TXT'
before: node 1, the one that runs, caught up
after: node 1, gone, lags
after: node 1, the one that runs, caught up
TXT
diff expected.txt seen.txt || { echo "kafka_dead_observer_stays: the behaviour has changed" >&2; exit 1; }
echo "kafka_dead_observer_stays: as seen before"
