# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One Kafka cluster in two regions, each with a double of CFK of its own, under traffic: the regions take turns on every way.

Region east has two brokers and two of the three voters, region west one of each; every partition is on all three brokers. The tests are
steps on one way and run in their order. The accounts are those of docs/rbac-confluent.yml, each in its own namespace.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.fleet import Cluster, Outcome
from tests.operators.confluent import manifests, names
from tests.operators.confluent.double import Double, operator
from tests.operators.confluent.manifests import ExampleSpec
from tests.operators.confluent.names import CONTROLLER, JOB, KAFKA, ZOOKEEPER
from tests.sandbox import fixtures, traffic
from tests.sandbox.account import RBAC_CONFLUENT, grant, rules
from tests.sandbox.beside import beside
from tests.sandbox.config import SandboxError
from tests.sandbox.fixtures import Fixture, FixtureSpec
from tests.sandbox.kube import Kube, pod_ready
from tests.sandbox.traffic import TrafficSpec

EAST, WEST = "e2e-east", "e2e-west"
SOAK: dict[str, Any] = {"kraft_soak": 0}
CHROOT = "/mrc"
#: CFK derives these from the brokers of one region
FACTORS = (
    "default.replication.factor=3",
    "min.insync.replicas=2",
    "offsets.topic.replication.factor=3",
    "transaction.state.log.replication.factor=3",
    "transaction.state.log.min.isr=2",
)
#: first node id of brokers, of controllers, and ZooKeeper's number
IDS = {EAST: ("0", "9990", "0"), WEST: ("100", "9900", "10")}
COUNTS = {EAST: 2, WEST: 1}
#: seconds between two looks at the pods
LOOK = 0.1


def example(namespace: str) -> ExampleSpec:
    """One region, as Confluent's multi-region examples have it: an own share of the ensemble, all voters in each KRaftController."""
    brokers, controllers, server = IDS[namespace]
    voters = tuple(
        (int(IDS[each][1]) + number, f"kraftcontroller-{number}.kraftcontroller.{each}.svc.cluster.local:9074")
        for each in (EAST, WEST)
        for number in range(COUNTS[each])
    )
    servers = [f"zookeeper.{each}.svc.cluster.local:2181" for each in (EAST, WEST)]
    return ExampleSpec(
        brokers=COUNTS[namespace],
        controllers=COUNTS[namespace],
        endpoint=",".join(servers) + CHROOT,
        overrides=FACTORS,
        annotations=(
            (KAFKA, names.ID_OFFSET, brokers),
            (CONTROLLER, names.ID_OFFSET, controllers),
            (CONTROLLER, f"{names.GROUP}/use-log4j1", "true"),
            (ZOOKEEPER, names.MYID_OFFSET, server),
        ),
        peers=tuple(
            f"server.{IDS[each][2]}=zookeeper-0.zookeeper.{each}.svc.cluster.local:2888:3888" for each in (EAST, WEST)
        ),
        voters=voters,
        job="kraft-migration-kafka",
    )


@dataclass(frozen=True)
class Stretched(Cluster):
    """Both regions in one inventory; each host has the account of its own namespace."""

    beside: tuple[Cluster, ...] = ()
    declared: list[bool] = field(default_factory=lambda: [True])

    def host(self, of: Cluster) -> dict[str, Any]:
        """The variables of one region."""
        found = {"kraft_namespace": of.namespace, "kraft_cluster": "kafka", "kraft_controller_name": "kraftcontroller"}
        return found | of._connection() | self.variables | ({"kraft_region_of": "orders"} if self.declared[0] else {})

    def prepared(
        self, playbook: str, arguments: Sequence[str], variables: Mapping[str, Any]
    ) -> tuple[list[str], dict[str, str], Path]:
        found = super().prepared(playbook, arguments, variables)
        # west first: the order of the inventory is not that of the turns
        hosts = {each.namespace: self.host(each) for each in (*self.beside, self)}
        inventory = self.folder / "inventory.yml"
        inventory.write_text(yaml.safe_dump({"kafka_clusters": {"hosts": hosts}}, sort_keys=False), encoding="utf-8")
        return found


@dataclass(frozen=True)
class Away:
    """A pod that was away, from one moment to another, in seconds of time.monotonic()."""

    namespace: str
    pod: str
    gone: float
    back: float


