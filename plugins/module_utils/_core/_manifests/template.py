# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading pod templates: which container runs Kafka, what its environment is, and what in it reaches for ZooKeeper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

Obj = dict[str, Any]

_KAFKA_IMAGE = re.compile(r"(^|[/-])(kafka|cp-server|cp-kafka)([:@-]|$)")
_REFERENCE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")


def main_container(template: Mapping[str, Any], name: str | None = None, option: str = "kraft_container") -> str:
    """Return the name of the container that runs Kafka.

    :param name: the user's choice; without it the only container, the one named kafka or broker, or the only one whose
        image is a Kafka image.
    :param option: what the user names a container in.
    :raises Unsupported: ``cluster-ambiguous`` when no choice is clear, or the named one does not exist.
    """
    containers = template["spec"].get("containers") or []
    names = [str(item["name"]) for item in containers]
    if name:
        candidates = [item for item in names if item == name]
    elif len(names) == 1:
        candidates = names
    else:
        candidates = [item for item in names if item in ("kafka", "broker", "kafka-broker")] or [
            str(item["name"]) for item in containers if _KAFKA_IMAGE.search(item.get("image") or "")
        ]
    if len(candidates) != 1:
        raise Unsupported(
            (f"the pods have no container {name!r}" if name else "it is not clear which container runs Kafka")
            + f"; there are {', '.join(names) or 'none'}: name one in {option}",
            code="cluster-ambiguous",
        )
    return candidates[0]


def container_of(template: Mapping[str, Any], name: str) -> Obj:
    """Return the container of this name; the very object, so that a copy of the template can be edited through it."""
    container: Obj = next(item for item in template["spec"]["containers"] if item["name"] == name)
    return container


def all_containers(template: Mapping[str, Any]) -> list[Obj]:
    """Return init containers, then containers."""
    spec = template["spec"]
    return [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]


@dataclass(frozen=True)
class Variable:
    """One environment variable of a container.

    ``value`` is None when it cannot be read from here (a Secret, a field of the pod). ``origin`` is ``env``, or the
    name of the ConfigMap of an ``envFrom``.
    """

    name: str
    value: str | None
    origin: str


def environment(container: Mapping[str, Any], config_maps: Mapping[str, Obj]) -> dict[str, Variable]:
    """Return the environment as far as it can be read, ``env`` winning over ``envFrom`` as in Kubernetes.

    :param config_maps: ConfigMaps of the namespace by name.
    """
    found: dict[str, Variable] = {}
    for source in container.get("envFrom") or []:
        name = (source.get("configMapRef") or {}).get("name", "")
        for key, value in (config_maps.get(name, {}).get("data") or {}).items():
            full = source.get("prefix", "") + key
            found[full] = Variable(full, value, name)
    for entry in container.get("env") or []:
        found[entry["name"]] = Variable(entry["name"], _value(entry, config_maps, found), "env")
    return found


def _value(entry: Mapping[str, Any], config_maps: Mapping[str, Obj], known: Mapping[str, Variable]) -> str | None:
    source = entry.get("valueFrom")
    if source:
        reference = source.get("configMapKeyRef") or {}
        data = config_maps.get(reference.get("name", ""), {}).get("data") or {}
        value: str | None = data.get(reference.get("key"))
        return value
    text = str(entry.get("value") or "")
    names = _REFERENCE.findall(text.replace("$$", ""))
    if any(name in known and known[name].value is None for name in names):
        return None
    # $(NAME) of an unknown name stays as it is, and $$(NAME) is the escape: both as in Kubernetes.
    return re.sub(
        r"\$\$|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)",
        lambda match: (
            "$"
            if match.group() == "$$"
            else str(known[match.group(1)].value)
            if match.group(1) in known
            else match.group()
        ),
        text,
    )


def references(text: str) -> list[str]:
    """Return the variable names that an ``env`` value refers to as ``$(NAME)``."""
    return _REFERENCE.findall(text)


class ConfigMapUse(NamedTuple):
    """A volume source that shows a ConfigMap: the volume, the ConfigMap, and key to path (None: every key)."""

    volume: str
    config_map: str
    paths: Mapping[str, str] | None


def config_map_uses(template: Mapping[str, Any]) -> list[ConfigMapUse]:
    """Return the ConfigMaps that the template's volumes show, projected volumes included."""
    found = []
    for volume in template["spec"].get("volumes") or []:
        plain = volume.get("configMap")
        projected = [source.get("configMap") for source in (volume.get("projected") or {}).get("sources") or []]
        for source in [plain, *projected]:
            if source and source.get("name"):
                items = source.get("items")
                paths = {item["key"]: item["path"] for item in items} if items else None
                found.append(ConfigMapUse(volume["name"], source["name"], paths))
    return found


def switch_config_map(template: Mapping[str, Any], old: str, new: str) -> None:
    """Let every volume of the template that shows ConfigMap ``old`` show ``new``; changes the template itself."""
    for volume in template["spec"].get("volumes") or []:
        projected = [source.get("configMap") for source in (volume.get("projected") or {}).get("sources") or []]
        for source in [volume.get("configMap"), *projected]:
            if source and source.get("name") == old:
                source["name"] = new


