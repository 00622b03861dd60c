# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What controllers that are there were made with, as their settings say it; and what of it has changed since."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.security import (
    Credentials,
    Wanted,
    controller_security,
    login_key,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.security_in_force import (
    in_force,
    kept_rules,
    unread,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown

from tests.unit.plugins.module_utils._core._settings.secured_brokers import PLAIN, PLAIN_JAAS, SASL, TLS


def settings_of(effective: dict[str, str], wanted: Wanted, jaas: str = "") -> dict[str, str]:
    chosen = controller_security(effective, wanted, jaas)
    return {
        "controller.listener.names": chosen.listener,
        "listener.security.protocol.map": f"X:PLAINTEXT,{chosen.listener}:{chosen.protocol}",
        **chosen.controllers,
    }


@pytest.mark.parametrize(
    ("effective", "wanted", "jaas"),
    [
        (SASL, Wanted(credentials=Credentials("kraft", 'a "word"')), ""),
        (PLAIN, Wanted(), PLAIN_JAAS),
        (TLS, Wanted(), ""),
        (SASL, Wanted("PLAINTEXT"), ""),
    ],
)
def test_what_controllers_have_makes_the_same_again(effective: dict[str, str], wanted: Wanted, jaas: str) -> None:
    there = in_force(settings_of(effective, wanted, jaas))
    assert there is not None
    again, first = controller_security(effective, there), controller_security(effective, wanted, jaas)
    assert (again.listener, again.protocol, again.principal) == (first.listener, first.protocol, first.principal)
    assert (again.brokers, again.controllers) == (first.brokers, first.controllers)
    assert again.reason == "the controllers that are there use it"
    assert kept_rules(again, first) == []


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"controller.listener.names": "CONTROLLER", "listener.security.protocol.map": "OTHER:SSL"},
        {"controller.listener.names": "CONTROLLER", "listener.security.protocol.map": "CONTROLLER:SASL_SSL"},
        {
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:SASL_SSL",
            login_key("CONTROLLER"): 'a.B required username="x";',
        },
    ],
)
def test_settings_that_do_not_say_it(settings: dict[str, str]) -> None:
    assert in_force(settings) is None


def test_each_thing_that_changed_is_said_without_the_secret() -> None:
    now = controller_security(SASL, Wanted(credentials=Credentials("kraft", "canary-1")))
    for asked, words in (
        (Wanted(credentials=Credentials("kraft", "canary-2")), "has another password"),
        (Wanted(credentials=Credentials("other", "canary-1")), "the principal User:other instead of User:kraft"),
        (Wanted("PLAINTEXT"), "the security protocol PLAINTEXT instead of SASL_PLAINTEXT"),
    ):
        (found,) = kept_rules(now, controller_security(SASL, asked))
        assert found.code == "controller-login-kept"
        assert words in found.sentence
        assert "canary" not in found.sentence
    (found,) = kept_rules(now, None, "the Secret is gone")
    assert "cannot be told (the Secret is gone)" in found.sentence
    assert "could not be read: not allowed; " in unread(Unknown("not allowed"), "-e a=b")
