# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs from platform to platform: whose the objects are, and who writes settings, controllers and pods, and how.

Private to the collection. What can be read of any cluster is ``_cluster.cluster.Cluster``; gates, checks and rolls are written
once against the two. A *direct* platform is written by the collection itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import Changes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts

Obj = dict[str, Any]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Claim:
    """That a platform drives the cluster that the options name, and why it thinks so."""

    platform: str
    why: str


class Plan(Protocol):
    """What a stage means for one workload of brokers; nothing is written yet."""

    @property
    def name(self) -> str:
        """The workload's name."""

    @property
    def stage_now(self) -> str:
        """The stage that its template is at, "" for the user's own."""

    @property
    def changes(self) -> Changes:
        """The settings that are set and removed."""

    @property
    def source_kind(self) -> str:
        """What kind of settings source it has, as results name it."""

    @property
    def secrets(self) -> list[str]:
        """Names of the Secrets that it makes."""

    def diff(self) -> dict[str, str]:
        """Before and after, for diff mode; secrets are hidden."""


class Ownership(Protocol):
    """Whose the objects are, and the lock of the migration on them."""

    def check_names(self) -> None:
        """Raise Refused when an object with one of our names is somebody else's. Costs no request of its own."""

    def check_foreign(self) -> None:
        """Raise Refused when any object that has one of our names, or our labels, is somebody else's."""

    def check(self, migration_id: str) -> None:
        """Raise Refused, Conflict when others own, manage, lock or have changed an object."""

    def foreign(self) -> list[Finding]:
        """Every object that has one of our names, or our labels, and is somebody else's."""

    def foreign_by_name(self) -> list[Finding]:
        """Those of them that are seen without a request."""

    def locked_by(self) -> str:
        """The id of the migration that holds the lock, or an empty string."""

    def holder(self) -> str:
        """Who took the lock and when, or an empty string."""

    def unlocked(self) -> list[str]:
        """Names of the objects that are not locked."""

    def lock(self, migration_id: str, holder: str, since: str) -> bool:
        """Lock every object that is not locked yet; returns whether anything was written. Raises as check()."""

    def unlock(self, *, over: bool = False) -> bool:
        """Take the lock off; returns whether anything was written. ``over``: the migration has ended."""


@dataclass(frozen=True)
class Enforced:
    """What enforces the lock: a policy of ours, something of others, or nothing.

    :ivar policy: name of the ValidatingAdmissionPolicy of ours.
    :ivar others: what of others does it.
    :ivar why: why there is neither.
    :ivar alone: what is there then.
    """

    policy: str = ""
    others: str = ""
    why: str = ""
    alone: str = "its annotation alone, which only this collection looks at"

    @property
    def text(self) -> str:
        """For a person, as the end of "the lock is enforced by"."""
        if self.policy:
            return f"ValidatingAdmissionPolicy {self.policy}"
        return self.others or f"{self.alone}: {self.why}"


class Enforcement(Protocol):
    """What has the API server deny to others what the lock forbids them."""

    def check(self) -> None:
        """Raise Refused (lock-not-enforced) when only a policy will do, none can be made, and nothing has begun."""

    def findings(self) -> list[Finding]:
        """The same as a finding."""

    def plan(self) -> Enforced:
        """What will enforce the lock of a migration that begins now."""

    def enforce(self, migration_id: str, progress: Progress) -> Enforced:
        """Have the lock enforced, as kraft_lock_enforcement says. Raises Refused (lock-not-enforced), DeadlineExceeded."""

    def open(self, migration_id: str, progress: Progress) -> bool:
        """Let the migration flag go from the controllers' settings; returns whether anything was written."""

    def by(self) -> str:
        """What enforces the lock now, for a person."""

    def gone(self) -> bool:
        """Whether what was made is seen not to be there any more."""

    def exists(self) -> bool:
        """Whether there is anything to remove, as far as this account may see."""

    def remove(self) -> bool:
        """Stop enforcing it, before the lock itself goes; returns whether anything was there. Raises Forbidden when it has to stay."""


