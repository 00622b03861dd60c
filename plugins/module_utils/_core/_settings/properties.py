# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

r"""Java properties files: read as Kafka reads them, changed line by line so that a user's comments and order survive.

The grammar is that of ``java.util.Properties.load`` (``LineReader`` and ``load0``): natural lines, continuation by an
odd number of trailing backslashes, ``#`` and ``!`` comments, ``=``, ``:`` or white space as separator, backslash and
``\uXXXX`` escapes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.secret_names import is_secret
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

__all__ = ["MARKER", "REDACTED", "KeyDiff", "Properties", "diff_keys", "is_secret", "shown"]

MARKER = "# kafkaops.kraft"
REDACTED = "<redacted>"

_SPACE = " \t\f"
_NATURAL_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_CONTROL_NAMES = {value: name for name, value in _CONTROL.items()}
#: characters that placeholders are made of: ${A}, $A, @A@, {{ a }}, %A%, __A__
_PLACEHOLDERS = re.compile(r"[$@{%]|_(?=_)")


def shown(key: str, value: str) -> str:
    """Return the value as it may be shown to a person."""
    return REDACTED if is_secret(key) else value


@dataclass(frozen=True)
class KeyDiff:
    """Keys that differ between two sets of settings, each sorted by name."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def diff_keys(before: Mapping[str, str], after: Mapping[str, str]) -> KeyDiff:
    """Compare two sets of settings by key and exact value."""
    return KeyDiff(
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changed=tuple(sorted(key for key in before.keys() & after.keys() if before[key] != after[key])),
    )


@dataclass(frozen=True)
class _Segment:
    """A comment, a blank line, or one setting with all its natural lines."""

    raw: str
    key: str | None = None
    value: str = ""
    prefix: str = ""  # the raw text before the value, separator included
    separated: bool = True  # whether "=" or ":" ends the prefix, white space alone does not


class Properties:
    """One properties file. ``render`` gives back the parsed text byte by byte as long as nothing is changed."""

    def __init__(self, segments: list[_Segment], newline: str) -> None:
        self._segments = segments
        self._newline = newline

    @classmethod
    def parse(cls, text: str) -> Properties:
        """Parse the text of a file.

        :raises Unsupported: ``surface-not-found`` for an escape that Java refuses too.
        """
        ending = re.search(r"\r\n|\r|\n", text)
        return cls(_segments(text), ending.group() if ending else "\n")

    def as_dict(self) -> dict[str, str]:
        """Return all settings; of a key that is given twice the later line wins, as in Java."""
        return {segment.key: segment.value for segment in self._segments if segment.key is not None}

    def get(self, key: str) -> str | None:
        """Return the effective value, or None when the key is absent."""
        return self.as_dict().get(key)

    def written(self) -> dict[str, str]:
        """Return all values as the file has them, escapes included; of a key that is given twice the later one."""
        return {
            segment.key: _split_ending(segment.raw)[0][len(segment.prefix) :]
            for segment in self._segments
            if segment.key is not None
        }

    def set(self, key: str, value: str, *, literally: bool = False) -> None:
        """Make ``value`` the effective value of ``key``.

        The last line of the key is changed in place; earlier lines of the same key, which never counted, stay as they
        are. A new key goes under one marker comment at the end.

        :param literally: escape what envsubst, sed and the like could take for a placeholder, such as ``$A`` in a password.
        """
        for index in range(len(self._segments) - 1, -1, -1):
            segment = self._segments[index]
            if segment.key == key:
                if segment.value != value:
                    self._segments[index] = _with_value(segment, value, literally)
                return
        self._append(key, value, literally)

    def remove(self, key: str) -> None:
        """Drop every line of ``key``, and the marker comment when nothing is left under it."""
        if self.get(key) is None:
            return
        kept = [segment for segment in self._segments if segment.key != key]
        marker = _marker_at(kept)
        if marker is not None and (marker + 1 == len(kept) or kept[marker + 1].key is None):
            del kept[marker]
        self._segments = kept

    def render(self) -> str:
        """Return the text of the file."""
        return "".join(segment.raw for segment in self._segments)

    def _append(self, key: str, value: str, literally: bool) -> None:
        marker = _marker_at(self._segments)
        if marker is None:
            self._insert(len(self._segments), _Segment(MARKER + self._newline))
            marker = len(self._segments) - 1
        at = marker + 1
        while at < len(self._segments) and self._segments[at].key is not None:
            at += 1
        prefix = _escaped_key(key) + "="
        raw = prefix + _escaped_value(value, separated=True, literally=literally) + self._newline
        self._insert(at, _Segment(raw, key, value, prefix))

    def _insert(self, at: int, segment: _Segment) -> None:
        """Put a segment in after ending the line before it, also one whose continuation dangles at the end of file."""
        if at:
            before = self._segments[at - 1]
            body, ending = _split_ending(before.raw)
            if before.key is not None and _continues(body):
                body, ending = body[:-1], ""
            self._segments[at - 1] = replace(before, raw=body + (ending or self._newline))
        self._segments.insert(at, segment)


