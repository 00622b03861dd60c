# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings and gates as a person sees them, and as results have them: the same whoever carries the migration out.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, blocking
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.gate import Gate
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


def show_findings(run: Run, found: Sequence[Finding]) -> list[dict[str, Any]]:
    """Show each finding and return them as plain data. Raises Refused when a blocking one is not accepted by name."""
    accepted = run.params["accept"]
    for item in found:
        mark = "BLOCK" if item in blocking([item], accepted) else "accepted" if item.blocking else "warn "
        run.progress(f"{mark} {item.code}: {item.sentence}")
    stopping = blocking(found, accepted)
    rows = [item.as_dict(accepted) for item in found]
    if stopping:
        rest = f" (and {len(stopping) - 1} more findings, listed above)" if len(stopping) > 1 else ""
        raise Refused(stopping[0].sentence + rest, code=stopping[0].code, detail={"findings": rows})
    return rows


def show_gates(run: Run, gates: Sequence[Gate]) -> tuple[list[dict[str, Any]], list[str]]:
    """Show each gate; return them as plain data, and the names of those that are closed."""
    rows = [gate.as_dict(run.params["accept"]) for gate in gates]
    for row in rows:
        word = "OPEN" if row["passed"] else "accepted" if row["accepted"] else "CLOSED"
        run.progress(f"gate {row['name']}: {word}: {row['sentence']}")
    return rows, [row["name"] for row in rows if not row["passed"] and not row["accepted"]]
