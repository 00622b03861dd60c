# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: ``python3 -m tests.operators.confluent install|start|stop|example|job|switch|status|uninstall``."""

from __future__ import annotations

import argparse
import dataclasses
import sys

from tests.sandbox.cluster import Sandbox

from ..common import command
from . import install, versions
from .double import Double, connect
from .manifests import ExampleSpec
from .names import COMPONENTS, CONTROLLER, GROUP, JOB

_SENTENCES = {
    "install": "definitions, account, lock policy, and the process",
    "example": "a Zookeeper, a Kafka and a held KRaftController",
    "job": "a KRaftMigrationJob for the example",
}


def _parser() -> argparse.ArgumentParser:
    about = "A double of Confluent for Kubernetes."
    parser, made = command.parser("python3 -m tests.operators.confluent", about, "confluent", _SENTENCES)
    made["install"].add_argument(
        "--no-lock-enforcement", action="store_true", help="without the policy: a lock is only a note"
    )
    plain = ExampleSpec()
    made["example"].add_argument("--brokers", type=int, default=plain.brokers)
    made["example"].add_argument("--controllers", type=int, default=plain.controllers)
    made["example"].add_argument("--image", default=plain.image)
    return parser


def _status(double: Double) -> dict[str, object]:
    kinds = (*COMPONENTS, JOB)
    return {kind: {cr["metadata"]["name"]: cr.get("status") for cr in double.api.crs(kind)} for kind in kinds}


def _run(options: argparse.Namespace) -> None:
    sandbox = Sandbox()
    double = connect(options.namespace, sandbox)
    if options.verb == "install":
        for flavour in ("file", "confluent"):
            sandbox.ensure_image(flavour, versions.DEFAULT_KAFKA)
        word = install.install(double.kube, options.namespace, enforce_locks=not options.no_lock_enforcement)
        double.start()
        print(f"installed in namespace {options.namespace} with the {word} definitions; log: {double.folder}/log")
    elif options.verb == "example":
        # without it the collection refuses a KRaftController with such an image under CFK 3.x
        log4j1 = ((CONTROLLER, f"{GROUP}/use-log4j1", "true"),)
        spec = ExampleSpec(brokers=options.brokers, controllers=options.controllers, image=options.image)
        double.example(dataclasses.replace(spec, annotations=log4j1))
    elif options.verb == "job":
        double.create_job()
    else:
        command.run_common(double, options, lambda: _status(double))


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    return command.status_of(lambda: _run(options))


if __name__ == "__main__":
    sys.exit(main())
