# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sentences that both a check and a refusal say. Pure.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res


def never_seen(kafka: Mapping[str, Any]) -> str:
    """What to do about a Kafka CR without a status."""
    return (
        f"Kafka {res.where(kafka)} has no status: no Strimzi operator has looked at it; get one running that watches the namespace "
        f"{kafka['metadata']['namespace']}"
    )


def without_pools(kafka: Mapping[str, Any]) -> str:
    """What to do about a Kafka CR without node pools."""
    if res.asked(kafka) == res.MIGRATION:
        return (
            f"Kafka {res.where(kafka)} has no node pools ({res.NODE_POOLS}) and was asked to migrate: Strimzi fails in every pass and says nothing of it; "
            f"set {res.KRAFT} to {res.DISABLED}, then run again with kraft_strimzi_node_pools set to true, or write the pool {res.ADOPTING} first"
        )
    return (
        f"Kafka {res.where(kafka)} has no node pools ({res.NODE_POOLS}), without which Strimzi ignores the migration and says nothing of it: set "
        f"kraft_strimzi_node_pools to true, and the pool {res.ADOPTING} is made, which takes the brokers over without a restart; or write it yourself"
    )
