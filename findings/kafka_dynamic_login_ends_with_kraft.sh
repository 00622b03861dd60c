#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Software:  Apache Kafka 3.9.2, one broker and one KRaft controller, and Apache ZooKeeper 3.8.4.
# Behaviour: a user of PLAIN that is in a dynamic setting of the broker (listener.name.client.plain.sasl.jaas.config, altered with
#            kafka-configs) logs in as long as the broker runs in ZooKeeper mode, also while it migrates. Once the broker runs in KRaft
#            mode that user is refused, and the users of the static setting log in again instead. kafka-configs still shows the dynamic setting.
# Matters:   clients are locked out in the roll to KRaft, though the metadata were copied completely: put such users into the static
#            settings before a migration.
# Needs:     python3, java, mvn, access to Maven Central. Takes about two minutes.
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

cat >pom.xml <<XML
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
  echo "kafka_dynamic_login_ends_with_kraft: \"$2\" did not come" >&2
  tail "$1" >&2
  exit 2
}
stop() { # PROCESS
  kill "$1"
  wait "$1" || true
}

read -r zookeeper controller broker client < <(python3 -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
print(*[one.getsockname()[1] for one in held])')
printf 'tickTime=2000\ndataDir=%s/zookeeper\nclientPort=%s\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n' "$work" "$zookeeper" >zoo.cfg
server zookeeper.log org.apache.zookeeper.server.quorum.QuorumPeerMain zoo.cfg
await zookeeper.log "binding to port"
module=org.apache.kafka.common.security.plain.PlainLoginModule
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
password.encoder.secret=the-same-everywhere
log.dirs=$work/data100
PROPERTIES
cat >plain.properties <<PROPERTIES
broker.id=1
listeners=PLAINTEXT://127.0.0.1:$broker,CLIENT://127.0.0.1:$client
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CLIENT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
inter.broker.protocol.version=3.9
sasl.enabled.mechanisms=PLAIN
listener.name.client.plain.sasl.jaas.config=$module required user_of_file="file";
password.encoder.secret=the-same-everywhere
zookeeper.connect=127.0.0.1:$zookeeper
log.dirs=$work/data1
log.cleaner.enable=false
PROPERTIES
cat - plain.properties >migrating.properties <<PROPERTIES
controller.quorum.voters=100@127.0.0.1:$controller
controller.listener.names=CONTROLLER
zookeeper.metadata.migration.enable=true
PROPERTIES
grep -v -e '^zookeeper' -e '^inter.broker.protocol' -e '^broker.id' -e '^password' migrating.properties >kraft.properties
printf 'process.roles=broker\nnode.id=1\n' >>kraft.properties
for user in file dynamic; do
  cat >"$user.properties" <<PROPERTIES
security.protocol=SASL_PLAINTEXT
sasl.mechanism=PLAIN
sasl.jaas.config=$module required username="of_$user" password="$user";
default.api.timeout.ms=15000
PROPERTIES
done

logins() { # WHEN
  local user answer
  for user in file dynamic; do
    answer=$(tool kafka.admin.BrokerApiVersionsCommand --bootstrap-server "127.0.0.1:$client" --command-config "$user.properties" 2>&1 || true)
    case $answer in
      *"(id: 1"*) echo "$1: the user of the $user setting logs in" ;;
      *SaslAuthenticationException*) echo "$1: the user of the $user setting is refused" ;;
      *) echo "$1: the user of the $user setting: ${answer:0:200}" ;;
    esac
  done
}
{
  server first.log kafka.Kafka plain.properties
  await first.log "[KafkaServer id=1] started"
  tool kafka.admin.ConfigCommand --bootstrap-server "127.0.0.1:$broker" --alter --entity-type brokers --entity-name 1 \
    --add-config "listener.name.client.plain.sasl.jaas.config=[$module required user_of_dynamic=\"dynamic\";]" >/dev/null
  stop "${started[1]}"
  # the setting counts for listeners that are opened afterwards
  server second.log kafka.Kafka plain.properties
  await second.log "[KafkaServer id=1] started"
  logins "ZooKeeper mode"
  stop "${started[2]}"
  id=$(sed -n 's/^cluster.id=//p' data1/meta.properties)
  tool kafka.tools.StorageTool format -t "$id" --release-version 3.9 -c controller.properties >/dev/null
  server controller.log kafka.Kafka controller.properties
  server migrating.log kafka.Kafka migrating.properties
  await controller.log "to DUAL_WRITE state"
  await migrating.log "[KafkaServer id=1] started"
  logins "migrating"
  stop "${started[4]}"
  server kraft.log kafka.Kafka kraft.properties
  await kraft.log "Kafka Server started"
  logins "KRaft mode"
  tool kafka.admin.ConfigCommand --bootstrap-server "127.0.0.1:$broker" --describe --entity-type brokers --entity-name 1 |
    grep -c 'listener.name.client.plain.sasl.jaas.config=null sensitive=true' | sed 's/^/KRaft mode: dynamic settings that kafka-configs shows: /'
} >seen.txt
cat seen.txt
cat >expected.txt <<'TXT'
ZooKeeper mode: the user of the file setting is refused
ZooKeeper mode: the user of the dynamic setting logs in
migrating: the user of the file setting is refused
migrating: the user of the dynamic setting logs in
KRaft mode: the user of the file setting logs in
KRaft mode: the user of the dynamic setting is refused
KRaft mode: dynamic settings that kafka-configs shows: 1
TXT
diff expected.txt seen.txt || { echo "kafka_dynamic_login_ends_with_kraft: the behaviour has changed" >&2; exit 1; }
echo "kafka_dynamic_login_ends_with_kraft: as seen before"
