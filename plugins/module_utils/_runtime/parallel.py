# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Do several slow reads at the same time, in threads that never keep a stopped process alive.

Private to the collection. concurrent.futures joins its threads when the process ends; a worker that was told to stop would
then hang for as long as a command in a pod may take.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Background(Generic[Result]):
    """One call in a daemon thread."""

    def __init__(self, call: Callable[[], Result]) -> None:
        self._call = call
        self._ended = threading.Event()
        self._results: list[Result] = []
        self._error: BaseException | None = None
        threading.Thread(target=self._run, name="kraft-background", daemon=True).start()

    def _run(self) -> None:
        try:
            self._results.append(self._call())
        except BaseException as error:  # pylint: disable=broad-exception-caught
            # handed to the thread that asks for the result
            self._error = error
        finally:
            self._ended.set()

    def result(self) -> Result:
        """Wait for the call to end and return what it returned, or raise what it raised."""
        self._ended.wait()
        if self._error is not None:
            raise self._error
        return self._results[0]


def parallel(call: Callable[[Item], Result], items: Iterable[Item], at_once: int = 8) -> list[Result]:
    """Return ``call`` of each item in their order, at most ``at_once`` at a time. The first error is raised."""
    slots = threading.Semaphore(at_once)

    def limited(item: Item) -> Result:
        with slots:
            return call(item)

    running = [Background(partial(limited, item)) for item in items]
    return [each.result() for each in running]
