# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The double of Confluent for Kubernetes, as led.py measures it. By hand: annotations, and the znodes by ZooKeeper's shell."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.bench.led import Shown, Subject
from tests.e2e.confluent_scene import Led, scene
from tests.e2e.led_scene import SOAK
from tests.operators.confluent import by_hand, names
from tests.operators.confluent.manifests import controller
from tests.operators.confluent.watch import Sight, watched

_ENDS = {
    "migrate": f"{names.DUAL_WRITE}/",
    "rollback": f"{names.BACK}/{names.BACK_STEPS[-1]}",
    "finalize": f"{names.COMPLETE}/",
}


def shown(sight: Sight) -> Shown:
    """A sub-phase that the job's status showed."""
    return Shown(f"{sight.phase}/{sight.sub_phase}", f"/{sight.sub_phase}", sight.at)


@contextmanager
def _watched(led: Led) -> Iterator[Callable[[], list[Shown]]]:
    with watched(led.double) as seen:
        yield lambda: [shown(sight) for sight in seen]


def _by_hand(led: Led, verb: str) -> float:
    """Annotate at once; the manual wait does not count, since ZooKeeper's shell takes its time."""
    double, waited = led.double, 0.0
    if verb == "migrate":
        double.apply(controller(double.spec, double.namespace))
        double.create_job()
    else:
        double.annotate(names.JOB, names.FINALIZE if verb == "finalize" else names.ROLLBACK)
    if verb == "rollback":
        double.wait_for(names.WAITS[0])
        waits = time.monotonic()
        by_hand.hand_back(double)
        double.annotate(names.JOB, names.CONTINUE)
        waited = time.monotonic() - waits
    phase, _slash, step = _ENDS[verb].partition("/")
    double.wait_for(step or phase, 600)
    return waited


CONFLUENT: Subject[Led] = Subject(
    namespace="bench-cfk",
    asked={
        "migrate": "KRaftMigrationJob kraft-migration-kafka created",
        "finalize": names.FINALIZE,
        "rollback": names.ROLLBACK,
    },
    ends=_ENDS,
    waits=f"{names.BACK}/{names.WAITS[0]}",
    final={"kraft_confirm": ["kafka"], **SOAK},
    scene=scene,
    watched=_watched,
    by_hand=_by_hand,
    clean_up=lambda led: by_hand.clean_up(led.double),
)
