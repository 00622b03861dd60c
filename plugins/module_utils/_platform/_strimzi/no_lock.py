# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Strimzi has no lock on its custom resources, and this collection makes none: nothing is enforced, which is said.

Private to the collection.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Enforced, Progress
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused

WHY = "Strimzi has no lock on its custom resources"


class NoLock:
    """What enforces a lock that there is not: see ``platform.Enforcement``."""

    def __init__(self, wanted: str) -> None:
        self._wanted = wanted

    def check(self) -> None:
        """Raise Refused when only a policy will do."""
        wrong = self.findings()
        if wrong:
            raise Refused(wrong[0].sentence, code=wrong[0].code)

    def findings(self) -> list[Finding]:
        """The same as a finding."""
        if self._wanted != "admission":
            return []
        text = f"kraft_lock_enforcement is admission, and {WHY} that could be enforced; leave it out, and keep others away from the Kafka CR and "
        "its node pools"
        return [finding("lock-not-enforced", "kraft_lock_enforcement", text)]

    def plan(self) -> Enforced:
        """Nothing will."""
        return Enforced(why=WHY, alone="nothing")

    def enforce(self, migration_id: str, progress: Progress) -> Enforced:
        """Nothing does."""
        del migration_id, progress
        return self.plan()

    def open(self, migration_id: str, progress: Progress) -> bool:
        """Nothing keeps the flag."""
        del migration_id, progress
        return False

    def by(self) -> str:
        """Nothing does."""
        return self.plan().text

    def gone(self) -> bool:
        """Nothing was made."""
        return False

    def exists(self) -> bool:
        """There is nothing to remove."""
        return False

    def remove(self) -> bool:
        """Nothing was there."""
        return False
