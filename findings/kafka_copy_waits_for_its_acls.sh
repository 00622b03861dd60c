#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Software:  Apache Kafka 3.9.2, one broker and one KRaft controller, and Apache ZooKeeper 3.8.4.
# Behaviour: a broker may do ClusterAction by an ACL, which is all that it needs in ZooKeeper mode. A migrating controller with the same
#            super.users refuses it: ACLs count there once they are copied, and the copy waits for the broker. The broker asks for the
#            metadata log once. Refused, it never asks again: it does not register either when the controller has it in super.users
#            afterwards, until it is restarted itself.
# Matters:   brokers' principals have to be super users of the controllers before the first broker is restarted for a migration. Whoever
#            adds them later has to restart the refused brokers, not only the controllers.
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
  echo "kafka_copy_waits_for_its_acls: \"$2\" did not come" >&2
  tail "$1" >&2
  exit 2
}
stop() { # PROCESS
  kill "$1"
  wait "$1" || true
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
plain=org.apache.kafka.common.security.plain.PlainLoginModule
login() { printf '%s required username="%s" password="%s"' "$plain" "$1" "$1"; }
security() { # what brokers and controllers have in common
  cat <<PROPERTIES
listener.security.protocol.map=BROKERS:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT
inter.broker.listener.name=BROKERS
controller.listener.names=CONTROLLER
controller.quorum.voters=100@127.0.0.1:$controller
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
sasl.enabled.mechanisms=PLAIN
listener.name.brokers.plain.sasl.jaas.config=$(login broker) user_broker="broker" user_admin="admin";
listener.name.controller.plain.sasl.jaas.config=$(login broker) user_broker="broker" user_admin="admin";
zookeeper.connect=127.0.0.1:$zookeeper
zookeeper.metadata.migration.enable=true
PROPERTIES
}
{
  security
  cat <<PROPERTIES
process.roles=controller
node.id=100
listeners=CONTROLLER://127.0.0.1:$controller
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
log.dirs=$work/data100
PROPERTIES
} >common.properties
{ cat common.properties; echo 'super.users=User:admin'; } >controller.properties
{ cat common.properties; echo 'super.users=User:admin;User:broker'; } >super.properties
{
  security
  cat <<PROPERTIES
broker.id=1
listeners=BROKERS://127.0.0.1:$broker
inter.broker.protocol.version=3.9
authorizer.class.name=kafka.security.authorizer.AclAuthorizer
super.users=User:admin
log.dirs=$work/data1
log.cleaner.enable=false
zookeeper.session.timeout.ms=6000
PROPERTIES
} >migrating.properties
grep -v -e '^controller' -e '^sasl.mechanism.controller' -e '^listener.name.controller' -e '^zookeeper.metadata' migrating.properties |
  sed 's/,CONTROLLER:SASL_PLAINTEXT//' >plain.properties
printf 'security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=%s;\n' "$(login admin)" >admin.properties
topic() { # ARGUMENTS
  tool org.apache.kafka.tools.TopicCommand --bootstrap-server "127.0.0.1:$broker" --command-config admin.properties "$@"
}
{
  tool kafka.admin.AclCommand --authorizer-properties "zookeeper.connect=127.0.0.1:$zookeeper" \
    --add --allow-principal User:broker --operation ClusterAction --cluster >/dev/null 2>&1
  server plain.log kafka.Kafka plain.properties
  await plain.log "[KafkaServer id=1] started"
  topic --create --topic orders >/dev/null
  echo "ZooKeeper mode: the broker leads $(topic --describe --topic orders | grep -c 'Leader: 1' || true) partition"
  stop "${started[1]}"

  id=$(sed -n 's/^cluster.id=//p' data1/meta.properties)
  tool kafka.tools.StorageTool format -t "$id" --release-version 3.9 -c controller.properties >/dev/null
  server controller.log kafka.Kafka controller.properties
  await controller.log "Kafka Server started"
  server migrating.log kafka.Kafka migrating.properties
  await migrating.log "[KafkaServer id=1] started"
  await controller.log "for request = Fetch"
  sleep 10
  echo "migrating, with the ACL: copied $(grep -c 'to DUAL_WRITE state' controller.log || true)"
  echo "the broker asked for the metadata log: $(grep -c 'for request = Fetch' controller.log || true) time"
  grep -o 'Principal = .* is Denied operation = .* on resource = .* for request = Fetch' controller.log | head -1
  stop "${started[2]}"
  server super.log kafka.Kafka super.properties
  await super.log "waiting for brokers to register"
  sleep 20
  echo "migrating, the broker is a super user of the controller: copied $(grep -c 'to DUAL_WRITE state' super.log || true)"
  end "${started[3]}"
  sleep 10 # until the broker's old session with ZooKeeper has ended
  server again.log kafka.Kafka migrating.properties
  await super.log "to DUAL_WRITE state"
  await again.log "[KafkaServer id=1] started"
  echo "migrating, the broker restarted as well: copied 1, ACLs $(tool kafka.admin.AclCommand --bootstrap-server "127.0.0.1:$broker" --command-config admin.properties --list | grep -c CLUSTER_ACTION || true)"
} >seen.txt
cat seen.txt
cat >expected.txt <<'TXT'
ZooKeeper mode: the broker leads 1 partition
migrating, with the ACL: copied 0
the broker asked for the metadata log: 1 time
Principal = User:broker is Denied operation = CLUSTER_ACTION from host = 127.0.0.1 on resource = Cluster:LITERAL:kafka-cluster for request = Fetch
migrating, the broker is a super user of the controller: copied 0
migrating, the broker restarted as well: copied 1, ACLs 1
TXT
diff expected.txt seen.txt || { echo "kafka_copy_waits_for_its_acls: the behaviour has changed" >&2; exit 1; }
echo "kafka_copy_waits_for_its_acls: as seen before"
