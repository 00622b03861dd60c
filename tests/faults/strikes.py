# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The faults. Each strikes for real, waits until that is seen, and returns what proves it."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from kazoo.exceptions import NoNodeError

from tests.e2e import audit
from tests.e2e.fleet import ACCOUNT
from tests.faults import node
from tests.faults.figures import now_ms
from tests.faults.network import cut
from tests.faults.playing import Line
from tests.faults.scene import Scene, until
from tests.sandbox.config import SandboxError
from tests.sandbox.kube import ApiError, pod_ready

#: seconds
AWAY, PAUSED, CUT_OFF = 60.0, 10.0, 20.0
CONTROLLERS = f"{names.LABEL_ROLE}={names.ROLE_CONTROLLER}"
EDITOR = "kubectl-edit"
EDITED = {"metadata": {"annotations": {"example.com/edited": "by hand"}}}
#: no number, so that a broker that reads it ends at once
BROKEN = "num.io.threads=many"


def restarting(roll: str) -> str:
    """The line before a broker of a roll is restarted."""
    return rf"{roll}: broker \d+/\d+: \S+: restarting"


def last_restarting(roll: str) -> str:
    """The line before the last broker of a roll is restarted."""
    return rf"{roll}: broker (\d+)/\1: \S+: restarting"


def back(roll: str) -> str:
    """The line when a broker is back."""
    return rf"{roll}: broker \d+/\d+: \S+: back after"


def _pod_in(line: Line) -> str:
    found = re.search(r"broker \d+/\d+: (\S+):", line.text)
    assert found, f"no broker is named in {line.text!r}"
    return found[1]


# 1. the API server


def api_away(scene: Scene, line: Line) -> dict[str, Any]:
    """The API server is away for the runner from the moment at which the broker's pod goes."""
    pod = _pod_in(line)

    def there() -> str:
        found = scene.kube.get("Pod", pod, scene.namespace)
        stays = found is not None and pod_ready(found) and found["metadata"]["uid"] == scene.before.get(pod)
        return f"{pod} was not restarted" if stays else ""

    until(there, 180)
    before, began = scene.proxy.dropped, now_ms()
    with scene.proxy.away():
        time.sleep(AWAY)
    dropped = scene.proxy.dropped - before
    assert dropped > 0, "no connection of the runner was cut: the fault did not happen"
    return {"began_ms": began, "seconds": AWAY, "connections cut": dropped, "while restarting": pod}


# 3. the active controller


def _controllers(scene: Scene) -> dict[int, str]:
    """Node id of each controller to its pod."""
    name = f"{scene.trip.place.name}-kraft"
    found = scene.kube.get("StatefulSet", name, scene.namespace)
    assert found is not None, f"StatefulSet {name} is not there"
    base = int(found["metadata"]["annotations"][f"{names.PREFIX}node-id-base"])
    return {base + ordinal: f"{name}-{ordinal}" for ordinal in range(found["spec"]["replicas"])}


def _epoch(holder: dict[str, Any] | None) -> int:
    """KRaft's epoch in /controller; -1 when a broker, or nobody, holds it."""
    return int((holder or {}).get("kraftControllerEpoch", -1))


@contextlib.contextmanager
def _aim(scene: Scene) -> Iterator[Callable[[dict[str, Any]], dict[str, Any]]]:
    """Yield what sends SIGKILL, at once, to the controller that a /controller names, and returns what has been seen then."""
    pods = _controllers(scene)
    with contextlib.ExitStack() as stack:
        processes = {pod: stack.enter_context(node.held(scene.kube, scene.namespace, pod)) for pod in pods.values()}

        def shoot(holder: dict[str, Any]) -> dict[str, Any]:
            pod = pods[holder["brokerid"]]
            number, descriptor = processes[pod]
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            return {
                "began_ms": now_ms(),
                "killed": pod,
                "epoch": _epoch(holder),
                **_come_back(scene, pod, number, holder),
            }

        yield shoot


