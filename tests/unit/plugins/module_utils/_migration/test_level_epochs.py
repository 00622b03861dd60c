# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 12: what is behind is levelled before brokers take over, what moves is looked at again, what cannot be is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import parity
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import Image
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.partition_epochs import Epochs
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import level_epochs
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.quorum_removal import Evidence
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    Forbidden,
    Interrupted,
    KraftError,
    Refused,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import handover, levelling
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.levelling import Raised

from tests.unit.plugins.module_utils.fakes import PARAMS
from tests.unit.plugins.module_utils.scenes import cluster_with

P, Q = ("t", 0), ("t", 1)
LEVEL, BEHIND = Epochs(), Epochs({P: 2, Q: 1})
TOLD = "2 partitions: ZooKeeper's version raised to KRaft's partition epoch, by 3 writes"


class Scene:
    """What each look shows, the last one for ever, and what becomes of each raising, all well at the end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *looks: Any, **params: Any) -> None:
        self.cluster: Any = cluster_with(params={**PARAMS, **params}, zookeeper="session")
        self.evidence, self.said = Evidence(), list[str]()
        self.looks = list(looks)
        self.raised: list[dict[Any, int]] = []
        self.ends: list[Any] = []
        self.copied, self.written = True, False
        monkeypatch.setattr(parity, "PAUSE", 0.0)
        monkeypatch.setattr(parity, "partition_epochs", lambda _cluster: self._say(self.looks))
        monkeypatch.setattr(levelling, "raise_versions", self._raise)
        monkeypatch.setattr(levelling, "written_since", lambda _session, zxid: zxid == 7 and self.written)
        monkeypatch.setattr(handover, "read_heads", lambda _session: SimpleNamespace(copied=self.copied))

    def _say(self, answers: list[Any]) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _raise(self, session: Any, wanted: dict[Any, int], _tell: Any) -> Any:
        assert session == "session"
        self.raised.append(dict(wanted))
        return self._say(self.ends) if self.ends else Raised(len(wanted), sum(wanted.values()), False)

    def level(self, epochs: Epochs | None) -> dict[str, int]:
        level_epochs.level(self.cluster, self.evidence, epochs, self.said.append)
        return self.evidence.raised_versions


def test_what_the_comparison_has_seen_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch)
    assert scene.level(BEHIND) == {"partitions": 2, "writes": 3}
    assert (scene.said, scene.evidence.notes) == ([TOLD], [TOLD])
    assert Scene(monkeypatch).level(LEVEL) == {"partitions": 0, "writes": 0}


def test_without_a_comparison_it_is_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, BEHIND)
    assert scene.level(None) == {"partitions": 2, "writes": 3}


def test_what_moves_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, Epochs({Q: 1}))
    assert scene.level(Epochs({P: 1}, {Q: 2})) == {"partitions": 2, "writes": 2}
    assert scene.raised == [{P: 1}, {Q: 1}], "one that moves is not believed"
    assert scene.said[0] == "partitions changed at look 1 at their epochs: looking again"


def test_what_changed_under_our_hands_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, Epochs({P: 1}))
    scene.ends = [Raised(1, 2, True)]
    assert scene.level(Epochs({P: 2})) == {"partitions": 2, "writes": 3}
    assert scene.raised == [{P: 2}, {P: 1}]


def test_what_moves_for_ever_is_raised_by_what_was_seen_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a difference between both stores was accepted."""
    moving = Epochs({}, {P: 1, Q: -1})
    scene = Scene(monkeypatch, moving, moving)
    assert scene.level(moving) == {"partitions": 1, "writes": 1}
    assert scene.raised == [{}, {}, {P: 1}]
    assert "partitions kept changing" in scene.evidence.notes[0]


@pytest.mark.parametrize(
    "error", [Forbidden("znode /x has an ACL", code="zookeeper-acl"), Conflict("/x changed again and again")]
)
def test_what_cannot_be_written_is_refused_or_accepted_by_name(monkeypatch: pytest.MonkeyPatch, error: Any) -> None:
    scene = Scene(monkeypatch)
    scene.ends = [error]
    with pytest.raises(Refused, match=r"could not be raised .*: (znode )?/x .*=rollback-epochs-behind") as refused:
        scene.level(BEHIND)
    assert refused.value.code == "rollback-epochs-behind"
    scene = Scene(monkeypatch, accept=["rollback-epochs-behind"])
    scene.ends = [error]
    assert scene.level(BEHIND) == {"partitions": 0, "writes": 0}
    assert scene.evidence.notes[0].startswith("accepted by name: ZooKeeper's version of partitions could not be raised")


@pytest.mark.parametrize("error", [Forbidden("pods/exec is not allowed"), Interrupted("stopped by SIGINT")])
def test_what_is_no_matter_of_the_znodes(monkeypatch: pytest.MonkeyPatch, error: Any) -> None:
    scene = Scene(monkeypatch, error, accept=["rollback-epochs-behind"])
    with pytest.raises(type(error)):
        scene.level(None)


def test_with_what_was_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch)
    level_epochs.level_compared(scene.cluster, scene.evidence, None, scene.said.append)
    assert "could not be read" in scene.evidence.notes[0]
    level_epochs.level_compared(
        scene.cluster, scene.evidence, parity.Parity(Image(), (), {}, BEHIND), scene.said.append
    )
    assert scene.raised == [dict(BEHIND.behind)]


@pytest.mark.parametrize(
    ("ahead", "written", "looks"),
    [({"level_at": 7}, False, 0), ({"level_at": 7}, True, 1), ({"level_at": None}, False, 1), ({}, False, 1)],
)
def test_a_comparison_ahead_holds_only_while_no_partition_is_written(
    monkeypatch: pytest.MonkeyPatch, ahead: dict[str, Any], written: bool, looks: int
) -> None:
    """Brokers that the operator has restarted since may have made others fall behind."""
    scene = Scene(monkeypatch, BEHIND)
    scene.written = written
    level_epochs.level_again(scene.cluster, scene.evidence, ahead, scene.said.append)
    assert len(scene.raised) == looks


def test_what_a_comparison_ahead_leaves_behind() -> None:
    def found(epochs: Epochs) -> parity.Parity:
        return parity.Parity(Image(), (), {}, epochs)

    assert level_epochs.level_at(found(LEVEL), 7) == 7
    for none in (None, found(BEHIND), found(Epochs({}, {P: -1}))):
        assert level_epochs.level_at(none, 7) is None


def test_check_mode_says_what_it_would(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, BEHIND, LEVEL, KraftError("no controller answers"))
    assert level_epochs.would(scene.cluster) == (
        "; 2 partitions: ZooKeeper's version would be raised to KRaft's partition epoch, by 3 writes"
    )
    assert level_epochs.would(scene.cluster) == "; no partition is behind in ZooKeeper"
    assert level_epochs.would(scene.cluster).endswith("could not be read: no controller answers")
    scene.copied = False
    assert level_epochs.would(scene.cluster) == ""
    assert scene.raised == []
