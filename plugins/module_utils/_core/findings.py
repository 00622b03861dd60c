# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue of findings: every refusal and warning has a stable code, a title and what to do about it.

Private to the collection. Codes never change their meaning; new rules are only added. A rule that is ``acceptable`` can be
overridden by naming its code in ``kraft_accept``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._catalogue.clusters import CLUSTERS
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._catalogue.course import ENDS, LOCKS
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._catalogue.deployments import DEPLOYMENTS
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._catalogue.operations import OPERATIONS
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._catalogue.operators import OPERATORS
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._catalogue.rule import BLOCK, WARN, Rule
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._catalogue.secured import SECURED

__all__ = ["BLOCK", "RULES", "WARN", "Finding", "Rule", "blocking", "finding", "unknown_codes"]

_RULES = (*CLUSTERS, *SECURED, *LOCKS, *OPERATORS, *ENDS, *OPERATIONS, *DEPLOYMENTS)

RULES: dict[str, Rule] = {rule.code: rule for rule in _RULES}


@dataclass(frozen=True)
class Finding:
    """One thing found: the rule's code, where, and one sentence with what to do."""

    code: str
    where: str
    sentence: str

    @property
    def rule(self) -> Rule:
        """The catalogue's entry."""
        return RULES[self.code]

    @property
    def blocking(self) -> bool:
        """Whether it stops the run unless accepted."""
        return self.rule.severity == BLOCK

    def as_dict(self, accepted: Iterable[str] = ()) -> dict[str, Any]:
        """Plain data for a result: code, severity, where, sentence, remedy, acceptable, accepted."""
        rule = self.rule
        return {
            **asdict(self),
            "severity": rule.severity,
            "remedy": rule.remedy,
            "acceptable": rule.acceptable,
            "accepted": rule.acceptable and self.code in set(accepted),
        }


def finding(code: str, where: str, sentence: str) -> Finding:
    """Make a finding. Raises KeyError when the code is not in the catalogue."""
    return Finding(RULES[code].code, where, sentence)


def blocking(findings: Iterable[Finding], accepted: Iterable[str]) -> list[Finding]:
    """Return those that stop the run: blocking and not accepted by name (only acceptable rules can be)."""
    names = set(accepted)
    return [item for item in findings if item.blocking and not (item.rule.acceptable and item.code in names)]


def unknown_codes(accepted: Sequence[str]) -> list[str]:
    """Return names in ``kraft_accept`` that are no code of the catalogue, or whose rule cannot be accepted."""
    return [code for code in accepted if code not in RULES or not RULES[code].acceptable]
