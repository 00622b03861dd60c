# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

r"""JAAS texts: read as Java reads the file of ``java.security.auth.login.config``, and as Kafka reads a ``sasl.jaas.config``.

Source: ``sun.security.provider.ConfigFile`` (OpenJDK 17) with ``java.io.StreamTokenizer``; ``org.apache.kafka.common.security.JaasConfig``. What
surprises there: a single slash begins a comment, ``#`` does not; an unquoted value is a word and may not begin with a digit; a
quoted one ends with its line; in a file single quotes are none. What logins of listeners need beside is in listener_logins.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

FLAGS = ("required", "requisite", "sufficient", "optional")
CODE = "zookeeper-login-failed"

_TOKEN = re.compile(
    r"""(?P<blank>[\x00-\x20]+|//[^\r\n]*|/\*.*?(?:\*/|\Z)|/[^\r\n]*)
    |(?P<hash>(?<![^\x00-\x20])\#[^\r\n]*)
    |"(?P<double>(?:\\.|[^"\\\r\n])*)"?
    |'(?P<single>(?:\\.|[^'\\\r\n])*)'?
    |(?P<word>[A-Za-z_$*\xa0-\U0010ffff][A-Za-z_$*\xa0-\U0010ffff0-9.-]*)
    |(?P<mark>.)""",
    re.DOTALL | re.VERBOSE,
)
_ESCAPE = re.compile(r"\\([0-3][0-7]{0,2}|[4-7][0-7]?|.)", re.DOTALL)
_CONTROL = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_PROPERTY = re.compile(r"\$\{\{.*?\}\}|\$\{([^}]*)\}", re.DOTALL)
_NOTHING: Mapping[str, str] = MappingProxyType({})

# what the groups of _TOKEN are; those that are not here are marks
_OF_FILES = {"blank": "", "word": "word", "double": "word"}
_OF_SETTINGS = {**_OF_FILES, "single": "word"}
_TOLERANT = {**_OF_SETTINGS, "hash": ""}


@dataclass(frozen=True)
class LoginModule:
    """One module of a section.

    :ivar name: class, for example ``org.apache.zookeeper.server.auth.DigestLoginModule``.
    :ivar flag: one of :data:`FLAGS`.
    :ivar options: passwords among them, hence not in the repr.
    """

    name: str
    flag: str
    options: Mapping[str, str] = field(repr=False)

    @property
    def username(self) -> str:
        """Who logs in, "" when the module does not say."""
        return self.options.get("username", "")


class JaasError(Unsupported):
    """A JAAS text that Java refuses, too. The message names file, line and section, never a value.

    :ivar why: what is wrong, as a clause without the file.
    """

    def __init__(self, where: str, section: str, why: str, *, code: str) -> None:
        at = f", section {section}" if section else ""
        super().__init__(f"{where}{at}: {why}; Java cannot read it either, so correct it", code=code)
        self.why = f"in section {section} {why}" if section else why


def parse_jaas(
    text: str,
    where: str,
    properties: Mapping[str, str] | None = _NOTHING,
    *,
    code: str = CODE,
    tolerant: bool = False,
) -> dict[str, tuple[LoginModule, ...]]:
    """Parse a JAAS file into its sections.

    :param where: names the file in errors.
    :param properties: system properties of the JVM, which ``${name}`` in a value stands for; None leaves it as it is.
    :param code: code of the errors.
    :param tolerant: whether comments from ``#`` and values in single quotes, which people write and Java refuses, are taken.
    :raises JaasError: for anything else that Java refuses.
    """
    reader = _Reader(text, where, code, _TOLERANT if tolerant else _OF_FILES)
    found: dict[str, tuple[LoginModule, ...]] = {}
    while not reader.over:
        name = reader.word("the name of a section")
        reader.section = name
        reader.mark("{")
        modules = []
        while not reader.at("}"):
            modules.append(_module(reader, properties))
        reader.mark("}")
        reader.mark(";")
        if name in found:
            raise reader.error("is there twice")
        found[name] = tuple(modules)
        reader.section = ""
    return found


def parse_jaas_value(text: str, where: str, *, code: str = CODE) -> tuple[LoginModule, ...]:
    """Parse the value of a ``sasl.jaas.config``: modules without a section around them, in which no property is filled in.

    :param where: names the setting in errors.
    :param code: code of the errors.
    :raises JaasError: for what Kafka refuses.
    """
    reader = _Reader(text, where, code, _OF_SETTINGS)
    modules = []
    while not reader.over:
        modules.append(_module(reader, None))
    if not modules:
        raise reader.error("has no login module")
    return tuple(modules)


def _module(reader: _Reader, properties: Mapping[str, str] | None) -> LoginModule:
    name = reader.word("the class of a login module")
    flag = reader.word("the flag of a login module").lower()
    if flag not in FLAGS:
        raise reader.error(f"a flag is none of {', '.join(FLAGS)}")
    options = {}
    while not reader.at(";"):
        key = reader.word("an option or a semicolon")
        reader.mark("=")
        value = reader.word(f"a value of {key}")
        options[key] = value if properties is None else _expanded(reader, key, value, properties)
    reader.mark(";")
    return LoginModule(name, flag, options)


def _expanded(reader: _Reader, key: str, value: str, properties: Mapping[str, str]) -> str:
    def filled(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:  # ${{...}} is not for this step
            return match[0]
        if name == "/":
            return "/"
        if name not in properties:
            raise reader.error(f"the value of {key} refers to a system property that is not known")
        return properties[name]

    return _PROPERTY.sub(filled, value)


class _Reader:
    """The tokens of one text, one ahead: (kind, text, line); the kinds are ``word`` and ``mark``."""

    def __init__(self, text: str, where: str, code: str, kinds: Mapping[str, str]) -> None:
        self._where, self._code = where, code
        self._tokens = _tokens(text, kinds)
        self._next = next(self._tokens, None)
        self._line = 1
        self.section = ""

    @property
    def over(self) -> bool:
        return self._next is None

    def at(self, mark: str) -> bool:
        return self._next is not None and self._next[:2] == ("mark", mark)

    def word(self, what: str) -> str:
        return self._take("word", what)

    def mark(self, mark: str) -> None:
        if not self.at(mark):
            raise self._missing(f'"{mark}"')
        self._take("mark", mark)

    def _take(self, kind: str, what: str) -> str:
        if self._next is None or self._next[0] != kind:
            raise self._missing(what)
        _kind, text, self._line = self._next
        self._next = next(self._tokens, None)
        return text

    def _missing(self, what: str) -> JaasError:
        if self._next is not None:
            self._line = self._next[2]
        return self.error(f"{what} is missing in line {self._line}")

    def error(self, what: str) -> JaasError:
        return JaasError(self._where, self.section, what, code=self._code)


def _tokens(text: str, kinds: Mapping[str, str]) -> Iterator[tuple[str, str, int]]:
    line = 1
    for match in _TOKEN.finditer(text):
        group = str(match.lastgroup)
        kind = kinds.get(group, "mark")
        if kind == "word":
            yield kind, match[0] if group == "word" else _ESCAPE.sub(_unescaped, match[group]), line
        elif kind == "mark":
            yield kind, match[0], line
        line += len(re.findall(r"\r\n|\r|\n", match[0]))


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code, 8)) if code[0] in "01234567" else _CONTROL.get(code, code)
