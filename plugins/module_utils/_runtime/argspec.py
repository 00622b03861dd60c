# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The argument specifications of all modules: shared between a module file (documentation) and its action plugin.

Private to the collection. Every module of the action group takes the same options, so that a sub-phase run alone by
``--tags`` derives earlier results from inventory variables only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.basic import env_fallback
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, stages

Spec = dict[str, dict[str, Any]]


def _env(name: str) -> tuple[Callable[..., str], list[str]]:
    return (env_fallback, [name])


def connection_spec() -> Spec:
    """Options that reach the Kubernetes API, named and defaulted as in kubernetes.core."""
    return {
        "kubeconfig": {"type": "raw", "fallback": _env("K8S_AUTH_KUBECONFIG")},
        "context": {"type": "str", "fallback": _env("K8S_AUTH_CONTEXT")},
        "host": {"type": "str", "fallback": _env("K8S_AUTH_HOST")},
        "api_key": {"type": "str", "no_log": True, "fallback": _env("K8S_AUTH_API_KEY")},
        "ca_cert": {"type": "path", "aliases": ["ssl_ca_cert"], "fallback": _env("K8S_AUTH_SSL_CA_CERT")},
        "validate_certs": {"type": "bool", "aliases": ["verify_ssl"], "fallback": _env("K8S_AUTH_VERIFY_SSL")},
        "proxy": {"type": "str", "fallback": _env("K8S_AUTH_PROXY")},
        "impersonate_user": {"type": "str", "fallback": _env("K8S_AUTH_IMPERSONATE_USER")},
        "impersonate_groups": {"type": "list", "elements": "str", "fallback": _env("K8S_AUTH_IMPERSONATE_GROUPS")},
    }


