# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ``--override`` arguments of a start command: read as a shell, or Kubernetes alone, would hand them to Kafka, and edited in place."""

from __future__ import annotations

import copy
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import escaped

Obj = dict[str, Any]

_START = re.compile(r"kafka-server-start(?:\.sh)?(?=[\s'\"]|\Z)|\bkafka\.Kafka\b")
# Words before it that make it an argument: the start script is looked for, shown or stopped, not called.
_MENTIONS = re.compile(
    r"(?:^|\s)#|^\W*(?:(?:if|elif|while|until|then|do|else|!)\s+)*"
    r"(?:command\s+-[vV]|which|type|hash|echo|printf|test|\[+|ls|stat|file|grep|pgrep|pkill|chmod|sed|cat|cp|ln|dirname|basename|readlink|realpath)(?=\s)"
)
_BREAK = re.compile(r"(?<!\\)\n|[;&|(){`]")
_STOPS = ";&|)\n<>"
_NAME = re.compile(r"\$(?:\{(\w+)\}|\((\w+)\)|(\w+))")


@dataclass(frozen=True)
class Override:
    """One setting of the start command.

    ``value`` is None when it is known in the pod only. ``start`` and ``end``: its place in the text of the word ``word`` of
    ``part`` (``command`` or ``args``); an option that is a word of its own has ``start`` -1 and covers ``width`` words.
    """

    key: str
    value: str | None
    text: str
    part: str
    word: int
    start: int = -1
    end: int = -1
    width: int = 1


def overrides(container: Mapping[str, Any], variables: Mapping[str, str | None]) -> list[Override]:
    """Return the overrides in order; of a key that is given twice the later one counts, as in Kafka.

    :param variables: the container's environment; None for a value that is known in the pod only.
    """
    return list(_in_words(container, variables)) or list(_in_texts(container, variables))


def config_file(container: Mapping[str, Any]) -> str:
    """Return the settings file that the start command hands to Kafka, as it is written there; "" when it calls no start script."""
    words = _words(container)
    for at, (_part, _index, text) in enumerate(words):
        match = next(iter(_calls(text)), None)
        if match is None:
            continue
        if " " not in text:
            return words[at + 1][2] if at + 1 < len(words) else ""
        return next((text[start:end].strip("\"'") for start, end in _tokens(text, match.end())), "")
    return ""


def _calls(text: str) -> list[re.Match[str]]:
    """Return where a shell text calls Kafka's start script, without the places that only name it."""
    found = []
    for match in _START.finditer(text):
        before = list(_BREAK.finditer(text, 0, match.start()))
        if not _MENTIONS.search(text[before[-1].end() if before else 0 : match.start()]):
            found.append(match)
    return found


