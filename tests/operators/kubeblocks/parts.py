# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the components of the stand-in have alike: variables, files, containers, accounts."""

from __future__ import annotations

from collections.abc import Mapping

from .names import EXPORTER, FIRST_BROKER, SYSTEM, VERSION, Object

#: the template ConfigMaps
CONFIG, CONFIG_27 = "kafka-configuration-tpl", f"kafka27-configuration-tpl-{VERSION}"
JMX, SCRIPTS = "kafka-jmx-configuration-tpl", "kafka-server-scripts-tpl"

# -- environment ------------------------------------------------------------------------------------------------------------------

KRAFT = {"KAFKA_ENABLE_KRAFT": "yes", "KAFKA_CFG_CONTROLLER_LISTENER_NAMES": "CONTROLLER"}
LISTENERS = {
    "KAFKA_CFG_INTER_BROKER_LISTENER_NAME": "INTERNAL",
    "KAFKA_CFG_LISTENERS": "INTERNAL://:9094,CLIENT://:9092",
    "KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT,CLIENT:PLAINTEXT",
    "KAFKA_CFG_ADVERTISED_LISTENERS": "INTERNAL://$(MY_POD_IP):9094,CLIENT://$(MY_POD_IP):9092",
    "KAFKA_CFG_INITIAL_BROKER_REGISTRATION_TIMEOUT_MS": "240000",
}
COMMON = {
    "BITNAMI_DEBUG": "true",
    "ALLOW_PLAINTEXT_LISTENER": "yes",
    "JMX_PORT": "5555",
    "KAFKA_VOLUME_DIR": "/bitnami/kafka",
    "KAFKA_CFG_METADATA_LOG_DIR": "/bitnami/kafka/metadata",
    "KAFKA_LOG_DIR": "/bitnami/kafka/data",
    "KAFKA_HEAP_OPTS": "-Xmx256m -Xms256m",
    "SERVER_PROP_FILE": "/scripts/server.properties",
    "KAFKA_KRAFT_CLUSTER_ID": "$(CLUSTER_UID)",
}
SUPER_USERS = {"KAFKA_CFG_SUPER_USERS": "User:$(KAFKA_ADMIN_USER)"}
FIRST_ID = {"BROKER_MIN_NODE_ID": str(FIRST_BROKER)}
#: of the pod, before all others, which may refer to them
_POD = {"MY_POD_NAME": "metadata.name", "MY_POD_IP": "status.podIP", "MY_POD_HOST_IP": "status.hostIP"}

#: the operator never calls it for the accounts that it makes itself
PROVISION = (
    'env -u JMX_PORT /opt/bitnami/kafka/bin/kafka-configs.sh --zookeeper "$KB_KAFKA_ZOOKEEPER_CONN/$CLUSTER_NAME" --alter '
    '--entity-type users --entity-name "$KB_ACCOUNT_NAME" '
    '--add-config "SCRAM-SHA-256=[password=$KB_ACCOUNT_PASSWORD],SCRAM-SHA-512=[password=$KB_ACCOUNT_PASSWORD]"'
)

# -- variables that the operator fills --------------------------------------------------------------------------------------------


def variable(key: str, reference: str, wanted: str, /, *, optional: bool = False, **where: str) -> Object:
    """Return a variable that is taken from something that the operator knows."""
    return {"name": key, "valueFrom": {reference: {**where, "optional": optional, wanted: "Required"}}}


def who() -> list[Object]:
    """Return what a pod has to know of its cluster and of its component."""
    of_component = {
        "COMPONENT_NAME": "componentName",
        "COMPONENT_REPLICAS": "replicas",
        "POD_NAME_LIST": "podNames",
        "POD_FQDN_LIST": "podFQDNs",
    }
    return [
        {"name": "CLUSTER_UID", "valueFrom": {"clusterVarRef": {"clusterUID": "Required"}}},
        *(variable(name, "componentVarRef", wanted) for name, wanted in of_component.items()),
    ]


def accounts() -> list[Object]:
    """Return users and passwords of both accounts."""
    return [
        variable(f"KAFKA_{account.upper()}_{what}", "credentialVarRef", wanted, name=account)
        for account in ("admin", "client")
        for what, wanted in (("USER", "username"), ("PASSWORD", "password"))
    ]


def advertised(component: str) -> Object:
    """Return the port of each pod's own service."""
    about = {"compDef": f"^{component}-", "name": "advertised-listener", "optional": True}
    port = {"name": "broker", "option": "Optional"}
    return {"name": "BROKER_ADVERTISED_PORT", "valueFrom": {"serviceVarRef": {**about, "port": port}}}


TLS_VARIABLE = {"name": "TLS_ENABLED", "valueFrom": {"tlsVarRef": {"enabled": "Optional"}}}

# -- files and volumes ------------------------------------------------------------------------------------------------------------

