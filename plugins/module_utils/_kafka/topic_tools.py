# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A topic that is made, written, read and removed by Kafka's own tools in a broker's pod, as the broker itself logs in.

Private to the collection. Each call starts a JVM. All of them may be repeated: what is there already, or gone already, is no error, and a
record that was written twice is read twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import cluster_check
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_properties import ClientProperties
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.cluster_check import Acks, Wanted
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.leaders import way_in
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.tools import run_tool
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient

TOPICS, PRODUCER, CONSUMER = "kafka-topics", "kafka-verifiable-producer", "kafka-console-consumer"
NEEDED = (TOPICS, PRODUCER, CONSUMER)
#: the tool itself retries nothing; a client does, for as long as a leader may be away
RETRIES = {"retries": "2147483647", "delivery.timeout.ms": "90000"}
#: milliseconds without a record, after which a consumer ends; the first one takes a group, which Kafka may have to make a topic for
PATIENCE = 30_000
#: the same for a consumer that reads to the end, whatever is there
LAST_PATIENCE = 10_000


@dataclass(frozen=True)
class BrokerPod:
    """The broker whose pod the tools run in."""

    client: KubeClient
    namespace: str
    pod: str
    container: str
    facts: ProcessFacts

    def lacks(self) -> str:
        """Return the tools that its image does not have, or an empty string."""
        return ", ".join(f"{tool}.sh" for tool in NEEDED if tool not in self.facts.tools)

    def create(self, topic: str, asked: Wanted, timeout: float) -> None:
        """Create a topic. ``timeout`` in seconds. Raises KraftError."""
        numbers = ["--partitions", str(asked.partitions), "--replication-factor", str(asked.factor)]
        settings = ["--config", f"min.insync.replicas={asked.min_isr}"]
        self._run(TOPICS, ["--create", "--if-not-exists", "--topic", topic, *numbers, *settings], timeout)

    def remove(self, topic: str, timeout: float) -> None:
        """Have a topic deleted; it may be there for a moment more. ``timeout`` in seconds. Raises KraftError."""
        self._run(TOPICS, ["--delete", "--if-exists", "--topic", topic], timeout)

    def produce(self, topic: str, turn: int, asked: Wanted, timeout: float) -> Acks:
        """Write the records ``<turn>.0``, ``<turn>.1``, ... with acks=all. ``timeout`` in seconds. Raises KraftError."""
        count = ["--max-messages", str(asked.records), "--value-prefix", str(turn)]
        spread = ["--repeating-keys", str(asked.partitions * cluster_check.KEYS)]
        arguments = ["--topic", topic, "--acks", "-1", *count, *spread]
        output = self._run(PRODUCER, arguments, timeout, keep=cluster_check.SAID, more=RETRIES)
        return cluster_check.acks_of(output)

    def consume(self, topic: str, timeout: float, most: int = 0) -> list[str]:
        """Read a topic from its beginning, as a member of a group that commits nothing; returns the values of its records.

        :param timeout: seconds.
        :param most: records after which it ends; 0: it ends when no more come.
        :raises KraftError: when the tool fails.
        """
        end = ["--max-messages", str(most)] if most else []
        patience = ["--timeout-ms", str(PATIENCE if most else LAST_PATIENCE)]
        arguments = ["--topic", topic, "--from-beginning", *end, *patience]
        return self._run(CONSUMER, arguments, timeout, keep=cluster_check.VALUE).split()

    def _run(
        self, tool: str, arguments: Sequence[str], timeout: float, keep: str = "", more: dict[str, str] | None = None
    ) -> str:
        at, properties = way_in(self.client, self.namespace, self.pod, self.container, self.facts)
        return run_tool(
            self.client,
            self.namespace,
            self.pod,
            self.container,
            self.facts,
            tool,
            ["--bootstrap-server", at, *arguments],
            timeout,
            keep=keep,
            properties=ClientProperties({**properties.values, **(more or {})}),
        )
