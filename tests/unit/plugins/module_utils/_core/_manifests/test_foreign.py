# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who else manages an object (safety rule 6), derived from its metadata."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import foreign
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.foreign import Manager


def made(**metadata: Any) -> Any:
    return {"metadata": metadata}


def test_the_owner_is_the_reference_that_controls() -> None:
    """Rule 6: a StatefulSet of another controller is seen."""
    loose = {"kind": "Backup", "name": "b"}
    assert foreign.owner(made()) == ""
    assert foreign.owner(made(ownerReferences=None)) == ""
    assert foreign.owner(made(ownerReferences=[loose])) == ""
    both = [loose, {"kind": "Kafka", "name": "prod", "controller": True}]
    assert foreign.owner(made(ownerReferences=both)) == "Kafka/prod"


@pytest.mark.parametrize(
    ("metadata", "managers"),
    [
        ({}, []),
        ({"labels": {"app.kubernetes.io/managed-by": "Helm"}}, []),
        (
            {"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/StatefulSet:kafka/kafka"}},
            [Manager("Argo CD", "Application", "", "shop")],
        ),
        (
            {"annotations": {"argocd.argoproj.io/tracking-id": "team-a_shop:apps/StatefulSet:kafka/kafka"}},
            [Manager("Argo CD", "Application", "team-a", "shop")],
        ),
        ({"labels": {"argocd.argoproj.io/instance": "shop"}}, [Manager("Argo CD", "Application", "", "shop")]),
        (
            {
                "labels": {
                    "kustomize.toolkit.fluxcd.io/name": "apps",
                    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
                }
            },
            [Manager("Flux", "Kustomization", "flux-system", "apps")],
        ),
        ({"labels": {"helm.toolkit.fluxcd.io/name": "kafka"}}, [Manager("Flux", "HelmRelease", "", "kafka")]),
    ],
)
def test_gitops_by_its_marks(metadata: Any, managers: Any) -> None:
    """Rule 6: objects of Argo CD and Flux are seen."""
    assert foreign.gitops(made(**metadata)) == managers


def test_a_manager_in_words() -> None:
    assert str(Manager("Flux", "Kustomization", "flux-system", "apps")) == "Flux Kustomization flux-system/apps"
    assert str(Manager("Argo CD", "Application", "", "shop")) == "Argo CD Application shop"


@pytest.mark.parametrize(
    ("tool", "resource", "paused"),
    [
        ("Flux", {}, False),
        ("Flux", {"spec": {"suspend": False}}, False),
        ("Flux", {"spec": {"suspend": True}}, True),
        ("Argo CD", {"spec": {"syncPolicy": {"automated": {"selfHeal": True}}}}, False),
        # an empty object switches the automated sync on; enabled: false (Argo CD 3.1) switches it off again
        ("Argo CD", {"spec": {"syncPolicy": {"automated": {}}}}, False),
        ("Argo CD", {"spec": {"syncPolicy": {"automated": {"enabled": False}}}}, True),
        ("Argo CD", {"spec": {"syncPolicy": {"automated": None}}}, True),
        ("Argo CD", {"spec": {"syncPolicy": {}}}, True),
        ("Argo CD", {}, True),
    ],
)
def test_paused(tool: Any, resource: Any, paused: Any) -> None:
    """Rule 6: only a manager that is seen not to act counts as paused."""
    assert foreign.paused(Manager(tool, "", "", ""), resource) is paused


def test_the_digest_is_of_the_content_and_not_of_its_order() -> None:
    one = {"spec": {"containers": [{"name": "a", "image": "x"}]}}
    same = {"spec": {"containers": [{"image": "x", "name": "a"}]}}
    other = {"spec": {"containers": [{"name": "a", "image": "y"}]}}
    assert foreign.digest(one) == foreign.digest(same) != foreign.digest(other)
    assert len(foreign.digest(one)) == 32


def entry(manager: Any, time: Any, fields: Any = ("f:spec",), **more: Any) -> Any:
    return {"manager": manager, "time": time, "fieldsV1": {field: {} for field in fields}, **more}


def test_the_newest_writer_of_the_spec_that_is_not_us() -> None:
    item = made(
        managedFields=[
            entry("helm", "2026-01-01T00:00:00Z"),
            entry("kubectl-edit", "2026-02-01T00:00:00Z"),
            entry("kafkaops.kraft", "2026-03-01T00:00:00Z"),
            entry("kube-controller-manager", "2026-04-01T00:00:00Z", subresource="status"),
            entry("labeller", "2026-05-01T00:00:00Z", fields=("f:metadata",)),
        ]
    )
    assert foreign.last_writer(item) == "kubectl-edit at 2026-02-01T00:00:00Z"
    assert foreign.last_writer(made()) == "an unknown manager"
    assert foreign.last_writer(made(managedFields=[{"fieldsV1": {"f:spec": {}}}])) == "? at "
