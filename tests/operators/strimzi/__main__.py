# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: ``python3 -m tests.operators.strimzi install|start|stop|example|pool|annotate|switch|status|uninstall``."""

from __future__ import annotations

import argparse
import sys

from tests.sandbox.cluster import Sandbox

from ..common import command
from . import image, install
from .double import Double, connect
from .manifests import ExampleSpec
from .names import BROKER, CONTROLLER, KAFKA, NEWEST, POOL, VERSIONS

_SENTENCES = {
    "install": "definitions, account, Deployment, and the process",
    "example": "a Kafka in ZooKeeper mode",
    "pool": "the example's node pool of controllers, or with --role broker of brokers",
    "annotate": "VALUE of strimzi.io/kraft",
}


def _parser() -> argparse.ArgumentParser:
    parser, made = command.parser("python3 -m tests.operators.strimzi", "A double of Strimzi.", "strimzi", _SENTENCES)
    made["install"].add_argument("--version", choices=list(VERSIONS), default=NEWEST)
    made["example"].add_argument("--brokers", type=int, default=ExampleSpec().brokers)
    made["example"].add_argument("--classic", action="store_true", help="replicas and storage in the CR, no node pool")
    made["pool"].add_argument("--role", choices=(CONTROLLER, BROKER), default=CONTROLLER)
    made["annotate"].add_argument("value")
    return parser


def _status(double: Double) -> dict[str, object]:
    return {kind: {cr["metadata"]["name"]: cr.get("status") for cr in double.api.list(kind)} for kind in (KAFKA, POOL)}


def _run(options: argparse.Namespace) -> None:
    sandbox = Sandbox()
    double = connect(options.namespace, sandbox)
    if options.verb == "install":
        image.ensure(sandbox, options.version)
        word = install.install(double.kube, options.namespace, options.version)
        double.switch("version", options.version)
        double.start()
        print(f"installed in namespace {options.namespace} with the {word} definitions; log: {double.folder}/log")
    elif options.verb == "example":
        double.example(ExampleSpec(brokers=options.brokers, pools=not options.classic))
    elif options.verb == "pool":
        double.pool(options.role)
    elif options.verb == "annotate":
        double.annotate(options.value)
    else:
        command.run_common(double, options, lambda: _status(double))


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    return command.status_of(lambda: _run(options))


if __name__ == "__main__":
    sys.exit(main())