def _marker_at(segments: list[_Segment]) -> int | None:
    for index, segment in enumerate(segments):
        if segment.key is None and segment.raw.strip() == MARKER:
            return index
    return None


def _split_ending(raw: str) -> tuple[str, str]:
    body = re.sub(r"(\r\n|\r|\n)\Z", "", raw)
    return body, raw[len(body) :]


def _continues(body: str) -> bool:
    return (len(body) - len(body.rstrip("\\"))) % 2 == 1


def _segments(text: str) -> list[_Segment]:
    """Group natural lines into segments, keeping for each logical character its position in the raw text."""
    segments: list[_Segment] = []
    raw, logical = "", ""
    places: list[int] = []
    for match in _NATURAL_LINE.finditer(text):
        line = match.group()
        body = _split_ending(line)[0]
        content = body.lstrip(_SPACE)
        start = len(raw) + len(body) - len(content)
        raw += line
        if not logical and (not content or content[0] in "#!"):
            segments.append(_Segment(raw))
            raw, places = "", []
            continue
        open_ended = _continues(content)
        content = content[:-1] if open_ended else content
        logical += content
        places += range(start, start + len(content))
        if open_ended and logical and match.end() < len(text):
            continue
        segments.append(_setting(raw, logical, places) if logical else _Segment(raw))
        raw, logical, places = "", "", []
    return segments


def _setting(raw: str, logical: str, places: list[int]) -> _Segment:
    """Split a logical line into key, separator and value (``Properties.load0``)."""
    end, escaped = 0, False
    while end < len(logical) and (escaped or logical[end] not in "=:" + _SPACE):
        escaped = logical[end] == "\\" and not escaped
        end += 1
    start, separated = end, False
    while start < len(logical):
        if logical[start] in "=:" and not separated:
            separated = True
        elif logical[start] not in _SPACE:
            break
        start += 1
    prefix = raw[: places[start]] if start < len(logical) else raw[: places[-1] + 1]
    return _Segment(raw, _unescaped(logical[:end]), _unescaped(logical[start:]), prefix, separated)


def _with_value(segment: _Segment, value: str, literally: bool) -> _Segment:
    prefix, separated = segment.prefix, segment.separated
    if not separated and prefix[-1] not in _SPACE:
        prefix, separated = prefix + "=", True
    raw = prefix + _escaped_value(value, separated=separated, literally=literally) + _split_ending(segment.raw)[1]
    return _Segment(raw, segment.key, value, prefix, separated)


def _unescaped(text: str) -> str:
    def plain_text(match: re.Match[str]) -> str:
        code = match.group(1)
        if len(code) == 5:
            return chr(int(code[1:], 16))
        if code == "u":
            raise Unsupported(
                "the properties file has a malformed \\u escape; Kafka cannot read it either, so correct it first",
                code="surface-not-found",
            )
        return _CONTROL.get(code, code)

    plain = _ESCAPE.sub(plain_text, text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _escaped_key(key: str) -> str:
    return re.sub(r"([=:#! ])", r"\\\1", _escaped(key))


def _escaped_value(value: str, *, separated: bool, literally: bool) -> str:
    text = _escaped(value)
    if literally:
        text = _PLACEHOLDERS.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
    # A leading blank would be taken for part of the separator, and so would "=" or ":" after white space alone.
    return "\\" + text if text[:1] == " " or (not separated and text[:1] in ("=", ":")) else text


def _escaped(text: str) -> str:
    r"""Escape for ``Properties.load(InputStream)``, which reads ISO 8859-1: beyond ASCII only ``\uXXXX`` is safe."""
    out = []
    for char in text.replace("\\", "\\\\"):
        if char in _CONTROL_NAMES:
            out.append("\\" + _CONTROL_NAMES[char])
        elif " " <= char <= "~":
            out.append(char)
        else:
            units = char.encode("utf-16-be", "surrogatepass")
            out += [f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)]
    return "".join(out)
