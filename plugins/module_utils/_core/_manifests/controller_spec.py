# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the KRaft controllers are to be: names, numbers, ids, and what goes into their pods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import settings_hash
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import is_secret
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.providers import variables_of

Obj = dict[str, Any]

HELD = "held"
PORT = 9093
PORT_NAME = "controller"
CONTAINER = "kafka"
INIT_CONTAINER = "kraft-format"
DATA_VOLUME = "kraft-data"
CONFIG_VOLUME, CONFIG_PATH = "kraft-config", "/etc/kraft"
RUN_VOLUME, RUN_PATH = "kraft-run", "/run/kraft"
FILE = "server.properties"
LOG4J_FILE = "log4j.properties"
POD_NAME_VARIABLE = "KRAFT_POD_NAME"


@dataclass(frozen=True)
class ControllerSpec:
    """What the controllers are to be.

    ``stage`` is ``held`` (0 replicas, no settings), ``migrating`` or ``final``. ``container`` names the brokers'
    container; ``config_maps`` are those of the namespace by name, for JVM options that come from one. ``storage_size``
    is a Kubernetes quantity such as ``10Gi``. ``user_manifest`` is a StatefulSet that is completed instead of one made
    from the brokers'; ``own_container`` is the one in it that runs the controller. ``resources`` None: derived from the
    brokers'. ``extra_labels`` are for every object, ``annotations`` for the pods. ``zones``: (label of nodes, values) that the
    brokers' StatefulSets are spread over. ``running``: JVM options of a running broker, ``group``: its group id, None for root's.
    ``secrets``: those that brokers get variables from by ``envFrom``, as far as they could be read, where settings need variables.
    """

    name: str
    namespace: str
    cluster: str
    replicas: int
    node_id_base: int
    start_script: str
    storage_tool: str
    storage_size: str = "10Gi"
    storage_class: str | None = None
    settings: Mapping[str, str] | None = field(default=None, repr=False)
    stage: str = HELD
    cluster_id: str = ""
    release_version: str = ""
    log_dir: str = "/var/lib/kraft/data"
    user_manifest: Mapping[str, Any] | None = None
    container: str | None = None
    own_container: str | None = None
    resources: Mapping[str, Any] | None = None
    extra_labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    zones: tuple[str, tuple[str, ...]] = ("", ())
    running: tuple[str, ...] = ()
    group: int | None = None
    jvm_option: str = ""
    config_maps: Mapping[str, Obj] = field(default_factory=dict)
    secrets: Mapping[str, Obj] = field(default_factory=dict, repr=False)

    def with_settings(self, settings: Mapping[str, str], cluster_id: str, release_version: str) -> ControllerSpec:
        """Return the same with what only becomes known after SETUP has read the cluster."""
        return replace(self, settings=settings, cluster_id=cluster_id, release_version=release_version)

    @property
    def variables(self) -> list[str]:
        """The variables that a config provider takes values of the settings from."""
        return variables_of(self.settings or {})

    @property
    def labels(self) -> dict[str, str]:
        """The labels that select the controllers' pods, and nothing else."""
        return {names.LABEL_CLUSTER: self.cluster, names.LABEL_ROLE: names.ROLE_CONTROLLER}

    @property
    def all_labels(self) -> dict[str, str]:
        """Labels of every object that is made: the user's, then ours."""
        return {**self.extra_labels, names.MANAGED_BY: names.MANAGER, **self.labels}

    @property
    def digest(self) -> str:
        """The settings hash."""
        return settings_hash(self.settings or {}, f"{self.namespace}/{self.cluster}", self.jvm_option)

    @property
    def holds_secrets(self) -> bool:
        """Whether a setting is a secret, so that they all are in a Secret instead of a ConfigMap."""
        return any(is_secret(key) for key in self.settings or {})

    @property
    def config_volume(self) -> Obj:
        """The volume that shows the stage's settings."""
        if self.holds_secrets:
            return {"name": CONFIG_VOLUME, "secret": {"secretName": self.config_name}}
        return {"name": CONFIG_VOLUME, "configMap": {"name": self.config_name}}

    @property
    def config_name(self) -> str:
        """Name of the stage's ConfigMap or Secret; while held it does not exist, so that no pod can start by mistake."""
        return f"{self.name}-{HELD}" if self.settings is None else f"{self.name}-{self.stage}-{self.digest[:8]}"


def default_node_id_base(broker_ids: Iterable[int]) -> int:
    """Return the next round thousand above every broker id: 1000 for 0 to 999."""
    return 1000 * (max(broker_ids, default=0) // 1000 + 1)


def node_ids(spec: ControllerSpec) -> tuple[int, ...]:
    """Return the controllers' node ids, by ordinal."""
    return tuple(spec.node_id_base + ordinal for ordinal in range(spec.replicas))


def hosts(name: str, namespace: str, replicas: int) -> list[str]:
    """Return the names at which nodes reach the controllers, by ordinal: pod.service.namespace.svc."""
    return [f"{name}-{ordinal}.{name}.{namespace}.svc" for ordinal in range(replicas)]


def voters(spec: ControllerSpec) -> str:
    """Return ``controller.quorum.voters``: id@host:9093 of each controller."""
    named = zip(node_ids(spec), hosts(spec.name, spec.namespace, spec.replicas), strict=True)
    return ",".join(f"{number}@{host}:{PORT}" for number, host in named)
