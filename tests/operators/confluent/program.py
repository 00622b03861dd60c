# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's process, on kopf: events of the API server wake it, then it looks at the whole namespace once.

kopf keeps nothing on the objects: only its raw event handlers are used, which add no finalizers and no annotations to the CRs.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
from pathlib import Path
from typing import Any

import kopf

from tests.sandbox.kube import Kube
from tests.sandbox.kubeconfig import load

from .api import Api
from .names import GROUP, PLURALS, VERSION
from .world import TROUBLE, World

log = logging.getLogger("operator")
#: seconds: what is asked of Kafka has no events
LONGEST_WAIT = 1.0
#: seconds: events come in bursts
SHORTEST_WAIT = 0.1


class Operator:
    """Wakes up, looks, sleeps."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._awake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self, settings: Any, **_rest: Any) -> None:
        """Set kopf up and start to work."""
        settings.posting.enabled = False
        settings.scanning.disabled = True
        self._task = asyncio.create_task(self._work())
        self._task.add_done_callback(_ended)

    async def stop(self, **_rest: Any) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()

    async def touched(self, **_rest: Any) -> None:
        """Something in the namespace has changed."""
        self._awake.set()

    async def _work(self) -> None:
        while True:
            self._awake.clear()
            more = False
            try:
                more = await asyncio.to_thread(self._world.look)
            except TROUBLE as error:
                log.warning("%s", error)
            await asyncio.sleep(SHORTEST_WAIT)
            if not more:
                try:
                    await asyncio.wait_for(self._awake.wait(), LONGEST_WAIT)
                except TimeoutError:
                    continue


def _ended(task: asyncio.Task[None]) -> None:
    """End the process when its work has ended by an error: a test that waits has to see that nobody works any more."""
    if not task.cancelled() and task.exception() is not None:
        log.critical("the operator ends", exc_info=task.exception())
        logging.shutdown()
        os._exit(1)


def registered(operator: Operator) -> Any:
    """Return kopf's registry with the operator's handlers."""
    registry = kopf.OperatorRegistry()
    kopf.on.login(registry=registry)(kopf.login_with_kubeconfig)
    kopf.on.startup(registry=registry)(operator.start)
    kopf.on.cleanup(registry=registry)(operator.stop)
    for plural in PLURALS.values():
        kopf.on.event(GROUP, VERSION, plural, registry=registry)(operator.touched)
    kopf.on.event("apps", "v1", "statefulsets", registry=registry)(operator.touched)
    for plural in ("pods", "configmaps"):
        kopf.on.event("", "v1", plural, registry=registry)(operator.touched)
    return registry


def main(arguments: list[str] | None = None) -> None:
    """Run until a signal comes. KUBECONFIG names the operator's own account."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.operators.confluent.program")
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument(
        "--beside", action="append", default=[], help="namespace of another region of its Kafka cluster"
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("kopf").setLevel(logging.WARNING)
    kube = Kube(load(options.kubeconfig))
    operator = Operator(World(Api(kube, options.namespace, options.beside)))
    log.info("a test double of Confluent for Kubernetes looks after namespace %s", options.namespace)
    kopf.run(registry=registered(operator), standalone=True, namespaces=[options.namespace])


if __name__ == "__main__":
    main()
