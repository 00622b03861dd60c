# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The images of the pods: the operator's tools, the double of the exporter, and Kafka in the layout of Bitnami's image.

No two names may have the same content: the operator compares the name in a pod's status, for which containerd takes any of the names,
and then never counts the pod as ready. That is why each image has a file with its name.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tests.sandbox import image
from tests.sandbox.cache import key_of, part
from tests.sandbox.cluster import Sandbox
from tests.sandbox.config import DEBIAN_SUITE, DEFAULT_KAFKA, JOLOKIA_VERSION, SOURCES
from tests.sandbox.console import run
from tests.sandbox.oci import Layer, LayerWriter

from . import build
from .names import EXPORTER_IMAGE, OLD_VERSIONS, TOOLS_IMAGE, kafka_image

_POM = Path(__file__).resolve().parent / "container" / "pom.xml"
_BITNAMI = image.FLAVOURS["bitnami"]
#: of the images with one program: the program of the build, where it lies
_SINGLE = {TOOLS_IMAGE: ("kbagent", "/usr/bin/kbagent"), EXPORTER_IMAGE: ("exporter", "/usr/local/bin/kafka_exporter")}
_CONFIG = {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"], "WorkingDir": "/"}


def ensure(sandbox: Sandbox) -> None:
    """Bring the images of tools and exporter into the sandbox."""
    cache = sandbox.folders.cache
    folder = build.programs(cache)
    for name, (program, path) in _SINGLE.items():
        content = folder / program
        layers = partial(_single, cache, name, path, content)
        sandbox.bring_image(name, key_of(name, DEBIAN_SUITE, content), layers, _CONFIG)


def _single(cache: Path, name: str, path: str, program: Path) -> list[Layer]:
    writer = LayerWriter()
    writer.file(path, program.read_bytes(), 0o755)
    _mark(writer, name)
    return [image.rootfs(cache), writer.layer()]


def _mark(writer: LayerWriter, name: str) -> None:
    writer.file("/etc/sandbox-image", f"{name}\n".encode(), 0o644)


def ensure_kafka(sandbox: Sandbox, version: str) -> None:
    """Bring Kafka of a version into the sandbox."""
    if version not in OLD_VERSIONS:
        sandbox.ensure_image("bitnami", version)
        return
    cache, name = sandbox.folders.cache, kafka_image(version)

    def layers() -> list[Layer]:
        _fetch_old(cache, version)
        writer = LayerWriter()
        _mark(writer, name)
        # without an archive of classes: that is made by running servers in KRaft mode, which 2.7 cannot
        return [image.rootfs(cache), image.kafka_layer(cache, _BITNAMI, version), writer.layer()]

    key = key_of(image.image_key(_BITNAMI.name, version), _POM, name)
    sandbox.bring_image(name, key, layers, image.kafka_config(_BITNAMI))


def ensure_zookeeper(sandbox: Sandbox) -> None:
    """Bring the image that the ZooKeeper of the tests runs in."""
    sandbox.ensure_image("file", DEFAULT_KAFKA)


def _fetch_old(cache: Path, version: str) -> None:
    """Fetch the jars of an old version to where the sandbox looks for them; its own list names one that 2.7 does not have."""

    def fetch(folder: Path) -> None:
        libs, helper = folder / "libs", SOURCES / "container" / "Topics.java"
        run(
            ["mvn", "-q", "-B", "-f", _POM, f"-Dmaven.repo.local={cache / 'maven'}", f"-Dkafka={version}", f"-Djolokia={JOLOKIA_VERSION}",
             "dependency:copy-dependencies", f"-DoutputDirectory={libs}", "-DincludeScope=runtime"],
            log=cache / f"build-jars-{version}.log",
        )  # fmt: skip
        next(libs.glob("jolokia-agent-jvm-*-javaagent.jar")).rename(folder / "jolokia.jar")
        run(["javac", "--release", "11", "-cp", f"{libs}/*", "-d", folder / "classes", helper])
        run(["jar", "--create", "--file", folder / "topics.jar", "-C", folder / "classes", "."])

    part(cache, f"jars-{version}", image._jars_key(version), fetch)
