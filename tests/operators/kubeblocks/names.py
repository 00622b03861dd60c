# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and versions of KubeBlocks and of its Kafka addon."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

VERSION = "1.0.2"
#: where operator and templates live
SYSTEM = "kb-system"

APPS = "apps.kubeblocks.io/v1"
WORKLOADS = "workloads.kubeblocks.io/v1"
OPERATIONS = "operations.kubeblocks.io/v1alpha1"
PARAMETERS = "parameters.kubeblocks.io/v1alpha1"

#: kind -> API version, plural, namespaced
CUSTOM = {
    "ClusterDefinition": (APPS, "clusterdefinitions", False),
    "ComponentDefinition": (APPS, "componentdefinitions", False),
    "ComponentVersion": (APPS, "componentversions", False),
    "Cluster": (APPS, "clusters", True),
    "Component": (APPS, "components", True),
    "ServiceDescriptor": (APPS, "servicedescriptors", True),
    "InstanceSet": (WORKLOADS, "instancesets", True),
    "OpsRequest": (OPERATIONS, "opsrequests", True),
    "ParametersDefinition": (PARAMETERS, "parametersdefinitions", False),
    "ParamConfigRenderer": (PARAMETERS, "paramconfigrenderers", False),
}

#: definitions that the operator needs, out of the 28 of the module, by their files' names
DEFINITIONS = (
    *(f"apps.kubeblocks.io_{plural}" for plural in (
        "clusterdefinitions", "clusters", "componentdefinitions", "components", "componentversions", "servicedescriptors",
        "shardingdefinitions", "sidecardefinitions",
    )),
    "workloads.kubeblocks.io_instancesets",
    "operations.kubeblocks.io_opsrequests",
    "operations.kubeblocks.io_opsdefinitions",
    *(f"parameters.kubeblocks.io_{plural}" for plural in (
        "componentparameters", "paramconfigrenderers", "parameters", "parametersdefinitions",
    )),
    "dataprotection.kubeblocks.io_backups",
    "dataprotection.kubeblocks.io_restores",
)  # fmt: skip

#: without it the operator ignores a definition, without a word
CRD_VERSION = "kubeblocks.io/crd-api-version"
#: which lets a definition be changed while it is used
SKIP_CHECK = "apps.kubeblocks.io/skip-immutable-check"
#: of a pod, of a claim: which component it belongs to
COMPONENT_LABEL = "apps.kubeblocks.io/component-name"
INSTANCE_LABEL = "app.kubernetes.io/instance"
#: of a namespace that was made for a test
OURS = "kafkaops.io/kubeblocks-test"

COMBINE, CONTROLLER, BROKER, EXPORTER = "kafka-combine", "kafka-controller", "kafka-broker", "kafka-exporter"
#: topology -> its components
TOPOLOGIES = {
    "combined": (COMBINE,),
    "combined_monitor": (COMBINE, EXPORTER),
    "separated": (CONTROLLER, BROKER),
    "separated_monitor": (CONTROLLER, BROKER, EXPORTER),
    "kafka2-external-zk": (BROKER, EXPORTER),
}
WITH_ZOOKEEPER = "kafka2-external-zk"
EXPORTER_VERSION = "1.6.0"
#: Kafka of the definitions, the newest first
KRAFT_VERSIONS = ("3.9.2", "3.8.1")
OLD_VERSIONS = ("2.8.2", "2.7.0")
#: node ids of brokers without the role of a controller
FIRST_BROKER = 100

TOOLS_IMAGE = f"localhost/kubeblocks-tools:{VERSION}"
EXPORTER_IMAGE = f"localhost/kafka-exporter:{EXPORTER_VERSION}"


def kafka_image(version: str) -> str:
    """Return the image of the pods."""
    return f"localhost/bitnami-kafka:{version}"
