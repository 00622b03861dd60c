# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever confirms or overrides names namespace/name; a bare name only means something where the run has one host (rule 1)."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import scope
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import Scope

ONE = Scope("orders", "kafka", "a", {"a": "orders/kafka"})
FLEET = Scope("orders", "kafka", "a", {"a": "orders/kafka", "b": "payments/kafka", "c": "shop/events"})
UNTOLD = Scope("orders", "kafka", "a", {"a": "orders/kafka", "b": None})
#: one namespace and name in two Kubernetes clusters
TWINS = Scope("orders", "kafka", "a", {"a": "orders/kafka", "b": "orders/kafka"})


@pytest.mark.parametrize(
    ("of", "entries", "why"),
    [
        (ONE, [], "kraft_confirm is not set; set kraft_confirm=orders/kafka"),
        (ONE, ["kafka"], ""),
        (ONE, ["orders/kafka"], ""),
        (ONE, ["kafak"], "kraft_confirm names kafak, not orders/kafka; set kraft_confirm=orders/kafka"),
        # a namesake
        (ONE, ["payments/kafka"], "kraft_confirm names payments/kafka, not orders/kafka"),
        (FLEET, ["kafka"], "kraft_confirm names kafka, and this run has 3 hosts; name this cluster in full"),
        (FLEET, ["orders/kafka"], ""),
        (FLEET, ["kafka", "orders/kafka"], ""),
        (TWINS, ["orders/kafka"], "kraft_confirm names orders/kafka, and hosts a, b of this run all have that name"),
        # nobody knows how many hosts there are: a bare name is not enough
        (Scope("orders", "kafka"), ["kafka"], "and this run has hosts that cannot be counted"),
        (Scope("orders", "kafka"), ["orders/kafka"], ""),
    ],
)
def test_a_cluster_is_named(of: Scope, entries: list[str], why: str) -> None:
    said = of.not_named("kraft_confirm", entries)
    assert said.startswith(why) or why in said
    assert bool(said) == bool(why)


@pytest.mark.parametrize(
    ("of", "entries", "why"),
    [
        (ONE, ["kafka"], ""),
        (ONE, ["payments/kafka"], "not orders/kafka"),
        (
            FLEET,
            ["orders/kafka"],
            "kraft_confirm does not name payments/kafka, shop/events, which this run also includes;",
        ),
        (FLEET, ["orders/kafka", "payments/kafka", "shop/events", "gone/x"], ""),
        (UNTOLD, ["orders/kafka"], "the clusters of hosts b of this run cannot be determined"),
        (TWINS, ["orders/kafka"], "all have that name"),
    ],
)
def test_what_cannot_be_undone_wants_every_host_named(of: Scope, entries: list[str], why: str) -> None:
    said = of.not_all_named("kraft_confirm", entries)
    assert why in said
    assert bool(said) == bool(why)


@pytest.mark.parametrize(
    ("of", "entries", "codes", "why"),
    [
        (ONE, [], [], ""),
        (ONE, ["gate-soak"], ["gate-soak"], ""),
        (ONE, ["orders/kafka=gate-soak", "payments/kafka=gate-parity"], ["gate-soak"], ""),
        (FLEET, ["orders/kafka=gate-soak"], ["gate-soak"], ""),
        (FLEET, ["payments/kafka=gate-soak"], [], ""),
        (
            FLEET,
            ["gate-soak"],
            ["gate-soak"],
            "kraft_accept: gate-soak names no cluster, and this run has 3 hosts; name it as orders/kafka=gate-soak",
        ),
        (ONE, ["kafka=gate-soak"], [], "kafka=gate-soak does not name a cluster as namespace/name"),
        (ONE, ["=gate-soak"], [], "does not name a cluster"),
        (TWINS, ["orders/kafka=gate-soak"], ["gate-soak"], "kraft_accept names orders/kafka, and hosts a, b"),
    ],
)
def test_an_acceptance_is_for_the_cluster_that_it_names(
    of: Scope, entries: list[str], codes: list[str], why: str
) -> None:
    found, said = of.accepted(entries)
    assert found == codes
    assert why in said
    assert bool(said) == bool(why)


@pytest.mark.parametrize("of", [ONE, FLEET])
def test_what_a_message_says_to_set_is_accepted_in_every_run(of: Scope) -> None:
    setting = scope.acceptance(of.name, "gate-soak")
    assert setting == "kraft_accept: [orders/kafka=gate-soak]"
    assert of.accepted([setting.partition("[")[2].rstrip("]")]) == (["gate-soak"], "")


def test_the_codes_whichever_cluster_they_are_for() -> None:
    assert scope.codes_of(["a/b=x", "y"]) == ["x", "y"]
