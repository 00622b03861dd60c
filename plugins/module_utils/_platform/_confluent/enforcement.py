# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only cluster-wide reads tell: the version of CFK, and whether anything enforces its locks.

Private to the collection. An account that may not read them loses a warning, nothing else.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import checks
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, NotFound

CRD = Kind("CustomResourceDefinition", "apiextensions.k8s.io", "v1", "customresourcedefinitions", namespaced=False)
POLICY = Kind(
    "ValidatingAdmissionPolicy",
    "admissionregistration.k8s.io",
    "v1",
    "validatingadmissionpolicies",
    namespaced=False,
)
BINDING = Kind(
    "ValidatingAdmissionPolicyBinding",
    "admissionregistration.k8s.io",
    "v1",
    "validatingadmissionpolicybindings",
    namespaced=False,
)
WEBHOOK = Kind(
    "ValidatingWebhookConfiguration",
    "admissionregistration.k8s.io",
    "v1",
    "validatingwebhookconfigurations",
    namespaced=False,
)
APP_VERSION = res.PREFIX + "app-version"


def operator_version(client: KubeClient) -> checks.Version:
    """The version that CFK's CRDs carry, () when it could not be read."""
    try:
        found = client.find(CRD, f"{res.JOB.plural}.{res.GROUP}")
    except Forbidden:
        return ()
    return checks.version(res.annotation(found, APP_VERSION))


def enforced(client: KubeClient) -> bool | None:
    """Whether a bound policy, or a webhook, of CFK's group looks at updates of its custom resources; None when nobody may tell."""
    try:
        bound = {str(item["spec"].get("policyName")) for item in _all(client, BINDING)}
        policies = [item for item in _all(client, POLICY) if item["metadata"]["name"] in bound]
        rules = [
            rule
            for item in policies
            for rule in (item["spec"].get("matchConstraints") or {}).get("resourceRules") or []
        ]
        rules += [
            rule
            for item in _all(client, WEBHOOK)
            for webhook in item.get("webhooks") or []
            for rule in webhook.get("rules") or []
        ]
    except Forbidden:
        return None
    return any(
        res.GROUP in (rule.get("apiGroups") or [])
        and {"UPDATE", "*"} & set(rule.get("operations") or [])
        and {res.KAFKA.plural, "*"} & set(rule.get("resources") or [])
        for rule in rules
    )


def _all(client: KubeClient, kind: Kind) -> list[dict[str, Any]]:
    """Every object of a kind, [] where the API server does not have it: policies came with Kubernetes 1.30."""
    try:
        return client.list(kind, None)
    except NotFound:
        return []
