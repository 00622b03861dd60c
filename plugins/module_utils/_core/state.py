# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a cluster is, derived from what it shows (design: the state is never stored, always derived).

Private to the collection. Source: reference to Kafka's KRaftMigrationDriver and ZkMigrationState; pure, no I/O.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import NotRunning, Reading, known, unknown

ZOOKEEPER = "ZOOKEEPER"
PREMIGRATION = "PREMIGRATION"
HYBRID = "HYBRID_DUAL_WRITE"
PURE = "PURE_DUAL_WRITE"
FINALIZED = "FINALIZED"
MIXED = "MIXED"

#: a broker's mode, read off the settings that its process was started with
MODE_ZOOKEEPER = "zookeeper"
MODE_MIGRATING = "migrating"
MODE_KRAFT = "kraft"
MODE_UNKNOWN = "unknown"

#: the migration flag
FLAG = "zookeeper.metadata.migration.enable"

STATES = (ZOOKEEPER, PREMIGRATION, HYBRID, PURE, FINALIZED, MIXED)


@dataclass(frozen=True)
class Evidence:
    """What was seen.

    ``modes``: broker pod name to mode, for every broker that should exist. ``controllers``: controller pod name to whether its
    process has the migration flag on, for every controller that should exist: one that cannot be read may still have it.
    ``kraft_holds_controller``: ``/controller`` carries a KRaft epoch; None when ZooKeeper was not read.
    ``migration_offset``: ``/migration.kraft_metadata_offset``, None when absent. ``unread``: why brokers could not be read.
    """

    modes: Mapping[str, str]
    controllers: Mapping[str, Reading[bool]]
    kraft_holds_controller: bool | None = None
    migration_offset: int | None = None
    unread: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ClusterState:
    """The state of the cluster itself and the one line that says why."""

    name: str
    reason: str


def has_flag(settings: Mapping[str, str]) -> bool:
    """Whether these settings turn the migration flag on (a process with ``settings`` that could not be read is unknown, not off)."""
    return settings.get(FLAG, "").strip().lower() == "true"


def roles_of(settings: Mapping[str, str]) -> set[str]:
    """Return the roles of a process in KRaft mode, none for one in ZooKeeper mode."""
    return {role.strip() for role in settings.get("process.roles", "").split(",") if role.strip()}


def mode_of(settings: Mapping[str, str]) -> str:
    """Return the mode of a process from its effective settings (KafkaConfig: process.roles decides, then the flag)."""
    if roles_of(settings):
        return MODE_KRAFT
    if not settings:
        return MODE_UNKNOWN
    if has_flag(settings):
        return MODE_MIGRATING
    return MODE_ZOOKEEPER


#: brokers in KRaft mode although both stores were not written
NOTHING_COPIED = "ZooKeeper shows that nothing was copied: the controllers do not write to it, and run on a log of an earlier attempt"


def derive(seen: Evidence) -> ClusterState:
    """Derive the state; never guesses: a roll under way is MIXED."""
    modes = set(seen.modes.values())
    if not seen.modes or MODE_UNKNOWN in modes:
        return ClusterState(MIXED, "not every broker could be read: " + _unread(seen))
    if modes == {MODE_KRAFT}:
        return _all_kraft(seen)
    if MODE_KRAFT in modes:
        rest = [name for name, mode in seen.modes.items() if mode != MODE_KRAFT]
        text = f"broker roll to KRaft under way: still in ZooKeeper mode: {_names(rest)}"
        unwritten = seen.kraft_holds_controller is not None and not _both_written(seen)
        return ClusterState(MIXED, f"{text}; {NOTHING_COPIED}" if unwritten else text)
    if seen.kraft_holds_controller:
        if (seen.migration_offset or 0) <= 0:
            return ClusterState(MIXED, "KRaft holds /controller, but the metadata copy is not complete yet")
        if modes == {MODE_MIGRATING}:
            return ClusterState(HYBRID, "KRaft holds /controller, every broker is in migrating ZooKeeper mode")
        rest = [name for name, mode in seen.modes.items() if mode == MODE_ZOOKEEPER]
        return ClusterState(
            MIXED, f"KRaft holds /controller but brokers run without the migration flag: {_names(rest)}"
        )
    running = [name for name, flag in seen.controllers.items() if not isinstance(flag, NotRunning)]
    if running:
        migrating = sum(1 for mode in seen.modes.values() if mode == MODE_MIGRATING)
        return ClusterState(
            PREMIGRATION,
            f"{len(running)} KRaft controllers run, a broker holds /controller, "
            f"{migrating} of {len(seen.modes)} brokers in migrating mode",
        )
    return ClusterState(ZOOKEEPER, "no KRaft controller runs, the brokers use ZooKeeper")


def _both_written(seen: Evidence) -> bool:
    """Whether KRaft holds ZooKeeper, and has copied what was there."""
    return bool(seen.kraft_holds_controller) and (seen.migration_offset or 0) > 0


def _all_kraft(seen: Evidence) -> ClusterState:
    flags, unread = known(seen.controllers), unknown(seen.controllers)
    on = [name for name, flag in flags.items() if flag]
    off = [name for name, flag in flags.items() if not flag]
    if on and off:
        return ClusterState(
            MIXED, f"controller roll under way: the migration flag is on in {_names(on)}, off in {_names(off)}"
        )
    if unread:
        listed = "; ".join(f"{name}: {why}" for name, why in sorted(unread.items()))
        return ClusterState(MIXED, f"only {len(flags)} of {len(seen.controllers)} controllers could be read ({listed})")
    if on and seen.kraft_holds_controller is not None and not _both_written(seen):
        return ClusterState(
            MIXED,
            f"every broker runs in KRaft mode; {NOTHING_COPIED}",
        )
    if on:
        return ClusterState(PURE, "every broker runs in KRaft mode, every controller still has the migration flag")
    return ClusterState(FINALIZED, "every broker runs in KRaft mode, no controller has the migration flag")


def _names(names: Sequence[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:5]) + (f" and {len(listed) - 5} more" if len(listed) > 5 else "")


def _unread(seen: Evidence) -> str:
    if not seen.modes:
        return "no broker pod was found"
    unread = sorted(name for name, mode in seen.modes.items() if mode == MODE_UNKNOWN)
    whys = [f"{name} ({seen.unread[name]})" if name in seen.unread else name for name in unread]
    return ", ".join(whys[:5]) + (f" and {len(whys) - 5} more" if len(whys) > 5 else "")
