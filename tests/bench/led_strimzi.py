# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The double of Strimzi, as led.py measures it. By hand: annotations, and the deletion of pool and volumes, each as soon as it may be done.

The probes are Strimzi's own, as they were where the real operator was measured.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.bench.led import Shown, Subject
from tests.e2e.strimzi_scene import FINAL, Led, scene
from tests.operators.strimzi import messages, names
from tests.operators.strimzi.double import connect
from tests.operators.strimzi.manifests import ExampleSpec
from tests.sandbox.beside import beside
from tests.sandbox.config import SandboxError

#: seconds between two looks
LOOK = 0.05
#: what a pass says that has nothing more to do in a rollback
RESTS = "during dual writing"
#: what was asked for, and the state, to how our lines call it
STEPS = {
    (names.MIGRATION, names.ZOOKEEPER): "SETUP/",
    (names.MIGRATION, names.MIGRATING): "/MigrateEnsureKafkaRollComplete",
    (names.MIGRATION, names.DUAL_WRITING): "MIGRATE/MigrateDualWrite",
    (names.MIGRATION, names.POST_MIGRATION): "DUAL-WRITE/",
    (names.ROLLBACK, names.POST_MIGRATION): "/RollbackToZkEnsureKafkaRollIsComplete",
    (names.ROLLBACK, names.DUAL_WRITING): "the operator waits for the removal",
    (names.DISABLED, names.DUAL_WRITING): "/RollbackToZkEnsureKafkaRollIsComplete2",
    (names.DISABLED, names.ZOOKEEPER): "/RollbackToZkComplete",
    (names.ENABLED, names.POST_MIGRATION): "MoveToKRaftControllerOnly/",
    (names.ENABLED, names.PRE_KRAFT): "MoveToKRaftControllerOnly/MoveToKRaftControllerComplete",
    (names.ENABLED, names.IN_KRAFT): "COMPLETE/",
}
_ENDS = {"migrate": names.POST_MIGRATION, "rollback": names.ZOOKEEPER, "finalize": names.IN_KRAFT}


def _scene(namespace: str, folder: Path) -> AbstractContextManager[Led]:
    return scene(namespace, folder, spec=ExampleSpec(probe=0))


@contextmanager
def _watched(led: Led) -> Iterator[Callable[[], list[Shown]]]:
    """Look at the Kafka CR alone, which a test's own watch does not do often enough."""
    seen: list[Shown] = []
    other = connect(led.double.namespace)
    other.spec = led.double.spec

    def look() -> None:
        try:
            cr = other.cr
        except SandboxError:
            return
        asked, state = names.annotation(cr, names.KRAFT), names.state_of(cr)
        if (asked, state) == (names.ROLLBACK, names.DUAL_WRITING) and RESTS not in str(cr["status"]["conditions"]):
            return  # the next pass is under way: nothing may be done before it has said that
        step = f"{state}, {asked}"
        if not seen or seen[-1].step != step:
            seen.append(Shown(step, STEPS.get((asked, state), step), time.monotonic()))

    try:
        with beside(look, LOOK):
            yield lambda: seen
    finally:
        other.kube.close()


def _by_hand(led: Led, verb: str) -> float:
    """Do everything as soon as it may be done; nothing is left out."""
    double = led.double
    if verb == "migrate":
        double.annotate(names.MIGRATION)
        double.pool(names.CONTROLLER)
    elif verb == "finalize":
        double.annotate(names.ENABLED)
    else:
        double.annotate(names.ROLLBACK)
        double.wait_condition(messages.STATE_WARNING, RESTS, 600)
        double.delete_pool()
        double.wait_gone(double.spec.controller_pool)
        double.delete_claims()
        double.annotate(names.DISABLED)
    double.wait_state(_ENDS[verb], 600)
    return 0.0


STRIMZI: Subject[Led] = Subject(
    namespace="bench-strimzi",
    asked={
        "migrate": f"annotation {names.KRAFT} = {names.MIGRATION}",
        "finalize": f"annotation {names.KRAFT} = {names.ENABLED}",
        "rollback": f"annotation {names.KRAFT} = {names.ROLLBACK}",
    },
    ends={verb: f"{state}, {names.DISABLED if verb == 'rollback' else ''}" for verb, state in _ENDS.items()},
    waits=f"{names.DUAL_WRITING}, {names.ROLLBACK}",
    final=FINAL,
    scene=_scene,
    watched=_watched,
    by_hand=_by_hand,
    clean_up=lambda _led: None,
)
