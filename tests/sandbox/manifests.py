# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Kubernetes objects of a fixture cluster, as plain dictionaries.

They use nothing that only the sandbox has: with ``image`` set to an official apache/kafka image they run on any cluster.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from .image import FLAVOURS
from .secured import keeping, objects
from .secured import settings as security
from .secured.keeping import Material

if TYPE_CHECKING:
    from .fixtures import FixtureSpec

Object = dict[str, Any]

# Small on purpose: three brokers, three controllers and ZooKeeper share two cores.
_HEAP = "-Xms128m -Xmx384m"
_PERFORMANCE = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.awt.headless=true"
_ZOOKEEPER_HEAP = "-Xms64m -Xmx128m"

_ZOOKEEPER_START = r"""
id=${HOSTNAME##*-}
{
  printf '%s\n' dataDir=/data/zookeeper tickTime=1000 initLimit=20 syncLimit=10 maxClientCnxns=0
  cat /etc/zookeeper-secured/zookeeper.properties 2> /dev/null || echo clientPort=2181
  printf '%s\n' admin.enableServer=false '4lw.commands.whitelist=*' autopurge.purgeInterval=0
  for (( n = 0; n < ${ENSEMBLE:-1} && ${ENSEMBLE:-1} > 1; n++ )); do
    echo "server.$((n + 1))=zookeeper-$n.zookeeper.$NAMESPACE.svc.cluster.local:2888:3888"
  done
} > /tmp/zookeeper.properties
mkdir -p /data/zookeeper
echo $((id + 1)) > /data/zookeeper/myid
exec /opt/kafka/bin/zookeeper-server-start.sh /tmp/zookeeper.properties
"""

# The usual patterns of plain StatefulSets: the broker id from the ordinal, the rest from the file or the environment.
_START = {
    "file": r"""
cp /config/server.properties /tmp/server.properties
echo >> /tmp/server.properties
echo "broker.id=$(({first} + ${{HOSTNAME##*-}}))" >> /tmp/server.properties
echo "advertised.listeners={advertised}" >> /tmp/server.properties
exec /opt/kafka/bin/kafka-server-start.sh /tmp/server.properties
""",
    "overrides": r"""
echo num.partitions=1 > /tmp/server.properties
exec /opt/kafka/bin/kafka-server-start.sh /tmp/server.properties --override broker.id=$(({first} + ${{HOSTNAME##*-}})) \
  --override advertised.listeners={advertised}
""",
    "confluent": r"""
export KAFKA_BROKER_ID=$(({first} + ${{HOSTNAME##*-}}))
export KAFKA_ADVERTISED_LISTENERS={advertised}
exec /etc/confluent/docker/run
""",
    "bitnami": r"""
export KAFKA_CFG_BROKER_ID=$(({first} + ${{HOSTNAME##*-}}))
export KAFKA_CFG_ADVERTISED_LISTENERS={advertised}
exec /opt/bitnami/scripts/kafka/entrypoint.sh /opt/bitnami/scripts/kafka/run.sh
""",
}

_START["secret"] = _START["file"]
_START["own-variable"] = _START["file"].replace(
    "cp /config/server.properties /tmp/server.properties",
    'sed "s!@ZK@!$ZOOKEEPER_CONNECT!" /config/server.properties > /tmp/server.properties',
)
_START["env-from"] = _START["confluent"]

# One JVM for all topics where the sandbox's helper is in the image, else one call of Kafka's tool for each.
TOPICS_SCRIPT = r"""
unset KAFKA_OPTS KAFKA_JMX_OPTS JMX_PORT
run=$(ls /opt/kafka/bin/kafka-run-class.sh /opt/bitnami/kafka/bin/kafka-run-class.sh /usr/bin/kafka-run-class 2> /dev/null | head -n 1)
if [ -f /opt/sandbox/topics.jar ]; then
  CLASSPATH=/opt/sandbox/topics.jar exec "$run" kafkaops.sandbox.Topics "$1"
fi
tool=${run/run-class/topics}
while read -r name partitions factor settings; do
  options=()
  for setting in $settings; do options+=(--config "$setting"); done
  "$tool" --bootstrap-server "$1" --create --if-not-exists --topic "$name" --partitions "$partitions" --replication-factor "$factor" \
    "${options[@]}" || exit 1
done
"""


