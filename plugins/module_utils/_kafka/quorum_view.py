# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a KRaft controller is to those who ask for the quorum, and what they are told.

Private to the collection.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_security import (
    PLAINTEXT,
    listener_protocol,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import VOTERS
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import NotFound

__all__ = ["FETCH_TIMEOUT_MS", "PLAINTEXT", "STEPS_DOWN", "Member", "Quorum", "claims", "fetch_timeout_ms", "leader_of"]

#: milliseconds: Kafka's default of controller.quorum.fetch.timeout.ms
FETCH_TIMEOUT_MS = 2000
#: a leader that hears of no majority steps down after so many fetch timeouts (KAFKA-15489)
STEPS_DOWN = 1.5


@dataclass(frozen=True)
class Member:
    """A controller's pod.

    :ivar names: host names that it has inside the cluster, where the caller knows more of them than the settings.
    """

    pod: str
    container: str | None
    facts: ProcessFacts
    names: tuple[str, ...] = ()

    @property
    def port(self) -> int:
        """Return the port of the first controller listener.

        :raises NotFound: when the settings name none.
        """
        return self._listener[1]

    @property
    def security(self) -> str:
        """Return the security protocol of the first controller listener: ``PLAINTEXT``, ``SSL``, ``SASL_SSL``, ...

        A controller listener that no map names is PLAINTEXT, unless its name is a protocol (KafkaConfig).

        :raises NotFound: when the settings name no such listener.
        """
        return listener_protocol(self.facts.settings, self._listener[0])

    def hosts(self, node: int) -> tuple[str, ...]:
        """Return the host names by which others reach it: as ``controller.quorum.voters`` names them, then ``names``."""
        voters = (each.strip().partition("@") for each in self.facts.settings.get(VOTERS, "").split(","))
        named = [address.rpartition(":")[0].strip("[]") for number, _at, address in voters if number == str(node)]
        return tuple(dict.fromkeys([*(each for each in named if each), *self.names]))

    @property
    def _listener(self) -> tuple[str, int]:
        """Return name and port of the first controller listener."""
        names = {each.strip() for each in self.facts.settings.get("controller.listener.names", "").split(",")}
        for listener in self.facts.settings.get("listeners", "").split(","):
            name, _sep, address = listener.strip().partition("://")
            port = address.rpartition(":")[2]
            if name in names and port.isdecimal():
                return name, int(port)
        raise NotFound(f"the settings of pod {self.pod} name no controller listener")


@dataclass(frozen=True)
class Quorum:
    """The quorum at one moment.

    :ivar leader: node id of the active controller, None while there is none.
    :ivar epoch: its leader epoch; -1 when unknown.
    :ivar high_watermark: first offset that is not committed; -1 when unknown.
    :ivar voters: records that each voter lacks of what the leader had; a voter that did not answer, or that follows
        another leader, is left out. By Jolokia those that it still lacks at a second look; else at one look, where 1 is a
        NoOp record on its way (one every 500 ms) as often as not: ``behind_ms`` says more.
    :ivar source: ``jolokia``, ``protocol`` (Kafka's own, by the forwarded port) or ``tool``.
    :ivar migration_states: state by controller (``PRE_MIGRATION``, ...); left out where it could not be read.
    :ivar counts: of the active controller, by Jolokia only: migrating_brokers, active_brokers, fenced_brokers,
        zk_write_lag (records), metadata_errors.
    :ivar ready: controller to whether it said it is ready for a migration; by tool only.
    :ivar silent: why controllers did not answer.
    :ivar behind_ms: milliseconds since each voter had everything that the leader had, by the leader's clock; left out where the
        leader does not say it. A voter that follows steadily is some hundred behind, however much there is to fetch.
    :ivar fetch_timeout_ms: controller.quorum.fetch.timeout.ms, after which a voter that hears nothing makes an election.
    :ivar why: why it was not ``protocol``.
    :ivar code: of that reason, where it has one: ``quorum-tls`` or ``quorum-login-failed``.
    """

    leader: int | None
    epoch: int
    high_watermark: int
    voters: Mapping[int, int]
    source: str
    migration_states: Mapping[int, str]
    counts: Mapping[str, int] = field(default_factory=dict)
    ready: Mapping[int, bool] = field(default_factory=dict)
    silent: Mapping[int, str] = field(default_factory=dict)
    behind_ms: Mapping[int, int] = field(default_factory=dict)
    fetch_timeout_ms: int = FETCH_TIMEOUT_MS
    why: str = ""
    code: str = ""

    @property
    def leaderless(self) -> str:
        """Return that there is no leader, and what controllers say for themselves, for people."""
        reasons = "; ".join(self.silent[node] for node in sorted(self.silent))
        return f"the quorum has no leader{f' ({reasons})' if reasons else ''}"

    @property
    def said_by(self) -> str:
        """Return the source, for people."""
        return f"{self.source}: {self.why}" if self.source == "tool" and self.why else self.source


def claims(members: Mapping[int, Member]) -> dict[int, tuple[int | None, int | None]]:
    """Return leader and epoch by each controller's own quorum-state file."""
    return {
        node: (int(state.get("leaderId", -1)), int(state.get("leaderEpoch", -1)))
        for node, member in members.items()
        if (state := member.facts.quorum_state) is not None
    }


def fetch_timeout_ms(members: Mapping[int, Member]) -> int:
    """Return controller.quorum.fetch.timeout.ms, the longest where the controllers differ."""
    said = (member.facts.settings.get("controller.quorum.fetch.timeout.ms", "").strip() for member in members.values())
    return max((int(each) for each in said if each.isdecimal()), default=FETCH_TIMEOUT_MS)


def leader_of(claims: Mapping[int, tuple[int | None, int | None]]) -> tuple[int | None, int]:
    """Return the leader of the highest epoch that anybody knows, and that epoch."""
    epochs = [epoch for _leader_id, epoch in claims.values() if epoch is not None]
    if not epochs:
        return None, -1
    newest = max(epochs)
    names = Counter(each for each, epoch in claims.values() if epoch == newest and each is not None and each >= 0)
    return (names.most_common(1)[0][0] if names else None), newest
