# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a migration, as a page and as JSON, on the machine of ansible-playbook. The cluster is only read."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible.release import __version__ as ansible_version
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import (
    JVM_OPTION,
    original_name,
    stage_name,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import report
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report.html import page
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import REDACTED
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.source import FileSource, SettingsSource
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import SECRET
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import status as statuses
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import brokers
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.writes import template_annotation
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.redact import redact
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import KraftAction
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run

Patch = dict[str, Any]
#: what the start of a controller sets by itself differs from pod to pod
_PER_POD = ("node.id", "broker.id")


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.migration_report."""

    MODULE = "migration_report"
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
    return f"report: {html} (the same as data: {as_json})"


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
    cluster, journal = run.cluster, run.journal
    status = _status(cluster)
    return report.build(
        journal,
        status,
        canary=run.params["canary"],
        patches=list(_told(lambda: [*_broker_patches(cluster), *_controller_patches(cluster)])),
        versions=_versions(run, status),
    )


def _status(cluster: StatefulSetCluster) -> dict[str, Any]:
    """Where the cluster is; a cluster that cannot be read, after a failure, has a report as well."""
    found = cluster.statefulsets
    try:
        status = statuses.status(cluster)
        for item in status["controllers"]:
            facts = known(cluster.controller_facts).get(item["pod"])
            item["version"] = facts.version if facts else None
    except KraftError as error:
        names_ = ", ".join(item["metadata"]["name"] for item in found)
        return {
            "namespace": cluster.namespace,
            "cluster": cluster.name,
            "platform": cluster.platform,
            "reason": f"the cluster (StatefulSets {names_}) could not be read: {error.message}",
            "next": "status.yml, when the cluster can be read again",
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


# What to put into git


def _told(read: Callable[[], list[Patch]]) -> Iterator[Patch]:
    """Yield the patches, or one line that says why they are not known."""
    try:
        yield from read()
    except (KraftError, Unsupported) as error:
        yield {"object": "-", "note": f"what was changed could not be found out: {error.message}"}


def _broker_patches(cluster: StatefulSetCluster) -> list[Patch]:
    """For each StatefulSet what its settings became: stage by stage for files, from first to last for what the template gives."""
    if not any(brokers.stage_of(item) for item in cluster.statefulsets):
        return []
    originals = _originals(cluster)
    patches: list[Patch] = []
    for name, source in brokers.sources(cluster).items():
        item = next(each for each in cluster.statefulsets if each["metadata"]["name"] == name)
        stage = brokers.stage_of(item)
        original = originals.get(name)
        if not stage or original is None:
            continue
        if isinstance(source, FileSource):
            patches += _file_patches(cluster, name, source)
        else:
            first = brokers.source_at(cluster, source, original)
            patches.append(_patch(f"StatefulSet/{name}: {source.where}", stage, first, source))
        option = template_annotation(item, JVM_OPTION)
        note = "the pod template that shows these settings; a pod template of your own with the same settings rolls the pods once"
        patches.append(
            {
                "object": f"StatefulSet/{name}",
                "stage": stage,
                "note": note + (f"; JVM option of the brokers: {option}" if option else ""),
            }
        )
    return patches


def _file_patches(cluster: StatefulSetCluster, name: str, source: FileSource) -> list[Patch]:
    """Compare the user's ConfigMap or Secret with the copy of each stage that the journal knows and that is still there."""
    kind, base = source.object_kind, original_name(source.name)

    def there(copy: str) -> FileSource | None:
        found = cluster.config_maps.get(copy) if kind == "ConfigMap" else cluster.secret(copy)
        return source.named(copy, found) if found is not None else None

    before = there(base)
    if before is None:
        return [{"object": f"{kind}/{base}", "note": f"the original {kind} is gone"}]
    patches = []
    for event in cluster.journal.events:
        stage, digest = str(event.get("stage", "")), (event.get("settings_hash") or {}).get(name, "")
        after = there(stage_name(base, stage, digest)) if event.get("what") == "written" and digest else None
        if after is None:
            continue
        patches.append(_patch(f"{kind}/{base}: {source.key} (StatefulSet/{name})", stage, before, after))
        before = after
    return patches


def _patch(where: str, stage: str, before: SettingsSource, after: SettingsSource) -> Patch:
    old, new, hidden = before.read(), after.read(), before.hidden() | after.hidden()
    return {
        "object": where,
        "stage": stage,
        "set": {
            key: REDACTED if key in hidden else value for key, value in sorted(new.items()) if old.get(key) != value
        },
        "removed": sorted({*old, *before.opaque()} - {*new, *after.opaque()}),
    }


def _originals(cluster: StatefulSetCluster) -> dict[str, Any]:
    """StatefulSet to its original pod template, from the Secret that keeps them."""
    found = cluster.client.find(SECRET, names.originals_name(cluster.name), cluster.namespace)
    templates = {}
    for key, value in ((found or {}).get("data") or {}).items():
        templates[key.removesuffix(".json")] = json.loads(_decoded(value))["template"]
    return templates


def _decoded(value: str) -> str:
    return base64.b64decode(value).decode()


def _controller_patches(cluster: StatefulSetCluster) -> list[Patch]:
    """The controllers' objects, which are new, and the settings that they run with."""
    if cluster.controllers is None:
        return []
    name = cluster.controllers_name
    stage = template_annotation(cluster.controllers, names.STAGE)
    settings: Mapping[str, str] = next((facts.settings for facts in known(cluster.controller_facts).values()), {})
    return [
        {
            "object": f"StatefulSet/{name}",
            "stage": stage,
            "set": {key: value for key, value in sorted(settings.items()) if key not in _PER_POD},
            "removed": [],
            "note": f"new, with Service/{name} and PodDisruptionBudget/{name} and the ConfigMap that it mounts; "
            "node.id is set by each pod from its ordinal",
        }
    ]
