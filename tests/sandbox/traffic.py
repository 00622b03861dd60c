# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Live traffic from inside the cluster: Kafka's own VerifiableProducer and VerifiableConsumer in one pod.

In a secured fixture they log in as the user ``traffic``, and a third client tries all the time to write and to read what it may not.

Their output (a JSON line for every ack and every record) goes to files on a volume of the pod, since a pod's log is rotated.
Everything is reached through the Kubernetes API alone, so that it also works on a cluster of the user's own.
"""

from __future__ import annotations

import gzip
import io
import time
from dataclasses import dataclass
from typing import Any

from . import clients
from .clients import bootstrap_of, client_pod
from .config import SandboxError
from .console import say
from .fixtures import create_topics
from .kube import Kube, Object
from .secured import helper, keeping
from .secured.principals import OPEN, UNNAMED
from .traffic_check import check as compare
from .traffic_denied import check_denied

POD = "traffic"
#: milliseconds between two attempts of the denied client, each of which asks one leader to write and to read
_DENIED_EVERY = 200


@dataclass(frozen=True)
class TrafficSpec:
    """rate: records a second. image: empty = the sandbox's own. dns_ttl: seconds that the clients' JVMs keep an address, None = 30.

    denied: in a secured fixture, with the client that tries what it may not.
    """

    namespace: str = "demo"
    cluster: str = "kafka"
    rate: int = 1200
    topic: str = "traffic"
    partitions: int = 6
    image: str = ""
    dns_ttl: int | None = None
    denied: bool = True


# Keys spread the records over the partitions at once (without, they stick to one until a batch is full, which looks like a gap).
# retries=0 and no idempotence are VerifiableProducer's own defaults; what the file says wins over both (tried on 3.7.2 to 3.9.2).
_PRODUCER = r"""
home=$(ls -d /opt/kafka /opt/bitnami/kafka 2> /dev/null | head -n 1)
printf '%s\n' enable.idempotence=true retries=2147483647 max.in.flight.requests.per.connection=5 client.id=traffic-producer \
  > /tmp/producer.properties
[ -z "$LOGIN" ] || cat "$LOGIN" >> /tmp/producer.properties
"$home/bin/kafka-verifiable-producer.sh" --bootstrap-server "$BOOTSTRAP" --topic "$TOPIC" --throughput "$RATE" --acks -1 \
  --repeating-keys 60 --value-prefix "$RUN" --producer.config /tmp/producer.properties > /traffic/acked.jsonl 2> /traffic/producer.err &
echo $! > /traffic/producer.pid
trap 'kill $(jobs -p) 2> /dev/null; exit 0' TERM
wait "$(cat /traffic/producer.pid)"
echo $? > /traffic/producer.end
sleep infinity & wait
"""

# A consumer that died is started again: it goes on where its group had committed, and what it reads twice is seen by its offset.
_CONSUMER = r"""
home=$(ls -d /opt/kafka /opt/bitnami/kafka 2> /dev/null | head -n 1)
echo client.id=traffic-consumer > /tmp/consumer.properties
[ -z "$LOGIN" ] || cat "$LOGIN" >> /tmp/consumer.properties
trap 'kill $(jobs -p) 2> /dev/null; exit 0' TERM
while [ ! -e /traffic/stop ]; do
  "$home/bin/kafka-verifiable-consumer.sh" --bootstrap-server "$BOOTSTRAP" --topic "$TOPIC" --group-id "traffic-$RUN" --verbose \
    --enable-autocommit --reset-policy earliest --consumer.config /tmp/consumer.properties >> /traffic/consumed.jsonl 2>> /traffic/consumer.err &
  echo $! > /traffic/consumer.pid
  wait "$(cat /traffic/consumer.pid)"
done
echo 0 > /traffic/consumer.end
sleep infinity & wait
"""

# It never ends by itself: _STOP_DENIED fails if it did.
_DENIED = rf"""
home=$(ls -d /opt/kafka /opt/bitnami/kafka 2> /dev/null | head -n 1)
trap 'kill $(jobs -p) 2> /dev/null; exit 0' TERM
CLASSPATH={helper.JAR_FOLDER}/{helper.JAR} "$home/bin/kafka-run-class.sh" kafkaops.sandbox.Secured intrude \
  "$BOOTSTRAP" {helper.CLIENTS_FOLDER}/intruder.properties {_DENIED_EVERY} {OPEN} {UNNAMED} > /traffic/denied.jsonl 2> /traffic/denied.err &
echo $! > /traffic/denied.pid
wait "$(cat /traffic/denied.pid)"
echo $? > /traffic/denied.end
sleep infinity & wait
"""

_STOP_DENIED = r"""
[ -e /traffic/denied.end ] && { tail -n 20 /traffic/denied.err >&2; exit 1; }
kill -TERM "$(cat /traffic/denied.pid)" 2> /dev/null
for n in $(seq 100); do [ -e /traffic/denied.end ] && exit 0; sleep 0.1; done
exit 1
"""

_STOP_PRODUCER = r"""
kill -TERM "$(cat /traffic/producer.pid)" 2> /dev/null
for n in $(seq 600); do [ -e /traffic/producer.end ] && exit 0; sleep 0.1; done
exit 1
"""

# Drained = at least as many records as acks, and none more for two seconds; given up after 60 s without a new record.
_STOP_CONSUMER = r"""
acked=$(grep -c '"producer_send_success"' /traffic/acked.jsonl)
still=0 before=-1
while :; do
  seen=$(grep -c '"record_data"' /traffic/consumed.jsonl)
  [ "$seen" -eq "$before" ] && still=$((still + 1)) || still=0
  before=$seen
  { [ "$seen" -ge "$acked" ] && [ "$still" -ge 4 ]; } || [ "$still" -ge 120 ] && break
  sleep 0.5