def _come_back(scene: Scene, pod: str, number: int, holder: dict[str, Any]) -> dict[str, Any]:
    """The process ends, another controller takes over, and the container is started again."""
    until(lambda: "" if node.state_of(number) in ("", "Z") else f"process {number} of {pod} lives", 5)

    def elected() -> str:
        now = scene.trip.znode("/controller")
        return (
            ""
            if _epoch(now) > _epoch(holder)
            else f"nobody has taken over from {pod}: /controller is {json.dumps(now)}"
        )

    def restarted() -> str:
        try:
            return (
                "" if node.jvm(node.first_process(scene.kube, scene.namespace, pod)) != number else "still the old one"
            )
        except SandboxError as error:
            return str(error)

    return {"taken over after_s": until(elected, 90), "started again after_s": until(restarted, 60)}


def kill_active(scene: Scene, _line: Line) -> dict[str, Any]:
    """The controller that is active now."""
    with _aim(scene) as shoot:
        holder = scene.trip.znode("/controller")
        assert holder is not None, "nobody holds /controller"
        assert _epoch(holder) >= 0, f"no KRaft controller is active: {holder}"
        return shoot(holder)


def kill_in_copy(scene: Scene, _line: Line) -> dict[str, Any]:
    """The first controller that takes /controller, at once: what it does right after is the copy."""
    deadline = time.monotonic() + 300
    with _aim(scene) as shoot, scene.trip.place.zookeeper() as zk:
        while True:
            with contextlib.suppress(NoNodeError):
                holder = json.loads(zk.get("/controller")[0])
                if _epoch(holder) >= 0:
                    return shoot(holder)
            assert time.monotonic() < deadline, "no KRaft controller took /controller within 300 s"
            time.sleep(0.005)


# 4. ZooKeeper


def zookeeper_paused(scene: Scene, _line: Line) -> dict[str, Any]:
    """ZooKeeper does not answer for ten seconds, while its port is open."""
    with node.paused(scene.kube, scene.namespace, "zookeeper-0") as process:
        until(lambda: "" if node.state_of(process) == "T" else f"process {process} was not stopped", 5)
        time.sleep(PAUSED)
    until(lambda: "" if node.state_of(process) in ("S", "R", "D") else f"process {process} does not go on", 5)
    return {"seconds": PAUSED}


# 5. somebody else's eviction


def evict_another(scene: Scene, _line: Line) -> dict[str, Any]:
    """Somebody else evicts the broker whose turn would come last, as soon as the PodDisruptionBudget allows it."""
    old = [name for name, uid in scene.trip.pods().items() if scene.before.get(name) == uid]
    assert old, "every broker was restarted already: nobody is left to be evicted before its turn"
    pod, began, refused = max(old), time.monotonic(), 0
    path = scene.kube.path("Pod", scene.namespace, pod) + "/eviction"
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": scene.namespace},
        "deleteOptions": {"preconditions": {"uid": scene.before[pod]}},
    }
    while True:
        try:
            scene.kube.request("POST", path, body)
            break
        except ApiError as error:
            if error.status != 429:
                raise AssertionError(f"{pod} could not be evicted before the run restarted it: {error}") from error
            refused += 1
        assert time.monotonic() - began < 180, f"the budget allowed no eviction of {pod} for 180 s"
        time.sleep(0.03)
    return {"began_ms": now_ms(), "evicted": pod, "refused before": refused}


def not_restarted_twice(scene: Scene, evidence: dict[str, Any]) -> None:
    """The run did not restart the evicted broker once more: it came back on the new settings."""
    ours = audit.removals_since(scene.mark, scene.namespace, ACCOUNT)
    assert evidence["evicted"] not in ours, f"{evidence['evicted']} was evicted by somebody and restarted again: {ours}"


# 6. a broker that cannot start