def mounts(container: Mapping[str, Any]) -> list[Obj]:
    """Return the volume mounts of a container."""
    return list(container.get("volumeMounts") or [])


def claim_names(statefulset: Mapping[str, Any]) -> list[str]:
    """Return the names of the volumeClaimTemplates."""
    return [str(item["metadata"]["name"]) for item in statefulset["spec"].get("volumeClaimTemplates") or []]


def claims_of(pod: Mapping[str, Any]) -> list[str]:
    """Return the names of the PersistentVolumeClaims that a pod mounts."""
    volumes = (pod.get("spec") or {}).get("volumes") or []
    return [str(item["persistentVolumeClaim"]["claimName"]) for item in volumes if item.get("persistentVolumeClaim")]


def volume_at(container: Mapping[str, Any], path: str) -> str | None:
    """Return the name of the volume that holds a path, by the longest mount path above it."""
    best: tuple[int, str] | None = None
    for mount in mounts(container):
        above = mount["mountPath"].rstrip("/")
        if (path + "/").startswith(above + "/") and (best is None or len(above) > best[0]):
            best = (len(above), mount["name"])
    return best[1] if best else None


class ZooKeeperReference(NamedTuple):
    """A place in the pod template that reaches for ZooKeeper, and the words that show it."""

    where: str
    text: str


# Settings that merely name ZooKeeper go with the KRaft stage; only what acts on them counts.
_SETTING = re.compile(
    r"""(?:KAFKA_(?:CFG_)?ZOOKEEPER_[A-Z0-9_]+|zookeeper\.[A-Za-z.]+)\s*=\s*(?:"[^"]*"|'[^']*'|\S*)""",
)
_TOOLS = r"zookeeper-shell(?:\.sh)?|zkCli(?:\.sh)?|zkServer(?:\.sh)?|zk-ready|--zookeeper\b|\bruok\b"
_SETTING_NAMES = re.compile(r"KAFKA_(CFG_)?ZOOKEEPER_[A-Z0-9_]+")


def zookeeper_references(template: Mapping[str, Any], zookeeper_connect: str = "") -> list[ZooKeeperReference]:
    """Return what in a pod template reaches for ZooKeeper: init containers, start commands, probes, hooks, variables.

    :param zookeeper_connect: the brokers' ``zookeeper.connect``; its host names and ports are looked for too.
    """
    hosts, ports = _addresses(zookeeper_connect)
    pattern = _pattern(hosts, ports)
    found = []
    init = {item["name"] for item in template["spec"].get("initContainers") or []}
    for container in all_containers(template):
        kind = "init container" if container["name"] in init else "container"
        where = f"{kind} {container['name']}"
        for place, texts in _texts(container, with_settings=kind == "init container"):
            match = next((hit for text in texts if (hit := pattern.search(_SETTING.sub(" ", text)))), None)
            if match:
                found.append(ZooKeeperReference(f"{place} of {where}", match.group()))
        for place, handler in _handlers(container):
            target = _network_target(handler)
            if target and (target[0] in hosts or target[1] in ports):
                found.append(ZooKeeperReference(f"{place} of {where}", f"{target[0]}:{target[1]}".lstrip(":")))
    return found


def _addresses(connect: str) -> tuple[set[str], set[str]]:
    hosts, ports = set(), {"2181", "2182"}
    for entry in filter(None, connect.partition("/")[0].split(",")):
        host, _colon, port = entry.strip().rpartition(":") if ":" in entry else (entry.strip(), "", "")
        hosts.add(host)
        if not re.fullmatch(r"[\d.]+|\[.*\]|localhost", host):
            hosts.add(host.split(".")[0])
        if port:
            ports.add(port)
    return hosts, ports


def _pattern(hosts: Iterable[str], ports: Iterable[str]) -> re.Pattern[str]:
    named = [rf"(?<![\w./-]){re.escape(host)}(?![\w-])" for host in sorted(hosts, key=len, reverse=True)]
    numbers = [rf"(?<![\w.]){port}(?!\w)" for port in sorted(ports)]
    return re.compile("|".join([_TOOLS, *named, *numbers]))


def _texts(container: Mapping[str, Any], *, with_settings: bool) -> Iterator[tuple[str, list[str]]]:
    yield "start command", [*(container.get("command") or []), *(container.get("args") or [])]
    for place, handler in _handlers(container):
        yield place, list((handler.get("exec") or {}).get("command") or [])
    for entry in container.get("env") or []:
        # The brokers' own settings leave with the KRaft stage; in an init container they serve to wait for ZooKeeper.
        if with_settings or not _SETTING_NAMES.fullmatch(entry["name"]):
            yield f"variable {entry['name']}", [str(entry.get("value") or "")]


def _handlers(container: Mapping[str, Any]) -> Iterator[tuple[str, Obj]]:
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        if container.get(name):
            yield name, container[name]
    for name, handler in (container.get("lifecycle") or {}).items():
        if isinstance(handler, dict):
            yield f"{name} hook", handler


def _network_target(handler: Mapping[str, Any]) -> tuple[str, str] | None:
    for kind in ("tcpSocket", "httpGet"):
        if handler.get(kind):
            return str(handler[kind].get("host") or ""), str(handler[kind].get("port") or "")
    return None
