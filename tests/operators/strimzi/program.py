# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's process: one thread makes passes over Kafka CRs, one looks after pod sets, and others watch what wakes them."""

from __future__ import annotations

import argparse
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.sandbox.config import SandboxError
from tests.sandbox.kube import ApiError
from tests.sandbox.kubeconfig import Connection, load

from ..common.switching import UnknownSwitchError
from .api import Api, Cluster
from .kafka_wire import KafkaError
from .names import KAFKA, POD_SET, POOL, SWITCHES
from .pacing import Pacing
from .pod_sets import PodSets
from .reconcile import Pass
from .switches import Switches, parse

log = logging.getLogger("ClusterOperator")
#: seconds: what a pod set waits for besides events
LONGEST_WAIT = 1.0
#: seconds that a watch lasts
WATCH = 600.0
#: what a look may meet when somebody was faster, or when the API server is away
TROUBLE = (SandboxError, KafkaError, OSError)


class Operator:
    """The threads of one namespace; each has its own connection."""

    def __init__(self, connection: Connection, namespace: str) -> None:
        self._connection = connection
        self._namespace = namespace
        self._pacing = Pacing(time.monotonic())
        self._pods_changed = threading.Event()
        self._said = ""

    def _api(self) -> Api:
        return Api(Cluster(self._connection), self._namespace)

    def run(self) -> None:
        """Work for ever. An error that nobody foresaw ends the process: a test that waits has to see that nobody works any more."""
        for kind, touched in (
            (KAFKA, self._touched),
            (POOL, self._touched),
            (POD_SET, self._pods_changed.set),
            ("Pod", self._pods_changed.set),
        ):
            self._start(self._watch, kind, touched)
        self._start(self._pod_sets)
        self._passes()

    @staticmethod
    def _start(work: Callable[..., None], *arguments: object) -> None:
        def run() -> None:
            try:
                work(*arguments)
            except BaseException:
                log.critical("the operator ends", exc_info=True)
                logging.shutdown()
                os._exit(1)

        threading.Thread(target=run, daemon=True).start()

    def _touched(self) -> None:
        self._pacing.touch(time.monotonic())

    def _watch(self, kind: str, touched: Callable[[], None]) -> None:
        kube = Cluster(self._connection)
        while True:
            try:
                for _current in kube.events(kind, self._namespace, seconds=WATCH):
                    touched()
            except SandboxError as error:
                log.warning("watch of %s: %s", kind, error)
                time.sleep(1)

    def _switches(self, api: Api) -> Switches:
        try:
            return parse((api.get("ConfigMap", SWITCHES) or {}).get("data") or {})
        except UnknownSwitchError as error:
            if str(error) != self._said:
                log.warning("ConfigMap %s is not followed: %s", SWITCHES, error)
                self._said = str(error)
            return Switches()

    def _pod_sets(self) -> None:
        api = self._api()
        pod_sets = PodSets(api)
        while True:
            self._pods_changed.wait(LONGEST_WAIT)
            self._pods_changed.clear()
            try:
                pod_sets.look(self._switches(api))
            except TROUBLE as error:
                log.info("pod sets: %s", error)
                time.sleep(0.2)

    def _passes(self) -> None:
        api = self._api()
        while True:
            self._pacing.sleep(time.monotonic(), LONGEST_WAIT)
            try:
                found = self._switches(api)
                if not self._pacing.due(time.monotonic(), deaf=found.deaf):
                    if found.deaf:
                        time.sleep(LONGEST_WAIT)
                    continue
                self._pacing.begin(time.monotonic(), found.interval)
                for cr in api.list(KAFKA):
                    if "deletionTimestamp" not in cr["metadata"]:
                        self._pass(api, cr, found)
            except TROUBLE as error:
                log.warning("%s", error)
                time.sleep(1)
            self._pacing.end(time.monotonic())

    @staticmethod
    def _pass(api: Api, cr: dict[str, object], found: Switches) -> None:
        try:
            Pass(api, cr, found).run()
        except ApiError as error:
            # an object was changed or deleted by somebody meanwhile
            log.warning("Failed to reconcile: %s", error)


def main(arguments: list[str] | None = None) -> None:
    """Run until a signal comes."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.operators.strimzi.program")
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    log.info("a test double of Strimzi looks after namespace %s", options.namespace)
    Operator(load(options.kubeconfig), options.namespace).run()


if __name__ == "__main__":
    main()
