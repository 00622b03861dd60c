# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The replicas of a cluster's partitions as its KRaft quorum has them.

Private to the collection.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import (
    TOOL_TIMEOUT,
    members,
    read_quorum,
    seat,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rolling
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import DEFAULT
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.image import kraft_image


def kraft_replicas(cluster: Cluster) -> dict[rolling.Partition, rolling.Replicas]:
    """Read every partition freshly: ISR, replicas, min.insync.replicas, leader. Raises KraftError."""
    quorum = read_quorum(cluster)
    at = seat(cluster, quorum)
    image = kraft_image(at.client, at.namespace, members(at), quorum, timeout=TOOL_TIMEOUT)
    defaults = (image.broker_configs.get(DEFAULT, {}), cluster.effective)
    return {
        (topic, number): rolling.Replicas(
            isr=tuple(sorted(each.isr)),
            replicas=tuple(each.replicas),
            min_isr=rolling.min_isr_of(topic, image.topic_configs, *defaults),
            leader=each.leader,
        )
        for topic, found in image.topics.items()
        for number, each in found.partitions.items()
    }
