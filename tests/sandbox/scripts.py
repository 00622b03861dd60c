# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kafka's command line tools: which class each runs and with which defaults (they are not on Maven Central)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Script:
    """A tool: simple name of its class, default heap options, words put before the user's."""

    class_name: str
    heap: str = ""
    before: str = ""


SCRIPTS = {
    "kafka-acls": Script("AclCommand"),
    "kafka-broker-api-versions": Script("BrokerApiVersionsCommand"),
    "kafka-cluster": Script("ClusterTool"),
    "kafka-configs": Script("ConfigCommand"),
    "kafka-console-consumer": Script("ConsoleConsumer", "-Xmx512M"),
    "kafka-console-producer": Script("ConsoleProducer", "-Xmx512M"),
    "kafka-consumer-groups": Script("ConsumerGroupCommand"),
    "kafka-consumer-perf-test": Script("ConsumerPerformance", "-Xmx512M"),
    "kafka-delegation-tokens": Script("DelegationTokenCommand"),
    "kafka-delete-records": Script("DeleteRecordsCommand"),
    "kafka-dump-log": Script("DumpLogSegments"),
    "kafka-e2e-latency": Script("EndToEndLatency"),
    "kafka-features": Script("FeatureCommand"),
    "kafka-get-offsets": Script("GetOffsetShell"),
    "kafka-jmx": Script("JmxTool"),
    "kafka-leader-election": Script("LeaderElectionCommand"),
    "kafka-log-dirs": Script("LogDirsCommand"),
    "kafka-metadata-quorum": Script("MetadataQuorumCommand"),
    "kafka-metadata-shell": Script("MetadataShell"),
    "kafka-producer-perf-test": Script("ProducerPerformance", "-Xmx512M"),
    "kafka-reassign-partitions": Script("ReassignPartitionsCommand"),
    "kafka-replica-verification": Script("ReplicaVerificationTool"),
    "kafka-storage": Script("StorageTool"),
    "kafka-streams-application-reset": Script("StreamsResetter", "-Xmx512M"),
    "kafka-topics": Script("TopicCommand"),
    "kafka-transactions": Script("TransactionsCommand"),
    "kafka-verifiable-consumer": Script("VerifiableConsumer", "-Xmx512M"),
    "kafka-verifiable-producer": Script("VerifiableProducer", "-Xmx512M"),
    "zookeeper-security-migration": Script("ZkSecurityMigrator"),
    "zookeeper-shell": Script("ZooKeeperMainWithTlsSupportForKafka", before="-server "),
}

_LICENCE = """\
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""


def wrapper(script: Script, class_name: str, run_class: str) -> str:
    """Return the text of a tool's shell script."""
    lines = ["#!/usr/bin/env bash", _LICENCE]
    if script.heap:
        lines.append(f'export KAFKA_HEAP_OPTS="${{KAFKA_HEAP_OPTS:-{script.heap}}}"')
    lines.append(f'exec {run_class} {class_name} {script.before}"$@"')
    return "\n".join(lines) + "\n"
