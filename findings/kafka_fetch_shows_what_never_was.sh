#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Software:  Apache Kafka 3.9.2, three KRaft controllers; kafka-python 3.0.12 for its message classes.
# Behaviour: a Fetch of the metadata log by a reader that is no replica (replica id -1, isolation level read_committed) returns
#            records past the high watermark. While two of three controllers are paused, a quota that the leader has only taken
#            down is read there like any other. The writer is then refused, the paused ones elect another leader, and the record
#            is in no controller's log any more. Of an ordinary topic such a reader gets nothing past the high watermark.
# Matters:   who reads the metadata log must compare each offset with the high watermark of the same answer, or take for real what
#            never was.
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
  echo "kafka_fetch_shows_what_never_was: \"$2\" did not come" >&2
  tail "$1" >&2
  exit 2
}

python3 -m venv venv
venv/bin/pip install -q kafka-python==3.0.12
read -r port1 port2 port3 < <(python3 -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*[one.getsockname()[1] for one in held])')
for id in 1 2 3; do
  port=port$id
  cat >"controller$id.properties" <<PROPERTIES
process.roles=controller
node.id=$id
controller.quorum.voters=1@127.0.0.1:$port1,2@127.0.0.1:$port2,3@127.0.0.1:$port3
controller.listener.names=CONTROLLER
listeners=CONTROLLER://127.0.0.1:${!port}
log.dirs=$work/data$id
# a leader that hears of no majority resigns after one and a half times this
controller.quorum.fetch.timeout.ms=8000
PROPERTIES
  tool kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ -c "controller$id.properties" >/dev/null
  server "controller$id.log" kafka.Kafka "controller$id.properties"
done
for id in 1 2 3; do await "controller$id.log" "Kafka Server started"; done

cat >look.py <<'PY'
"""Let the leader take down a quota that the paused others never get, and read the metadata log meanwhile."""
import os
import signal
import socket
import sys
import time
import uuid

from kafka.protocol.admin.client_quotas import AlterClientQuotasRequest
from kafka.protocol.admin.cluster import DescribeQuorumRequest
from kafka.protocol.consumer.fetch import FetchRequest
from kafka.protocol.parser import KafkaProtocol

PORTS = [int(port) for port in sys.argv[1:4]]
PROCESSES = [int(process) for process in sys.argv[4:7]]


class Connection:
    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), 60)
        self._protocol = KafkaProtocol(client_id="look")

    def send(self, request):
        self._protocol.send_request(request)
        self._socket.sendall(self._protocol.send_bytes())

    def receive(self):
        answers = []
        while not answers:
            answers = self._protocol.receive_bytes(self._socket.recv(65536))
        return answers[0][1]

    def ask(self, request):
        self.send(request)
        return self.receive()


def quorum(port):
    topic = DescribeQuorumRequest.TopicData
    asked = topic(topic_name="__cluster_metadata", partitions=[topic.PartitionData(partition_index=0)])
    return Connection(port).ask(DescribeQuorumRequest(version=1, topics=[asked])).topics[0].partitions[0]


def leader_and_high_watermark():
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for port in PORTS:
            found = quorum(port)
            if found.error_code == 0 and found.high_watermark > 0:
                return found
        time.sleep(0.5)
    sys.exit("no leader")


def fetch(port, epoch, offset):
    topic = FetchRequest.FetchTopic
    partition = topic.FetchPartition(
        partition=0,
        current_leader_epoch=epoch,
        fetch_offset=offset,
        last_fetched_epoch=epoch,
        log_start_offset=-1,
        partition_max_bytes=1 << 20,
    )
    request = FetchRequest(
        version=13,
        replica_id=-1,
        max_wait_ms=0,
        min_bytes=0,
        max_bytes=1 << 20,
        isolation_level=1,
        session_id=0,
        session_epoch=-1,
        topics=[topic(topic_id=uuid.UUID(int=1), partitions=[partition])],
    )
    return Connection(port).ask(request).responses[0].partitions[0]


described = leader_and_high_watermark()
leader = described.leader_id
port = PORTS[leader - 1]
others = [process for number, process in enumerate(PROCESSES, 1) if number != leader]
for process in others:
    os.kill(process, signal.SIGSTOP)
time.sleep(1)
writer = Connection(port)
entry = AlterClientQuotasRequest.EntryData
change = entry(
    entity=[entry.EntityData(entity_type="user", entity_name="never-was")],
    ops=[entry.OpData(key="producer_byte_rate", value=12345.0, remove=False)],
)
writer.send(AlterClientQuotasRequest(version=1, entries=[change], validate_only=False))
time.sleep(1)
seen = fetch(port, described.leader_epoch, quorum(port).high_watermark)
first = int.from_bytes(seen.records[:8], "big")
print(f"read: error {seen.error_code}, the quota is there: {b'never-was' in seen.records}")
print(f"first offset read is below the high watermark: {first < seen.high_watermark}")
with open(f"data{leader}/__cluster_metadata-0/00000000000000000000.log", "rb") as log:
    print(f"on the leader's disk: {b'never-was' in log.read()}")
print(f"the writer was told: error {writer.receive().entries[0].error_code}")
for process in others:
    os.kill(process, signal.SIGCONT)
PY
venv/bin/python look.py "$port1" "$port2" "$port3" "${started[@]}" | tee seen.txt

# the leader of before takes over the log of the new one
for _ in $(seq 120); do
  found=$(cat data?/__cluster_metadata-0/*.log | grep -cF never-was || true)
  if [ "$found" = 0 ]; then break; fi
  sleep 0.5
done
echo "logs that have it in the end: $found" | tee -a seen.txt
cat >expected.txt <<'TXT'
read: error 0, the quota is there: True
first offset read is below the high watermark: False
on the leader's disk: True
the writer was told: error 41
logs that have it in the end: 0
TXT
diff expected.txt seen.txt || { echo "kafka_fetch_shows_what_never_was: the behaviour has changed" >&2; exit 1; }
echo "kafka_fetch_shows_what_never_was: as seen before"
