# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of the brokers' pods the controllers' pods take over: how they are scheduled, run and secured, never who they are.

Labels, annotations, probes, hooks, settings and data volumes stay with the brokers: no Service, budget, network policy
or anti-affinity that selects brokers may select a controller.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import (
    JVM_OPTION,
    JVM_VARIABLE,
    is_of_stage,
    original_name,
    with_jvm_option,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import (
    container_of,
    environment,
    mounts,
    references,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

Obj = dict[str, Any]

# Variables of the JVM and its tools. Settings are not among them, whatever the image.
JVM_VARIABLES = (
    "KAFKA_HEAP_OPTS",
    "KAFKA_OPTS",
    "KAFKA_LOG4J_OPTS",
    "KAFKA_JVM_PERFORMANCE_OPTS",
    JVM_VARIABLE,
    "KAFKA_JMX_OPTS",
    "KAFKA_GC_LOG_OPTS",
    "LOG_DIR",
    "CLASSPATH",
    "JAVA_HOME",
    "EXTRA_ARGS",  # of kafka-server-start.sh, where a GC log cannot be written
)
_POD_FIELDS = (
    "securityContext",
    "serviceAccountName",
    "automountServiceAccountToken",
    "imagePullSecrets",
    "nodeSelector",
    "tolerations",
    "priorityClassName",
    "runtimeClassName",
    "schedulerName",
    "hostAliases",
    "dnsConfig",
)
_CONTAINER_FIELDS = ("image", "imagePullPolicy", "securityContext")


def selects(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Tell whether a label selector matches, as Kubernetes does: absent matches nothing, empty matches everything."""
    if selector is None:
        return False
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_expression(item, labels) for item in selector.get("matchExpressions") or [])


def _expression(item: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = item["key"], item.get("values") or []
    results = {
        "In": labels.get(key) in values,
        "NotIn": labels.get(key) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }
    return results[item["operator"]]


def pod_fields(spec: Mapping[str, Any], broker_labels: Mapping[str, str], own_labels: Mapping[str, str]) -> Obj:
    """Return the fields of a pod that the controllers share with the brokers, scheduling rules rewritten."""
    found = {key: copy.deepcopy(spec[key]) for key in _POD_FIELDS if spec.get(key) is not None}
    if spec.get("dnsPolicy") == "None":
        # the other policies are about the node's names or the host network; controllers need those of the cluster
        found["dnsPolicy"] = "None"
    affinity = _affinity(spec.get("affinity") or {}, broker_labels, own_labels)
    if affinity:
        found["affinity"] = affinity
    constraints = [_relabelled(item, broker_labels, own_labels) for item in spec.get("topologySpreadConstraints") or []]
    if constraints:
        found["topologySpreadConstraints"] = constraints
    return found


def container_fields(container: Mapping[str, Any]) -> Obj:
    """Return the fields of the brokers' container that the controllers' container has too."""
    return {key: copy.deepcopy(container[key]) for key in _CONTAINER_FIELDS if container.get(key) is not None}


def _relabelled(term: Mapping[str, Any], broker_labels: Mapping[str, str], own_labels: Mapping[str, str]) -> Obj:
    """Let a rule about brokers be the same rule about controllers; a rule about others stays as it is."""
    result = copy.deepcopy(dict(term))
    if selects(term.get("labelSelector"), broker_labels):
        result["labelSelector"] = {"matchLabels": dict(own_labels)}
        for key in ("matchLabelKeys", "mismatchLabelKeys"):
            result.pop(key, None)
    return result


_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def _affinity(affinity: Mapping[str, Any], broker_labels: Mapping[str, str], own_labels: Mapping[str, str]) -> Obj:
    found: Obj = {}
    if affinity.get("nodeAffinity"):
        found["nodeAffinity"] = copy.deepcopy(affinity["nodeAffinity"])
    for kind in ("podAffinity", "podAntiAffinity"):
        rules: Obj = {}
        for when in (_REQUIRED, _PREFERRED):
            terms = []
            for item in (affinity.get(kind) or {}).get(when) or []:
                term = item["podAffinityTerm"] if when == _PREFERRED else item
                if kind == "podAffinity" and selects(term.get("labelSelector"), broker_labels):
                    continue  # controllers need not be near brokers
                term = _relabelled(term, broker_labels, own_labels)
                terms.append({"weight": item["weight"], "podAffinityTerm": term} if when == _PREFERRED else term)
            if terms:
                rules[when] = terms
        if rules:
            found[kind] = rules
    return found


def jvm_environment(template: Mapping[str, Any], container: str, config_maps: Mapping[str, Obj]) -> list[Obj]:
    """Return the ``env`` entries that shape the JVM, and those they refer to; a JVM option of ours is left out.

    A variable of an ``envFrom`` becomes a reference to that ConfigMap.
    """
    marks = (template.get("metadata") or {}).get("annotations") or {}
    if marks.get(JVM_OPTION):
        template = with_jvm_option(template, container, "", config_maps)
    target = container_of(template, container)
    entries = {entry["name"]: entry for entry in target.get("env") or []}
    wanted = [name for name in JVM_VARIABLES if name in entries]
    for name in wanted:  # grows: what is referred to may refer on
        others = references(str(entries[name].get("value") or ""))
        wanted += [other for other in others if other in entries and other not in wanted]
    found = [copy.deepcopy(entry) for name, entry in entries.items() if name in wanted]
    for name in JVM_VARIABLES:
        variable = environment(target, config_maps).get(name)
        if variable is not None and name not in entries:
            found.append({"name": name, "valueFrom": _reference(target, name, variable.origin)})
    return found


def named_environment(
    template: Mapping[str, Any],
    container: str,
    config_maps: Mapping[str, Obj],
    secrets: Mapping[str, Obj],
    names: Iterable[str],
) -> list[Obj]:
    """Return the ``env`` entries that give these variables, and those they refer to.

    A variable of an ``envFrom`` becomes a reference to that ConfigMap or Secret.

    :param secrets: those of an ``envFrom`` that could be read, by name.
    :raises Unsupported: ``controller-manifest`` for one that the template does not give.
    """
    target = container_of(template, container)
    entries = {entry["name"]: entry for entry in target.get("env") or []}
    known = environment(target, config_maps, secrets)
    wanted = list(dict.fromkeys(names))
    missing = [name for name in wanted if name not in known]
    if missing:
        raise Unsupported(
            f"the controllers' settings take a value from variable {missing[0]} (EnvVarConfigProvider), and nothing that could be read in the pod "
            "template of the brokers gives it: add it to env of their container, by a reference to a Secret where it is one, and restart the "
            "brokers",
            code="controller-manifest",
        )
    for name in wanted:  # grows: what is referred to may refer on
        text = str(entries.get(name, {}).get("value") or "")
        wanted += [other for other in references(text) if other in known and other not in wanted]
    outside = [known[name] for name in wanted if name not in entries]
    return [
        *(
            {"name": each.name, "valueFrom": _reference(target, each.name, each.origin, each.secret)}
            for each in outside
        ),
        *(copy.deepcopy(entry) for name, entry in entries.items() if name in wanted),
    ]


def variables_of_places(container: Mapping[str, Any]) -> list[str]:
    """Return the variables that decide where something is mounted from; without them no container is made."""
    return [name for mount in mounts(container) for name in references(mount.get("subPathExpr") or "")]


def with_references(env: list[Obj], names: set[str]) -> set[str]:
    """Return the names of variables, and of those that their values refer to."""
    more = {other for entry in env if entry["name"] in names for other in references(str(entry.get("value") or ""))}
    return names if more <= names else with_references(env, names | more)


def _reference(container: Mapping[str, Any], name: str, origin: str, secret: bool = False) -> Obj:
    field, key_field = ("secretRef", "secretKeyRef") if secret else ("configMapRef", "configMapKeyRef")
    source = next(
        item
        for item in reversed(container["envFrom"])
        if (item.get(field) or {}).get("name") == origin and name.startswith(item.get("prefix", ""))
    )
    key = name[len(source.get("prefix", "")) :]
    return {key_field: {"name": original_name(origin), "key": key}}


_ALWAYS = {"secret", "csi", "downwardAPI", "emptyDir", "image"}
_WHEN_NAMED = {"configMap", "projected"}


def volume_comes_along(volume: Mapping[str, Any]) -> bool:
    """Tell whether a controller's pod can have such a volume too: no claim, and nothing of a node."""
    return bool((_ALWAYS | _WHEN_NAMED) & volume.keys())


def shared_volumes(
    template: Mapping[str, Any], container: str, texts: Iterable[str], reserved: Iterable[str]
) -> tuple[list[Obj], list[Obj]]:
    """Return (volumes, mounts) that the controllers need too.

    Secrets, tokens and scratch space always; ConfigMaps, and a stage's Secret with the brokers' settings, only when something refers
    to the place they are mounted at; a ConfigMap then as the user's original, which no stage replaces. Never claims or directories of the node.

    :param texts: values that may name files: JVM options and the controllers' settings.
    :param reserved: mount paths that the controllers have a use of their own for.
    """
    spec = template["spec"]
    by_name = {volume["name"]: volume for volume in spec.get("volumes") or []}
    words = "\n".join(texts)
    taken = {path.rstrip("/") for path in reserved}
    kept_mounts = []
    for mount in mounts(container_of(template, container)):
        volume = by_name.get(mount["name"])
        path = mount["mountPath"].rstrip("/")
        if volume is None or path in taken or not volume_comes_along(volume):
            continue
        always = (_ALWAYS & volume.keys() or _has_secret(volume)) and not _is_of_stage(volume)
        if always or path in words:
            kept_mounts.append(copy.deepcopy(mount))
    names = dict.fromkeys(mount["name"] for mount in kept_mounts)
    return [with_originals(by_name[name]) for name in names], kept_mounts


def _has_secret(volume: Mapping[str, Any]) -> bool:
    sources = (volume.get("projected") or {}).get("sources") or []
    return any({"secret", "serviceAccountToken", "clusterTrustBundle"} & source.keys() for source in sources)


def _is_of_stage(volume: Mapping[str, Any]) -> bool:
    """Tell whether a volume shows the brokers' settings of a stage, as a Secret."""
    sources = [volume, *((volume.get("projected") or {}).get("sources") or [])]
    found = [source["secret"] for source in sources if source.get("secret")]
    names = [str(each.get("secretName") or each.get("name") or "") for each in found]
    return bool(names) and all(map(is_of_stage, names))


def with_originals(volume: Mapping[str, Any]) -> Obj:
    """Return a copy of a volume that shows the user's ConfigMaps, whatever stage the brokers are at."""
    result = copy.deepcopy(dict(volume))
    for source in [result, *((result.get("projected") or {}).get("sources") or [])]:
        if source.get("configMap"):
            source["configMap"]["name"] = original_name(source["configMap"]["name"])
    return result
