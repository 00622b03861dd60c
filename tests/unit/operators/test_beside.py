# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The double as one region of several: whose brokers its gate is about, and what it takes for the state of the migration."""

from __future__ import annotations

from typing import Any

import pytest

from tests.operators.confluent import layout, manifests, names
from tests.operators.confluent.api import Api
from tests.operators.confluent.manifests import ExampleSpec
from tests.operators.confluent.names import CONTROLLER, KAFKA, ZOOKEEPER
from tests.operators.confluent.rolls import Health
from tests.sandbox.config import SandboxError

EAST, WEST = "east", "west"


class FakeKube:
    """Answers of Jolokia by namespace and pod; None: it does not answer."""

    def __init__(self, **said: Any) -> None:
        self.said = said

    def request(self, _verb: str, path: str, *_more: Any, **_options: Any) -> Any:
        if "kafkas" in path:
            return {"items": [{"metadata": {"name": "kafka"}}]}
        namespace, pod = path.split("/")[4], path.split("/")[6].partition(":")[0]
        value = self.said[f"{namespace}_{pod.replace('-', '_')}"]
        if isinstance(value, dict):
            value = next((answer for bean, answer in value.items() if bean in path), None)
        if value is None:
            raise SandboxError("no answer")
        return {"status": 200, "value": value}

    def list(self, _kind: str, namespace: str, *, labels: str) -> list[Any]:
        assert labels == "app=kafka"
        return [
            {"metadata": {"name": key.partition("_")[2].replace("_", "-")}}
            for key in self.said
            if key.startswith(f"{namespace}_kafka")
        ]


def api(*beside: str, **said: Any) -> Api:
    kube: Any = FakeKube(**said)
    return Api(kube, EAST, beside)


@pytest.mark.parametrize(("west", "total"), [(0, 0), (3, 3), (None, None)])
def test_the_gate_is_about_the_brokers_of_all_regions(west: int | None, total: int | None) -> None:
    """A partition that is led elsewhere may lack the very broker that was restarted here."""
    both = api(WEST, east_kafka_0=0, west_kafka_0=west)
    assert both.health(KAFKA, ["kafka-0"]) == Health(total)
    assert api(east_kafka_0=0, west_kafka_0=west).health(KAFKA, ["kafka-0"]) == Health(0)


@pytest.mark.parametrize(
    ("states", "alone", "in_regions"),
    [
        (("leader", "follower"), True, True),
        (("follower", "follower"), False, True),
        (("follower", "candidate"), False, False),
        (("leader", "leader"), False, False),
        (("leader", "candidate"), False, False),
    ],
)
def test_the_leader_may_be_in_another_region(states: tuple[str, str], alone: bool, in_regions: bool) -> None:
    said = {f"east_c_{number}": state for number, state in enumerate(states)}
    assert api(**said).health(CONTROLLER, ["c-0", "c-1"]).quorum is alone
    assert api(WEST, **said).health(CONTROLLER, ["c-0", "c-1"]).quorum is in_regions


def controller(active: int, state: int | None) -> dict[str, int | None]:
    return {"ActiveControllerCount": active, "ZkMigrationState": state}


@pytest.mark.parametrize(
    ("first", "second", "alone", "in_regions"),
    [
        (controller(1, 1), controller(0, 2), 1, 1),
        (controller(0, 1), controller(0, 1), None, 1),
        (controller(0, 1), controller(0, 2), None, None),
        (controller(0, 1), controller(0, None), None, None),
        (controller(1, None), controller(0, 1), None, None),
    ],
)
def test_the_state_of_the_migration(first: Any, second: Any, alone: int | None, in_regions: int | None) -> None:
    said = {"east_c_0": first, "east_c_1": second}
    assert api(**said).migration_state(["c-0", "c-1"]) == alone
    assert api(WEST, **said).migration_state(["c-0", "c-1"]) == in_regions


def test_an_example_of_one_region() -> None:
    spec = ExampleSpec(
        peers=("server.0=a:2888:3888", "server.10=b:2888:3888"), voters=((9990, "a:9074"), (9900, "b:9074"))
    )
    assert "server.10=b:2888:3888" in layout.shared(manifests.zookeeper(spec, EAST))
    made = manifests.controller(spec, EAST)
    assert "controller.quorum.voters=9990@a:9074,9900@b:9074" in layout.shared(made)
    assert "controllerQuorumVoters" not in manifests.controller(ExampleSpec(), EAST)["spec"]
    assert "peers" not in manifests.zookeeper(ExampleSpec(), EAST)["spec"]
    assert manifests.zookeeper(spec, EAST)["kind"] == ZOOKEEPER


def test_an_operator_may_only_look_at_the_brokers_of_its_neighbours() -> None:
    role, binding = manifests.neighbour(EAST, WEST)
    assert role["metadata"]["namespace"] == binding["metadata"]["namespace"] == WEST
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": names.ACCOUNT, "namespace": EAST}]
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"list", "get"}
