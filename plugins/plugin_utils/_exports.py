# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manifests that an operator changed, written as files for the user's repository: whole, and as a JSON merge patch.

Private to the collection. On the machine of ansible-playbook, for its user alone: a manifest may hold passwords.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError


def write(folder: str, cluster: str, exports: Iterable[Mapping[str, Any]]) -> list[str]:
    """Write the manifest of each object, and its patch if there is one; returns their paths. Raises KraftError when one cannot be written.

    :param cluster: ``namespace/name``, the folder below ``folder``.
    """
    target = Path(folder).expanduser().absolute() / "exports" / cluster.replace("/", "-")
    written = []
    try:
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        for item in exports:
            name = str(item["object"]).replace("/", "-").lower()
            for suffix, content in ((".yaml", item["manifest"]), (".patch.yaml", item["patch"])):
                if content is None:
                    continue
                path = target / f"{name}{suffix}"
                with os.fdopen(
                    os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
                ) as file:
                    yaml.safe_dump(content, file, sort_keys=False)
                written.append(str(path))
    except OSError as error:
        raise KraftError(
            f"the changed manifests cannot be written to {target}: {error.strerror}; choose another kraft_support_dir. The locks were kept"
        ) from error
    return written
