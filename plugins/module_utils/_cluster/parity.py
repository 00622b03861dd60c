# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether ZooKeeper and the KRaft quorum hold the same metadata.

Private to the collection. The two are read one after the other while the cluster lives: what differs in one look and not in
the next was on its way (ZkWriteBehindLag, a leader that moved).

Passwords are encrypted in the one and in clear text in the other. They are compared by fingerprints with a key that lives as long as
one comparison; where that cannot be, only whether they are set is compared, and the sentence says so.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import (
    TOOL_TIMEOUT,
    members,
    read_quorum,
    seat,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.comparison import by_presence, compare
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import Difference, Image
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.partition_epochs import Epochs, epochs_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.passwords import EncoderSecrets, Seal
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.secret_names import is_password
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.providers import is_provided
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.image import kraft_image
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import passwords
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.image import zookeeper_image

#: what still differs after so many looks is no delay
ATTEMPTS = 3
#: seconds between two of them; Kafka writes to ZooKeeper within a second of a change
PAUSE = 2.0
#: so many differences are named in a sentence
NAMED = 5
_KEY_SIZE = 32


def encoder_secrets(cluster: Cluster) -> EncoderSecrets:
    """Return what the nodes encrypt passwords with, as far as their settings could be read. Brokers in KRaft mode have no such setting."""
    nodes = [*known(cluster.facts).values(), *known(cluster.controller_facts).values()]
    return EncoderSecrets.among((each.settings for each in nodes), is_provided)


def undecrypted(cluster: Cluster, dynamic: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str]]:
    """Return (broker, key) of the dynamic settings that no secret of the brokers decrypts; nothing where that cannot be told.

    :param dynamic: settings by broker id, as ZooKeeper has them.
    """
    encoder = encoder_secrets(cluster)
    if any(is_provided(each) for each in encoder.values):
        return []  # the secret itself is elsewhere
    read = passwords.reader(encoder, Seal(secrets.token_bytes(_KEY_SIZE)))
    return [
        (broker, key)
        for broker in sorted(dynamic)
        for key, value in sorted(dynamic[broker].items())
        if is_password(key) and read(value).why == passwords.WRONG_SECRET
    ]


def images(cluster: Cluster, encoder: EncoderSecrets | None = None, seal: Seal | None = None) -> tuple[Image, Image]:
    """Read ZooKeeper's image and that of the quorum (one JVM start). Raises KraftError.

    :param encoder: as the nodes' settings have it when it is None.
    :param seal: a new one when it is None. Fingerprints of two seals cannot be compared.
    """
    quorum = read_quorum(cluster)
    at = seat(cluster, quorum)
    seal = Seal(secrets.token_bytes(_KEY_SIZE)) if seal is None else seal
    kraft = kraft_image(at.client, at.namespace, members(at), quorum, timeout=TOOL_TIMEOUT, seal=seal)
    read_password = passwords.reader(encoder_secrets(cluster) if encoder is None else encoder, seal)
    return zookeeper_image(cluster.zookeeper, read_password), kraft


def partition_epochs(cluster: Cluster) -> Epochs:
    """Read how far znodes of partitions are behind (one JVM start). Raises KraftError."""
    return epochs_of(*images(cluster))


@dataclass(frozen=True)
class Parity:
    """What a comparison of both stores found.

    :ivar image: ZooKeeper's.
    :ivar differences: what the two lastingly disagree on.
    :ivar by_presence: password settings whose values could not be compared, ``1/ssl.key.password``, and why.
    :ivar epochs: how far znodes of partitions are behind, at the last look.
    """

    image: Image
    differences: tuple[Difference, ...]
    by_presence: Mapping[str, str] = field(default_factory=dict, hash=False)
    epochs: Epochs = field(default_factory=Epochs, hash=False)

    @property
    def sentence(self) -> str:
        """What was compared, or what differs, in one line."""
        if not self.differences:
            counts = ", ".join(f"{count} {what}" for what, count in self.image.counts().items())
            return f"ZooKeeper and KRaft match: {counts}{self._not_compared}"
        more = len(self.differences) - NAMED
        listed = "; ".join(each.sentence for each in self.differences[:NAMED])
        return f"ZooKeeper and KRaft differ: {listed}" + (f" and {more} more" if more > 0 else "") + self._not_compared

    @property
    def _not_compared(self) -> str:
        if not self.by_presence:
            return ""
        why = "; ".join(sorted(set(self.by_presence.values())))
        return f"; compared without their values: {len(self.by_presence)} password settings, since {why}"


def compared(cluster: Cluster, progress: Callable[[str], None]) -> Parity:
    """Compare both stores (one JVM start, up to three where they differ at first). Raises KraftError when one cannot be read."""
    never = threading.Event()
    lasting: dict[tuple[str, str], Difference] | None = None
    unsure: Mapping[str, str] = {}
    epochs = Epochs()
    for attempt in range(ATTEMPTS):
        zookeeper, kraft = images(cluster)
        unsure, epochs = by_presence(zookeeper, kraft), epochs_of(zookeeper, kraft)
        found = {(each.kind, each.key): each for each in compare(zookeeper, kraft)}
        lasting = found if lasting is None else {key: each for key, each in found.items() if key in lasting}
        if not lasting or attempt == ATTEMPTS - 1:
            break
        progress(f"{len(lasting)} differences between ZooKeeper and KRaft at the first comparison; comparing again")
        never.wait(PAUSE)
    return Parity(zookeeper, tuple((lasting or {}).values()), unsure, epochs)
