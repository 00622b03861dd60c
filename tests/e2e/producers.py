# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Producers whose ids are looked at: transactional ones, one after the other, all the way; short ones of both kinds when they are asked for.

All are Kafka's own kafka-producer-perf-test in a pod. Which ids they were given is read off the batches in a broker's log.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tests.e2e.trip import Trip
from tests.sandbox import clients
from tests.sandbox.clients import bootstrap_of, client_pod

POD = "producers"
#: topics of the ones that follow each other, and of the short ones; one partition, so that the order is one
LOOPED, SHORT = "b13-looped", "b13-short"
#: of each of the first kind: records, and records a second; of the second kind: records
RECORDS, RATE, FEW = 500, 50, 20

_PERF = (
    "/opt/kafka/bin/kafka-producer-perf-test.sh --payload-monotonic --topic {topic} --num-records {records} --throughput {rate} "
    '{transaction} --producer-props bootstrap.servers="$BOOTSTRAP" acks=all enable.idempotence=true'
)
_TRANSACTION = "--transactional-id {name} --transaction-duration-ms {milliseconds}"
_LOOP = r"""
number=0
while [ ! -e /producers/stop ]; do
  number=$((number + 1))
  %s > /producers/run-$number.out 2>&1
  echo "$number $?" >> /producers/runs
done
touch /producers/ended
sleep infinity
"""
_STOP = "touch /producers/stop; for n in $(seq 1200); do [ -e /producers/ended ] && exec cat /producers/runs; sleep 0.1; done; exit 1"
_FAILED = 'for number in $1; do echo "run $number:"; tail -n 15 /producers/run-$number.out; done'
_READ = (
    '/opt/kafka/bin/kafka-console-consumer.sh --bootstrap-server "$BOOTSTRAP" --topic {topic} --from-beginning '
    "--isolation-level read_committed --timeout-ms 15000"
)
#: prints what a tool prints about the files of a log; the agents of the container's own JVM must not start here
_DUMP = (
    "unset KAFKA_OPTS KAFKA_JMX_OPTS JMX_PORT; export KAFKA_HEAP_OPTS=-Xmx192m; "
    "files=$(ls -m {folder}/*.log | tr -d ' \\n'); /opt/kafka/bin/kafka-dump-log.sh {options} --files \"$files\" | {filtered}"
)
_BATCH = re.compile(r"baseSequence: (-?\d+) .*producerId: (-?\d+) producerEpoch: (-?\d+) .*isControl: (true|false)")


@dataclass(frozen=True)
class Batch:
    """What a batch in a log says of its producer; ``control``: the end of a transaction."""

    sequence: int
    producer: int
    epoch: int
    control: bool


class Producers:
    """The pod. Everything fails with what the tools said."""

    def __init__(self, found: Trip) -> None:
        self.found = found
        self.kube = found.target.fixture.kube
        self.namespace = found.place.namespace

    def start(self) -> None:
        """Begin with the transactional producers that follow each other, each with an id of its own."""
        self.found.make(*(f"{topic} 1 3 min.insync.replicas=2" for topic in (LOOPED, SHORT)))
        command = _PERF.format(
            topic=LOOPED,
            records=RECORDS,
            rate=RATE,
            transaction=_TRANSACTION.format(name='"b13-$number"', milliseconds=500),
        )
        env = {"BOOTSTRAP": bootstrap_of(self.found.target.fixture.spec.name, self.namespace)}
        pod = client_pod(POD, self.namespace, {POD: _LOOP % command}, env, folder="/producers", dns_ttl=1)
        clients.start(self.kube, pod)

    def short(self, name: str) -> None:
        """Two new producers that send some records and end: an idempotent one and a transactional one."""
        for transaction in ("", _TRANSACTION.format(name=name, milliseconds=100)):
            command = _PERF.format(topic=SHORT, records=FEW, rate=-1, transaction=transaction)
            said = self._run(command, f"a new producer ({name}{', transactional' if transaction else ''})")
            assert f"{FEW} records sent" in said, said

    def stop(self) -> int:
        """Let the producer that is at work come to its end; returns how many there were. All of them have to have ended well."""
        ended = [line.split() for line in self._run(_STOP, "the end of the transactional producers").splitlines()]
        failed = [number for number, status in ended if status != "0"]
        if failed:
            why = self._run(_FAILED, "the failed producers", " ".join(failed))
            raise AssertionError(f"of {len(ended)} transactional producers these failed: {failed}: {why}")
        assert ended, "no transactional producer has come to its end"
        return len(ended)

    def committed(self, topic: str) -> list[str]:
        """Every record that a consumer with read_committed gets, in order."""
        return self._run(_READ.format(topic=topic), f"the consumer of {topic}").splitlines()

    def batches(self, topic: str) -> list[Batch]:
        """The batches of the topic's first partition, in order."""
        text = self._dump("kafka-0", f"/data/kafka/{topic}-0", "", "grep -o 'baseSequence: .*isControl: [a-z]*'")
        found = [_BATCH.fullmatch(line) for line in text.splitlines()]
        assert all(found), f"kafka-dump-log prints batches in another way: {text[:500]}"
        return [
            Batch(int(each[1]), int(each[2]), int(each[3]), each[4] == "true") for each in found if each is not None
        ]

    def ids(self, topic: str) -> set[int]:
        """The producer ids in the topic's first partition."""
        text = self._dump("kafka-0", f"/data/kafka/{topic}-0", "", "grep -o 'producerId: -*[0-9]*' | sort -u")
        return {int(line.split()[1]) for line in text.splitlines()}

    def zookeeper_block(self) -> tuple[int, int]:
        """First and last id of the block that was handed out last, as ZooKeeper has it."""
        found = self.found.znode("/latest_producer_id_block")
        assert found is not None, "ZooKeeper has no /latest_producer_id_block: no producer ever asked for an id"
        return int(found["block_start"]), int(found["block_end"])

    def kraft_next(self) -> list[int]:
        """The first id of the next block, for each time that it changed, as the metadata log has it."""
        text = self._dump(
            "kafka-kraft-0",
            "/var/lib/kraft/data/__cluster_metadata-0",
            "--cluster-metadata-decoder",
            "grep PRODUCER_IDS_RECORD | grep -o '\"nextProducerId\":[0-9]*'",
        )
        return [int(line.rpartition(":")[2]) for line in text.splitlines()]

    def _dump(self, pod: str, folder: str, options: str, filtered: str) -> str:
        script = _DUMP.format(folder=folder, options=options, filtered=filtered)
        done = self.kube.exec(self.namespace, pod, ["bash", "-c", script], timeout=180)
        said = done.stderr.decode(errors="replace")[-600:]
        assert done.text.strip(), f"{pod}: nothing of that kind in {folder} ({filtered}): {said}"
        return done.text

    def _run(self, script: str, what: str, *arguments: str) -> str:
        done = self.kube.exec(self.namespace, POD, ["bash", "-c", script, "-", *arguments], timeout=180)
        assert done.status == 0, f"{what}: {done.text[-1200:]} {done.stderr.decode(errors='replace')[-1200:]}"
        return done.text


def began(batches: Sequence[Batch]) -> list[int]:
    """The id of each producer that began, in order: its first batch has sequence 0 in the first epoch of the id.

    An id that was handed out a second time would be in the list twice.
    """
    return [each.producer for each in batches if not each.control and each.sequence == 0 and each.epoch == 0]
