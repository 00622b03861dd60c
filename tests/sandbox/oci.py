# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers and images in the OCI format, by the standard library alone, streamed into containerd."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, ClassVar

from .config import SandboxError


@dataclass(frozen=True)
class Layer:
    """One uncompressed layer: its bytes or its file, size in bytes and sha256 (hexadecimal)."""

    size: int
    sha256: str
    content: bytes = b""
    path: Path | None = None

    FILE: ClassVar[str] = "layer.tar"
    _ABOUT: ClassVar[str] = "layer.json"

    @classmethod
    def record(cls, folder: Path) -> None:
        """Write size and hash beside a finished layer file."""
        with (folder / cls.FILE).open("rb") as source:
            sha256 = hashlib.file_digest(source, "sha256").hexdigest()
        about = {"size": (folder / cls.FILE).stat().st_size, "sha256": sha256}
        (folder / cls._ABOUT).write_text(json.dumps(about), encoding="utf-8")

    @classmethod
    def stored(cls, folder: Path) -> Layer:
        """Return the layer that record() described."""
        about = json.loads((folder / cls._ABOUT).read_text(encoding="utf-8"))
        return cls(about["size"], about["sha256"], path=folder / cls.FILE)

    def open(self) -> IO[bytes]:
        """Open the layer for reading."""
        return self.path.open("rb") if self.path else io.BytesIO(self.content)


class LayerWriter:
    """Collects files into a layer that comes out the same for the same input (no times, fixed order of calls)."""

    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        self._archive = tarfile.open(fileobj=self._buffer, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed by layer()
        self._folders: set[str] = set()

    def folder(self, path: str, mode: int = 0o755, owner: tuple[int, int] = (0, 0)) -> None:
        """Add a folder and, before it, the folders above it."""
        if path in self._folders or path == "/":
            return
        above = str(PurePosixPath(path).parent)
        if not above.startswith(("/usr", "/etc", "/var")) or above.count("/") > 2:
            self.folder(above)
        self._folders.add(path)
        info = self._info(path, mode, owner)
        info.type = tarfile.DIRTYPE
        self._archive.addfile(info)

    def file(self, path: str, content: bytes, mode: int, owner: tuple[int, int] = (0, 0)) -> None:
        """Add a file; folders that no layer below is known to have are added too."""
        above = str(PurePosixPath(path).parent)
        if above not in ("/usr/bin", "/etc"):
            self.folder(above)
        info = self._info(path, mode, owner)
        info.size = len(content)
        self._archive.addfile(info, io.BytesIO(content))

    @staticmethod
    def _info(path: str, mode: int, owner: tuple[int, int]) -> tarfile.TarInfo:
        info = tarfile.TarInfo(path.lstrip("/"))
        info.mode = mode
        info.uid, info.gid = owner
        return info

    def layer(self) -> Layer:
        """Close the archive and return it."""
        self._archive.close()
        content = self._buffer.getvalue()
        return Layer(len(content), hashlib.sha256(content).hexdigest(), content)


def import_image(name: str, layers: Sequence[Layer], config: object, ctr: Sequence[str | Path]) -> None:
    """Stream an image into containerd's namespace of Kubernetes.

    ``ctr`` is the command with its address option. Raises SandboxError when containerd refuses it.
    """
    blobs: dict[str, bytes] = {}

    def blob(value: object) -> tuple[str, int]:
        content = json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
        digest = hashlib.sha256(content).hexdigest()
        blobs[digest] = content
        return f"sha256:{digest}", len(content)

    about = {"architecture": _architecture(), "os": "linux", "config": config,
             "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer.sha256}" for layer in layers]}}  # fmt: skip
    digest, size = blob(about)
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": size},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": f"sha256:{layer.sha256}", "size": layer.size}
                   for layer in layers],
    }  # fmt: skip
    digest, size = blob(manifest)
    index = {
        "schemaVersion": 2,
        "manifests": [{"mediaType": manifest["mediaType"], "digest": digest, "size": size,
                       "annotations": {"io.containerd.image.name": name}}],
    }  # fmt: skip
    command = [str(part) for part in (*ctr, "-n", "k8s.io", "images", "import", "-")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with tarfile.open(fileobj=process.stdin, mode="w|", bufsize=1 << 20) as archive:
                _add(archive, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
                _add(archive, "index.json", json.dumps(index).encode())
                for digest, content in blobs.items():
                    _add(archive, f"blobs/sha256/{digest}", content)
                for layer in layers:
                    info = tarfile.TarInfo(f"blobs/sha256/{layer.sha256}")
                    info.size = layer.size
                    with layer.open() as source:
                        archive.addfile(info, source)
            process.stdin.close()
        except BrokenPipeError:
            pass  # containerd gave up; what it said follows
        said = process.stdout.read().decode(errors="replace")
        if process.wait() != 0:
            raise SandboxError(f"containerd refused the image {name}: {said.strip()[-600:]}")


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def _architecture() -> str:
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
