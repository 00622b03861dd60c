# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ZooKeeper in a pass: its objects and pods, the znodes of a rollback, its end."""

from __future__ import annotations

import logging
import ssl

from . import messages, names, objects, status, switches, waiting
from .api import Api
from .authority import Authority
from .names import POD_SET, Object
from .switches import Switches
from .validation import FailureError
from .zookeeper_wire import ZooKeeperError

log = logging.getLogger("ZooKeeperReconciler")


class Ensemble:
    """ZooKeeper of one Kafka CR."""

    def __init__(self, api: Api, cr: Object, found: Switches) -> None:
        self._api = api
        self._cr = cr
        self._switches = found
        self._name = cr["metadata"]["name"]

    def reconcile(self, authority: Authority) -> None:
        """Bring its objects and pods up to date. Raises FailureError."""
        if not self._cr["spec"].get("zookeeper"):
            raise FailureError("InvalidResourceException", f"Kafka {self._name} has no .spec.zookeeper section")
        for body in (
            objects.network_policy(self._cr, "zookeeper"),
            *objects.zookeeper_services(self._cr),
            objects.zookeeper_config(self._cr),
        ):
            self._api.apply(body)
        waiting.claims(self._api, objects.zookeeper_claims(self._cr), slow=False)
        authority.zookeeper()
        self._api.apply(objects.budget(self._cr, "zookeeper", int(self._cr["spec"]["zookeeper"]["replicas"])))
        made = objects.zookeeper_set(self._cr, self._switches.version)
        self._api.apply(made)
        for body in made["spec"]["pods"]:
            name = body["metadata"]["name"]
            there = self._api.get("Pod", name)
            if there and status.revision(there) != status.revision(body):
                log.info("Rolling Pod %s due to [%s]", name, messages.OLD_REVISION[1])
                self._api.delete("Pod", name)
            waiting.ready(self._api, [body])

    def delete_znodes(self, tls: ssl.SSLContext) -> None:
        """Delete the znodes of the migration as this version does: before any broker is rolled, and before anybody looks at the pools."""
        about = switches.znodes(self._switches.version)
        if not about.controller:
            log.error("Failed to delete the '/controller' znode as part of the KRaft migration rollback")
            return
        for path in ("/controller", *(["/migration"] if about.migration else [])):
            try:
                there = self._api.delete_znode(self._name, tls, path)
            except ZooKeeperError as error:
                raise FailureError("RuntimeException", f"Failed to delete the '{path}' znode: {error}") from error
            if not there and about.strict:
                raise FailureError("RuntimeException", f"Failed to delete the '{path}' znode: no node")
            if there:
                log.info("%s", messages.deleted_znode(path))
            else:
                log.warning("%s", messages.missing_znode(path))

    def erase(self) -> None:
        """Delete ZooKeeper; claims stay, unless they belong to the CR."""
        log.info("%s", messages.ERASING)
        name = f"{self._name}-zookeeper"
        for kind, which in (
            ("NetworkPolicy", f"{self._name}-network-policy-zookeeper"),
            ("Service", f"{name}-client"),
            ("Service", f"{name}-nodes"),
            ("Secret", f"{name}-nodes"),
            ("ConfigMap", f"{name}-config"),
            ("PodDisruptionBudget", name),
            (POD_SET, name),
        ):
            self._api.delete(kind, which)
        for claim in self._api.list("PersistentVolumeClaim", f"{names.NAME_LABEL}={name}"):
            if claim["metadata"].get("ownerReferences"):
                self._api.delete("PersistentVolumeClaim", claim["metadata"]["name"])
