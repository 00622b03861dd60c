# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image of the pods: the sandbox's Kafka in the layout of Strimzi's image, with scripts and an agent of the double's own.

It has what people use in such a pod: curl, nc, openssl, the work folder /opt/kafka, Kafka's tools in bin.
"""

from __future__ import annotations

from pathlib import Path

from tests.sandbox import archive, image
from tests.sandbox.cache import key_of, part
from tests.sandbox.cluster import Sandbox
from tests.sandbox.config import DEBIAN_SUITE, DEFAULT_KAFKA, SOURCES
from tests.sandbox.console import run
from tests.sandbox.image import Flavour
from tests.sandbox.oci import Layer, LayerWriter

from .names import KAFKA_IMAGE, OPERATOR_IMAGE, kafka_image, operator_image

_SOURCE = Path(__file__).resolve().parent / "container"
_PACKAGES = "openjdk-17-jre-headless,procps,iproute2,curl,ncat,openssl"
_NOT_NEEDED = ("./dev/*", "./var/cache/apt/*", "./var/lib/apt/lists/*", "./usr/share/doc/*", "./usr/share/man/*")
FLAVOUR = Flavour(
    "strimzi", "localhost/strimzi-kafka", "/opt/kafka/libs", "/opt/kafka/bin", ".sh", "/opt/kafka/config", "/opt/kafka/logs",
    "/var/lib/kafka", 1001, 0, command=("/bin/bash",),
)  # fmt: skip
_SCRIPTS = ("kafka_run.sh", "kafka_readiness.sh", "stores.sh", "zookeeper_run.sh", "zookeeper_healthcheck.sh")


def _rootfs(cache: Path) -> Layer:
    """Return Debian and Java with the tools that are in Strimzi's image."""

    def build(folder: Path) -> None:
        tree, layer = folder / "tree", folder / Layer.FILE
        include = f"--include={_PACKAGES}"
        run(["debootstrap", "--variant=minbase", include, DEBIAN_SUITE, tree], log=cache / "build-strimzi-rootfs.log")
        exclude = [f"--exclude={pattern}" for pattern in _NOT_NEEDED]
        run(["tar", "--numeric-owner", "--sort=name", "--mtime=@0", *exclude, "-C", tree, "-cf", layer, "."])
        run(["rm", "-rf", tree])
        Layer.record(folder)

    return Layer.stored(part(cache, "strimzi-rootfs", key_of(DEBIAN_SUITE, _PACKAGES, *_NOT_NEEDED), build))


def _agent(cache: Path) -> bytes:
    """Return the jar of the agent."""

    def build(folder: Path) -> None:
        classes, about = folder / "classes", folder / "MANIFEST"
        run(["javac", "--release", "11", "-d", classes, _SOURCE / "KafkaAgent.java"])
        about.write_text("Premain-Class: kafkaops.strimzi.KafkaAgent\n", encoding="utf-8")
        run(["jar", "--create", "--file", folder / "agent.jar", "--manifest", about, "-C", classes, "."])

    return (part(cache, "strimzi-agent", key_of(_SOURCE / "KafkaAgent.java"), build) / "agent.jar").read_bytes()


def _own_layer(cache: Path) -> Layer:
    writer = LayerWriter()
    for name in _SCRIPTS:
        writer.file(f"/opt/kafka/{name}", (_SOURCE / name).read_bytes(), 0o755)
    writer.file("/opt/strimzi/kafka-agent.jar", _agent(cache), 0o644)
    for folder in ("/var/opt/kafka", "/var/lib/zookeeper"):
        writer.folder(folder, 0o775, (FLAVOUR.user, FLAVOUR.group))
    return writer.layer()


def ensure(sandbox: Sandbox, version: str) -> None:
    """Bring the images of an operator version into the sandbox: the pods', under Strimzi's name, and the operator's, which only sleeps."""
    cache = sandbox.folders.cache
    config = {**image.kafka_config(FLAVOUR), "WorkingDir": "/opt/kafka"}
    own = Path(__file__).resolve()
    key = key_of(DEBIAN_SUITE, _PACKAGES, DEFAULT_KAFKA, _SOURCE, own, SOURCES / "image.py", SOURCES / "container")
    sandbox.bring_image(KAFKA_IMAGE, key, lambda: [
        _rootfs(cache),
        image.kafka_layer(cache, FLAVOUR, DEFAULT_KAFKA),
        # the same jars in the same folders as in the sandbox's own image
        archive.archive_layer(cache, image.FLAVOURS["file"], DEFAULT_KAFKA),
        _own_layer(cache),
    ], config)  # fmt: skip
    pause = key_of(SOURCES / "container" / "pause.c")
    sandbox.bring_image(OPERATOR_IMAGE, pause, lambda: [image.pause_layer(cache)], {"Cmd": ["/pause"]})
    sandbox.name_image(KAFKA_IMAGE, kafka_image(version))
    sandbox.name_image(OPERATOR_IMAGE, operator_image(version))