SCRIPT_FILES = [
    {
        "name": "kafka-scripts-tpl",
        "template": SCRIPTS,
        "namespace": SYSTEM,
        "volumeName": "scripts",
        "defaultMode": 0o755,
    }
]
#: claims of whoever has records
DATA = {"data": "/bitnami/kafka", "metadata": "/bitnami/kafka/metadata"}
BROKER_PORTS = {"kafka-client": 9092, "kafka-internal": 9094}


def files(config: str) -> Object:
    """Return which templates the pods get as files."""
    return {
        "configs": [
            {"name": CONFIG, "template": config, "namespace": SYSTEM, "volumeName": "kafka-config", "externalManaged": True},
            {"name": JMX, "template": JMX, "namespace": SYSTEM, "volumeName": "jmx-config"},
        ],
        "scripts": SCRIPT_FILES,
    }  # fmt: skip


def _mount(volume: str, path: str, key: str = "") -> Object:
    return {"name": volume, "mountPath": path} | ({"subPath": key} if key else {})


def _user(**more: bool) -> Object:
    return {"runAsNonRoot": True, "runAsUser": 1001, **more}


# -- containers -------------------------------------------------------------------------------------------------------------------


def kafka(env: Mapping[str, str], ports: Mapping[str, int], probed: str, claims: Mapping[str, str]) -> Object:
    """Return the runtime of a pod with Kafka. probed: port whose being open is all that the probes ask. claims: where each is mounted."""

    def probe(**when: int) -> Object:
        return {"tcpSocket": {"port": probed}, "timeoutSeconds": 5, **when}

    pod = [{"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}} for name, path in _POD.items()]
    server = {
        "name": "kafka",
        "imagePullPolicy": "IfNotPresent",
        "securityContext": _user(allowPrivilegeEscalation=False),
        "command": ["bash", "/scripts/sandbox-start.sh"],
        "env": [*pod, *({"name": name, "value": value} for name, value in env.items())],
        "ports": [{"name": name, "containerPort": number} for name, number in ports.items()],
        "livenessProbe": probe(initialDelaySeconds=10, periodSeconds=10, failureThreshold=3),
        "startupProbe": probe(initialDelaySeconds=2, periodSeconds=2, failureThreshold=150),
        "volumeMounts": [
            *(_mount(name, path) for name, path in claims.items()),
            _mount("scripts", "/scripts/sandbox-start.sh", "sandbox-start.sh"),
            _mount("kafka-config", "/scripts/server.properties", "server.properties"),
        ],
    }
    return {"securityContext": {"fsGroup": 1001}, "containers": [server, _jmx_exporter()]}


def _jmx_exporter() -> Object:
    """Return the container that is there in the addon, too; here it only sleeps."""
    return {
        "name": "jmx-exporter",
        "imagePullPolicy": "IfNotPresent",
        "securityContext": _user(),
        "command": ["bash", "-c", "trap 'exit 0' TERM; while :; do sleep 3600 & wait; done"],
        "ports": [{"name": "metrics", "containerPort": 5556}],
        "env": [{"name": "SERVICE_PORT", "value": "5556"}],
        "volumeMounts": [_mount("jmx-config", "/etc/jmx-kafka")],
    }


def with_tools(runtime: Object) -> Object:
    """Return the runtime with the init container and the volume that only pods with brokers have."""
    mount = _mount("shared-tools", "/shared-tools")
    server, *others = runtime["containers"]
    tool = {
        "name": "kafkatool",
        "imagePullPolicy": "IfNotPresent",
        "command": ["mkdir", "-p", "/shared-tools/sasl"],
        "volumeMounts": [mount],
    }
    return {
        **runtime,
        "containers": [{**server, "volumeMounts": [*server["volumeMounts"], mount]}, *others],
        "initContainers": [tool],
        "volumes": [{"name": "shared-tools", "emptyDir": {}}],
    }


def served() -> Object:
    """Return accounts, the service of each pod, and where certificates would be."""
    policy = {"length": 16, "numDigits": 8, "letterCase": "MixedCases"}
    port = {"name": "broker", "port": 9092, "targetPort": "kafka-client"}
    service = {
        "name": "advertised-listener",
        "serviceName": "advertised-listener",
        "podService": True,
        "spec": {"type": "ClusterIP", "ports": [port]},
    }
    tls = {
        "volumeName": "tls",
        "mountPath": "/etc/pki/tls",
        "caFile": "ca.crt",
        "certFile": "tls.crt",
        "keyFile": "tls.key",
    }
    return {
        "systemAccounts": [
            {"name": name, "initAccount": True, "passwordGenerationPolicy": policy} for name in ("client", "admin")
        ],
        "services": [service],
        "tls": tls,
    }


def exporter() -> Object:
    """Return the container with the double of the exporter."""
    return {
        "name": EXPORTER,
        "imagePullPolicy": "IfNotPresent",
        "command": ["bash", "/scripts/sandbox-exporter.sh"],
        "securityContext": _user(),
        "env": [{"name": "SERVICE_PORT", "value": "9308"}],
        "ports": [{"name": "metrics", "containerPort": 9308}],
        "volumeMounts": [_mount("scripts", "/scripts/sandbox-exporter.sh", "sandbox-exporter.sh")],
    }
