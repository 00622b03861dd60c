# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the Kafka process in a pod really runs with: one exec, no JVM.

The pod template says what a container would start with; image tags and ConfigMaps can say something else than what
runs. The process itself tells: its command line, the jars it has open, the file it was started with, the lock files
of its log directories.
"""

from __future__ import annotations

import json
import re
import shlex
import typing as t
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import Properties, is_secret
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.providers import resolved
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.redaction import REDACTED, redact_words
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts_script import (
    MAIN_CLASSES,
    MARK,
    NEWLINE,
    SCRIPT,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import exec as pod_exec
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, NotFound

JOLOKIA_DEFAULT_PORT = 8778

_JAR = re.compile(r"(?:^|/)kafka_\d[\d.]*-(?P<version>[^/]+?)\.jar$")
_NOT_THE_SERVER = re.compile(r"-(?:test|tests|sources|javadoc|scaladoc|test-sources)$")
_LOOPBACK = ("localhost", "127.", "::1")


@dataclass(frozen=True)
class MetaProperties:
    """``meta.properties`` of one log directory.

    :ivar path: the log directory.
    :ivar version: 0 was written by a broker in ZooKeeper mode, 1 by ``kafka-storage format``; only 0 can go back.
    :ivar node_id: ``node.id``, or ``broker.id`` of version 0; None where neither is written yet.
    """

    path: str
    version: int
    cluster_id: str | None
    node_id: int | None


@dataclass(frozen=True)
class ProcessFacts:
    """What is known about one running Kafka process.

    ``settings`` holds the values of secrets, since other layers compare them: it goes through ``redact`` before it is
    shown, and is not in the repr. The values of secrets are already hidden in ``argv``, ``jvm_options`` and ``env``.

    :ivar config_path: the properties file it was started with.
    :ivar settings: static settings: that file, then every ``--override``. What a config provider takes from the environment is
        filled in, secrets excepted; other providers (``${file:...}``) are not resolved.
    :ivar jvm_options: what the launcher got before the class path and the main class.
    :ivar version: from the name of the server jar that the process has open (else from its class path), for example
        ``3.9.2`` or ``7.6.0-ccs``.
    :ivar home: directory with ``bin`` and ``libs``, or None where they are apart (Confluent's packages).
    :ivar tools: name without ``.sh`` to path.
    :ivar meta: one for each log directory that has the file.
    :ivar quorum_state: what the Raft client keeps of the last election, None for a node outside any quorum.
    :ivar metadata_logs: directories of the metadata log (``__cluster_metadata-0``) that exist, in use or left over.
    :ivar dns_ttl: seconds for which the JVM keeps a resolved address, -1 for ever, None when nothing is set and the
        default of 30 s holds.
    :ivar jolokia_port: port of a Jolokia agent that the pod proxy can use: plain HTTP, bound to the pod's address.
    :ivar env: variables that steer Kafka, its start scripts or the JVM.
    :ivar channels: threads of a broker in ZooKeeper mode that talk to the controller (``NodeToControllerRequestThread``): 2,
        and one more in migrating mode; 0 also where the names of threads tell nothing.
    :ivar owner: user and group id of the process; None when unknown.
    :ivar real_dirs: log directory as the settings name it to the same without symbolic links; only of those that can be entered.
    """

    pid: int
    argv: tuple[str, ...]
    config_path: str | None
    settings: Mapping[str, str] = field(repr=False)
    jvm_options: tuple[str, ...]
    version: str | None
    home: str | None
    start_script: str | None
    storage_tool: str | None
    tools: Mapping[str, str]
    meta: tuple[MetaProperties, ...]
    quorum_state: Mapping[str, t.Any] | None
    dns_ttl: int | None
    jolokia_port: int | None
    env: Mapping[str, str] = field(repr=False)
    metadata_logs: tuple[str, ...] = ()
    channels: int = 0
    owner: tuple[int, int] | None = None
    real_dirs: Mapping[str, str] = field(default_factory=dict)

    @property
    def roles(self) -> tuple[str, ...]:
        """Return ``process.roles``; empty for a broker in ZooKeeper mode."""
        return tuple(each.strip() for each in self.settings.get("process.roles", "").split(",") if each.strip())

    @property
    def options(self) -> tuple[str, ...]:
        """Return the options of the JVM that are in force, in their order: those of variables that Java reads by itself, too."""
        return tuple(_in_force(self.jvm_options, self.env))

    @property
    def node_id(self) -> int | None:
        """Return the id from the settings or, where Kafka generated one, from the log directories."""
        for key in ("node.id", "broker.id"):
            value = self.settings.get(key, "").strip()
            if value.isdecimal():
                return int(value)
        return next((meta.node_id for meta in self.meta if meta.node_id is not None), None)

    @property
    def cluster_id(self) -> str | None:
        """Return the cluster id that the log directories agree on, else None."""
        ids = {meta.cluster_id for meta in self.meta}
        return ids.pop() if len(ids) == 1 else None

    @property
    def log_dirs(self) -> tuple[str, ...]:
        """Return ``log.dirs``, else ``log.dir``, else Kafka's default."""
        text = self.settings.get("log.dirs") or self.settings.get("log.dir") or "/tmp/kafka-logs"  # noqa: S108
        return tuple(each.strip() for each in text.split(",") if each.strip())

    @property
    def metadata_dir(self) -> str:
        """Return where the metadata log is (``MetadataLogConfig``: by default the first log directory)."""
        return self.settings.get("metadata.log.dir") or self.log_dirs[0]


def pod_facts(client: KubeClient, namespace: str, pod: str, container: str | None = None) -> ProcessFacts:
    """Look at the Kafka process of a pod: one exec of a small shell script, no JVM.

    :raises NotFound: when no Kafka process runs in the container (it may not have started yet, or the image has no
        grep, sed and tr).
    :raises KraftError: when the output makes no sense; also what the exec itself raises.
    """
    result = pod_exec.run_read_only(client, namespace, pod, ["sh", "-c", SCRIPT], container=container)
    try:
        return parse(result.stdout)
    except _NoProcess:
        hint = result.stderr.strip().splitlines()
        raise NotFound(
            f"no Kafka process runs in pod {namespace}/{pod}{f' (container {container})' if container else ''}"
            f"{f': {hint[-1]}' if hint else ''}"
        ) from None
    except ValueError as exc:
        raise KraftError(f"cannot identify the Kafka process of pod {namespace}/{pod}: {exc}") from exc


class _NoProcess(ValueError):
    """The script found no Kafka process."""


def parse(output: str) -> ProcessFacts:
    """Make facts of what the script printed. Pure.

    :raises ValueError: when the output is not that of the script.
    """
    found = _sections(output)
    if "pid" not in found or "argv" not in found:
        raise _NoProcess("the output names no process")
    argv = _items(found["argv"][0].text)
    main = next((at for at, each in enumerate(argv) if each in MAIN_CLASSES), None)
    if main is None:
        raise ValueError("the command line contains no main class of Kafka")
    env = dict(item.partition("=")[::2] for item in _items(found["environ"][0].text) if "=" in item)
    options, classpath = _jvm(argv[1:main])
    effective = _in_force(options, env)
    config = found["config"][0] if "config" in found else _Section("", "")
    libs = _one(found, "libs")
    tools = _tools(found)
    return ProcessFacts(
        pid=int(_one(found, "pid")),
        argv=tuple(redact_words(each) for each in argv),
        config_path=config.argument or None,
        settings=resolved(
            Properties.parse(config.text).as_dict() | _overrides(argv[main + 1 :]),
            dict(item.partition("=")[::2] for item in _items(found["provided"][0].text)) if "provided" in found else {},
        ),
        jvm_options=tuple(redact_words(each) for each in options),
        version=_version(
            [*_items(found["open"][0].text), *classpath, *(_items(found["libs"][0].text) if libs else ())]
        ),
        home=libs.removesuffix("/libs") if libs.endswith("/libs") else None,
        start_script=tools.get("kafka-server-start"),
        storage_tool=tools.get("kafka-storage"),
        tools=tools,
        meta=tuple(_meta(each) for each in found.get("meta", ())),
        quorum_state=next((json.loads(each.text) for each in found.get("quorum-state", ()) if each.text.strip()), None),
        dns_ttl=_dns_ttl(found, effective),
        jolokia_port=_jolokia_port(effective),
        env={name: REDACTED if is_secret(name) else redact_words(value) for name, value in sorted(env.items())},
        metadata_logs=tuple(each.argument for each in found.get("metadata-log", ())),
        channels=int(_one(found, "channels") or 0),
        owner=_owner(_one(found, "owner")),
        real_dirs={each.argument: each.text.strip() for each in found.get("log-dir", ()) if each.text.strip()},
    )


def _in_force(options: Iterable[str], env: Mapping[str, str]) -> list[str]:
    """Return the options of the JVM in the order in which it takes them; the last one counts."""
    before = (*_split(env.get("JAVA_TOOL_OPTIONS")), *_split(env.get("JDK_JAVA_OPTIONS")))
    return [*before, *options, *_split(env.get("_JAVA_OPTIONS"))]


def _owner(text: str) -> tuple[int, int] | None:
    user, _space, group = text.partition(" ")
    return (int(user), int(group)) if user.isdecimal() and group.isdecimal() else None


@dataclass(frozen=True)
class _Section:
    argument: str
    text: str


def _sections(output: str) -> dict[str, list[_Section]]:
    found: dict[str, list[_Section]] = {}
    for chunk in f"\n{output}".replace("\r\n", "\n").split(f"\n{MARK} ")[1:]:
        head, _sep, text = chunk.partition("\n")
        name, _sep, argument = head.partition(" ")
        found.setdefault(name, []).append(_Section(argument, text))
    if "none" not in found and "end" not in found:
        raise ValueError("the output is cut off")
    return found


def _one(found: Mapping[str, list[_Section]], name: str) -> str:
    return found[name][0].argument if name in found else ""


def _items(text: str) -> list[str]:
    return [line.replace(NEWLINE, "\n") for line in text.split("\n") if line]


def _jvm(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split what stands before the main class into options and class path entries."""
    options: list[str] = []
    classpath: list[str] = []
    rest = iter(words)
    for word in rest:
        if word in ("-cp", "-classpath", "--class-path"):
            classpath = next(rest, "").split(":")
        else:
            options.append(word)
    return options, classpath


def _split(text: str | None) -> list[str]:
    try:
        return shlex.split(text or "")
    except ValueError:
        return (text or "").split()


def _overrides(arguments: Sequence[str]) -> dict[str, str]:
    """Return every ``--override key=value`` (also ``--override=key=value``); the later one wins, as in Kafka."""
    found: dict[str, str] = {}
    for at, word in enumerate(arguments):
        pair = arguments[at + 1] if word == "--override" and at + 1 < len(arguments) else ""
        if word.startswith("--override="):
            pair = word.removeprefix("--override=")
        key, equals, value = pair.partition("=")
        if equals:
            found[key] = value
    return found


def _version(paths: Iterable[str]) -> str | None:
    for path in paths:
        match = _JAR.search(path)
        if match and not _NOT_THE_SERVER.search(match["version"]):
            return match["version"]
    return None


def _tools(found: Mapping[str, list[_Section]]) -> dict[str, str]:
    tools: dict[str, str] = {}
    for line in _items(found["tools"][0].text):
        name, _sep, path = line.partition(" ")
        tools.setdefault(name, path)
    return tools


def _meta(section: _Section) -> MetaProperties:
    values = Properties.parse(section.text).as_dict()
    node = values.get("node.id") or values.get("broker.id") or ""
    return MetaProperties(
        path=section.argument,
        version=int(values.get("version") or 0),
        cluster_id=values.get("cluster.id"),
        node_id=int(node) if node.isdecimal() else None,
    )


def _dns_ttl(found: Mapping[str, list[_Section]], options: Sequence[str]) -> int | None:
    """Follow the JVM: the security property first, the system property only where that is not set."""
    files = [*found.get("security-extra", ())]
    if not any(each.startswith("-Djava.security.properties==") for each in options):
        files = [*found.get("security", ()), *files]
    security: dict[str, str] = {}
    for section in files:
        security.update(Properties.parse(section.text).as_dict())
    for value in (security.get("networkaddress.cache.ttl"), _system_property(options, "sun.net.inetaddr.ttl")):
        if value is not None and re.fullmatch(r"-?\d+", value.strip()):
            return max(-1, int(value))
    return None


def _system_property(options: Sequence[str], name: str) -> str | None:
    return next((each.partition("=")[2] for each in reversed(options) if each.startswith(f"-D{name}=")), None)


def _jolokia_port(options: Sequence[str]) -> int | None:
    for each in options:
        jar, _sep, text = each.removeprefix("-javaagent:").partition("=")
        if not each.startswith("-javaagent:") or "jolokia" not in jar.lower():
            continue
        agent = dict(pair.partition("=")[::2] for pair in text.split(","))
        host, port = agent.get("host", "localhost"), agent.get("port", str(JOLOKIA_DEFAULT_PORT))
        usable = agent.get("protocol", "http") == "http" and not host.startswith(_LOOPBACK)
        return int(port) if usable and port.isdecimal() else None
    return None
