# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a CR says of its cluster: ids, addresses, roles, and the settings files of its pods."""

from __future__ import annotations

from .edits import override, overrides
from .names import (
    CONTROLLER,
    CONTROLLER_OFFSET,
    CONTROLLER_PORT,
    DATA,
    EXTERNAL,
    ID_OFFSET,
    INTERNAL,
    KAFKA,
    LOGS,
    MIGRATION_FLAG,
    MYID_OFFSET,
    REPLICATION,
    ZK_CLIENT,
    ZK_ELECTION,
    ZK_PEER,
    ZOOKEEPER,
    Object,
    annotation,
    title,
)


def replicas(cr: Object) -> int:
    """Return spec.replicas; 3 when it is not there."""
    return int((cr.get("spec") or {}).get("replicas") or 3)


def offset(cr: Object) -> int:
    """Return what is added to a pod's ordinal to make its id."""
    default = CONTROLLER_OFFSET if cr["kind"] == CONTROLLER else 0
    text = annotation(cr, MYID_OFFSET if cr["kind"] == ZOOKEEPER else ID_OFFSET)
    return int(text) if text.isdigit() else default


def dependency(cr: Object, name: str) -> Object | None:
    """Return spec.dependencies.<name>, None when it is not there."""
    found: Object | None = ((cr.get("spec") or {}).get("dependencies") or {}).get(name)
    return found


def service_of(cr: Object) -> str:
    """Return the DNS name of the CR's headless Service."""
    name, namespace = title(cr)
    return f"{name}.{namespace}.svc.cluster.local"


def zookeeper_connect(kafka: Object) -> str:
    """Return the connect string: the endpoint with its own chroot, else with the cluster's; empty without ZooKeeper."""
    found = dependency(kafka, "zookeeper")
    if not found:
        return ""
    name, namespace = title(kafka)
    endpoint = str(found.get("endpoint") or "")
    if not endpoint:
        other = found.get("discovery") or {}
        endpoint = f"{other.get('name')}.{other.get('namespace') or namespace}.svc.cluster.local:{ZK_CLIENT}"
    return endpoint if "/" in endpoint else f"{endpoint}/{name}-{namespace}"


def voters(controller: Object) -> list[Object]:
    """Return the quorum's voters in the form of spec.controllerQuorumVoters, which wins when it is there."""
    told = (controller.get("spec") or {}).get("controllerQuorumVoters")
    if told:
        return list(told)
    name, first = controller["metadata"]["name"], offset(controller)
    return [
        {"nodeId": first + n, "brokerEndpoint": f"{name}-{n}.{service_of(controller)}:{CONTROLLER_PORT}"}
        for n in range(replicas(controller))
    ]


def _voters_text(controller: Object) -> str:
    return ",".join(f"{voter['nodeId']}@{voter['brokerEndpoint']}" for voter in voters(controller))


def shared(cr: Object, controller: Object | None = None) -> str:
    """Return the settings that all pods of a CR share: a change rolls them. ``controller``: the CR that a Kafka CR names."""
    own_lines = {
        ZOOKEEPER: lambda: _zookeeper(cr),
        KAFKA: lambda: _broker(cr, controller),
        CONTROLLER: lambda: _controller(cr),
    }
    return "\n".join([*own_lines[cr["kind"]](), *overrides(cr)]) + "\n"


def _zookeeper(cr: Object) -> list[str]:
    lines = [f"dataDir={DATA}/data", f"clientPort={ZK_CLIENT}", "tickTime=1000", "initLimit=20", "syncLimit=10"]
    lines += ["maxClientCnxns=0", "admin.enableServer=false", "4lw.commands.whitelist=*", "autopurge.purgeInterval=0"]
    name, count = cr["metadata"]["name"], replicas(cr)
    peers = (cr.get("spec") or {}).get("peers") or [
        f"server.{offset(cr) + n}={name}-{n}.{service_of(cr)}:{ZK_PEER}:{ZK_ELECTION}" for n in range(count)
    ]
    return lines + (list(peers) if len(peers) > 1 else [])


def _broker(cr: Object, controller: Object | None) -> list[str]:
    names = ["INTERNAL", "REPLICATION", "EXTERNAL"]
    ports = (INTERNAL, REPLICATION, EXTERNAL)
    secure = [f"{name}:PLAINTEXT" for name in names]
    count = replicas(cr)
    factor, enough = min(3, count), 2 if count >= 3 else 1
    lines = ["listeners=" + ",".join(f"{name}://:{port}" for name, port in zip(names, ports, strict=True))]
    connect = zookeeper_connect(cr)
    lines += [f"zookeeper.connect={connect}"] if connect else []
    if dependency(cr, "kRaftController"):
        secure.append("CONTROLLER:PLAINTEXT")
        lines.append("controller.listener.names=CONTROLLER")
        lines.append(f"controller.quorum.voters={_voters_text(controller) if controller else ''}")
    return [
        *lines,
        f"listener.security.protocol.map={','.join(secure)}",
        "inter.broker.listener.name=REPLICATION",
        f"default.replication.factor={factor}",
        f"min.insync.replicas={enough}",
        f"offsets.topic.replication.factor={factor}",
        f"transaction.state.log.replication.factor={factor}",
        f"transaction.state.log.min.isr={enough}",
        *_SMALL,
    ]


#: three brokers and three controllers share two cores with their clients
_SMALL = (
    "offsets.topic.num.partitions=5",
    "transaction.state.log.num.partitions=5",
    "group.initial.rebalance.delay.ms=0",
    "auto.create.topics.enable=false",
    "log.cleaner.dedupe.buffer.size=2097152",
    "num.network.threads=2",
    "num.io.threads=4",
    "num.recovery.threads.per.data.dir=1",
    "background.threads=2",
)


def _controller(cr: Object) -> list[str]:
    lines = [f"listeners=CONTROLLER://:{CONTROLLER_PORT}", "controller.listener.names=CONTROLLER"]
    secure = "CONTROLLER:PLAINTEXT"
    if override(cr, MIGRATION_FLAG) == "true":
        # In a migration the controllers are clients of the brokers.
        lines.append("inter.broker.listener.name=REPLICATION")
        secure += ",REPLICATION:PLAINTEXT"
    return [*lines, f"listener.security.protocol.map={secure}", f"controller.quorum.voters={_voters_text(cr)}"]


def own(cr: Object) -> dict[str, str]:
    """Return the data of ``<cr>-init-config``: what differs by pod or by role; a change does not roll the pods.

    @ID@ and @POD@ are filled in by the init container.
    """
    if cr["kind"] == ZOOKEEPER:
        return {"id-offset": str(offset(cr)), "init.properties": ""}
    lines = [f"log.dirs={LOGS}"]
    if cr["kind"] == CONTROLLER:
        lines += ["process.roles=controller", "node.id=@ID@"]
        cluster = str((cr.get("spec") or {}).get("clusterID") or "")
        return {"id-offset": str(offset(cr)), "cluster-id": cluster, "init.properties": "\n".join(lines) + "\n"}
    in_kraft = dependency(cr, "kRaftController") and not dependency(cr, "zookeeper")
    lines += ["process.roles=broker", "node.id=@ID@"] if in_kraft else ["broker.id=@ID@"]
    host = f"@POD@.{service_of(cr)}"
    advertised = (("INTERNAL", INTERNAL), ("REPLICATION", REPLICATION), ("EXTERNAL", EXTERNAL))
    lines.append("advertised.listeners=" + ",".join(f"{name}://{host}:{port}" for name, port in advertised))
    return {"id-offset": str(offset(cr)), "init.properties": "\n".join(lines) + "\n"}
