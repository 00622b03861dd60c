# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leaders after a roll where they were before it: the broker that was restarted last leads nothing until somebody elects it.

Private to the collection. Kafka does it itself where auto.leader.rebalance.enable is on, its default, within five minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rolling
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import is_true, value_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.leaders import BY_HAND, elect_preferred
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.broker_roll import replicas_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.following import (
    kraft_is_controller,
    wait_current,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError

REBALANCE, INTERVAL = "auto.leader.rebalance.enable", "leader.imbalance.check.interval.seconds"
#: share of the partitions from which on leaders count as preferred: what Kafka's own balancing lets pass (10 per cent)
NEARLY = 0.9
#: seconds for the tool, which starts a JVM; and for ZooKeeper to have what it did
TOOL, FOLLOWS = 180.0, 30.0


@dataclass(frozen=True)
class Leaders:
    """How many partitions are led by their preferred replica."""

    preferred: int
    partitions: int

    @property
    def share(self) -> float:
        """Between 0 and 1; 1 where there are no partitions."""
        return self.preferred / self.partitions if self.partitions else 1.0

    def __str__(self) -> str:
        return f"{self.preferred} of {self.partitions}"


def before(cluster: DirectCluster, left: Collection[str]) -> Leaders:
    """Return what the leaders are before a roll, of the partitions whose preferred replica is one of the pods ``left`` to restart.

    The others tell nothing: they may have been restarted by a run that was interrupted.
    """
    ids = {broker for broker, pod in cluster.pod_of_broker.items() if pod in left}
    return Leaders(*rolling.preferred(replicas_of(cluster), ids))


def put_back(cluster: DirectCluster, were: Leaders, progress: Callable[[str], None]) -> dict[str, Any]:
    """Elect the preferred leaders after a roll, where they were the leaders before and the cluster does not do so by itself.

    Returns plain data for the result, with one sentence as ``msg``. Never raises KraftError: a cluster whose leaders are
    somewhere else serves all the same.
    """
    after = were
    try:
        after = Leaders(*rolling.preferred(replicas_of(cluster)))
        said, elected = _put_back(cluster, were, after, progress)
    except KraftError as error:
        said, elected = f"preferred leaders were not elected: {error.message}; run {BY_HAND}", False
    progress(said)
    return {"msg": said, "elected": elected, "before": vars(were), "after": vars(after)}


def _put_back(
    cluster: DirectCluster, were: Leaders, after: Leaders, progress: Callable[[str], None]
) -> tuple[str, bool]:
    if after.share >= NEARLY:
        return f"{after} partitions are led by their preferred replica", False
    if were.share < NEARLY:
        return f"{after} partitions are led by their preferred replica, {were} were before: left unchanged", False
    settings = _deciding(cluster)
    if is_true(settings, REBALANCE, True):
        seconds = value_of(settings, INTERVAL) or "300"
        text = f"{after} partitions are led by their preferred replica; the cluster itself moves the others back every {seconds} s"
        return f"{text} ({REBALANCE})", False
    progress(f"{after} partitions are led by their preferred replica, {were} were before: electing the preferred ones")
    pod, facts = next(iter(known(cluster.facts).items()))
    failed = ""
    try:
        elect_preferred(cluster.client, cluster.namespace, pod, cluster.container, facts, TOOL)
    except KraftError as error:
        failed = error.message
    wait_current(cluster, FOLLOWS, progress)
    now = Leaders(*rolling.preferred(replicas_of(cluster)))
    text = f"{now} partitions are led by their preferred replica after an election, {after} were before it"
    return text + (f"; it failed in part: {failed}; run {BY_HAND}" if failed else ""), True


def _deciding(cluster: Cluster) -> Mapping[str, str]:
    """The settings of whoever would balance leaders: a KRaft controller, or the broker that is controller."""
    if kraft_is_controller(cluster):
        for facts in known(cluster.controller_facts).values():
            return facts.settings
    return cluster.effective
