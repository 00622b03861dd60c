# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes secrets out of texts that people read: what stands behind a name that sounds secret.

Private to the collection. Which names those are: _metadata/secret_names.py. Plain data goes through _runtime/redact.py.
"""

from __future__ import annotations

import re

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.secret_names import LAST_WORD, WORDS

REDACTED = "<redacted>"

# name = value, name: value, "name": "value". The value ends with the line, but in properties a backslash continues it.
_ASSIGNMENT = re.compile(
    rf"""(?P<name>(?<![\w.-])[\w.-]*(?:(?:{WORDS})[\w.-]*|{LAST_WORD}))
    (?P<sep>["']?[^\S\n]*[=:][^\S\n]*)
    (?P<value>(?:\\\r?\n|[^\r\n])+)""",
    re.IGNORECASE | re.VERBOSE,
)

# A host with its port is no assignment, whatever its namespace is called: after "/", "@", "," and "=", or with a Service's domain.
_ADDRESS = re.compile(
    r"""(?:(?<=[/@,=(])|(?<![\w.-])(?=[\w.-]*\.svc\b))[A-Za-z0-9][\w-]*(?:\.[\w-]+)+:\d{2,5}(?=\Z|[,/\s"'();\]\\])"""
)
_COLON = "\ue000"  # stands for the colon of an address meanwhile


def redact_text(text: str) -> str:
    """Hide what follows a secret name and ``=`` or ``:`` in free text (a properties file, a script, a command line).

    The value is taken to the end of the line, since a JAAS configuration has blanks in it. Addresses stay readable.
    """
    masked = _ADDRESS.sub(lambda match: match[0].replace(":", _COLON), text)
    shown = _ASSIGNMENT.sub(lambda match: f"{match['name']}{match['sep']}{REDACTED}", masked)
    return shown.replace(_COLON, ":")


def redact_words(text: str) -> str:
    """Hide what follows a secret name in a command line, to the next option: a value may be of several words."""
    return " ".join(redact_text(part) for part in re.split(r" (?=-)", text))
