# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Third-party libraries: whether Ansible's own Python has them, and how to add them.

Private to the collection.
"""

from __future__ import annotations

import importlib.util
import sys

NEEDED = ("kubernetes", "kazoo")
#: needed by some clusters only: name of the module to name of the package
OPTIONAL = {"puresasl": "pure-sasl", "cryptography": "cryptography"}


def missing_libraries() -> str:
    """Return one sentence that names the missing libraries and how to add them; an empty string when all are there."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if not missing:
        return ""
    return f"{_how_to_add(missing)}, or use an execution environment built from meta/execution-environment.yml"


def missing_optional(module: str, purpose: str) -> str:
    """Return one sentence that names an optional library that is missing, what needs it and how to add it; an empty string when it is there.

    :param module: a key of :data:`OPTIONAL`.
    :param purpose: what needs it, as the subject of "needs": "a login to ZooKeeper by password".
    """
    if importlib.util.find_spec(module) is not None:
        return ""
    return f"{purpose} needs one more library: {_how_to_add([OPTIONAL[module]])}"


def _how_to_add(missing: list[str]) -> str:
    words = " ".join(missing)
    return (
        f"the Python library {' and '.join(missing)} is missing in Ansible's own Python {sys.executable}: "
        f"add it with `pipx inject ansible-core {words}` or `{sys.executable} -m pip install {words}`"
    )
