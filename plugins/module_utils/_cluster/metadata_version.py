# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The version (IBP, metadata.version) that a cluster migrates at.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.ibp import IbpDecision, derive
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.versions import MetadataVersion, parse_ibp
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known


def derive_ibp(cluster: Cluster, effective: Mapping[str, str] | None = None) -> IbpDecision:
    """Current and target IBP of a running broker, or of one with these ``effective`` settings.

    Raises Unsupported (ibp-unknown) that names kraft_ibp_version.
    """
    settings = cluster.effective if effective is None else effective
    versions = [facts.version for facts in known(cluster.facts).values() if facts.version]
    return derive(
        effective_setting=settings.get("inter.broker.protocol.version"),
        running_version=versions[0] if versions else None,
        image_tag=cluster.image,
        override=cluster.params["ibp_version"],
    )


def target_version(cluster: Cluster) -> MetadataVersion:
    """The version to migrate at: the one that running controllers were formatted with, else as derived.

    Once brokers run in KRaft mode their IBP is gone from the settings; the controllers keep it while they migrate.
    """
    for facts in known(cluster.controller_facts).values():
        kept = facts.settings.get("inter.broker.protocol.version", "").strip()
        if kept:
            return parse_ibp(kept)
    return derive_ibp(cluster).target
