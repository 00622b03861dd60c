# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a pod is not back, from its status and its log."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.diagnose import failing_init, why_not_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused

from tests.unit.plugins.module_utils.fakes import pod


class _Client:
    """Logs by container; ``asked`` has which were read."""

    def __init__(self, found: Any, logs: dict[str, str]) -> None:
        self.found, self.logs, self.asked = found, logs, []  # type: tuple[Any, dict[str, str], list[tuple[str, bool]]]

    def find(self, *_where: Any) -> Any:
        return self.found

    def pod_log(self, _pod: str, _namespace: str, *, container: str, previous: bool, **_: Any) -> str:
        self.asked.append((container, previous))
        if container not in self.logs:
            raise Refused("there is none")
        return self.logs[container]


def _stuck(**status: Any) -> Any:
    item = pod("kafka-kraft-0", ready=False)
    item["status"]["containerStatuses"] = [
        {"name": "kafka", "restartCount": 0, "state": {"waiting": {"reason": "PodInitializing"}}}
    ]
    item["status"]["initContainerStatuses"] = [
        {"name": "agent", "ready": True, "state": {"terminated": {"exitCode": 0}}},
        {"name": "kraft-format", "ready": False, **status},
    ]
    return item


def test_the_log_of_a_failing_init_container_is_shown() -> None:
    found = _stuck(state={"waiting": {"reason": "CrashLoopBackOff"}}, lastState={"terminated": {"exitCode": 1}})
    client: Any = _Client(found, {"kraft-format": "java.nio.file.AccessDeniedException: /var/lib/kraft/data\n"})
    assert why_not_ready(client, "n", "kafka-kraft-0", "kafka") == (
        "container kraft-format: CrashLoopBackOff, last exit code 1; last log lines: java.nio.file.AccessDeniedException: /var/lib/kraft/data"
    )
    assert client.asked == [("kraft-format", True)]


def test_an_init_container_that_still_runs_has_not_failed() -> None:
    assert failing_init(_stuck(state={"running": {}})) == ""
    assert failing_init(_stuck(state={"terminated": {"exitCode": 1}})) == "kraft-format"
    assert failing_init(pod("kafka-0")) == ""
