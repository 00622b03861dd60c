#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Software:  Apache Kafka 4.1.2, one KRaft controller and one broker at metadata version 3.9.
# Behaviour: `kafka-features upgrade --release-version 4.1` also sets a dynamic min.insync.replicas for the whole cluster. Its
#            value is not the one that the brokers run with, but the one in the file of the active controller: 1 when that file
#            does not name it, as most files of controllers do not. A dynamic value is stronger than the brokers' file, so
#            min.insync.replicas=2 there counts no more. The tool names the features that it raised and says nothing of the
#            setting.
# Matters:   before a cluster that came from ZooKeeper goes to 4.1, the controllers' file must carry the brokers'
#            min.insync.replicas.
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
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.1.2</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>4.1.2</version></dependency>
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
  echo "kafka_upgrade_lowers_min_isr: \"$2\" did not come" >&2
  tail "$1" >&2
  exit 2
}

read -r controller broker < <(python3 -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*[one.getsockname()[1] for one in held])')
common() {
  printf 'controller.quorum.voters=100@127.0.0.1:%s\ncontroller.listener.names=CONTROLLER\nlog.dirs=%s/%s\n' "$controller" "$work" "$1"
}
{
  common data100
  printf 'process.roles=controller\nnode.id=100\nlisteners=CONTROLLER://127.0.0.1:%s\n' "$controller"
} >controller.properties
{
  common data1
  printf 'process.roles=broker\nnode.id=1\nlisteners=PLAINTEXT://127.0.0.1:%s\nmin.insync.replicas=2\n' "$broker"
} >broker.properties
for role in controller broker; do
  tool kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ --release-version 3.9 -c $role.properties >/dev/null
  server $role.log kafka.Kafka $role.properties
done
await broker.log "Kafka Server started"
tool org.apache.kafka.tools.TopicCommand --bootstrap-server "127.0.0.1:$broker" --create --topic orders >/dev/null

min_isr() {
  tool kafka.admin.ConfigCommand --bootstrap-server "127.0.0.1:$broker" --describe --all --entity-type topics --entity-name orders |
    sed -n "s/^ *\(min.insync.replicas=[0-9]*\) .*synonyms={\([A-Z_]*\):.*/$1: \1 by \2/p"
}
{
  min_isr before
  tool org.apache.kafka.tools.FeatureCommand --bootstrap-server "127.0.0.1:$broker" upgrade --release-version 4.1
  for _ in $(seq 60); do
    after=$(min_isr after)
    if [[ $after == *DYNAMIC* ]]; then break; fi
    sleep 0.5
  done
  echo "$after"
} >seen.txt
cat seen.txt
cat >expected.txt <<'TXT'
before: min.insync.replicas=2 by STATIC_BROKER_CONFIG
eligible.leader.replicas.version was upgraded to 1.
group.version was upgraded to 1.
kraft.version was upgraded to 1.
metadata.version was upgraded to 27.
transaction.version was upgraded to 2.
after: min.insync.replicas=1 by DYNAMIC_DEFAULT_BROKER_CONFIG
TXT
diff expected.txt seen.txt || { echo "kafka_upgrade_lowers_min_isr: the behaviour has changed" >&2; exit 1; }
echo "kafka_upgrade_lowers_min_isr: as seen before"
