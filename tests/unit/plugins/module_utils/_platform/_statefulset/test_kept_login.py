# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brokers and controllers have the same login and the same security at every stage, whatever is changed meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import listener_logins
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import STATEFUL_SET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    controllers,
    security,
    security_checks,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, Refused

from tests.unit.plugins.module_utils._core._settings.secured_brokers import PLAIN, PLAIN_JAAS, SASL
from tests.unit.plugins.module_utils._platform._statefulset.secured_scene import planned, scene, secret

KEY = "listener.name.controller.plain.sasl.jaas.config"
JAAS_FILE = secret("jaas", **{"jaas.conf": PLAIN_JAAS})


@pytest.fixture(autouse=True)
def no_zookeeper(monkeypatch: pytest.MonkeyPatch) -> None:
    def unanswered(_session: Any) -> Any:
        raise KraftError("no ZooKeeper answers")

    monkeypatch.setattr(security_checks, "read_acls", unanswered)


def made(monkeypatch: pytest.MonkeyPatch, cluster: Any) -> Any:
    """The same cluster once its controllers are there."""
    controllers.create(cluster, planned(monkeypatch, cluster, "held"))
    cluster.controllers = cluster.client.get(STATEFUL_SET, "kafka-kraft", "n")
    assert security.made_with(cluster) == {}, "held ones have no settings"
    controllers.write(cluster, planned(monkeypatch, cluster))
    cluster.controllers = cluster.client.get(STATEFUL_SET, "kafka-kraft", "n")
    return cluster


def with_secret(monkeypatch: pytest.MonkeyPatch) -> Any:
    login = secret("login", username="kraft", password="canary-old")
    return made(monkeypatch, scene(SASL | {"broker.id": "0"}, JAAS_FILE, login, controller_secret="login"))


def logins_of(cluster: Any) -> list[dict[str, str]]:
    found = security.of_controllers(cluster, cluster.effective)
    return [dict(listener_logins.logins(each[KEY])[0].options) for each in (found.brokers, found.controllers)]


def test_a_login_that_is_changed_meanwhile_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = with_secret(monkeypatch)
    before = logins_of(cluster)
    assert before[0] == {"username": "kraft", "password": "canary-old"}
    assert [item.code for item in security_checks.findings(cluster)] == ["super-user-added"]
    cluster.client.put(secret("login", username="other", password="canary-new"))
    assert logins_of(cluster) == before
    assert security.of_controllers(cluster, SASL).principal == "User:kraft"
    found = {item.code: item for item in security_checks.findings(cluster)}
    assert set(found) == {"controller-login-kept", "super-user-added"}
    assert not found["controller-login-kept"].blocking
    assert "canary" not in str(found)


def test_a_rollback_needs_no_secret_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = with_secret(monkeypatch)
    before = logins_of(cluster)
    cluster.client.drop("Secret", "n", "login")
    assert logins_of(cluster) == before
    assert "controller-login-kept" in [item.code for item in security_checks.findings(cluster)]


def test_users_that_the_controllers_know_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = made(monkeypatch, scene(PLAIN | {"broker.id": "0"}, JAAS_FILE))
    before = logins_of(cluster)
    assert before[1]["user_admin"] == "canary-admin"
    cluster.client.put(secret("jaas", **{"jaas.conf": PLAIN_JAAS.replace("canary-plain", "canary-new")}))
    assert logins_of(cluster) == before
    assert not security.kept_login(cluster), "no Secret was named"


def test_another_security_is_refused_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = with_secret(monkeypatch)
    cluster.params = {**cluster.params, "controller_security": "PLAINTEXT"}
    with pytest.raises(Refused, match="was made with SASL_PLAINTEXT, and is to use PLAINTEXT now") as raised:
        security.of_controllers(cluster, cluster.effective)
    assert raised.value.code == "controller-security-changed"
    open_ones = made(monkeypatch, scene({"broker.id": "0", "zookeeper.connect": "zk"}, JAAS_FILE))
    assert security.of_controllers(open_ones, open_ones.effective).protocol == "PLAINTEXT"


def test_a_login_that_is_filled_in_is_kept_too(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "${file:/etc/kafka-tls/x:jaas}"
    cluster = made(
        monkeypatch, scene(PLAIN | {"broker.id": "0", "listener.name.internal.plain.sasl.jaas.config": text}, JAAS_FILE)
    )
    cluster.effective = SASL
    found = security.of_controllers(cluster, SASL)
    assert (found.brokers[KEY], found.controllers[KEY], found.principal) == (text, text, None)
