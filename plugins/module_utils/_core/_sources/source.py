# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings source: where a broker gets its settings from, found in the pod template and checked against the broker.

Four kinds: a properties file in a ConfigMap, one in a Secret, environment variables, and overrides in the start command. All read,
tell what the start command adds on its own, and write a stage as new objects; what the user made stays untouched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.scripts import (
    MountedFile,
    is_script,
    looks_like_settings,
    mounted_files,
    reached,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import (
    DNS_TTL_OPTION,
    StageChange,
    is_noted,
    is_of_stage,
    settings_hash,
    with_jvm_option,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import (
    all_containers,
    commands,
    container_of,
    environment,
    main_container,
    mounts,
    uses,
    volume_at,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import Properties
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.entrypoints import (
    APACHE,
    BITNAMI,
    mapping_rules,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.environment import EnvironmentSource
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.file import FileSource
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.named_file import (
    chosen_in_the_pod,
    started_with,
    with_values,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.overrides import OverridesSource
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.protocol import SettingsSource
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.start_command import config_file
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

__all__ = [
    "DNS_TTL_OPTION",
    "EnvironmentSource",
    "FileSource",
    "OverridesSource",
    "SettingsSource",
    "StageChange",
    "detect",
    "needed_secrets",
    "settings_hash",
    "with_jvm_option",
]

Obj = dict[str, Any]
Scored = tuple[int, SettingsSource]
#: settings that a script writes, from which on it is taken for where the settings come from
_ENOUGH = 2


def detect(
    template: Mapping[str, Any],
    config_maps: Mapping[str, Obj],
    effective: Mapping[str, str],
    container: str | None = None,
    secrets: Mapping[str, Obj] | None = None,
    config_path: str = "",
) -> SettingsSource:
    """Find where a broker gets its settings from.

    Every settings file that the pods mount, the variables that the image makes settings of, and the overrides of the start command
    are compared with what a running broker uses. A candidate counts when at least half of the settings that it gives agree, and it
    must agree on twice as many as the next one. A script is none.

    :param config_maps: ConfigMaps of the namespace by name; ``secrets``: the Secrets of ``needed_secrets`` by name.
    :param effective: settings of a running broker of this template.
    :param config_path: the file that its process was started with, "" when it is not known.
    :raises Unsupported: ``surface-not-found`` when none or several fit; ``cluster-ambiguous`` for the container.
    """
    name = main_container(template, container)
    known = secrets or {}
    scored: list[Scored] = []
    for source in _candidates(dict(template), config_maps, known, name, config_path):
        score = _score(source, effective)
        if score:
            scored.append((score, source))
    if any(isinstance(source, FileSource) for _agreed, source in scored):
        scored = [item for item in scored if not isinstance(item[1], OverridesSource)]
    scored.sort(key=lambda item: -item[0])
    started = with_values(config_file(container_of(template, name)), _values(template, name, config_maps, known))
    scored = _without_others(scored, (config_path, started))
    best = scored[0][1] if scored else None
    if best is None or isinstance(best, EnvironmentSource):
        _refuse_unread(name, needed_secrets(template, name, config_maps, config_path), known)
    if best is None:
        raise Unsupported(
            _nothing(template, config_maps, known, name, effective, config_path), code="surface-not-found"
        )
    _refuse_a_choice(best)
    if len(scored) > 1 and scored[0][0] < 2 * scored[1][0]:
        raise Unsupported(
            f"the settings of container {name} could come from {best.where} or from {scored[1][1].where}; "
            "keep only one of them",
            code="surface-not-found",
        )
    return best


def _refuse_unread(container: str, wanted: Mapping[str, bool], secrets: Mapping[str, Obj]) -> None:
    """Raise Unsupported when a Secret that holds settings, and that pods need, could not be read."""
    unread = [name for name, must in wanted.items() if must and name not in secrets]
    if unread:
        raise Unsupported(
            f"container {container} takes settings from Secret {unread[0]}, which could not be read: make sure that it exists and that "
            "the account may get it",
            code="surface-not-found",
        )


def _values(
    template: Mapping[str, Any], container: str, config_maps: Mapping[str, Obj], secrets: Mapping[str, Obj]
) -> dict[str, str | None]:
    variables = environment(container_of(template, container), config_maps, secrets)
    return {name: item.value for name, item in variables.items()}


def _without_others(scored: list[Scored], places: tuple[str, ...]) -> list[Scored]:
    """Leave out what is not the file that Kafka was started with, where that is a mounted one."""
    files = {id(item): item[1].file() for item in scored if isinstance(item[1], FileSource)}
    named = started_with(files.values(), places)
    kept = [item for item in scored if files.get(id(item)) in named]
    return kept if len(kept) == 1 else scored


def _refuse_a_choice(source: SettingsSource) -> None:
    """A stage is written into one file. Raises Unsupported when brokers may be started with different ones."""
    if not isinstance(source, FileSource):
        return
    template = source.template
    files = mounted_files(template, source.config_maps, source.secrets)
    start = [text for item in all_containers(template) for text in commands(item)]
    texts = [*start, *(script.text for script in reached(files, "\n".join(start)))]
    candidates = [file for file in files if _is_settings_file(file, "\n".join(start))]
    values = _values(template, source.container, source.config_maps, source.secrets)
    own = source.file()
    chosen = chosen_in_the_pod(own, [own, *(item for item in candidates if item != own)], texts, values)
    if chosen:
        names = ", ".join(file.where for file in sorted(chosen, key=lambda file: (file.name, file.key)))
        raise Unsupported(
            f"a pod chooses its settings file when it starts ({names}), and a stage is written into one file for all brokers: put the settings "
            "into one file, leave what differs from broker to broker to --override arguments of the start command, and restart the brokers",
            code="surface-not-found",
        )


def _score(source: SettingsSource, effective: Mapping[str, str]) -> int:
    """Return on how many settings a candidate agrees with the broker, those counted that something else fills; 0: it is not the source."""
    read = source.read()
    both = read.keys() & effective.keys()
    agree = sum(1 for key in both if read[key].strip() == effective[key].strip())
    filled = len(source.opaque() & effective.keys())
    # While a stage is written and not rolled, what it adds is not there yet; before, what is not there speaks against the candidate.
    compared = len(both) if is_noted(source.template) else len(read)
    least = 0 if isinstance(source, FileSource) else 1
    return agree + filled if agree >= least and agree * 2 >= compared else 0


def needed_secrets(
    template: Mapping[str, Any], container: str, config_maps: Mapping[str, Obj], config_path: str = ""
) -> dict[str, bool]:
    """Return the Secrets that may hold settings, and whether pods need them: those of ``envFrom``, and those mounted where Kafka looks.

    Keys and passwords that are mounted elsewhere are none of our business.
    """
    found: dict[str, bool] = {}
    for source in container_of(template, container).get("envFrom") or []:
        if source.get("secretRef"):
            found[source["secretRef"]["name"]] = not source["secretRef"].get("optional")
    found |= dict.fromkeys(_of_stages(template, container), True)
    texts = [text for item in all_containers(template) for text in commands(item)]
    scripts = reached(mounted_files(template, config_maps), "\n".join(texts))
    words = "\n".join([*texts, config_path, *(script.text for script in scripts)])
    places = [mount for item in all_containers(template) for mount in mounts(item) if _is_named(mount, words)]
    volumes = {mount["name"] for mount in places}
    return found | {use.name: True for use in uses(template) if use.kind == "Secret" and use.volume in volumes}


def _of_stages(template: Mapping[str, Any], container: str) -> set[str]:
    """Return the Secrets of ours that hold settings of an earlier stage."""
    names = {use.name for use in uses(template) if use.kind == "Secret"}
    for entry in container_of(template, container).get("env") or []:
        names.add(str(((entry.get("valueFrom") or {}).get("secretKeyRef") or {}).get("name", "")))
    return {name for name in names if is_of_stage(name)}


def _is_named(mount: Mapping[str, Any], words: str) -> bool:
    path = re.escape(str(mount["mountPath"]).rstrip("/"))
    return re.search(rf"(?<![\w.-]){path}(?![\w.-])\S*\b(properties|conf|cfg|config)\b", words) is not None


def _candidates(
    template: Obj, config_maps: Mapping[str, Obj], secrets: Mapping[str, Obj], container: str, config_path: str
) -> Iterator[SettingsSource]:
    target = container_of(template, container)
    start = "\n".join(commands(target))
    texts = "\n".join(text for item in all_containers(template) for text in commands(item))
    files = mounted_files(template, config_maps, secrets)
    for file in files:
        if _is_settings_file(file, texts):
            yield FileSource(template, config_maps, secrets, container, file.kind, file.name, file.key)
    variables = environment(target, config_maps, secrets)
    words = "\n".join([start, *(script.text for script in reached(files, start))])
    rules = mapping_rules(str(target.get("image") or ""), words, config_path, variables)
    if rules:
        yield EnvironmentSource(template, config_maps, secrets, container, rules)
    # a file that a volume shows is where the settings are, whether it can be found or not; over it overrides are only additions
    if volume_at(target, config_file(target)) is None:
        yield OverridesSource(template, config_maps, secrets, container)


def _is_settings_file(file: MountedFile, texts: str) -> bool:
    if is_script(file, texts) or not looks_like_settings(file):
        return False
    try:
        Properties.parse(file.text)
    except Unsupported:
        return False
    return True


def _nothing(
    template: Mapping[str, Any],
    config_maps: Mapping[str, Obj],
    secrets: Mapping[str, Obj],
    container: str,
    effective: Mapping[str, str],
    config_path: str,
) -> str:
    """Say why no source was found, and what to do."""
    start = "\n".join(text for item in all_containers(template) for text in commands(item))
    files = mounted_files(template, config_maps, secrets)
    advice = (
        "put the settings into a properties file of a ConfigMap (a key such as server.properties), start Kafka with that file, leave what "
        "differs from broker to broker to --override arguments, and restart the brokers"
    )
    for script in reached(files, start):
        if _writes_settings(script.text, effective):
            return f"the settings of container {container} are written by script {script.where}, and a script is never edited: {advice}"
    if _writes_settings(start, effective):
        return f"the settings of container {container} are written by a start command, and a script is never edited: {advice}"
    target = container_of(template, container)
    variables = environment(target, config_maps, secrets)
    holding = next((name for name, item in variables.items() if "--override" in (item.value or "")), "")
    if holding:
        return (
            f"variable {holding} of container {container} holds --override arguments, and only those in the start command itself are "
            f"edited: {advice}"
        )
    words = "\n".join([*commands(target), *(script.text for script in reached(files, start))])
    if config_path and mapping_rules(str(target.get("image") or ""), words, "", variables):
        return (
            f"the entrypoint of container {container} makes settings of its variables in {config_path}, as none of the known images "
            f"(Apache's, Confluent's, Bitnami's) does, so that what it does in KRaft mode is not known: {advice}"
        )
    used = sorted({use.name for use in uses(template) if use.kind == "ConfigMap"})
    missing = [name for name in used if name not in config_maps]
    return (
        f"the settings that the broker in container {container} runs with are neither in a ConfigMap or Secret that the pods mount "
        f"({', '.join(used) or 'there is none'}), nor in variables that its image makes settings of, nor in --override arguments"
        + (f"; not found: {', '.join(missing)}" if missing else "")
        + f": {advice}"
    )


def _writes_settings(text: str, effective: Mapping[str, str]) -> bool:
    """Tell whether a script holds settings of the broker, as lines of its own, as overrides, or as variables of an image."""
    written = re.finditer(r"(?:^\s*(?:echo\s+)?|--override[ =])[\"']?([a-z][\w.\-]+)\s*=", text, re.MULTILINE)
    keys = {match.group(1) for match in written}
    for name in re.findall(r"\b(KAFKA_[A-Z0-9_]+)=", text):
        keys |= {key for rules in (APACHE, BITNAMI) if (key := rules.setting(name)) is not None}
    return len(keys & effective.keys()) >= _ENOUGH
