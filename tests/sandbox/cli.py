# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: ``python3 -m tests.sandbox up|kafka|traffic|down|status``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from . import fixtures, manifests, traffic
from .cluster import Sandbox
from .config import KAFKA_VERSIONS, SandboxError
from .console import say
from .fixtures import SURFACES, FixtureSpec
from .kube import Kube
from .kubeconfig import load
from .secured import proofs
from .secured import settings as security
from .traffic import TrafficSpec


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.sandbox", description="A one-node Kubernetes with real Kafka."
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("build", help="only build the parts, start nothing")
    verbs.add_parser("up", help="build what is missing and start Kubernetes")
    down = verbs.add_parser("down", help="stop everything that was started")
    down.add_argument("--purge", action="store_true", help="remove the cache (built programs and images) as well")
    status = verbs.add_parser("status", help="what runs, as JSON")
    status.add_argument(
        "--kubeconfig",
        action="store_true",
        help="only print the path of the kubeconfig; fails when the sandbox is not up",
    )
    _kafka_options(verbs.add_parser("kafka", help="create (or delete) a fixture cluster"))
    traffic_parser = verbs.add_parser(
        "traffic", help="clients that produce and consume, and the check of their records"
    )
    traffic_parser.add_argument("what", choices=("start", "stop", "check"), help="stop drains and prints the report")
    traffic_parser.add_argument("--namespace", default=TrafficSpec.namespace)
    traffic_parser.add_argument("--cluster", default=TrafficSpec.cluster)
    traffic_parser.add_argument("--rate", type=int, default=TrafficSpec.rate, metavar="RECORDS/S")
    traffic_parser.add_argument("--image", default="", help="image of the clients (layout of apache/kafka)")
    traffic_parser.add_argument(
        "--dns-ttl", type=int, default=None, metavar="SECONDS", help="-Dsun.net.inetaddr.ttl of the clients"
    )
    return parser