def break_settings(scene: Scene, _line: Line) -> dict[str, Any]:
    """Somebody makes the ConfigMap of the new stage anew, with a setting that no broker starts with."""
    kube, namespace = scene.kube, scene.namespace
    found = kube.get("StatefulSet", scene.trip.place.name, namespace)
    assert found is not None, "the brokers' StatefulSet is not there"
    shown = [
        volume["configMap"]["name"]
        for volume in found["spec"]["template"]["spec"].get("volumes") or []
        if "configMap" in volume
    ]
    maps = {name: kube.get("ConfigMap", name, namespace) for name in shown}
    ours = {name: body for name, body in maps.items() if body and body.get("immutable")}
    assert len(ours) == 1, f"one ConfigMap of the stage is expected among {shown}"
    (name, body), *_rest = ours.items()
    broken = {key: f"{text}\n{BROKEN}\n" for key, text in body["data"].items()}
    assert kube.delete("ConfigMap", name, namespace), f"ConfigMap {name} was gone"
    metadata = {"name": name, "namespace": namespace, "labels": body["metadata"].get("labels") or {}}
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": broken, "immutable": True}
    kube.request("POST", kube.path("ConfigMap", namespace), made)
    return {"broken": f"{BROKEN} in ConfigMap {name}"}


# 7. the network


def network_cut(scene: Scene, line: Line) -> dict[str, Any]:
    """The controllers lose ZooKeeper, and a broker that is not being restarted loses the controllers."""
    controllers = [
        pod["status"]["podIP"]
        for pod in scene.kube.list("Pod", scene.namespace, labels=CONTROLLERS)
        if pod["status"].get("podIP")
    ]
    assert len(controllers) == 3, f"three controllers are expected, not {controllers}"
    old = [name for name, uid in scene.trip.pods().items() if scene.before.get(name) == uid and name != _pod_in(line)]
    assert old, "every broker was restarted already"
    broker = max(old)
    with (
        cut(scene.kube, scene.namespace, "zookeeper-0", controllers) as from_zookeeper,
        cut(scene.kube, scene.namespace, broker, controllers) as from_broker,
    ):
        time.sleep(CUT_OFF)
    assert from_zookeeper.dropped > 0, "no packet between the controllers and ZooKeeper was dropped"
    assert from_broker.dropped > 0, f"no packet between the controllers and {broker} was dropped"
    return {
        "seconds": CUT_OFF,
        "packets to and from zookeeper-0": from_zookeeper.dropped,
        f"packets to and from {broker}": from_broker.dropped,
    }


# 8. somebody who edits


def edit(scene: Scene, line: Line) -> dict[str, Any]:
    """Somebody edits the brokers' StatefulSet once the pod that is being restarted was made again."""
    pod, began = _pod_in(line), now_ms()

    def renewed() -> str:
        found = scene.kube.get("Pod", pod, scene.namespace)
        new = found is not None and found["metadata"]["uid"] != scene.before.get(pod)
        return "" if new else f"{pod} was not restarted"

    until(renewed, 180)
    _patch_template(scene, EDITED)
    return {
        "edited": f"StatefulSet {scene.trip.place.name}",
        "by": EDITOR,
        "after_s": round((now_ms() - began) / 1000, 1),
    }


def put_back(scene: Scene) -> None:
    """Undo the edit, as the message asks for."""
    annotations = dict.fromkeys(EDITED["metadata"]["annotations"])
    _patch_template(scene, {"metadata": {"annotations": annotations}})


def _patch_template(scene: Scene, change: dict[str, Any]) -> None:
    path = scene.kube.path("StatefulSet", scene.namespace, scene.trip.place.name) + f"?fieldManager={EDITOR}"
    scene.kube.request("PATCH", path, {"spec": {"template": change}}, content="application/merge-patch+json")


# what a stopped run must not have touched


def touched(scene: Scene) -> list[str]:
    """Broker pods that are not those of the beginning of the last run."""
    return scene.trip.restarted(scene.before)
