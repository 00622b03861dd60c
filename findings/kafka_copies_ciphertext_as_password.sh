#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Software:  Apache Kafka 3.9.2, one broker and one KRaft controller, and Apache ZooKeeper 3.8.4.
# Behaviour: ZooKeeper has the password in a dynamic setting of a broker encrypted (password.encoder.secret). A migrating controller that
#            has the secret too copies the password in clear text into the metadata log. One that lacks it copies the encrypted text
#            as if that were the password, without a line about it in its log.
# Matters:   with the secret the password is readable on the volumes of all nodes, without it the broker has a wrong password once it
#            runs in KRaft mode, and nobody is told.
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
  echo "kafka_copies_ciphertext_as_password: \"$2\" did not come" >&2
  tail "$1" >&2
  exit 2
}
end() { # PROCESS: nothing of it is needed any more
  kill -KILL "$1"
  wait "$1" 2>/dev/null || true
}

read -r zookeeper controller broker < <(python3 -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*[one.getsockname()[1] for one in held])')
printf 'tickTime=2000\ndataDir=%s/zookeeper\nclientPort=%s\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n' "$work" "$zookeeper" >zoo.cfg
server zookeeper.log org.apache.zookeeper.server.quorum.QuorumPeerMain zoo.cfg
await zookeeper.log "binding to port"

migrate() { # NAME SETTING-OF-THE-CONTROLLER
  cat >"$1-controller.properties" <<PROPERTIES
process.roles=controller
node.id=100
controller.quorum.voters=100@127.0.0.1:$controller
controller.listener.names=CONTROLLER
listeners=CONTROLLER://127.0.0.1:$controller
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
zookeeper.connect=127.0.0.1:$zookeeper/$1
zookeeper.metadata.migration.enable=true
log.dirs=$work/$1-data100
$2
PROPERTIES
  cat >"$1-broker.properties" <<PROPERTIES
broker.id=1
listeners=PLAINTEXT://127.0.0.1:$broker
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
inter.broker.protocol.version=3.9
password.encoder.secret=of-the-brokers
controller.quorum.voters=100@127.0.0.1:$controller
controller.listener.names=CONTROLLER
zookeeper.connect=127.0.0.1:$zookeeper/$1
zookeeper.metadata.migration.enable=true
log.dirs=$work/$1-data1
log.cleaner.enable=false
PROPERTIES
  server "$1-broker.log" kafka.Kafka "$1-broker.properties"
  await "$1-broker.log" "[KafkaServer id=1] started"
  # of a listener that the broker does not have: nothing is opened with it
  tool kafka.admin.ConfigCommand --bootstrap-server "127.0.0.1:$broker" --alter --entity-type brokers --entity-name 1 \
    --add-config "listener.name.other.ssl.keystore.password=in-clear-text" >/dev/null
  id=$(sed -n 's/^cluster.id=//p' "$1-data1/meta.properties")
  tool kafka.tools.StorageTool format -t "$id" --release-version 3.9 -c "$1-controller.properties" >/dev/null
  server "$1-controller.log" kafka.Kafka "$1-controller.properties"
  await "$1-controller.log" "to DUAL_WRITE state"
  tool kafka.tools.DumpLogSegments --cluster-metadata-decoder --files "$work/$1-data100/__cluster_metadata-0/00000000000000000000.log" >dump.txt
  value=$(grep -o '"name":"listener.name.other.ssl.keystore.password","value":"[^"]*' dump.txt)
  case $value in
    *in-clear-text*) echo "controller $1 secret: the metadata log has the password in clear text" ;;
    *encryptedPassword:*) echo "controller $1 secret: the metadata log has the encrypted text as the password" ;;
    *) echo "controller $1 secret: $value" ;;
  esac
  echo "controller $1 secret: warnings about passwords in its log: $(grep -E '^(WARN|ERROR)' "$1-controller.log" | grep -ciE 'password|encod|decrypt' || true)"
  end "${started[-1]}"
  end "${started[-2]}"
}
{
  migrate with password.encoder.secret=of-the-brokers
  migrate without ""
} >seen.txt
cat seen.txt
cat >expected.txt <<'TXT'
controller with secret: the metadata log has the password in clear text
controller with secret: warnings about passwords in its log: 0
controller without secret: the metadata log has the encrypted text as the password
controller without secret: warnings about passwords in its log: 0
TXT
diff expected.txt seen.txt || { echo "kafka_copies_ciphertext_as_password: the behaviour has changed" >&2; exit 1; }
echo "kafka_copies_ciphertext_as_password: as seen before"
