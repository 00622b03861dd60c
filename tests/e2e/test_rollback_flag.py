# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""B11: a controller that comes to run without the migration flag in pure dual-write. Should it be elected, the migration is over.

A restart of ours never makes one; one that somebody else made is named by every playbook, and the rollback repairs it first.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import (
    CONFIG_VOLUME,
    FILE,
    RUN_PATH,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import CONFIG_MAP, POD, STATEFUL_SET

from tests.e2e import audit
from tests.e2e.fleet import ACCOUNT
from tests.e2e.places import refused
from tests.e2e.removing import remove
from tests.e2e.trip import CONTROLLERS, FINAL, Trip, trip, until
from tests.sandbox.fixtures import FixtureSpec

SPEC = FixtureSpec(namespace="back-flag", dns_ttl=1, topics=5)
SET = "kafka-kraft"
FLAG = "zookeeper.metadata.migration.enable=true"
LOST = "migration-flag-lost"
LAST_STEP = "MoveToKRaftControllerEnsureKRaftControllerMigrationModeRemovalComplete"

Obj = dict[str, Any]


# what is there


def controllers(found: Trip) -> dict[str, str]:
    """Controller pod to its uid."""
    pods = found.place.client.list(POD, found.place.namespace, label_selector=CONTROLLERS)
    return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in pods}


def flagged(found: Trip, pod: str) -> bool:
    """Whether the process of a controller was started with the flag, as its own file says."""
    seen = found.target.fixture.kube.exec(found.place.namespace, pod, ["cat", f"{RUN_PATH}/{FILE}"])
    assert seen.status == 0, f"{pod}: {seen.stderr.decode(errors='replace')}"
    return FLAG in seen.text.splitlines()


def dangers(found: Trip) -> list[str]:
    """What status.yml shouts; each of it is printed too."""
    done = found.run("status")
    listed: list[str] = done.result("Status")["dangers"]
    for text in listed:
        assert f"DANGER: {text}" in done.output, done.output
    return listed


def mounted(found: Trip) -> tuple[list[Obj], str]:
    """The volumes of the controllers' template, and the name of the ConfigMap among them."""
    item = found.place.client.get(STATEFUL_SET, SET, found.place.namespace)
    volumes: list[Obj] = item["spec"]["template"]["spec"]["volumes"]
    return volumes, next(each["configMap"]["name"] for each in volumes if each["name"] == CONFIG_VOLUME)


# what somebody else does


def without_flag(body: Obj, name: str) -> Obj:
    """A ConfigMap like that one, without the flag."""
    lines = body["data"][FILE].splitlines(keepends=True)
    kept = [line for line in lines if line.strip() != FLAG]
    assert len(kept) == len(lines) - 1, f"the settings of the controllers have no line {FLAG}: {body['data'][FILE]}"
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {FILE: "".join(kept)}}


def edit_template(found: Trip) -> list[Obj]:
    """Mount other settings, without the flag, as an edit of the StatefulSet does; returns the volumes that were there."""
    client, namespace = found.place.client, found.place.namespace
    before, name = mounted(found)
    client.create(CONFIG_MAP, without_flag(client.get(CONFIG_MAP, name, namespace), "edited-by-hand"), namespace)
    after = copy.deepcopy(before)
    for volume in after:
        if volume["name"] == CONFIG_VOLUME:
            volume["configMap"]["name"] = "edited-by-hand"
    client.patch(STATEFUL_SET, SET, namespace, {"spec": {"template": {"spec": {"volumes": after}}}})
    return before


def put_template_back(found: Trip, volumes: list[Obj]) -> None:
    """Undo that edit."""
    client, namespace = found.place.client, found.place.namespace
    client.patch(STATEFUL_SET, SET, namespace, {"spec": {"template": {"spec": {"volumes": volumes}}}})
    remove(client, CONFIG_MAP, "edited-by-hand", namespace)


def delete_follower(found: Trip) -> str:
    """Delete the pod of a controller that is not active, as a drain does; returns its name once the new one is Ready."""
    active = found.active_controller()
    pod = next(name for name in sorted(controllers(found)) if name != active)
    found.renew(pod, 120)
    return pod


