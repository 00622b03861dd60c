# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo: a Kafka cluster moves from ZooKeeper to KRaft while clients produce and consume, and a report proves it."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.forward import pod_forward
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import open_session

from tests.demo import stage
from tests.demo.stage import ROOT, Place, Play, Stage
from tests.sandbox import traffic
from tests.sandbox.config import SandboxError
from tests.sandbox.fixtures import FixtureSpec, create_topics
from tests.sandbox.traffic import TrafficSpec

REPORT = ROOT / "report" / "demo"
#: made while both stores are written
TOPIC = "made-in-pure-dual-write"


class Stopped(Exception):
    """The demo cannot go on; the message says what is missing or failed."""


def options_of(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make demo ARGS=...", description=__doc__)
    parser.add_argument("--namespace", default="demo", help="deleted and created again by each run (default: demo)")
    parser.add_argument("--brokers", type=int, default=3)
    parser.add_argument("--rate", type=int, default=1200, metavar="RECORDS/S", help="of the clients (default: 1200)")
    parser.add_argument(
        "--default-ttl",
        action="store_true",
        help="brokers whose JVM caches addresses for 30 s, as most do: the first roll waits about a minute for this",
    )
    parser.add_argument("--report", type=Path, default=REPORT, help="path of the report, without a suffix")
    parser.add_argument("--delete", action="store_true", help="only delete the cluster of an earlier demo")
    parser.add_argument("--delete-after", action="store_true", help="delete the cluster at the end")
    return parser.parse_args(arguments)


class Demo:
    """One demo from the announcement to the summary."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.begin = time.monotonic()
        self.place: Place = stage.place()
        self.spec = FixtureSpec(
            namespace=options.namespace,
            brokers=options.brokers,
            image=self.place.image,
            jolokia=self.place.sandbox is not None,
            dns_ttl=None if options.default_ttl else stage.DNS_TTL,
        )
        self.plays: list[tuple[str, Play]] = []
        self.number = 0
        self.producing = False

    def say(self, text: str = "") -> None:
        """Print a line of our own between those of Ansible."""
        print(text, flush=True)

    def step(self, title: str) -> None:
        """Print the title of a step."""
        self.number += 1
        self.say()
        self.say(f"=== {self.number}. {title} (after {time.monotonic() - self.begin:.0f} s)")

    def announce(self) -> None:
        """Say what is going to happen before anything does. Raises Stopped with the names of what is missing."""
        missing = stage.missing_programs()
        if missing:
            raise Stopped("missing: " + "; ".join(missing))
        sandbox = self.place.sandbox
        if sandbox:
            parts = stage.to_build(sandbox)
            first = f"builds {', '.join(parts)} first: about 8 minutes, once" if parts else "everything is built"
            where = f"the sandbox, a Kubernetes with one node on this machine ({'running' if sandbox.is_up() else 'starts now'})"
            install = f"Debian packages that the sandbox lacks (it names them); {first}"
        else:
            where = (
                f"the cluster of KUBECONFIG={self.place.kubeconfig}, with image {self.place.image} (KRAFT_DEMO_IMAGE)"
            )
            install = "nothing"
        self.say("Migrates a Kafka cluster from ZooKeeper to KRaft while clients produce and consume.")
        self.say(f"  works on  {where}")
        self.say(f"  installs  {install}")
        self.say(f"  creates   namespace {self.spec.namespace} (that of an earlier demo is deleted): ZooKeeper,")
        self.say(
            f"            {self.spec.brokers} brokers, clients with {self.options.rate} records/s, later 3 KRaft controllers"
        )
        if self.options.default_ttl:
            ttl, minutes = "cache addresses for 30 s; docs/benchmarks.md has the cost", "4 to 5"
        else:
            ttl, minutes = (
                "cache addresses for 1 s; ARGS=--default-ttl shows the waits with 30 s",
                "3 to 4",
            )
        self.say(f"            the brokers {ttl}")
        self.say(f"  takes     {minutes} minutes once everything is built")
        self.say(f"  writes    {_shown(self.options.report)}.html and .json")

    def run(self) -> None:
        """Everything. Raises Stopped, SandboxError."""
        self.announce()
        if self.place.sandbox:
            self.place.sandbox.up()
        self.step(
            f"A cluster in ZooKeeper mode: {self.spec.brokers} brokers of Kafka {self.spec.kafka_version}, {self.spec.topics} topics"
        )
        fixture = stage.make_cluster(self.place, self.spec)
        folder = stage.workplace("demo")
        kubeconfig = stage.account(fixture.kube, self.spec.namespace, self.spec.name, self.place.kubeconfig, folder)
        self.say("account with exactly the permissions of docs/rbac.yml; all playbooks below use it")
        on = Stage(fixture, kubeconfig, folder)
        self.step("Clients: an idempotent producer with acks=all, and a consumer")
        self.producing = True
        traffic.start(
            fixture.kube,
            TrafficSpec(
                self.spec.namespace,
                self.spec.name,
                self.options.rate,
                image=self.place.image,
                dns_ttl=stage.DNS_TTL,
            ),
        )
        self.say(
            "they cache addresses for only 1 s, so no pause between restarts is needed: kraft_restart_interval is 0"
        )
        self.migrate(on)
        figures = self.clients_end(on)
        self.report(on, figures)
        self.close(figures)

    def migrate(self, on: Stage) -> None:
        """From ZooKeeper to KRaft alone, with the stop at both places from which one can go back."""
        self.play(on, "preflight", "What blocks the migration, the plan and its cost (read only)")
        self.play(on, "migrate", "SETUP and MIGRATE: controllers, then the first roll, up to hybrid dual-write")
        self.play(on, "status", "The state of the cluster; you could stay here as long as you like")
        self.play(on, "finalize", "The second roll: brokers to KRaft, up to pure dual-write (still reversible)")
        self.both_stores(on)
        cluster = f"{self.spec.namespace}/{self.spec.name}"
        words: dict[str, Any] = {"kraft_confirm": [cluster], "kraft_soak": 0}
        shown = f"-e kraft_confirm={cluster} -e kraft_soak=0"
        self.play(on, "finalize", f"The point of no return, {shown}", **words)

    def play(self, on: Stage, name: str, title: str, **variables: Any) -> Play:
        """Run a playbook live. Raises Stopped when it fails."""
        self.step(f"playbooks/{name}.yml: {title}")
        done = on.play(f"playbooks/{name}.yml", **variables)
        self.plays.append((name, done))
        if done.status != 0:
            raise Stopped(f"playbooks/{name}.yml ended with {done.status}: {done.failure or 'see above'}")
        return done

    def both_stores(self, on: Stage) -> None:
        """Make a topic now and find it in KRaft (the brokers know no other store any more) and in ZooKeeper."""
        self.step("A topic created in pure dual-write is in both stores")
        spec, kube = self.spec, on.fixture.kube
        pod = next(iter(spec.broker_ids))
        create_topics(kube, spec.namespace, pod, [f"{TOPIC} 3 {min(3, spec.brokers)}"])
        self.say(f"topic {TOPIC} was created through {pod}, which runs in KRaft mode: KRaft has it")
        client = connect({"kubeconfig": str(on.kubeconfig)})
        path, until = f"/brokers/topics/{TOPIC}", time.monotonic() + 15
        with (
            pod_forward(client, spec.namespace, "zookeeper-0", 2181) as forward,
            open_session(forward.host, forward.port, chroot=spec.chroot) as session,
        ):
            while (node := session.get(path)) is None and time.monotonic() < until:
                time.sleep(0.1)
        if node is None:
            raise Stopped(f"topic {TOPIC} did not appear in ZooKeeper within 15 s")
        self.say(f"ZooKeeper has {path} as well: {node.data.decode()[:120]}")

    def clients_end(self, on: Stage) -> dict[str, Any]:
        """Stop the clients and compare what was acked with what was consumed."""
        self.step("The clients stop; acked and consumed records are compared")
        traffic.stop(on.fixture.kube, self.spec.namespace)
        self.producing = False
        figures = traffic.check(on.fixture.kube, self.spec.namespace)
        self.say(json.dumps({key: value for key, value in figures.items() if value not in ([], {}, "")}))
        return figures

    def report(self, on: Stage, figures: dict[str, Any]) -> None:
        """Write the report with the clients' figures."""
        path = Path(self.options.report).absolute()
        self.step("The report")
        done = on.play("tests/demo/report.yml", demo_report=str(path), demo_canary=figures)
        if done.status != 0:
            raise Stopped(f"the report could not be written: {done.failure or 'see above'}")

    def close(self, figures: dict[str, Any]) -> None:
        """Print the summary; delete when asked to. Raises Stopped when a record is missing."""
        path = Path(self.options.report).absolute()
        data = json.loads(path.with_name(path.name + ".json").read_text(encoding="utf-8"))
        costs = [roll["overhead"]["max_ms"] for roll in data["rolls"]]
        self.say()
        self.say(f"{self.spec.namespace}/{self.spec.name} is {data['state']}")
        for name, done in self.plays:
            self.say(f"  {name + '.yml':15} {done.seconds:6.1f} s")
        for roll in data["rolls"]:
            self.say(
                f"  roll of {roll['target']:12} {roll['seconds']:6.1f} s for {len(roll['pods'])} restarts, stage {roll['stage']}"
            )
        self.say(f"  maximum overhead per restart: {max(costs, default=0)} ms")
        self.say(f"  clients: {figures['acked']} acked, {figures['lost']} lost, {figures['duplicates']} duplicated, "
                 f"{figures['order_violations']} out of order, {figures['send_errors']} errors, {figures['rate_per_s']:.0f} records/s,")  # fmt: skip
        self.say(f"           longest time between two acks {figures['longest_ack_gap_ms']} ms")
        self.say(f"  took {time.monotonic() - self.begin:.0f} s in total")
        self.say(f"  report: {_shown(path)}.html (as data: {_shown(path)}.json)")
        if self.options.delete_after:
            stage.remove_cluster(self.place, self.spec)
        else:
            self.say(f"  inspect it:  kubectl --kubeconfig {self.place.kubeconfig} -n {self.spec.namespace} get pods")
            self.say(f'  delete it:   make demo ARGS="--delete --namespace {self.spec.namespace}"')
        if not figures["ok"]:
            raise Stopped("records that were acked are lost, duplicated or out of order: see the report")

    def tidy(self) -> None:
        """After a failure: take the load off the machine; the cluster stays for a look."""
        if self.producing:
            self.place.kube.delete("Pod", traffic.POD, self.spec.namespace, grace=1)
            self.say(f"the clients were stopped; the cluster is left as it is in namespace {self.spec.namespace}")


def _shown(path: Path) -> str:
    path = path.absolute()
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _carefully(demo: Demo, what: Callable[[], None]) -> int:
    """Run; a failure is one line, and takes the load off the machine."""
    try:
        what()
    except (Stopped, SandboxError, KeyboardInterrupt) as error:
        print(f"\ndemo: {error or 'interrupted'}", file=sys.stderr, flush=True)
        try:
            demo.tidy()
        except SandboxError as second:
            print(f"demo: {second}", file=sys.stderr)
        return 1
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; returns the exit status."""
    options = options_of(sys.argv[1:] if arguments is None else arguments)
    # so that the clusters are taken care of when this is told to end, too
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    demo = Demo(options)
    if options.delete:
        return _carefully(demo, lambda: stage.remove_cluster(demo.place, demo.spec))
    return _carefully(demo, demo.run)
