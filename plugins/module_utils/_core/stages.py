# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one table of stages: the settings that brokers and controllers run with, in order, and the states in which each may be written.

Private to the collection. "" is the user's own settings, or no controllers yet. Source: the order of KIP-866.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state

BROKERS, CONTROLLERS = "brokers", "controllers"
#: of a rollback: brokers lead back to migrating ZooKeeper mode, and to the user's own settings
RETURN, ORIGINAL = "return", "original"
#: sub-phases that CFK spends on a roll, and that restart nothing here
CLEAN_UPS = ("cleanup", "cleaned")

_ANY = (state.ZOOKEEPER, state.PREMIGRATION, state.HYBRID, state.PURE, state.MIXED)


@dataclass(frozen=True)
class Stage:
    """One stage.

    :ivar target: ``brokers`` or ``controllers``.
    :ivar states: in which its settings may be written. A roll under way (MIXED) at the same stage may always be resumed.
    """

    name: str
    target: str
    states: tuple[str, ...]
    back: bool = False


TABLE = (
    Stage("ibp", BROKERS, (state.ZOOKEEPER, state.PREMIGRATION)),
    Stage("held", CONTROLLERS, (state.ZOOKEEPER, state.PREMIGRATION)),
    Stage("migrating", CONTROLLERS, _ANY),
    Stage("migration", BROKERS, (state.PREMIGRATION,)),
    # pure: a rollback wrote other settings and was given up before it restarted a broker
    Stage("kraft", BROKERS, (state.HYBRID, state.PURE, state.MIXED)),
    Stage("final", CONTROLLERS, (state.PURE, state.MIXED, state.FINALIZED)),
    Stage(RETURN, BROKERS, _ANY, back=True),
    Stage(ORIGINAL, BROKERS, _ANY, back=True),
)

_BY_NAME = {stage.name: stage for stage in TABLE}
#: stages of the brokers' settings, forward and back
OF_BROKERS = tuple(stage.name for stage in TABLE if stage.target == BROKERS)
#: stages of a rollback
BACK = tuple(stage.name for stage in TABLE if stage.back)

#: the states in which an event of the journal is true
REACHED = {
    "SetupComplete": (state.PREMIGRATION, state.HYBRID, state.PURE, state.FINALIZED),
    "MigrateDualWrite": (state.HYBRID, state.PURE, state.FINALIZED),
    "MoveToKRaftControllerComplete": (state.FINALIZED,),
}


def past(now: str, stage: str) -> bool:
    """Whether a template at stage ``now`` ("" for the user's own) is beyond ``stage``. Raises KeyError for an unknown stage."""
    wanted = _BY_NAME[stage]
    order = ["", *(each.name for each in TABLE if each.target == wanted.target and not each.back)]
    return order.index(now) > order.index(stage)


def allowed(now: str, stage: str, templates: Iterable[str]) -> bool:
    """Whether the settings of ``stage`` may be written in state ``now``.

    ``templates``: the stages that the templates are at; a write that was interrupted is resumed in the middle of its roll.
    """
    return now in _BY_NAME[stage].states or (now == state.MIXED and stage in set(templates))
