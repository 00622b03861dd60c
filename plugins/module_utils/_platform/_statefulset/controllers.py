# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The KRaft controllers of a cluster: as planned, as they are, and their settings of each stage.

Private to the collection.
"""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.identity import cluster_id
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.metadata_version import target_version
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import marks
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.broker_data import storage_class
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import (
    ControllerObjects,
    ControllerSpec,
    controller_objects,
    default_node_id_base,
    mounted_settings,
    settings_file,
    voters,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.ownership import is_of_controllers
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.placement import broker_zones
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import container_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.controller_settings import (
    ControllerContext,
    ControllerStage,
    controller_settings,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import Properties
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import CONNECT, value_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.source import DNS_TTL_OPTION
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import (
    CONFIG_MAP,
    PDB,
    SECRET,
    SERVICE,
    STATEFUL_SET,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    originals,
    ownership,
    security,
    writes,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, Refused

#: voters; fewer cannot lose one
SMALLEST_QUORUM = 3
#: annotation of the controllers' StatefulSet: the ids must not move when brokers are added
NODE_ID_BASE = names.PREFIX + "node-id-base"
#: annotation of a Secret with the controllers' settings: the one of the stage before
REPLACES = names.PREFIX + "replaces"


def node_id_base(cluster: StatefulSetCluster) -> int:
    """The node id of the first controller: the one in use, else the user's, else above every broker id."""
    if cluster.controllers is not None:
        used = marks.annotations_of(cluster.controllers).get(NODE_ID_BASE)
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
            "they start the controllers: use an image that has them",
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
        running=facts.options,
        group=_group(cluster, facts),
        config_maps=cluster.config_maps,
        jvm_option=DNS_TTL_OPTION.format(seconds=params["dns_ttl"]) if params["dns_ttl"] > 0 else "",
    )
    if stage == "held":
        return spec
    settings = _settings(cluster, spec, "migrating" if stage == "migrating" else "final")
    target = target_version(cluster)
    spec = spec.with_settings(settings, cluster_id(cluster)[0], target.setting)
    return replace(spec, secrets=_secrets_of_variables(cluster)) if spec.variables else spec


