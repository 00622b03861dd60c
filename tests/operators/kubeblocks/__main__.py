# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: ``python3 -m tests.operators.kubeblocks build|there|install|start|stop|example|status|log|uninstall|print``."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace

from tests.sandbox.cluster import Sandbox

from ..common import command
from . import addon, build
from .clusters import ClusterSpec
from .hosting import Operator, connect
from .names import TOPOLOGIES

_SENTENCES = {
    "build": "only build the operator, when the cache does not have it",
    "there": "tell by the exit status whether the cache has the operator",
    "install": "images, definitions, the stand-in for the Kafka addon, and the process",
    "start": "start the process",
    "stop": "end the process",
    "example": "a cluster of a topology",
    "status": "phases of all clusters, as JSON",
    "log": "what the process has logged",
    "uninstall": "everything of KubeBlocks",
    "print": "templates and definitions of the stand-in, as one JSON list",
}


def _parser() -> argparse.ArgumentParser:
    plain = ClusterSpec()
    parser = argparse.ArgumentParser(prog="python3 -m tests.operators.kubeblocks", description="The real KubeBlocks.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    made = {name: verbs.add_parser(name, help=sentence) for name, sentence in _SENTENCES.items()}
    made["example"].add_argument("--name", default=plain.name)
    made["example"].add_argument("--namespace", default=plain.namespace)
    made["example"].add_argument("--topology", default=plain.topology, choices=list(TOPOLOGIES))
    made["example"].add_argument("--brokers", type=int, default=plain.brokers)
    made["example"].add_argument("--controllers", type=int, default=plain.controllers)
    made["example"].add_argument("--version", default="", help="of Kafka")
    return parser


def _example(kubeblocks: Operator, options: argparse.Namespace) -> None:
    words = {name: value for name, value in vars(options).items() if name in ClusterSpec.__dataclass_fields__}
    spec = ClusterSpec(**words)
    if spec.in_zookeeper_mode:
        spec = replace(spec, zookeeper=kubeblocks.plain_zookeeper(spec.namespace))
    kubeblocks.create(spec)
    kubeblocks.wait_running(spec)
    print(json.dumps({"namespace": spec.namespace, "brokers": spec.broker_ids, "bootstrap": spec.bootstrap}))


def _run(options: argparse.Namespace) -> None:
    sandbox = Sandbox()
    if options.verb == "build":
        print(build.programs(sandbox.folders.cache))
        return
    if options.verb == "print":
        print(json.dumps({"apiVersion": "v1", "kind": "List", "items": [*addon.templates(), *addon.definitions()]}))
        return
    kubeblocks = connect(sandbox)
    if options.verb == "example":
        _example(kubeblocks, options)
    elif options.verb == "status":
        found = {
            f"{one['metadata']['namespace']}/{one['metadata']['name']}": one.get("status")
            for one in kubeblocks.kube.everywhere("Cluster")
        }
        print(json.dumps({"running": kubeblocks.running, "clusters": found}, indent=2))
    elif options.verb == "log":
        print(kubeblocks.log, end="")
    else:
        {
            "install": kubeblocks.install,
            "start": kubeblocks.start,
            "stop": kubeblocks.stop,
            "uninstall": kubeblocks.remove,
        }[options.verb]()


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    if options.verb == "there":
        return 0 if build.is_there(Sandbox().folders.cache) else 1
    return command.status_of(lambda: _run(options))


if __name__ == "__main__":
    sys.exit(main())
