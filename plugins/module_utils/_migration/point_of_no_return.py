# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The point of no return: the first active controller without the migration flag.

Private to the collection. Safety rule 1.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import read_quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError


def passed(cluster: Cluster) -> bool | None:
    """Whether the point of no return is passed: a controller without the flag leads, or has led; None when nobody can say.

    The log says POST_MIGRATION from then on, whoever leads (ActivationRecordsGenerator). Costs two JVM starts without Jolokia.
    """
    if not cluster.has_controllers:
        return False
    quorum = read_quorum(cluster)
    pod = cluster.controller_ids.get(quorum.leader) if quorum.leader is not None else None
    if pod is not None and cluster.flags.get(pod) is False:
        return True
    states = quorum.migration_states or read_quorum(cluster, migration=True).migration_states
    if "POST_MIGRATION" in states.values():
        return True
    # the record may be where the majority was
    return False if quorum.leader is not None else None


def known_passed(cluster: Cluster) -> bool:
    """As passed(); a quorum that cannot be asked is no proof that it is over."""
    try:
        return bool(passed(cluster))
    except KraftError:
        return False
