# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parts of the benchmark with conditions of their own: they are kept when others are measured, and the others are kept when they are."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench import led, secured
from tests.bench.conditions import conditions
from tests.bench.led import Subject
from tests.bench.led_confluent import CONFLUENT
from tests.bench.led_strimzi import STRIMZI
from tests.bench.migration import Failed
from tests.demo import stage
from tests.demo.stage import Place
from tests.sandbox.config import DEFAULT_KAFKA


def measure(name: str) -> dict[str, Any]:
    """Measure one of them; returns its figures and conditions. Raises Failed, led.Failed or SandboxError."""
    where = stage.place()
    if where.sandbox:
        where.sandbox.up()
    begin = time.monotonic()
    about = conditions(f'make bench ARGS="--only {name}"', DEFAULT_KAFKA, sandbox=where.sandbox is not None)
    found = PARTS[name](where, stage.workplace(f"bench-{name}"))
    about["took_s"] = round(time.monotonic() - begin)
    return {"conditions": about, **found}


def _led(subject: Subject[Any]) -> Callable[[Place, Path], dict[str, Any]]:
    def measure_it(where: Place, folder: Path) -> dict[str, Any]:
        if where.sandbox is None:
            raise Failed("the double of an operator needs the sandbox: unset KUBECONFIG")
        os.environ["KUBECONFIG"] = str(where.kubeconfig)
        return led.measure(subject, folder)

    return measure_it


#: each part, and what measures it
PARTS: dict[str, Callable[[Place, Path], dict[str, Any]]] = {
    "confluent": _led(CONFLUENT),
    "strimzi": _led(STRIMZI),
    "secured": secured.measure,
}
