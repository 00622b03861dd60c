# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ctrl-C and SIGTERM in the middle of a roll leave journal and Lease in order, under every ansible-core that differs in it.

What differs: before 2.17 a worker shares the terminal's process group and hears Ctrl-C itself, while SIGTERM of
ansible-playbook alone tells it nothing; later ones detach the worker, pass signals on to it, and end it without ``finally``
unless it has a handler of its own.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import journal
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import CONFIG_MAP, LEASE

from tests.e2e import audit
from tests.e2e.fleet import ACCOUNT, ROOT, cluster
from tests.e2e.places import Place
from tests.e2e.trip import Trip
from tests.sandbox.fixtures import FixtureSpec
from tests.tools.quality import environments, machine
from tests.tools.quality.environments import Environment

ROLL = "MigrateEnsureKafkaRollComplete"
#: a broker is down: it was told to go and is not back yet
ROLLING = re.compile(rf"{ROLL}: broker 1/\d+: \S+: (?:shutting down|pod is gone|starting)")
#: seconds from the signal until another run may begin
GIVEN_BACK = 2.0
#: seconds in which each of these comes, however busy the machine is; beyond it the test says what it saw
PATIENCE = {"roll": 300.0, "lease": 20.0, "end": 30.0, "sync": 120.0}
#: how often is looked, in seconds: finer than what is measured
CHECK_EVERY = 0.02


@dataclass(frozen=True)
class Way:
    """A way to stop a run, and what the journal may say of it."""

    name: str
    send: Callable[[int], None]
    reasons: tuple[str, ...]


#: what a terminal does: every process of the group gets it
CTRL_C = Way("Ctrl-C", lambda pid: os.killpg(pid, signal.SIGINT), ("stopped by SIGINT",))
#: what systemd, a job's time limit or a person does: ansible-playbook gets it, and it alone
TERMINATE = Way(
    "SIGTERM", lambda pid: os.kill(pid, signal.SIGTERM), ("stopped by SIGTERM", "ansible-playbook has ended")
)


@dataclass(frozen=True)
class Stopped:
    """A run that was stopped: where, who it was, its exit status, and the seconds until its Lease was free."""

    where: str
    holder: str
    status: int
    seconds: float
    output: str
    marker: str


@pytest.fixture(params=["core-2.16", "core-2.19", environments.NEWEST])
def core(request: pytest.FixtureRequest) -> Environment:
    """Each ansible-core, built by what make uses."""
    name: str = request.param
    if name == environments.NEWEST:
        try:
            machine.newer_python()
        except machine.MachineError as problem:
            pytest.skip(str(problem))
    return environments.ensure(name)


@contextmanager
def hearing() -> Iterator[None]:
    """What a shell runs in the background ignores Ctrl-C, and so would what we start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def tail(path: Path) -> str:
    """The last lines of what a run printed."""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-40:])


def holder_of(found: Trip) -> str:
    """Who holds the Lease, or an empty string."""
    lease = found.place.client.find(LEASE, names.lease_name(found.target.fixture.spec.name), found.place.namespace)
    return str(((lease or {}).get("spec") or {}).get("holderIdentity") or "")


def book_of(found: Trip) -> journal.Journal:
    """The journal as it is in the cluster."""
    name = found.target.fixture.spec.name
    stored = found.place.client.get(CONFIG_MAP, names.journal_name(name), found.place.namespace)
    return journal.load(name, stored["data"])


def wait_for_roll(process: subprocess.Popen[bytes], output: Path) -> str:
    """Return the line by which a broker is down; fails when the run ends before."""
    deadline = time.monotonic() + PATIENCE["roll"]
    while not (line := ROLLING.search(output.read_text(encoding="utf-8", errors="replace"))):
        assert process.poll() is None, f"the run ended with {process.returncode} before a roll:\n{tail(output)}"
        assert time.monotonic() < deadline, f"no roll has begun:\n{tail(output)}"
        time.sleep(CHECK_EVERY)
    return line[0]


def wait_for_lease(found: Trip, output: Path) -> float:
    """Return the seconds until nobody holds the Lease."""
    began = time.monotonic()
    while holder := holder_of(found):
        waited = time.monotonic() - began
        assert waited < PATIENCE["lease"], f"{waited:.0f} s after the signal {holder} holds the Lease:\n{tail(output)}"
        time.sleep(CHECK_EVERY)
    return time.monotonic() - began


def interrupted(found: Trip, way: Way) -> Stopped:
    """Run migrate.yml in a process group of its own and stop it while a broker is down."""
    command, environment, results = found.target.prepared("migrate", (), {})
    output = found.target.folder / f"{way.name}.txt"
    # a file and no pipe: a worker that outlives ansible-playbook would hold the pipe open
    with output.open("wb") as file, hearing():
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        where = wait_for_roll(process, output)
        holder = holder_of(found)
        way.send(process.pid)
        seconds = wait_for_lease(found, output)
        status = process.wait(timeout=PATIENCE["end"])
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    print(
        f"{found.place.namespace}: {way.name} at '{where}': exit status {status}, Lease free after {seconds:.2f} s",
        flush=True,
    )
    return Stopped(where, holder, status, seconds, tail(output), str(results))


def processes_of(marker: str) -> list[str]:
    """Processes of a run that are there, as ``pid command``: all it starts inherit the name of its file of results."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() in (folder / "environ").read_bytes():
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found.append(f"{folder.name} {words.strip()}")
        except OSError:
            continue  # it has just ended
    return found


