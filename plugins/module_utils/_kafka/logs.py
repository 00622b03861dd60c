# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the log lines of brokers and controllers tell about a migration.

The migration driver has no metric for its own state, nor for the brokers that it waits for: those are in its log only
(``KRaftMigrationDriver``). The lines are those of Kafka 3.6 to 3.9. Case is ignored, since Kafka's own documents and
its code spell ZooKeeper differently. A log is never the only proof that something went well: it is rotated, and an
image may log less.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient


@dataclass(frozen=True)
class LogPattern:
    """A line that means trouble.

    :ivar pattern: regular expression, matched anywhere in a line, case ignored.
    :ivar fatal: the migration cannot go on by itself; otherwise it may be over in a moment.
    :ivar over: what a later line says when it is over after all; empty when none tells.
    """

    name: str
    pattern: str
    meaning: str
    remedy: str
    fatal: bool = True
    over: str = ""


@dataclass(frozen=True)
class Trouble:
    """A pattern and the last line that matched it."""

    pattern: LogPattern
    line: str


@dataclass(frozen=True)
class Signals:
    """What a log says, the last word of each kind.

    :ivar driver_state: of the migration driver in that controller (``WAIT_FOR_BROKERS``, ``DUAL_WRITE``, ...).
    :ivar migration_state: of the metadata log as that controller replayed it (``PRE_MIGRATION``, ...).
    :ivar waiting: the sentence with which it waits, also for controllers; empty when it does not (any more).
    :ivar troubles: in the order of :data:`LOG_PATTERNS`.
    """

    driver_state: str | None
    migration_state: str | None
    waiting: str
    troubles: tuple[Trouble, ...]


LOG_PATTERNS = (
    LogPattern(
        "born-kraft",
        r"Should not have ZK migrations enabled on a cluster that was created in KRaft mode",
        "the controllers were once started without the migration flag: their log says NONE",
        "run rollback.yml, which deletes the controllers with their volumes, then migrate.yml again",
    ),
    LogPattern(
        "state-none",
        r"The controller's ZkMigrationState is NONE",
        "the controllers were once started without the migration flag: their log says NONE",
        "run rollback.yml, which deletes the controllers with their volumes, then migrate.yml again",
    ),
    LogPattern(
        "zookeeper-disagrees",
        r"KRaft controller indicates an active migration, but the ZK state does not",
        "the log says MIGRATION, but /migration is missing or says that nothing was copied: nothing is written to ZooKeeper any more",
        "run rollback.yml, then migrate.yml again",
    ),
    LogPattern(
        "stale-migration-znode",
        r"Ignoring image .* which does not contain a superset of the metadata in ZK",
        "/migration is left from an earlier attempt and the controllers started empty: once their offset passes "
        "the old one, they overwrite ZooKeeper with their empty image",
        "run rollback.yml AT ONCE: it stops the controllers and removes /migration and their volumes",
    ),
    LogPattern(
        "lost-race",
        r"Unable to claim leadership, will retry until we learn of a different KRaft leader",
        "the controller could not take over /controller",
        "wait a moment; if it persists, check who holds /controller",
        fatal=False,
    ),
    LogPattern(
        "leftover-controller",
        r"Cannot register KRaft controller \d+ with epoch \d+ as the current controller register in ZK has the same or",
        "/controller is left from an older KRaft quorum with a higher epoch",
        "run rollback.yml, which stops the controllers and removes it, then migrate.yml again",
    ),
    LogPattern(
        "no-controller-epoch",
        r"Cannot register KRaft controller \d+ as the active controller since there is no ZK controller epoch",
        "/controller_epoch is missing, most likely because the controllers use a wrong chroot",
        "compare zookeeper.connect of the controllers with that of the brokers",
    ),
    LogPattern(
        "copy-failed",
        r"Abort(?:ed|ing) (?:the )?metadata migration from ZooKeeper to KRaft",
        "the copy of the metadata failed and its transaction was aborted",
        "read the log lines before it: most often the cause is a topic without an id, or a znode that is not Kafka's",
    ),
    LogPattern(
        "no-transactions",
        r"Caution! Enabled ZooKeeper migration without metadata transactions support",
        "the inter.broker.protocol.version is below 3.6-IV1, so the copy would not be atomic and will not start",
        "raise inter.broker.protocol.version on all brokers first",
    ),
    LogPattern(
        "metadata-version-too-low",
        r"The bootstrap metadata\.version \S+ does not support ZK migrations",
        "the controllers were formatted with a metadata.version that is too low",
        "run rollback.yml, then migrate.yml again: it formats them with the brokers' inter.broker.protocol.version",
    ),
    LogPattern(
        "truncation-below-high-watermark",
        r"The leader requested truncation to offset \d+, which is below the current high watermark",
        "the quorum was wiped while this node kept its metadata log",
        "delete __cluster_metadata-0 on this node (its topics are elsewhere) and restart it",
    ),
    LogPattern(
        "zookeeper-login",
        r"Encountered ZooKeeper authentication in",
        "the controllers' login or TLS to ZooKeeper is wrong",
        "give the controllers the brokers' ZooKeeper login",
    ),
    LogPattern(
        "zookeeper-trouble",
        r"Encountered ZooKeeper error during event .* Will retry",
        "ZooKeeper failed for a moment",
        "check ZooKeeper if it persists",
        fatal=False,
    ),
    LogPattern(
        "ibp-mismatch",
        r"Unable to register because the broker does not support finalized version \S+ of metadata\.version",
        "the broker's inter.broker.protocol.version is not the quorum's metadata.version",
        "set both to the same version",
    ),
    LogPattern(
        "kraft-too-early",
        r"Controller is in pre-migration mode and cannot register KRaft brokers",
        "a broker was switched to KRaft mode before the copy was done",
        "restore this broker's migration settings",
    ),
    LogPattern(
        "no-inter-broker-listener",
        r"Broker does not have the current inter\.broker\.listener",
        "inter.broker.listener.name of the controllers is not a listener of the broker",
        "set inter.broker.listener.name and the listener map of the controllers as on the brokers",
    ),
    LogPattern(
        "formatted-directory",
        r"Found unexpected version in .*meta\.properties",
        "a log directory was formatted by kafka-storage (version 1), so a pure ZooKeeper-mode broker refuses it",
        "start the broker with the migration flag, or write meta.properties as version 0",
    ),
    LogPattern(
        "registration-lost",
        r"channel manager timed out before sending the request",
        "the registration of this controller was lost when it started, and it does not try again (KAFKA-20247)",
        "delete the pod of this controller while the others have a majority: it registers when it starts",
        # the request had arrived all the same (seen with 3.9.2)
        over=r"Our registration has been persisted to the metadata log",
    ),
    LogPattern(
        "version-locked",
        r"Unable to modify metadata\.version while a ZK migration is in progress",
        "somebody tried to change metadata.version during the migration",
        "finish the migration or roll it back first",
        fatal=False,
    ),
)
"""Failure lines of Kafka 3.6 to 3.9."""

