# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What in the custom resources would stop Strimzi, or make it do the wrong thing: all rules, in order. Pure.

Private to the collection. Everything is read off the custom resources: the operator reports most of it nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import foreign
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import (
    checks_pools,
    checks_versions,
    sentences,
    states,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.seen import Seen

#: what the operator says of a controllers' pool before the migration is asked for: it goes with that
POOL_TOO_EARLY = "the KafkaNodePool role has to be always set only to the 'broker' role"
#: the operator's variable by which it restores pods, and does nothing that a custom resource asks for
POD_SETS_ONLY = "STRIMZI_POD_SET_RECONCILIATION_ONLY"


def born_kraft(seen: Seen) -> Iterator[Finding]:
    """There is a ZooKeeper to migrate from."""
    state, spec = states.state_of(seen.kafka), seen.kafka.get("spec") or {}
    if state == states.KRAFT or "zookeeper" not in spec:
        said = f"its state is {state}" if state else "it has no spec.zookeeper"
        yield finding(
            "cluster-born-kraft",
            seen.name,
            f"Kafka {seen.name} runs in KRaft mode already ({said}): there is nothing to migrate; take it out of the inventory",
        )


def paused(seen: Seen) -> Iterator[Finding]:
    """The operator would ignore the Kafka CR."""
    if res.may_be_paused(seen.kafka):
        yield finding(
            "operator-paused",
            f"Kafka {seen.name}",
            f"Kafka {seen.name} has the annotation {res.PAUSE}: Strimzi would do nothing; remove it. Never set it during a migration: Strimzi "
            f"forgets its state",
        )


def silent(seen: Seen) -> Iterator[Finding]:
    """The operator runs, and has looked at this Kafka CR."""
    status, metadata = seen.kafka.get("status") or {}, seen.kafka["metadata"]
    name, namespace = f"Kafka {seen.name}", metadata["namespace"]
    watched = [each.strip() for each in seen.environment.get("STRIMZI_NAMESPACE", namespace).split(",")]
    if seen.operator_down:
        listed = ", ".join(seen.operator_down)
        text = (
            f"{listed} of the operator is not Ready: nobody would act on the annotation; get the operator running first"
        )
        yield finding("operator-silent", listed, text)
    elif not {namespace, "*", ""} & set(watched):
        yield finding(
            "operator-silent",
            res.OPERATOR,
            f"the operator in namespace {namespace} watches {', '.join(watched)} (STRIMZI_NAMESPACE): nobody would act on the annotation, unless another "
            "one does; have it watch this namespace",
        )
    elif seen.environment.get(POD_SETS_ONLY, "").strip().lower() == "true":
        yield finding(
            "operator-silent",
            res.OPERATOR,
            f"the operator in namespace {namespace} looks after StrimziPodSets alone ({POD_SETS_ONLY}), and at no Kafka CR: nobody would act on the "
            "annotation, unless another one does; take that out",
        )
    elif not status.get("conditions"):
        yield finding(
            "operator-silent",
            name,
            sentences.never_seen(seen.kafka),
        )
    elif int(status.get("observedGeneration") or 0) < int(metadata.get("generation") or 0):
        yield finding(
            "operator-silent",
            name,
            f"{name} was changed, and Strimzi has not acted on it yet (generation {metadata['generation']}, seen "
            f"{status.get('observedGeneration')}): wait until it has, or get the operator running",
        )


def gates(seen: Seen) -> Iterator[Finding]:
    """The feature gates that a migration needs are not switched off."""
    given = {each.strip() for each in seen.environment.get("STRIMZI_FEATURE_GATES", "").split(",")}
    for gate in ("UseKRaft", "KafkaNodePools"):
        if f"-{gate}" in given:
            yield finding(
                "operator-unsupported",
                res.OPERATOR,
                f"the operator runs with the feature gate -{gate} (STRIMZI_FEATURE_GATES), without which it does not migrate; take that out",
            )


def ready(seen: Seen) -> Iterator[Finding]:
    """The last pass of the operator succeeded, and it does nothing else just now."""
    said = states.conditions(seen.kafka)
    texts = [str(item.get("message") or item.get("reason") or "") for item in said if item.get("type") == "NotReady"]
    if said and not states.is_ready(seen.kafka) and not any(POOL_TOO_EARLY in text for text in texts):
        why = "; ".join(filter(None, texts)) or "its status says neither Ready nor why not"
        yield finding(
            "operator-not-ready", f"Kafka {seen.name}", f"Kafka {seen.name} is not Ready: {why}; fix that first"
        )
    balancing = str(((seen.kafka.get("status") or {}).get("autoRebalance") or {}).get("state") or "Idle")
    if balancing != "Idle":
        yield finding(
            "operator-busy",
            f"Kafka {seen.name}",
            f"Cruise Control rebalances Kafka {seen.name} ({balancing}); wait until it is Idle",
        )
    for name in seen.rolls:
        yield finding(
            "operator-busy",
            name,
            f"{name} has the annotation {res.MANUAL_ROLL}: Strimzi restarts it; wait for that, or remove it",
        )


def asked_already(seen: Seen) -> Iterator[Finding]:
    """Nobody has asked for anything yet."""
    value = res.asked(seen.kafka)
    if states.state_of(seen.kafka) != states.ZOOKEEPER:
        return
    if value == res.ENABLED:
        yield finding(
            "operator-will-not-stop",
            f"Kafka {seen.name}",
            f"Kafka {seen.name} has the annotation {res.KRAFT}: {value} beforehand, which somebody or a pipeline means to have at the end; "
            f"whoever applies it again "
            f"during the migration finalizes it without a stop. Set it to {res.DISABLED}, in git as well",
        )
    elif value == res.ROLLBACK:
        yield finding(
            "operator-annotation",
            f"Kafka {seen.name}",
            f"Kafka {seen.name} has the annotation {res.KRAFT}: {value}, and there is nothing to roll back; Strimzi only warns. It is overwritten",
        )


def gitops(seen: Seen) -> Iterator[Finding]:
    """Nobody puts the custom resources back."""
    for cr in seen.objects:
        for manager in foreign.gitops(cr):
            how = seen.gitops.get(str(manager), foreign.NOT_PAUSED)
            if how:
                name = f"{cr['kind']} {res.where(cr)}"
                yield finding(
                    "managed-by-gitops",
                    name,
                    f"{name} is managed by {manager}, which {how}; it would take the annotations of the migration off "
                    f"again: pause it until "
                    "the changed manifests are in git",
                )


def authorization(seen: Seen) -> Iterator[Finding]:
    """Strimzi changes the authorizer's class with the mode for its own kind only."""
    kind = str((seen.of_kafka.get("authorization") or {}).get("type") or "")
    if kind not in ("", "simple"):
        yield finding(
            "operator-authorizer",
            f"Kafka {seen.name}",
            f"Kafka {seen.name} has spec.kafka.authorization.type {kind}: Strimzi keeps its class in every mode, and one that reads ZooKeeper fails in KRaft "
            "mode. Make sure that yours does not, then accept this",
        )


def topic_operator(seen: Seen) -> Iterator[Finding]:
    """Only the unidirectional Topic Operator works in KRaft mode; 0.40 can still run the other one."""
    has = "topicOperator" in ((seen.kafka.get("spec") or {}).get("entityOperator") or {})
    if has and seen.operator and seen.operator < checks_versions.UNIDIRECTIONAL:
        yield finding(
            "operator-annotation",
            f"Kafka {seen.name}",
            f"Kafka {seen.name} has a Topic Operator under Strimzi {checks_versions.spelled(seen.operator)}, where it can still be bidirectional, "
            f"which does not "
            "work in KRaft mode: make sure that the feature gate UnidirectionalTopicOperator is on",
        )


def spelling(seen: Seen) -> Iterator[Finding]:
    """Annotations that look like one of the migration, are in the wrong place, or have a value that the operator ignores."""
    for cr in seen.objects:
        for text in res.misspelled(cr):
            name = f"{cr['kind']} {res.where(cr)}"
            yield finding("operator-annotation", name, f"{name} has the {text}")


#: in the order in which a person would repair it
RULES = (
    born_kraft,
    paused,
    silent,
    gates,
    ready,
    asked_already,
    gitops,
    checks_versions.operator,
    checks_versions.abroad,
    checks_versions.kafka,
    checks_versions.metadata,
    checks_pools.node_pools,
    checks_pools.controllers,
    checks_pools.leftovers,
    checks_pools.broker_data,
    checks_pools.disks,
    authorization,
    topic_operator,
    spelling,
)


def findings(seen: Seen) -> list[Finding]:
    """Every rule, in the order in which a person would repair it; a cluster without ZooKeeper has no other."""
    born = list(born_kraft(seen))
    return born or [item for rule in RULES for item in rule(seen)]


#: what the operator cannot begin with: it stays in ZooKeeper, and reports most of it nowhere
UNMET = (gates, checks_versions.operator, checks_versions.kafka, checks_versions.metadata, checks_pools.node_pools)

#: what nobody may be led into: the operator begins with it once the controllers' pool is made
UNBEGUN = (checks_versions.abroad, checks_pools.controllers, checks_pools.leftovers, checks_pools.broker_data)


def underway(seen: Seen) -> list[Finding]:
    """The rules that still say something once the operator was asked, whoever asked it; more of them before it has begun."""
    waits = states.state_of(seen.kafka) == states.ZOOKEEPER and not states.turned(seen.kafka)
    rules = (*UNMET, *(UNBEGUN if seen.planned else ())) if waits else ()
    return [item for rule in (*rules, gitops, spelling) for item in rule(seen)]
