# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The container images, written as OCI archives without any image tool.

``localhost/kafka`` has the layout of the official apache/kafka image. ``localhost/cp-kafka`` and ``localhost/bitnami-kafka`` are DOUBLES:
the layout and the environment surface of the images of Confluent and Bitnami around Apache Kafka's jars.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .cache import is_built, key_of, part
from .config import DEBIAN_SUITE, JOLOKIA_VERSION, SOURCES, SandboxError
from .console import run
from .oci import Layer, LayerWriter
from .scripts import SCRIPTS, wrapper

_PACKAGES = "openjdk-17-jre-headless,procps,iproute2"
_NOT_NEEDED = (
    "./dev/*",
    "./var/cache/apt/*",
    "./var/lib/apt/lists/*",
    "./usr/share/doc/*",
    "./usr/share/man/*",
    "./usr/share/locale/*",
)
_SOURCE = SOURCES / "container"
#: in an image; made by archive.py
ARCHIVE = "/opt/sandbox/kafka.jsa"
_PREFER = ("org/apache/kafka/", "org/apache/zookeeper/", "kafka/")


@dataclass(frozen=True)
class Flavour:
    """Where an image family keeps what, and who runs it."""

    name: str
    repository: str
    libs: str
    bin: str
    suffix: str
    config: str
    logs: str
    data: str
    user: int
    group: int
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()


FLAVOURS = {
    flavour.name: flavour
    for flavour in (
        Flavour(
            "file", "localhost/kafka", "/opt/kafka/libs", "/opt/kafka/bin", ".sh", "/opt/kafka/config", "/opt/kafka/logs",
            "/var/lib/kafka/data", 1000, 1000, command=("/bin/bash",),
        ),
        Flavour(
            "confluent", "localhost/cp-kafka", "/usr/share/java/kafka", "/usr/bin", "", "/etc/kafka", "/var/log/kafka",
            "/var/lib/kafka/data", 1000, 1000, command=("/etc/confluent/docker/run",),
        ),
        Flavour(
            "bitnami", "localhost/bitnami-kafka", "/opt/bitnami/kafka/libs", "/opt/bitnami/kafka/bin", ".sh", "/opt/bitnami/kafka/config",
            "/opt/bitnami/kafka/logs", "/bitnami/kafka/data", 1001, 0,
            entrypoint=("/opt/bitnami/scripts/kafka/entrypoint.sh",), command=("/opt/bitnami/scripts/kafka/run.sh",),
        ),
    )
}  # fmt: skip


def image_name(flavour: str, version: str) -> str:
    """Return the image reference, ``localhost/kafka:3.9.2`` for example."""
    return f"{FLAVOURS[flavour].repository}:{version}"


def image_key(flavour: str, version: str) -> str:
    """Return a hash of everything that goes into the image."""
    return key_of(
        flavour,
        version,
        DEBIAN_SUITE,
        _PACKAGES,
        JOLOKIA_VERSION,
        _SOURCE,
        SOURCES / "scripts.py",
        SOURCES / "image.py",
        SOURCES / "archive.py",
    )


def missing_parts(cache: Path, version: str) -> list[str]:
    """Name what a build of the images of this Kafka version would have to fetch."""
    wanted = (("rootfs", _rootfs_key()), (f"jars-{version}", _jars_key(version)), ("pause", _pause_key()))
    return [name for name, key in wanted if not is_built(cache, name, key)]


def _rootfs_key() -> str:
    return key_of(DEBIAN_SUITE, _PACKAGES, *_NOT_NEEDED, "users 1")


def rootfs(cache: Path) -> Layer:
    """Return the layer with Debian and Java, shared by all images."""
    return Layer.stored(part(cache, "rootfs", _rootfs_key(), lambda folder: _debootstrap(cache, folder)))


def _debootstrap(cache: Path, folder: Path) -> None:
    """Install Debian into a folder and turn it into one layer."""
    tree = folder / "tree"
    run(
        ["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", DEBIAN_SUITE, tree],
        log=cache / "build-rootfs.log",
    )
    for file, line in (("passwd", "appuser:x:1000:1000::/home/appuser:/bin/bash"), ("group", "appuser:x:1000:")):
        with (tree / "etc" / file).open("a", encoding="utf-8") as sink:
            sink.write(line + "\n")
    layer = folder / Layer.FILE
    exclude = [f"--exclude={pattern}" for pattern in _NOT_NEEDED]
    run(["tar", "--numeric-owner", "--sort=name", "--mtime=@0", *exclude, "-C", tree, "-cf", layer, "."])
    run(["rm", "-rf", tree])
    Layer.record(folder)


def _jars_key(version: str) -> str:
    return key_of(version, JOLOKIA_VERSION, _SOURCE / "pom.xml", _SOURCE / "Topics.java")


def jars(cache: Path, version: str) -> Path:
    """Return the folder with ``libs/``, ``jolokia.jar`` and ``topics.jar`` of a Kafka version."""
    return part(cache, f"jars-{version}", _jars_key(version), lambda folder: _fetch_jars(cache, version, folder))


