# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The topic of a check: made, worked with by tools in the brokers' pods, and removed whatever happens.

Private to the collection. Safety rule 13 of docs/architecture.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import partitions
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import is_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import cluster_check
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.cluster_check import LEFT, NOT_SERVED, Wanted
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown, known
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.topic_tools import BrokerPod
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations.waiting import until
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Interrupted,
    KraftError,
    NotFound,
    Unreachable,
)

Result = TypeVar("Result")
#: seconds for a tool, which starts a JVM
TOOL = 120.0
#: seconds for the removal when the run is stopped, which then goes on in the pod by itself
HURRY = 1.0
#: seconds for the topic to appear, and to go
APPEARS = 60.0


class OwnTopic:
    """The topic, and the brokers' pods that tools can run in.

    :ivar name: of the topic, which nobody else has.
    :ivar zookeeper: whether the partitions are read in ZooKeeper.
    :ivar avoided: the pod that is deleted: no tool runs in it.
    """

    def __init__(self, cluster: Cluster, progress: Callable[[str], None]) -> None:
        self._cluster, self._progress = cluster, progress
        self.name = cluster_check.PREFIX + "".join(
            secrets.choice(cluster_check.LETTERS) for _index in range(cluster_check.LENGTH)
        )
        self.zookeeper = False
        self.avoided = ""

    @contextmanager
    def made(self, asked: Wanted) -> Iterator[None]:
        """Make the topic, and remove it whatever happens. A run that is stopped has no time to wait for that, and says what may be left.

        Raises KraftError with a code of the check.
        """
        try:
            self._progress(f"making topic {self.name} with {asked.text}")
            self.tool(lambda broker: broker.create(self.name, asked, TOOL))
            yield
        except Interrupted:
            self.abandon()
            raise
        except KraftError as error:
            left = self._remove()
            text = f"{error.message}; {left}" if left else error.message
            raise type(error)(text, code=error.code or NOT_SERVED, detail=error.detail) from error
        except BaseException:
            left = self._remove()
            if left:
                self._progress(left)
            raise
        left = self._remove()
        if left:
            raise KraftError(left, code=LEFT)

    def brokers(self) -> Iterator[BrokerPod]:
        """The brokers that run, but for the one whose pod is deleted."""
        cluster = self._cluster
        for pod, facts in known(cluster.facts).items():
            if pod != self.avoided and pod in cluster.pods and is_ready(cluster.pods[pod]):
                yield BrokerPod(cluster.client, cluster.namespace, pod, cluster.container, facts)

    def broker(self) -> BrokerPod:
        """The first of them. Raises KraftError when there is none."""
        found = next(self.brokers(), None)
        if found is None:
            raise KraftError(
                f"no broker of {self._cluster.namespace}/{self._cluster.name} is Ready whose pod could run Kafka's tools",
                code=NOT_SERVED,
            )
        return found

    def tool(self, call: Callable[[BrokerPod], Result]) -> Result:
        """Run a tool in a broker's pod; in another one when that pod cannot be reached. Raises KraftError."""
        failed: KraftError | None = None
        for broker in self.brokers():
            try:
                return call(broker)
            except (Unreachable, NotFound) as error:
                failed = error
            except DeadlineExceeded as error:
                raise DeadlineExceeded(error.message, code=NOT_SERVED) from error
        if failed is not None:
            raise failed
        return call(self.broker())

    def _remove(self) -> str:
        """Remove the topic and wait until it is gone; returns what is left, or an empty string."""
        why = ""
        for broker in self.brokers():
            try:
                broker.remove(self.name, TOOL)
                until(self._still_there, min(APPEARS, self._cluster.params["wait_timeout"]), self._progress, LEFT)
                return ""
            except KraftError as error:
                why = error.message
        return f"topic {self.name} may be left ({why or 'no broker runs'}); remove it by {cluster_check.by_hand(self.name)}"

    def abandon(self) -> None:
        """Have the topic removed without waiting for it: the tool ends in its pod by itself."""
        try:
            broker = next(self.brokers(), None)
            if broker is not None:
                broker.remove(self.name, HURRY)
        except KraftError as error:
            self._progress(f"the removal of topic {self.name} was not waited for: {error.message}")
        self._progress(f"topic {self.name} may be left; remove it by {cluster_check.by_hand(self.name)}")

    def _still_there(self) -> str:
        found = partitions.read(self._cluster, zookeeper=self.zookeeper)
        if isinstance(found, Unknown):
            return found.why
        return f"topic {self.name} is still there" if cluster_check.of_topic(found, self.name) else ""
