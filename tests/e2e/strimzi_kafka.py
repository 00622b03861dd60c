# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster of Strimzi's double holds, changed and told by Kafka's own tools in a broker's pod, whatever mode the brokers run in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tests.operators.strimzi import names
from tests.operators.strimzi.double import Double
from tests.sandbox import fixtures

#: JVMs that live for a second
_TOOLS = """
set -e
export KAFKA_HEAP_OPTS=-Xmx128m KAFKA_JVM_PERFORMANCE_OPTS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
kafka() { local tool=$1; shift; "./bin/kafka-$tool.sh" --bootstrap-server localhost:9092 "$@"; }
"""
_TOLD = """
kafka topics --describe
echo =settings
kafka configs --describe --entity-type topics
echo =quotas
kafka configs --describe --entity-type clients
echo =acls
kafka acls --list
echo =records
kafka get-offsets --exclude-internal-topics
"""


@dataclass(frozen=True)
class Topic:
    """A topic as Kafka says it. placed: replicas of each partition. records: its end offsets together."""

    id: str
    placed: tuple[str, ...]
    settings: tuple[str, ...] = ()
    records: int = 0


@dataclass(frozen=True)
class Told:
    """Everything that Kafka says of itself and that a migration has to keep."""

    topics: dict[str, Topic] = field(default_factory=dict)
    quotas: tuple[str, ...] = ()
    acls: tuple[str, ...] = ()


def run(double: Double, script: str, *, seconds: float = 180.0) -> str:
    """Run a script in the first broker's pod, where ``kafka TOOL ...`` is a tool of Kafka; returns what it printed."""
    pod = f"{double.spec.name}-{double.spec.broker_pool}-0"
    words = ["bash", "-c", _TOOLS + script]
    done = double.kube.exec(double.namespace, pod, words, container="kafka", timeout=seconds)
    assert done.status == 0, f"{script}: {done.text[-2000:]} {done.stderr.decode(errors='replace')[-2000:]}"
    return done.text


def make(double: Double, *lines: str) -> None:
    """Create topics; a line is ``name partitions replicationFactor [key=value]*``."""
    pod = f"{double.spec.name}-{double.spec.broker_pool}-0"
    fixtures.create_topics(double.kube, double.namespace, pod, list(lines))


def told(double: Double) -> Told:
    """Ask Kafka for everything. Topics that clients write to all the time have no number of records."""
    parts = re.split(r"^=\w+\n", run(double, _TOLD), flags=re.MULTILINE)
    return parse(*parts)


def parse(topics: str, settings: str, quotas: str, acls: str, records: str) -> Told:
    """Read the answers of the tools."""
    set_of = _sections(settings, r"Dynamic configs for topic (\S+) are:")
    count: dict[str, int] = {}
    for line in records.split():
        name, _partition, offset = line.rsplit(":", 2)
        count[name] = count.get(name, 0) + int(offset or 0)
    placed: dict[str, list[str]] = {}
    for name, number, replicas in re.findall(r"Topic: (\S+)\s+Partition: (\d+)\s.*?Replicas: (\S+)", topics):
        placed.setdefault(name, []).append(f"{number} on {replicas}")
    ids = dict(re.findall(r"Topic: (\S+)\s+TopicId: (\S+)", topics))
    return Told(
        {
            name: Topic(
                one,
                tuple(placed[name]),
                tuple(sorted(line.split()[0] for line in set_of.get(name, []))),
                0 if name.startswith(("traffic", "__")) else count.get(name, 0),
            )
            for name, one in ids.items()
        },
        tuple(sorted(line.strip() for line in quotas.splitlines() if line.startswith("Quota configs"))),
        tuple(
            sorted(
                f"{what}: {line}"
                for what, lines in _sections(acls, r"Current ACLs for resource `(.*)`:").items()
                for line in lines
            )
        ),
    )


def _sections(text: str, head: str) -> dict[str, list[str]]:
    """Split what a tool says below headings; lines are stripped, empty ones left out."""
    found: dict[str, list[str]] = {}
    below: list[str] = []
    for line in text.splitlines():
        if match := re.match(head, line.strip()):
            below = found.setdefault(match[1], [])
        elif line.strip():
            below.append(line.strip())
    return found


def ids(double: Double) -> dict[str, str]:
    """Topic to its id."""
    return dict(re.findall(r"Topic: (\S+)\s+TopicId: (\S+)", run(double, "kafka topics --describe")))


def folders(double: Double, topic: str) -> list[str]:
    """Folders of a topic's partitions in the first broker's volume, by their names."""
    found = run(double, f"find {names.DATA}* -maxdepth 3 -type d -name '{topic}-*' -printf '%f\\n'")
    return sorted(found.split())
