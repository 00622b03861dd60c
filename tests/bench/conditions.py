# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What measured figures depend on; nothing that names the machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.release import __version__ as ansible_version

from tests.sandbox.config import KUBERNETES_VERSION

#: what sentence() says apart from the rest
_APART = ("date", "command", "took_s", "load before")


def conditions(command: str, kafka: str, *, sandbox: bool) -> dict[str, Any]:
    """Return them as they are now, at the start of a measurement."""
    with Path("/proc/meminfo").open(encoding="utf-8") as file:
        memory = int(file.readline().split()[1]) / 1024 / 1024
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "command": command,
        "machine": f"{os.cpu_count()} cores, {memory:.0f} GiB of memory, {platform.machine()}, everything on it",
        "kubernetes": f"{KUBERNETES_VERSION} (sandbox)" if sandbox else "the user's own",
        "kafka": kafka,
        "ansible-core": ansible_version,
        "python": platform.python_version(),
        "load before": round(os.getloadavg()[0], 2),
    }


def sentence(found: Mapping[str, Any]) -> str:
    """Return them for a page; ``took_s`` has been added by then."""
    text = ", ".join(f"{key} {value}" for key, value in found.items() if key not in _APART)
    return (
        f"Measured on {found['date']} by `{found['command']}` in {found['took_s']} s: {text}. "
        f"Load of the machine before: {found['load before']}.\n"
    )
