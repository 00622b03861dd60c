# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a KRaftMigrationJob says, in the names of this collection. Pure.

Private to the collection. Source: CRD and documentation of CFK 2.8 to 3.3; versions differ in the spelling of phases, and the
operator's log puts ``SubPhase`` before the names of sub-phases.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.resources import (
    CONTINUE,
    FINALIZE,
    ROLLBACK,
    is_on,
)

#: the condition of the migration
CONDITION = "platform.confluent.io/kraft-migration"
_PHASES = {
    re.sub(r"[^a-z]", "", name.lower()): name
    for name in (
        phases.SETUP,
        phases.MIGRATE,
        phases.DUAL_WRITE,
        phases.FINALIZE,
        phases.ROLLBACK,
        phases.COMPLETE,
        phases.FAILURE,
    )
} | {"movetokraft": phases.FINALIZE}
_SUB_PHASES = {name.lower(): name for name in phases.BY_NAME}


def phase_of(spelled: str) -> str:
    """The phase's name whatever its spelling: DUAL_WRITE, RollbackToZK, MoveToKRaft; one that is not known stays as it is."""
    return _PHASES.get(re.sub(r"[^a-z]", "", spelled.lower()), spelled)


def sub_phase_of(spelled: str) -> str:
    """The sub-phase's name without ``SubPhase`` before it; one that is not known stays as it is."""
    return _SUB_PHASES.get(spelled.removeprefix("SubPhase").lower(), spelled)


def message_of(job: Mapping[str, Any]) -> str:
    """What the newest condition of the migration says, on one line."""
    found = (job.get("status") or {}).get("conditions") or []
    said = [item for item in found if item.get("type") == CONDITION] or found
    newest: Mapping[str, Any] = max(said, key=lambda item: str(item.get("lastTransitionTime") or ""), default={})
    return " ".join(str(newest.get("message") or newest.get("reason") or "").split())


def progress_of(job: Mapping[str, Any] | None) -> Progress:
    """What the job says; without a job nothing was started."""
    if job is None:
        return Progress()
    status = job.get("status") or {}
    phase, sub_phase = phase_of(str(status.get("phase") or "")), sub_phase_of(str(status.get("subPhase") or ""))
    asked = {verb for key, verb in ((FINALIZE, Verb.FINALIZE), (ROLLBACK, Verb.ROLLBACK)) if is_on(job, key)}
    return Progress(
        started=True,
        phase=phase,
        sub_phase=sub_phase,
        message=message_of(job),
        asked=frozenset(asked),
        failed=phase == phases.FAILURE,
        answered=is_on(job, CONTINUE),
    )
