# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal is lost, wherever the cluster is, and then the originals: what is known is read off the cluster, and only a rollback asks for them."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import CONFIG_MAP, SECRET, Kind

from tests.e2e import audit
from tests.e2e.fleet import ACCOUNT
from tests.e2e.places import refused
from tests.e2e.removing import remove
from tests.e2e.trip import Trip, trip
from tests.sandbox import manifests
from tests.sandbox.fixtures import FixtureSpec

SPEC = FixtureSpec(namespace="back-journal", dns_ttl=1, topics=5)
JOURNAL, ORIGINALS = names.journal_name("kafka"), names.originals_name("kafka")
REVISION = Kind("ControllerRevision", "apps", "v1", "controllerrevisions")
#: in the middle of a rollback: the quorum is there, it is gone, the templates are the user's own again
MIDDLE = (
    "after:RollbackToZkEnsureKafkaRollIsComplete",
    "after:RollbackToZkWaitForManualNodeRemovalFromZk",
    "after:RollbackToZkRemoveKRaftControllerDepsInKafka",
)


def lose(found: Trip) -> None:
    """Delete the journal; fails when there is none."""
    remove(found.place.client, CONFIG_MAP, JOURNAL, found.place.namespace)


def journal_is_back(found: Trip) -> bool:
    """Whether the next run has begun a new one."""
    return found.place.client.find(CONFIG_MAP, JOURNAL, found.place.namespace) is not None


def in_setup(found: Trip) -> None:
    """The controllers run; nobody remembers why."""
    found.run("setup")
    lose(found)
    assert found.state() == "PREMIGRATION"
    found.run("setup")
    assert journal_is_back(found)
    again = found.run("setup")
    assert again.changed == []


def in_hybrid(found: Trip) -> None:
    """No broker is restarted again."""
    lose(found)
    found.run("migrate")
    lose(found)
    assert found.state() == "HYBRID_DUAL_WRITE"
    before = found.pods()
    found.run("migrate")
    assert journal_is_back(found)
    assert found.restarted(before) == []


def without_the_originals(found: Trip) -> None:
    """A rollback says what it needs before it touches anything; the way forward goes on, and says so."""
    remove(found.place.client, SECRET, ORIGINALS, found.place.namespace)
    mark = audit.position()
    refused(
        found.target.play("rollback"), "originals-missing", f"Secret {ORIGINALS}", "controllerrevisions", "kafka.json"
    )
    assert audit.writes_since(mark, found.place.namespace, ACCOUNT) == []
    done = found.run("finalize")
    assert "a rollback will need it: the original of StatefulSet kafka is not in Secret" in done.output, done.output
    assert found.state() == "PURE_DUAL_WRITE"


def in_pure(found: Trip) -> None:
    """The soak begins again, with the next run; it would never be over otherwise."""
    lose(found)
    assert found.state() == "PURE_DUAL_WRITE"
    before = found.pods()
    done = found.run("finalize")
    assert found.restarted(before) == []
    soak = next(gate for gate in done.result("FinalizeGates")["gates"] if gate["name"] == "soak")
    assert soak["sentence"].startswith("in PURE_DUAL_WRITE since "), soak
    again = found.run("finalize")
    assert again.changed == []


def supply(found: Trip) -> None:
    """Do what the refusal says: the template of an old revision, and the settings of a broker of that time."""
    client, namespace = found.place.client, found.place.namespace
    refused(found.target.play("rollback"), "originals-missing", "kafka.json")
    revisions = [item for item in client.list(REVISION, namespace) if _of(item, "kafka")]
    oldest = min(revisions, key=lambda item: int(item["revision"]))
    template: dict[str, Any] = oldest["data"]["spec"]["template"]
    template.pop("$patch", None)
    lines = [line for line in manifests.properties(SPEC).splitlines() if "=" in line and not line.startswith("#")]
    address = f"kafka-0.kafka.{namespace}.svc.cluster.local:9092"
    effective = {
        **dict(line.split("=", 1) for line in lines),
        "broker.id": "0",
        "advertised.listeners": f"PLAINTEXT://{address}",
    }
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": ORIGINALS, "labels": {names.LABEL_CLUSTER: "kafka"}},
        "stringData": {"kafka.json": json.dumps({"template": template, "effective": effective})},
    }
    client.create(SECRET, body, namespace)


def _of(revision: dict[str, Any], statefulset: str) -> bool:
    return any(owner["name"] == statefulset for owner in revision["metadata"].get("ownerReferences") or [])


def in_the_middle_of_a_rollback(found: Trip) -> None:
    """Killed and the journal lost, three times in one rollback: each broker is restarted twice all the same, and no more."""
    mark = audit.position()
    for boundary in MIDDLE:
        done = found.target.play("rollback", kill_at=boundary)
        assert done.status == -signal.SIGKILL, f"the run was not killed {boundary}: {done.output}"
        found.settle()
        lose(found)
    found.roll_back()
    removed = audit.removals_since(mark, found.place.namespace, ACCOUNT)
    brokers = sorted(pod for pod in removed if "-kraft-" not in pod)
    assert brokers == sorted(2 * list(SPEC.broker_ids)), f"restarts of brokers: {removed}"
    found.check_plain()


def test_the_journal_is_lost_at_any_point(tmp_path: Path) -> None:
    with trip(SPEC, tmp_path) as found:
        in_setup(found)
        in_hybrid(found)
        without_the_originals(found)
        in_pure(found)
        supply(found)
        in_the_middle_of_a_rollback(found)