_DRIVER = re.compile(r"transitioning from \w+ to (?P<state>\w+) state", re.IGNORECASE)
_REPLAYED = re.compile(
    r"changing the migration state from \w+ to (?P<state>\w+)|"
    r"Loaded ZK migration state of (?P<loaded>\w+)|(?P<pre>Putting the controller into pre-migration mode)|"
    r"(?P<post>Completing the ZK migration since this controller was configured)",
    re.IGNORECASE,
)
_WAITING = re.compile(
    r"(?P<text>Still waiting for (?:ZK brokers \[[\d, ]*\].*|all controller nodes ready.*)|"
    r"No brokers are (?:known to KRaft|registered in ZK).*)",
    re.IGNORECASE,
)
_WAITED = re.compile(
    r"Controller Quorum is ready for Zk to KRaft|Zk brokers are registered and ready|Became inactive migration driver",
    re.IGNORECASE,
)
_COMPILED = tuple((each, re.compile(each.pattern, re.IGNORECASE)) for each in LOG_PATTERNS)
_LOGGER = re.compile(r" \([\w.$]+\)\s*$")


def read_signals(lines: Iterable[str]) -> Signals:
    """Go through a log once and keep the last word of each kind. Pure."""
    driver = state = None
    waiting = ""
    troubles: dict[str, Trouble] = {}
    for line in lines:
        if match := _DRIVER.search(line):
            driver = match["state"].upper()
        if match := _REPLAYED.search(line):
            named = match["state"] or match["loaded"]
            state = named.upper() if named else "PRE_MIGRATION" if match["pre"] else "POST_MIGRATION"
        if match := _WAITING.search(line):
            waiting = _LOGGER.sub("", match["text"]).strip()
        elif _WAITED.search(line) or (driver not in (None, "WAIT_FOR_CONTROLLER_QUORUM", "WAIT_FOR_BROKERS")):
            waiting = ""
        for known, pattern in _COMPILED:
            if pattern.search(line):
                troubles[known.name] = Trouble(known, line.strip())
            elif known.name in troubles and known.over and re.search(known.over, line, re.IGNORECASE):
                del troubles[known.name]
    found = tuple(troubles[each.name] for each in LOG_PATTERNS if each.name in troubles)
    return Signals(driver, state, waiting, found)


def pod_signals(
    client: KubeClient,
    namespace: str,
    pod: str,
    container: str | None = None,
    *,
    tail_lines: int | None = 5000,
    since_seconds: int | None = None,
    previous: bool = False,
) -> Signals:
    """Read a pod's log and say what it tells: one request, no exec.

    :param tail_lines: read so many lines from the end; None reads all that the kubelet has (10 MiB or more).
    :param since_seconds: only lines that are no older.
    :param previous: read the log of the container's last end instead, for a pod that crashes.
    """
    text = client.pod_log(
        pod, namespace, container=container, tail_lines=tail_lines, since_seconds=since_seconds, previous=previous
    )
    return read_signals(text.splitlines())
