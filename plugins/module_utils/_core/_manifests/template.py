# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading pod templates: containers, their environment, and the ConfigMaps and Secrets that their volumes show."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

Obj = dict[str, Any]

#: what runs a broker, by the words of a start command: Kafka's own script and class, and the images' entrypoints
STARTS_KAFKA = re.compile(
    r"kafka-server-start(\.sh)?\b|\bkafka\.Kafka\b|/etc/(confluent|kafka)/docker/(run|launch)|/opt/bitnami/scripts/kafka/"
)
_NO_BROKER = re.compile(r"zookeeper-server-start|QuorumPeerMain|connect-(distributed|standalone|mirror)|\s-jar\s")
_BROKER_IMAGE = re.compile(r"(cp-)?(enterprise-)?kafka|cp-server|(cp-)?kafka-broker|kafka-(native|kraft)")
_BESIDE = re.compile(
    r"connect|exporter|rest|bridge|mirror|-ui\b|manager|cruise|registry|operator|proxy|jmx|metrics|agent"
)
_BROKER_NAMES = ("kafka", "broker", "kafka-broker")
_BROKER_VARIABLES = re.compile(
    r"KAFKA_(CFG_)?(ZOOKEEPER_CONNECT|BROKER_ID|LOG_DIRS|ADVERTISED_LISTENERS|PROCESS_ROLES)"
)
_REFERENCE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")


def main_container(template: Mapping[str, Any], name: str | None = None, option: str = "kraft_container") -> str:
    """Return the name of the container that runs Kafka.

    :param name: the user's choice; without it the only container that can run a broker, by what it starts, by its variables, by
        its image, by its name. It is unclear only where two could really be brokers.
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
        candidates = _could_be_brokers(containers)
    if len(candidates) != 1:
        why = f"the pods have no container {name!r}; there are {', '.join(names) or 'none'}"
        if not name:
            both = f": {' and '.join(candidates)} could both be a broker" if candidates else ""
            why = f"it is not clear which container runs Kafka{both}; there are {', '.join(names) or 'none'}"
        raise Unsupported(f"{why}: name the right one in {option}", code="cluster-ambiguous")
    return candidates[0]


def _could_be_brokers(containers: list[Obj]) -> list[str]:
    """Return the names of the containers that fit best: evidence first, then what only looks like it."""
    for fits in (_runs_kafka, _may_run_kafka, lambda item: item["name"] in _BROKER_NAMES):
        found = [item for item in containers if fits(item)]
        if len(found) > 1 and fits is not _runs_kafka:
            found = [item for item in found if item["name"] in _BROKER_NAMES] or found
        if found:
            return [str(item["name"]) for item in found]
    return []


def commands(container: Mapping[str, Any]) -> list[str]:
    """Return the words of command and args."""
    return [*(container.get("command") or []), *(container.get("args") or [])]


def _runs_kafka(container: Mapping[str, Any]) -> bool:
    words = " ".join(commands(container))
    if STARTS_KAFKA.search(words):
        return True
    if _NO_BROKER.search(words) or any(word in ("sleep", "tail") for word in commands(container)[:1]):
        return False
    settings = any(_BROKER_VARIABLES.fullmatch(entry["name"]) for entry in container.get("env") or [])
    if settings and not _BESIDE.search(_image(container)):
        return True
    return not words and _broker_image(container)


def _may_run_kafka(container: Mapping[str, Any]) -> bool:
    """Whether a start command that tells nothing belongs to an image of Kafka."""
    return not _NO_BROKER.search(" ".join(commands(container))) and _broker_image(container)


def _broker_image(container: Mapping[str, Any]) -> bool:
    return _BROKER_IMAGE.fullmatch(_image(container)) is not None


def _image(container: Mapping[str, Any]) -> str:
    """Return the last part of the image's path without tag and digest."""
    return re.split("[:@]", str(container.get("image") or "").rpartition("/")[2])[0]


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

    ``value`` is None when it cannot be read from here (a Secret that was not read, a field of the pod). ``origin`` is ``env``,
    or the name of the ConfigMap or Secret of an ``envFrom``; ``secret`` tells whether the value comes from a Secret.
    """

    name: str
    value: str | None
    origin: str
    secret: bool = False


def text_data(obj: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the texts of a ConfigMap or Secret by key; what is no text is left out."""
    if obj is None:
        return {}
    data = dict(obj.get("data") or {})
    if obj.get("kind") != "Secret":
        return data
    found = {}
    for key, value in data.items():
        with suppress(ValueError):
            found[key] = base64.b64decode(value).decode()
    return found | dict(obj.get("stringData") or {})


