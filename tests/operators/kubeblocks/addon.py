# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for the Kafka addon, as plain dictionaries: templates, then definitions. definitions/README.md says what it is."""

from __future__ import annotations

from pathlib import Path

from . import parts
from .names import (
    APPS,
    BROKER,
    COMBINE,
    CONTROLLER,
    CRD_VERSION,
    EXPORTER,
    EXPORTER_IMAGE,
    EXPORTER_VERSION,
    KRAFT_VERSIONS,
    OLD_VERSIONS,
    PARAMETERS,
    SKIP_CHECK,
    SYSTEM,
    VERSION,
    WITH_ZOOKEEPER,
    Object,
    kafka_image,
)
from .parts import CONFIG, CONFIG_27, JMX, SCRIPTS, variable

FILES = Path(__file__).resolve().parent / "definitions"
#: the definition of brokers with ZooKeeper; their component is called kafka-broker all the same
BROKER_27 = "kafka27-broker"


def definition_name(component: str) -> str:
    """Return the name of a ComponentDefinition."""
    return f"{component}-{VERSION}"


def templates() -> list[Object]:
    """Return the ConfigMaps. They have to be there before the definitions, which stay Unavailable otherwise."""
    contents = {
        CONFIG: {"server.properties": _text("server.properties")},
        CONFIG_27: {"server.properties": _text("server-2.7.properties")},
        JMX: {"jmx-kafka-prometheus.yml": _text("jmx.yml")},
        SCRIPTS: {"sandbox-start.sh": _text("start.sh"), "sandbox-exporter.sh": _text("exporter.sh")},
    }
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": SYSTEM}, "data": data}
        for name, data in contents.items()
    ]


def _text(name: str) -> str:
    """Return a file; settings without the comments, which the operator would carry along."""
    text = (FILES / name).read_text(encoding="utf-8")
    if name.endswith(".sh"):
        return text
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(("#", "---")))


def definitions() -> list[Object]:
    """Return everything that the addon defines, in the order in which it is brought in."""
    return [
        cluster_definition(),
        _combine(), _controller(), _broker(), _broker_27(), _exporter(),
        *_versions(), *_parameters(),
    ]  # fmt: skip


