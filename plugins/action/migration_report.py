# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a migration, as a page and as JSON, on the machine of ansible-playbook. The cluster is only read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible.release import __version__ as ansible_version
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import report
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report.page import page
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.redact import redact
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import KraftAction
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run

Patch = dict[str, Any]


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.migration_report."""

    MODULE = "migration_report"
    LED = None
    SHOWS = True

    def inspect(self, run: Run) -> dict[str, Any]:
        """Write both files unless they already say the same. Works in the middle of a migration and after a failure."""
        data = redact(_facts(run))
        # relative to where ansible-playbook was started: beside the playbook would be inside the installed collection
        base = Path(run.params["path"]).expanduser().absolute()
        base = base.with_suffix("") if base.suffix in (".html", ".json") else base
        wanted = {
            base.with_name(base.name + ".html"): page(data),
            base.with_name(base.name + ".json"): json.dumps(data, indent=2, default=str) + "\n",
        }
        html, as_json = wanted
        stale = {path: text for path, text in wanted.items() if _read(path) != text}
        shown = {"html": str(html), "json": str(as_json), "summary": report.summary(data)}
        if run.check_mode:
            return {"msg": f"would write {html} and {as_json}" if stale else _said(html, as_json), **shown}
        for path, text in stale.items():
            _write(path, text)
        return {"changed": bool(stale), "msg": _said(html, as_json), **shown}


def _said(html: Path, as_json: Path) -> str:
    return f"report: {html} (JSON: {as_json})"


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise KraftError(f"{path} cannot be read: {error}; choose another path for the report") from error


def _write(path: Path, text: str) -> None:
    """Write a file in one step: a reader sees the old one or the new one."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise KraftError(f"the report cannot be written to {path}: {error.strerror}; choose another path") from error


def _facts(run: Run) -> dict[str, Any]:
    status = _status(run)
    return report.build(
        run.journal,
        status,
        canary=run.params["canary"],
        patches=list(_readable(run.patches)),
        versions=_versions(run, status),
    )


def _status(run: Run) -> dict[str, Any]:
    """Where the cluster is; a cluster that cannot be read, after a failure, has a report as well."""
    cluster = run.opened
    names_ = cluster.name if run.leads else ", ".join(run.cluster.driver.brokers.stages())
    try:
        status = run.status()
        for item in status["controllers"]:
            facts = known(cluster.controller_facts).get(item["pod"])
            item["version"] = facts.version if facts else None
    except KraftError as error:
        return {
            "namespace": cluster.namespace,
            "cluster": cluster.name,
            "platform": cluster.platform,
            "reason": f"the cluster ({names_}) could not be read: {error.message}",
            "next": "status.yml, once the cluster can be read again",
        }
    return status


def _versions(run: Run, status: Mapping[str, Any]) -> dict[str, str]:
    found = {"ansible-core": ansible_version}
    with suppress(KraftError):
        found["Kubernetes"] = run.client.server_version()
    for kind in ("brokers", "controllers"):
        if status.get(kind):
            found[f"Kafka, {kind}"] = report.by_version(status[kind])
    return found


def _readable(read: Callable[[], list[Patch]]) -> Iterator[Patch]:
    """Yield the patches, or one line that says why they are not known."""
    try:
        yield from read()
    except (KraftError, Unsupported) as error:
        yield {"object": "-", "note": f"the changes could not be read: {error.message}"}
