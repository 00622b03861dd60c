# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people do by hand around a KRaftMigrationJob, as CFK's pages tell them to: znodes by ZooKeeper's shell, annotations, the clean-up."""

from __future__ import annotations

import json
import re

from tests.sandbox.kube import Object

from . import names
from .double import Double
from .names import CONTROLLER, JOB, KAFKA, ZOOKEEPER

LOCKED = (ZOOKEEPER, KAFKA, CONTROLLER)
BROKERS = (0, 1, 2)


def chroot(double: Double) -> str:
    """Return the path below which the example's Kafka keeps its znodes."""
    return f"/{double.spec.kafka}-{double.namespace}"


def zookeeper(double: Double, *commands: str) -> str:
    """Run commands of ZooKeeper's shell in its pod."""
    shell = ["zookeeper-shell", "localhost:2181"]
    done = double.kube.exec(double.namespace, "zookeeper-0", shell, stdin="\n".join(commands) + "\nquit\n")
    return done.stdout.decode(errors="replace")


def controller_znode(double: Double) -> dict[str, object]:
    """Return the content of /controller."""
    found = re.search(r'^\{.*"brokerid".*\}$', zookeeper(double, f"get {chroot(double)}/controller"), re.MULTILINE)
    return dict(json.loads(found[0])) if found else {}


def delete_znodes(double: Double) -> None:
    """Raise the epoch when the controllers of the new quorum have claimed ZooKeeper, then delete the two znodes.

    The epoch must never go down: brokers ignore a controller that is older than the last one that they know.
    """
    root = chroot(double)
    theirs = int(str(controller_znode(double).get("kraftControllerEpoch", -1)))
    found = re.search(r"^\d+$", zookeeper(double, f"get {root}/controller_epoch"), re.MULTILINE)
    assert found is not None
    raised = [f"set {root}/controller_epoch {max(theirs, int(found[0])) + 1}"] if theirs >= 0 else []
    zookeeper(double, *raised, f"deleteall {root}/controller", f"deleteall {root}/migration")


def hand_back(double: Double) -> None:
    """Delete the znodes until a broker keeps /controller: controllers that run may take it again."""
    for _attempt in range(10):
        delete_znodes(double)
        # each look starts a JVM, so this is some ten seconds
        if all(controller_znode(double).get("brokerid") in BROKERS for _look in range(6)):
            return
    raise AssertionError(f"no broker keeps /controller: {controller_znode(double)}")


def locks(double: Double) -> list[bool]:
    """Tell for Zookeeper, Kafka and KRaftController whether each is locked."""
    return [names.wanted(double.cr(kind), names.LOCK) for kind in LOCKED]


def no_controllers(double: Double) -> None:
    """Wait until no controller has a pod."""

    def reason(pods: dict[str, Object]) -> str:
        return f"still there: {', '.join(pods)}" if pods else ""

    double.kube.wait("Pod", double.namespace, reason, labels=f"app={double.spec.controller}", seconds=90)


def clean_up(double: Double) -> None:
    """After a rollback, before a retry: release, delete the job, the controllers with their volumes, and /migration again."""
    double.annotate(JOB, names.RELEASE)
    double.until(lambda: locks(double) == [False] * 3, "the CRs are still locked", 20)
    for kind in (JOB, CONTROLLER):
        double.delete(kind)
    no_controllers(double)
    kube, namespace = double.kube, double.namespace
    for claim in kube.list("PersistentVolumeClaim", namespace, labels=f"app={double.spec.controller}"):
        kube.delete("PersistentVolumeClaim", claim["metadata"]["name"], namespace)
    zookeeper(double, f"deleteall {chroot(double)}/migration")
    double.clear()