done
touch /traffic/stop
kill -TERM "$(cat /traffic/consumer.pid)" 2> /dev/null
for n in $(seq 300); do [ -e /traffic/consumer.end ] && exit 0; sleep 0.1; done
exit 1
"""


def _pod(spec: TrafficSpec, run: int, *, secured: bool) -> Object:
    env = {
        "BOOTSTRAP": bootstrap_of(spec.cluster, spec.namespace),
        "TOPIC": spec.topic,
        "RATE": str(spec.rate),
        "RUN": str(run),
        "LOGIN": f"{helper.CLIENTS_FOLDER}/traffic.properties" if secured else "",
    }
    scripts = {"producer": _PRODUCER, "consumer": _CONSUMER} | ({"denied": _DENIED} if secured and spec.denied else {})
    pod = client_pod(POD, spec.namespace, scripts, env, folder="/traffic", image=spec.image, dns_ttl=spec.dns_ttl)
    if secured:
        helper.with_helper(pod, spec.cluster)
    return pod


def start(kube: Kube, spec: TrafficSpec, *, seconds: float = 60.0) -> None:
    """Start the traffic anew and return when records are being consumed (``seconds``: how long to wait for that)."""
    brokers = sorted(
        pod["metadata"]["name"] for pod in kube.list("Pod", spec.namespace, labels=f"app=kafka,cluster={spec.cluster}")
    )
    if not brokers:
        raise SandboxError(
            f"no broker pod of cluster {spec.cluster} in namespace {spec.namespace} (labels app=kafka, cluster={spec.cluster})"
        )
    factor = min(3, len(brokers))
    create_topics(
        kube,
        spec.namespace,
        brokers[0],
        [f"{spec.topic} {spec.partitions} {factor} min.insync.replicas={2 if factor == 3 else 1}"],
    )
    secured = keeping.read(kube, spec.namespace, spec.cluster) is not None
    clients.start(kube, _pod(spec, int(time.time()), secured=secured), seconds=seconds)
    # The first record comes through the whole path; bash in the pod waits for it.
    tried = secured and spec.denied
    refused = " && grep -qs refused /traffic/denied.jsonl" if tried else ""
    wait = (
        f"for n in $(seq {int(seconds * 5)}); do grep -qs record_data /traffic/consumed.jsonl{refused} && exit 0; sleep 0.2; done; "
        "cat /traffic/*.err; exit 1"
    )
    done = kube.exec(spec.namespace, POD, ["bash", "-c", wait], container="consumer", timeout=seconds + 10)
    if done.status != 0:
        raise SandboxError(
            f"no record came through{' or nothing was refused' if tried else ''} within {seconds:.0f} s: {done.text[-600:]}"
        )
    say(f"traffic runs in {spec.namespace}: {spec.rate} records/s asked for, topic {spec.topic}")


def stop(kube: Kube, namespace: str) -> None:
    """End the producer, let the consumer read what is left, end it too; the files stay in the pod."""
    scripts = {"producer": _STOP_PRODUCER, "consumer": _STOP_CONSUMER}
    if "denied" in _containers(kube, namespace):
        # until nothing else is under way
        scripts["denied"] = _STOP_DENIED
    for name, script in scripts.items():
        done = kube.exec(namespace, POD, ["bash", "-c", script], container=name, timeout=180)
        if done.status != 0:
            raise SandboxError(
                f"the traffic's {name} in {namespace} did not end: {done.stderr.decode(errors='replace')[-300:]}"
            )


def check(kube: Kube, namespace: str) -> dict[str, Any]:
    """Return the report of the traffic; while it still runs, records under way count as lost and ``running`` is true.

    In a secured fixture it has what the denied client saw as well (traffic_denied.py), and is ok only if that one was refused every time.
    """
    state = kube.exec(
        namespace, POD, ["bash", "-c", "ls /traffic; cat /traffic/producer.end"], container="producer"
    ).text.split()
    # Acks first: whatever was acked by then has a chance to be in the second file.
    acked = _lines(kube, namespace, "acked.jsonl")
    report = compare(acked, _lines(kube, namespace, "consumed.jsonl"))
    whole = {"namespace": namespace, "running": "consumer.end" not in state, **report.as_dict()}
    if "denied" not in _containers(kube, namespace):
        return whole
    denied = check_denied(_lines(kube, namespace, "denied.jsonl"))
    return whole | {"ok": report.ok and denied.ok} | denied.as_dict()


def _containers(kube: Kube, namespace: str) -> list[str]:
    """Name the containers of the traffic's pod."""
    pod = kube.get("Pod", POD, namespace)
    return [container["name"] for container in pod["spec"]["containers"]] if pod else []


def _lines(kube: Kube, namespace: str, name: str) -> io.TextIOWrapper:
    """Return a file of the pod, line by line; it travels compressed."""
    done = kube.exec(namespace, POD, ["gzip", "-1", "-c", f"/traffic/{name}"], container="consumer", timeout=180)
    if done.status not in (0, 2):  # 2: the file grew meanwhile
        raise SandboxError(
            f"traffic file {name} of {namespace} cannot be read: {done.stderr.decode(errors='replace')[-300:]}"
        )
    return io.TextIOWrapper(gzip.GzipFile(fileobj=io.BytesIO(done.stdout)), encoding="utf-8", errors="replace")
