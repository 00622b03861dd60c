# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SetupCheckKafkaVersion and SetupCheckKraftControllerVersion: the version that really runs, equal everywhere, within the gate."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import blocking
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import status
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.preflight import version_findings
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import Decision, KraftAction, done, needed
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.kafka_version_info."""

    MODULE = "kafka_version_info"
    MUTATES = False

    def decide(self, run: Run) -> Decision:
        """Controllers that do not run yet can only be looked at after they were started."""
        if run.params["target"] == "controllers" and not known(run.cluster.controller_facts) and run.check_mode:
            return needed("the controllers' version is read once they run (SetupMutateKRaftController)")
        return done("read only")

    def inspect(self, run: Run) -> dict[str, Any]:
        """Refuse unknown, mixed or unsupported versions; controllers must run what the brokers run."""
        cluster, target = run.cluster, run.params["target"]
        facts = known(cluster.facts if target == "brokers" else cluster.controller_facts)
        over = status.already_over(cluster) if target == "controllers" and not facts else ""
        if over:
            return {"msg": over, "versions": {}}
        if target == "controllers" and not facts:
            raise Refused(
                f"no controller of {cluster.namespace}/{cluster.driver.controllers.name} runs; run setup.yml first",
                code="controllers-not-ready",
            )
        stopping = blocking(version_findings(cluster, target), run.params["accept"])
        if stopping:
            raise Refused(stopping[0].sentence, code=stopping[0].code)
        versions = {pod: item.version for pod, item in facts.items()}
        kinds = sorted({str(version) for version in versions.values()})
        others = sorted({str(item.version) for item in known(cluster.facts).values() if item.version})
        if target == "controllers" and others and kinds != others:
            raise Refused(
                f"the controllers run {', '.join(kinds)} and the brokers {', '.join(others)}; use the same version",
                code="version-mixed",
            )
        return {"msg": f"{len(versions)} {target} run Kafka {', '.join(kinds)}", "versions": versions}