def check_nothing_acts(found: Trip, stopped: Stopped) -> None:
    """A second after the Lease is free nothing of the run writes any more, and nothing of it is left."""
    time.sleep(1.0)
    mark = audit.position()
    time.sleep(1.0)
    late = audit.writes_since(mark, found.place.namespace, ACCOUNT)
    assert late == [], f"the run still wrote:\n{stopped.output}"
    assert processes_of(stopped.marker) == []


def out_of_sync(found: Trip) -> list[str]:
    """Partitions that lack a replica in sync, by ZooKeeper."""
    lacking = []
    with found.place.zookeeper() as zk:
        for topic in zk.get_children("/brokers/topics"):
            assigned: dict[str, list[int]] = json.loads(zk.get(f"/brokers/topics/{topic}")[0])["partitions"]
            for number, replicas in assigned.items():
                kept: dict[str, Any] = json.loads(zk.get(f"/brokers/topics/{topic}/partitions/{number}/state")[0])
                if set(kept["isr"]) != set(replicas):
                    lacking.append(f"{topic}-{number}: {kept['isr']} of {replicas}")
    return lacking


def settle(found: Trip) -> None:
    """Until the broker that was being restarted is back: SetupPreChecks would refuse before that."""
    found.settle()
    deadline = time.monotonic() + PATIENCE["sync"]
    while lacking := out_of_sync(found):
        assert time.monotonic() < deadline, f"partitions do not get into sync: {lacking}"
        time.sleep(0.5)


def check_in_order(found: Trip, way: Way, stopped: Stopped) -> None:
    """What is left of a run that was stopped."""
    assert stopped.status != 0, stopped.output
    newest = book_of(found).last()
    assert newest is not None
    recorded = {key: newest.get(key) for key in ("sub_phase", "what", "failed", "by")}
    assert recorded == {"sub_phase": ROLL, "what": "failed", "failed": True, "by": stopped.holder}, newest
    assert newest["error"] in way.reasons, newest
    assert stopped.seconds <= GIVEN_BACK, stopped.output
    check_nothing_acts(found, stopped)


def check_end(found: Trip, mark: int) -> None:
    """The next run comes to the end of migrate.yml as if nothing had been stopped, and each broker was restarted once."""
    found.run("migrate")
    assert found.state() == "HYBRID_DUAL_WRITE"
    assert found.run("migrate").changed == []
    assert book_of(found).has("MigrateDualWrite")
    restarted = audit.removals_since(mark, found.place.namespace, ACCOUNT)
    assert sorted(restarted) == sorted(found.target.fixture.spec.broker_ids)


def test_a_run_that_is_stopped_leaves_journal_and_lease_in_order(core: Environment, tmp_path: Path) -> None:
    """One migration, stopped twice: at the first broker by Ctrl-C, at the second by SIGTERM."""
    namespace = f"signals-{core.name.removeprefix('core-').replace('.', '-')}"
    client = connect({})
    try:
        with cluster(FixtureSpec(namespace=namespace, dns_ttl=1, topics=3), tmp_path) as target:
            target.variables["kraft_restart_interval"] = 0
            found = Trip(Place(replace(target, program=str(core.bin / "ansible-playbook")), client))
            mark = audit.position()
            for way in (CTRL_C, TERMINATE):
                stopped = interrupted(found, way)
                assert stopped.holder, f"the run held no Lease at {stopped.where}"
                check_in_order(found, way, stopped)
                settle(found)
            check_end(found, mark)
    finally:
        client.close()
