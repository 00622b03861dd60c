# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signals and the death of the parent end an action through one exception: with real processes."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Interrupted
from ansible_collections.kafkaops.kraft.plugins.plugin_utils import _stop
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._stop import orderly_stop


def wait_for_signal() -> None:
    """What a real action does: wait in the kernel."""
    threading.Event().wait(10)
    pytest.fail("nothing came")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_becomes_interrupted(number: Any) -> None:
    before = signal.getsignal(number)

    def action() -> None:
        with orderly_stop():
            os.kill(os.getpid(), number)
            wait_for_signal()

    with pytest.raises(Interrupted) as raised:
        action()
    assert raised.value.message == f"stopped by {number.name}"
    assert signal.getsignal(number) is before


def test_a_second_signal_does_not_disturb_the_clean_up() -> None:
    cleaned = []

    def action() -> None:
        with orderly_stop():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                wait_for_signal()
            finally:
                os.kill(os.getpid(), signal.SIGTERM)
                os.kill(os.getpid(), signal.SIGINT)
                threading.Event().wait(0.05)
                cleaned.append(True)

    with pytest.raises(Interrupted):
        action()
    assert cleaned == [True]


def test_any_thread_can_stop_it_and_the_first_reason_stays() -> None:
    def action() -> None:
        with orderly_stop() as stopper:

            def lost() -> None:
                stopper.stop("the Lease was taken by ann")
                stopper.stop("something else")

            threading.Thread(target=lost).start()
            wait_for_signal()

    with pytest.raises(Interrupted) as raised:
        action()
    assert raised.value.message == "the Lease was taken by ann"


def test_a_late_stop_does_not_kill_the_process(monkeypatch: Any) -> None:
    monkeypatch.setattr(_stop, "PARENT_CHECK", 0.01)
    killed: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: killed.append(number))
    try:
        with orderly_stop() as stopper:
            threading.Event().wait(0.1)
        stopper.stop("the Lease was taken by ann")
        threading.Event().wait(0.05)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert killed == []


def test_a_parent_that_changes_is_a_parent_that_died(monkeypatch: Any) -> None:
    def action() -> None:
        with orderly_stop():
            monkeypatch.setattr(os, "getppid", lambda: 1)
            wait_for_signal()

    monkeypatch.setattr(_stop, "PARENT_CHECK", 0.02)
    monkeypatch.setattr(os, "getppid", lambda: 4711)
    with pytest.raises(Interrupted) as raised:
        action()
    assert raised.value.message == "ansible-playbook has ended"


def test_a_worker_that_swallows_the_end_is_ended(monkeypatch: Any) -> None:
    """Real processes: a parent that is killed, and a child that goes on whatever is raised in it."""
    monkeypatch.setattr(_stop, "PARENT_CHECK", 0.02)
    monkeypatch.setattr(_stop, "LAST", 0.1)
    reading, writing = os.pipe()
    parent = os.fork()
    if parent == 0:
        if os.fork() == 0:
            with orderly_stop():
                while True:
                    try:
                        threading.Event().wait(10)
                    except Interrupted:
                        os.write(writing, b"swallowed ")
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(parent, 0)
    os.close(writing)
    seen = b""
    # the end of the pipe is the end of the child
    while select.select([reading], [], [], 5)[0]:
        piece = os.read(reading, 100)
        if not piece:
            break
        seen += piece
    else:
        pytest.fail("the child goes on")
    os.close(reading)
    assert seen == b"swallowed "


def test_without_a_signal_nothing_happens_and_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with orderly_stop() as stopper:
        assert signal.getsignal(signal.SIGTERM) not in before
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    assert stopper.reason == ""
    assert not [thread for thread in threading.enumerate() if thread.name == "kraft-parent" and not _ends(thread)]


def _ends(thread: Any) -> Any:
    thread.join(_stop.PARENT_CHECK + 1)
    return not thread.is_alive()


def test_outside_the_main_thread_signals_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGTERM)
    seen = []

    def work() -> None:
        with orderly_stop() as stopper:
            seen.append((signal.getsignal(signal.SIGTERM), stopper.reason))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(before, "")]


CHILD = """
import os, signal, sys, threading, time
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Interrupted
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._stop import orderly_stop

read, write = os.pipe()
child = os.fork()
if child:
    os.read(read, 1)
    print(child, flush=True)
    time.sleep(60)
    os._exit(0)
try:
    with orderly_stop():
        os.write(write, b"r")
        threading.Event().wait(60)
except Interrupted as error:
    print(error.message, flush=True)
os._exit(0)
"""


def test_a_worker_ends_within_a_second_of_its_parent() -> None:
    """Rule 9: when ansible-playbook is killed its worker does not go on changing the cluster."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", CHILD]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        died = time.monotonic()
        parent.wait()
        assert select.select([parent.stdout], [], [], 5)[0], f"worker {child} goes on"
        said = parent.stdout.readline().strip()
        took = time.monotonic() - died
    assert said == "ansible-playbook has ended"
    assert took < 1.0
