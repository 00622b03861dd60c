# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cluster shows that decides about the way back, and what a sub-phase of it may do now.

Private to the collection. Everything is read from the cluster: a rollback goes on after any kill, journal or not.
"""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part, flags_off
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, rollback, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.config_map_users import config_maps_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.ownership import is_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import (
    original_name,
    stage_name,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import secret_names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import NotRunning, known, unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import CONFIG_MAP, POD, SECRET
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import point_of_no_return
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    controllers,
    locks,
    ownership,
    volumes,
    writes,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import (
    StatefulSetCluster,
    wanted_pods,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.handover import read_heads

#: on a StatefulSet of the brokers while their left-over metadata logs are being deleted
CLEAN_UP = names.PREFIX + "format-cluster-metadata-in-kafka"
META_KRAFT = 1


def look(cluster: StatefulSetCluster) -> rollback.Seen:
    """Read what decides. Raises Unreachable when ZooKeeper does not answer."""
    modes = {pod: _mode(cluster, pod) for pod in cluster.facts}
    finalized = cluster.state.name == state.FINALIZED
    heads = None if finalized or cluster.zookeeper_connect is None else read_heads(cluster.zookeeper)
    held = heads.controller if heads is not None else None
    kraft = not finalized and state.MODE_KRAFT in modes.values()
    past = point_of_no_return.passed(cluster) if kraft else False
    return rollback.Seen(
        state=cluster.state.name,
        modes=modes,
        stages={
            str(item["metadata"]["name"]): writes.template_annotation(item, names.STAGE)
            for item in cluster.statefulsets
        },
        outdated=tuple(outdated(cluster)),
        controllers=cluster.controllers is not None,
        controller_pods=tuple(ownership.controller_pods(cluster)),
        volumes=tuple(volumes.leftover_volumes(cluster)),
        migration_present=heads is not None and heads.migration_node is not None,
        kraft_holds=heads is not None and heads.kraft_holds,
        broker_holds=held is not None and not held.is_kraft,
        unflagged_active=bool(past),
        leaderless=past is None,
        unflagged=tuple(flags_off(cluster)),
        final_written=controllers.stage_of(cluster) == "final",
        metadata_dirs=tuple(pod for pod, facts in known(cluster.facts).items() if facts.metadata_logs),
        marked=tuple(
            str(item["metadata"]["name"]) for item in cluster.statefulsets if CLEAN_UP in writes.annotations_of(item)
        ),
        version_1=tuple(
            pod for pod, facts in known(cluster.facts).items() if any(meta.version == META_KRAFT for meta in facts.meta)
        ),
        unread=unknown(cluster.facts),
        down=tuple(pod for pod, facts in cluster.facts.items() if isinstance(facts, NotRunning)),
        locked=bool(locks.current_id(cluster)),
        later=cluster.params["rollback_cleanup"] == "later",
    )


def _mode(cluster: StatefulSetCluster, pod: str) -> str:
    """The mode of a broker; of one whose process cannot be read, since it does not start, what it was last made for.

    Such a broker is often the reason to go back.
    """
    mode = cluster.modes[pod]
    if mode != state.MODE_UNKNOWN:
        return mode
    if pod in cluster.pods:
        stage = writes.annotations_of(cluster.pods[pod]).get(names.STAGE, "")
    else:
        sets = [item for item in cluster.statefulsets if pod in wanted_pods(item)]
        stage = writes.template_annotation(sets[0], names.STAGE) if sets else ""
    return {"kraft": state.MODE_KRAFT, "migration": state.MODE_MIGRATING}.get(stage, state.MODE_ZOOKEEPER)


def outdated(cluster: StatefulSetCluster) -> list[str]:
    """Broker pods that were not made with the settings of their StatefulSet's template."""
    wanted = {
        item["metadata"]["uid"]: writes.template_annotation(item, names.SETTINGS_HASH) for item in cluster.statefulsets
    }
    return [
        pod for pod, obj in cluster.pods.items() if writes.pod_settings_hash(obj) != wanted.get(writes.owner_uid(obj))
    ]


