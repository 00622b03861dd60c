# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controllers that are there: what nodes log in by stays as it is, whatever Secrets and options say by now."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import CONFIG_VOLUME, FILE
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import Properties
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import security
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused

from tests.unit.plugins.module_utils._core._settings.secured_brokers import SASL
from tests.unit.plugins.module_utils._platform._statefulset.secured_scene import scene, secret
from tests.unit.plugins.module_utils.fakes import statefulset

KEY = "listener.name.controller.plain.sasl.jaas.config"


def made(cluster: Any, effective: dict[str, str]) -> dict[str, Any]:
    """Controllers as this cluster makes them; returns the object with their settings."""
    chosen = security.of_controllers(cluster, effective)
    text = Properties.parse("")
    protocols = f"{effective['listener.security.protocol.map']},{chosen.listener}:{chosen.protocol}"
    for key, value in {
        "controller.listener.names": chosen.listener,
        "listener.security.protocol.map": protocols,
        **chosen.controllers,
    }.items():
        text.set(key, value)
    item = statefulset("kafka-kraft")
    item["spec"]["template"]["spec"]["volumes"] = [{"name": CONFIG_VOLUME, "secret": {"secretName": "settings"}}]
    cluster.controllers = item
    return secret("settings", **{FILE: text.render()})


def test_a_login_that_rotates_stays_as_it_is_while_there_are_controllers() -> None:
    login = secret("kraft-login", username="kraft", password="old-canary")
    cluster = scene(SASL, login, controller_secret="kraft-login")
    before = security.of_controllers(cluster, SASL)
    settings = made(cluster, SASL)
    for texts, words in (
        ({"username": "kraft", "password": "old-canary"}, ""),
        ({"username": "kraft", "password": "new-canary"}, "has another password"),
        ({"username": "new", "password": "new-canary"}, "has the principal User:new instead of User:kraft"),
        ({"username": "new"}, "cannot be told (Secret n/kraft-login"),
    ):
        now = scene(SASL, settings, secret("kraft-login", **texts), controller_secret="kraft-login")
        now.controllers = cluster.controllers
        assert security.of_controllers(now, SASL).brokers == before.brokers
        assert security.of_controllers(now, SASL).controllers == before.controllers
        found = [item.sentence for item in security.kept(now, SASL)]
        assert (len(found) == 1 and words in found[0] and "canary" not in found[0]) if words else not found


def test_a_protocol_that_is_chosen_anew_waits_for_new_controllers() -> None:
    login = secret("kraft-login", username="kraft", password="p")
    cluster = scene(SASL, login, controller_secret="kraft-login")
    settings = made(cluster, SASL)
    now = scene(SASL, settings, login, controller_secret="kraft-login", controller_security="PLAINTEXT")
    now.controllers = cluster.controllers
    assert security.of_controllers(now, SASL).protocol == "SASL_PLAINTEXT"
    assert "has the security protocol PLAINTEXT instead of SASL_PLAINTEXT" in one(now)


def test_a_login_that_nobody_knows_stops_the_run() -> None:
    login = secret("kraft-login", username="kraft", password="new-canary")
    cluster = scene(SASL, secret("kraft-login", username="kraft", password="old"), controller_secret="kraft-login")
    before = security.of_controllers(cluster, SASL)
    settings = made(cluster, SASL)
    gone = scene(SASL, login, controller_secret="kraft-login")
    empty = scene(SASL, login, secret("settings", **{FILE: "node.id=1"}), controller_secret="kraft-login")
    for now, words in ((gone, "Secret n/settings does not exist"), (empty, "does not say how nodes log in")):
        now.controllers = cluster.controllers
        with pytest.raises(Refused, match=words) as error:
            security.of_controllers(now, SASL)
        assert error.value.code == "controller-login-unknown"
        assert security.kept(now, SASL) == []
        now.params["accept"] = ["controller-login-unknown"]
        assert "new-canary" in security.of_controllers(now, SASL).brokers[KEY]
    # a controller that runs knows it
    gone.params["accept"] = []
    texts = controllers_settings(settings)
    gone.controller_facts = {"kafka-kraft-0": Unknown("no pod"), "kafka-kraft-1": SimpleNamespace(settings=texts)}
    assert security.of_controllers(gone, SASL).brokers == before.brokers


def controllers_settings(body: dict[str, Any]) -> dict[str, str]:
    """The settings in an object of the controllers."""
    return Properties.parse(body["stringData"][FILE]).as_dict()


def one(cluster: Any) -> str:
    """The sentence on a login that is kept."""
    (found,) = security.kept(cluster, SASL)
    assert found.code == "controller-login-kept"
    return found.sentence
