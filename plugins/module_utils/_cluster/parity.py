# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether ZooKeeper and the KRaft quorum hold the same metadata.

Private to the collection. The two are read one after the other while the cluster lives: what differs in one look and not in
the next was on its way (ZkWriteBehindLag, a leader that moved).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import (
    TOOL_TIMEOUT,
    members,
    read_quorum,
    seat,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import Difference, Image, compare
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.image import kraft_image
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.image import zookeeper_image

#: what still differs after so many looks is no delay
ATTEMPTS = 3
#: seconds between two of them; Kafka writes to ZooKeeper within a second of a change
PAUSE = 2.0
#: so many differences are named in a sentence
NAMED = 5


def images(cluster: Cluster) -> tuple[Image, Image]:
    """Read ZooKeeper's image and that of the quorum (one JVM start). Raises KraftError."""
    quorum = read_quorum(cluster)
    at = seat(cluster, quorum)
    kraft = kraft_image(at.client, at.namespace, members(at), quorum, timeout=TOOL_TIMEOUT)
    return zookeeper_image(cluster.zookeeper), kraft


@dataclass(frozen=True)
class Parity:
    """What a comparison of both stores found.

    :ivar image: ZooKeeper's.
    :ivar differences: what the two lastingly disagree on.
    """

    image: Image
    differences: tuple[Difference, ...]

    @property
    def sentence(self) -> str:
        """What was compared, or what differs, in one line."""
        if not self.differences:
            counts = ", ".join(f"{count} {what}" for what, count in self.image.counts().items())
            return f"ZooKeeper and KRaft match: {counts}"
        more = len(self.differences) - NAMED
        listed = "; ".join(each.sentence for each in self.differences[:NAMED])
        return f"ZooKeeper and KRaft differ: {listed}" + (f" and {more} more" if more > 0 else "")


def compared(cluster: Cluster, progress: Callable[[str], None]) -> Parity:
    """Compare both stores (one JVM start, up to three where they differ at first). Raises KraftError when one cannot be read."""
    never = threading.Event()
    lasting: dict[tuple[str, str], Difference] | None = None
    for attempt in range(ATTEMPTS):
        zookeeper, kraft = images(cluster)
        found = {(each.kind, each.key): each for each in compare(zookeeper, kraft)}
        lasting = found if lasting is None else {key: each for key, each in found.items() if key in lasting}
        if not lasting or attempt == ATTEMPTS - 1:
            break
        progress(f"{len(lasting)} differences between ZooKeeper and KRaft at the first comparison; comparing again")
        never.wait(PAUSE)
    return Parity(zookeeper, tuple((lasting or {}).values()))
