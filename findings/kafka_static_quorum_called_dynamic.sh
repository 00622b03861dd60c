#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Software:  Apache Kafka 3.9.2, one KRaft controller with controller.quorum.voters.
# Behaviour: `kafka-features upgrade --feature kraft.version=1` on a static quorum reports success, and `describe` shows level 1
#            from then on, also after a restart. The quorum is as static as before: its voter has no directory id, and a new
#            controller is refused because kraft.version is 0.
# Matters:   whether a quorum is dynamic is told by the directory ids of its voters, not by the feature level that kafka-features
#            describes.
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
  echo "kafka_static_quorum_called_dynamic: \"$2\" did not come" >&2
  tail "$1" >&2
  exit 2
}
stop() { # PROCESS
  kill "$1"
  wait "$1" || true
}

read -r port newcomer < <(python3 -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*[one.getsockname()[1] for one in held])')
cat >controller.properties <<PROPERTIES
process.roles=controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$port
controller.listener.names=CONTROLLER
listeners=CONTROLLER://127.0.0.1:$port
log.dirs=$work/data
PROPERTIES
cat >newcomer.properties <<PROPERTIES
process.roles=controller
node.id=2
controller.quorum.bootstrap.servers=127.0.0.1:$port
controller.listener.names=CONTROLLER
listeners=CONTROLLER://127.0.0.1:$newcomer
log.dirs=$work/new
PROPERTIES
tool kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ -c controller.properties >/dev/null
tool kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ --no-initial-controllers -c newcomer.properties >/dev/null
server controller.log kafka.Kafka controller.properties
await controller.log "Kafka Server started"
server newcomer.log kafka.Kafka newcomer.properties

ask() { tool "org.apache.kafka.tools.$1" --bootstrap-controller "127.0.0.1:$port" "${@:2}"; }
look() {
  ask FeatureCommand describe | sed -n "s/^Feature: \(kraft.version\).*FinalizedVersionLevel: \([0-9]*\).*/$1: \1 \2/p"
  ask MetadataQuorumCommand describe --status | sed -n "s/^CurrentVoters:.*\"directoryId\": \([^,]*\),.*/$1: directory id of the voter \1/p"
}
{
  look before
  ask FeatureCommand upgrade --feature kraft.version=1
  look after
  ask MetadataQuorumCommand --command-config newcomer.properties add-controller >refused.txt 2>&1 || true
  grep -o "Cluster doesn't support adding voter.*" refused.txt | head -1
  stop "${started[0]}"
  server again.log kafka.Kafka controller.properties
  await again.log "Kafka Server started"
  look restarted
} >seen.txt
cat seen.txt
cat >expected.txt <<'TXT'
before: kraft.version 0
before: directory id of the voter null
kraft.version was upgraded to 1.
after: kraft.version 1
after: directory id of the voter null
Cluster doesn't support adding voter because the kraft.version feature is 0
restarted: kraft.version 1
restarted: directory id of the voter null
TXT
diff expected.txt seen.txt || { echo "kafka_static_quorum_called_dynamic: the behaviour has changed" >&2; exit 1; }
echo "kafka_static_quorum_called_dynamic: as seen before"