@contextmanager
def pods_watched(kube: Kube) -> Iterator[list[Away]]:
    """Record when brokers and controllers of both regions are not Ready, or not there, while the block runs."""
    seen: list[Away] = []
    gone: dict[tuple[str, str], float] = {}
    known: dict[tuple[str, str], str] = {}

    def look() -> None:
        for namespace in (EAST, WEST):
            try:
                found = [
                    pod
                    for label in ("kafka", "kraftcontroller")
                    for pod in kube.list("Pod", namespace, labels=f"app={label}")
                ]
            except SandboxError:
                continue
            _note(namespace, {str(pod["metadata"]["name"]): pod for pod in found}, known, gone, seen)

    try:
        with beside(look, LOOK):
            yield seen
    finally:
        seen += [Away(*key, since, time.monotonic()) for key, since in gone.items()]


def _note(
    namespace: str,
    pods: Mapping[str, Any],
    known: dict[tuple[str, str], str],
    gone: dict[tuple[str, str], float],
    seen: list[Away],
) -> None:
    now = time.monotonic()
    for name, pod in pods.items():
        key = (namespace, name)
        well = pod_ready(pod) and "deletionTimestamp" not in pod["metadata"]
        if well:
            # a pod that was replaced between two looks was away, too
            if key in gone or known.get(key, pod["metadata"]["uid"]) != pod["metadata"]["uid"]:
                seen.append(Away(namespace, name, gone.pop(key, now - LOOK), now))
            known[key] = pod["metadata"]["uid"]
        elif key in known:
            gone.setdefault(key, now)
    for key in set(known) - set(gone):
        if key[0] == namespace and key[1] not in pods:
            gone[key] = now


def brokers_of(seen: Sequence[Away], namespace: str) -> list[Away]:
    """The restarts of a region's brokers, in their order."""
    return sorted(
        (each for each in seen if each.namespace == namespace and each.pod.startswith("kafka-")),
        key=lambda each: each.gone,
    )


def never_together(seen: Sequence[Away]) -> None:
    """No broker of one region was away while one of the other was."""
    for one in brokers_of(seen, EAST):
        for other in brokers_of(seen, WEST):
            assert one.back <= other.gone or other.back <= one.gone, (one, other)


class Regions:
    """The doubles, and our playbooks on both of their clusters."""

    def __init__(self, doubles: dict[str, Double], target: Stretched) -> None:
        self.doubles, self.target, self.kube = doubles, target, doubles[EAST].kube

    def play(self, playbook: str, *arguments: str, status: int = 0, **variables: Any) -> Outcome:
        """Run a playbook on both; fails when it ends otherwise."""
        done = self.target.play(playbook, *arguments, **variables)
        assert done.status == status, done.output
        return done

    def results(self, done: Outcome, task: str) -> dict[str, dict[str, Any]]:
        """The result of a task by region."""
        return {item["host"]: item["result"] for item in done.tasks if item["task"].split(" : ")[-1] == task}

    def states(self) -> dict[str, str]:
        """What status.yml says of each."""
        return {host: found["state"] for host, found in self.results(self.play("status"), "Status").items()}

    def there(self, kind: str) -> list[str]:
        """The regions that have a custom resource of a kind."""
        return [name for name, double in self.doubles.items() if double.api.crs(kind)]

    def zookeeper(self, *commands: str) -> str:
        """Run commands of ZooKeeper's shell."""
        done = self.kube.exec(
            EAST, "zookeeper-0", ["zookeeper-shell", "localhost:2181"], stdin="\n".join(commands) + "\nquit\n"
        )
        return done.stdout.decode(errors="replace")


@pytest.fixture(scope="module")
def regions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Regions]:
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster")
    keep = bool(os.environ.get("KRAFT_KEEP"))
    with operator(EAST, keep=keep) as east, operator(WEST, keep=keep) as west:
        doubles = {EAST: east, WEST: west}
        east.know(west)
        west.know(east)
        # the servers of an ensemble wait for each other
        for double in doubles.values():
            double.apply(manifests.zookeeper(example(double.namespace), double.namespace))
        for double in doubles.values():
            double.example_ensemble(example(double.namespace))
        for double in doubles.values():
            double.example_brokers()
        east.example_topics(5, brokers=3)
        fixtures.create_topics(east.kube, EAST, "kafka-0", ["traffic 6 3 min.insync.replicas=2"])
        folder = tmp_path_factory.mktemp("regions")
        made = {}
        for name, double in doubles.items():
            token = grant(double.kube, name, allowed=rules(["kafka"], RBAC_CONFLUENT))
            made[name] = Cluster(Fixture(FixtureSpec(namespace=name), double.kube, {}), token, folder)
        variables = {"kraft_support_dir": str(folder / "support")}
        east_fixture, token = made[EAST].fixture, made[EAST].token
        target = Stretched(fixture=east_fixture, token=token, folder=folder, variables=variables, beside=(made[WEST],))
        traffic.start(east.kube, TrafficSpec(EAST, "kafka", 300, dns_ttl=1))
        yield Regions(doubles, target)
        traffic.stop(east.kube, EAST)
        report = traffic.check(east.kube, EAST)
        print(report)
        assert report["ok"], report


