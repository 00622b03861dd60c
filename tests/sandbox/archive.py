# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The class data archive of an image: Kafka's classes as a JVM wants them in memory (JEP 310, JEP 350).

A broker starts with half of the processor time, and a sandbox on two cores starts JVMs most of the time.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from . import image
from .cache import key_of, part
from .config import SOURCES
from .console import run
from .image import Flavour
from .oci import Layer, LayerWriter

_SCRIPT = SOURCES / "container" / "archive-classes"
_LIST = "classes"
#: the image whose servers are run to find out what they load
_FIRST = image.FLAVOURS["file"]


def archive_layer(cache: Path, flavour: Flavour, version: str) -> Layer:
    """Return the layer with the archive, made by the image's own JVM when it is not in the cache. Raises SandboxError."""
    writer = LayerWriter()
    writer.file(image.ARCHIVE, (_archive(cache, flavour, version) / Path(image.ARCHIVE).name).read_bytes(), 0o644)
    return writer.layer()


def _archive(cache: Path, flavour: Flavour, version: str) -> Path:
    """Return the folder with the archive and the list of the classes in it."""
    return part(
        cache,
        f"classes-{flavour.name}-{version}",
        key_of(image.image_key(flavour.name, version)),
        lambda folder: _make(cache, flavour, version, folder),
    )


def _make(cache: Path, flavour: Flavour, version: str, folder: Path) -> None:
    """Run the image's Kafka in the image's files: an archive fits only the paths and times of the jars that it was made from."""
    tree, kafka = folder / "tree", folder / "kafka.tar"
    for name in ("proc", "dev", "tmp"):
        (tree / name).mkdir(parents=True)
    with image.kafka_layer(cache, flavour, version).open() as source, kafka.open("wb") as sink:
        shutil.copyfileobj(source, sink)
    for layer in (image.rootfs(cache).path, kafka):
        run(["tar", "-xf", str(layer), "-C", tree])
    shutil.copy(_SCRIPT, tree / "tmp")
    if flavour is not _FIRST:
        # the same jars in other folders load the same classes
        shutil.copy(_archive(cache, _FIRST, version) / _LIST, tree / "tmp")
    inside = [f"/tmp/{_SCRIPT.name}", f"{flavour.bin}/kafka-run-class{flavour.suffix}", f"/tmp/{_LIST}", image.ARCHIVE]
    run(
        ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-eu", "-c",
         'mount -t proc proc "$0/proc"; mount --bind /dev "$0/dev"; exec chroot "$0" "$@"', tree, *inside],
        log=cache / f"build-classes-{flavour.name}-{version}.log",
    )  # fmt: skip
    shutil.move(str(tree) + image.ARCHIVE, folder)
    shutil.move(tree / "tmp" / _LIST, folder)
    shutil.rmtree(tree)
    kafka.unlink()
