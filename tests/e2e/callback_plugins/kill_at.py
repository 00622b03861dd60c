# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kill ansible-playbook, as the kernel would, right before or right after a task, for the tests of resuming."""

from __future__ import annotations

import os
import signal
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: kill_at
type: notification
short_description: kills the run at a boundary
description: For the tests of resuming. KRAFT_KILL_AT is before:TASK or after:TASK; the run gets SIGKILL there.
author: kafkaops.kraft authors (@kafkaops)
"""


class CallbackModule(CallbackBase):
    """Waits for one boundary."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "kill_at"
    CALLBACK_NEEDS_ENABLED = True

    def _reached(self, when: str, task: Any) -> None:
        name = str(task.get_name()).rsplit(" : ", maxsplit=1)[-1]
        if os.environ.get("KRAFT_KILL_AT") == f"{when}:{name}":
            os.kill(os.getpid(), signal.SIGKILL)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """A task begins."""
        del is_conditional
        self._reached("before", task)

    def v2_runner_on_ok(self, result: Any) -> None:
        """A task ended well."""
        self._reached("after", result._task)
