# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Lease of a run: taken, waited for, kept, lost and given back."""

from __future__ import annotations

import copy
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import lease, rest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import LEASE
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.lease import RunLease
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict, Refused, Unreachable

from tests.unit.plugins.module_utils.fakes import FakeClient

ME = "me@here:1:2"

ALIEN = "ann@laptop:77:123"


def stamp(seconds: Any = 0.0) -> Any:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def held(holder: Any = ALIEN, renewed: Any = 0.0, duration: Any = 60) -> Any:
    spec = {"holderIdentity": holder, "leaseDurationSeconds": duration, "acquireTime": "2026-01-01T00:00:00.000000Z"}
    if renewed is not None:
        spec["renewTime"] = stamp(renewed)
    return {"kind": "Lease", "metadata": {"name": "l", "namespace": "n"}, "spec": spec}


def leased(*items: Any, holder: Any = ME) -> Any:
    client: Any = FakeClient(*items)
    return RunLease(client, "n", "l", holder), client


def holder_of(client: Any) -> Any:
    return client.get(LEASE, "l", "n")["spec"]["holderIdentity"]


def silent(_text: Any) -> None:
    """Nobody listens."""


def test_a_free_lease_is_taken() -> None:
    mine, client = leased()
    mine.acquire(0, silent)
    spec = client.get(LEASE, "l", "n")["spec"]
    assert spec["holderIdentity"] == ME
    assert spec["leaseDurationSeconds"] == lease.DURATION
    assert spec["acquireTime"] == spec["renewTime"]


def test_our_own_lease_is_renewed_and_keeps_its_beginning() -> None:
    mine, client = leased(held(ME))
    mine.acquire(0, silent)
    spec = client.get(LEASE, "l", "n")["spec"]
    assert spec["acquireTime"] == "2026-01-01T00:00:00.000000Z" < spec["renewTime"]


@pytest.mark.parametrize(
    "found",
    [
        held(holder=""),
        held(holder=f"me@{socket.gethostname()}:{2**22 + 1}:5-{lease.machine()}"),
        {"kind": "Lease", "metadata": {"name": "l", "namespace": "n"}},
    ],
    ids=["given back", "dead holder on this machine", "empty"],
)
def test_a_lease_that_nobody_holds_any_more_is_taken_at_once(found: Any) -> None:
    mine, client = leased(found)
    mine.acquire(0, silent)
    spec = client.get(LEASE, "l", "n")["spec"]
    assert spec["holderIdentity"] == ME
    assert spec["acquireTime"] != "2026-01-01T00:00:00.000000Z"


def test_an_alien_is_refused_with_who_and_since_when() -> None:
    mine, client = leased(held())
    with pytest.raises(Refused) as raised:
        mine.acquire(0, silent)
    assert raised.value.code == "lock-held"
    assert raised.value.message.startswith(
        f"{ALIEN} has been migrating this cluster since 2026-01-01T00:00:00.000000Z (Lease n/l); wait for that run"
    )
    assert raised.value.detail == {"holder": ALIEN, "since": "2026-01-01T00:00:00.000000Z"}
    assert holder_of(client) == ALIEN
    assert client.calls == []


@pytest.mark.parametrize("renewed", [0, -100, 3600, None], ids=["now", "long ago", "tomorrow", "never"])
def test_an_alien_is_waited_out_visibly_for_one_duration_of_our_own(renewed: Any) -> None:
    """Whatever its holder's clock says: it runs out when we have seen it unchanged for its duration."""
    mine, client = leased(held(renewed=renewed, duration=1))
    said: list[str] = []
    begin = time.monotonic()
    mine.acquire(30, said.append)
    assert 1.0 <= time.monotonic() - begin < 4.0
    assert holder_of(client) == ME
    assert said == [
        f"waiting for the run of {ALIEN} (since 2026-01-01T00:00:00.000000Z); its Lease expires in 1 s unless renewed"
    ]


def test_a_lease_that_seems_to_be_over_is_worth_its_duration(monkeypatch: Any) -> None:
    """With a short kraft_lock_timeout nobody could ever take over from a run that is dead elsewhere."""
    monkeypatch.setattr(lease, "CHECK_EVERY", 0.05)
    mine, client = leased(held(renewed=-5, duration=1))
    begin = time.monotonic()
    mine.acquire(0, silent)
    assert time.monotonic() - begin >= 1.0
    assert holder_of(client) == ME


