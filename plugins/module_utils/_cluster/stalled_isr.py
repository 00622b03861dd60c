# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brokers that serve, but cannot change the ISRs that they lead: nothing gets in or out until they are restarted.

Private to the collection. Two ways to that were seen with Kafka 3.9.2, each when the controller changed without a restart of
the broker. From KRaft back to ZooKeeper a channel to the controller may end: a broker's channels share the sensors of their
selectors, and one that meets a name left over ends ("A metric named ... already exists", NodeToControllerRequestThread). From
ZooKeeper to KRaft the channel of the broker that was controller may wait for ever on a connection to itself that is closed,
and DefaultAlterPartitionManager sends nothing while the first request is on its way: it answers OPERATION_NOT_ATTEMPTED.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.state import MODE_MIGRATING, mode_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.parallel import Background, parallel

#: threads of a broker in migrating mode that talk to a controller: forwarding, alter-partition, quorum (KafkaServer)
MIGRATING_CHANNELS = 3
#: seconds of a broker's log that tell whether its changes wait, and how often one partition's has to fail in them
RECENT, OFTEN = 10, 3
# kafka.cluster.Partition; a follower's fetch tries again, twice a second where nothing is produced
_NOT_SENT = re.compile(r"\[Partition (\S+) broker=\d+\] Failed to alter partition .*OPERATION_NOT_ATTEMPTED")


def has_lost_a_channel(facts: ProcessFacts) -> bool:
    """Whether a broker in migrating mode has fewer threads that talk to a controller than it started."""
    return mode_of(facts.settings) == MODE_MIGRATING and 0 < facts.channels < MIGRATING_CHANNELS


def sends_nothing(log: str) -> bool:
    """Whether a change of an ISR was still waiting to be sent each time that the next one was made, by ``RECENT`` seconds of a log."""
    return any(count >= OFTEN for count in Counter(_NOT_SENT.findall(log)).values())


def among(cluster: Cluster, pods: Iterable[str]) -> set[str]:
    """Look at broker pods that are up; returns those that cannot change an ISR. What cannot be read is no reason."""
    names = sorted(pod for pod in pods if pod in cluster.pods)

    def waits(pod: str) -> bool:
        try:
            log = cluster.client.pod_log(pod, cluster.namespace, container=cluster.container, since_seconds=RECENT)
        except KraftError:
            return False
        return sends_nothing(log)

    containers = dict.fromkeys(names, cluster.container)
    processes = Background(lambda: cluster.read_facts({pod: cluster.pods[pod] for pod in names}, containers))
    waiting = {pod for pod, found in zip(names, parallel(waits, names), strict=True) if found}
    return waiting | {pod for pod, facts in known(processes.result()).items() if has_lost_a_channel(facts)}
