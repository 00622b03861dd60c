# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The KRaft controllers of a cluster: as planned, as they are, and their settings of each stage.

Private to the collection.
"""

from __future__ import annotations

import copy
import json
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part, flag_on_everywhere
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.identity import cluster_id
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.metadata_version import target_level
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import read_quorum, registered_controllers
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.broker_data import storage_class
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import (
    ControllerObjects,
    ControllerSpec,
    controller_objects,
    default_node_id_base,
    voters,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.placement import broker_zones
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import (
    ControllerContext,
    ControllerStage,
    controller_listener_name,
    controller_settings,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.source import DNS_TTL_OPTION
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.logs import pod_signals
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import Quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import (
    PDB,
    SERVICE,
    STATEFUL_SET,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import ownership, writes
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, Refused

#: voters; fewer cannot lose one
SMALLEST_QUORUM = 3
#: annotation of the controllers' StatefulSet: the ids must not move when brokers are added
NODE_ID_BASE = names.PREFIX + "node-id-base"


def node_id_base(cluster: StatefulSetCluster) -> int:
    """The node id of the first controller: the one in use, else the user's, else above every broker id."""
    if cluster.controllers is not None:
        used = writes.annotations_of(cluster.controllers).get(NODE_ID_BASE)
        if used:
            return int(used)
    wanted = cluster.params["controller_node_id_base"]
    return int(wanted) if wanted is not None else default_node_id_base(cluster.pod_of_broker)


def node_ids(cluster: StatefulSetCluster) -> list[int]:
    """The controllers' node ids."""
    base = node_id_base(cluster)
    return [base + ordinal for ordinal in range(cluster.params["controller_replicas"])]


def _spec(cluster: StatefulSetCluster, stage: str) -> ControllerSpec:
    params = cluster.params
    facts = next(iter(known(cluster.facts).values()), None)
    if facts is None or facts.start_script is None or facts.storage_tool is None:
        raise Refused(
            f"kafka-server-start and kafka-storage were not found in the brokers' pods of {cluster.namespace}/{cluster.name}; "
            "the controllers are started with them: use an image that has them",
            code="controller-manifest",
        )
    first = cluster.statefulsets[0]
    spec = ControllerSpec(
        name=cluster.controllers_name,
        namespace=cluster.namespace,
        cluster=cluster.name,
        replicas=params["controller_replicas"],
        node_id_base=node_id_base(cluster),
        storage_size=params["controller_storage_size"],
        storage_class=params["controller_storage_class"] or storage_class(first, cluster.container, facts.log_dirs[0]),
        stage=stage,
        start_script=facts.start_script,
        storage_tool=facts.storage_tool,
        user_manifest=params["controller_manifest"],
        container=cluster.container,
        own_container=params["controller_container"],
        resources=params["controller_resources"],
        extra_labels={str(key): str(value) for key, value in params["controller_labels"].items()},
        annotations={str(key): str(value) for key, value in params["controller_annotations"].items()},
        zones=broker_zones(cluster.statefulsets),
        running=facts.jvm_options,
        group=_group(cluster, facts),
        config_maps=cluster.config_maps,
        jvm_option=DNS_TTL_OPTION.format(seconds=params["dns_ttl"]) if params["dns_ttl"] > 0 else "",
    )
    if stage == "held":
        return spec
    settings = _settings(cluster, spec, "migrating" if stage == "migrating" else "final")
    target = target_level(cluster)
    return spec.with_settings(settings, cluster_id(cluster)[0], target.setting)


def _group(cluster: StatefulSetCluster, facts: ProcessFacts) -> int | None:
    """The group that new volumes should belong to when the pod template does not say; None for root, or where something else says."""
    grouped = any(
        (pod["spec"].get("securityContext") or {}).get("fsGroup") is not None for pod in cluster.pods.values()
    )
    if facts.owner is None or grouped or facts.owner[0] == 0:
        return None
    return facts.owner[1] or facts.owner[0]


def _settings(cluster: StatefulSetCluster, spec: ControllerSpec, stage: ControllerStage) -> dict[str, str]:
    effective = cluster.effective
    connect = cluster.zookeeper_connect
    return controller_settings(
        stage,
        effective,
        ControllerContext(
            target=target_level(cluster),
            voters=voters(spec),
            log_dir=spec.log_dir,
            controller_listener=controller_listener_name(effective),
            zookeeper_connect=str(connect) if connect else "",
        ),
    )


def voters_of(cluster: StatefulSetCluster) -> str:
    """controller.quorum.voters: what the running controllers have, else as planned."""
    for facts in known(cluster.controller_facts).values():
        if facts.settings.get("controller.quorum.voters"):
            return facts.settings["controller.quorum.voters"].strip()
    return voters(_spec(cluster, "held"))


def build(cluster: StatefulSetCluster, stage: str) -> ControllerObjects:
    """The controllers' objects for a stage. Raises Unsupported when the user's manifest or the brokers' template does not fit."""
    return controller_objects(cluster.statefulsets[0], _spec(cluster, stage))


def check_plan(cluster: StatefulSetCluster) -> None:
    """Raise what building the controllers would raise."""
    if cluster.params["controller_replicas"] < SMALLEST_QUORUM:
        raise Refused(
            f"kraft_controller_replicas is {cluster.params['controller_replicas']}: a quorum of fewer than {SMALLEST_QUORUM} cannot lose a "
            "voter, so its controllers could never be restarted safely; set 3 or 5",
            code="controller-manifest",
        )
    build(cluster, "held")


