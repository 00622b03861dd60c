# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a wanted cluster contradicts itself, Kafka, or what Kubernetes has, before anything is made. Pure.

Private to the collection.
"""

from __future__ import annotations

import base64
import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.security import (
    AUTHORITY,
    CERTIFICATE,
    KEY,
    PROTOCOLS,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.settings import is_reserved
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.wanted import (
    FIRST,
    TOPOLOGIES,
    Wanted,
    version_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.sizes import quantity
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

Obj = Mapping[str, Any]
#: a pod's label controller-revision-hash is the StatefulSet's name, a dash and up to 10 characters, and a label has at most 63
LONGEST = 63 - 11
_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
#: PKCS #8, the only form in which Kafka reads a PEM key
_PKCS8 = ("-----BEGIN PRIVATE KEY-----", "-----BEGIN ENCRYPTED PRIVATE KEY-----")


def problems(cluster: Wanted) -> list[Finding]:
    """Return what is wrong with the options by themselves, in the order in which a person would repair it."""
    if cluster.topology not in TOPOLOGIES:
        return [_topology(cluster.topology)]
    return [
        *_names(cluster),
        *_numbers(cluster),
        *_version(cluster),
        *_sizes(cluster),
        *_settings(cluster),
        *_security(cluster),
        *_exporter(cluster),
    ]


def _topology(given: str) -> Finding:
    near = difflib.get_close_matches(given, TOPOLOGIES, n=1, cutoff=0.4)
    meant = f" (did you mean {near[0]}?)" if near else ""
    return finding(
        "deploy-topology",
        "kraft_topology",
        f"kraft_topology is {given!r}{meant}; on plain StatefulSets it is one of {', '.join(TOPOLOGIES)}",
    )


def _names(cluster: Wanted) -> list[Finding]:
    found = []
    own = [("kraft_cluster", cluster.name)]
    own += [] if cluster.combined else [("kraft_controller_name", cluster.controllers_name)]
    for option, name in own:
        why = ""
        if len(name) > LONGEST:
            why = f"has {len(name)} characters, and more than {LONGEST} are too many for the labels of its pods"
        elif not _NAME.fullmatch(name):
            why = "cannot be the name of a Service (a to z, 0 to 9 and dashes, a letter first)"
        if why:
            found.append(finding("deploy-name", name, f"{option} {name!r} {why}; choose a shorter or simpler one"))
    if not cluster.combined and cluster.name == cluster.controllers_name:
        found.append(
            finding(
                "deploy-name",
                cluster.name,
                f"kraft_controller_name is {cluster.name!r} as the brokers are; leave it out, or choose another",
            )
        )
    return found


def _numbers(cluster: Wanted) -> list[Finding]:
    count, option = (
        (cluster.brokers, "kraft_brokers") if cluster.combined else (cluster.controllers, "kraft_controller_replicas")
    )
    found = []
    if count < 1 or count % 2 == 0:
        found.append(
            finding(
                "deploy-controllers-even",
                cluster.where,
                f"{option} is {count}: a quorum of an even number survives no more failures than one with a controller less, and can be split in halves; "
                "choose 1, 3 or 5",
            )
        )
    if cluster.brokers < 1:
        found.append(
            finding(
                "deploy-brokers",
                cluster.where,
                f"kraft_brokers is {cluster.brokers}: choose 1 or more, 3 to survive one",
            )
        )
    shared = sorted(set(cluster.broker_ids) & set(cluster.controller_ids)) if not cluster.combined else []
    if shared or cluster.controller_id_base < 0:
        found.append(
            finding(
                "deploy-node-ids",
                cluster.where,
                f"brokers are 0 to {cluster.brokers - 1} and controllers begin with kraft_controller_node_id_base {cluster.controller_id_base}: node "
                f"{', '.join(map(str, shared)) or cluster.controller_id_base} cannot be; choose a base above every broker, for example 1000",
            )
        )
    return found


def _version(cluster: Wanted) -> list[Finding]:
    version = version_of(cluster.version)
    if not version:
        said = f"is {cluster.version!r}" if cluster.version else "is not set"
        text = f"kraft_kafka_version {said}: write a version as it is released, for example 3.9.2"
    elif version < FIRST:
        text = (
            f"kraft_kafka_version is {cluster.version}: new clusters are made from Kafka 3.9 on; choose 3.9.2, or 4.x"
        )
    else:
        return []
    return [finding("deploy-version", cluster.where, text)]


def _sizes(cluster: Wanted) -> list[Finding]:
    found = []
    for option, size in (
        ("kraft_storage_size", cluster.storage),
        ("kraft_controller_storage_size", cluster.controller_storage),
    ):
        try:
            if quantity(size) > 0:
                continue
            why = "is nothing"
        except Unsupported:
            why = "is no quantity such as 20Gi"
        found.append(finding("deploy-storage", cluster.where, f"{option} {size!r} {why}; correct it"))
    if cluster.heap and not re.fullmatch(r"[1-9]\d*[kmgKMG]", cluster.heap):
        found.append(
            finding(
                "deploy-storage",
                cluster.where,
                f"kraft_heap {cluster.heap!r} is no size of a heap; write for example 1g or 512m",
            )
        )
    return found


def _settings(cluster: Wanted) -> list[Finding]:
    taken = sorted(key for key in cluster.settings if is_reserved(key))
    if not taken:
        return []
    return [
        finding(
            "deploy-settings",
            cluster.where,
            f"kraft_settings has {', '.join(taken)}, which this collection writes itself; take that out, and use the options for topology, access and security",
        )
    ]


def _security(cluster: Wanted) -> list[Finding]:
    security = cluster.security
    if security.protocol not in PROTOCOLS:
        text = f"kraft_protocol is {security.protocol!r}; it is one of {', '.join(PROTOCOLS)}"
    elif security.tls and not security.tls_secret:
        text = f"kraft_protocol is {security.protocol}, and kraft_tls_secret names no Secret with {CERTIFICATE}, {KEY} and {AUTHORITY}"
    elif security.sasl and not security.users_secret:
        text = f"kraft_protocol is {security.protocol}, and kraft_users_secret names no Secret with users and their passwords"
    elif security.authorizes and not security.sasl and not security.super_users:
        text = (
            "clients show certificates, so that ACLs hold, and kraft_super_users is empty: the nodes themselves would be denied. Name the "
            "principal of their certificate, for example User:CN=kafka"
        )
    else:
        return []
    return [finding("deploy-security", cluster.where, text)]


def _exporter(cluster: Wanted) -> list[Finding]:
    if not cluster.monitored or cluster.exporter_image:
        return []
    return [
        finding(
            "deploy-exporter",
            cluster.where,
            f"kraft_topology {cluster.topology} runs a Kafka exporter, and kraft_exporter_image names none, for example danielqsj/kafka-exporter:v1.9.0",
        )
    ]


# against what Kubernetes has


def storage_problems(cluster: Wanted, classes: Iterable[Obj]) -> list[Finding]:
    """Return volumes that nobody would make: their pods would stay Pending."""
    by_name = {str(item["metadata"]["name"]): item for item in classes}
    offered = ", ".join(sorted(by_name)) or "(there is none)"
    default = any(
        (item["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true" for item in by_name.values()
    )
    wanted = [("kraft_storage_class", cluster.storage_class)]
    if not cluster.combined:
        wanted.append(("kraft_controller_storage_class", cluster.controller_storage_class or cluster.storage_class))
    found = []
    for option, name in dict.fromkeys(wanted):
        if name is None and not default:
            text = f"the volumes name no StorageClass, and this cluster has no default one; set {option} to one of {offered}"
        elif name is not None and name not in by_name:
            text = f"StorageClass {name} of {option} does not exist; choose one of {offered}"
        else:
            continue
        found.append(finding("deploy-storage", cluster.where, text))
    return found


def secret_problems(cluster: Wanted, secrets: Mapping[str, Obj | None]) -> list[Finding]:
    """Return what the Secrets lack. Values are looked at for their form alone, and never shown.

    :param secrets: by name; None for one that does not exist. One that may not be read is not in it.
    """
    security = cluster.security
    needs: list[tuple[str, tuple[str, ...], str]] = []
    if security.tls:
        needs.append((security.tls_secret, (CERTIFICATE, KEY, AUTHORITY), "kraft_tls_secret"))
    if security.sasl:
        needs.append((security.users_secret, (security.node_user,), "kraft_users_secret"))
    found = []
    for name, keys, option in needs:
        if name not in secrets:
            continue
        body = secrets[name]
        data = (body or {}).get("data") or {}
        missing = [key for key in keys if not data.get(key)]
        text = ""
        if body is None:
            text = f"Secret {cluster.namespace}/{name} of {option} does not exist; create it with {', '.join(keys)}"
        elif missing:
            text = f"Secret {cluster.namespace}/{name} of {option} has no {', '.join(missing)}; add it"
        elif option == "kraft_tls_secret" and not _is_pkcs8(str(data[KEY])):
            text = (
                f"{KEY} of Secret {cluster.namespace}/{name} is no PKCS #8 key, the only one that Kafka reads (it begins with {_PKCS8[0]}); with cert-manager "
                "set privateKey.encoding: PKCS8"
            )
        if text:
            found.append(finding("deploy-security", cluster.where, text))
    return found


def _is_pkcs8(coded: str) -> bool:
    return base64.b64decode(coded).decode("ascii", "replace").lstrip().startswith(_PKCS8)
