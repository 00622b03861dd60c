# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No Secret with a password stays behind, wherever a run was killed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, stages
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report.journal import Journal
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.versions import parse_ibp
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import STATEFUL_SET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    controllers,
    locks,
    originals,
    ownership,
    stage_objects,
    writes,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Unreachable

from tests.unit.plugins.module_utils._core._settings.secured_brokers import PLAIN, PLAIN_JAAS, SASL
from tests.unit.plugins.module_utils._platform._statefulset.secured_scene import scene, secret
from tests.unit.plugins.module_utils._platform._statefulset.test_secured_stages import Secured

OURS = {names.MANAGED_BY: names.MANAGER, names.LABEL_CLUSTER: "kafka"}


def noted(log: Journal, stage: str, secrets: list[str]) -> None:
    """What an action records before it writes."""
    log.add(
        "2026-11-30T14:00:00.000Z", "MIGRATE", "x", "begun", stage=stage, objects=[f"Secret/{one}" for one in secrets]
    )


def with_controllers(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Controllers at the stage before the last, a Secret of the last one that was made right before the run was killed, and one of brokers."""
    cluster = scene(PLAIN | {"broker.id": "0"}, secret("jaas", **{"jaas.conf": PLAIN_JAAS}))
    monkeypatch.setattr(controllers, "target_version", lambda _cluster: parse_ibp("3.9"))
    monkeypatch.setattr(controllers, "cluster_id", lambda _cluster: ("cluster-id", ""))
    controllers.create(cluster, controllers.build(cluster, "held"))
    read(cluster)
    for stage in ("migrating", "final"):
        noted(cluster.journal, stage, cluster.driver.controllers.secrets(stage))
        if stage == "final":
            monkeypatch.setattr(writes, "write_template", killed)
            with pytest.raises(Unreachable):
                cluster.driver.controllers.write(stage)
        else:
            cluster.driver.controllers.write(stage)
        read(cluster)
    noted(cluster.journal, "migration", ["of-brokers"])
    of_brokers = secret("of-brokers", x="y")
    of_brokers["metadata"]["labels"] = OURS
    cluster.client.put(of_brokers)
    return cluster


def killed(*_arguments: Any, **_options: Any) -> None:
    raise Unreachable("killed")


def read(cluster: Any) -> None:
    cluster.controllers = cluster.client.find(STATEFUL_SET, "kafka-kraft", "n")


@pytest.mark.parametrize("at", range(6))
def test_a_removal_that_is_killed_leaves_nothing_after_the_next(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    cluster = with_controllers(monkeypatch)
    assert len(cluster.client.names("Secret")) == 4
    delete, calls = ownership.delete_read, []

    def once(*arguments: Any) -> str:
        calls.append(arguments)
        if len(calls) == at + 1:
            raise Unreachable("killed")
        return delete(*arguments)

    monkeypatch.setattr(ownership, "delete_read", once)
    try:
        cluster.driver.controllers.remove()
    except Unreachable:
        read(cluster)
        cluster.driver.controllers.remove()
    assert len(calls) == 5 + (at < 5)  # the last time nothing was killed
    # and the brokers still need theirs
    assert cluster.client.names("Secret") == ["jaas", "of-brokers"]


def test_what_the_way_back_made_goes_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its settings are those of the way forward, unless an option says something else by then; then they are an object of their own."""
    brokers = Secured(monkeypatch, SASL, env=False, secret="k")
    cluster = brokers.cluster
    monkeypatch.setattr(originals, "load", lambda _cluster: {"kafka": brokers.original})
    monkeypatch.setattr(locks, "managed", lambda _cluster: cluster.statefulsets)
    before = brokers.client.names("Secret")
    for stage in ("migration", "kraft", stages.RETURN, stages.ORIGINAL):
        if stage == stages.RETURN:
            cluster.params = {**cluster.params, "super_users": ["User:ops"]}
        noted(cluster.journal, stage, brokers.plan(stage).secrets)
        brokers.runs(brokers.write(stage)[1])
    made = [name for name in brokers.client.names("Secret") if name not in before]
    assert len(made) == 3
    cluster.controllers = None
    cluster.config_maps = {}
    assert stage_objects.delete_unused(cluster) == [f"Secret/{name}" for name in cluster.journal.made("Secret")]
    assert brokers.client.names("Secret") == before


def test_a_secret_that_nobody_made_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account may not get Secrets where no stage needs one."""
    cluster = scene({})
    monkeypatch.setattr(cluster.client, "find", killed)
    monkeypatch.setattr(cluster.client, "get", killed)
    assert stage_objects.unused(cluster) == ([], [])
