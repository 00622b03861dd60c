# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that the collection gives to its own objects, labels and annotations.

Private to the collection.
"""

from __future__ import annotations

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
LABEL_ROLE = PREFIX + "role"
ROLE_CONTROLLER = "controller"
MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "kafkaops.kraft"


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
