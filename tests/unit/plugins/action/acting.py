# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An action without Ansible around it, and a run that notes what is done in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType, SimpleNamespace
from typing import Any, cast

from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run

from tests.unit.plugins.module_utils.fakes import PARAMS


class Acts:
    """A run. ``log`` has what was done, in order; a test adds what it puts in the place of the layers below."""

    def __init__(self, cluster: Any, sub_phase: str = "", **params: Any) -> None:
        self.log: list[str] = []
        self.said: list[str] = []
        self.ended: dict[str, Any] = {}
        self.details: dict[str, Any] = {}
        self.cluster, self.client, self.journal = cluster, cluster.client, cluster.journal
        self.params = {**PARAMS, **cluster.params, "restart_interval": 0, **params}
        self.sub_phase, self.check_mode, self.started = sub_phase, False, 0.0
        self.opened, self.leads = self.cluster, False
        self.lease = SimpleNamespace(holder="me", stop=self.note("lease stopped"), release=self.note("lease released"))
        self.progress: Callable[[str], None] = self.said.append

    def note(self, text: str, answer: Any = None) -> Callable[..., Any]:
        """Something that is only noted; raises or returns ``answer``."""

        def noted(*_arguments: Any, **_options: Any) -> Any:
            self.log.append(text)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return noted

    @property
    def led(self) -> Any:
        """The cluster, where an operator leads."""
        return self.cluster

    def end_phase(self, phase: str, event: str, **details: Any) -> None:
        self.log.append(f"end {phase} with {event}")
        self.ended = details

    def record(self, what: str, **details: Any) -> None:
        self.log.append(f"record {what}")
        self.details[what] = details

    def will_make(self, stage: str, secrets: Sequence[str]) -> None:
        Run.will_make(cast("Run", self), stage, secrets)

    def save_journal(self) -> None:
        self.log.append("save")

    def unlock(self, *, over: bool = False) -> None:
        self.cluster.driver.ownership.unlock(over=over)

    def ensure_lock(self) -> None:
        self.log.append("lock")


def action(module: ModuleType) -> Any:
    """The action of a module, as far as decide and apply need it."""
    return module.ActionModule.__new__(module.ActionModule)