def test_regions_that_are_not_declared_are_refused(regions: Regions) -> None:
    regions.target.declared[0] = False
    try:
        done = regions.play("preflight", status=2)
    finally:
        regions.target.declared[0] = True
    for host, found in regions.results(done, "SetupPreChecks").items():
        codes = {item["code"] for item in found["detail"]["findings"]}
        assert "region-undeclared" in codes, (host, found)
        stranger = next(item for item in found["detail"]["findings"] if item["code"] == "stranger-broker")
        assert "write kraft_region_of with the same name to the hosts of all regions" in stranger["sentence"]
    assert regions.there(JOB) == []


def test_declared_they_are_one_cluster(regions: Regions) -> None:
    found = regions.results(regions.play("preflight"), "SetupPreChecks")
    assert set(found) == {EAST, WEST}
    for host, result in found.items():
        assert [item for item in result["findings"] if item["severity"] == "block"] == [], host
    assert regions.states() == dict.fromkeys((EAST, WEST), "ZOOKEEPER")


def test_the_second_region_alone_is_refused(regions: Regions) -> None:
    done = regions.play("migrate", "--limit", WEST, status=2)
    assert f"region {EAST} (not started) comes before this region" in done.failure["msg"]
    assert regions.there(JOB) == []


def test_both_to_dual_write_one_after_the_other(regions: Regions) -> None:
    with pods_watched(regions.kube) as seen:
        done = regions.play("migrate")
    assert {name: double.place[0] for name, double in regions.doubles.items()} == dict.fromkeys(
        (EAST, WEST), "DUAL-WRITE"
    )
    never_together(seen)
    east, west = brokers_of(seen, EAST), brokers_of(seen, WEST)
    # for the IBP and for the migration
    assert (len(east), len(west)) == (4, 2), seen
    assert east[-1].back <= west[0].gone, "the region with most voters first"
    assert "waiting for this region's turn" in done.output
    assert regions.states() == dict.fromkeys((EAST, WEST), "HYBRID_DUAL_WRITE")
    assert regions.play("migrate").changed == []


def test_both_back_one_after_the_other(regions: Regions) -> None:
    with pods_watched(regions.kube) as seen:
        done = regions.play("rollback")
    never_together(seen)
    assert brokers_of(seen, EAST)[-1].back <= brokers_of(seen, WEST)[0].gone
    removed = regions.results(done, "AskToRollBack")
    assert set(removed[EAST]["removed"]) == {"/controller", "/migration"}, removed
    assert regions.there(JOB) == []
    assert regions.there(CONTROLLER) == []
    assert regions.states() == dict.fromkeys((EAST, WEST), "ZOOKEEPER")
    listed = regions.zookeeper(f"ls {CHROOT}")
    assert "controller_epoch" in listed, listed
    assert "migration" not in listed, listed
    for name in (EAST, WEST):
        claims = [item["metadata"]["name"] for item in regions.kube.list("PersistentVolumeClaim", name)]
        assert not [claim for claim in claims if "kraftcontroller" in claim], claims
    assert regions.play("rollback").changed == []


def test_again_and_to_the_end(regions: Regions) -> None:
    for name, double in regions.doubles.items():
        double.apply(manifests.controller(example(name), name))
    regions.play("migrate")
    confirm = [f"{name}/kafka" for name in (EAST, WEST)]
    with pods_watched(regions.kube) as seen:
        regions.play("finalize", kraft_confirm=confirm, **SOAK)
    never_together(seen)
    assert {name: double.place[0] for name, double in regions.doubles.items()} == dict.fromkeys(
        (EAST, WEST), "COMPLETE"
    )
    # fewest voters first: the others keep the migration flag until every broker runs in KRaft mode
    last = max(each.back for each in seen if each.namespace == WEST)
    assert last <= brokers_of(seen, EAST)[0].gone
    assert regions.states() == dict.fromkeys((EAST, WEST), "FINALIZED")
    assert regions.play("finalize", kraft_confirm=confirm, **SOAK).changed == []
    refused = regions.play("rollback", status=2)
    assert refused.failure["code"] == "rollback-impossible"
