# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was read of the custom resources of one cluster, for the checks. Pure.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.cfk_versions import Version

Obj = Mapping[str, Any]


@dataclass(frozen=True)
class Seen:
    """What was read of one cluster's custom resources.

    :ivar name: ``namespace/name`` of the Kafka CR.
    :ivar controller: the KRaftController, None when there is none yet.
    :ivar jobs: every job of the namespace.
    :ivar operator: version of CFK, () when it is not known.
    :ivar cluster_id: what Kafka says, "" when it could not be read.
    :ivar enforced: whether something enforces the operator's locks; None when it could not be read.
    :ivar gitops: how each GitOps object is not seen paused, by ``str(manager)``; "" for one that is.
    :ivar running: version of Kafka that all brokers run, "" when it could not be read or they differ.
    :ivar ibp: inter.broker.protocol.version that the brokers have in their settings, "" when they have none or it could not be read.
    :ivar wanted_ibp: kraft_ibp_version.
    :ivar operator_down: names of CFK's pods in this namespace when none of them is Ready; () also where it runs in another one.
    """

    kafka: Obj
    zookeeper: Obj | None
    controller: Obj | None
    jobs: tuple[Obj, ...] = ()
    job: Obj | None = None
    operator: Version = ()
    cluster_id: str = ""
    enforced: bool | None = None
    gitops: Mapping[str, str] = field(default_factory=dict)
    running: str = ""
    ibp: str = ""
    wanted_ibp: str = ""
    operator_down: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """``namespace/name`` of the Kafka CR."""
        return where(self.kafka)

    @property
    def objects(self) -> tuple[Obj, ...]:
        """The custom resources that the migration changes or locks."""
        return tuple(item for item in (self.kafka, self.zookeeper, self.controller) if item is not None)


def where(cr: Obj) -> str:
    """``namespace/name``."""
    return f"{cr['metadata']['namespace']}/{cr['metadata']['name']}"
