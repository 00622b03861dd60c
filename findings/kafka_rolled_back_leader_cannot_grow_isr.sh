#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Software:  Apache Kafka 3.9.2, three brokers in ZooKeeper mode and one KRaft controller, and Apache ZooKeeper 3.8.4.
# Behaviour: in dual write, changes of a partition that get into one batch of the metadata log (within 25 ms by default) raise KRaft's
#            partition epoch once each, but are written to ZooKeeper as one: the version of the partition's znode stays behind. Two
#            brokers that leave at the same moment are enough; here the controller is paused meanwhile, which makes it sure.
#            After the rollback (controllers, /controller and /migration removed) the ZooKeeper controller takes that version for the
#            partition epoch. A leader that is ahead of it is told NOT_CONTROLLER and asks again without end. Meanwhile nobody gets
#            into the ISR of any partition that its broker leads, not even of those whose znode is not behind, also when the broker
#            to get in is restarted. When the leader is restarted all is well where the znode was behind by 1. Where it was behind by
#            2, the next leader does not take over, since it is still ahead itself: nobody can write. A znode that was written again
#            unchanged, as many times as it was behind, before /controller was removed, does no harm.
#            This is not KAFKA-20488: ZooKeeper's controller epoch is above KRaft's.
# Matters:   who waits after a rollback for an ISR to be complete before the next restart may wait for ever, so every replica has to be
#            in sync before the controllers are removed. Where a znode is behind by 2 or more that is not enough.
# Needs:     python3, java, mvn, access to Maven Central. Takes two to three minutes.
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
# the controller says partition epochs, and brokers what the controller answers, at this level only
printf 'log4j.logger.%s=DEBUG\n' org.apache.kafka.controller.ReplicationControlManager kafka.server.NodeToControllerRequestThread >>server.properties.log4j
printf 'log4j.rootLogger=%s\n' OFF >tool.properties.log4j

server() { # LOG CLASS ARGUMENTS
  local log=$1
  shift
  java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j.configuration=file:server.properties.log4j -cp "$work/libs/*" "$@" >"$log" 2>&1 &
  started+=("$!")
}
tool() { # CLASS ARGUMENTS
  java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j.configuration=file:tool.properties.log4j -cp "$work/libs/*" "$@"
}
give_up() { # WHAT-DID-NOT-COME
  echo "kafka_rolled_back_leader_cannot_grow_isr: \"$1\" did not come" >&2
  exit 2
}
await() { # LOG TEXT
  for _ in $(seq 240); do
    if grep -qF "$2" "$1"; then return; fi
    sleep 0.5
  done
  tail "$1" >&2
  give_up "$2"
}
end() { # PROCESSES: asked to end, and ended
  local process
  kill "$@"
  for process; do wait "$process" || true; done
}

read -r -a ports < <(python3 -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(5)]
print(*[one.getsockname()[1] for one in held])')
zookeeper=${ports[0]} controller=${ports[4]} # and each broker's by its id
printf 'tickTime=2000\ndataDir=%s/zookeeper\nclientPort=%s\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n' "$work" "$zookeeper" >zoo.cfg
common() {
  cat <<PROPERTIES
controller.quorum.voters=100@127.0.0.1:$controller
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
zookeeper.connect=127.0.0.1:$zookeeper
zookeeper.metadata.migration.enable=true
PROPERTIES
}
{
  common
  # the session is longer than a busy machine keeps a broker from saying that it lives
  printf '%s\n' process.roles=controller node.id=100 "listeners=CONTROLLER://127.0.0.1:$controller" "log.dirs=$work/data100" broker.session.timeout.ms=30000
} >controller.properties
for id in 1 2 3; do
  {
    common
    # leaders change only when this script wants it
    printf '%s\n' "broker.id=$id" "listeners=PLAINTEXT://127.0.0.1:${ports[id]}" inter.broker.protocol.version=3.9 "log.dirs=$work/data$id" \
      log.cleaner.enable=false auto.leader.rebalance.enable=false
  } >"broker$id.properties"
done

brokers=() # the process of each, by its id
runs=0
start() { # BROKERS
  local id
  runs=$((runs + 1))
  for id; do
    server "broker$id.$runs.log" kafka.Kafka "broker$id.properties"
    brokers[id]=${started[-1]}
  done
  for id; do await "broker$id.$runs.log" "[KafkaServer id=$id] started"; done
}
leave_at_once() { # BROKERS: the controller, paused for a moment, gets to know of all in the same instant
  local id process processes=()
  for id; do processes+=("${brokers[id]}"); done
  kill -STOP "$quorum"
  kill "${processes[@]}"
  sleep 3
  kill -CONT "$quorum"
  for process in "${processes[@]}"; do wait "$process" || true; done
}
create() { # TOPIC REPLICAS
  tool org.apache.kafka.tools.TopicCommand --bootstrap-server "127.0.0.1:${ports[1]}" --create --topic "$1" --replica-assignment "$2" >/dev/null
}
look() { # each topic's leader and ISR as broker 3 knows them
  tool org.apache.kafka.tools.TopicCommand --bootstrap-server "127.0.0.1:${ports[3]}" --describe | awk '$3 == "Partition:" {
    isr = ""
    for (id = 1; id <= 3; id++) if (index("," $10 ",", "," id ",")) isr = isr " " id
    print $2 ": leader " $6 ", in sync" isr }' | sort
}
await_look() { # LINE
  for _ in $(seq 40); do
    if look | grep -xF "$1" >/dev/null; then return; fi
    sleep 0.5
  done
  look >&2
  give_up "$1"
}
znode() { # COMMAND ARGUMENTS
  tool org.apache.zookeeper.ZooKeeperMain -server "127.0.0.1:$zookeeper" "$@" 2>/dev/null
}
write() { # TOPIC TEXT
  echo "$2" | tool kafka.tools.ConsoleProducer --bootstrap-server "127.0.0.1:${ports[3]}" --topic "$1" --producer-property linger.ms=0 \
    --producer-property request.timeout.ms=5000 --producer-property delivery.timeout.ms=10000 >/dev/null 2>&1 || true
}
found() { # TOPIC TEXT: in whose logs it is
  local id ids=
  for id in 1 2 3; do
    if grep -qsF "$2" "data$id/$1-0/"*.log; then ids="$ids $id"; fi
  done
  echo "${ids:- none}"
}
say() { echo "$*" | tee -a seen.txt; }

