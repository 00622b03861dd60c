#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Software:  Apache Kafka 3.9.2, one KRaft controller that is no broker.
# Behaviour: the controller refuses to start when the mechanism by which it logs in at brokers (sasl.mechanism.inter.broker.protocol) is not
#            among those that the brokers' listener lets in (sasl.enabled.mechanisms), although it has no such listener. Of the
#            listener that it has, nothing like that is checked: it starts and leads when its own listener does not let in the mechanism
#            by which all nodes log in there (sasl.mechanism.controller.protocol), and refuses whoever comes by it, itself first of all.
# Matters:   a controller needs the brokers' sasl.enabled.mechanisms as well as its own, and one that has started, and even leads, does
#            not show that anybody can log in at it: compare both settings, or log in.
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

controller=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
plain=org.apache.kafka.common.security.plain.PlainLoginModule
settings() { # MECHANISM-LET-IN-BY-CONTROLLERS MORE-SETTINGS
  printf '%s\n' "${@:2}"
  cat <<PROPERTIES
process.roles=controller
node.id=100
controller.quorum.voters=100@127.0.0.1:$controller
controller.listener.names=CONTROLLER
listeners=CONTROLLER://127.0.0.1:$controller
listener.security.protocol.map=CONTROLLER:SASL_PLAINTEXT,BROKERS:SASL_PLAINTEXT
inter.broker.listener.name=BROKERS
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
sasl.mechanism.controller.protocol=PLAIN
listener.name.controller.sasl.enabled.mechanisms=$1
listener.name.controller.plain.sasl.jaas.config=$plain required username="node" password="node" user_node="node";
listener.name.controller.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
log.dirs=$work/data
PROPERTIES
}
settings PLAIN >silent.properties
settings PLAIN listener.name.brokers.sasl.enabled.mechanisms=SCRAM-SHA-512 >told.properties
settings SCRAM-SHA-512 listener.name.brokers.sasl.enabled.mechanisms=SCRAM-SHA-512 >wrong.properties
printf 'security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=%s required username="node" password="node";\n' "$plain" >client.properties
tool kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ -c told.properties >/dev/null

start() { # NAME WHAT
  local process answer
  server "$1.log" kafka.Kafka "$1.properties"
  process=${started[-1]}
  for _ in $(seq 120); do
    if grep -qF -e "Kafka Server started" "$1.log" || ! kill -0 "$process" 2>/dev/null; then break; fi
    sleep 0.5
  done
  if ! grep -qF "Kafka Server started" "$1.log"; then
    echo "$2: does not start, $(grep -o 'sasl.mechanism.inter.broker.protocol must .*' "$1.log" | head -1)"
    wait "$process" || true
    return
  fi
  answer=$(tool org.apache.kafka.tools.MetadataQuorumCommand --bootstrap-controller "127.0.0.1:$controller" --command-config client.properties \
    describe --status 2>&1 || true)
  case $answer in
    *"LeaderId:"*"100"*) answer="a node logs in by PLAIN" ;;
    *UnsupportedSaslMechanism*) answer="a node that logs in by PLAIN is refused" ;;
  esac
  echo "$2: starts, leader $(grep -c 'Completed transition to Leader' "$1.log" || true), refused at itself $(grep -c '^ERROR.*Connection to node 100 .* failed authentication' "$1.log" | sed 's/[1-9][0-9]*/1/'), ${answer:0:200}"
  kill "$process"
  wait "$process" || true
}
{
  start silent "nothing about the brokers' listener"
  start told "what the brokers' listener lets in"
  start wrong "the controllers' own listener lets in another"
} >seen.txt
cat seen.txt
cat >expected.txt <<'TXT'
nothing about the brokers' listener: does not start, sasl.mechanism.inter.broker.protocol must be included in sasl.enabled.mechanisms when SASL is used for inter-broker communication
what the brokers' listener lets in: starts, leader 1, refused at itself 0, a node logs in by PLAIN
the controllers' own listener lets in another: starts, leader 1, refused at itself 1, a node that logs in by PLAIN is refused
TXT
diff expected.txt seen.txt || { echo "kafka_controller_checks_other_listener: the behaviour has changed" >&2; exit 1; }
echo "kafka_controller_checks_other_listener: as seen before"
