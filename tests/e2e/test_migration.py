# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real migrations ZOOKEEPER -> FINALIZED under live traffic, one for each kind of cluster, with the minimal account."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import audit
from tests.e2e.fleet import ACCOUNT, Cluster, canary, cluster
from tests.sandbox.fixtures import FixtureSpec, create_topics
from tests.sandbox.kube import pod_ready


def spec(name: str, **different: Any) -> FixtureSpec:
    """A fixture in a namespace of its own whose JVMs look addresses up again after a second, which spares minutes."""
    return FixtureSpec(namespace=f"e2e-{name}", dns_ttl=1, **different)


#: name -> fixture; `make test` runs the first two, `make test-matrix` all
SPECS = {
    "quick": spec("quick"),
    "environment": spec("environment", surface="confluent", jolokia=False),
    "confluent": spec("confluent", surface="confluent", jolokia=False),
    "file": FixtureSpec(namespace="e2e-file"),
    "bitnami": spec("bitnami", surface="bitnami"),
    "secret": spec("secret", surface="secret"),
    "env-from": spec("env-from", surface="env-from"),
    "overrides": spec("overrides", surface="overrides"),
    "own-variable": spec("own-variable", surface="own-variable"),
    "no-jolokia": spec("no-jolokia", jolokia=False),
    "hardened": spec("hardened", hardened=True),
    "ids-from-100": spec("ids", first_id=100),
    "two-statefulsets": spec("zones", statefulsets=2, brokers=4, update_strategy="RollingUpdate", partition=2),
    "ensemble": spec("ensemble", zookeepers=3),
    "ibp-3.5": spec("ibp", ibp="3.5"),
    "kafka-3.8.1": spec("kafka381", kafka_version="3.8.1", ibp="3.8"),
    "kafka-3.7.2": spec("kafka372", kafka_version="3.7.2", ibp="3.7"),
}
#: the one whose playbooks also run in check mode first
CHECKED = "quick"
#: the one that goes the whole way by the two commands that are needed at least
SHORT = "environment"
#: those whose playbooks run once, since CI has little time: the same clusters are in the matrix as "file" and "confluent"
ONCE = (CHECKED, SHORT)
#: these have ordinary clients, which keep addresses for 30 s, and so the default pause between restarts; the others neither
ORDINARY = ("file", "no-jolokia")


def is_of(target: Cluster, *fixtures: str) -> bool:
    return target.namespace in [SPECS[name].namespace for name in fixtures]


def state_of(target: Cluster) -> str:
    done = target.play("status")
    assert done.status == 0, done.output
    found: str = next(task["result"]["state"] for task in done.tasks if "state" in task["result"])
    return found


def play(target: Cluster, playbook: str, **variables: Any) -> None:
    """Run a playbook: --check writes nothing, then for real, then again with nothing left to change."""
    if is_of(target, CHECKED):
        mark = audit.position()
        predicted = target.play(playbook, "--check", "--diff", **variables)
        assert predicted.status == 0, predicted.output
        assert audit.writes_since(mark, target.namespace, ACCOUNT) == []
    mark = audit.position()
    first = target.play(playbook, **variables)
    assert first.status == 0, first.output
    # what the log shows of a real run proves that it would have shown a write in check mode
    assert bool(audit.writes_since(mark, target.namespace, ACCOUNT)) == bool(first.changed)
    if is_of(target, *ONCE):
        return
    again = target.play(playbook, **variables)
    assert again.status == 0, again.output
    assert again.changed == []


def in_both_stores(target: Cluster, topic: str) -> None:
    """A topic made in pure dual-write is in KRaft (the brokers, all in KRaft mode, lead it) and in ZooKeeper."""
    spec, kube = target.fixture.spec, target.fixture.kube
    create_topics(kube, spec.namespace, next(iter(spec.broker_ids)), [f"{topic} 2 3 retention.ms=600000"])
    shell = f"echo 'get {spec.chroot}/brokers/topics/{topic}' | /opt/kafka/bin/zookeeper-shell.sh localhost:2181 2>&1"
    deadline = time.monotonic() + 30
    while '"partitions"' not in (
        seen := kube.exec(spec.namespace, "zookeeper-0", ["bash", "-c", shell], timeout=60).text
    ):
        assert time.monotonic() < deadline, f"{topic} is not in ZooKeeper: {seen[-500:]}"


