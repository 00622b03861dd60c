# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that the collection gives to its own objects, labels and annotations.

Private to the collection.
"""

from __future__ import annotations

import hashlib

PREFIX = "kraft.kafkaops.io/"
LOCK = PREFIX + "cr-lock"
LOCK_HOLDER = PREFIX + "cr-lock-holder"
STAGE = PREFIX + "stage"
SETTINGS_HASH = PREFIX + "settings-hash"
#: sha256 over the pod template as the API server keeps it, written together with it: a change by others shows
TEMPLATE_DIGEST = PREFIX + "template-digest"
#: sha256 over the template that the user had before the first stage: which original belongs to this StatefulSet
ORIGINAL_DIGEST = PREFIX + "original-digest"
#: sha256 over the template of the stage that we wrote last; unlock.yml keeps it, so that what it let pass still shows
STAGE_DIGEST = PREFIX + "stage-digest"
#: the update strategy that the user had before OnDelete
UPDATE_STRATEGY = PREFIX + "original-update-strategy"
LABEL_CLUSTER = PREFIX + "cluster"
#: on objects outside of namespaces: the namespace of the Kafka cluster
LABEL_NAMESPACE = PREFIX + "namespace"
LABEL_ROLE = PREFIX + "role"
ROLE_CONTROLLER = "controller"
#: on what deploy.yml made: a migration never takes it for its own
DEPLOYED = PREFIX + "deployed"
MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "kafkaops.kraft"
#: characters of a name of an object, as Kubernetes allows it
LONGEST_NAME = 253


def journal_name(cluster: str) -> str:
    """ConfigMap of the journal."""
    return f"kraft-migration-{cluster}"


def originals_name(cluster: str) -> str:
    """Secret that keeps the original pod templates; they may hold passwords."""
    return f"kraft-migration-{cluster}-originals"


def lease_name(cluster: str) -> str:
    """Lease of a run."""
    return f"kraft-migration-{cluster}"


def turn_name(cluster: str) -> str:
    """Lease that one region of a Kafka cluster holds while it asks its operator for something; in the namespace of one of them."""
    return f"kraft-migration-{cluster}-turn"


def controllers_name(cluster: str) -> str:
    """Default name of the controllers' StatefulSet, Service and PodDisruptionBudget."""
    return f"{cluster}-kraft"


def lock_policy_name(namespace: str, cluster: str) -> str:
    """ValidatingAdmissionPolicy that enforces the lock, and its binding: a name for the whole Kubernetes cluster, of 253 characters at most.

    No namespace has a dot in its name, so that no two clusters share one.
    """
    name = f"kraft-migration.{namespace}.{cluster}"
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name[: LONGEST_NAME - len(digest) - 1].rstrip('-.')}-{digest}"
