#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Software:  Apache Kafka 3.9.2, one broker and one KRaft controller, and Apache ZooKeeper 3.8.4.
# Behaviour: a password among the dynamic settings of a broker lies in ZooKeeper encrypted with password.encoder.secret. The
#            migration decrypts it: the metadata log of each controller, and of each broker, holds it in clear text, while the
#            znode stays encrypted.
# Matters:   from the first controller on, whoever can read a metadata log, a snapshot of it, a copy of its volume or the output
#            of kafka-dump-log has the passwords. Guard the controllers' volumes as Secrets, or make such settings static before.
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
  echo "kafka_migration_decrypts_passwords: \"$2\" did not come" >&2
  tail "$1" >&2
  exit 2
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
password.encoder.secret=of-the-encoder
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
password.encoder.secret=of-the-encoder
PROPERTIES
server broker.log kafka.Kafka broker.properties
await broker.log "[KafkaServer id=1] started"
tool kafka.admin.ConfigCommand --bootstrap-server "127.0.0.1:$broker" --alter --entity-type brokers --entity-name 1 \
  --add-config listener.name.extra.ssl.keystore.password=open-sesame >/dev/null
id=$(sed -n 's/^cluster.id=//p' data1/meta.properties)
tool kafka.tools.StorageTool format -t "$id" --release-version 3.9 -c controller.properties >/dev/null
server controller.log kafka.Kafka controller.properties
await controller.log "to DUAL_WRITE state"

cat >look.py <<'PY'
"""Look for the password in the znode."""
import json
import sys

from kazoo.client import KazooClient

client = KazooClient(f"127.0.0.1:{sys.argv[1]}")
client.start(timeout=30)
(value,) = json.loads(client.get("/config/brokers/1")[0])["config"].values()
print(f"znode: encrypted {'encryptedPassword:' in value}, holds the password {'open-sesame' in value}")
client.stop()
PY
where() { # FOLDER
  tool kafka.tools.DumpLogSegments --cluster-metadata-decoder --files "$1/__cluster_metadata-0/00000000000000000000.log" |
    grep -o '"name":"listener.name.extra.ssl.keystore.password","value":"[^"]*"'
}
{
  venv/bin/python look.py "$zookeeper" 2>/dev/null
  echo "controller: $(where data100)"
  echo "broker: $(where data1)"
} >seen.txt
cat seen.txt
cat >expected.txt <<'TXT'
znode: encrypted True, holds the password False
controller: "name":"listener.name.extra.ssl.keystore.password","value":"open-sesame"
broker: "name":"listener.name.extra.ssl.keystore.password","value":"open-sesame"
TXT
diff expected.txt seen.txt || { echo "kafka_migration_decrypts_passwords: the behaviour has changed" >&2; exit 1; }
echo "kafka_migration_decrypts_passwords: as seen before"