def answer(cluster: StatefulSetCluster, sub_phase: str, *, check_mode: bool) -> rollback.Answer:
    """Say what the sub-phase has to do. Raises Refused when there is no way back, or when it is not its turn yet."""
    seen = look(cluster)
    code, sentence = rollback.refusal(seen)
    if code:
        raise Refused(f"{cluster.namespace}/{cluster.name}: {sentence}; nothing was changed", code=code)
    found = rollback.answer(sub_phase, seen)
    if found.needed and not check_mode:
        why = rollback.blocked(sub_phase, seen)
        if why:
            raise Refused(
                f"{sub_phase} cannot run yet: {why}; run rollback.yml, which keeps the order", code="wrong-state"
            )
    return found


def pending(cluster: StatefulSetCluster) -> str:
    """Return why a new attempt may not begin, or an empty string.

    A broker that ran in migrating mode keeps epoch and high watermark of the old quorum in its Raft client; against a new
    one it stops itself ("truncation ... below the current high watermark", KafkaRaftClient), so it has to be restarted first.
    """
    if cluster.controllers is not None and known(cluster.controller_facts):
        return ""
    left = [pod for pod, mode in cluster.modes.items() if mode == state.MODE_MIGRATING]
    if not left:
        return ""
    return (
        f"brokers {', '.join(left)} still run in migrating mode of an earlier attempt whose quorum is gone, and would take the new "
        "quorum for it; run rollback.yml to its end first"
    )


def own_config_maps(cluster: StatefulSetCluster) -> list[str]:
    """ConfigMaps of stages that no template of brokers or controllers, and no pod of the namespace, refers to any more.

    Old ControllerRevisions do not count: they name every stage until Kubernetes forgets them, and a pod is made of one only while
    others of its kind still run.
    """
    cluster.changed(Part.SETTINGS)
    templates = [item["spec"]["template"] for item in locks.managed(cluster)]
    used = {
        name for item in (*templates, *cluster.client.list(POD, cluster.namespace)) for name in config_maps_of(item)
    }
    found = []
    for name, body in cluster.config_maps.items():
        labels: Mapping[str, str] = body["metadata"].get("labels") or {}
        ours = labels.get(names.MANAGED_BY) == names.MANAGER and labels.get(names.LABEL_CLUSTER) == cluster.name
        if ours and name != names.journal_name(cluster.name) and name not in used:
            found.append(name)
    return found


def own_secrets(cluster: StatefulSetCluster) -> list[str]:
    """Secrets of stages that no template of the brokers and no pod shows any more, by the names that the journal's stages gave them.

    Secrets are never listed: an account need not see those of others.
    """
    cluster.changed(Part.SETTINGS)
    found: list[str] = []
    for item in cluster.statefulsets:
        shown = secret_names(item["spec"]["template"])
        written = [event for event in cluster.journal.events if event.get("what") == "written"]
        for base in sorted({original_name(name) for name in shown}):
            for event in written:
                digest = (event.get("settings_hash") or {}).get(item["metadata"]["name"], "")
                name = stage_name(base, str(event.get("stage", "")), digest)
                there = cluster.secret(name) if digest and name not in {*shown, *found} else None
                if there is not None and is_of(there, cluster.name):
                    found.append(name)
    used = (
        {name for pod in cluster.client.list(POD, cluster.namespace) for name in secret_names(pod)} if found else set()
    )
    return [name for name in found if name not in used]


def delete_settings(cluster: StatefulSetCluster) -> list[str]:
    """Delete the ConfigMaps and Secrets of stages that nothing shows any more; returns ``kind/name`` of each."""
    done = []
    for name in own_config_maps(cluster):
        ownership.delete_read(cluster, CONFIG_MAP, cluster.config_maps[name])
        done.append(f"ConfigMap/{name}")
    for name in own_secrets(cluster):
        ownership.delete_ours(cluster, SECRET, name)
        done.append(f"Secret/{name}")
    cluster.changed(Part.SETTINGS)
    return done
