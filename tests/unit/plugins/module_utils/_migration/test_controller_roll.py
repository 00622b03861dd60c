# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules 1, 2 and 4 for restarts of controllers: which one goes next, and when none may go."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import all_voters, caught_up
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    controller_roll,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.roll_engine import OtherFirst
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Refused,
)

from tests.unit.plugins.module_utils.fakes import pod
from tests.unit.plugins.module_utils.scenes import cluster_with, facts, quorum


def test_voters_that_do_not_answer_are_voters() -> None:
    cluster = cluster_with()
    assert all_voters(cluster, quorum(voters={3000: 0, 3001: 0})) == [3000, 3001, 3002]
    assert all_voters(cluster_with(controller_facts={"x": facts()}), quorum(voters={3000: 0})) == [3000]
    assert caught_up(quorum(voters={1: 0, 2: 1, 3: 11, 4: -1})) == {1}, "what it lacks at a second look it lacks"


def controller_target(cluster: Any) -> Any:
    return controller_roll.ControllerRoll(cluster, "new", lambda _pod, _facts: "", lambda: None)


def test_no_controller_goes_unless_the_others_are_a_majority(seen: Any) -> None:
    """Rule 4: two voters of five that do not answer count against the majority."""
    ids = {3000 + n: f"kafka-kraft-{n}" for n in range(5)}
    five = ",".join(f"{number}@x:9093" for number in ids)
    cluster = cluster_with(
        controller_ids=ids,
        controller_facts={name: facts(controller_quorum_voters=five) for name in ids.values()},
        controller_pods={name: pod(name, uid=name) for name in ids.values()},
    )
    target = controller_target(cluster)
    seen[:] = [quorum(voters={3000: 0, 3001: 0, 3002: 0})]
    with pytest.raises(DeadlineExceeded) as raised:
        target.wait_until_safe("kafka-kraft-1", 0.0, lambda _text: None)
    assert (
        "without controller 3001 the caught-up voters [3000, 3001, 3002] are not a majority of [3000, 3001, 3002, 3003, 3004]"
        in (raised.value.message)
    )
    said: list[str] = []
    seen[:] = [quorum(voters={3000: 0, 3001: 0, 3002: 99}), quorum(voters=dict.fromkeys(ids, 0))]
    target.wait_until_safe("kafka-kraft-1", 5.0, said.append)
    assert len(said) == 1


def test_a_voter_that_falls_while_the_gates_are_read_stops_the_restart(seen: Any) -> None:
    """Rule 4: asked for the next one again, which waits for the majority as before."""
    target = controller_target(cluster_with())
    target.guard("kafka-kraft-1")
    seen[:] = [quorum(voters={3000: 0, 3001: 0})]
    with pytest.raises(OtherFirst):
        target.guard("kafka-kraft-1")


def test_followers_first_the_active_controller_last(seen: Any) -> None:
    """Rule 1: the first active controller without the flag comes as late as possible."""
    target = controller_target(cluster_with())
    assert target.next() == ("kafka-kraft-1", 3)
    seen[:] = [quorum(leader=3002)]
    assert target.next() == ("kafka-kraft-0", 3)
    # during an election nobody knows yet who goes last
    seen[:] = [quorum(leader=None), quorum(leader=3000)]
    assert target.next() == ("kafka-kraft-1", 3)
    target._left = {"kafka-kraft-2": "uid-2"}
    assert target.next() == ("kafka-kraft-2", 1)
    target._left = {}
    assert target.next() == (None, 0)


def test_a_controller_that_is_not_known_is_never_deleted(seen: Any) -> None:
    target = controller_target(cluster_with(controller_ids={}))
    with pytest.raises(Refused) as raised:
        target.guard("kafka-kraft-0")
    assert raised.value.code == "controllers-not-ready"


def test_a_controller_that_is_named_is_restarted_whatever_hash_it_has() -> None:
    """B11: its template was put back after it had started without the flag, so that its hash says nothing."""
    marks = {names.SETTINGS_HASH: "new"}
    cluster = cluster_with(controller_pods={"kafka-kraft-0": pod("kafka-kraft-0", annotations=marks, uid="seen")})
    target = controller_roll.ControllerRoll(cluster, "new", lambda *_: "", lambda: None, ["kafka-kraft-0"])
    assert not target.restarted(cluster.controller_pods["kafka-kraft-0"])
    assert target.restarted(pod("kafka-kraft-0", annotations=marks, uid="another"))


def test_a_controller_that_somebody_else_restarted_counts() -> None:
    assert controller_target(cluster_with()).restarted(pod("x", annotations={names.SETTINGS_HASH: "new"}, uid="new"))
