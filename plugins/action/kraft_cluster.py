# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A KRaft cluster of this collection's own: made, changed, stopped, started, removed."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.wanted import wanted
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import blocking
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.diff import before_after
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations.deploy import Deploy
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.registry import made
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import Decision, KraftAction, done, needed
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led import LedStep
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.kraft_cluster."""

    MODULE = "kraft_cluster"
    OPENS = False
    MIGRATES = False
    LED: ClassVar[type[LedStep] | None] = None

    def decide(self, run: Run) -> Decision:
        """As it should be already, or what would be done; refused before anything is written."""
        deploy, state = _deploy(run), run.params["state"]
        if state == "absent":
            return self._decide_absent(run, deploy)
        if state == "stopped":
            if not deploy.there.workloads or deploy.stopped():
                return done("it is stopped" if deploy.there.workloads else "there is no such cluster")
            return needed(f"stop {deploy.wanted.where}: brokers first, then controllers")
        found = blocking(deploy.problems(), ())
        if found:
            raise Refused("; ".join(each.sentence for each in found), code=found[0].code)
        changes, lines = deploy.changes(), []
        if deploy.stopped():
            lines.append("start it")
        else:
            lines += [f"restart {pod}, which was not made as its StatefulSet says" for pod in deploy.outdated()]
            lines += [f"look after the empty volume of {pod}" for pod in sorted(deploy.lost())]
        lines = [*(changes.lines if changes else []), *lines]
        if not lines:
            return done(f"{deploy.wanted.where} is as it should be")
        diff = [before_after(each.before, each.after) for each in (*changes.objects, *changes.templates)]
        return needed("; ".join(lines), *diff)

    def _decide_absent(self, run: Run, deploy: Deploy) -> Decision:
        volumes, there = run.params["delete_volumes"], deploy.there
        kept = volumes and bool(there.claims or there.identity)
        if not there.exists and not kept:
            return done("there is no such cluster")
        if volumes:
            wrong = run.params["scope"].not_all_named("kraft_confirm", run.params["confirm"])
            if wrong:
                raise Refused(
                    f"the volumes of {deploy.wanted.where} are deleted for good only when that is confirmed: {wrong}",
                    code="deploy-confirm",
                )
        return needed(
            f"delete {deploy.wanted.where}" + (" and its volumes, for good" if volumes else "; its volumes stay")
        )

    def inspect(self, run: Run) -> dict[str, Any]:
        """Where the cluster is reached."""
        return _result(_deploy(run), [])

    def apply(self, run: Run) -> dict[str, Any]:
        """Do it, and wait until the cluster serves, or is gone."""
        deploy, state = _deploy(run), run.params["state"]
        if state == "absent":
            lines = deploy.remove(volumes=run.params["delete_volumes"])
        elif state == "stopped":
            lines = deploy.stop()
        else:
            lines = deploy.bring_up()
        for line in lines:
            run.progress(line)
        return _result(deploy, lines)


def _deploy(run: Run) -> Deploy:
    client, params = run.client, run.params
    return Deploy(client, params, wanted(params), made(client, params), lambda: run.cluster, run.progress)


def _result(deploy: Deploy, lines: list[str]) -> dict[str, Any]:
    there = deploy.there
    identity = there.identity
    return {
        "done": lines,
        "exists": bool(there.workloads),
        "cluster_id": identity.cluster_id if identity else None,
        "nodes": list(identity.nodes) if identity else [],
        "bootstrap_servers": deploy.wanted.bootstrap if there.workloads else None,
        "volumes": sorted(there.claims),
    }
