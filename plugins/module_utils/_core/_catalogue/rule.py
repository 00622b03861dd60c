# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One entry of the catalogue of findings.

Private to the collection. Codes never change their meaning; new rules are only added.
"""

from __future__ import annotations

from dataclasses import dataclass

BLOCK = "block"
WARN = "warn"


@dataclass(frozen=True)
class Rule:
    """A refusal or a warning: its code, how much it weighs, what it is about, what to do.

    :ivar acceptable: whether it can be overridden by naming its code in ``kraft_accept``.
    """

    code: str
    severity: str
    title: str
    remedy: str
    acceptable: bool = False


def block(code: str, title: str, remedy: str, acceptable: bool = False) -> Rule:
    """Return a rule that stops a run."""
    return Rule(code, BLOCK, title, remedy, acceptable)


def warn(code: str, title: str, remedy: str) -> Rule:
    """Return a rule that only warns."""
    return Rule(code, WARN, title, remedy, True)
