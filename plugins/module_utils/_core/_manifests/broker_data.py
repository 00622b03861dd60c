# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the brokers keep their data, and whether it survives a restart of the pod."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import (
    claim_names,
    container_of,
    volume_at,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding

#: volumes that are gone with the pod; `csi` in a pod's own volume list is the inline, ephemeral kind
_GONE = ("emptyDir", "ephemeral", "csi", "image", "configMap", "secret", "projected", "downwardAPI", "gitRepo")


def data_findings(
    statefulset: Mapping[str, Any], container: str, log_dirs: Iterable[str], single: Sequence[str]
) -> list[Finding]:
    """Return what is wrong with the places of the log directories (``broker-data-lost``, ``broker-data-on-node``).

    :param log_dirs: the log directories of the set's brokers, symbolic links resolved where that is known.
    :param single: partitions with one replica, by name: those would be lost.
    """
    found = []
    name = str(statefulset["metadata"]["name"])
    for path in dict.fromkeys(posixpath.normpath(item) for item in log_dirs):
        kind, place = _place(statefulset, container, path)
        if kind in _GONE or not kind:
            found.append(
                finding(
                    "broker-data-lost",
                    f"{name}: {path}",
                    f"log directory {path} of the brokers of StatefulSet {name} is on {place}: a restart of the pod deletes the broker's data. "
                    f"{_what_is_lost(single)}; move the data to a volume of a volumeClaimTemplate first",
                )
            )
        elif kind == "hostPath":
            found.append(
                finding(
                    "broker-data-on-node",
                    f"{name}: {path}",
                    f"log directory {path} of the brokers of StatefulSet {name} is on {place}: a broker that restarts on another node "
                    "starts without data; make sure that each pod comes back to its node",
                )
            )
    return found


def _place(statefulset: Mapping[str, Any], container: str, path: str) -> tuple[str, str]:
    """Return (kind of volume, the place in words); the kind is empty where no volume is mounted."""
    template = statefulset["spec"]["template"]
    name = volume_at(container_of(template, container), path)
    if name is None:
        return "", "no volume but the container's own file system"
    if name in claim_names(statefulset):
        return "persistentVolumeClaim", f"volume {name}"
    volume: dict[str, Any] = next((item for item in template["spec"].get("volumes") or [] if item["name"] == name), {})
    kind = next((key for key in volume if key != "name"), "")
    return kind, f"volume {name} ({kind or 'not defined'})"


def _what_is_lost(single: Sequence[str]) -> str:
    if not single:
        return "Each of its replicas would have to be copied again from the other brokers, and a partition with one replica would be LOST"
    rest = f" and {len(single) - 5} more" if len(single) > 5 else ""
    return f"Partitions with one replica would be LOST ({', '.join(single[:5])}{rest}), all others would have to be copied again"


def storage_class(statefulset: Mapping[str, Any], container: str, log_dir: str) -> str | None:
    """Return the StorageClass of the claim that holds a log directory, else of the only claim; None for the cluster's default."""
    claims = {item["metadata"]["name"]: item for item in statefulset["spec"].get("volumeClaimTemplates") or []}
    name = volume_at(container_of(statefulset["spec"]["template"], container), posixpath.normpath(log_dir))
    claim = claims.get(name) or (next(iter(claims.values())) if len(claims) == 1 else {})
    found = claim.get("spec", {}).get("storageClassName")
    return str(found) if found else None
