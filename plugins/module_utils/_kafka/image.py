# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The :class:`Image` of what the KRaft quorum has of a cluster.

Topics and settings alone come in Kafka's protocol, without a JVM, so that they can be watched. Of everything, by Kafka's own tool in the
leader's pod: one JVM start, however large the cluster; only the lines that count leave the pod. Among them are passwords in clear text and
SCRAM credentials: no line is ever told.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import image_records, topic_records
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import Image
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.passwords import Seal
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.quorum_messages import Denied
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import wire
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import Member, Quorum, dump_metadata
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum_security import Keys
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError


def kraft_image(
    client: KubeClient,
    namespace: str,
    members: Mapping[int, Member],
    quorum: Quorum,
    *,
    timeout: float = 60.0,
    seal: Seal | None = None,
) -> Image:
    """Read the committed metadata.

    The cluster id is that of the leader's log directories; the log itself does not have it.

    :param members: controller's node id to its pod.
    :param quorum: read before; the image reaches up to its high watermark.
    :param timeout: seconds for the tool.
    :param seal: takes the fingerprints of passwords; without it none is taken.
    :raises Unreachable: when there is no leader or its high watermark is unknown.
    :raises NotFound: when the pod has no metadata log, or no kafka-dump-log.
    :raises KraftError: when the tool fails. What it could not decode is in the image's ``problems``.
    """
    lines = dump_metadata(client, namespace, members, quorum, keep=image_records.KEEP, timeout=timeout)
    cluster_id = next(member.facts.cluster_id for node, member in members.items() if node == quorum.leader)
    return image_records.parse_image(lines, high_watermark=quorum.high_watermark, cluster_id=cluster_id, seal=seal)


def quorum_topics(
    client: KubeClient, namespace: str, members: Mapping[int, Member], quorum: Quorum, *, timeout: float = 60.0
) -> Image:
    """Read what the quorum has committed of topics, partitions and settings; the rest of the image may be empty.

    In Kafka's protocol, as an observer reads the log; by kafka-dump-log where that cannot be.

    :param members: controller's node id to its pod.
    :param quorum: read before; the image reaches up to its high watermark.
    :param timeout: seconds for the tool.
    :raises KraftError: as :func:`kraft_image`. What could not be decoded is in the image's ``problems``.
    """
    member = members.get(quorum.leader) if quorum.leader is not None else None
    if quorum.leader is not None and member is not None and quorum.high_watermark >= 0 and not quorum.why:
        with contextlib.suppress(KraftError, Denied):
            security = Keys(client, namespace, members).of(quorum.leader)
            with wire.conversation(
                client, namespace, member.pod, member.port, security=security, timeout=wire.LOG_TIMEOUT
            ) as talk:
                records = talk.metadata_log(quorum.epoch, quorum.high_watermark, topic_records.payload)
                return image_records.image_of_topics(records)
    return kraft_image(client, namespace, members, quorum, timeout=timeout)