@pytest.mark.parametrize("behind", [-95.0, 0.0, 95.0], ids=["slow clock", "same clock", "fast clock"])
def test_an_alien_that_renews_is_not_overtaken(monkeypatch: Any, behind: float) -> None:
    """It renews just now, by whatever clock: a slow one does not make it a dead one."""
    monkeypatch.setattr(lease, "CHECK_EVERY", 0.05)
    mine, client = leased(held(renewed=behind, duration=1))
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(0.3):
            client.put(held(renewed=behind, duration=1))

    renewing = threading.Thread(target=renew)
    renewing.start()
    begin = time.monotonic()
    try:
        with pytest.raises(Refused):
            mine.acquire(2, silent)
    finally:
        ended.set()
        renewing.join()
    assert holder_of(client) == ALIEN
    assert 1.5 < time.monotonic() - begin < 4.0


def test_a_lease_that_its_holder_does_not_date_seems_to_be_over() -> None:
    for spec in ({}, {"renewTime": "soon"}, {"renewTime": None}, {"renewTime": "2026-01-01T00:00:00"}):
        assert lease._seems_over(spec)
    assert not lease._seems_over({"renewTime": stamp(-80)})
    assert lease._seems_over({"renewTime": stamp(-100)})


def test_the_clock_goes_on_while_the_machine_is_suspended() -> None:
    assert abs(lease.clock() - time.clock_gettime(time.CLOCK_BOOTTIME)) < 1.0


def test_of_two_that_come_at_once_one_wins() -> Any:
    mine, client = leased()
    real = client.create

    def too_late(kind: Any, body: Any, namespace: Any) -> Any:
        client.put(held())
        return real(kind, body, namespace)

    client.create = too_late
    with pytest.raises(Refused):
        mine.acquire(0, silent)
    assert holder_of(client) == ALIEN


def test_a_lease_that_an_unanswered_try_took_is_anew() -> None:
    """Else what was decided before it was ours would not be looked at again."""
    mine, client = leased()
    real = client.create

    def answered_with_an_error(kind: Any, body: Any, namespace: Any) -> Any:
        real(kind, body, namespace)
        raise Conflict("exists", detail={"repeated": True})

    client.create = answered_with_an_error
    assert mine.acquire(0, silent) is True
    assert holder_of(client) == ME
    assert mine.acquire(0, silent) is False


def test_a_holder_stops_before_another_may_take_over_and_not_before_other_requests_give_up() -> None:
    assert lease.RENEW_EVERY + rest.PATIENCE <= lease.RENEW_DEADLINE <= lease.DURATION - 10


@pytest.fixture
def quick(monkeypatch: Any) -> None:
    monkeypatch.setattr(lease, "RENEW_EVERY", 0.02)


def lost_of(mine: Any, client: Any, monkeypatch: Any, happens: Any) -> Any:
    """Keep the Lease, let something happen, and return what ``lost`` was told."""
    reasons: list[str] = []
    event = threading.Event()

    def lost(reason: Any) -> None:
        reasons.append(reason)
        event.set()

    mine.acquire(0, silent)
    mine.keep(lost)
    happens()
    assert event.wait(5)
    mine.stop()
    return reasons


def test_it_is_renewed_until_stop(quick: Any) -> None:
    mine, client = leased()
    mine.acquire(0, silent)
    first = client.get(LEASE, "l", "n")["spec"]["renewTime"]
    mine.keep(pytest.fail)
    for _attempt in range(500):
        if client.get(LEASE, "l", "n")["spec"]["renewTime"] != first:
            break
        threading.Event().wait(0.01)
    else:
        pytest.fail("it was not renewed")
    mine.stop()
    writes = len(client.calls)
    threading.Event().wait(0.1)
    assert len(client.calls) == writes
    mine.stop()


def test_a_lease_that_was_taken_away_is_told_once(quick: Any, monkeypatch: Any) -> None:
    mine, client = leased()
    reasons = lost_of(mine, client, monkeypatch, lambda: client.put(held()))
    assert reasons == [f"the Lease l was taken by {ALIEN}"]
    assert holder_of(client) == ALIEN


def test_a_lease_that_was_deleted_is_lost(quick: Any, monkeypatch: Any) -> None:
    mine, client = leased()
    reasons = lost_of(mine, client, monkeypatch, lambda: client.drop("Lease", "n", "l"))
    assert reasons == ["the Lease l was deleted (unlock.yml?)"]


