# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every replica is in sync before the quorum goes: it is waited for, and said when it does not come."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import in_sync
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import waits


class Stores:
    """What ZooKeeper shows, one look after the other; each ISR is that of topic orders, whose replicas are 0, 1 and 2."""

    def __init__(self, *looks: dict[int, tuple[int, ...] | None]) -> None:
        self.looks = list(looks)
        self.zookeeper = object()

    def read_partitions(self) -> Any:
        isr = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        behind = [("orders", number) for number, ids in isr.items() if ids is None or set(ids) != {0, 1, 2}]
        states = {("orders", number): SimpleNamespace(isr=ids) for number, ids in isr.items() if ids is not None}
        topics = {"orders": SimpleNamespace(partitions=dict.fromkeys(isr, (2, 1, 0)))}
        return SimpleNamespace(under_replicated=tuple(behind), states=states, topics=topics)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []
    monkeypatch.setattr(waits, "wait_in_sync", lambda _session, want, **_options: found.append(dict(want)))
    return found


def test_nothing_is_waited_for_when_all_are_in_sync(asked: list[Any]) -> None:
    said: list[str] = []
    assert in_sync.wait(Stores({0: (0, 1, 2)}), 10, said.append) == ""  # type: ignore[arg-type]
    assert (asked, said) == ([], [])


def test_each_replica_is_waited_for(asked: list[Any]) -> None:
    said: list[str] = []
    stores = Stores(
        {0: (0, 1), 1: (1,), 2: (0, 1, 2), 3: None}, {0: (0, 1, 2), 1: (1, 2), 3: (0, 1, 2)}, {0: (0, 1, 2)}
    )
    assert in_sync.wait(stores, 10, said.append) == ""  # type: ignore[arg-type]
    assert asked == [{("orders", 0): 2, ("orders", 1): 2, ("orders", 3): 2}, {("orders", 1): 0}]
    assert "3 partitions are under-replicated: orders-0, orders-1, orders-3" in said[0]


def test_what_does_not_come_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_arguments: Any, **_options: Any) -> None:
        raise DeadlineExceeded("orders-0 (leader 1) still misses broker 2")

    monkeypatch.setattr(waits, "wait_in_sync", late)
    assert "misses broker 2" in in_sync.wait(Stores({0: (0, 1)}), 10, print)  # type: ignore[arg-type]
    assert "orders-0" in in_sync.wait(Stores({0: (0, 1)}), 0, print)  # type: ignore[arg-type]
