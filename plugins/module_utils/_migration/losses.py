# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollback would lose: it is refused, or accepted by name. The same whoever leads.

Private to the collection. Safety rule 9 of docs/architecture.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import parity
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import acceptance
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError, Refused

BEHIND, UNLIKE, UNREAD = "rollback-behind", "rollback-parity", "rollback-parity-unknown"
OUT_OF_SYNC = "rollback-out-of-sync"
EPOCHS = "rollback-epochs-behind"


class Evidence(Protocol):
    """What is written down of it."""

    notes: list[str]
    parity: dict[str, int]


def compare(cluster: Cluster, evidence: Evidence, progress: Callable[[str], None]) -> parity.Parity | None:
    """Both stores hold the same: what only KRaft has would be lost. Returns what was found, None where it could not be read."""
    try:
        found = parity.compared(cluster, progress)
    except Forbidden:
        raise
    except KraftError as error:
        text = f"ZooKeeper and KRaft could not be compared: {error.message}"
        remedy = "what only KRaft has would be lost. Fix that, or accept the risk"
        accept_or_refuse(cluster, evidence, UNREAD, text, remedy)
        return None
    evidence.parity = {**found.image.counts(), "differences": len(found.differences)}
    if not found.differences:
        progress(found.sentence)
        return found
    remedy = "what only KRaft has would be lost. Find the cause, or accept the loss"
    detail = {"differences": [vars(each) for each in found.differences]}
    accept_or_refuse(cluster, evidence, UNLIKE, found.sentence, remedy, detail)
    return found


def accept_or_refuse(
    cluster: Cluster,
    evidence: Evidence,
    code: str,
    text: str,
    remedy: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Note what was accepted by name; raise Refused otherwise."""
    if code in cluster.params["accept"]:
        evidence.notes.append(f"accepted by name: {text}")
        return
    accept = acceptance(f"{cluster.namespace}/{cluster.name}", code)
    raise Refused(f"{text}; {remedy} with {accept}", code=code, detail=detail)
