# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Third-party libraries: whether Ansible's own Python has them, and how to add them.

Private to the collection.
"""

from __future__ import annotations

import sys
import traceback

KUBERNETES_IMPORT_ERROR: str | None
try:
    import kubernetes  # pylint: disable=unused-import
except ImportError:
    KUBERNETES_IMPORT_ERROR = traceback.format_exc()
else:
    KUBERNETES_IMPORT_ERROR = None

KAZOO_IMPORT_ERROR: str | None
try:
    import kazoo  # pylint: disable=unused-import
except ImportError:
    KAZOO_IMPORT_ERROR = traceback.format_exc()
else:
    KAZOO_IMPORT_ERROR = None


def missing_libraries() -> str:
    """Return one sentence that names the missing libraries and how to add them; an empty string when all are there."""
    missing = [name for name, error in (("kubernetes", KUBERNETES_IMPORT_ERROR), ("kazoo", KAZOO_IMPORT_ERROR)) if error]
    if not missing:
        return ""
    words = " ".join(missing)
    return (
        f"the Python library {' and '.join(missing)} is missing in Ansible's own Python {sys.executable}: "
        f"add it with `pipx inject ansible-core {words}` or `{sys.executable} -m pip install {words}`, "
        "or use an execution environment built from meta/execution-environment.yml"
    )
