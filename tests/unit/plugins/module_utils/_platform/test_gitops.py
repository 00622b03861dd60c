# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the GitOps object of something is paused: one that cannot be read is not, and is told from one that is not there."""

from __future__ import annotations

from typing import Any, cast

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import foreign
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform import gitops
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError, Unreachable

from tests.unit.plugins.module_utils.fakes import FakeClient

ARGO = foreign.Manager("Argo CD", "Application", "", "apps")
SEEN = "so that a pause would not be seen"


def api(**spec: Any) -> FakeClient:
    return FakeClient({"kind": "Application", "metadata": {"name": "apps", "namespace": "n"}, "spec": spec})


def how(client: FakeClient, namespace: str = "n") -> str:
    return gitops.not_paused(cast("Any", client), ARGO, namespace)


def test_one_that_was_read_is_paused_or_is_not() -> None:
    assert how(api()) == ""
    assert how(api(syncPolicy={"automated": {}})) == "does not appear to be paused"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            Forbidden("applications is not allowed"),
            f"this account may not read (get applications.argoproj.io in namespace n), {SEEN}: grant that, or accept managed-by-gitops",
        ),
        (
            Unreachable("no answer"),
            f"could not be read (no answer), {SEEN}: accept managed-by-gitops once it is paused",
        ),
    ],
)
def test_one_that_cannot_be_read_is_not_seen_paused_and_says_why(error: KraftError, words: str) -> None:
    client = api()
    client.fail["get", "Application"] = error
    assert how(client).startswith(words)


def test_one_that_is_not_there_says_where_it_was_looked_for() -> None:
    assert how(api(), "elsewhere").startswith(f"was not found in namespace elsewhere, {SEEN}: accept")
    assert "grant" not in how(api(), "elsewhere")


def test_each_that_manages_an_object_is_asked_for_once() -> None:
    managed = {"metadata": {"annotations": {foreign.ARGO_TRACKING: "apps:x"}}}
    client = cast("Any", api())
    assert gitops.not_paused_of(client, [managed, managed, {"metadata": {}}], "n") == {"Argo CD Application apps": ""}