def test_a_server_that_is_away_for_too_long_loses_the_lease(quick: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(lease, "RENEW_DEADLINE", 0.2)
    mine, client = leased()

    def away() -> None:
        client.fail.update({("get", "Lease"): Unreachable("the API server does not answer")})

    reasons = lost_of(mine, client, monkeypatch, away)
    assert reasons == ["the Lease l could not be renewed for 0.2 s: the API server does not answer"]


def test_a_renewal_that_hangs_is_not_waited_for(quick: Any, monkeypatch: Any) -> None:
    """The holder has stopped before another, who counts from its own look, may take the Lease."""
    monkeypatch.setattr(lease, "RENEW_DEADLINE", 0.5)
    monkeypatch.setattr(lease, "CHECK_EVERY", 0.05)
    monkeypatch.setattr(lease, "DURATION", 1)
    mine, client = leased()
    # the same objects, by a path of its own
    other, hangs = RunLease(copy.copy(client), "n", "l", ALIEN), threading.Event()
    mine.acquire(0, silent)
    stopped: list[float] = []

    def hang(*_arguments: Any, **_options: Any) -> Any:
        hangs.wait(10)
        raise Unreachable("the API server does not answer")

    monkeypatch.setattr(client, "patch", hang)
    mine.keep(lambda _reason: stopped.append(time.monotonic()))
    other.acquire(30, silent)
    taken = time.monotonic()
    hangs.set()
    mine.stop()
    assert len(stopped) == 1
    assert stopped[0] < taken


def test_a_server_that_comes_back_in_time_loses_nothing(quick: Any) -> None:
    mine, client = leased()
    mine.acquire(0, silent)
    client.fail["patch", "Lease"] = Conflict("moved on")
    mine.keep(pytest.fail)
    threading.Event().wait(0.1)
    client.fail.clear()
    first = client.get(LEASE, "l", "n")["spec"]["renewTime"]
    threading.Event().wait(0.1)
    assert client.get(LEASE, "l", "n")["spec"]["renewTime"] > first
    mine.stop()


def test_it_is_given_back() -> None:
    mine, client = leased()
    mine.acquire(0, silent)
    mine.release()
    assert client.names("Lease") == []
    mine.release()


def test_an_alien_lease_is_left_alone() -> None:
    mine, client = leased(held())
    mine.release()
    assert holder_of(client) == ALIEN


def test_a_lease_that_is_taken_while_we_give_it_back_stays_with_its_new_holder() -> Any:
    mine, client = leased(held(ME))
    real = client.delete

    def too_late(*arguments: Any, **conditions: Any) -> Any:
        client.put({**held(), "metadata": client.get(LEASE, "l", "n")["metadata"]})
        return real(*arguments, **conditions)

    client.delete = too_late
    mine.release()
    assert holder_of(client) == ALIEN


def test_a_lease_that_is_gone_meanwhile_is_given_back(monkeypatch: Any) -> Any:
    mine, client = leased(held(ME))
    real = client.delete

    def too_late(*arguments: Any, **conditions: Any) -> Any:
        client.drop("Lease", "n", "l")
        return real(*arguments, **conditions)

    client.delete = too_late
    mine.release()
    assert client.names("Lease") == []


def test_a_killed_run_is_recognised_as_dead() -> None:
    """A real process, killed: its Lease is taken over without waiting."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        holder = f"me@{socket.gethostname()}:{process.pid}:{lease.process_start(process.pid)}-{lease.machine()}"
        mine, client = leased(held(holder))
        with pytest.raises(Refused):
            mine.acquire(0, silent)
        process.send_signal(signal.SIGKILL)
        process.wait()
        mine.acquire(0, silent)
    assert holder_of(client) == ME


def test_a_lease_of_somebody_else_is_neither_taken_nor_deleted() -> None:
    theirs = {"kind": "Lease", "metadata": {"name": "l", "namespace": "n", "labels": {"app": "x"}}, "spec": {}}
    client: Any = FakeClient(theirs)
    mine = RunLease(client, "n", "l", ME, {"kraft.kafkaops.io/cluster": "kafka"})
    for attempt in (lambda: mine.acquire(0, silent), mine.held_by, mine.take_away):
        with pytest.raises(
            Refused, match=r"Lease n/l .* does not carry its labels \(kraft.kafkaops.io/cluster=kafka\)"
        ) as found:
            attempt()
        assert found.value.code == "foreign-object"
    assert client.get(LEASE, "l", "n")["spec"] == {}
