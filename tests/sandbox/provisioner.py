# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox's dynamic volume provisioner: a folder of the machine for each claim, removed with its volume.

Kubernetes' built-in hostPath provisioner makes folders below /tmp that only root may enter, and kubelet applies no fsGroup to them:
containers that do not run as root, as Kafka's images do not, could not use them. Run as ``python3 -m tests.sandbox.provisioner``.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from pathlib import Path

from .config import NODE_NAME, PROVISIONER, Folders, SandboxError
from .kube import ApiError, Kube, Object
from .kubeconfig import load

_MARK = "pv.kubernetes.io/provisioned-by"


def _volume(claim: Object, folder: Path) -> Object:
    """Return the PersistentVolume that serves a claim."""
    metadata = claim["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"pvc-{metadata['uid']}", "annotations": {_MARK: PROVISIONER}},
        "spec": {
            "accessModes": claim["spec"]["accessModes"],
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": metadata["name"], "namespace": metadata["namespace"],
                         "uid": metadata["uid"]},
            "local": {"path": str(folder)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                {"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE_NAME]}]}]}},
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": claim["spec"]["storageClassName"],
        },
    }  # fmt: skip


def provide(kube: Kube, volumes: Path, claims: dict[str, Object]) -> None:
    """Make a folder and a volume for each claim that waits for this provisioner."""
    for claim in claims.values():
        wanted = (claim["metadata"].get("annotations") or {}).get("volume.kubernetes.io/storage-provisioner")
        if wanted != PROVISIONER or claim["spec"].get("volumeName") or claim["status"].get("phase") == "Bound":
            continue
        folder = (
            volumes / f"{claim['metadata']['namespace']}_{claim['metadata']['name']}_{claim['metadata']['uid'][:8]}"
        )
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)
        try:
            kube.request("POST", kube.path("PersistentVolume"), _volume(claim, folder))
        except ApiError as error:
            if error.status != 409:
                raise


def reclaim(kube: Kube, volumes: Path, held: dict[str, Object]) -> None:
    """Remove the folders of released volumes, then the volumes."""
    for volume in held.values():
        ours = (volume["metadata"].get("annotations") or {}).get(_MARK) == PROVISIONER
        if ours and volume["status"].get("phase") == "Released" and "deletionTimestamp" not in volume["metadata"]:
            folder = Path(volume["spec"]["local"]["path"])
            if folder.parent == volumes:
                shutil.rmtree(folder, ignore_errors=True)
            kube.delete("PersistentVolume", volume["metadata"]["name"])


def _follow(folders: Folders, kind: str) -> None:
    """Follow one kind for ever; what fails is said and tried again on the next event."""
    kube = Kube(load(folders.kubeconfig))
    volumes = folders.state / "volumes"
    act = provide if kind == "PersistentVolumeClaim" else reclaim
    while True:
        try:
            for current in kube.events(kind, seconds=3600):
                act(kube, volumes, current)
        except SandboxError as error:
            print(f"{kind}: {error}", file=sys.stderr, flush=True)
            time.sleep(0.5)


def main() -> None:
    """Serve claims and released volumes until the process is ended."""
    folders = Folders()
    threads = [
        threading.Thread(target=_follow, args=(folders, kind)) for kind in ("PersistentVolumeClaim", "PersistentVolume")
    ]
    for thread in threads:
        thread.start()


if __name__ == "__main__":
    main()
