# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Secrets with the cluster's authority, the operator's own certificate, and those of the pods."""

from __future__ import annotations

from collections.abc import Sequence

from tests.sandbox.secured.certificates import Identity

from . import certificates, objects
from .api import Api
from .names import Object, title


class Authority:
    """The certificates of one cluster."""

    def __init__(self, api: Api, cr: Object) -> None:
        self._api = api
        self._cr = cr
        self._name, self._namespace = title(cr)
        self._identity = Identity("", "")

    def ensure(self) -> str:
        """Make the authority and the operator's certificate when they are not there; returns the authority's certificate."""
        public, private = (self._api.get("Secret", f"{self._name}-cluster-ca{end}") for end in ("-cert", ""))
        if public is None or private is None:
            made = certificates.issue("cluster-ca v0")
            opened, closed = certificates.authority_data(made)
            self._apply("cluster-ca-cert", opened)
            self._apply("cluster-ca", closed)
            self._identity = made
        else:
            self._identity = Identity(certificates.decoded(public, "ca.crt"), certificates.decoded(private, "ca.key"))
        if self._api.get("Secret", f"{self._name}-cluster-operator-certs") is None:
            own = certificates.issue("cluster-operator", self._identity)
            data = certificates.identity_data("cluster-operator", own, self._identity)
            self._apply("cluster-operator-certs", data)
        return self._identity.certificate

    def kafka(self, pods: Sequence[str]) -> None:
        """Make a certificate for each broker and controller that has none."""
        wanted = {pod: certificates.kafka_names(self._name, self._namespace, pod) for pod in pods}
        self._nodes("kafka-brokers", f"{self._name}-kafka", wanted)

    def zookeeper(self) -> None:
        """Make a certificate for each ZooKeeper server that has none."""
        pods = [f"{self._name}-zookeeper-{n}" for n in range(int(self._cr["spec"]["zookeeper"]["replicas"]))]
        wanted = {pod: certificates.zookeeper_names(self._name, self._namespace, pod) for pod in pods}
        self._nodes("zookeeper-nodes", f"{self._name}-zookeeper", wanted)

    def _nodes(self, end: str, name: str, wanted: dict[str, list[str]]) -> None:
        there = self._api.get("Secret", f"{self._name}-{end}") or {}
        data = certificates.nodes_data(self._identity, name, wanted, there.get("data") or {})
        if data != there.get("data"):
            self._apply(end, data)

    def _apply(self, end: str, data: dict[str, str]) -> None:
        body = objects.body(self._cr, "Secret", f"{self._name}-{end}", "kafka", {"type": "Opaque", "data": data})
        self._api.apply(body)
