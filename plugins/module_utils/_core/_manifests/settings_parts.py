# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every settings source, and the controllers, share: names and hashes of a stage, its objects, the JVM option."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import container_of, environment
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import (
    REDACTED,
    diff_keys,
    is_secret,
    shown,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import Changes, ignored_in_kraft
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

Obj = dict[str, Any]

# On a pod template: settings that the start command adds, and the JVM option that is ours.
START_COMMAND_SETTINGS = names.PREFIX + "start-command-settings"
JVM_OPTION = names.PREFIX + "jvm-option"
# On a ConfigMap or Secret of ours: the user's own that it was made from.
ORIGINAL = names.PREFIX + "original"

DNS_TTL_OPTION = "-Dsun.net.inetaddr.ttl={seconds}"
JVM_VARIABLE = "JAVA_TOOL_OPTIONS"

_MAX_NAME = 253
#: of the digest over settings with secrets: about 50 ms on a machine of 2024
_ROUNDS = 200_000
_STAGE_SUFFIX = re.compile(r"-kraft-(?:ibp|migration|kraft)-[0-9a-f]{8}\Z")


@dataclass(frozen=True)
class StageChange:
    """One stage, ready to be written: first the new ConfigMaps and Secrets, then the pod template.

    ``diff_text`` shows the settings that change, secrets redacted. ``notes`` are things to know, one sentence each.
    """

    objects_to_create: tuple[Obj, ...]
    template: Obj
    diff_text: str
    notes: tuple[str, ...] = ()


def settings_hash(settings: Mapping[str, str], cluster: str, jvm_option: str = "") -> str:
    """Return a digest, 64 hexadecimal digits, over settings and JVM option; the order of the settings does not matter.

    Anybody who sees pods sees it. So that nobody can try out passwords by it, it is a slow one where there is a secret among the settings,
    and another one for each cluster. The same settings have the same digest on every machine and in every run.

    :param cluster: ``namespace/name``.
    """
    text = json.dumps([sorted(settings.items()), jvm_option], separators=(",", ":"))
    if any(is_secret(key) for key in settings):
        return _slow_digest(text, cluster)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _slow_digest(text: str, salt: str) -> str:
    """PBKDF2, which every build of OpenSSL has, in FIPS mode as well; there a salt needs 16 bytes."""
    long = hashlib.sha256(salt.encode()).digest()
    return hashlib.pbkdf2_hmac("sha256", text.encode(), long, _ROUNDS).hex()


def original_name(name: str) -> str:
    """Return the name that the user gave to a ConfigMap or Secret of which ``name`` may be the copy for a stage."""
    return _STAGE_SUFFIX.sub("", name)


def is_of_stage(name: str) -> bool:
    """Tell whether a ConfigMap or Secret of this name is the copy for a stage."""
    return original_name(name) != name


def stage_name(name: str, stage: str, digest: str) -> str:
    """Return the name of the copy for a stage, at most 253 characters."""
    suffix = f"-kraft-{stage}-{digest[:8]}"
    base = original_name(name)
    if len(base) + len(suffix) > _MAX_NAME:
        # What is cut off must still tell two long names apart.
        mark = "-" + hashlib.sha256(base.encode()).hexdigest()[:8]
        base = base[: _MAX_NAME - len(suffix) - len(mark)].rstrip("-.") + mark
    return base + suffix


def adds_secrets(changes: Changes) -> list[str]:
    """Return the secrets that a stage adds or changes: they go into a Secret, whatever the settings are in."""
    return sorted(key for key in changes.set if is_secret(key))


def security_name(container: str) -> str:
    """Return the name, without that of the stage, of the Secret with secrets that are variables of a container."""
    return f"{container}-security"


def stage_secret(base: str, stage: str, digest: str, texts: Mapping[str, str]) -> Obj:
    """Return a Secret of a stage that is made of nothing of the user's."""
    return stage_copy({"kind": "Secret", "metadata": {"name": base}}, stage, digest, texts)


def stage_copy(
    original: Mapping[str, Any],
    stage: str,
    digest: str,
    texts: Mapping[str, str],
    gone: Collection[str] = (),
    *,
    as_secret: bool = False,
) -> Obj:
    """Return a new ConfigMap or Secret like ``original`` with these texts and without the keys ``gone``, named for the stage.

    A Secret stays one, and a ConfigMap becomes one on demand. The user's labels and annotations stay behind: those of Helm or Argo CD
    would claim, or prune, the copy.
    """
    metadata = original["metadata"]
    kind = "Secret" if as_secret or original.get("kind") == "Secret" else "ConfigMap"
    body: Obj = {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {
            "name": stage_name(metadata["name"], stage, digest),
            "labels": {names.MANAGED_BY: names.MANAGER},
            "annotations": {
                ORIGINAL: original_name(metadata["name"]),
                names.STAGE: stage,
                names.SETTINGS_HASH: digest,
            },
        },
    }
    data = {key: value for key, value in (original.get("data") or {}).items() if key not in gone}
    if as_secret and original.get("kind") != "Secret":
        coded = {key: base64.b64encode(text.encode()).decode() for key, text in {**data, **texts}.items()}
        body["data"] = {**(original.get("binaryData") or {}), **coded}
        body["type"] = "Opaque"
    elif kind == "Secret":
        own = {key: value for key, value in (original.get("stringData") or {}).items() if key not in gone}
        body["data"] = data | {key: base64.b64encode(text.encode()).decode() for key, text in {**own, **texts}.items()}
        body["type"] = "Opaque"  # another type may demand keys that are gone
    else:
        body["data"] = data | dict(texts)
    if metadata.get("namespace"):
        body["metadata"]["namespace"] = metadata["namespace"]
    if original.get("binaryData") and kind == "ConfigMap":
        body["binaryData"] = dict(original["binaryData"])
    return body


def annotated(template: Mapping[str, Any], stage: str, digest: str, unmanaged: Iterable[str]) -> Obj:
    """Return a copy of the template that says which stage it is.

    Which settings come from the start command is noted once, at the first stage: later, a broker that still runs the
    stage before cannot be compared with the new settings any more.
    """
    result: Obj = copy.deepcopy(dict(template))
    marks = result.setdefault("metadata", {}).setdefault("annotations", {})
    marks[names.STAGE] = stage
    marks[names.SETTINGS_HASH] = digest
    marks.setdefault(START_COMMAND_SETTINGS, ",".join(sorted(unmanaged)))
    return result


def is_noted(template: Mapping[str, Any]) -> bool:
    """Tell whether the template notes already which settings the start command adds."""
    return START_COMMAND_SETTINGS in (template.get("metadata", {}).get("annotations") or {})


def unmanaged_settings(
    template: Mapping[str, Any], effective: Mapping[str, str], read: Mapping[str, str], opaque: Iterable[str] = ()
) -> dict[str, str]:
    """Return the settings of a running broker that its source does not give.

    :param opaque: settings that the source gives with a value that cannot be read from here.
    """
    if is_noted(template):
        noted = str(template["metadata"]["annotations"][START_COMMAND_SETTINGS])
        return {key: effective[key] for key in noted.split(",") if key in effective}
    hidden = set(opaque)
    return {
        key: value
        for key, value in effective.items()
        if key not in hidden and read.get(key, "\n").strip() != value.strip()
    }


def refuse_overridden(
    changes: Changes,
    fixed: Collection[str],
    elsewhere: Collection[str],
    present: Collection[str],
    why: Callable[[str], str],
) -> tuple[str, ...]:
    """Refuse changes that would have no effect, and return a note for each removal that may be left out.

    :param fixed: settings that the source cannot set.
    :param elsewhere: settings that something else writes over whatever the source says.
    :param present: settings that the source itself gives.
    :param why: says of a setting what gives it and what to do, as a clause.
    :raises Unsupported: ``setting-overridden``, naming the settings.
    """
    blocked = sorted(changes.set.keys() & set(fixed))
    left = sorted(key for key in changes.remove if key in elsewhere or key not in present)
    blocked += [key for key in left if not ignored_in_kraft(key)]
    if blocked:
        others = f" (and {', '.join(blocked[1:])})" if len(blocked) > 1 else ""
        raise Unsupported(
            f"{blocked[0]}{others} would have to change, but {why(blocked[0])}", code="setting-overridden"
        )
    return tuple(
        f"{key} {'may stay' if key in present else 'stays'}, since something beside the settings source gives it; KRaft ignores it"
        for key in left
    )


def diff_text(before: Mapping[str, str], after: Mapping[str, str], hidden: Collection[str] = ()) -> str:
    """Return what changes as ``-key=value`` and ``+key=value`` lines sorted by key, secrets redacted.

    :param hidden: settings whose values come from a Secret.
    """

    def value(key: str, text: str) -> str:
        return REDACTED if key in hidden else shown(key, text)

    diff = diff_keys(before, after)
    lines = []
    for key in sorted({*diff.added, *diff.removed, *diff.changed}):
        if key in before:
            lines.append(f"-{key}={value(key, before[key])}\n")
        if key in after:
            lines.append(f"+{key}={value(key, after[key])}\n")
    return "".join(lines)


def with_jvm_option(
    template: Mapping[str, Any],
    container: str,
    option: str,
    config_maps: Mapping[str, Obj] | None = None,
    secrets: Mapping[str, Obj] | None = None,
) -> Obj:
    """Return a copy of the template whose ``JAVA_TOOL_OPTIONS`` has this option beside what it had.

    The option that an earlier call put in is replaced; ``""`` takes it out. An option of the same name that the user set
    wins over ours.

    :param option: such as ``-Dsun.net.inetaddr.ttl=1``.
    :param config_maps: ConfigMaps of the namespace by name, for a variable that comes from one; ``secrets`` likewise.
    :raises Unsupported: ``setting-overridden`` when the variable's value cannot be read.
    """
    result: Obj = copy.deepcopy(dict(template))
    target = container_of(result, container)
    marks = result.setdefault("metadata", {}).setdefault("annotations", {})
    ours = marks.get(JVM_OPTION, "")
    have = _raw_value(target, config_maps or {}, secrets or {})
    if have is None:
        raise Unsupported(
            f"{JVM_VARIABLE} of container {container} comes from a Secret or a field, so {option or 'our option'} "
            "cannot be merged into it; set kraft_dns_ttl to 0 or give the variable a literal value",
            code="setting-overridden",
        )
    if ours == option and option in have.split():
        return result
    wanted = " ".join(token for token in have.split(" ") if token != ours) if ours else have
    marks.pop(JVM_OPTION, None)
    if option and not _has_option(wanted, option):
        wanted = f"{wanted} {option}".strip()
        marks[JVM_OPTION] = option
    if wanted != have:
        set_variable(target, JVM_VARIABLE, wanted)
    return result


def _raw_value(container: Mapping[str, Any], config_maps: Mapping[str, Obj], secrets: Mapping[str, Obj]) -> str | None:
    """Return the text of the JVM variable as an ``env`` value would hold it, or None when it cannot be read."""
    for entry in reversed(container.get("env") or []):
        if entry["name"] == JVM_VARIABLE and not entry.get("valueFrom"):
            return str(entry.get("value") or "")
    variable = environment(container, config_maps, secrets).get(JVM_VARIABLE)
    if variable is None:
        return ""
    return None if variable.value is None or variable.secret else escaped(variable.value)


def _has_option(text: str, option: str) -> bool:
    name = option.partition("=")[0]
    return any(token.partition("=")[0] == name for token in text.split())


def escaped(value: str) -> str:
    """Return the text of an ``env`` value that Kubernetes expands to exactly ``value``."""
    return value.replace("$(", "$$(")


def refer_variable(container: Obj, name: str, secret: str) -> None:
    """Let an environment variable of a container take its value from the key of its name of a Secret; changes it in place."""
    entries = [entry for entry in container.get("env") or [] if entry["name"] != name]
    container["env"] = [*entries, {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": name}}}]


def set_variable(container: Obj, name: str, value: str) -> None:
    """Set an environment variable of a container in place, at the end when it is new; ``""`` takes it out."""
    entries = container.setdefault("env", [])
    at = next((index for index in range(len(entries) - 1, -1, -1) if entries[index]["name"] == name), None)
    if not value:
        container["env"] = [entry for entry in entries if entry["name"] != name]
    elif at is None:
        entries.append({"name": name, "value": value})
    else:
        entries[at] = {"name": name, "value": value}
