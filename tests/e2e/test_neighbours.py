# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters kafka and prod-kafka in one namespace, and somebody else's kafka-kraft in another: both migrate, one goes back, and nothing of
its neighbours is touched, by the objects themselves and by the audit log (rule 6).

The tests are steps on one way and run in their order. With KRAFT_KEEP set the clusters stay, so that each step can be run alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient, connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import (
    CONFIG_MAP,
    LEASE,
    PDB,
    POD,
    PVC,
    SECRET,
    SERVICE,
    STATEFUL_SET,
)

from tests.e2e import audit
from tests.e2e.fleet import ACCOUNT, Cluster, Outcome
from tests.e2e.places import one_sentence, refused
from tests.sandbox.account import grant
from tests.sandbox.cluster import Sandbox
from tests.sandbox.fixtures import Fixture, FixtureSpec, create, delete
from tests.sandbox.kube import Kube

HOME, ELSEWHERE = "neighbours", "neighbours-other"
ORDERS = FixtureSpec(name="kafka", namespace=HOME, chroot="/kafka", dns_ttl=1, topics=3)
#: its name ends with the other's, as kafka-kraft is in prod-kafka-kraft; the same ZooKeeper, another chroot
PROD = FixtureSpec(name="prod-kafka", namespace=HOME, chroot="/prod", dns_ttl=1, topics=3)
KINDS = (STATEFUL_SET, POD, SERVICE, PDB, PVC, CONFIG_MAP, SECRET, LEASE)
QUICK: dict[str, Any] = {"kraft_restart_interval": 0}
FINAL = "MoveToKRaftControllerTriggerKRaftControllerMigrationModeRemoval"


def foreign(image: str) -> list[dict[str, Any]]:
    """A StatefulSet with the name of kafka's controllers, its Service, and its volume."""
    labels = {"app": "theirs"}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    mounts = [{"name": "kraft-data", "mountPath": "/data"}]
    container = {"name": "kafka", "image": image, "command": ["sleep", "100000"], "volumeMounts": mounts}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ELSEWHERE}},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "kafka-kraft", "namespace": ELSEWHERE, "labels": labels},
            "spec": {"clusterIP": "None", "selector": labels, "ports": [{"port": 9093}]},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": {"name": "kafka-kraft", "namespace": ELSEWHERE, "labels": labels},
            "spec": {
                "replicas": 1,
                "serviceName": "kafka-kraft",
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]},
                },
                "volumeClaimTemplates": [{"metadata": {"name": "kraft-data"}, "spec": claim}],
            },
        },
    ]


@dataclass
class Street:
    """Both clusters and the foreign one."""

    orders: Cluster
    prod: Cluster
    client: KubeClient

    def run(self, on: Cluster, playbook: str, *arguments: str, **variables: Any) -> Outcome:
        """Run a playbook that has to succeed."""
        done = on.play(playbook, *arguments, **QUICK, **variables)
        assert done.status == 0, done.output
        return done

    def both(self, playbook: str, *arguments: str, **variables: Any) -> Outcome:
        """Run a playbook over both of them, in one run."""
        self.run(self.prod, "status")  # writes its inventory
        inventory = str(self.prod.folder / "inventory.yml")
        return self.orders.play(playbook, "-i", inventory, *arguments, **QUICK, **variables)

    def state(self, of: Cluster) -> str:
        """The state as status.yml says it."""
        found: str = self.run(of, "status").result("Status")["state"]
        return found

    def things(self, namespace: str, name: str = "") -> dict[str, Any]:
        """Every object of a namespace whose name has ``name`` in it: its uid, and whatever somebody could write to it."""
        found = {}
        for kind in KINDS:
            for item in self.client.list(kind, namespace):
                metadata = item["metadata"]
                if name not in metadata["name"]:
                    continue
                statuses = (item.get("status") or {}).get("containerStatuses") or [] if kind is POD else []
                found[f"{kind.kind}/{metadata['name']}"] = {
                    **{key: metadata.get(key) for key in ("uid", "generation", "labels", "annotations", "finalizers")},
                    **{key: metadata.get(key) for key in ("deletionTimestamp", "ownerReferences")},
                    **{key: item.get(key) for key in ("spec", "data")},
                    "starts": [(each["name"], each["restartCount"]) for each in statuses],
                }
        return found

    @contextmanager
    def only(self, mine: Cluster) -> Iterator[None]:
        """Fail when the block touches anything of the other cluster, or of the other namespace."""
        other = self.prod if mine is self.orders else self.orders
        before, away, mark = self.others(other), self.things(ELSEWHERE), audit.position()
        yield
        after = self.others(other)
        changed = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
        assert not changed, f"of {other.fixture.spec.name}: {changed}"
        assert away == self.things(ELSEWHERE)
        written = audit.writes_since(mark, HOME, ACCOUNT)
        assert written, "the audit log shows no write at all: it proves nothing"
        strange = [line for line in written if _is_of(line.rpartition(" ")[2], other.fixture.spec.name)]
        assert not strange, f"written to objects of {other.fixture.spec.name}: {strange}"

    def others(self, other: Cluster) -> dict[str, Any]:
        """What belongs to one of the two, by our own list of names, not by the product's labels."""
        name = other.fixture.spec.name
        return {key: item for key, item in self.things(HOME).items() if _is_of(key.partition("/")[2], name)}