def _object(version: str, kind: str, name: str, spec: Object) -> Object:
    annotations = {CRD_VERSION: APPS, SKIP_CHECK: "true"} if version == APPS else {}
    metadata = {"name": name} | ({"annotations": annotations} if annotations else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


# -- topologies -------------------------------------------------------------------------------------------------------------------


def cluster_definition(name: str = "kafka") -> Object:
    """Return the ClusterDefinition with the five topologies."""
    with_exporter = _orders([COMBINE, EXPORTER], [EXPORTER, COMBINE], [COMBINE, EXPORTER])
    # this order of an update is what makes a Start of a stopped cluster hang
    separated = _orders([CONTROLLER, BROKER], [BROKER, CONTROLLER], [BROKER, CONTROLLER])
    monitored = _orders([CONTROLLER, BROKER, EXPORTER], [BROKER, CONTROLLER, EXPORTER], [BROKER, CONTROLLER, EXPORTER])
    topologies = [
        _topology("combined", {COMBINE: COMBINE}),
        _topology("combined_monitor", {COMBINE: COMBINE, EXPORTER: EXPORTER}, with_exporter) | {"default": True},
        _topology("separated", {CONTROLLER: CONTROLLER, BROKER: BROKER}, separated),
        _topology("separated_monitor", {CONTROLLER: CONTROLLER, BROKER: BROKER, EXPORTER: EXPORTER}, monitored),
        _topology(WITH_ZOOKEEPER, {BROKER: BROKER_27, EXPORTER: EXPORTER}),
    ]
    found = _object(APPS, "ClusterDefinition", name, {"topologies": topologies})
    del found["metadata"]["annotations"][SKIP_CHECK]
    return found


def _orders(provision: list[str], terminate: list[str], update: list[str]) -> Object:
    return {"orders": {"provision": provision, "terminate": terminate, "update": update}}


def _topology(name: str, components: dict[str, str], orders: Object | None = None) -> Object:
    listed = [{"name": component, "compDef": f"^{definition}-"} for component, definition in components.items()]
    return {"name": name, "components": listed, **(orders or {})}


# -- components -------------------------------------------------------------------------------------------------------------------


def _component(name: str, kind: str, version: str, spec: Object) -> Object:
    about = {"provider": "kafkaops-sandbox", "serviceKind": kind, "serviceVersion": version}
    return _object(
        APPS, "ComponentDefinition", definition_name(name), {**about, "updateStrategy": "BestEffortParallel", **spec}
    )


def _combine() -> Object:
    env = {
        **parts.KRAFT,
        "KAFKA_CFG_PROCESS_ROLES": "broker,controller",
        **parts.LISTENERS,
        "KAFKA_CFG_LISTENERS": "CONTROLLER://:9093,INTERNAL://:9094,CLIENT://:9092",
        **parts.COMMON, **parts.SUPER_USERS,
    }  # fmt: skip
    ports = {"kafka-client": 9092, "kafka-ctrlr": 9093, "kafka-internal": 9094}
    spec = {
        "vars": [*parts.who(), *parts.accounts(), parts.advertised(COMBINE), parts.TLS_VARIABLE],
        **parts.files(CONFIG),
        "runtime": parts.with_tools(parts.kafka(env, ports, "kafka-ctrlr", parts.DATA)),
        **parts.served(),
    }
    return _component(COMBINE, "kafka", KRAFT_VERSIONS[0], spec)


def _controller() -> Object:
    env = {
        **parts.KRAFT,
        "KAFKA_CFG_PROCESS_ROLES": "controller",
        "KAFKA_CFG_LISTENERS": "CONTROLLER://:9093",
        "KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT",
        "KAFKA_CFG_INTER_BROKER_LISTENER_NAME": "CONTROLLER",
        **parts.COMMON,
    }
    spec = {
        "vars": parts.who(),
        **parts.files(CONFIG),
        "runtime": parts.kafka(env, {"kafka-ctrlr": 9093}, "kafka-ctrlr", {"metadata": "/bitnami/kafka"}),
        "podManagementPolicy": "Parallel",
    }
    return _component(CONTROLLER, "kafka-controller", KRAFT_VERSIONS[0], spec)


def _broker() -> Object:
    env = {
        **parts.KRAFT,
        "KAFKA_CFG_PROCESS_ROLES": "broker",
        **parts.LISTENERS, **parts.COMMON, **parts.SUPER_USERS, **parts.FIRST_ID,
    }  # fmt: skip
    controllers = [
        variable(f"CONTROLLER_POD_{name}", "componentVarRef", wanted, compDef=f"^{CONTROLLER}-")
        for name, wanted in (("NAME_LIST", "podNames"), ("FQDN_LIST", "podFQDNs"))
    ]
    spec = {
        "vars": [*parts.who(), *parts.accounts(), *controllers, parts.advertised(BROKER), parts.TLS_VARIABLE],
        **parts.files(CONFIG),
        "runtime": parts.with_tools(parts.kafka(env, parts.BROKER_PORTS, "kafka-client", parts.DATA)),
        **parts.served(),
        "podManagementPolicy": "Parallel",
    }
    return _component(BROKER, "kafka", KRAFT_VERSIONS[0], spec)


def _broker_27() -> Object:
    """Return the brokers with ZooKeeper, which they find by a service reference."""
    env = {
        **parts.LISTENERS, **parts.COMMON,
        "KB_KAFKA_ZK_SUB_PATH": "$(CLUSTER_NAME)",
        **parts.SUPER_USERS, **parts.FIRST_ID,
    }  # fmt: skip
    zookeeper = [
        {"name": "CLUSTER_NAME", "valueFrom": {"clusterVarRef": {"clusterName": "Required"}}},
        variable("KB_KAFKA_ZOOKEEPER_CONN", "serviceRefVarRef", "endpoint", name="kafkaZookeeper"),
    ]
    wanted = {"serviceKind": "zookeeper", "serviceVersion": r"^3\.[5-9]\.\d{1,2}$"}
    spec = {
        "vars": [*parts.who(), *parts.accounts(), *zookeeper, parts.advertised(BROKER_27), parts.TLS_VARIABLE],
        **parts.files(CONFIG_27),
        "runtime": parts.with_tools(parts.kafka(env, parts.BROKER_PORTS, "kafka-client", parts.DATA)),
        "serviceRefDeclarations": [
            {"name": "kafkaZookeeper", "optional": False, "serviceRefDeclarationSpecs": [wanted]}
        ],
        "lifecycleActions": {"accountProvision": {"exec": {"command": ["bash", "-c", parts.PROVISION]}}},
        **parts.served(),
    }
    return _component(BROKER_27, "kafka", OLD_VERSIONS[-1], spec)


def _exporter() -> Object:
    def optional(key: str, reference: str, wanted: str, /, **where: str) -> Object:
        return variable(key, reference, wanted, optional=True, **where)

    broker, combine = r"^kafka\d*-broker-", r"^kafka\d*-combine-"
    found = [
        optional("BROKER_POD_FQDN_LIST", "componentVarRef", "podFQDNs", compDef=broker),
        optional("COMBINE_POD_FQDN_LIST", "componentVarRef", "podFQDNs", compDef=f"^{COMBINE}-"),
    ]
    for which, pattern in (("BROKER", broker), ("COMBINE", combine)):
        for what, wanted in (("USER", "username"), ("PASSWORD", "password")):
            name = f"KAFKA_ADMIN_{what}_{which}"
            found.append(optional(name, "credentialVarRef", wanted, compDef=pattern, name="admin"))
    spec = {"vars": found, "scripts": parts.SCRIPT_FILES, "runtime": {"containers": [parts.exporter()]}}
    return _component(EXPORTER, "kafka-exporter", EXPORTER_VERSION, spec)


# -- versions and parameters ------------------------------------------------------------------------------------------------------


def _versions() -> list[Object]:
    """Return which image a container has in which version."""
    tools, old = ("kafka", "jmx-exporter", "kafkatool"), ("kafka", "jmx-exporter", "kafkatool", "accountProvision")
    broker = [*_releases(KRAFT_VERSIONS, tools), *_releases(OLD_VERSIONS, old)]
    exporter = {
        "name": f"v{EXPORTER_VERSION}",
        "serviceVersion": EXPORTER_VERSION,
        "images": {EXPORTER: EXPORTER_IMAGE},
    }
    return [
        _version(COMBINE, {COMBINE: KRAFT_VERSIONS}, _releases(KRAFT_VERSIONS, tools)),
        _version(CONTROLLER, {CONTROLLER: KRAFT_VERSIONS}, _releases(KRAFT_VERSIONS, tools[:2])),
        _version(BROKER, {BROKER: KRAFT_VERSIONS, BROKER_27: OLD_VERSIONS}, broker),
        _version(EXPORTER, {EXPORTER: (EXPORTER_VERSION,)}, [exporter]),
    ]


def _releases(versions: tuple[str, ...], containers: tuple[str, ...]) -> list[Object]:
    return [
        {"name": f"v{one}", "serviceVersion": one, "images": dict.fromkeys(containers, kafka_image(one))}
        for one in versions
    ]


def _version(name: str, rules: dict[str, tuple[str, ...]], releases: list[Object]) -> Object:
    listed = [{"compDefs": [f"^{of}-"], "releases": [f"v{one}" for one in versions]} for of, versions in rules.items()]
    return _object(APPS, "ComponentVersion", name, {"compatibilityRules": listed, "releases": releases})


def _parameters() -> list[Object]:
    """Return what lets a Reconfiguring change server.properties."""
    file = "server.properties"
    found = [
        _object(PARAMETERS, "ParametersDefinition", f"{name}-pd", {"fileName": file}) for name in ("kafka", "kafka2")
    ]
    for name, component in (
        ("kafka-combine", COMBINE), ("kafka-controller", CONTROLLER), ("kafka-broker", BROKER), ("kafka2-broker", BROKER_27),
    ):  # fmt: skip
        spec = {
            "componentDef": definition_name(component),
            "parametersDefs": ["kafka2-pd" if component == BROKER_27 else "kafka-pd"],
            "configs": [{"name": file, "fileFormatConfig": {"format": "properties"}}],
        }
        found.append(_object(PARAMETERS, "ParamConfigRenderer", f"{name}-pcr", spec))
    return found
