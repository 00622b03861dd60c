# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which pods a StatefulSet should have, and why one does not run."""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.pods import (
    ordinal_key,
    other_revision,
    wanted_pods,
    why_not_ready,
    why_not_running,
)

from tests.unit.plugins.module_utils.fakes import pod as made
from tests.unit.plugins.module_utils.fakes import statefulset


def test_ordinals_may_begin_later() -> None:
    item = statefulset("kafka", ordinals={"start": 4}, replicas=2)
    assert wanted_pods(item) == ["kafka-4", "kafka-5"]


def test_ten_comes_after_nine_and_a_name_without_a_number_has_no_ordinal() -> None:
    assert sorted(["kafka-10", "kafka-9", "kafka-2"], key=ordinal_key) == ["kafka-2", "kafka-9", "kafka-10"]
    assert ordinal_key("kafka-b") == ("kafka-b", -1)


def test_what_the_status_says_is_the_reason() -> None:
    def pod(**state: object) -> dict[str, object]:
        return {"status": {"containerStatuses": [{"name": "agent", "state": {}}, {"name": "kafka", "state": state}]}}

    assert why_not_running(pod(running={}), "kafka") == ""
    waiting = pod(waiting={"reason": "CrashLoopBackOff"})
    assert why_not_running(waiting, "kafka") == "container kafka is waiting (CrashLoopBackOff)"
    assert why_not_running(pod(terminated={}), "kafka") == "container kafka is terminated"
    assert why_not_running({}, "kafka") == "container kafka has not started (the pod is Pending)"


def test_what_keeps_a_pod_from_being_ready() -> None:
    def pod(*waiting: str, **changed: object) -> dict[str, object]:
        containers = [
            {"name": f"c{number}", "state": {"waiting": {"reason": reason}}} for number, reason in enumerate(waiting)
        ]
        return {"metadata": {}, "status": {"containerStatuses": containers}, **changed}

    assert why_not_ready(pod("CrashLoopBackOff")) == "container c0 is waiting (CrashLoopBackOff)"
    assert why_not_ready(pod("ContainerCreating", "ErrImagePull")) == "container c1 is waiting (ErrImagePull)"
    assert why_not_ready(pod("PodInitializing")) == ""
    assert why_not_ready({"metadata": {}}) == ""
    assert why_not_ready(pod("ErrImagePull", metadata={"deletionTimestamp": "now"})) == "is being deleted"
    unscheduled = {
        "type": "PodScheduled",
        "status": "False",
        "message": "pod has unbound immediate PersistentVolumeClaims",
    }
    status = {"conditions": [{"type": "Ready", "status": "False"}, unscheduled]}
    assert why_not_ready({"metadata": {}, "status": status}) == f"is not scheduled: {unscheduled['message']}"
    init = {"initContainerStatuses": [{"name": "init", "state": {"waiting": {"reason": "ImagePullBackOff"}}}]}
    assert why_not_ready({"metadata": {}, "status": init}) == "container init is waiting (ImagePullBackOff)"


def test_a_pod_that_would_come_back_from_another_template() -> None:
    item = statefulset("kafka", replicas=2)
    item["status"] = {"observedGeneration": item["metadata"]["generation"], "updateRevision": "kafka-b"}
    pods = {name: made(name, labels={"controller-revision-hash": "kafka-b"}) for name in ("kafka-0", "kafka-1")}
    assert other_revision([item], pods) == ""
    pods["kafka-1"] = made("kafka-1", labels={"controller-revision-hash": "kafka-a"})
    assert other_revision([item], pods).startswith("pod kafka-1 is not of the newest revision of StatefulSet kafka")
    # whether it is there is another question
    del pods["kafka-1"]
    assert other_revision([item], pods) == ""
    for status in ({"observedGeneration": 0, "updateRevision": "kafka-b"}, {"observedGeneration": 1}, None):
        item["status"] = status
        assert other_revision([item], pods).startswith("the status of StatefulSet kafka is older than its template")
