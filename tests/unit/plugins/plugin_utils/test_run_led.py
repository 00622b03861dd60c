# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One task on a cluster that an operator leads: the Lease and the journal are ours, the lock is the operator's."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import journal as journals
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import policy_objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import CONFIG_MAP
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import operator_status
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused
from ansible_collections.kafkaops.kraft.plugins.plugin_utils import _run
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run

from tests.unit.plugins.module_utils._platform._confluent import crs
from tests.unit.plugins.module_utils._platform._confluent.scene import Cluster, before
from tests.unit.plugins.module_utils.admitting import MADE, NAME, with_operator, written
from tests.unit.plugins.module_utils.fakes import PARAMS


@pytest.fixture
def cluster(monkeypatch: Any) -> Cluster:
    """Before anything was asked."""
    found = before()
    monkeypatch.setattr(Cluster, "zookeeper_connect", "zookeeper:2181/kafka-n")
    monkeypatch.setattr(_run, "connect", lambda _params: found.api)
    monkeypatch.setattr(_run, "open_cluster", lambda _client, _params: found)
    return found


def run_of() -> Run:
    return Run("kraft_migration_job", {**PARAMS, "lock_timeout": 0}, "SetupPreChecks", lambda _text: None)


def stop(reason: Any) -> None:
    pytest.fail(reason)


def test_the_lock_is_the_operators_and_the_journal_is_ours(cluster: Cluster) -> None:
    with run_of() as run, run.exclusive(stop):
        assert run.leads
        assert run.ensure_lock() is False
        assert run.locked
    written = cluster.api.get(CONFIG_MAP, "kraft-migration-kafka", "n")
    book = journals.load("kafka", written["data"])
    assert book.migration_id
    assert book.zookeeper_connect == "zookeeper:2181/kafka-n"
    # no annotation on a StatefulSet that the operator would put back
    assert {kind for _verb, kind, _name in cluster.api.calls} == {"Lease", "ConfigMap"}


def test_a_policy_of_ours_is_kept_while_the_operators_lock_is_there(cluster: Cluster, monkeypatch: Any) -> None:
    """Made with the request; after that kept for whoever goes on, and not made by a run that finds nothing locked."""
    monkeypatch.setattr(policy_objects, "PACE", 0.001)
    monkeypatch.setattr(policy_objects, "CHECKED", 0.01)
    with_operator(cluster)
    with run_of() as run, run.exclusive(stop):
        run.ensure_lock()
        assert written(cluster.api) == []
        run.journal.lock_policy = NAME
        run.ensure_lock()
        assert written(cluster.api) == []
        cluster.api.put(crs.kafka({res.LOCK: "true"}))
        run.ensure_lock()
        assert written(cluster.api) == MADE


def test_a_job_for_others_stops_before_the_journal(cluster: Cluster) -> None:
    cluster.api.put(crs.job("SETUP", zookeeper={"name": "zoo"}))
    with run_of() as run:
        run.check_names()
        with pytest.raises(Refused, match="is for zookeeper n/zoo"):
            run.ensure_lock()
    assert cluster.api.calls == []


def test_what_it_shows_and_exports_is_the_operators(cluster: Cluster, monkeypatch: Any) -> None:
    monkeypatch.setattr(operator_status, "status", lambda of: {"of": of.name})
    with run_of() as run:
        assert run.status() == {"of": "kafka"}
        patches = run.patches()
    assert [item["object"] for item in patches] == ["Kafka/kafka"]
    assert res.LOCK not in str(patches)
