# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brokers as a roll target whose ISRs, and what is waited for, a test decides."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rolling import Replicas
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    broker_roll,
    following,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
)

from tests.unit.plugins.module_utils.fakes import PARAMS
from tests.unit.plugins.module_utils.scenes import cluster_with, facts, quorum


class Session:
    """A ZooKeeper of which only single znodes are read."""

    def __init__(self, **znodes: Any) -> None:
        self.znodes = znodes

    def get(self, path: Any) -> Any:
        return self.znodes.get(path)


def broker_target(
    monkeypatch: Any, partitions: Any, *, accept: Any = (), cluster: Any = None, handed_over: bool = False
) -> Any:
    cluster = cluster or cluster_with(params={**PARAMS, "accept": list(accept)})
    cluster.zookeeper = Session(
        **{"/controller": SimpleNamespace(ephemeral=True, data=b'{"brokerid":0,"version":1}', mtime_ms=1)}
    )
    monkeypatch.setattr(
        broker_roll,
        "replicas_of",
        lambda _cluster, _broker=None: partitions.pop(0) if len(partitions) > 1 else partitions[0],
    )
    waited = []
    monkeypatch.setattr(broker_roll, "wait_in_sync", lambda _session, want, **_: waited.append(want))
    hashes = {"uid-kafka": "new"}
    target = broker_roll.BrokerRoll(
        cluster, hashes, lambda _pod, _facts: "", lambda: None, registers=True, handed_over=handed_over
    )
    return target, waited


def isr(*replicas: Any, min_isr: Any = 2) -> Any:
    return {("t", 0): Replicas(replicas, (0, 1, 2), min_isr)}


def follows(monkeypatch: Any, target: Any, *standing: int) -> list[tuple[int, float]]:
    """KRaft is active and has committed up to 90 000; ZooKeeper is waited for that often in vain. Returns what was waited for."""
    target.cluster.zookeeper.znodes["/controller"].ephemeral = False
    waits: list[tuple[int, float]] = []
    left = list(standing)

    def written(_session: Any, offset: int, *, timeout: float, progress: Any) -> None:
        waits.append((offset, timeout))
        if left:
            progress(text := f"ZooKeeper has the metadata up to offset {left.pop(0)}")
            raise DeadlineExceeded(text)

    monkeypatch.setattr(following, "wait_written", written)
    monkeypatch.setattr(following, "read_quorum", lambda _cluster: dataclasses.replace(quorum(), high_watermark=90_001))
    return waits


def back(monkeypatch: Any, wrong: str = "") -> Any:
    """A broker that has just been restarted; what is waited for is noted."""
    target, waited = broker_target(monkeypatch, [isr(0, 1, 2)], cluster=cluster_with(container="kafka"))
    target._registers = False
    target._wrong = lambda _pod, _facts: wrong
    monkeypatch.setattr(broker_roll, "_assigned", lambda _cluster, _broker: [("t", 0), ("u", 3)])
    monkeypatch.setattr(
        broker_roll, "wait_in_sync", lambda _session, want, **_: waited.append(want) or SimpleNamespace(happened_ms=7)
    )
    monkeypatch.setattr(broker_roll, "pod_facts", lambda *_: facts(broker_id="0"))
    return target, waited