server zookeeper.log org.apache.zookeeper.server.quorum.QuorumPeerMain zoo.cfg
await zookeeper.log "binding to port"
start 1 2 3
create even 1:2
create twice 1:2:3
create mended 1:2:3
id=$(sed -n 's/^cluster.id=//p' data1/meta.properties)
tool kafka.tools.StorageTool format -t "$id" --release-version 3.9 -c controller.properties >/dev/null
server controller.log kafka.Kafka controller.properties
quorum=${started[-1]}
await controller.log "to DUAL_WRITE state"

leave_at_once 2 3
start 2 3
await_look "twice: leader 1, in sync 1 2 3"
await_look "mended: leader 1, in sync 1 2 3"
await_look "even: leader 1, in sync 1 2"
create once 1:2:3
leave_at_once 2 3
start 3
create later 3:2
await_look "once: leader 1, in sync 1 3"
await_look "twice: leader 1, in sync 1 3"
await_look "mended: leader 1, in sync 1 3"
sleep 2 # until ZooKeeper has the last change as well
behind=
for topic in twice mended once even; do
  epoch=$(sed -n "s/.*partition change for $topic-0 with .*partitionEpoch: [0-9]* -> \([0-9]*\).*/\1/p" controller.log | tail -1)
  version=$(znode get -s "/brokers/topics/$topic/partitions/0/state" | sed -n 's/^dataVersion = //p')
  echo "$topic: partition epoch ${epoch:-0} in KRaft, version $version of the znode"
  behind="$behind, $topic $((${epoch:-0} - version))"
done
say "dual write, the znode is behind by${behind#,}"

# the rollback, while broker 2 is away
epoch=$(znode get /migration | sed -n 's/.*"kraft_controller_epoch":\([0-9]*\).*/\1/p')
end "$quorum"
mended=/brokers/topics/mended/partitions/0/state
state=$(znode get "$mended" | grep -F '"isr"')
for _ in 1 2; do znode set "$mended" "$state" >/dev/null; done
znode deleteall /controller >/dev/null
znode deleteall /migration >/dev/null
for _ in $(seq 40); do
  if znode get /controller | grep -F '"kraftControllerEpoch":-1' >/dev/null; then break; fi
  sleep 0.5
done
say "rolled back, ZooKeeper's controller epoch is above KRaft's: $(($(znode get /controller_epoch | tail -1) > epoch))"
start 2
await broker1.1.log "received NOT_CONTROLLER"
end "${brokers[2]}"
start 2
write once first
before=$(grep -cF "received NOT_CONTROLLER" broker1.1.log)
sleep 30
told=$(($(grep -cF "received NOT_CONTROLLER" broker1.1.log) - before))
echo "within 30 seconds broker 1 was told NOT_CONTROLLER $told times"
say "broker 2 is back, and was restarted; half a minute later broker 1 is told NOT_CONTROLLER again and again: $((told > 60))"
look | tee -a seen.txt
say "a record sent to once is in the logs of$(found once first)"

end "${brokers[1]}"
start 1
since=$SECONDS
await_look "once: leader 3, in sync 1 2 3"
echo "broker 1, restarted, has been up for $((SECONDS - since)) seconds"
await_look "even: leader 1, in sync 1 2"
await_look "mended: leader 3, in sync 1 2 3"
say "broker 1 is restarted"
look | tee -a seen.txt
write once second
write twice second
say "a record sent to once is in the logs of$(found once second), one sent to twice in those of$(found twice second)"
say "what broker 3 says of twice: $(grep -hF 'become-leader state change for twice-0' broker3.*.log | grep -o 'the leader is already at a newer partition epoch' | sort -u || true)"
cat >expected.txt <<'TXT'
dual write, the znode is behind by twice 2, mended 2, once 1, even 0
rolled back, ZooKeeper's controller epoch is above KRaft's: 1
broker 2 is back, and was restarted; half a minute later broker 1 is told NOT_CONTROLLER again and again: 1
even: leader 1, in sync 1
later: leader 3, in sync 2 3
mended: leader 1, in sync 1 3
once: leader 1, in sync 1 3
twice: leader 1, in sync 1 3
a record sent to once is in the logs of 1 2 3
broker 1 is restarted
even: leader 1, in sync 1 2
later: leader 3, in sync 2 3
mended: leader 3, in sync 1 2 3
once: leader 3, in sync 1 2 3
twice: leader 3, in sync 3
a record sent to once is in the logs of 1 2 3, one sent to twice in those of none
what broker 3 says of twice: the leader is already at a newer partition epoch
TXT
diff expected.txt seen.txt || { echo "kafka_rolled_back_leader_cannot_grow_isr: the behaviour has changed" >&2; exit 1; }
echo "kafka_rolled_back_leader_cannot_grow_isr: as seen before"
