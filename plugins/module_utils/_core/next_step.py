# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which phase a state belongs to, and the one command that goes on from there. Pure.

Private to the collection.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, state


def phase_of(name: str, brokers_stage: str, controllers_stage: str, locked: bool, rolling_back: bool = False) -> str:
    """Return the phase, as CFK names it; an empty string before a migration has started.

    The stages are those of the pod templates ("" = the user's own), which are ahead of the pods while a roll is under way.
    """
    if name == state.FINALIZED:
        return phases.COMPLETE
    if rolling_back:
        return phases.ROLLBACK
    if controllers_stage == "final" or brokers_stage == "kraft" or name == state.PURE:
        return phases.FINALIZE
    if name == state.HYBRID:
        return phases.DUAL_WRITE
    if brokers_stage == "migration":
        return phases.MIGRATE
    return phases.SETUP if locked or name == state.PREMIGRATION else ""


def next_command(
    cluster: str, name: str, brokers_stage: str, controllers_stage: str, rolling_back: bool = False
) -> str:
    """Return what to run next, in words that can be typed. ``cluster`` is ``namespace/name``."""
    if rolling_back and name != state.FINALIZED:
        return "rollback.yml (resumes from here)"
    finalize = f"finalize.yml -e kraft_confirm={cluster} (irreversible; soak in PURE_DUAL_WRITE first)"
    if name == state.FINALIZED:
        return "nothing: the migration is complete"
    if name == state.PURE or controllers_stage == "final":
        return finalize
    if name == state.HYBRID or brokers_stage == "kraft":
        return "finalize.yml (brokers to KRaft; stops at PURE_DUAL_WRITE, still reversible)"
    if name == state.ZOOKEEPER and not controllers_stage:
        return "preflight.yml, then setup.yml or migrate.yml"
    return "migrate.yml"
