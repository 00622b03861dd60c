# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: ``python3 -m tests.operators.strimzi install|start|stop|example|pool|annotate|switch|status|uninstall``."""

from __future__ import annotations

import argparse
import json
import sys

from tests.sandbox.cluster import Sandbox
from tests.sandbox.config import SandboxError

from ..common.switching import UnknownSwitchError
from . import image, install
from .double import connect
from .manifests import ExampleSpec
from .names import BROKER, CONTROLLER, KAFKA, NEWEST, POOL, VERSIONS

_SENTENCES = {
    "install": "definitions, account, Deployment, and the process",
    "start": "start the process",
    "stop": "end the process",
    "kill": "end the process at once",
    "example": "a Kafka in ZooKeeper mode",
    "pool": "the example's node pool of controllers, or with --role broker of brokers",
    "annotate": "VALUE of strimzi.io/kraft",
    "switch": "NAME[=VALUE] ...: switch faults on; without one, say which are on",
    "clear": "switch off the named faults, all without a name",
    "status": "what the CRs say, as JSON",
    "log": "what the process has logged",
    "uninstall": "everything, the namespace too",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m tests.operators.strimzi", description="A double of Strimzi.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    made = {name: verbs.add_parser(name, help=sentence) for name, sentence in _SENTENCES.items()}
    for sub in made.values():
        sub.add_argument("--namespace", default="strimzi")
    for name in ("switch", "clear"):
        made[name].add_argument("names", nargs="*")
    plain = ExampleSpec()
    made["install"].add_argument("--version", choices=list(VERSIONS), default=NEWEST)
    made["example"].add_argument("--brokers", type=int, default=plain.brokers)
    made["example"].add_argument("--classic", action="store_true", help="replicas and storage in the CR, no node pool")
    made["pool"].add_argument("--role", choices=(CONTROLLER, BROKER), default=CONTROLLER)
    made["annotate"].add_argument("value")
    made["uninstall"].add_argument("--definitions", action="store_true", help="the custom resource definitions too")
    return parser


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
    elif options.verb == "switch":
        for name, _equals, value in (text.partition("=") for text in options.names):
            double.switch(name, value or "true")
        print(json.dumps(dict(double.switched)))
    elif options.verb == "clear":
        double.clear(*options.names)
    elif options.verb == "status":
        found = {
            kind: {cr["metadata"]["name"]: cr.get("status") for cr in double.api.list(kind)} for kind in (KAFKA, POOL)
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
