# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A support bundle has every part, readable or not, and no secret."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import support_bundle
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError

from tests.unit.plugins.module_utils.fakes import FakeClient, pod, statefulset
from tests.unit.plugins.module_utils.scenes import cluster_with

QUOTED = "the answer was: ssl.keystore.password=canary\nnext=1"


def test_no_part_of_a_bundle_has_a_secret(tmp_path: Path) -> None:
    """A failure, and a reason why something could not be read, may quote what a command printed."""
    item = statefulset("kafka")
    item["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "SASL_PASSWORD", "value": "canary"}]
    broken = pod("kafka-0")
    broken["status"]["message"] = QUOTED
    client: Any = FakeClient(item, broken)
    client.pod_log = lambda *_arguments, **_options: QUOTED
    cluster = cluster_with(
        client=client,
        statefulsets=[item],
        pods={"kafka-0": broken},
        container="kafka",
        controller_pods={},
        controller_container="",
        view=SimpleNamespace(controller=None, controller_epoch=1, migration=None, brokers={}, topics={}),
    )
    cluster.changed = lambda *_parts: None
    cluster.journal.add("2026-11-30T14:00:00.000Z", "MIGRATE", "x", "failed", error=QUOTED)

    def status() -> Any:
        raise KraftError(QUOTED)

    failure = {"message": QUOTED, "code": "broker-not-healthy"}
    path = support_bundle.write(cluster, status, str(tmp_path), "1", failure)
    text = Path(path).read_text("utf-8")
    found = json.loads(text)
    assert set(found) == {"failure", "status", "journal", "workloads", "pods", "zookeeper"}
    assert found["failure"]["message"] == "the answer was: ssl.keystore.password=<redacted>\nnext=1"
    assert found["status"] == {"unreadable": found["failure"]["message"]}
    assert "canary" not in text
    assert Path(path).stat().st_mode & 0o777 == 0o600