def _secrets_of_variables(cluster: StatefulSetCluster) -> dict[str, dict[str, Any]]:
    """The Secrets that brokers get all their variables of from, by name; one that may not be read is left out."""
    container = container_of(cluster.statefulsets[0]["spec"]["template"], cluster.container)
    found = {}
    for source in container.get("envFrom") or []:
        name = (source.get("secretRef") or {}).get("name")
        with suppress(Forbidden):
            if name and (secret := cluster.secret(name)) is not None:
                found[name] = {**secret, "kind": "Secret"}
    return found


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
    chosen = security.of_controllers(cluster, effective)
    return controller_settings(
        stage,
        effective,
        ControllerContext(
            target=target_version(cluster),
            voters=voters(spec),
            log_dir=spec.log_dir,
            controller_listener=chosen.listener,
            controller_protocol=chosen.protocol,
            security={**chosen.controllers, **security.super_users_of_all(cluster, chosen)},
            zookeeper_connect=str(connect) if connect else "",
            before={} if stage == "final" or value_of(effective, CONNECT) else originals.before(cluster),
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


def create(cluster: StatefulSetCluster, objects: ControllerObjects) -> list[str]:
    """Create Service, PodDisruptionBudget and the held StatefulSet; returns what was made."""
    missing = []
    for kind, body in ((SERVICE, objects.service), (PDB, objects.pdb), (STATEFUL_SET, objects.statefulset)):
        if ownership.has_ours(cluster, kind, body["metadata"]["name"]):
            continue
        marked = copy.deepcopy(body)
        if kind is STATEFUL_SET:
            marks = marked["metadata"].setdefault("annotations", {})
            marks[NODE_ID_BASE] = str(node_id_base(cluster))
            # held at OnDelete during the migration; at the end this is put in force (restore_strategy)
            marks[names.UPDATE_STRATEGY] = json.dumps(objects.update_strategy, sort_keys=True)
        missing.append((kind, marked))
    for kind, body in missing:
        # all are asked for first: what is refused leaves nothing behind
        cluster.client.create(kind, body, cluster.namespace, dry_run=True)
    made = []
    for kind, body in missing:
        cluster.client.create(kind, body, cluster.namespace)
        made.append(f"{body['kind']}/{body['metadata']['name']}")
    cluster.changed(Part.OBJECTS)
    return made


def write(cluster: StatefulSetCluster, objects: ControllerObjects) -> None:
    """Write the settings and the template of a stage, and the replicas."""
    if cluster.controllers is None:
        raise Refused(
            "the controllers' StatefulSet does not exist; run SetupEnsureKRaftControllerExists first",
            code="controllers-not-ready",
        )
    if objects.settings is not None:
        writes.create_settings(
            cluster.client, cluster.namespace, cluster.name, _after(cluster.controllers, objects.settings)
        )
    body = objects.statefulset
    writes.write_template(
        cluster.client, cluster.controllers, body["spec"]["template"], replicas=body["spec"]["replicas"]
    )
    cluster.changed(Part.OBJECTS)


def stage_of(cluster: StatefulSetCluster) -> str:
    """The stage of the controllers' template, "" where there is none."""
    return marks.template_annotation(cluster.controllers, names.STAGE) if cluster.controllers else ""


def summary(cluster: StatefulSetCluster, objects: ControllerObjects) -> dict[str, Any]:
    """What a result says of the controllers."""
    return {
        "statefulset": cluster.controllers_name,
        "settings_hash": marks.template_annotation(objects.statefulset, names.SETTINGS_HASH),
        "node_ids": node_ids(cluster),
        "voters": voters_of(cluster),
        "replicas": objects.statefulset["spec"]["replicas"],
    }


def would_lack_flag(cluster: StatefulSetCluster) -> str:
    """Return why a controller that was made now would not have the flag, or an empty string. Reads its settings freshly.

    The digest on the StatefulSet shows a changed template; an object of ours is immutable, but it can be deleted and made anew.
    """
    if cluster.controllers is None:
        return ""
    kind, name = mounted_settings(cluster.controllers["spec"]["template"])
    if not name:
        return ""
    found = cluster.client.find(SECRET if kind == "Secret" else CONFIG_MAP, name, cluster.namespace)
    where = f"{kind} {cluster.namespace}/{name}, which StatefulSet {cluster.controllers_name} mounts,"
    if found is None:
        return f"{where} is gone"
    settings = Properties.parse(settings_file({**found, "kind": kind}))
    if state.has_flag({state.FLAG: settings.get(state.FLAG) or ""}):
        return ""
    return f"{where} no longer has {state.FLAG}=true"


def _after(statefulset: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """The settings of a stage, with a Secret of the stage before noted on them: Secrets are never listed, and it is to go some day."""
    kind, name = mounted_settings(statefulset["spec"]["template"])
    if body["kind"] != "Secret" or kind != "Secret" or name in ("", body["metadata"]["name"]):
        return body
    marked = copy.deepcopy(body)
    marked["metadata"]["annotations"][REPLACES] = name
    return marked


def secret_names(cluster: StatefulSetCluster) -> list[str]:
    """Names of the Secrets with the controllers' settings: the one that their template mounts, those before it, and what the journal names.

    A run that was killed may have left one that no template mounts, or may have deleted the template.
    """
    kind, name = mounted_settings(cluster.controllers["spec"]["template"]) if cluster.controllers else ("", "")
    found: list[str] = []
    while kind == "Secret" and name and name not in found:
        found.append(name)
        there = cluster.client.find(SECRET, name, cluster.namespace)
        name = marks.annotations_of(there).get(REPLACES, "") if there else ""
    for name in cluster.journal.made("Secret"):
        there = None if name in found else cluster.client.find(SECRET, name, cluster.namespace)
        if there is not None and is_of_controllers(there, cluster.name):
            found.append(name)
    return found
