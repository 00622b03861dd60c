# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ValidatingAdmissionPolicy and its binding that have the API server enforce the lock of a migration. Pure.

Private to the collection. Source: ValidatingAdmissionPolicy of admissionregistration.k8s.io/v1 (Kubernetes 1.30), whose CEL has optional
fields: ``a.?b.orValue(c)`` cannot fail. ``dyn()`` everywhere, since one expression sees objects of several kinds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names

Obj = dict[str, Any]

#: what Kubernetes itself deletes and releases objects by. Without credentials of their own its controllers all are the last one.
BUILT_IN = (
    "system:serviceaccount:kube-system:namespace-controller",
    "system:serviceaccount:kube-system:generic-garbage-collector",
    "system:kube-controller-manager",
)
#: annotation of a request that is not meant to be carried out: it is refused as soon as the policy is in force
PROBE = names.PREFIX + "lock-probe"
#: label that Kubernetes gives to each namespace: its name
NAMESPACE_NAME = "kubernetes.io/metadata.name"


@dataclass(frozen=True)
class Locked:
    """One object that the lock is on.

    :ivar resource: the plural of its kind, for example ``statefulsets``.
    """

    resource: str
    namespace: str
    name: str


@dataclass(frozen=True)
class Rule:
    """What is denied, and how people are told.

    :ivar expression: CEL; the request is allowed when it is true. May use ``variables``.
    """

    expression: str
    message: str


@dataclass(frozen=True)
class LockPolicy:
    """Everything that the policy of one Kafka cluster depends on.

    :ivar group: API group of the objects, and ``version`` of it.
    :ivar locked: CEL, true for an object that is locked; may use ``variables.old``. A request to ``scale`` has no annotations to look at
        and counts as locked.
    :ivar allowed: users that may change the objects, as Kubernetes spells them.
    :ivar lock_message: what everybody else is told.
    :ivar rules: what is denied beside that, to those users too.
    :ivar also: further resource rules, and the CEL condition of the objects that they mean; always locked.
    """

    namespace: str
    cluster: str
    group: str
    version: str
    objects: tuple[Locked, ...]
    locked: str
    allowed: tuple[str, ...]
    lock_message: str
    rules: tuple[Rule, ...] = ()
    also: tuple[tuple[Obj, str], ...] = ()

    @property
    def name(self) -> str:
        """Name of policy and binding."""
        return names.lock_policy_name(self.namespace, self.cluster)

    @property
    def namespaces(self) -> list[str]:
        """Where the objects are."""
        return sorted({self.namespace, *(item.namespace for item in self.objects)})

    @property
    def digest(self) -> str:
        """Changes with whatever the policy says."""
        text = json.dumps([self._spec(()), self.namespaces], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def policy(self) -> Obj:
        """The ValidatingAdmissionPolicy.

        ``failurePolicy: Fail``: the API server evaluates the expressions itself, so that nothing has to be reached for it; an expression
        that failed would concern the named objects only, and a policy can always be deleted, since policies are subject to none.
        """
        return self._object("ValidatingAdmissionPolicy", self._spec((_in_force(self.digest),)))

    def binding(self) -> Obj:
        """The ValidatingAdmissionPolicyBinding."""
        spec = {
            "policyName": self.name,
            "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": self._selector()},
        }
        return self._object("ValidatingAdmissionPolicyBinding", spec)

    def _object(self, kind: str, spec: Obj) -> Obj:
        labels = {
            names.LABEL_CLUSTER: self.cluster,
            names.LABEL_NAMESPACE: self.namespace,
            names.MANAGED_BY: names.MANAGER,
        }
        metadata = {"name": self.name, "labels": labels}
        return {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": metadata, "spec": spec}

    def _selector(self) -> Obj:
        return {"matchExpressions": [{"key": NAMESPACE_NAME, "operator": "In", "values": self.namespaces}]}

    def _spec(self, first: Iterable[Rule]) -> Obj:
        """The policy's spec. ``resourceNames`` are not used: a request that deletes a whole collection has no name to compare with them."""
        plurals = sorted({item.resource for item in self.objects})
        own = _resource_rule(self.group, self.version, [name for each in plurals for name in (each, f"{each}/scale")])
        which = [*map(_is, self.objects), *(condition for _rule, condition in self.also)]
        lock = Rule(f"!variables.locked || request.userInfo.username in {cel(self.allowed)}", self.lock_message)
        return {
            "failurePolicy": "Fail",
            "matchConstraints": {
                "namespaceSelector": self._selector(),
                "resourceRules": [own, *(rule for rule, _condition in self.also)],
            },
            "matchConditions": [
                {"name": "of-this-migration", "expression": " || ".join(f"({each})" for each in which)},
                {
                    "name": "not-by-kubernetes-itself",
                    "expression": f"({SCALES}) || !(request.userInfo.username in {cel(BUILT_IN)})",
                },
            ],
            "variables": [
                {"name": "old", "expression": "dyn(oldObject)"},
                {"name": "new", "expression": "dyn(object)"},
                {"name": "scales", "expression": SCALES},
                {
                    "name": "locked",
                    "expression": f"request.resource.group != {cel(self.group)} || variables.scales || {self.locked}",
                },
            ],
            "validations": [
                {"expression": rule.expression, "message": rule.message, "reason": "Forbidden"}
                for rule in (*first, lock, *self.rules)
            ],
        }


#: CEL: whether the request is one of the subresource scale
SCALES = 'has(request.subResource) && request.subResource == "scale"'


def cel(value: str | Sequence[str]) -> str:
    """A string or a list of strings as a CEL literal: JSON, whose escapes CEL knows."""
    return json.dumps(value if isinstance(value, str) else list(value), ensure_ascii=False)


def annotation(of: str, key: str) -> str:
    """CEL: the annotation of an object, "" where there is none."""
    return f'{of}.?metadata.?annotations[?{cel(key)}].orValue("")'


def _is(item: Locked) -> str:
    return (
        f"request.resource.resource == {cel(item.resource)} && request.namespace == {cel(item.namespace)} && "
        f"oldObject.metadata.name == {cel(item.name)}"
    )


def _resource_rule(group: str, version: str, resources: list[str]) -> Obj:
    return {
        "apiGroups": [group],
        "apiVersions": [version],
        "operations": ["UPDATE", "DELETE"],
        "resources": resources,
        "scope": "Namespaced",
    }


def labelled(resource: str, labels: Mapping[str, str]) -> tuple[Obj, str]:
    """A rule, and its condition, for the objects of a kind of the core group that carry these labels."""
    has = [
        f'dyn(oldObject).?metadata.?labels[?{cel(key)}].orValue("") == {cel(value)}' for key, value in labels.items()
    ]
    kind = f'request.resource.group == "" && request.resource.resource == {cel(resource)}'
    return _resource_rule("", "v1", [resource]), " && ".join([kind, *has])


def _in_force(digest: str) -> Rule:
    wanted = f"{annotation('variables.new', PROBE)} != {cel(digest)}"
    return Rule(f'request.operation != "UPDATE" || {wanted}', in_force(digest))


def in_force(digest: str) -> str:
    """What the answer to the probe says once the policy is in force."""
    return f"the lock policy {digest} is in force; this request asked whether it is"
