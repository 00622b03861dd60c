# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that JVM options name, and whether a controller has them: what comes along, what is left out.

A jar, a log4j file or credentials reach the JVM by options instead of settings. Where the brokers find them is decided by
the volumes of their container: in the image, in a Secret or ConfigMap, or in scratch space that an init container fills.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.carry_over import (
    JVM_VARIABLES,
    jvm_environment,
    shared_volumes,
    volume_comes_along,
    with_originals,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.fillers import Fillers
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.scripts import mounted_files
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import (
    escaped,
    set_variable,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import (
    container_of,
    environment,
    volume_at,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import REDACTED
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

Obj = dict[str, Any]

_PATH = re.compile(r"""(?:^|[=:,;"'])(?:file:(?://)?)?(/(?!/)[^\s=:,;*?"']*)""")
_WRITTEN = re.compile(
    r"-Xlog|-XX:(?:HeapDumpPath|ErrorFile|LogFile|StartFlightRecording)|-D(?:kafka\.logs\.dir|java\.io\.tmpdir)="
)
_LOG4J = re.compile(r"-Dlog4j2?\.configuration(?:File)?=")
_ESSENTIAL = re.compile(
    r"-D(java\.security\.(?:auth\.login\.config|krb5\.\w+|properties)|javax\.net\.ssl\.(?:trust|key)Store(?:Password|Type)?"
    # jute.maxbuffer: without it a client of ZooKeeper ends when it reads a znode that the brokers can read
    r"|javax\.security\.auth\.useSubjectCredsOnly|zookeeper\.[\w.]+|jute\.maxbuffer|org\.apache\.kafka\.[\w.]+)="
)
LOG4J_VARIABLE = "KAFKA_LOG4J_OPTS"
_AGENT = re.compile(r"-(?:javaagent|agentpath|agentlib):")


@dataclass
class Carried:
    """What of the brokers' pods a controller's pod has too.

    :ivar own_log4j: the log4j file of the brokers does not come along, and the controllers need one of ours.
    :ivar notes: what was left out and why, one sentence each.
    """

    env: list[Obj]
    volumes: list[Obj]
    mounts: list[Obj]
    init_containers: list[Obj] = field(default_factory=list)
    own_log4j: bool = False
    notes: list[str] = field(default_factory=list)


def carried(
    template: Mapping[str, Any],
    container: str,
    config_maps: Mapping[str, Obj],
    settings: Iterable[str],
    reserved: Sequence[str],
    running: Sequence[str] = (),
    environment_of_settings: Sequence[Obj] = (),
) -> Carried:
    """Return what comes along.

    :param settings: values of the controllers' settings, which may name files too.
    :param reserved: mount paths that the controllers have a use of their own for.
    :param running: JVM options of a running broker; credentials that its start command adds are among them only.
    :param environment_of_settings: ``env`` entries that the settings need besides those of the JVM.
    :raises Unsupported: ``controller-manifest`` when the controllers would lack credentials that the brokers have.
    """
    env = jvm_environment(template, container, config_maps)
    # first, since others may refer to them
    given = {entry["name"] for entry in environment_of_settings}
    env = [*environment_of_settings, *(entry for entry in env if entry["name"] not in given)]
    values = list(settings)
    texts = [str(entry.get("value") or "") for entry in env] + values
    known = environment(container_of(template, container), config_maps)
    texts += jvm_texts(template, container, config_maps)
    volumes, kept = shared_volumes(template, container, texts, reserved)
    work = _Work(template, container, config_maps, Carried(env, volumes, kept))
    for entry in env:
        if entry["name"] in JVM_VARIABLES:
            work.check_variable(entry, known[entry["name"]].value)
    for value in values:
        missing = [path for path in _paths(value) if not work.has(path)]
        if missing and not any(missing[0].startswith(path) for path in reserved):
            raise _lacking(f"the setting that names {missing[0]}", missing[0])
    work.add_credentials(running, [item.value for name, item in known.items() if name in JVM_VARIABLES])
    return work.finish()


def jvm_texts(template: Mapping[str, Any], container: str, config_maps: Mapping[str, Obj]) -> list[str]:
    """Return the values of the variables that give options to the JVM, as far as they can be read."""
    known = environment(container_of(template, container), config_maps)
    return [text for name in JVM_VARIABLES if (text := _text(known, name))]


def _text(known: Mapping[str, Any], name: str) -> str:
    variable = known.get(name)
    return variable.value or "" if variable else ""


def needed_paths(variable: str, value: str) -> list[str]:
    """Return the paths that a controller cannot do without: of credentials in a variable of the JVM, or in a setting.

    :param variable: its name; "" for the value of a setting.
    """
    if variable in JVM_VARIABLES:
        return [path for word in value.split() if _ESSENTIAL.match(word) for path in _paths(word)]
    return [] if variable else _paths(value)


def _paths(text: str) -> list[str]:
    return [path.rstrip("/") for path in _PATH.findall(text)]


def _named(word: str) -> str:
    """Return an option as it may be shown: without its value, or the arguments of an agent, among which there may be a password."""
    return word.partition("=")[0]


def _lacking(what: str, path: str) -> Unsupported:
    return Unsupported(
        f"{what} needs {path}, which only the brokers' pods have: no volume that contains it can be mounted by the controllers; "
        "put the file into a Secret or ConfigMap, or give kraft_controller_manifest a StatefulSet that has it",
        code="controller-manifest",
    )


class _Work:
    """Goes through the options; ``result`` grows."""

    def __init__(
        self, template: Mapping[str, Any], container: str, config_maps: Mapping[str, Obj], result: Carried
    ) -> None:
        self.template, self.container, self.config_maps, self.result = template, container, config_maps, result
        self.spec = template["spec"]
        self.target = container_of(template, container)
        self.fillers = Fillers(self.spec)

    def has(self, path: str, *, written: bool = False) -> bool:
        """Whether a controller will have the file; an init container that makes it is taken along."""
        name = volume_at(self.target, path)
        if name is None:
            return True  # in the image
        volume = next((item for item in self.spec.get("volumes") or [] if item["name"] == name), None)
        if volume is None or not volume_comes_along(volume):
            return False
        if not any(mount["name"] == name for mount in self.result.mounts):
            return False
        if "emptyDir" not in volume or written:
            return True
        return self.fillers.fill(name)

    def check_variable(self, entry: Obj, value: str | None) -> None:
        """Leave out of a variable what a controller cannot have; what cannot be read comes along as it is."""
        if value is None or entry["name"] == "LOG_DIR":
            return
        separator = ":" if entry["name"] == "CLASSPATH" else " "
        words = [word for word in (value.split(":") if separator == ":" else value.split()) if word]
        left = {word: why for word in words if (why := self._why_not(word))}
        if not left:
            return
        kept = [word for word in words if word not in left]
        self.result.env = [item for item in self.result.env if item is not entry]
        if kept:
            self.result.env.append({"name": entry["name"], "value": escaped(separator.join(kept))})
        for word, why in left.items():
            self.result.notes.append(f"{_named(word)} of {entry['name']} is not set for the controllers: {why}")

    def _why_not(self, word: str) -> str:
        """Say why a controller does without an option, as a clause; "" when it has it. Raises Unsupported for credentials."""
        written = bool(_WRITTEN.match(word))
        lacking = [path for path in _paths(word) if not self.has(path, written=written)]
        why = "it names a file on a volume that only the brokers' pods have" if lacking else ""
        if _LOG4J.match(word):
            why = why or self._silent(word)
            self.result.own_log4j = self.result.own_log4j or bool(why)
        elif lacking and _ESSENTIAL.match(word):
            raise _lacking(_named(word), lacking[0])
        return why

    def _silent(self, word: str) -> str:
        """Say why a log4j file of a ConfigMap writes nothing to the pod's log, where a migration looks for what is said, or ""."""
        for path in _paths(word):
            text = self._mounted_text(path)
            if text == "":
                return f"{path} is not in the ConfigMap that is mounted there"
            if text is not None and "Console" not in text:
                return f"{path} has no console appender, and a migration looks into the pods' logs"
        return ""

    def _mounted_text(self, path: str) -> str | None:
        """Return the text of a file of a ConfigMap, "" when it is not there, None when nobody knows."""
        name = volume_at(self.target, path)
        volume: Obj = next((item for item in self.spec.get("volumes") or [] if item["name"] == name), {})
        shown = with_originals(volume)
        for file in mounted_files({"spec": {"containers": [self.target], "volumes": [shown]}}, self.config_maps):
            if path in file.paths:
                return file.text
        source = shown.get("configMap") or {}
        return "" if source.get("name") in self.config_maps and not source.get("items") else None

    def add_credentials(self, running: Sequence[str], texts: Sequence[str | None]) -> None:
        """Take over credentials that only the start command of the brokers gives to the JVM."""
        unread = None in texts
        said = " ".join(text or "" for text in texts)
        self.result.notes += [
            f"{_named(word)} is added by the start command of the brokers, so the controllers run without it; to have it there too, put it into KAFKA_OPTS"
            for word in running
            if _AGENT.match(word) and _named(word) not in said and not unread
        ]
        given = {match[1] for text in texts for word in (text or "").split() if (match := _ESSENTIAL.match(word))}
        for word in running:
            match = _ESSENTIAL.match(word)
            if match is None or match[1] in given:
                continue
            if unread and (REDACTED in word or self._is_unread("KAFKA_OPTS")):
                continue  # it may be in what cannot be read, which comes along
            if REDACTED in word:
                raise Unsupported(
                    f"-D{match[1]} is set by the brokers' start command, and its value is a secret, which is not read from there; "
                    "put it into KAFKA_OPTS in the pod template, or give kraft_controller_manifest",
                    code="controller-manifest",
                )
            self._why_not(word)  # refuses what cannot come along
            before = next(
                (str(item.get("value") or "") for item in self.result.env if item["name"] == "KAFKA_OPTS"), ""
            )
            holder = {"env": self.result.env}
            set_variable(holder, "KAFKA_OPTS", f"{before} {escaped(word)}".strip())
            self.result.env = holder["env"]

    def _is_unread(self, name: str) -> bool:
        return any(entry["name"] == name and "value" not in entry for entry in self.result.env)

    def finish(self) -> Carried:
        """Add the init containers that fill scratch space, with every volume that they mount."""
        have = {volume["name"] for volume in self.result.volumes}
        self.result.init_containers += self.fillers.containers()
        self.result.volumes += [volume for volume in self.fillers.volumes() if volume["name"] not in have]
        return self.result
