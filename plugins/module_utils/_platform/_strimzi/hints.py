# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What usually holds Strimzi up where it is: it says almost nothing itself. Pure.

Private to the collection. Source: what the real operator 0.45.2 was seen to do, and its issues.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import states

Obj = Mapping[str, Any]

#: reason of a condition to what it means here
REASONS: Mapping[str, str] = {
    "UnforceableProblem": (
        "Strimzi will not restart a broker while a partition would fall below min.insync.replicas, and waits for the replicas; when a broker itself "
        "cannot get in sync, delete its pod, so that it comes back with its new settings; when the others do not take it in, delete the pod of their leader"
    ),
    "FatalProblem": "a pod does not start; look at it and at its events",
    "TimeoutException": "a pod was not Ready in time; the next pass goes on",
}
PAUSED = (
    "reconciliation is paused, and Strimzi forgets where its migration was when it sees that: once it goes on it would begin anew from ZooKeeper, "
    "whatever mode the brokers run in. Do not take the pause off"
)


def seen(kafka: Obj, *, pool: bool) -> str:
    """What is seen to hold it up, "" when nothing is: what it waits for of its own accord is not told. ``pool``: as below."""
    return _of_request(kafka, pool=pool) or _of_reasons(kafka)


def hint(kafka: Obj, *, pool: bool) -> str:
    """What to look at, "" when nothing is known. ``pool``: whether the controllers' node pool exists."""
    return _of_request(kafka, pool=pool) or _of_conditions(kafka) or _of_state(states.state_of(kafka))


def _of_request(kafka: Obj, *, pool: bool) -> str:
    """What is wrong with what the operator was asked for, "" when nothing is."""
    state, value, turned = states.state_of(kafka), res.asked(kafka), states.turned(kafka)
    if turned and res.is_paused(kafka) and not states.stands_paused(kafka):
        return (
            "Strimzi ends the pass that is under way before it sees that it is paused; a broker that does not get Ready holds it up for up to five "
            "minutes"
        )
    if states.stands_paused(kafka) and not turned:
        return PAUSED + restored(kafka)
    if value not in res.ASKED:
        return (
            f"{res.KRAFT} is {value!r}, which Strimzi ignores without a word; set it to one of {', '.join(res.ASKED)}"
        )
    if state == states.DUAL_WRITING and value == res.ENABLED:
        return (
            f"{res.KRAFT} was set to {value} before {states.POST_MIGRATION}: Strimzi fails in each pass without saying so, or skips the stop; set "
            f"it to {res.MIGRATION}"
        )
    if state == states.MIGRATING and value in (res.ENABLED, res.ROLLBACK) and pool:
        return f"{res.KRAFT} {value} does nothing in {state} but keep Strimzi from going on; set it to {res.MIGRATION}, or run rollback.yml"
    if not pool and value == res.MIGRATION:
        return "there is no KafkaNodePool of controllers: make it again with the same name, on its volumes"
    return ""


def _of_reasons(kafka: Obj) -> str:
    for item in states.conditions(kafka):
        reason = str(item.get("reason") or "")
        if reason in REASONS:
            return f"{REASONS[reason]} ({item.get('message')})"
    return ""


def _of_conditions(kafka: Obj) -> str:
    refused = [item for item in states.conditions(kafka) if item.get("type") == "NotReady"]
    said = f"Strimzi refuses the custom resources: {refused[0].get('message')}" if refused else ""
    return _of_reasons(kafka) or said


def _of_state(state: str) -> str:
    if state in ("", states.ZOOKEEPER):
        return "look at the controllers' pods and volume claims (Pending?), and whether Strimzi runs and watches this namespace"
    if state == states.MIGRATING:
        return (
            "the copy waits until every broker is registered with the controllers: look for 'Still waiting for ZK brokers' in the active controller's log; "
            "Strimzi says nothing of it, and looks every two minutes only"
        )
    return "look at the log of the Strimzi operator, and at the brokers' pods"


def alone(namespace: str, pods: Collection[str]) -> str:
    """What is to be done where brokers in KRaft mode see nobody else: Strimzi asks the broker itself whether it may restart it (seen on the double)."""
    return (
        f"{', '.join(pods)} run in KRaft mode on metadata of an earlier attempt, and each sees itself alone in its ISRs, so that Strimzi does not restart it. "
        f"What it has is behind the brokers in ZooKeeper mode: delete these pods, one after the other (kubectl -n {namespace} delete pod {next(iter(pods))}), "
        "which come back in ZooKeeper mode; then run rollback.yml again"
    )


def restored(kafka: Obj) -> str:
    """How the state that a pause made it forget is given back, as the end of a sentence.

    Not while it runs: what is written to the status is an event, at which it sees the pause, and forgets once more.
    """
    name, namespace = kafka["metadata"]["name"], kafka["metadata"]["namespace"]
    return (
        ". To go on forward, scale Strimzi's Deployment to 0, since it forgets again whenever it sees the pause; give its state back, which is "
        "KRaftPostMigration when every broker runs in KRaft mode, KRaftDualWriting when some do, and KRaftMigration when none does: "
        f"kubectl -n {namespace} patch {res.KAFKA.resource} {name} --subresource=status --type=merge -p "
        '\'{"status":{"kafkaMetadataState":"KRaftPostMigration"}}\'; then take the pause off, and scale Strimzi up. To go back, run rollback.yml after '
        "that"
    )
