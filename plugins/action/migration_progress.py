# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""MigrateMonitorMigrationProgress: wait for the hybrid state by Kafka's own signals."""

from __future__ import annotations

import threading
import time
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import progress
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import possible_leaders
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import status
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.waits import wait_hybrid
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import Decision, KraftAction, done, needed
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run

#: seconds between two looks at who is registered, beside the watch that ends the wait
CHECK_EVERY = 5.0


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.migration_progress."""

    MODULE = "migration_progress"
    MUTATES = False

    def decide(self, run: Run) -> Decision:
        """Hybrid already, or beyond it."""
        cluster = run.cluster
        over = status.already_over(cluster)
        if over:
            return done(over)
        if cluster.state.name == state.PURE:
            return done(f"{cluster.state.name}: {cluster.state.reason}")
        if state.MODE_KRAFT in cluster.modes.values():
            return done(f"past hybrid dual-write: {cluster.state.reason}")
        return needed("hybrid dual-write: KRaft holds /controller, /migration advances")

    def apply(self, run: Run) -> dict[str, Any]:
        """Wait; say who is missing while waiting and why when the deadline comes."""
        cluster, timeout = run.cluster, run.params["wait_timeout"]
        ended, started = threading.Event(), time.monotonic()

        def report() -> None:
            said = ""
            while not ended.wait(CHECK_EVERY):
                text = progress.waiting_for(cluster)
                if text and text != said:
                    run.progress(text)
                    said = text

        reporter = threading.Thread(target=report, name="kraft-progress", daemon=True)
        reporter.start()
        try:
            hybrid = wait_hybrid(cluster.zookeeper, possible_leaders(cluster), timeout=timeout, progress=run.progress)
        except DeadlineExceeded as error:
            why = progress.why_stuck(cluster)
            raise DeadlineExceeded(error.message + (f"; {why}" if why else "")) from error
        finally:
            ended.set()
            reporter.join(timeout=1.0)
        cluster.changed()
        cluster.expect(lambda name: name == state.HYBRID, "MigrateMonitorMigrationProgress")
        lag = hybrid.noticed_ms - hybrid.happened_ms
        return {
            "msg": f"hybrid dual-write: controller {hybrid.migration.controller_id} holds /controller, /migration at offset {hybrid.migration.offset}",
            "registered": len(cluster.view.brokers),
            "expected": len(cluster.pods),
            "migration_offset": hybrid.migration.offset,
            "noticed_after_ms": lag,
            "waited": round(time.monotonic() - started, 3),
        }
