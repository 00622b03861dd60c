# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the result of every task as one JSON line, for the end-to-end tests."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: results_file
type: notification
short_description: writes task results as JSON lines
description: For the end-to-end tests; the file is named by the environment variable KRAFT_RESULTS_FILE.
author: kafkaops.kraft authors (@kafkaops)
"""


class CallbackModule(CallbackBase):
    """Appends one line a task and host; ``seconds``: how long it took."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "results_file"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._begun: dict[tuple[str, str], float] = {}

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """A task begins on a host."""
        self._begun[host.get_name(), task._uuid] = time.monotonic()

    def _write(self, result: Any, status: str) -> None:
        now, host = time.monotonic(), result._host.get_name()
        line = {
            "host": host,
            "task": result._task.get_name(),
            "status": status,
            "seconds": round(now - self._begun.get((host, result._task._uuid), now), 3),
            "result": json.loads(json.dumps(result._result, default=str)),
        }
        with Path(os.environ["KRAFT_RESULTS_FILE"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        """A task ended well."""
        self._write(result, "ok")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """A task failed."""
        del ignore_errors
        self._write(result, "failed")

    def v2_runner_on_skipped(self, result: Any) -> None:
        """A task was skipped."""
        self._write(result, "skipped")
