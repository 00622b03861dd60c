# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of the user's custom resources stands against what the job writes. Pure.

Private to the collection. The list of keys that the job refuses is in no document, so it is what the job itself manages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import foreign
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.seen import Seen, where

#: settings that the job writes itself
MANAGED = (
    "inter.broker.protocol.version",
    "zookeeper.metadata.migration.enable",
    "process.roles",
    "node.id",
    "broker.id",
    "controller.quorum.voters",
    "controller.quorum.bootstrap.servers",
    "controller.listener.names",
    "confluent.cluster.link.metadata.topic.enable",
)
#: and those that it has to exchange, by the value that it cannot
ZOOKEEPER_ONLY = {
    "authorizer.class.name": re.compile(r"AclAuthorizer"),
    "confluent.authorizer.access.rule.providers": re.compile(r"ZK_ACL"),
}


def gitops(seen: Seen) -> Iterator[Finding]:
    """Nobody puts the custom resources back."""
    for cr in seen.objects:
        for manager in foreign.gitops(cr):
            how = seen.gitops.get(str(manager), foreign.NOT_PAUSED)
            if how:
                yield finding(
                    "managed-by-gitops",
                    f"{cr['kind']} {where(cr)}",
                    f"{cr['kind']} {where(cr)} is managed by {manager}, which {how}; the job changes it: pause it until the "
                    "changed manifests are in git",
                )


def blocked(seen: Seen) -> Iterator[Finding]:
    """The job manages these settings itself: with an override of the user's it fails, or fights it."""
    for cr in (seen.kafka, seen.controller):
        if cr is None or seen.job is not None:
            continue  # once it runs, it has put them there
        settings = objects.overrides(cr)
        of_zookeeper = [key for key, wrong in ZOOKEEPER_ONLY.items() if wrong.search(settings.get(key, ""))]
        for key in [*(key for key in MANAGED if key in settings), *of_zookeeper]:
            yield finding(
                "setting-blocks",
                f"{cr['kind']} {where(cr)}: {key}",
                f"{cr['kind']} {where(cr)} sets {key} in spec.configOverrides.server, which the job manages itself; remove the line",
            )