def cluster_spec() -> Spec:
    """Options that name one Kafka cluster and say how it is to be migrated."""
    return {
        "namespace": {"type": "str", "required": True},
        "cluster": {"type": "str", "required": True},
        "platform": {"type": "str", "default": "auto", "choices": ["auto", "statefulset", "confluent", "strimzi"]},
        "statefulsets": {"type": "list", "elements": "str", "default": []},
        "container": {"type": "str"},
        "region_of": {"type": "str"},
        "zookeeper_connect": {"type": "str"},
        "ibp_version": {"type": "str"},
        "strimzi_version": {"type": "str"},
        "strimzi_node_pools": {"type": "bool", "default": False},
        "dns_ttl": {"type": "int", "default": 1},
        "controller_name": {"type": "str"},
        "controller_replicas": {"type": "int", "default": 3},
        "controller_node_id_base": {"type": "int"},
        "controller_storage_size": {"type": "str", "default": "10Gi"},
        "controller_storage_class": {"type": "str"},
        "controller_resources": {"type": "dict"},
        "controller_labels": {"type": "dict", "default": {}},
        "controller_annotations": {"type": "dict", "default": {}},
        "controller_manifest": {"type": "dict"},
        "controller_container": {"type": "str"},
        "controller_security": {
            "type": "str",
            "default": "auto",
            "choices": ["auto", "PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
        },
        "controller_sasl_mechanism": {"type": "str", "default": "PLAIN"},
        # the name of a Secret, not what is in it
        "controller_secret": {"type": "str", "no_log": False},
        "zookeeper_secret": {"type": "str", "no_log": False},
        "super_users": {"type": "list", "elements": "str", "default": []},
        "accept": {"type": "list", "elements": "str", "default": []},
        "confirm": {"type": "list", "elements": "str", "default": []},
        "soak": {"type": "int", "default": 86400},
        "pod_timeout": {"type": "int", "default": 600},
        "recovery_timeout": {"type": "int", "default": 300},
        "restart_interval": {"type": "int", "default": 30},
        "rollback_cleanup": {"type": "str", "default": "now", "choices": ["now", "later"]},
        "wait_timeout": {"type": "int", "default": 900},
        "lock_timeout": {"type": "int", "default": 120},
        "lock_enforcement": {"type": "str", "default": "auto", "choices": ["auto", "admission", "annotation"]},
        "lock_allowed_users": {"type": "list", "elements": "str", "default": []},
        "support_dir": {"type": "path", "default": "~/.ansible/kafkaops.kraft"},
    }


def base_spec() -> Spec:
    """What every module of the action group takes."""
    return {**connection_spec(), **cluster_spec()}


EXTRA: Mapping[str, Spec] = {
    "preflight_info": {},
    "cluster_info": {},
    "cluster_check_info": {
        "disrupt": {"type": "bool", "default": False},
        "disrupt_pod": {"type": "str"},
        "partitions": {"type": "int", "default": 3},
        "replication_factor": {"type": "int"},
        "records": {"type": "int", "default": 300},
    },
    "ibp_version_info": {},
    "migration_lock": {
        "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
        "release": {"type": "list", "elements": "str", "default": []},
    },
    "kraft_migration_job": {
        "state": {
            "type": "str",
            "default": "present",
            "choices": ["present", "finalize", "rollback", "released", "absent"],
        },
        "follow": {"type": "bool", "default": False},
        "follow_to": {"type": "str", "choices": [item.name for item in phases.SUB_PHASES]},
    },
    "kafka_health_info": {},
    "kafka_version_info": {"target": {"type": "str", "default": "brokers", "choices": ["brokers", "controllers"]}},
    "kraft_controller": {"state": {"type": "str", "required": True, "choices": ["held", "migrating", "final"]}},
    "broker_settings": {"stage": {"type": "str", "required": True, "choices": [*stages.OF_BROKERS]}},
    "rolling_restart": {
        "target": {"type": "str", "required": True, "choices": ["brokers", "controllers"]},
        "stage": {"type": "str", "required": True, "choices": [*stages.OF_BROKERS, "final", *stages.CLEAN_UPS]},
    },
    "cluster_id_info": {},
    "zookeeper_endpoint_info": {},
    "quorum_health_info": {},
    "migration_progress": {},
    "finalize_gates_info": {},
    "migration_journal": {
        "event": {
            "type": "str",
            "required": True,
            "choices": ["SetupComplete", "MigrateDualWrite", "MoveToKRaftControllerComplete", "RollbackToZkComplete"],
        },
    },
    "migration_znode": {
        "state": {"type": "str", "default": "absent", "choices": ["absent"]},
        "origin": {"type": "str", "default": "migrate", "choices": ["migrate", "setup"]},
    },
    "migration_znode_info": {},
    "metadata_cleanup": {"state": {"type": "str", "required": True, "choices": ["present", "absent"]}},
    "rollback_plan_info": {},
    "kraft_cluster": {
        "state": {"type": "str", "default": "present", "choices": ["present", "stopped", "absent"]},
        "topology": {"type": "str", "default": "combined"},
        "kafka_version": {"type": "str"},
        "image": {"type": "str"},
        "image_layout": {"type": "str", "default": "auto", "choices": ["auto", "apache", "confluent", "bitnami"]},
        "brokers": {"type": "int", "default": 3},
        "storage_size": {"type": "str", "default": "20Gi"},
        "storage_class": {"type": "str"},
        "resources": {"type": "dict"},
        "heap": {"type": "str"},
        "settings": {"type": "dict", "default": {}},
        "access": {"type": "str", "default": "headless", "choices": ["headless", "cluster_ip", "node_port"]},
        "quorum": {"type": "str", "default": "static", "choices": ["static", "dynamic"]},
        "protocol": {"type": "str", "default": "PLAINTEXT"},
        # names of Secrets, not what is in them
        "tls_secret": {"type": "str", "no_log": False},
        "users_secret": {"type": "str", "no_log": False},
        "client_certificates": {"type": "bool", "default": False},
        "node_user": {"type": "str", "default": "kafka"},
        "exporter_image": {"type": "str"},
        "spread": {
            "type": "list",
            "elements": "str",
            "default": ["topology.kubernetes.io/zone", "kubernetes.io/hostname"],
        },
        "labels": {"type": "dict", "default": {}},
        "termination_grace": {"type": "int", "default": 300},
        "delete_volumes": {"type": "bool", "default": False},
    },
    "migration_report": {"path": {"type": "path", "required": True}, "canary": {"type": "dict"}},
}


def spec_of(module: str) -> Spec:
    """Return the whole argument specification of ``module``. Raises KeyError for a name that is no module of ours."""
    return {**base_spec(), **EXTRA[module]}