class Originals(Protocol):
    """The user's own templates, kept for a rollback."""

    def keep(self) -> str:
        """Keep what is not kept yet; returns the name of what holds them."""

    def check(self) -> None:
        """Raise Refused (originals-missing) when one of them is gone or belongs to another migration."""

    def missing(self) -> list[str]:
        """One sentence for each that is not there, with how to supply it."""

    def forget(self) -> bool:
        """Delete them; returns whether there were any."""


class Brokers(Protocol):
    """The workloads of the brokers."""

    def stages(self) -> dict[str, str]:
        """The stage of each workload's template by its name, "" for the user's own."""

    def hashes(self) -> dict[str, str]:
        """The hash of the settings that the pods of each workload should have, by the workload's name."""

    def hashes_by_uid(self) -> dict[str, str]:
        """The same by the workload's uid, which its pods name."""

    def outdated(self) -> list[str]:
        """Pods that were not made with the settings of their template."""

    def ibp_roll(self) -> tuple[bool, str]:
        """Whether the IBP has to be raised in a roll of its own, and why or why not."""

    def plan(self, stage: str) -> Sequence[Plan]:
        """What a stage, forward or of a rollback, writes. Raises Unsupported, Refused."""

    def plan_ahead(self, stage: str) -> Sequence[Plan]:
        """What a stage that is still to come will write over those before it. Raises Unsupported, Refused."""

    def settings_ahead(self) -> list[dict[str, Any]]:
        """What each stage that is still to come changes, as plain data. Raises Unsupported, KraftError."""

    def settings_line(self, item: Mapping[str, Any]) -> str:
        """One entry of settings_ahead() as a line of the plan."""

    def write(self, plan: Plan) -> None:
        """Hold automatic rolls, then write the settings, then the template that names them. Raises Conflict."""

    def not_as_wanted(self, stage: str, facts: ProcessFacts) -> str:
        """Return what a restarted broker runs with that differs from the stage, or an empty string."""

    def marked(self) -> list[str]:
        """Workloads with the mark of a clean-up."""

    def mark(self, value: str | None) -> None:
        """Put the mark of a clean-up on every workload, or take it off (None)."""

    def stage_of_pod(self, pod: str) -> str:
        """The stage that a pod was made for, or will be made for when it does not exist; "" for the user's own settings."""


class Controllers(Protocol):
    """The workload of the controllers."""

    @property
    def name(self) -> str:
        """Its name."""

    def stage(self) -> str:
        """The stage of its template, "" where there is none."""

    def settings_hash(self) -> str:
        """The hash of the settings that its pods should have."""

    def outdated(self) -> list[str]:
        """Pods that were not made with those settings."""

    def replicas(self) -> int | None:
        """How many it should have now; None where there is none."""

    def node_ids(self) -> list[int]:
        """The node ids of its pods."""

    def check_plan(self) -> None:
        """Raise Refused, Unsupported when it cannot be made as the options say."""

    def plan_lines(self) -> list[str]:
        """What will be made, in a few lines."""

    def diff(self, stage: str) -> dict[str, str]:
        """Before and after of a stage, for diff mode."""

    def planned_replicas(self, stage: str) -> int:
        """How many it should have at a stage."""

    def pod_names(self, replicas: int) -> list[str]:
        """The names that so many pods have."""

    def make(self) -> list[str]:
        """Make it, held at 0 replicas; returns what was made."""

    def secrets(self, stage: str) -> list[str]:
        """Names of the Secrets that a stage makes."""

    def write(self, stage: str) -> None:
        """Write the settings of a stage and the replicas. Raises Refused, Conflict."""

    def summary(self, stage: str) -> dict[str, Any]:
        """What a result says of it."""

    def stop(self) -> None:
        """Scale it to 0."""

    def remove(self) -> tuple[list[str], list[str]]:
        """Delete it and what belongs to it but the volumes: only what carries our labels, by the uid that is read.

        Returns what was deleted, as kind/name, and one sentence for each object that was left alone.
        """

    def left(self) -> list[str]:
        """Names of the objects of ours that still exist, volumes apart."""

    def pods(self) -> dict[str, Obj]:
        """Its pods as they are now, those included whose workload is gone already."""

    def is_pod(self, pod: Mapping[str, Any]) -> bool:
        """Whether a pod is one of them: by label and by owner."""

    def would_lack_flag(self) -> str:
        """Return why a pod that was made now would not have the migration flag, or an empty string."""

    def claims(self) -> dict[str, Obj]:
        """The volume claims of this cluster's controllers: those that carry our labels."""

    def remove_claim(self, claim: Mapping[str, Any]) -> bool:
        """Delete the very claim that was read; False when it was gone already."""

    def refuse_foreign_claims(self) -> None:
        """Raise Refused when a controller would take up a volume claim of somebody else."""

    def refuse_leftovers(self) -> None:
        """Raise Refused before empty controllers start where an earlier attempt has left something."""