def _is_of(thing: str, cluster: str) -> bool:
    """Whether an object is one of a cluster's: of prod-kafka when it says so, of kafka when it says kafka and not prod."""
    return ("prod-kafka" in thing) if cluster == "prod-kafka" else ("kafka" in thing and "prod-kafka" not in thing)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster")
    sandbox = Sandbox()
    kube, keep = sandbox.kube, bool(os.environ.get("KRAFT_KEEP"))
    if not (keep and kube.get("StatefulSet", PROD.name, HOME)):
        _build(sandbox, kube)
    client = connect({})
    token = grant(kube, HOME, clusters=[ORDERS.name, PROD.name])
    orders, prod = (
        Cluster(Fixture(spec, kube, {}), token, tmp_path_factory.mktemp(spec.name)) for spec in (ORDERS, PROD)
    )
    try:
        yield Street(orders, prod, client)
    finally:
        client.close()
        if not keep:
            _tear_down(kube)
        kube.close()


def _build(sandbox: Sandbox, kube: Kube) -> None:
    _tear_down(kube)
    sandbox.ensure_image(ORDERS.flavour, ORDERS.kafka_version)
    for spec in (ORDERS, PROD):
        create(spec, kube=kube)
    for item in foreign(ORDERS.image_of()):
        kube.apply(item)
    kube.wait(
        "Pod",
        ELSEWHERE,
        lambda pods: "" if f"{ELSEWHERE}/kafka-kraft-0" in pods else "the foreign StatefulSet has no pod",
        seconds=60,
    )


def _tear_down(kube: Kube) -> None:
    for namespace in (HOME, ELSEWHERE):
        delete(FixtureSpec(namespace=namespace), kube=kube)


def test_the_first_one_migrates(street: Street) -> None:
    with street.only(street.prod):
        street.run(street.prod, "migrate")
    assert street.state(street.prod) == "HYBRID_DUAL_WRITE"
    assert street.state(street.orders) == "ZOOKEEPER"


def test_the_volumes_of_the_first_are_no_leftovers_of_the_second(street: Street) -> None:
    """Seen on a real cluster: preflight of kafka said of prod-kafka's live volumes "delete them"."""
    volumes = [key for key in street.things(HOME, "prod-kafka-kraft-") if key.startswith("PersistentVolumeClaim/")]
    assert len(volumes) == 3, volumes
    done = street.run(street.orders, "preflight")
    assert "prod-kafka" not in done.output, done.output


def test_the_second_one_migrates_beside_it(street: Street) -> None:
    with street.only(street.orders):
        street.run(street.orders, "migrate")
        street.run(street.orders, "finalize")
    assert street.state(street.orders) == "PURE_DUAL_WRITE"
    assert street.state(street.prod) == "HYBRID_DUAL_WRITE"


def test_a_confirmation_that_is_meant_for_one_finalizes_neither(street: Street) -> None:
    """One -e reaches both: the bare name, and the full name of one of them, are not enough."""
    before = street.things(HOME, "kafka")
    for confirm, said in (
        (["kafka"], "names kafka, and this run has 2 hosts"),
        ([f"{HOME}/kafka"], f"{HOME}/prod-kafka"),
    ):
        done = street.both("finalize", "--tags", FINAL, kraft_confirm=confirm, kraft_soak=0)
        assert done.status != 0, done.output
        failed = next(task for task in done.tasks if task["host"] == "kafka" and task["status"] == "failed")
        one_sentence(
            failed["result"]["msg"], "the irreversible step is refused, nothing was changed: gate-confirm", said
        )
    assert street.things(HOME, "kafka") == before
    assert street.state(street.orders) == "PURE_DUAL_WRITE"


def test_one_goes_back_and_leaves_its_neighbours_alone(street: Street) -> None:
    with street.only(street.orders):
        street.run(street.orders, "rollback")
        again = street.run(street.orders, "rollback")
    assert again.changed == []
    assert street.state(street.orders) == "ZOOKEEPER"
    left = [key for key in street.others(street.orders) if "kraft" in key and names.journal_name("kafka") not in key]
    assert left == []
    assert street.state(street.prod) in ("HYBRID_DUAL_WRITE", "PURE_DUAL_WRITE")


def test_the_other_goes_to_the_end(street: Street) -> None:
    with street.only(street.prod):
        street.run(street.prod, "finalize")
        refused(
            street.prod.play("finalize", kraft_confirm=["kafka"], kraft_soak=0, **QUICK),
            "gate-confirm",
            "names kafka, not",
        )
        street.run(street.prod, "finalize", kraft_confirm=[f"{HOME}/{PROD.name}"], kraft_soak=0)
    assert street.state(street.prod) == "FINALIZED"
    assert street.state(street.orders) == "ZOOKEEPER"
