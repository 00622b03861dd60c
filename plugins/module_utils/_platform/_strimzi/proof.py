# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof that both stores are written, looked for on the way forward; and the brake when the operator goes on without it.

Private to the collection. Strimzi takes the gauge of one controller for the end of the copy. Controllers that start on the volumes of an earlier
attempt have it at MIGRATION from their old log, copy nothing, and the operator restarts the brokers into KRaft mode with old metadata (seen
with 0.45.2: topics made since become stray folders). What proves the copy is ZooKeeper alone: ``/migration`` with an offset above 0, and
``/controller`` in the hands of a KRaft controller.

The gauge contradicts ZooKeeper the other way round where ``/migration`` is left of an earlier attempt: controllers with an empty log take it for
their own copy, wait until their log is as long, and delete every topic in ZooKeeper then (seen with Kafka 3.9.2). Strimzi waits.

The brake is a pause while the first roll runs. It cannot be taken off to go on forward, since Strimzi forgets its state when it sees one; what
follows it is a rollback. It keeps the operator from its next pass, not from the one under way, so that the gauge is compared with ZooKeeper then.
From KRaftDualWriting on brokers may run in KRaft mode, and Strimzi needs its state to take them back: there the brake is the request for that.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.exec import run_read_only
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import asking, pod_sets, states
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.cluster import StrimziCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.following import Shown
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import handover
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.handover import Heads

Obj = Mapping[str, Any]
CODE = "operator-copy-unproved"
#: seconds between two looks at ZooKeeper, and at a controller's gauge: an exec each
EVERY, EVERY_GAUGE = 2.0, 5.0
#: seconds for which the gauge may be ahead of ZooKeeper: Kafka writes its record before /migration
GRACE = 10.0
#: the same once the operator has said KRaftDualWriting: it begins to restart brokers within seconds
GRACE_DUAL = 2.0
#: what the brake does, by whether it is a pause
BRAKES = {
    True: "Reconciliation was paused, so that Strimzi restarts none of them in its next pass",
    False: "Strimzi was asked to go back: it ends the pass that is under way, and takes the brokers back in its next one",
}
#: value of the gauge ZkMigrationState that the operator takes for the end of the copy
MIGRATION = 1
#: seconds for one answer of it
AGENT_SECONDS = 10.0
#: what the operator asks, inside the pod and without TLS
AGENT = ("curl", "-s", "--max-time", "5", "http://localhost:8080/v1/kraft-migration/")


def gauge_of(text: str) -> int | None:
    """The gauge in an answer of the agent, None for anything else."""
    try:
        found = json.loads(text)["state"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, int) else None


def told(heads: Heads) -> str:
    """What ZooKeeper shows, for a person."""
    holder = heads.controller
    held = (
        "nobody holds /controller"
        if holder is None
        else f"{'KRaft node' if holder.is_kraft else 'broker'} {holder.broker_id} holds /controller"
    )
    offset = "is absent" if heads.migration is None else f"has offset {heads.migration.offset}"
    return f"{held}, /migration {offset}"


class Proof:
    """Looks at ZooKeeper while the operator copies and goes on, until both stores are seen to be written."""

    def __init__(self, cluster: StrimziCluster, tell: Callable[[str], None]) -> None:
        self._cluster, self._tell = cluster, tell
        self._proved = False
        self._text = ""
        self._looked = self._asked = float("-inf")
        self._against: float | None = None
        self._stale: float | None = None
        self._read: int | None = None
        self._says = ""

    def look(self, shown: Shown) -> str:
        """Return what ZooKeeper shows, "" where it is not looked at. Raises KraftError (operator-copy-unproved, operator-paused)."""
        kafka = shown.kafka
        if kafka is None or states.turned(kafka):
            return ""
        if states.stands_paused(kafka) and res.asked(kafka) == res.MIGRATION:
            raise KraftError(
                f"reconciliation of Kafka {res.where(kafka)} is paused ({res.PAUSE}): nothing goes on, and Strimzi has forgotten where its migration was. "
                "Do not take the pause off; run status.yml, then rollback.yml",
                code="operator-paused",
            )
        state = states.state_of(kafka)
        if self._proved or state not in (states.MIGRATING, states.DUAL_WRITING) or res.asked(kafka) != res.MIGRATION:
            return self._text if state in (states.MIGRATING, states.DUAL_WRITING) else ""
        now = time.monotonic()
        if now - self._looked >= EVERY:
            self._looked = now
            self._look_again(shown, kafka, state, now)
        return self._text

    def _look_again(self, shown: Shown, kafka: Obj, state: str, now: float) -> None:
        try:
            heads = handover.read_heads(self._cluster.zookeeper)
        except Forbidden:
            raise
        except KraftError as error:
            self._text = f"whether both stores are written could not be read: {error.message}"
            return
        if heads.copied:
            self._shown_as_copied(shown, heads, now)
            return
        self._text = told(heads)
        grace = GRACE_DUAL if state == states.DUAL_WRITING else GRACE
        over = self._against is not None and now - self._against >= grace
        if state != states.DUAL_WRITING and self._gauge(shown, now, anew=over) != MIGRATION:
            self._against = None
        elif self._against is None:
            self._against = now
        elif over:
            self._brake(kafka, state)

    def _shown_as_copied(self, shown: Shown, heads: Heads, now: float) -> None:
        """ZooKeeper shows a copy; the gauge contradicts it for long when ``/migration`` is of an earlier attempt. One that is silent does not."""
        over = self._stale is not None and now - self._stale >= GRACE
        found = self._gauge(shown, now, anew=over)
        if found in (None, MIGRATION):
            self._stale, self._proved, self._text = None, found == MIGRATION, "both stores are written"
            return
        self._text = f"{told(heads)}, and the gauge of the controllers says that nothing was copied"
        if self._stale is None:
            self._stale = now
        elif over:
            raise KraftError(
                "/migration says that the copy is done, and the gauge of the controllers that none was made: it is left of an earlier attempt. The "
                "brokers know of no topic meanwhile, and as soon as the controllers' log is as long as the earlier one, they delete in ZooKeeper what "
                "they do not have: everything. Run rollback.yml now, which deletes the controllers and both znodes",
                code=CODE,
            )

    def _gauge(self, shown: Shown, now: float, *, anew: bool) -> int | None:
        """What a controller's gauge says, None when none answers; asked every few seconds, and before anything is concluded of it."""
        if now - self._asked < EVERY_GAUGE and not anew:
            return self._read
        self._asked, self._read = now, None
        for name, pod in shown.pods.items():
            if not pod_sets.is_of_controllers(pod):
                continue
            try:
                answer = run_read_only(
                    self._cluster.client,
                    self._cluster.namespace,
                    name,
                    AGENT,
                    container=res.CONTAINER,
                    timeout=AGENT_SECONDS,
                )
            except Forbidden:
                raise
            except KraftError:
                continue
            found = gauge_of(answer.stdout)
            if found is not None:
                self._says, self._read = f"the gauge of {name} says that the copy is done", found
                return found
        return None

    def _brake(self, kafka: Obj, state: str) -> None:
        """Keep the operator from going on in its next pass, and say why."""
        how = asking.brake(self._cluster)
        says = self._says if state == states.MIGRATING else f"the operator says {state}"
        raise KraftError(
            f"{says}, and ZooKeeper shows that it is not: {self._text}. The controllers run on an old log, and brokers that were restarted in KRaft "
            f"mode now would lose what was written since. {BRAKES[how == res.PAUSE]} ({how}); "
            "do not change that: run rollback.yml, which deletes the controllers and their volumes",
            code=CODE,
        )
