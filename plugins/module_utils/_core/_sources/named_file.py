# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of several mounted settings files a broker is started with, and whether each broker may have one of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.scripts import MountedFile
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import Properties

# What a shell or Kubernetes expands, and a word of a command with such things in it.
_EXPANSION = re.compile(r"\$\{(?P<braces>[^}]*)\}|\$\((?P<round>[^()]*)\)|\$(?P<plain>\w+)")
_WORD = re.compile(r"(?:\$\{[^}]*\}|\$\([^()]*\)|[^\s\"'`;|&<>()])+")
#: of the settings of a file, the share that another one must have too to be the same kind of file
_SHARE = 0.5


def with_values(word: str, variables: Mapping[str, str | None]) -> str:
    """Return a word with the values of variables; a NUL stands for what is known in the pod only."""

    def value(match: re.Match[str]) -> str:
        name = next((group for group in match.groups() if group is not None), "")
        return variables.get(name) or "\0"

    return _EXPANSION.sub(value, word)


def started_with(files: Iterable[MountedFile], places: Iterable[str]) -> list[MountedFile]:
    """Return the files that are at one of the places where the process, or the start command, has its settings file."""
    wanted = {place for place in places if place.startswith("/")}
    return [file for file in files if wanted & set(file.paths)]


def chosen_in_the_pod(
    file: MountedFile, files: Sequence[MountedFile], texts: Iterable[str], variables: Mapping[str, str | None]
) -> list[MountedFile]:
    """Return the files among which a pod chooses by something of its own, the given one among them; [] when it does not choose.

    It chooses when several files with the same settings are at one place (by a ``subPathExpr``), or when a text names them by a
    word with an expansion, such as ``/config/server-${HOSTNAME##*-}.properties``.

    :param texts: start commands, and the scripts that they call. :param variables: the environment, as far as it is known.
    """
    patterns = [pattern for text in texts for pattern in _patterns(text, variables)]

    def together(other: MountedFile) -> bool:
        return bool(set(other.paths) & set(file.paths)) or any(
            _is_named(pattern, file) and _is_named(pattern, other) for pattern in patterns
        )

    chosen = [other for other in files if other is not file and together(other) and _alike(file, other)]
    return [file, *chosen] if chosen else []


def _alike(file: MountedFile, other: MountedFile) -> bool:
    own, others = (Properties.parse(item.text).as_dict().keys() for item in (file, other))
    return len(own & others) >= _SHARE * max(len(own), 1)


def _patterns(text: str, variables: Mapping[str, str | None]) -> list[re.Pattern[str]]:
    """Return a pattern for each word that names files by something that is known in the pod only."""
    words = [with_values(match.group(), variables) for match in _WORD.finditer(text)]
    return [
        re.compile("(?:.*/)?" + ".+".join(re.escape(part) for part in word.split("\0")))
        for word in words
        if "\0" in word and re.search(r"\w", word)
    ]


def _is_named(pattern: re.Pattern[str], file: MountedFile) -> bool:
    return any(pattern.fullmatch(path) for path in file.paths)