def running(cluster: StatefulSetCluster) -> bool:
    """Whether every wanted controller process runs."""
    wanted = cluster.controllers_wanted
    return bool(wanted) and len(known(cluster.controller_facts)) == wanted


def create(cluster: StatefulSetCluster, objects: ControllerObjects) -> list[str]:
    """Create Service, PodDisruptionBudget and the held StatefulSet; returns what was made."""
    made = []
    for kind, body in ((SERVICE, objects.service), (PDB, objects.pdb), (STATEFUL_SET, objects.statefulset)):
        name = body["metadata"]["name"]
        if ownership.has_ours(cluster, kind, name):
            continue
        marked = copy.deepcopy(body)
        if kind is STATEFUL_SET:
            marks = marked["metadata"].setdefault("annotations", {})
            marks[NODE_ID_BASE] = str(node_id_base(cluster))
            # held at OnDelete during the migration; at the end this is put in force (restore_strategy)
            marks[names.UPDATE_STRATEGY] = json.dumps(objects.update_strategy, sort_keys=True)
        cluster.client.create(kind, marked, cluster.namespace)
        made.append(f"{body['kind']}/{name}")
    cluster.changed(Part.OBJECTS)
    return made


def write(cluster: StatefulSetCluster, objects: ControllerObjects) -> None:
    """Write the ConfigMap and the template of a stage, and the replicas."""
    if cluster.controllers is None:
        raise Refused(
            "the controllers' StatefulSet does not exist; run SetupEnsureKRaftControllerExists first",
            code="controllers-not-ready",
        )
    if objects.config_map is not None:
        writes.create_config_map(cluster.client, cluster.namespace, cluster.name, objects.config_map)
    body = objects.statefulset
    writes.write_template(
        cluster.client, cluster.controllers, body["spec"]["template"], replicas=body["spec"]["replicas"]
    )
    cluster.changed(Part.OBJECTS)


def not_ready_for_migration(cluster: StatefulSetCluster, quorum: Quorum) -> str:
    """Return why the controllers are not ready to begin the copy, or an empty string."""
    expected = set(cluster.controller_ids)
    wrong = {
        number: found
        for number, found in quorum.migration_states.items()
        if found not in ("PRE_MIGRATION", "MIGRATION")
    }
    none = sorted(number for number, found in wrong.items() if found == "NONE")
    if none:
        # also what a controller reports between its start and its first look at the log (ControllerMetadataMetricsPublisher)
        return (
            f"controllers {none} report ZkMigrationState NONE; when that stays, they were started without the migration flag once: "
            "delete their volumes and run again"
        )
    silent = sorted(expected - set(quorum.migration_states))
    if wrong or silent:
        return f"controllers {sorted(set(wrong) | set(silent))} are not in PRE_MIGRATION yet"
    return _driver_waits(cluster, quorum)


def _driver_waits(cluster: StatefulSetCluster, quorum: Quorum) -> str:
    """Return what the active controller's migration driver still waits for among the controllers, or an empty string.

    PRE_MIGRATION does not say that every controller has registered as ready (KAFKA-20247): only the driver's log does, or,
    where the log is silent, the registrations in the metadata log.
    """
    pod = cluster.controller_ids.get(quorum.leader) if quorum.leader is not None else None
    if pod is None:
        return "the quorum has no leader"
    said = pod_signals(cluster.client, cluster.namespace, pod, cluster.controller_container)
    if said.driver_state is None:
        ready = {number for number, said_so in registered_controllers(cluster, quorum).items() if said_so}
        unready = sorted(set(cluster.controller_ids) - ready)
        return f"controllers {unready} are not registered as ready for the migration yet" if unready else ""
    if said.driver_state in ("UNINITIALIZED", "INACTIVE", "WAIT_FOR_CONTROLLER_QUORUM"):
        return said.waiting or f"the migration driver of {pod} is in state {said.driver_state}"
    return ""


def not_final(facts: ProcessFacts) -> str:
    """Return what a restarted controller still has of the migration, or an empty string."""
    left = [key for key in facts.settings if key.startswith("zookeeper.")]
    return f"{', '.join(sorted(left))} is still set" if left else ""


def stage_of(cluster: StatefulSetCluster) -> str:
    """The stage of the controllers' template, "" where there is none."""
    return writes.template_annotation(cluster.controllers, names.STAGE) if cluster.controllers else ""


def flag_everywhere(cluster: StatefulSetCluster) -> bool:
    """Safety rule 2: the flag is on in every running controller and in what a restarted one would read."""
    return stage_of(cluster) == "migrating" and flag_on_everywhere(cluster)


def past_return(cluster: StatefulSetCluster) -> bool | None:
    """Whether the point of no return is passed: a controller without the flag leads, or has led; None when nobody can say.

    The log says POST_MIGRATION from then on, whoever leads (ActivationRecordsGenerator).
    """
    if cluster.controllers is None:
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


def surely_past_return(cluster: StatefulSetCluster) -> bool:
    """As past_return(); a quorum that cannot be asked is no proof that it is over."""
    try:
        return bool(past_return(cluster))
    except KraftError:
        return False


def summary(cluster: StatefulSetCluster, objects: ControllerObjects) -> dict[str, Any]:
    """What a result says of the controllers."""
    return {
        "statefulset": cluster.controllers_name,
        "settings_hash": writes.template_annotation(objects.statefulset, names.SETTINGS_HASH),
        "node_ids": node_ids(cluster),
        "voters": voters_of(cluster),
        "replicas": objects.statefulset["spec"]["replicas"],
    }