def _kafka_options(parser: argparse.ArgumentParser) -> None:
    plain = FixtureSpec()
    parser.add_argument("--name", default=plain.name)
    parser.add_argument("--namespace", default=plain.namespace)
    parser.add_argument("--kafka-version", default=plain.kafka_version, help=f"one of {', '.join(KAFKA_VERSIONS)}")
    parser.add_argument("--surface", default=plain.surface, choices=list(SURFACES))
    parser.add_argument(
        "--image", default="", help="an image with the layout of apache/kafka instead of the sandbox's own"
    )
    parser.add_argument(
        "--jolokia", action=argparse.BooleanOptionalAction, default=None, help="default: only in own images"
    )
    parser.add_argument("--first-id", type=int, default=0, metavar="N", help="id of the first broker")
    parser.add_argument("--statefulsets", type=int, default=1, choices=(1, 2))
    parser.add_argument("--zookeepers", type=int, default=1, choices=(1, 3))
    parser.add_argument("--ibp", default=plain.ibp, help="inter.broker.protocol.version, or none")
    parser.add_argument("--brokers", type=int, default=plain.brokers)
    parser.add_argument("--topics", type=int, default=plain.topics)
    parser.add_argument(
        "--hardened", action="store_true", help="read-only root file system, files made by init containers"
    )
    parser.add_argument("--secured", default="", choices=[each for each in security.KINDS if each], metavar="sasl|tls",
                        help="TLS or SASL, ACLs, protected znodes")  # fmt: skip
    parser.add_argument(
        "--inter-broker", default=plain.inter_broker, choices=security.INTER_BROKER, help="with --secured sasl"
    )
    parser.add_argument(
        "--dynamic-login",
        action="store_true",
        help="with --secured sasl: a PLAIN user by a dynamic setting of each broker",
    )
    parser.add_argument(
        "--controller-names",
        default=plain.controller_names,
        choices=security.CONTROLLER_NAMES,
        help="with --secured tls: names of future controllers in the brokers' certificate",
    )
    parser.add_argument(
        "--certificate-days",
        type=int,
        default=plain.certificate_days,
        metavar="DAYS",
        help="with --secured tls: how long the brokers' certificate is valid; 0 or less: it expired since the brokers started",
    )
    parser.add_argument("--update-strategy", default=plain.update_strategy, choices=("OnDelete", "RollingUpdate"))
    parser.add_argument("--pod-management", default=plain.pod_management, choices=("Parallel", "OrderedReady"))
    parser.add_argument(
        "--rebalance", action=argparse.BooleanOptionalAction, default=True, help="auto.leader.rebalance.enable"
    )
    parser.add_argument("--pdb", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument(
        "--dns-ttl", type=int, default=None, metavar="SECONDS", help="-Dsun.net.inetaddr.ttl of the brokers"
    )
    parser.add_argument(
        "--print", action="store_true", dest="only_print", help="print the manifests as one JSON list and do nothing"
    )
    parser.add_argument("--delete", action="store_true", help="delete the namespace with everything in it")
    parser.add_argument(
        "--prove", action="store_true", help="only try whether the security of a secured cluster is in force"
    )


def _spec(options: argparse.Namespace) -> FixtureSpec:
    words = {name: value for name, value in vars(options).items() if name in FixtureSpec.__dataclass_fields__}
    if words["jolokia"] is None:
        words["jolokia"] = not words["image"]
    if words["ibp"] == "none":
        words["ibp"] = ""
    return FixtureSpec(**words)


def _kube(sandbox: Sandbox) -> Kube | None:
    """Return a client of the user's own cluster when KUBECONFIG names another than the sandbox's, else None."""
    named = os.environ.get("KUBECONFIG", "")
    if not named or Path(named).absolute() == sandbox.folders.kubeconfig:
        return None
    return Kube(load(Path(named)))


def _kafka(sandbox: Sandbox, options: argparse.Namespace) -> None:
    spec, kube = _spec(options), _kube(sandbox)
    if options.only_print:
        if spec.secured:
            raise SandboxError("--print is for clusters without --secured: users and ACLs are no manifests")
        print(json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests.cluster(spec)}, indent=2))
        return
    if options.delete:
        found = fixtures.delete(spec, kube=kube, sandbox=sandbox)
        say(f"namespace {spec.namespace} {'is gone' if found else 'was not there'}")
        return
    if options.prove:
        for seen in proofs.require(kube or sandbox.kube, spec):
            print(f"{seen.name}: {seen.seen}")
        return
    made = fixtures.create(spec, sandbox=sandbox, kube=kube)
    print(json.dumps({"namespace": spec.namespace, "cluster": spec.name, "brokers": spec.broker_ids, "bootstrap": spec.bootstrap,
                      "zookeeper": spec.zookeeper_connect, "seconds": {name: round(value, 1) for name, value in made.seconds.items()}}))  # fmt: skip


def _traffic(sandbox: Sandbox, options: argparse.Namespace) -> int:
    """Start the traffic, or stop and check it; the exit status of a check is 1 when something acked is lost, duplicated or out of order."""
    kube = _kube(sandbox) or sandbox.kube
    if options.what == "start":
        spec = TrafficSpec(
            options.namespace, options.cluster, options.rate, image=options.image, dns_ttl=options.dns_ttl
        )
        traffic.start(kube, spec)
        return 0
    if options.what == "stop":
        traffic.stop(kube, options.namespace)
    report = traffic.check(kube, options.namespace)
    print(json.dumps(report, indent=2))
    return 0 if report["ok"] or report["running"] else 1


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    sandbox = Sandbox()
    try:
        if options.verb == "build":
            sandbox.prepare()
        elif options.verb == "up":
            sandbox.up()
            print(sandbox.folders.kubeconfig)
        elif options.verb == "down":
            sandbox.purge() if options.purge else sandbox.down()
        elif options.verb == "kafka":
            _kafka(sandbox, options)
        elif options.verb == "traffic":
            return _traffic(sandbox, options)
        elif options.verb == "status":
            if options.kubeconfig and not sandbox.is_up():
                raise SandboxError("it is not up")
            print(sandbox.folders.kubeconfig if options.kubeconfig else json.dumps(sandbox.status(), indent=2))
    except SandboxError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    return 0
