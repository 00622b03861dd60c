# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Regions of one Kafka cluster take turns: what an operator is asked for waits until no other region moves.

Private to the collection. Where there is one region, nothing of this does anything. The order is in ``_core.regions``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.regions import Regions
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded, Refused
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


def several(run: Run) -> bool:
    """Whether the inventory names other regions of this Kafka cluster."""
    return run.params.get("regions") is not None


def before(run: Run, verb: Verb) -> str:
    """What has to be waited for before the region is asked, "" when nothing has. Raises Refused when waiting would be in vain."""
    if not several(run):
        return ""
    found = run.led.driver.turn(verb)
    if found.never:
        raise Refused(found.never, code=found.code)
    regions: Regions = run.params["regions"]
    if found.waits and regions.crowded:
        raise Refused(f"this region would wait {found.waits}, and {regions.crowded}", code="wrong-state")
    return found.waits


@contextmanager
def taken(run: Run, verb: Verb) -> Iterator[Callable[[], None]]:
    """Wait for the turn; the operator is asked inside, under the lock of all regions, with the turn looked at once more.

    What is yielded is called right before that: it raises Conflict when the lock was lost meanwhile.
    """
    if not several(run):
        yield lambda: None
        return
    driver, idle = run.led.driver, run.params["wait_timeout"]
    while True:
        try:
            driver.wait_turn(verb, idle=idle, progress=run.progress)
        except DeadlineExceeded as error:
            raise DeadlineExceeded(
                f"no region has moved for {idle} s (kraft_wait_timeout): {error.message}; look at the operator's log in the region that is named",
                code="operator-stuck",
                detail=error.detail,
            ) from error
        with driver.turn_lock(run.lease.holder, timeout=run.params["lock_timeout"], progress=run.progress) as sure:
            if not before(run, verb):  # somebody else may have had the lock meanwhile
                yield sure
                return


def left_of_rollback(run: Run, seen: Progress) -> bool:
    """Whether a rollback of this region was begun, and the task that asks for it has the rest to do.

    Where there are several regions, that task goes on to the very end: Ansible begins a task when every host has done the one before,
    and the next region waits in this one until the first is back and cleaned up.
    """
    return several(run) and (seen.rolls_back or (not seen.started and bool(run.led.driver.left())))
