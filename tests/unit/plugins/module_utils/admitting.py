# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An API server in memory that has ValidatingAdmissionPolicy, as far as its being in force can be asked for."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.lock_policy import PROBE, in_force
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.names import lock_policy_name
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden

from tests.unit.plugins.module_utils.fakes import FakeClient

Obj = dict[str, Any]
POLICY, BINDING = "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"
NAME = lock_policy_name("n", "kafka")


def with_policies(client: Any) -> Any:
    """Make a FakeClient know policies; one that was written and is bound denies the probe from the second look on."""
    looks: dict[str, int] = {}

    def admit(_verb: str, _kind: str, _old: Obj, new: Obj | None) -> None:
        asked = ((new or {}).get("metadata", {}).get("annotations") or {}).get(PROBE)
        policy = stored(client)
        if not asked or policy is None or BINDING not in {kind for kind, _where, _name in client._store}:
            return
        looks[asked] = looks.get(asked, 0) + 1
        if looks[asked] > 1 and policy["spec"]["validations"][0]["message"] == in_force(asked):
            raise Forbidden(f"denied request: {in_force(asked)}")

    client.kinds = {POLICY}
    client.admit = admit
    return client


def stored(client: FakeClient) -> Obj | None:
    """The policy as it is stored."""
    return client._store.get((POLICY, None, NAME))


def written(client: FakeClient) -> list[tuple[str, str]]:
    """What was written to policies and bindings, in order."""
    return [(verb, kind) for verb, kind, _name in client.calls if kind in (POLICY, BINDING)]


MADE = [("create", POLICY), ("create", BINDING)]
DELETED = [("delete", POLICY), ("delete", BINDING)]


def with_operator(cluster: Any) -> Any:
    """On an API server with policies, where the Deployment of CFK's operator can be found."""
    spec = {"template": {"spec": {"serviceAccountName": "cfk"}}}
    cluster.api.put(
        {"kind": "Deployment", "metadata": {"name": "confluent-operator", "namespace": "ops"}, "spec": spec}
    )
    with_policies(cluster.api)
    return cluster
