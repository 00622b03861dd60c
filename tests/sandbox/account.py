# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ServiceAccount with the permissions of docs/rbac.yml, which demo, benchmark and tests run the playbooks with (needs PyYAML)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from .kube import Kube, Object

DOCS = Path(__file__).resolve().parents[2] / "docs"
RBAC = DOCS / "rbac.yml"
#: where Confluent for Kubernetes leads
RBAC_CONFLUENT = DOCS / "rbac-confluent.yml"
#: where Strimzi leads
RBAC_STRIMZI = DOCS / "rbac-strimzi.yml"
#: for new clusters on plain StatefulSets
RBAC_DEPLOY = DOCS / "rbac-deploy.yml"
#: what makes the API server enforce a lock
RBAC_ADMISSION = DOCS / "rbac-admission.yml"
#: what docs/rbac.yml says to add where brokers take settings from Secrets, or use TLS or SASL: the copies of the stages have names that depend on
#: what is in them
SECRETS: Object = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "create", "delete"]}
#: seconds; longer than any scenario
LIFETIME = 4 * 60 * 60


def rules(clusters: Sequence[str] = ("kafka",), manifest: Path = RBAC) -> list[Object]:
    """Return the rules of docs/rbac.yml, or of another manifest like it, with the names of these Kafka clusters: exactly what a migration of each may do."""
    items = yaml.safe_load(manifest.read_text(encoding="utf-8"))["items"]
    found: list[Object] = next(item["rules"] for item in items if item["kind"] == "Role")
    for rule in found:
        if "resourceNames" in rule:
            rule["resourceNames"] = [
                name.replace("kraft-migration-kafka", f"kraft-migration-{cluster}")
                for cluster in clusters
                for name in rule["resourceNames"]
            ]
    return found


def grant(
    kube: Kube,
    namespace: str,
    name: str = "kafkaops-kraft",
    allowed: Sequence[Object] | None = None,
    clusters: Sequence[str] = ("kafka",),
) -> str:
    """Make or change a ServiceAccount of that name so that it may do what is ``allowed``; returns a token.

    ``allowed`` None: docs/rbac.yml with the names of these Kafka clusters.
    """
    for item in yaml.safe_load(RBAC.read_text(encoding="utf-8"))["items"]:
        item["metadata"].update(namespace=namespace, name=name)
        if item["kind"] == "Role":
            item["rules"] = list(rules(clusters) if allowed is None else allowed)
        for subject in item.get("subjects", []):
            subject.update(namespace=namespace, name=name)
        if "roleRef" in item:
            item["roleRef"]["name"] = name
        kube.apply(item)
    body = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": LIFETIME},
    }
    answer = kube.request("POST", kube.path("ServiceAccount", namespace, name) + "/token", body)
    return str(answer["status"]["token"])


@contextmanager
def granted_admission(
    kube: Kube, namespace: str, name: str = "kafkaops-kraft", cluster: str = "kafka"
) -> Iterator[None]:
    """The account may have the API server enforce the lock of this Kafka cluster, by docs/rbac-admission.yml changed as its first lines say."""
    text = RBAC_ADMISSION.read_text(encoding="utf-8")
    text = text.replace("kraft-migration.kafka.kafka", f"kraft-migration.{namespace}.{cluster}")
    text = text.replace("kafkaops-kraft-admission", f"kafkaops-kraft-admission-{namespace}")
    items = yaml.safe_load(text.replace("namespace: kafka", f"namespace: {namespace}"))["items"]
    for item in items:
        for subject in item.get("subjects", []):
            subject["name"] = name
        kube.apply(item)
    try:
        yield
    finally:
        for item in items:
            kube.delete(item["kind"], item["metadata"]["name"])