class Checks(Protocol):
    """What stands in the way of a migration on this platform; findings, in the order in which a person would repair them."""

    def objects(self) -> list[Finding]:
        """Objects that are somebody else's, or that somebody else would put back."""

    def claims(self) -> list[Finding]:
        """Volume claims of others that a controller would take up."""

    def missing_pods(self) -> list[Finding]:
        """Workloads of brokers that do not have all their pods."""

    def workloads(self) -> list[Finding]:
        """What keeps a workload of brokers from being restarted pod by pod, or loses data by it."""

    def settings(self) -> list[Finding]:
        """What stops a stage that is still to come: each is planned."""

    def references(self, code: str, *, ahead: bool) -> list[Finding]:
        """What in the brokers' pods reaches for ZooKeeper; ``ahead``: apart from what the stages that are to come take away."""

    def controllers(self) -> list[Finding]:
        """What keeps the controllers from being made as planned."""

    def termination(self) -> list[Finding]:
        """Grace periods that are too short for a controlled shutdown."""


class Direct(Protocol):
    """A platform that the collection writes by itself."""

    #: its name, as the option kraft_platform has it
    name: str
    ownership: Ownership
    enforcement: Enforcement
    originals: Originals
    brokers: Brokers
    controllers: Controllers
    checks: Checks

    def shows_finalized(self) -> bool:
        """Whether the objects alone show that the migration is over: False decides nothing."""

    def restore_rolls(self, progress: Progress) -> None:
        """Put the users' own update strategy back on every workload, once every pod has the newest revision."""

    def objects(self) -> list[Obj]:
        """The objects of the workloads, for a support bundle."""

    def patches(self) -> list[dict[str, Any]]:
        """What was changed, for the manifests in the user's repository. Raises KraftError, Unsupported."""

    def unsettled(self) -> str:
        """Why a broker's pod that is deleted now might not come back as it was, or an empty string."""

    def remove_pod(self, pod: str, uid: str, *, grace_seconds: int | None = None) -> None:
        """Delete the very pod that was read. Raises NotFound, Conflict when it is another one."""

    def evict_pod(self, pod: str, uid: str) -> bool:
        """Evict the very pod that was read; False when its budget allows none now."""

    def delete_settings(self) -> list[str]:
        """Delete the objects with settings of stages that nothing names any more; returns one name each."""

    def unused_settings(self) -> list[str]:
        """Those objects."""


class DirectCluster(Cluster, Protocol):
    """A cluster together with what writes it."""

    @property
    def by_operator(self) -> bool:
        """False: the collection carries the migration out."""

    @property
    def driver(self) -> Direct:
        """Its platform."""
