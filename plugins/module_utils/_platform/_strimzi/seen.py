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

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.certificates import Certificate
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.versions import Version

Obj = Mapping[str, Any]


@dataclass(frozen=True)
class Seen:
    """What was read of one cluster's custom resources.

    :ivar pools: its node pools.
    :ivar foreign: names of the other node pools of the namespace, each with the cluster of its label, "" where it has none.
    :ivar controllers: the controllers' node pool, there or planned; None when it cannot be planned.
    :ivar planned: whether it is still to be made.
    :ivar may_pool: kraft_strimzi_node_pools.
    :ivar operator: version of Strimzi, () when it is not known.
    :ivar operator_down: names of Strimzi's pods in this namespace, or of its Deployment there, when none of them is Ready; () also where it runs in
        another one.
    :ivar operator_abroad: whether neither its pods nor its Deployment are in this namespace.
    :ivar environment: the variables that are written in that Deployment.
    :ivar authority: certificate of the cluster's authority, None where nothing tells it.
    :ivar brokers: node ids of the brokers.
    :ivar gitops: how each GitOps object is not seen paused, by ``str(manager)``; "" for one that is.
    :ivar claims: volume claims of the controllers' pool.
    :ivar stray: volume claims of node pools that do not exist, each with the pool's name.
    :ivar rolls: what somebody asked the operator to restart.
    """

    kafka: Obj
    pools: tuple[Obj, ...] = ()
    foreign: Mapping[str, str] = field(default_factory=dict)
    controllers: Obj | None = None
    planned: bool = True
    may_pool: bool = False
    operator: Version = ()
    operator_down: tuple[str, ...] = ()
    operator_abroad: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    authority: Reading[Certificate] | None = None
    brokers: frozenset[int] = frozenset()
    gitops: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[str, ...] = ()
    stray: Mapping[str, str] = field(default_factory=dict)
    rolls: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """``namespace/name`` of the Kafka CR."""
        return res.where(self.kafka)

    @property
    def objects(self) -> tuple[Obj, ...]:
        """The custom resources that a migration changes, as far as they exist."""
        return (self.kafka, *self.pools)

    @property
    def of_kafka(self) -> Obj:
        """``spec.kafka``."""
        return (self.kafka.get("spec") or {}).get("kafka") or {}

    @property
    def config(self) -> Obj:
        """``spec.kafka.config``."""
        return self.of_kafka.get("config") or {}
