# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors that every layer raises.

A message is one clear sentence for the person at the terminal: what went wrong, where, and what to do. Layers translate
foreign exceptions (urllib3, kubernetes, kazoo) into one of these at their own border, so that the base action has a
single thing to catch.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping


class Ending(BaseException):
    """What ends a step: an error or an interruption.

    :ivar message: one sentence: what, where, what to do.
    :ivar code: stable code from the catalogue of findings, or an empty string.
    :ivar detail: plain data (JSON types only) for the result of the task; never holds secrets.
    """

    def __init__(self, message: str, *, code: str = "", detail: Mapping[str, t.Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.detail: dict[str, t.Any] = dict(detail or {})

    def __reduce__(self) -> tuple[t.Any, ...]:
        # an exception's own pickling forgets keyword arguments; results cross process borders in Ansible.
        return _rebuild, (type(self), self.message, self.code, self.detail)


def _rebuild(kind: type[Ending], message: str, code: str, detail: dict[str, t.Any]) -> Ending:
    return kind(message, code=code, detail=detail)


class KraftError(Ending, Exception):
    """Base of all errors that the collection raises on purpose."""


class Unexpected(KraftError):
    """A mistake in the collection itself: an error that nothing raised on purpose."""


class Refused(KraftError):
    """Bad input, or a safety rule of docs/architecture.md said no. Nothing was changed."""


class Forbidden(KraftError):
    """The API server denied the request: a permission is missing."""


class Unreachable(KraftError):
    """The API server, ZooKeeper or a pod could not be reached, or stopped answering."""


class NotFound(KraftError):
    """The object is not there."""


class Conflict(KraftError):
    """The object was changed, replaced or created by someone else meanwhile."""


class DeadlineExceeded(KraftError):
    """A wait ran out of time; the message carries the reason that was true last."""


class Interrupted(Ending):
    """The user or the system asked the run to stop.

    No KraftError, nor any Exception: it comes up wherever the program just is, and no ``except`` there that would try
    again, go another way or take what cannot be read for missing may go on after it.
    """
