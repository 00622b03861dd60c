# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that a pod mounts from ConfigMaps and Secrets, which of them are scripts, and what their commands say.

A script is known by how it is used and what it looks like; it is read, never edited.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import (
    all_containers,
    commands,
    mounts,
    text_data,
    uses,
)

Obj = dict[str, Any]

_SETTING_LINE = re.compile(r"\s*([\w.\-]+\s*[=:]|[\w\-]+\.[\w.\-]+\s+\S|[^\w\s=]{1,3}\w+[^\w\s=]{1,3}\s*\Z)")
_SHELL = re.compile(
    r"<<-?\s*['\"]?\w|^\s*(export|exec|set -|if |fi\b|for |while |until |done\b|function )", re.MULTILINE
)
_ENDS = re.compile(r"(?<!\\)\n|;|&&|\|\||\||&(?!\d)")
#: of the lines of a settings file, those that look like settings or placeholders
_SHARE = 0.8


@dataclass(frozen=True)
class MountedFile:
    """One file that containers see: ``key`` of ConfigMap or Secret ``name``, at ``paths`` inside of them."""

    kind: str
    name: str
    key: str
    text: str
    volume: str
    paths: tuple[str, ...]

    @property
    def where(self) -> str:
        """The file in words."""
        return f"{self.key} of {self.kind} {self.name}"


def mounted_files(
    template: Mapping[str, Any], config_maps: Mapping[str, Obj], secrets: Mapping[str, Obj] | None = None
) -> list[MountedFile]:
    """Return each file that a container, init containers included, mounts from an object that was read; each key once."""
    found: dict[tuple[str, str, str], MountedFile] = {}
    objects: dict[str, Mapping[str, Obj]] = {"ConfigMap": config_maps, "Secret": secrets or {}}
    for use in uses(template):
        for key, text in text_data(objects[use.kind].get(use.name)).items():
            path = key if use.paths is None else use.paths.get(key)
            paths = () if path is None else tuple(_places(template, use.volume, path))
            if paths and (use.kind, use.name, key) not in found:
                found[use.kind, use.name, key] = MountedFile(use.kind, use.name, key, text, use.volume, paths)
    return list(found.values())


def _places(template: Mapping[str, Any], volume: str, path: str) -> Iterator[str]:
    """Yield where containers see a file of a volume; a subPath may hide it, and by a subPathExpr it may be seen by some pods only."""
    for container in all_containers(template):
        for mount in mounts(container):
            sub = (mount.get("subPath") or "").rstrip("/")
            if mount["name"] != volume:
                continue
            if mount.get("subPathExpr"):
                if re.fullmatch(_by_expression(mount["subPathExpr"]), path):
                    yield mount["mountPath"]
            elif not sub:
                yield posixpath.join(mount["mountPath"], path)
            elif path == sub:
                yield mount["mountPath"]
            elif path.startswith(sub + "/"):
                yield posixpath.join(mount["mountPath"], path.removeprefix(sub + "/"))


def _by_expression(expression: str) -> str:
    """Return the pattern of a subPathExpr, whose variables may be anything."""
    return ".+".join(re.escape(part) for part in re.split(r"\$\([^)]*\)", expression.rstrip("/")))


def is_script(file: MountedFile, texts: str) -> bool:
    """Tell whether a file is a program: by its first line, its name, its words, or because ``texts`` hand it to a shell."""
    if file.text.startswith("#!") or file.key.endswith((".sh", ".bash", ".py")) or _SHELL.search(file.text):
        return True
    return any(
        re.search(rf"(?<![\w.-])(sh|bash|ash|source|\.)\s+(-\w+\s+)*{re.escape(path)}(?![^\s;&|)])", texts)
        for path in file.paths
    )


def looks_like_settings(file: MountedFile) -> bool:
    """Tell whether nearly every line that is no comment is ``key=value`` or a placeholder."""
    text = file.text.replace("\\\n", "")
    lines = [line for line in text.splitlines() if line.strip() and line.lstrip()[0] not in "#!"]
    return sum(1 for line in lines if _SETTING_LINE.match(line)) >= _SHARE * len(lines)


def container_texts(container: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what a container runs as (place, text): start command, probes and hooks."""
    found = [("start command", "\n".join(commands(container)))]
    found += [
        (place, "\n".join((handler.get("exec") or {}).get("command") or [])) for place, handler in handlers(container)
    ]
    return [(place, text) for place, text in found if text]


def handlers(container: Mapping[str, Any]) -> Iterator[tuple[str, Obj]]:
    """Yield (name, handler) of probes and hooks."""
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        if container.get(name):
            yield name, container[name]
    for name, handler in (container.get("lifecycle") or {}).items():
        if isinstance(handler, dict):
            yield f"{name} hook", handler


def called_scripts(template: Mapping[str, Any], files: list[MountedFile]) -> list[MountedFile]:
    """Return the mounted scripts that a command, a probe, a hook, a variable or another such script names, or whose folder it names."""
    texts = [text for container in all_containers(template) for _place, text in container_texts(container)]
    texts += [
        str(entry.get("value") or "") for container in all_containers(template) for entry in container.get("env") or []
    ]
    return reached(files, "\n".join(texts))


def reached(files: list[MountedFile], text: str) -> list[MountedFile]:
    """Return the scripts that ``text`` calls, and those that these call."""
    scripts = [file for file in files if is_script(file, text)]
    found: list[MountedFile] = []
    while True:
        more = [file for file in scripts if file not in found and _named(file, text)]
        if not more:
            return found
        found += more
        text += "\n" + "\n".join(file.text for file in more)


def _named(file: MountedFile, text: str) -> bool:
    return any(
        path in text
        or re.search(rf"(?<![\w.-]){re.escape(posixpath.basename(path))}(?![\w.-])", text)
        or f"{posixpath.dirname(path)}/*" in text
        for path in file.paths
    )


def simple_commands(text: str) -> list[str]:
    """Split a shell text at the ends of its simple commands; quoting is not looked at, so a piece may be smaller than it is."""
    return [piece.strip() for piece in _ENDS.split(text.replace("\\\n", " ")) if piece.strip()]