def migrate_and_finalize(target: Cluster) -> None:
    """The whole way from ZOOKEEPER to FINALIZED."""
    assert state_of(target) == "ZOOKEEPER"
    for playbook in ("migrate",) if is_of(target, SHORT) else ("preflight", "setup", "migrate"):
        play(target, playbook)
    assert state_of(target) == "HYBRID_DUAL_WRITE"
    play(target, "finalize")
    assert state_of(target) == "PURE_DUAL_WRITE"
    in_both_stores(target, "made-in-dual-write")
    play(target, "finalize", kraft_confirm=target.fixture.spec.name, kraft_soak=0)
    assert state_of(target) == "FINALIZED"
    if not is_of(target, *ONCE):
        play(target, "migrate")


def roll_controllers(target: Cluster) -> None:
    """After the end the controllers' StatefulSet is the user's: a change of its template rolls, without anybody's help."""
    kube, namespace, name = target.fixture.kube, target.namespace, f"{target.fixture.spec.name}-kraft"
    found = kube.get("StatefulSet", name, namespace)
    assert found is not None
    assert found["spec"]["updateStrategy"]["type"] == "RollingUpdate"
    mark = {"spec": {"template": {"metadata": {"annotations": {"tests/restarted": "yes"}}}}}
    kube.request("PATCH", kube.path("StatefulSet", namespace, name), mark, content="application/merge-patch+json")

    def reason(pods: dict[str, Any]) -> str:
        own = {key: pod for key, pod in pods.items() if key.startswith(f"{namespace}/{name}-")}
        new = [pod for pod in own.values() if "tests/restarted" in (pod["metadata"].get("annotations") or {})]
        ready = [pod for pod in new if pod_ready(pod)]
        return "" if len(ready) == 3 else f"{len(ready)} of {len(own)} controllers are back"

    kube.wait("Pod", namespace, reason, seconds=180)
    assert state_of(target) == "FINALIZED"


def lose_a_pod_below_the_partition(target: Cluster) -> None:
    """A pod with a lower ordinal than the user's partition is made from the current revision, which has to be that of the end."""
    kube, namespace, spec = target.fixture.kube, target.namespace, target.fixture.spec
    for item in kube.list("StatefulSet", namespace):
        if item["metadata"]["name"] in [name for name, _replicas, _first in spec.broker_sets]:
            strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": spec.partition}}
            assert item["spec"]["updateStrategy"] == strategy
            assert item["status"]["currentRevision"] == item["status"]["updateRevision"]
    pod = f"{spec.broker_sets[0][0]}-0"
    found = kube.get("Pod", pod, namespace)
    assert found is not None
    kube.delete("Pod", pod, namespace)

    def reason(pods: dict[str, Any]) -> str:
        new = pods.get(f"{namespace}/{pod}")
        back = new is not None and new["metadata"]["uid"] != found["metadata"]["uid"] and pod_ready(new)
        return "" if back else f"{pod} is not back"

    kube.wait("Pod", namespace, reason, seconds=180)
    assert state_of(target) == "FINALIZED"


@pytest.mark.parametrize("name", SPECS)
def test_migration_under_traffic(name: str, tmp_path: Path) -> None:
    with cluster(SPECS[name], tmp_path) as target:
        if name not in ORDINARY:
            target.variables["kraft_restart_interval"] = 0
        with canary(target, dns_ttl=None if name in ORDINARY else 1) as figures:
            migrate_and_finalize(target)
            if name == "hardened":
                roll_controllers(target)
            if target.fixture.spec.partition is not None:
                lose_a_pod_below_the_partition(target)
        print(figures)
        assert figures["ok"], figures
        assert figures["rate_per_s"] >= 1000
