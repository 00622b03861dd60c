# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The permissions that a migration needs, in one place: preflight asks for them, docs/rbac.yml grants exactly them. Pure.

Private to the collection.
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names


@dataclass(frozen=True)
class Need:
    """Verbs on one resource of the cluster's namespace, and what for.

    :ivar subresource: empty for the object itself.
    :ivar of: names of the only objects that are needed, with ``{cluster}`` in them; empty where names cannot be known (or, for
        ``create``, where Kubernetes does not look at them).
    """

    group: str
    resource: str
    verbs: tuple[str, ...]
    why: str
    subresource: str = ""
    of: tuple[str, ...] = ()

    def named(self, cluster: str) -> tuple[str, ...]:
        """The names of the objects for one Kafka cluster; one empty name where any object of the kind is meant."""
        return tuple(name.format(cluster=cluster) for name in self.of) or ("",)

    @property
    def spelled(self) -> str:
        """``pods/exec`` or ``statefulsets.apps``, as kubectl auth can-i spells it."""
        name = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        return f"{name}.{self.group}" if self.group else name


#: get and create on the channels: a websocket is opened by GET, newer API servers also ask for create
CHANNEL = ("get", "create")

#: the same whoever carries the migration out
IN_PODS = (
    Need("", "pods", CHANNEL, "settings of the running processes, Kafka's tools in the pods", "exec"),
    Need("", "pods", CHANNEL, "ZooKeeper sessions, the controllers' quorum", "portforward"),
    Need("", "pods", CHANNEL, "Jolokia, where Kafka's own protocol cannot be used", "proxy"),
    Need("", "pods", ("get",), "the reason when something is stuck", "log"),
)
ORIGINALS = Need(
    "",
    "secrets",
    ("get", "patch", "delete"),
    "this one Secret only; one name for each Kafka cluster",
    of=(names.originals_name("{cluster}"),),
)
LEASES = (
    Need("coordination.k8s.io", "leases", ("create",), "one run at a time"),
    Need(
        "coordination.k8s.io",
        "leases",
        ("get", "patch", "delete"),
        "this one Lease only; one name for each Kafka cluster",
        of=(names.lease_name("{cluster}"),),
    ),
)

#: what check.yml needs beyond IN_PODS with kraft_check_disrupt; a migration that an operator carries out does not need it, so that preflight
#: does not ask for it
DISRUPT: tuple[Need, ...] = (
    Need("", "pods", ("delete",), "optional: check.yml with kraft_check_disrupt"),
    Need("policy", "poddisruptionbudgets", ("list",), "optional: check.yml with kraft_check_disrupt"),
)

ADMISSION = "admissionregistration.k8s.io"


def enforcing(policy: str) -> tuple[Need, ...]:
    """What a lock that the API server enforces needs, outside of namespaces; docs/rbac-admission.yml grants it.

    :param policy: name of the policy and of its binding.
    """
    found = []
    for resource in ("validatingadmissionpolicies", "validatingadmissionpolicybindings"):
        found += [
            Need(ADMISSION, resource, ("create",), "the lock of the migration, enforced by the API server"),
            Need(ADMISSION, resource, ("get", "patch", "delete"), "the one of this Kafka cluster only", of=(policy,)),
        ]
    return tuple(found)


#: where Confluent for Kubernetes leads: whether it enforces its lock by itself, and as whom its operator runs
LOOKING: tuple[Need, ...] = (
    Need(ADMISSION, "validatingadmissionpolicies", ("list",), "whether a policy of CFK enforces its lock"),
    Need(ADMISSION, "validatingadmissionpolicybindings", ("list",), "whether that policy is in force"),
    Need(ADMISSION, "validatingwebhookconfigurations", ("list",), "whether a webhook of CFK enforces its lock"),
    Need("apps", "deployments", ("list",), "the account of CFK's operator", of=("confluent-operator",)),
)

NEEDS: tuple[Need, ...] = (
    Need(
        "apps",
        "statefulsets",
        ("get", "list", "create", "update", "patch", "delete"),
        "brokers' revisions, the controllers",
    ),
    Need("", "pods", ("get", "list", "watch", "delete"), "rolling restarts"),
    Need("", "pods", ("create",), "restarts that respect a PodDisruptionBudget", "eviction"),
    *IN_PODS,
    Need("", "configmaps", ("get", "list", "create", "patch", "delete"), "settings of each stage, the journal"),
    Need("", "secrets", ("create",), "the original pod templates, which may hold passwords"),
    ORIGINALS,
    Need("", "services", ("get", "list", "create", "delete"), "ZooKeeper's pods, the controllers' Service"),
    Need(
        "",
        "persistentvolumeclaims",
        ("get", "list", "watch", "delete"),
        "the controllers' volumes, which a rollback deletes",
    ),
    Need(
        "policy",
        "poddisruptionbudgets",
        ("get", "list", "watch", "create", "delete"),
        "evictions, the controllers' budget",
    ),
    *LEASES,
)

#: what deploy.yml needs on plain StatefulSets; docs/rbac-deploy.yml grants it
DEPLOYING: tuple[Need, ...] = (
    Need("apps", "statefulsets", ("get", "list", "create", "update", "patch", "delete"), "brokers and controllers"),
    Need("apps", "deployments", ("list", "create", "patch", "delete"), "the Kafka exporter, where there is one"),
    Need("", "services", ("list", "create", "patch", "delete"), "how nodes and clients find each other"),
    Need("", "configmaps", ("get", "list", "create", "patch", "delete"), "settings, the identity of the cluster"),
    Need("policy", "poddisruptionbudgets", ("list", "watch", "create", "patch", "delete"), "one pod at a time"),
    Need(
        "", "persistentvolumeclaims", ("list", "delete"), "the volumes, which are deleted only when that is confirmed"
    ),
    Need("", "secrets", ("get",), "whether the Secrets that are named have what is needed"),
    Need("", "pods", ("get", "list", "watch", "delete"), "rolling restarts"),
    Need("", "pods", ("create",), "restarts that respect a PodDisruptionBudget", "eviction"),
    *IN_PODS,
    *LEASES,
)

#: Reads without which a migration runs, but preflight checks less before controllers are created; granted by docs/rbac.yml, not demanded.
OPTIONAL: tuple[Need, ...] = (
    Need(
        "networking.k8s.io", "networkpolicies", ("list",), "optional: finds NetworkPolicies that block the controllers"
    ),
    Need("", "resourcequotas", ("list",), "optional: checks that all controllers fit the quotas"),
    Need("", "limitranges", ("list",), "optional: checks that a controller fits the limits"),
)
