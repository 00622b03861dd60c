# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of objects that the collection touches, as plain path data: no discovery request is needed to use them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class Kind:
    """One kind of the Kubernetes API.

    :ivar kind: for example ``StatefulSet``.
    :ivar group: API group, empty for the core group.
    :ivar version: for example ``v1``.
    :ivar plural: name in paths and in RBAC rules, for example ``statefulsets``.
    :ivar namespaced: False for kinds that live outside namespaces.
    """

    kind: str
    group: str
    version: str
    plural: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """Value of ``apiVersion`` in a manifest."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """Name as RBAC and the server's messages have it: ``statefulsets.apps``, ``pods``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """Return the REST path.

        :param namespace: None for all namespaces; not used by kinds outside namespaces.
        :param name: None for the collection.
        :param subresource: for example ``eviction``; may hold slashes (``proxy/jolokia``).
        """
        parts = ["", "apis", self.group, self.version] if self.group else ["", "api", self.version]
        if self.namespaced and namespace:
            parts += ["namespaces", quote(namespace, safe="")]
        parts.append(self.plural)
        if name:
            parts.append(quote(name, safe=":"))
        if subresource:
            parts.append(quote(subresource, safe="/:,=*!()@;~"))
        return "/".join(parts)

    def describe(self, name: str | None, namespace: str | None) -> str:
        """Return how a message names the object: ``StatefulSet kafka in namespace prod``."""
        what = f"{self.kind} {name}" if name else self.plural
        if not self.namespaced:
            return what
        return f"{what} in namespace {namespace}" if namespace else f"{what} in all namespaces"


POD = Kind("Pod", "", "v1", "pods")
SERVICE = Kind("Service", "", "v1", "services")
CONFIG_MAP = Kind("ConfigMap", "", "v1", "configmaps")
SECRET = Kind("Secret", "", "v1", "secrets")
PVC = Kind("PersistentVolumeClaim", "", "v1", "persistentvolumeclaims")
NODE = Kind("Node", "", "v1", "nodes", namespaced=False)
NAMESPACE = Kind("Namespace", "", "v1", "namespaces", namespaced=False)
STATEFUL_SET = Kind("StatefulSet", "apps", "v1", "statefulsets")
PDB = Kind("PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets")
LEASE = Kind("Lease", "coordination.k8s.io", "v1", "leases")
NETWORK_POLICY = Kind("NetworkPolicy", "networking.k8s.io", "v1", "networkpolicies")
RESOURCE_QUOTA = Kind("ResourceQuota", "", "v1", "resourcequotas")
LIMIT_RANGE = Kind("LimitRange", "", "v1", "limitranges")
STORAGE_CLASS = Kind("StorageClass", "storage.k8s.io", "v1", "storageclasses", namespaced=False)
DEPLOYMENT = Kind("Deployment", "apps", "v1", "deployments")
ADMISSION = "admissionregistration.k8s.io"
POLICY = Kind("ValidatingAdmissionPolicy", ADMISSION, "v1", "validatingadmissionpolicies", namespaced=False)
BINDING = Kind(
    "ValidatingAdmissionPolicyBinding", ADMISSION, "v1", "validatingadmissionpolicybindings", namespaced=False
)
WEBHOOK = Kind("ValidatingWebhookConfiguration", ADMISSION, "v1", "validatingwebhookconfigurations", namespaced=False)