def _fetch_jars(cache: Path, version: str, folder: Path) -> None:
    """Fetch Kafka's jars from Maven Central and compile the topic helper against them."""
    libs = folder / "libs"
    run(
        ["mvn", "-q", "-B", "-f", _SOURCE / "pom.xml", f"-Dmaven.repo.local={cache / 'maven'}", f"-Dkafka={version}", f"-Djolokia={JOLOKIA_VERSION}",
         "dependency:copy-dependencies", f"-DoutputDirectory={libs}", "-DincludeScope=runtime"],
        log=cache / f"build-jars-{version}.log",
    )  # fmt: skip
    agents = list(libs.glob("jolokia-agent-jvm-*-javaagent.jar"))
    if len(agents) != 1 or not (libs / f"kafka_2.13-{version}.jar").is_file():
        raise SandboxError(f"Maven did not bring Kafka {version} and one Jolokia agent into {libs}")
    agents[0].rename(folder / "jolokia.jar")
    classes = folder / "classes"
    run(["javac", "--release", "11", "-cp", f"{libs}/*", "-d", classes, _SOURCE / "Topics.java"])
    run(["jar", "--create", "--file", folder / "topics.jar", "-C", classes, "."])


def kafka_layer(cache: Path, flavour: Flavour, version: str) -> Layer:
    """Return the layer with Kafka in the layout of an image family."""
    parts = jars(cache, version)
    writer = LayerWriter()
    for jar in sorted((parts / "libs").glob("*.jar")):
        writer.file(f"{flavour.libs}/{jar.name}", jar.read_bytes(), 0o644)
    writer.file("/opt/jolokia/jolokia.jar", (parts / "jolokia.jar").read_bytes(), 0o644)
    writer.file("/opt/sandbox/topics.jar", (parts / "topics.jar").read_bytes(), 0o644)
    for name, content in _scripts(flavour, parts / "libs"):
        writer.file(f"{flavour.bin}/{name}{flavour.suffix}", content, 0o755)
    owner = (flavour.user, flavour.group)
    for folder in (flavour.config, flavour.logs, flavour.data):
        writer.folder(folder, 0o775, owner)
    for file in sorted((_SOURCE / "config").iterdir()):
        writer.file(f"{flavour.config}/{file.name}", file.read_bytes(), 0o664, owner)
    if flavour.name == "confluent":
        writer.file("/etc/confluent/docker/run", (_SOURCE / "confluent/run").read_bytes(), 0o755)
    if flavour.name == "bitnami":
        for name in ("entrypoint.sh", "run.sh"):
            writer.file(f"/opt/bitnami/scripts/kafka/{name}", (_SOURCE / "bitnami" / name).read_bytes(), 0o755)
    return writer.layer()


def _scripts(flavour: Flavour, libs: Path) -> Iterable[tuple[str, bytes]]:
    """Yield name and content of every command line tool; the class behind a tool is looked up in the jars."""
    for file in sorted((_SOURCE / "bin").iterdir()):
        text = file.read_text(encoding="utf-8")
        for mark in ("libs", "bin", "suffix", "config", "logs"):
            text = text.replace(f"@{mark.upper()}@", getattr(flavour, mark))
        text = text.replace("@ARCHIVE@", ARCHIVE)
        yield file.name, text.encode()
    classes = _classes(libs)
    for name, script in SCRIPTS.items():
        found = [classes[prefix, script.class_name] for prefix in _PREFER if (prefix, script.class_name) in classes]
        if found:
            yield name, wrapper(script, found[0], f"{flavour.bin}/kafka-run-class{flavour.suffix}").encode()


def _classes(libs: Path) -> dict[tuple[str, str], str]:
    """Return {(prefix, simple name): full class name}: tools moved from kafka.* to org.apache.kafka.* between the versions."""
    found: dict[tuple[str, str], str] = {}
    for jar in [*libs.glob("kafka*.jar")]:
        with zipfile.ZipFile(jar) as archive:
            for entry in archive.namelist():
                prefix = next((prefix for prefix in _PREFER if entry.startswith(prefix)), None)
                if prefix and entry.endswith(".class") and "$" not in entry:
                    found[prefix, Path(entry).stem] = entry.removesuffix(".class").replace("/", ".")
    return found


def kafka_config(flavour: Flavour) -> dict[str, object]:
    """Return the run configuration of an image."""
    config: dict[str, object] = {
        "User": str(flavour.user),
        "Env": ["PATH=" + ":".join((*(["/opt/kafka/bin"] if flavour.name == "file" else []), "/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")),
                "LANG=C.UTF-8"],
        "WorkingDir": "/",
    }  # fmt: skip
    if flavour.entrypoint:
        config["Entrypoint"] = list(flavour.entrypoint)
    if flavour.command:
        config["Cmd"] = list(flavour.command)
    return config


def _pause_key() -> str:
    return key_of(_SOURCE / "pause.c")


def pause_layer(cache: Path) -> Layer:
    """Return the layer with the program that holds a pod's namespaces."""

    def build(folder: Path) -> None:
        run(["gcc", "-static", "-Os", "-o", folder / "pause", _SOURCE / "pause.c"])

    writer = LayerWriter()
    writer.file("/pause", (part(cache, "pause", _pause_key(), build) / "pause").read_bytes(), 0o755)
    return writer.layer()