def _words(container: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    return [(part, at, text) for part in ("command", "args") for at, text in enumerate(container.get(part) or [])]


def _in_words(container: Mapping[str, Any], variables: Mapping[str, str | None]) -> Iterator[Override]:
    """Each argument is a word of the manifest: only Kubernetes expands it."""
    words = _words(container)
    first = next(
        (at for at, (_part, _index, text) in enumerate(words) if _START.search(text) and " " not in text), None
    )
    for at, (part, index, text) in enumerate(words[first + 1 :] if first is not None else [], (first or 0) + 1):
        pair, width = "", 1
        if text.startswith("--override="):
            pair = text.removeprefix("--override=")
        elif text == "--override" and at + 1 < len(words) and words[at + 1][0] == part:
            pair, width = words[at + 1][2], 2
        key, equals, raw = pair.partition("=")
        if equals:
            yield Override(key, _expanded(raw, variables, by_shell=False), raw, part, index, width=width)


def _in_texts(container: Mapping[str, Any], variables: Mapping[str, str | None]) -> Iterator[Override]:
    for part, index, text in _words(container):
        calls = _calls(text)
        if len(calls) != 1:
            continue  # of several calls nobody can say which one runs
        match = calls[0]
        assigned = set(re.findall(r"(\w+)=", text[: match.start()]))
        known = {name: value for name, value in variables.items() if name not in assigned}
        tokens = list(_tokens(text, match.end()))
        for at, (start, end) in enumerate(tokens):
            option = text[start:end]
            begin, stop = start + len("--override="), end
            if option == "--override" and at + 1 < len(tokens):
                begin, stop = tokens[at + 1]
            elif not option.startswith("--override="):
                continue
            key, equals, raw = text[begin:stop].partition("=")
            quote = key[:1] if key[:1] in ("'", '"') else ""
            if equals:
                value = _expanded(quote + raw, known, by_shell=True)
                yield Override(key.strip("'\""), value, raw.rstrip(quote) if quote else raw, part, index, start, stop)


def _tokens(text: str, at: int) -> Iterator[tuple[int, int]]:
    """Yield where the words of one simple command stand, from ``at`` to its end."""
    start = -1
    while True:
        char = text[at : at + 1]
        ends = not char or char in _STOPS
        if ends or char in " \t" or text[at : at + 2] == "\\\n":
            # the number of a redirection, as in 2>&1, is no word
            if start >= 0 and not (char in ("<", ">") and text[start:at].isdigit()):
                yield start, at
            if ends:
                return
            start = -1
            at += 2 if char == "\\" else 1
            continue
        start = at if start < 0 else start
        at = _after(text, at)


def _after(text: str, at: int) -> int:
    """Return where the unit that begins at ``at`` ends: a quoted text, an expansion, or one character."""
    char = text[at]
    if char == "\\":
        return at + 2
    for opening, closing in (("'", "'"), ('"', '"'), ("`", "`"), ("$((", "))"), ("$(", ")"), ("${", "}")):
        if text.startswith(opening, at):
            end = text.find(closing, at + len(opening))
            return len(text) if end < 0 else end + len(closing)
    return at + 1


def _expanded(raw: str, variables: Mapping[str, str | None], *, by_shell: bool) -> str | None:
    """Return the value of a word, or None when something in it is known in the pod only."""

    def value(match: re.Match[str]) -> str:
        name = next(filter(None, match.groups()))
        known = variables.get(name) if by_shell or match.group(2) else match.group()
        return "\0" if known is None else known

    single = by_shell and raw.startswith("'")
    text = raw if single else _NAME.sub(value, raw.replace("$$(", "\1"))
    if "\0" in text or (by_shell and not single and re.search(r"[$`\1]", text)):
        return None
    text = text.replace("\1", "$(")
    if not by_shell:
        return text
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    return "".join(words) if len(words) < 2 else None


def with_overrides(
    container: Mapping[str, Any], wanted: Mapping[str, str], gone: set[str], found: list[Override]
) -> Obj:
    """Return a copy of the container whose start command sets ``wanted`` and no key of ``gone``."""
    result: Obj = copy.deepcopy(dict(container))
    left = dict(wanted)
    for item in reversed(found):
        if item.key in gone:
            _replace(result, item, "")
        elif item.key in left:
            _replace(result, item, f"{item.key}={left.pop(item.key)}")
    return _with_new(result, left)


def _replace(container: Obj, item: Override, pair: str) -> None:
    """Write another setting in the place of an override, or nothing."""
    words = container[item.part]
    if item.start < 0:
        words[item.word : item.word + item.width] = ["--override", escaped(pair)] if pair else []
        return
    text = words[item.word]
    before = text[: item.start] if pair else text[: item.start].rstrip(" \t")
    option = f"--override {escaped(shlex.quote(pair))}" if pair else ""
    words[item.word] = before + option + text[item.end :]


def _with_new(container: Obj, wanted: Mapping[str, str]) -> Obj:
    """Append overrides at the end of the call of Kafka's start script."""
    if not wanted:
        return container
    words = _words(container)
    at = next(index for index, (_part, _number, text) in enumerate(words) if _calls(text))
    part, number, text = words[at]
    pairs = [f"{key}={value}" for key, value in wanted.items()]
    if " " not in text:
        last = words[-1][0]
        container[last] += [word for pair in pairs for word in ("--override", escaped(pair))]
        return container
    match = _calls(text)[0]
    end = max((stop for _start, stop in _tokens(text, match.end())), default=match.end())
    option = "".join(f" --override {escaped(shlex.quote(pair))}" for pair in pairs)
    container[part][number] = text[:end] + option + text[end:]
    return container
