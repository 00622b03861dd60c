# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters that end-to-end tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import connect

from tests.e2e.fleet import Cluster
from tests.e2e.places import SERVICE_ACCOUNT, Place
from tests.sandbox.account import grant
from tests.sandbox.cluster import Sandbox
from tests.sandbox.fixtures import Fixture, FixtureSpec, create, delete

#: every cluster that a test of bad input makes in that namespace
CLUSTERS = ("kafka", "odd", "born", "shop")
SHARED = FixtureSpec(namespace="bad-input", topics=3, dns_ttl=1)


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One healthy cluster for all bad input; with KRAFT_KEEP set it stays, and is used again the next time."""
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster")
    sandbox = Sandbox()
    kube = sandbox.kube
    keep = bool(os.environ.get("KRAFT_KEEP"))
    if not keep:
        delete(SHARED, kube=kube)
    if not (keep and kube.get("StatefulSet", SHARED.name, SHARED.namespace)):
        sandbox.ensure_image(SHARED.flavour, SHARED.kafka_version)
        create(SHARED, kube=kube)
    fixture = Fixture(SHARED, kube, {})
    token = grant(kube, SHARED.namespace, SERVICE_ACCOUNT, clusters=CLUSTERS)
    client = connect({})
    try:
        yield Place(Cluster(fixture, token, tmp_path_factory.mktemp("play")), client)
    finally:
        client.close()
        if not keep:
            delete(SHARED, kube=kube)
        kube.close()


@pytest.fixture
def viewer(place: Place) -> Iterator[dict[str, str]]:
    """Variables that let a playbook use an account that may read every namespace."""
    kube, name = place.cluster.fixture.kube, "bad-input-viewer"
    token = grant(kube, place.namespace, name)
    path = f"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/{name}"
    body = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": place.namespace}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
    }
    query = "?fieldManager=kafkaops-tests&force=true"
    kube.request("PATCH", path + query, body, content="application/apply-patch+yaml")
    try:
        yield {"kraft_api_key": token}
    finally:
        kube.request("DELETE", path)
