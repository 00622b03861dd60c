# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The permissions: asked for by preflight and granted by the manifest, from one list."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.permissions import (
    LOOKING,
    NEEDS,
    OPTIONAL,
    Need,
    enforcing,
)


def test_spelled_as_kubectl_does() -> None:
    assert Need("", "pods", ("create",), "why", "exec").spelled == "pods/exec"
    assert Need("apps", "statefulsets", ("get",), "why").spelled == "statefulsets.apps"
    assert Need("policy", "pods", ("create",), "why", "eviction").spelled == "pods/eviction.policy"


@pytest.mark.parametrize("need", [*NEEDS, *OPTIONAL, *LOOKING, *enforcing("p")], ids=lambda need: need.spelled)
def test_each_need_says_what_for_and_asks_for_no_wildcard(need: Any) -> None:
    assert need.why
    assert need.verbs
    assert len(set(need.verbs)) == len(need.verbs)
    assert not {"*", "deletecollection", "escalate", "bind", "impersonate"} & set(need.verbs)
    assert need.resource != "*"


def test_each_resource_is_named_once() -> None:
    every = (*NEEDS, *OPTIONAL)
    assert len({(need.spelled, bool(need.of)) for need in every}) == len(every)


def test_what_is_optional_only_reads() -> None:
    assert {verb for need in OPTIONAL for verb in need.verbs} == {"list"}


def test_secrets_are_never_listed_and_only_our_own_is_touched() -> None:
    """``create`` cannot be narrowed by name: the name is in the body. Everything else can."""
    for resource, name in (("secrets", "kraft-migration-orders-originals"), ("leases", "kraft-migration-orders")):
        found = {need.named("orders"): set(need.verbs) for need in NEEDS if need.resource == resource}
        assert found == {("",): {"create"}, (name,): {"get", "patch", "delete"}}


def test_of_policies_only_our_own_is_touched() -> None:
    """What is outside of namespaces: ``create`` cannot be narrowed by name, and lists only read."""
    for resource in ("validatingadmissionpolicies", "validatingadmissionpolicybindings"):
        found = {need.named("")[0]: set(need.verbs) for need in enforcing("p") if need.resource == resource}
        assert found == {"": {"create"}, "p": {"get", "patch", "delete"}}
    assert {verb for need in LOOKING for verb in need.verbs} == {"list"}
