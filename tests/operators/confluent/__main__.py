# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: ``python3 -m tests.operators.confluent install|start|stop|example|job|switch|status|uninstall``."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys

from tests.sandbox.cluster import Sandbox
from tests.sandbox.config import SandboxError

from . import install, versions
from .double import connect
from .manifests import ExampleSpec
from .names import COMPONENTS, CONTROLLER, GROUP, JOB, SWITCHES
from .switches import UnknownSwitchError

_SENTENCES = {
    "install": "definitions, account, lock policy, and the process",
    "start": "start the process",
    "stop": "end the process",
    "kill": "end the process at once",
    "example": "a Zookeeper, a Kafka and a held KRaftController",
    "job": "a KRaftMigrationJob for the example",
    "switch": "NAME[=VALUE] ...: switch faults on; without one, say which are on",
    "clear": "switch off the named faults, all without a name",
    "status": "what the CRs say, as JSON",
    "log": "what the process has logged",
    "uninstall": "everything, the namespace too",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.operators.confluent", description="A double of Confluent for Kubernetes."
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    made = {name: verbs.add_parser(name, help=sentence) for name, sentence in _SENTENCES.items()}
    for sub in made.values():
        sub.add_argument("--namespace", default="confluent")
    for name in ("switch", "clear"):
        made[name].add_argument("names", nargs="*")
    made["install"].add_argument(
        "--no-lock-enforcement", action="store_true", help="without the policy: a lock is only a note"
    )
    made["uninstall"].add_argument("--definitions", action="store_true", help="the custom resource definitions too")
    plain = ExampleSpec()
    made["example"].add_argument("--brokers", type=int, default=plain.brokers)
    made["example"].add_argument("--controllers", type=int, default=plain.controllers)
    made["example"].add_argument("--image", default=plain.image)
    return parser


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
    elif options.verb == "switch":
        for name, _equals, value in (text.partition("=") for text in options.names):
            double.switch(name, value or "true")
        print(json.dumps(double.api.switches(SWITCHES)))
    elif options.verb == "clear":
        double.clear(*options.names)
    elif options.verb == "status":
        found = {
            kind: {cr["metadata"]["name"]: cr.get("status") for cr in double.api.crs(kind)}
            for kind in (*COMPONENTS, JOB)
        }
        print(json.dumps({"running": double.running, **found}, indent=2))
    elif options.verb == "log":
        print(double.log, end="")
    elif options.verb == "uninstall":
        double.remove(with_definitions=options.definitions)
    else:
        {"start": double.start, "stop": double.stop, "kill": double.kill}[options.verb]()


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    try:
        _run(_parser().parse_args(arguments))
    except (SandboxError, UnknownSwitchError) as error:
        print(f"double: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