def environment(
    container: Mapping[str, Any], config_maps: Mapping[str, Obj], secrets: Mapping[str, Obj] | None = None
) -> dict[str, Variable]:
    """Return the environment as far as it can be read, ``env`` winning over ``envFrom`` as in Kubernetes.

    :param config_maps: ConfigMaps of the namespace by name; ``secrets``: the Secrets that were read, by name.
    """
    hidden = secrets or {}
    found: dict[str, Variable] = {}
    for source in container.get("envFrom") or []:
        for reference, objects in (("configMapRef", config_maps), ("secretRef", hidden)):
            name = (source.get(reference) or {}).get("name", "")
            for key, value in text_data(objects.get(name)).items():
                full = source.get("prefix", "") + key
                found[full] = Variable(full, value, name, secret=reference == "secretRef")
    for entry in container.get("env") or []:
        found_value, secret = _value(entry, config_maps, hidden, found)
        found[entry["name"]] = Variable(entry["name"], found_value, "env", secret)
    return found


def _value(
    entry: Mapping[str, Any],
    config_maps: Mapping[str, Obj],
    secrets: Mapping[str, Obj],
    known: Mapping[str, Variable],
) -> tuple[str | None, bool]:
    """Return the value of an ``env`` entry, and whether it comes from a Secret."""
    source = entry.get("valueFrom")
    if source:
        for kind, objects in (("configMapKeyRef", config_maps), ("secretKeyRef", secrets)):
            reference = source.get(kind)
            if reference:
                texts = text_data(objects.get(reference.get("name", "")))
                return texts.get(reference.get("key", "")), kind == "secretKeyRef"
        return None, False
    text = str(entry.get("value") or "")
    names = _REFERENCE.findall(text.replace("$$", ""))
    secret = any(name in known and known[name].secret for name in names)
    if any(name in known and known[name].value is None for name in names):
        return None, secret
    # $(NAME) of an unknown name stays as it is, and $$(NAME) is the escape: both as in Kubernetes.
    plain = re.sub(
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
    return plain, secret


def references(text: str) -> list[str]:
    """Return the variable names that an ``env`` value refers to as ``$(NAME)``."""
    return _REFERENCE.findall(text)


class Use(NamedTuple):
    """A volume source that shows a ConfigMap or Secret: the volume, the object, and key to path (None: every key)."""

    volume: str
    kind: str
    name: str
    paths: Mapping[str, str] | None


_SOURCES = (("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName"))


def _sources(volume: Mapping[str, Any]) -> Iterator[tuple[str, Obj, str]]:
    """Yield (kind, source, field of the name) of each ConfigMap and Secret that a volume shows."""
    for kind, field, name in _SOURCES:
        if volume.get(field):
            yield kind, volume[field], name
        for source in (volume.get("projected") or {}).get("sources") or []:
            if source.get(field):
                yield kind, source[field], "name"


def uses(template: Mapping[str, Any]) -> list[Use]:
    """Return the ConfigMaps and Secrets that the template's volumes show, projected volumes included."""
    found = []
    for volume in template["spec"].get("volumes") or []:
        for kind, source, field in _sources(volume):
            items = source.get("items")
            paths = {item["key"]: item["path"] for item in items} if items else None
            found.append(Use(volume["name"], kind, source[field], paths))
    return found


def secret_names(template: Mapping[str, Any]) -> set[str]:
    """Return the names of the Secrets that the volumes and the variables of a template show."""
    found = {use.name for use in uses(template) if use.kind == "Secret"}
    for container in all_containers(template):
        found |= {source["secretRef"]["name"] for source in container.get("envFrom") or [] if source.get("secretRef")}
        keys = ((entry.get("valueFrom") or {}).get("secretKeyRef") for entry in container.get("env") or [])
        found |= {key["name"] for key in keys if key}
    return found


def switch_object(template: Mapping[str, Any], kind: str, old: str, new: str, new_kind: str = "") -> None:
    """Let every volume of the template that shows this ConfigMap or Secret show ``new``; changes the template itself.

    :param new_kind: of ``new``; "" for the same kind.
    """
    for volume in template["spec"].get("volumes") or []:
        for holder in (volume, *((volume.get("projected") or {}).get("sources") or [])):
            fields = {
                "ConfigMap": ("configMap", "name"),
                "Secret": ("secret", "secretName" if holder is volume else "name"),
            }
            field, name = fields[kind]
            if (holder.get(field) or {}).get(name) != old:
                continue
            source = holder.pop(field)
            source.pop(name)
            field, name = fields[new_kind or kind]
            holder[field] = {name: new, **source}


def file_source(template: Mapping[str, Any], container: Mapping[str, Any], path: str) -> list[tuple[str, str, str]]:
    """Return (kind, object, key) of each ConfigMap or Secret that may give a container the file at ``path``."""
    volume = volume_at(container, path)
    found = []
    for mount in mounts(container):
        place = mount["mountPath"].rstrip("/")
        if mount["name"] != volume or not (path + "/").startswith(place + "/"):
            continue
        inside = "/".join(part for part in (mount.get("subPath") or "", path[len(place) :].strip("/")) if part)
        for use in uses(template):
            if use.volume == volume:
                keys = [inside] if use.paths is None else [key for key, where in use.paths.items() if where == inside]
                found += [(use.kind, use.name, key) for key in keys]
    return found


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
