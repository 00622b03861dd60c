# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One task on one cluster: its options, the cluster, the journal, the lease of the run and the lock of the migration.

Private to the collection.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, cast

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, phases
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import journal as journals
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient, connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.config_maps import put_config_map
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.lease import RunLease, own_identity
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.rest import FIRST_PATIENCE
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    operator_status,
    status,
    support_bundle,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import LedCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.registry import open_cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    Ending,
    Forbidden,
    Interrupted,
    KraftError,
    Refused,
    Unreachable,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.redact import redact_text


def now() -> str:
    """Return the time in UTC as ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Run:
    """What an action works with. A context manager: closes the cluster's sessions."""

    def __init__(self, module: str, params: Mapping[str, Any], sub_phase: str, progress: Callable[[str], None]) -> None:
        self.module = module
        self.params = params
        self.sub_phase = sub_phase
        self.progress = progress
        self.check_mode = False
        #: whether the lock of the migration is known to be ours
        self.locked = False
        #: whether somebody else may hold the Lease, although we never gave it back
        self.lost = False
        self.started = time.monotonic()
        #: whether the Lease was given back and not taken again
        self._returned = False
        #: who we are while ansible-playbook lives; a worker that has outlived it could not tell any more
        self._holder = own_identity()

    def __enter__(self) -> Run:
        return self

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        if "opened" in self.__dict__:
            if isinstance(error, Interrupted):
                # an earlier task of this run may have taken it: no other run need wait for it
                self._hurry()
                self._release()
            self.opened.close()

    @cached_property
    def client(self) -> KubeClient:
        """The API client of this task; says so when a request has to be repeated for long."""
        client = connect(self.params)
        client.progress = self.progress
        return client

    @cached_property
    def opened(self) -> DirectCluster | LedCluster:
        """The cluster that the options name, whoever drives it."""
        return open_cluster(self.client, self.params)

    @property
    def leads(self) -> bool:
        """Whether an operator carries the migration out."""
        return self.opened.by_operator

    @property
    def cluster(self) -> DirectCluster:
        """The cluster, where the collection writes it by itself."""
        return cast("DirectCluster", self.opened)

    @property
    def led(self) -> LedCluster:
        """The cluster, where an operator leads."""
        return cast("LedCluster", self.opened)

    @property
    def journal(self) -> journals.Journal:
        """The journal as read in this task."""
        return self.opened.journal

    @cached_property
    def lease(self) -> RunLease:
        """The Lease of this ansible-playbook run."""
        name = str(self.params["cluster"])
        labels = {names.LABEL_CLUSTER: name, names.MANAGED_BY: names.MANAGER}
        return RunLease(self.client, str(self.params["namespace"]), names.lease_name(name), self._holder, labels)

    @contextmanager
    def exclusive(self, stop: Callable[[str], None]) -> Iterator[bool]:
        """Hold the Lease while an action changes something; call ensure_lock() in it before the first change.

        Yields True when the Lease was not ours before: another run may have gone on meanwhile, everything is read anew.
        On an error or an interruption the Lease is given back, so that a re-run need not wait; once the lock is ours it goes
        into the journal.
        """
        newly_held = self.lease.acquire(self.params["lock_timeout"], self.progress)
        self._returned = False
        self.lease.keep(lambda reason: self._lose(reason, stop))
        try:
            if newly_held and "opened" in self.__dict__:
                self.opened.changed()
                self.opened.changed(Part.JOURNAL)
            yield newly_held
        except BaseException as error:  # Ansible's own too: nobody is to wait for a Lease because of it
            if isinstance(error, Interrupted):
                self._hurry()
            if self.locked and not self.lost and isinstance(error, Ending):
                self._note_failure(error)
            self._release()
            raise
        finally:
            self.lease.stop()

    def give_back(self) -> None:
        """Give the Lease back, when no later task of this run needs it."""
        self._release()

    def _hurry(self) -> None:
        """Whoever stops a run does not wait for an API server that is away, and signals are ignored from now on."""
        self.client.patience = FIRST_PATIENCE

    def _lose(self, reason: str, stop: Callable[[str], None]) -> None:
        """Stop: the journal may be another run's by now."""
        self.lost = True
        stop(reason)

    def _release(self) -> None:
        """Give the Lease back, if it is ours and once only. That it cannot be given back does not hide why the run ends."""
        self.lease.stop()
        if self._returned:
            return
        try:
            self.lease.release()
            self._returned = True
        except Forbidden:
            return  # an account that may only read has taken none
        except KraftError as second:
            self.progress(f"the Lease could not be released: {second.message}")

    def check_names(self) -> None:
        """Raise Refused when the controllers' StatefulSet is somebody else's. Costs nothing: the StatefulSets are read anyway."""
        if not self.leads:
            self.cluster.driver.ownership.check_names()

    def check_ours(self) -> None:
        """Raise Refused, Conflict when another migration, controller or tool manages an object, or one was changed under us."""
        if self.leads:
            self.led.driver.check()
            return
        driver = self.cluster.driver.ownership
        driver.check_foreign()
        driver.check(self.journal.migration_id or driver.locked_by())
        self.cluster.driver.enforcement.check()

    def ensure_lock(self) -> bool:
        """Put the cr-lock annotation on every object that we manage; returns whether anything was written.

        Raises Refused, Conflict before anything is written when the objects are not ours to change.
        """
        self.check_ours()
        journal = self.journal
        before = (journal.migration_id, journal.lock_policy, journal.lock_why)
        if not journal.migration_id:
            locked_by = "" if self.leads else self.cluster.driver.ownership.locked_by()
            journal.migration_id = locked_by or uuid.uuid4().hex[:12]
            journal.started = journal.started or now()
            connect_string = self.opened.zookeeper_connect
            journal.zookeeper_connect = str(connect_string) if connect_string else ""
        if not self.leads or (journal.lock_policy and self.led.driver.locked()):
            self._enforce()  # where an operator leads, it is made with the request, and kept while the operator's lock is there
        if before != (journal.migration_id, journal.lock_policy, journal.lock_why):
            self.save_journal()
        if self.leads:  # the operator has a lock of its own
            self.locked = True
            return False
        written = self.cluster.driver.ownership.lock(journal.migration_id, self.lease.holder, now())
        self.locked = True
        return written

    def _enforce(self) -> None:
        """Have the lock enforced before it is taken; said once, and again when it changes."""
        journal = self.journal
        made = self.opened.driver.enforcement.enforce(journal.migration_id, self.progress)
        changed = (made.policy, made.why) != (journal.lock_policy, journal.lock_why)
        if changed and self.params["lock_enforcement"] != "annotation":
            self.progress(f"the lock is enforced by {made.text}")
        journal.lock_policy, journal.lock_why = made.policy, made.why

    def unlock(self, *, over: bool = False) -> None:
        """Take the lock off, and what enforces it. ``over``: the migration has ended."""
        self.cluster.driver.ownership.unlock(over=over)
        self.journal.lock_policy = self.journal.lock_why = ""

    def record(self, what: str, **details: Any) -> None:
        """Add an event of this sub-phase to the journal and store it."""
        known = phases.BY_NAME.get(self.sub_phase)
        phase = known.phase if known else ""
        seconds = round(time.monotonic() - self.started, 2)
        self.journal.add(now(), phase, self.sub_phase, what, seconds=seconds, by=self.lease.holder, **details)
        self.save_journal()

    def will_make(self, stage: str, secrets: Sequence[str]) -> None:
        """Record the names of Secrets before they are made: they are never listed, and a killed run must not leave passwords behind."""
        if secrets:
            self.record("begun", stage=stage, objects=[f"Secret/{name}" for name in secrets])

    def end_phase(self, phase: str, event: str, **details: Any) -> None:
        """Record the end of a phase and give the Lease back."""
        self.journal.add(now(), phase, event, event, by=self.lease.holder, **details)
        self.save_journal()
        self.lease.stop()
        self.lease.release()

    def save_journal(self) -> None:
        """Store the journal (we hold the Lease: nobody else writes it)."""
        labels = {names.LABEL_CLUSTER: self.opened.name, names.MANAGED_BY: names.MANAGER}
        name, data = names.journal_name(self.opened.name), journals.dump(self.journal)
        put_config_map(self.client, self.opened.namespace, name, labels, data)

    def _note_failure(self, error: Ending) -> None:
        try:
            self.record("failed", failed=True, error=redact_text(error.message), code=error.code)
        except (KraftError, Conflict) as second:
            self.progress(f"the journal could not be written: {second.message}")

    def note(self, error: Ending) -> None:
        """Write down a failure beside a change (a wait that ran out, a read that failed) and give the Lease back.

        Only a run that holds the Lease does: nobody else writes the journal then. A refusal is no failure.
        """
        if self.check_mode or isinstance(error, (Refused, Forbidden)):
            return
        if isinstance(error, Unreachable) and not self.client.requests_made:
            return  # nobody to ask: the wrong address has been waited for once
        if isinstance(error, Interrupted):
            self._hurry()
        try:
            ours = self.lease.is_ours()
        except KraftError as second:
            self.progress(f"the journal could not be written: {second.message}")
            return
        if ours:
            self._note_failure(error)
            self._release()

    def status(self) -> dict[str, Any]:
        """Where the cluster is, as plain data."""
        return operator_status.status(self.led) if self.leads else status.status(self.cluster)

    def patches(self) -> list[dict[str, Any]]:
        """What the migration changed, for the manifests in the user's repository. Raises KraftError, Unsupported."""
        if self.leads:
            return [dict(item) for item in self.led.driver.exports()]
        return self.cluster.driver.patches()

    def bundle(self, error: KraftError) -> None:
        """Write a support bundle and name it in the error's detail; a bundle that cannot be written only gives a line."""
        failure = {"sub_phase": self.sub_phase, "time": now(), "message": error.message, "code": error.code}
        stamp = now().replace(":", "").replace("-", "").partition(".")[0]
        try:
            error.detail["support_bundle"] = support_bundle.write(
                self.opened, self.status, self.params["support_dir"], stamp, failure
            )
        except (KraftError, OSError) as second:
            self.progress(f"the support bundle could not be written: {second}")