# Brokers as people harden them: an init container of root hands the volume over, another makes the file, the log4j file and the agent's
# jar from a ConfigMap and from its image, the root file system is read-only, and Kafka's own logs are on the data volume.
_INIT_CONFIG = r"""
set -e
cp /templates/log4j.properties /etc/kafka/
cp /opt/jolokia/jolokia.jar /etc/kafka/agent.jar
sed -e "s/#id#/broker.id=$(({first} + ${{POD_NAME##*-}}))/" \
  -e "s!#address#!advertised.listeners={advertised}!" \
  /templates/server.properties > "/etc/kafka/server.properties.$POD_NAME"
"""
_LOG4J = """\
log4j.rootLogger=INFO, stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=hardened [%d] %p %m (%c)%n
"""


def cluster(spec: FixtureSpec, material: Material | None = None) -> list[Object]:
    """Return every object of the cluster, the namespace first.

    material: the secrets of a secured cluster; new ones if None.
    """
    if spec.secured and material is None:
        material = keeping.fresh(spec)
    items = [_object("v1", "Namespace", spec.namespace, {})]
    items += objects.secrets(spec, material) if material else []
    client = ("client", security.zookeeper_port(spec))
    items += [
        _service(spec, "zookeeper", {"app": "zookeeper"}, [client, ("peer", 2888), ("election", 3888)]),
        _zookeeper(spec),
    ]
    items.append(_service(spec, spec.name, {"app": "kafka", "cluster": spec.name}, _ports(spec)))
    items += _settings_objects(spec, material)
    for name, replicas, first in spec.broker_sets:
        items.append(_brokers(spec, name, replicas, first, material))
    if spec.pdb:
        labels = {"app": "kafka", "cluster": spec.name}
        budget = {"spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels}}}
        items.append(_object("policy/v1", "PodDisruptionBudget", spec.name, budget, spec.namespace))
    return items


def is_brokers(item: Object, spec: FixtureSpec) -> bool:
    """Tell whether an object is a StatefulSet of brokers."""
    return item["kind"] == "StatefulSet" and item["metadata"]["name"] in [
        broker_set[0] for broker_set in spec.broker_sets
    ]


def _ports(spec: FixtureSpec) -> list[tuple[str, int]]:
    """Return name and port of each listener; the first one is for clients."""
    first, *others = security.LISTENERS[spec.secured]
    return [("kafka", first.port), *((each.name.lower(), each.port) for each in others)]


def _settings_objects(spec: FixtureSpec, material: Material | None) -> list[Object]:
    """Return the ConfigMaps and Secrets that hold the settings."""
    name = f"{spec.name}-config"
    text = {"server.properties": properties(spec, material)}
    if spec.surface == "file":
        text |= {"log4j.properties": _LOG4J} if spec.hardened else {}
        return [_object("v1", "ConfigMap", name, {"data": text}, spec.namespace)]
    if spec.surface == "own-variable":
        filled = text["server.properties"].replace(f"={spec.zookeeper_connect}\n", "=@ZK@\n")
        return [_object("v1", "ConfigMap", name, {"data": {"server.properties": filled}}, spec.namespace)]
    if spec.surface == "secret":
        return [_object("v1", "Secret", name, {"stringData": text}, spec.namespace)]
    if spec.surface == "env-from":
        found = variables(spec, "KAFKA_", material)
        secret = [key for key in found if security.is_secret(key.lower().replace("_", "."))]
        hidden = {key: found.pop(key) for key in ("KAFKA_ZOOKEEPER_CONNECT", "KAFKA_MIN_INSYNC_REPLICAS", *secret)}
        return [
            _object("v1", "ConfigMap", name, {"data": found}, spec.namespace),
            _object("v1", "Secret", name, {"stringData": hidden}, spec.namespace),
        ]
    if spec.surface == "confluent" and material:
        return [objects.settings_secret(spec, variables(spec, "KAFKA_", material))]
    return []


def variables(spec: FixtureSpec, prefix: str, material: Material | None = None) -> dict[str, str]:
    """Return the settings as variables of an image: three underscores for a dash, two for one, one for a dot."""
    return {
        prefix + key.upper().replace("_", "__").replace("-", "___").replace(".", "_"): value
        for key, value in settings(spec, material).items()
    }


def settings(spec: FixtureSpec, material: Material | None = None) -> dict[str, str]:
    """Return the brokers' settings, without the ones that the start command adds; ``material``: secrets of a secured cluster."""
    found = {
        "zookeeper.connect": spec.zookeeper_connect,
        "listeners": "PLAINTEXT://:9092",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": "/data/kafka",
        "default.replication.factor": str(min(3, spec.brokers)),
        "min.insync.replicas": "2" if spec.brokers >= 3 else "1",
        "offsets.topic.replication.factor": str(min(3, spec.brokers)),
        "offsets.topic.num.partitions": "5",
        "transaction.state.log.replication.factor": str(min(3, spec.brokers)),
        "transaction.state.log.min.isr": "2" if spec.brokers >= 3 else "1",
        "transaction.state.log.num.partitions": "5",
        "group.initial.rebalance.delay.ms": "0",
        "auto.create.topics.enable": "false",
        "log.cleaner.dedupe.buffer.size": "2097152",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "num.recovery.threads.per.data.dir": "1",
        "background.threads": "2",
    }
    if not spec.rebalance:
        found["auto.leader.rebalance.enable"] = "false"
    if spec.ibp:
        found["inter.broker.protocol.version"] = spec.ibp
    return found | (security.brokers(spec, material) if material else {})


def properties(spec: FixtureSpec, material: Material | None = None) -> str:
    """Return server.properties as a person would have it: comments, groups, an order of its own."""
    known = settings(spec, material)
    secure = tuple(security.brokers(spec, material)) if material else ()
    groups = (
        (
            "Owned by team streaming, ticket PLAT-1042. Please keep the comments.",
            ("zookeeper.connect", "inter.broker.protocol.version"),
        ),
        (
            "Listeners; broker.id and advertised.listeners are added by the start command",
            ("listeners", "inter.broker.listener.name"),
        ),
        ("Storage", ("log.dirs", "num.recovery.threads.per.data.dir", "log.cleaner.dedupe.buffer.size")),
        ("Replication: do not lower min.insync.replicas!", ("default.replication.factor", "min.insync.replicas")),
        ("Security: changes need a review, see PLAT-2077", secure),
    )
    lines: list[str] = []
    used: set[str] = set()
    for comment, words in groups:
        keys = [key for key in words if key not in used]
        if not keys:
            continue
        lines += [f"# {comment}", *(f"{key}={known[key]}" for key in keys if key in known), ""]
        used.update(keys)
    lines += [
        "# Internal topics and small machines",
        *(f"{key}={value}" for key, value in known.items() if key not in used),
    ]
    lines += ["#auto.leader.rebalance.enable=false", *(["#id#", "#address#"] if spec.hardened else [])]
    return "\n".join(lines) + "\n"


def topics(spec: FixtureSpec) -> list[str]:
    """Return the lines for TOPICS_SCRIPT: several sizes, every third with settings of its own."""
    factor = min(3, spec.brokers)
    extra = (
        "cleanup.policy=compact min.compaction.lag.ms=60000",
        "retention.ms=86400000 max.message.bytes=2097152",
        "compression.type=lz4 segment.bytes=1048576",
    )
    lines = []
    for index in range(spec.topics):
        configs = f"min.insync.replicas={2 if spec.brokers >= 3 else 1}" + (
            f" {extra[index // 3 % 3]}" if index % 3 == 0 else ""
        )
        lines.append(f"topic-{index:02d} {(3, 6, 4, 1)[index % 4]} {factor} {configs}")
    return lines


def _object(version: str, kind: str, name: str, rest: Object, namespace: str = "") -> Object:
    metadata: Object = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def _service(spec: FixtureSpec, name: str, labels: dict[str, str], ports: list[tuple[str, int]]) -> Object:
    body = {
        "clusterIP": "None",
        "selector": labels,
        "publishNotReadyAddresses": True,
        "ports": [{"name": port_name, "port": port} for port_name, port in ports],
    }
    return _object("v1", "Service", name, {"spec": body}, spec.namespace)


def _claim(spec: FixtureSpec) -> list[Object]:
    return [
        {
            "metadata": {"name": "data"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": spec.storage}}},
        }
    ]


def _env(values: dict[str, str]) -> list[Object]:
    return [{"name": name, "value": value} for name, value in values.items()]


def _stateful_set(
    spec: FixtureSpec, name: str, service: str, replicas: int, labels: dict[str, str], pod: Object
) -> Object:
    body = {
        "serviceName": service,
        "replicas": replicas,
        "podManagementPolicy": "Parallel",
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
        "volumeClaimTemplates": _claim(spec),
    }
    return _object("apps/v1", "StatefulSet", name, {"spec": body}, spec.namespace)


def _zookeeper(spec: FixtureSpec) -> Object:
    flavour = FLAVOURS["file"]
    container = {
        "name": "zookeeper",
        "image": spec.image_of("file"),
        "imagePullPolicy": "IfNotPresent",
        "command": ["bash", "-c", _ZOOKEEPER_START],
        "env": _env({
            "KAFKA_HEAP_OPTS": _ZOOKEEPER_HEAP,
            "KAFKA_JVM_PERFORMANCE_OPTS": _PERFORMANCE,
            "KAFKA_OPTS": "-Dzookeeper.forceSync=no",
            "EXTRA_ARGS": "-name zookeeper",
            "LOG_DIR": "/tmp/logs",
            "ENSEMBLE": str(spec.zookeepers),
            "NAMESPACE": spec.namespace,
        }),
        "ports": [{"name": "client", "containerPort": 2181}],
        "readinessProbe": {"tcpSocket": {"port": 2181}, "periodSeconds": 1},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }  # fmt: skip
    pod = {
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 10,
        "securityContext": {"runAsUser": flavour.user, "fsGroup": flavour.user},
        "containers": [container],
    }
    if spec.secured:
        objects.secure_zookeeper(spec, pod)
    return _stateful_set(spec, "zookeeper", "zookeeper", spec.zookeepers, {"app": "zookeeper"}, pod)


def _broker_env(spec: FixtureSpec, material: Material | None) -> dict[str, str]:
    """Return the environment: JVM options always, the settings too on an environment surface."""
    env = {"KAFKA_HEAP_OPTS": _HEAP, "KAFKA_JVM_PERFORMANCE_OPTS": _PERFORMANCE}
    options = []
    if spec.dns_ttl is not None:
        options.append(f"-Dsun.net.inetaddr.ttl={spec.dns_ttl}")
    if spec.jolokia:
        options.append("-javaagent:/opt/jolokia/jolokia.jar=port=7777,host=0.0.0.0")
    if options:
        env["KAFKA_OPTS"] = " ".join(options)
    if spec.flavour == "file":
        env |= {"EXTRA_ARGS": "-name kafkaServer", "LOG_DIR": "/tmp/logs"}
    if spec.surface == "own-variable":
        env["ZOOKEEPER_CONNECT"] = spec.zookeeper_connect
    prefix = {"confluent": "KAFKA_", "bitnami": "KAFKA_CFG_"}.get(spec.surface, "")
    return env | (variables(spec, prefix, material) if prefix else {})


def _start(spec: FixtureSpec, first: int) -> str:
    """Return the start command."""
    text = _START[spec.surface].format(first=first, advertised=security.advertised(spec))
    if spec.surface == "overrides":
        options = "".join(f" \\\n  --override {shlex.quote(f'{key}={value}')}" for key, value in settings(spec).items())
        text = text.rstrip("\n") + options + "\n"
    return text


def _brokers(spec: FixtureSpec, name: str, replicas: int, first: int, material: Material | None) -> Object:
    flavour = FLAVOURS[spec.flavour]
    plain, hidden = _broker_env(spec, material), list[Object]()
    if spec.surface == "confluent" and material:
        plain, hidden = objects.hidden_variables(spec, plain)
    container: Object = {
        "name": "kafka",
        "image": spec.image_of(),
        "imagePullPolicy": "IfNotPresent",
        "command": [
            "bash",
            "-c",
            _start(spec, first),
        ],
        "env": [*_env(plain), *hidden],
        "ports": [
            *({"name": port_name, "containerPort": port} for port_name, port in _ports(spec)),
            *([{"name": "jolokia", "containerPort": 7777}] if spec.jolokia else []),
        ],
        "readinessProbe": {"tcpSocket": {"port": 9092}, "periodSeconds": 1},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    pod: Object = {
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 60,
        "securityContext": {"runAsUser": flavour.user, "fsGroup": flavour.user},
        "containers": [container],
    }
    if spec.surface in ("file", "own-variable", "secret"):
        container["volumeMounts"].append({"name": "config", "mountPath": "/config"})
        kept = (
            {"secret": {"secretName": f"{spec.name}-config"}}
            if spec.surface == "secret"
            else {"configMap": {"name": f"{spec.name}-config"}}
        )
        pod["volumes"] = [{"name": "config", **kept}]
    if spec.surface == "env-from":
        container["envFrom"] = [{kind: {"name": f"{spec.name}-config"}} for kind in ("configMapRef", "secretRef")]
    if spec.hardened:
        _harden(spec, pod, first)
    if spec.secured:
        objects.secure_brokers(spec, pod)
    labels = {"app": "kafka", "cluster": spec.name} | (
        {"zone": name.rpartition("-")[2]} if spec.statefulsets > 1 else {}
    )
    body = _stateful_set(spec, name, spec.name, replicas, labels, pod)
    partition = {} if spec.partition is None else {"rollingUpdate": {"partition": spec.partition}}
    body["spec"]["updateStrategy"] = {"type": spec.update_strategy, **partition}
    body["spec"]["podManagementPolicy"] = spec.pod_management
    return body


def _harden(spec: FixtureSpec, pod: Object, first: int) -> None:
    container, image = pod["containers"][0], spec.image_of()
    name = [{"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
    script = _INIT_CONFIG.format(first=first, advertised=security.advertised(spec).replace("$HOSTNAME", "$POD_NAME"))
    user = pod.pop("securityContext")["runAsUser"]
    pod["initContainers"] = [
        {
            "name": "owner",
            "image": image,
            "command": ["chown", "-R", f"{user}:{user}", "/data"],
            "securityContext": {"runAsUser": 0},
            "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        },
        {
            "name": "init-config",
            "image": image,
            "command": ["bash", "-c", script],
            "env": name,
            "volumeMounts": [
                {"name": "config", "mountPath": "/templates"},
                {"name": "made", "mountPath": "/etc/kafka"},
            ],
        },
    ]
    options = [_PERFORMANCE, "-javaagent:/etc/kafka/agent.jar=port=7777,host=0.0.0.0"]
    container |= {
        "command": ["/opt/kafka/bin/kafka-server-start.sh", "/etc/kafka/server.properties.$(POD_NAME)"],
        "securityContext": {"runAsUser": user, "runAsNonRoot": True, "readOnlyRootFilesystem": True},
        "env": [
            *name,
            *_env({
                "KAFKA_HEAP_OPTS": _HEAP,
                "KAFKA_JVM_PERFORMANCE_OPTS": options[0],
                "KAFKA_OPTS": options[1] if spec.jolokia else "",
                "KAFKA_LOG4J_OPTS": "-Dlog4j.configuration=file:/etc/kafka/log4j.properties",
                "EXTRA_ARGS": "-name kafkaServer -loggc",
                "LOG_DIR": "/data/logs",
            }),
        ],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "made", "mountPath": "/etc/kafka"}],
    }  # fmt: skip
    pod["volumes"].append({"name": "made", "emptyDir": {}})