def make_config_map_anew(found: Trip, body: Obj) -> None:
    """Delete a ConfigMap and make it again: immutable does not keep anybody from that."""
    client, namespace, name = found.place.client, found.place.namespace, body["metadata"]["name"]
    remove(client, CONFIG_MAP, name, namespace)
    until(lambda: client.find(CONFIG_MAP, name, namespace) is None, f"ConfigMap {name} was not deleted")
    kept = {key: value for key, value in body["metadata"].items() if key in ("name", "labels", "annotations")}
    client.create(CONFIG_MAP, {**body, "metadata": kept}, namespace)


# what has to come of it


def a_restart_of_ours_is_refused(found: Trip) -> None:
    """The one task that restarts controllers does nothing unless the settings without the flag came through the gates."""
    before = controllers(found)
    done = found.target.play("finalize", "--tags", LAST_STEP, **FINAL)
    refused(done, "wrong-state", "not at stage final")
    assert controllers(found) == before


def an_edited_template_is_seen_before_anything_restarts(found: Trip) -> None:
    """All processes have the flag still; the next pod would not."""
    (sentence,) = dangers(found)
    assert "edited-by-hand" in sentence
    assert f"has no {FLAG} any more" in sentence


def everybody_names_it(found: Trip, pod: str) -> None:
    """Each playbook, whether it may go on or not; and none of them restarts anything."""
    before, brokers = controllers(found), found.pods()
    shout = f"DANGER: controller {pod} runs WITHOUT the migration flag"
    assert any(text.startswith(shout.removeprefix("DANGER: ")) for text in dangers(found)), dangers(found)
    assert found.state() == "MIXED"
    refused(found.target.play("preflight"), LOST, pod)
    shown = found.target.play("finalize")
    assert shown.status == 0, shown.output
    assert shout in shown.output, shown.output
    back = found.target.play("rollback")
    refused(back, LOST, "no controller is restarted", "edited-by-hand")
    assert shout in back.output, back.output
    # confirmed and with every gate open: the edit of somebody else stands in the way all the same
    refused(found.target.play("finalize", **FINAL), "changed-by-others", f"{found.place.namespace}/{SET}")
    assert controllers(found) == before
    assert found.restarted(brokers) == []


def no_restart_into_settings_without_the_flag(found: Trip, pod: str) -> None:
    """The template is as it was, so its digest says nothing; the ConfigMap that it names is another one."""
    client, namespace = found.place.client, found.place.namespace
    _volumes, name = mounted(found)
    kept, before = client.get(CONFIG_MAP, name, namespace), controllers(found)
    make_config_map_anew(found, without_flag(kept, name))
    done = found.target.play("rollback")
    refused(done, LOST, "no controller is restarted", name)
    assert controllers(found) == before
    make_config_map_anew(found, kept)
    assert not flagged(found, pod)


def the_rollback_repairs_it_first(found: Trip, pod: str) -> None:
    """Before any broker is restarted, the controller has the flag again."""
    mark = audit.position()
    done = found.run("rollback")
    removed = audit.removals_since(mark, found.place.namespace, ACCOUNT)
    assert removed[0] == pod, f"the first pod that the rollback restarted is not {pod}: {removed}"
    first = removed.index(next(name for name in removed if not name.startswith(SET)))
    assert removed[:first] == [pod], f"more than {pod} was restarted before the brokers: {removed}"
    assert done.result("RollbackToZkWaitForManualNodeRemovalFromZk")["controller"] in SPEC.broker_ids.values()
    found.check_plain()


def test_b11_a_controller_restarted_without_the_flag(tmp_path: Path) -> None:
    with trip(SPEC, tmp_path) as found:
        found.run("migrate")
        found.run("finalize")
        assert found.state() == "PURE_DUAL_WRITE"
        assert dangers(found) == []
        a_restart_of_ours_is_refused(found)
        volumes = edit_template(found)
        an_edited_template_is_seen_before_anything_restarts(found)
        pod = delete_follower(found)
        assert not flagged(found, pod), f"{pod} still has the flag: the accident did not happen, the rest shows nothing"
        everybody_names_it(found, pod)
        put_template_back(found, volumes)
        no_restart_into_settings_without_the_flag(found, pod)
        the_rollback_repairs_it_first(found, pod)
