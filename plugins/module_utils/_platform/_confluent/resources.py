# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The custom resources of Confluent for Kubernetes that take part in a migration, and the annotations that steer it.

Private to the collection. Source: CRDs of CFK 2.8 to 3.3 and CFK's topic "Migrate from ZooKeeper to KRaft". One key has no
``kraft-migration-`` before it.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import Kind

GROUP, VERSION = "platform.confluent.io", "v1beta1"
PREFIX = GROUP + "/"

KAFKA = Kind("Kafka", GROUP, VERSION, "kafkas")
ZOOKEEPER = Kind("Zookeeper", GROUP, VERSION, "zookeepers")
CONTROLLER = Kind("KRaftController", GROUP, VERSION, "kraftcontrollers")
JOB = Kind("KRaftMigrationJob", GROUP, VERSION, "kraftmigrationjobs")

#: label of the operator's own pods, as its chart makes them
OPERATOR_PODS = "app=confluent-operator"

#: on the KRaftController: its pods are not made until the job takes it over
HOLD = PREFIX + "kraft-migration-hold-krc-creation"
#: on Kafka, Zookeeper and KRaftController: set and removed by the operator
LOCK = PREFIX + "kraft-migration-cr-lock"
#: on Kafka: the inter.broker.protocol.version, where the operator cannot derive it from the image's tag
IBP = PREFIX + "kraft-migration-ibp-version"
#: on the job, all four
FINALIZE = PREFIX + "kraft-migration-trigger-finalize-to-kraft"
ROLLBACK = PREFIX + "kraft-migration-trigger-rollback-to-zk"
CONTINUE = PREFIX + "continue-kraft-migration-post-zk-node-removal"
RELEASE = PREFIX + "kraft-migration-release-cr-lock"
#: on Kafka during a rollback: the init container deletes the metadata log
CLEAN_METADATA = PREFIX + "format-cluster-metadata-in-kafka"
#: node.id = offset + ordinal
ID_OFFSET = PREFIX + "broker-id-offset"
#: CFK 3.x writes Log4j 2 settings by default, which images of Confluent Platform 7.x do not read
LOG4J1 = PREFIX + "use-log4j1"
#: the operator ignores the object; acts once
BLOCK_RECONCILE, FORCE_RECONCILE = PREFIX + "block-reconcile", PREFIX + "force-reconcile"
#: names of pods whose main container sleeps instead of starting Kafka
MAINTENANCE = PREFIX + "maintenance-mode"

KEYS = (HOLD, LOCK, IBP, FINALIZE, ROLLBACK, CONTINUE, RELEASE, CLEAN_METADATA)
#: those that say true, or are not there; no document says what the operator makes of any other value
SWITCHES = (
    HOLD,
    LOCK,
    FINALIZE,
    ROLLBACK,
    CONTINUE,
    RELEASE,
    CLEAN_METADATA,
    LOG4J1,
    BLOCK_RECONCILE,
    FORCE_RECONCILE,
)
#: where the operator looks for those that it looks for in one kind only
PLACES: Mapping[str, str] = {
    HOLD: CONTROLLER.kind,
    IBP: KAFKA.kind,
    CLEAN_METADATA: KAFKA.kind,
    **dict.fromkeys((FINALIZE, ROLLBACK, CONTINUE, RELEASE), JOB.kind),
}
#: values by which somebody means no
_OFF = ("", "false", "no", "off", "0")
#: annotations that a migration leaves behind and nobody keeps in git
OF_THE_MIGRATION = frozenset({HOLD, LOCK, CLEAN_METADATA, FORCE_RECONCILE})


def annotation(obj: Mapping[str, Any] | None, key: str) -> str:
    """The value of an annotation, "" when there is none."""
    return str((((obj or {}).get("metadata") or {}).get("annotations") or {}).get(key) or "")


def is_on(obj: Mapping[str, Any] | None, key: str) -> bool:
    """Whether an annotation says true."""
    return annotation(obj, key).strip().lower() == "true"


def is_exactly_on(obj: Mapping[str, Any] | None, key: str) -> bool:
    """Whether an annotation has the one value that is documented: for what the migration relies on."""
    return annotation(obj, key) == "true"


def may_be_on(obj: Mapping[str, Any] | None, key: str) -> bool:
    """Whether the operator may take an annotation for true, whatever it makes of "yes" or "1": for what would do harm."""
    return annotation(obj, key).strip().lower() not in _OFF


def odd_values(obj: Mapping[str, Any]) -> dict[str, str]:
    """The switches of an object that say neither "true" nor "false"."""
    found = obj.get("metadata", {}).get("annotations") or {}
    return {key: str(found[key]) for key in SWITCHES if key in found and str(found[key]) not in ("true", "false")}


def misplaced(obj: Mapping[str, Any]) -> dict[str, str]:
    """Annotations of the migration on an object of a kind where the operator does not look for them: each with the right kind."""
    found = obj.get("metadata", {}).get("annotations") or {}
    return {key: kind for key, kind in PLACES.items() if key in found and kind != obj.get("kind")}


def near_misses(obj: Mapping[str, Any]) -> dict[str, str]:
    """Annotations that look like one of the migration and are none: each with the key that was probably meant."""
    found = {}
    for key in obj.get("metadata", {}).get("annotations") or {}:
        prefix, _slash, name = key.rpartition("/")
        if key in KEYS or not name:
            continue
        if prefix not in (GROUP, "") and difflib.SequenceMatcher(None, prefix, GROUP).ratio() < 0.8:
            continue
        near = difflib.get_close_matches(name, [known.removeprefix(PREFIX) for known in KEYS], n=1, cutoff=0.8)
        if near:
            found[key] = PREFIX + near[0]
    return found
