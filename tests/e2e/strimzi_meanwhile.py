# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens to a cluster that Strimzi leads while a playbook of ours runs on it: somebody does something, or the operator dies."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.e2e.strimzi_scene import Led
from tests.operators.strimzi.double import Double, connect
from tests.sandbox.beside import beside
from tests.sandbox.config import SandboxError

#: seconds between two looks
LOOK = 0.2
#: seconds for which an operator that died is away
AWAY = 20.0


@contextmanager
def once(led: Led, when: Callable[[Double], bool], do: Callable[[Double], None]) -> Iterator[list[float]]:
    """Do something as soon as the cluster is so; yields when it was done, in seconds of time.monotonic()."""
    done: list[float] = []
    other = connect(led.double.namespace)  # a thread needs a connection of its own
    other.spec = led.double.spec

    def look() -> None:
        try:
            if not done and when(other):
                do(other)
                done.append(time.monotonic())
        except SandboxError:
            return

    try:
        with beside(look, LOOK):
            yield done
    finally:
        other.kube.close()
    assert done, "it never came to that"


@contextmanager
def operator_dies(led: Led, *rolls: str) -> Iterator[None]:
    """The operator dies after the first restart of each of these rolls, one after the other, and is back after a while.

    Its pod only sleeps: the Deployment shows what a real one would.
    """
    died: list[str] = []
    other = connect(led.double.namespace)

    def look() -> None:
        if other.running:
            return
        died.append(other.switched["die"])
        other.stop()
        time.sleep(AWAY)
        left = rolls[len(died) :]
        other.clear("die")
        if left:
            other.switch("die", left[0])
        other.start()

    led.double.switch("die", rolls[0])
    try:
        with beside(look, LOOK):
            yield
    finally:
        other.kube.close()
    assert died == list(rolls)
