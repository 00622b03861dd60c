# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only cluster-wide reads tell: the version of CFK, and whether anything enforces its locks.

Private to the collection. An account that may not read them loses a warning, nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.lock_policy import NAMESPACE_NAME
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.ownership import labels_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import (
    BINDING,
    DEPLOYMENT,
    POLICY,
    WEBHOOK,
    Kind,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import checks
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, NotFound

CRD = Kind("CustomResourceDefinition", "apiextensions.k8s.io", "v1", "customresourcedefinitions", namespaced=False)
APP_VERSION = res.PREFIX + "app-version"
#: the operator's Deployment, as CFK's chart names it
OPERATOR = "confluent-operator"
#: how the names of users begin that are ServiceAccounts; then namespace:name
SERVICE_ACCOUNT = "system:serviceaccount:"


def operator_version(client: KubeClient) -> checks.Version:
    """The version that CFK's CRDs carry, () when it could not be read."""
    try:
        found = client.find(CRD, f"{res.JOB.plural}.{res.GROUP}")
    except Forbidden:
        return ()
    return checks.version(res.annotation(found, APP_VERSION))


def enforced(client: KubeClient, namespace: str) -> bool | None:
    """Whether a policy that denies, or CFK's webhook, keeps others from its locked custom resources there; None when nobody may tell.

    A policy counts when it names CFK's lock. One of this collection does not, nor do webhooks of others, or of CFK where a failure admits.
    """
    try:
        bound = {
            str(item["spec"].get("policyName"))
            for item in _all(client, BINDING)
            if "Deny" in (item["spec"].get("validationActions") or [])
            and _selects((item["spec"].get("matchResources") or {}).get("namespaceSelector"), namespace)
        }
        rules = [
            rule
            for item in _all(client, POLICY)
            if item["metadata"]["name"] in bound
            and labels_of(item).get(names.MANAGED_BY) != names.MANAGER
            and res.LOCK in json.dumps(item["spec"])
            for constraints in [item["spec"].get("matchConstraints") or {}]
            if _selects(constraints.get("namespaceSelector"), namespace)
            for rule in constraints.get("resourceRules") or []
        ]
        rules += [
            rule
            for item in _all(client, WEBHOOK)
            if str(item["metadata"]["name"]).startswith(OPERATOR)
            for webhook in item.get("webhooks") or []
            if webhook.get("failurePolicy", "Fail") == "Fail" and _selects(webhook.get("namespaceSelector"), namespace)
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


def _selects(selector: Mapping[str, Any] | None, namespace: str) -> bool:
    """Whether a selector takes that namespace, by its name; other labels of it are not read, and count as fitting."""
    selector = selector or {}
    named = (selector.get("matchLabels") or {}).get(NAMESPACE_NAME, namespace)
    return bool(named == namespace) and all(
        _fits(each, namespace) for each in selector.get("matchExpressions") or [] if each.get("key") == NAMESPACE_NAME
    )


def _fits(expression: Mapping[str, Any], namespace: str) -> bool:
    inside = namespace in (expression.get("values") or [])
    return {"In": inside, "NotIn": not inside, "DoesNotExist": False}.get(str(expression.get("operator")), True)


def operators(client: KubeClient, namespace: str) -> tuple[str, ...]:
    """The accounts of CFK's operators as Kubernetes spells users: in all namespaces, or in this one where only that may be read.

    An operator of another namespace does not write the custom resources of this one, unless it leads them.
    """
    for where in (None, namespace):
        try:
            found = client.list(DEPLOYMENT, where, field_selector=f"metadata.name={OPERATOR}")
            found += client.list(DEPLOYMENT, where, label_selector=res.OPERATOR_PODS)
        except Forbidden:
            continue
        return tuple(sorted({_account(item) for item in found}))
    return ()


def _account(deployment: Mapping[str, Any]) -> str:
    name = deployment["spec"]["template"]["spec"].get("serviceAccountName") or "default"
    return f"{SERVICE_ACCOUNT}{deployment['metadata']['namespace']}:{name}"


def _all(client: KubeClient, kind: Kind) -> list[dict[str, Any]]:
    """Every object of a kind, [] where the API server does not have it: policies came with Kubernetes 1.30."""
    try:
        return client.list(kind, None)
    except NotFound:
        return []
