# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain StatefulSets as a platform: only the very object that was read goes, and exactly one platform claims a cluster."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform import registry
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import writes
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.driver_parts import CLEAN_UP
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Claim
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict, NotFound, Refused

from tests.unit.plugins.module_utils.fakes import PARAMS, FakeClient, ours, pod, statefulset
from tests.unit.plugins.module_utils.scenes import at_stage, cluster_with


def driver_of(*objects: Any, **changed: Any) -> Any:
    return cluster_with(client=FakeClient(*objects), **changed).driver


def test_a_pod_that_was_made_again_since_is_not_deleted() -> None:
    driver = driver_of(pod("kafka-0", uid="new"))
    with pytest.raises(Conflict):
        driver.remove_pod("kafka-0", "old")
    with pytest.raises(Conflict):
        driver.evict_pod("kafka-0", "old")
    driver.remove_pod("kafka-0", "new", grace_seconds=1)
    with pytest.raises(NotFound):
        driver.remove_pod("kafka-0", "new")


def test_a_pod_without_an_object_will_be_made_for_the_stage_of_its_template() -> None:
    made = {"kafka-0": pod("kafka-0", annotations={names.STAGE: "migration"})}
    driver = driver_of(statefulsets=[at_stage("kafka", "kraft")], pods=made)
    assert [driver.brokers.stage_of_pod(name) for name in ("kafka-0", "kafka-1", "kafka-9")] == [
        "migration",
        "kraft",
        "",
    ]


def test_what_is_handed_over_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """From then on Kubernetes restarts pods by itself: whoever changes an image next has to know."""
    driver = driver_of(controllers=ours(statefulset("kafka-kraft")))
    said: list[str] = []
    monkeypatch.setattr(writes, "restore_strategy", lambda _c, item, *_a: item["metadata"]["name"] == "kafka-kraft")
    driver.restore_rolls(said.append)
    (told,) = said
    assert told.startswith(
        "StatefulSet kafka-kraft: update strategy RollingUpdate is in force; from now on Kubernetes restarts its pods"
    )


def test_the_mark_of_a_clean_up() -> None:
    item = statefulset()
    driver = driver_of(item, statefulsets=[item])
    driver.brokers.mark("true")
    assert driver._cluster.client.calls == [("patch", "StatefulSet", "kafka")]
    item["metadata"]["annotations"] = {CLEAN_UP: "true"}
    assert driver.brokers.marked() == ["kafka"]
    driver.brokers.mark("true")
    assert driver._cluster.client.calls == [("patch", "StatefulSet", "kafka")]


def test_controllers_without_a_workload() -> None:
    controllers = driver_of(controllers=None).controllers
    assert (controllers.stage(), controllers.settings_hash(), controllers.replicas()) == ("", "", None)
    assert controllers.pod_names(2) == ["kafka-kraft-0", "kafka-kraft-1"]


class Other:
    """A second platform."""

    name = "other"

    def __init__(self, claims: bool) -> None:
        self._claims = claims

    def claim(self, _client: Any, _params: Any) -> Claim | None:
        return Claim("other", "it has an owner") if self._claims else None


@pytest.mark.parametrize(
    ("claims", "wanted", "said"),
    [
        (
            True,
            "auto",
            r"several platforms match n/kafka \(statefulset: .*; other: it has an owner\); set kraft_platform",
        ),
        (False, "other", "no platform matches n/kafka; set kraft_platform"),
    ],
)
def test_exactly_one_platform_claims_a_cluster(monkeypatch: Any, claims: bool, wanted: str, said: str) -> None:
    client: Any = FakeClient()
    params = {**PARAMS, "platform": wanted}
    assert registry.claimed(client, PARAMS).platform == "statefulset"
    monkeypatch.setattr(registry, "DIRECT", (*registry.DIRECT, Other(claims)))
    with pytest.raises(Refused, match=said) as refused:
        registry.open_cluster(client, params)
    assert refused.value.code == "cluster-ambiguous"


def taken(
    monkeypatch: pytest.MonkeyPatch,
    *,
    revision: str = "r1",
    outdated: tuple[str, ...] = (),
    found: tuple[Any, ...] = (),
) -> str:
    """What a broker is told that is to be taken away."""
    item = statefulset("kafka")
    item["status"] = {"observedGeneration": item["metadata"]["generation"], "updateRevision": "r1"}
    pods = {
        name: pod(name, labels={"controller-revision-hash": revision}) for name in ("kafka-0", "kafka-1", "kafka-2")
    }
    driver = driver_of(statefulsets=[item], pods=pods)
    monkeypatch.setattr(driver.brokers, "outdated", lambda: list(outdated))
    monkeypatch.setattr(driver.checks, "workloads", lambda: list(found))
    text: str = driver.unsettled()
    return text


def test_a_broker_that_would_not_come_back_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    assert taken(monkeypatch) == ""
    assert taken(monkeypatch, revision="r0").startswith("pod kafka-0 is not of the newest revision")
    assert taken(monkeypatch, outdated=("kafka-2",)).startswith("pods kafka-2 were not made with the settings")
    lost = finding("broker-data-lost", "kafka", "its data is on an emptyDir")
    assert taken(monkeypatch, found=(lost,)) == "its data is on an emptyDir"
