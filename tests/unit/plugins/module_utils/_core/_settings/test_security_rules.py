# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each rule of a secured cluster finds its case, and names no secret."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.security import (
    ControllerSecurity,
    Credentials,
    Wanted,
    controller_security,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.security_rules import (
    acl_rules,
    dynamic_rules,
    listener_rules,
    one_sided_super_users,
    super_user_rules,
)

from tests.unit.plugins.module_utils._core._settings.secured_brokers import PLAIN, PLAIN_JAAS, SASL, TLS

KRAFT = controller_security(SASL, Wanted(credentials=Credentials("kraft", "canary-kraft")))
OPEN = ControllerSecurity("CONTROLLER", "PLAINTEXT", {}, {}, "User:ANONYMOUS", "")


def codes(found: list[object]) -> list[str]:
    return [str(item.code) for item in found]  # type: ignore[attr-defined]


def test_a_weaker_listener_is_worth_a_word() -> None:
    assert listener_rules(TLS, controller_security(TLS, Wanted())) == []
    assert listener_rules({}, OPEN) == []
    for effective, words in ((TLS, "in clear text"), (SASL, "without a login")):
        (found,) = listener_rules(effective, OPEN)
        assert found.code == "controller-listener-weaker"
        assert words in found.sentence


def test_the_fixtures_need_no_more_super_users() -> None:
    assert super_user_rules(PLAIN, controller_security(PLAIN, Wanted(), PLAIN_JAAS), "User:broker") == []
    assert super_user_rules(TLS, controller_security(TLS, Wanted()), None, "User:broker") == []


def test_who_logs_in_at_the_controllers_becomes_a_super_user() -> None:
    (found,) = super_user_rules(SASL, KRAFT, "User:broker")
    assert found.code == "super-user-added"
    assert "User:kraft" in found.sentence
    assert super_user_rules(SASL, KRAFT, "User:broker", more=["User:kraft"]) == []


@pytest.mark.parametrize(
    ("broker", "by_certificate", "allowed", "expected"),
    [
        ("User:b", None, None, ["super-user-added"]),
        ("User:b", None, {"User:b"}, ["super-user-added"]),
        ("User:b", None, set(), ["super-user-missing"]),
        ("User:ANONYMOUS", None, None, ["super-user-missing"]),
        ("User:ANONYMOUS", None, set(), ["super-user-missing"]),
        ("User:ANONYMOUS", None, {"User:ANONYMOUS"}, []),
        (None, None, None, ["super-user-unknown"]),
        (None, "User:CN=b", None, ["super-user-missing"]),
        (None, "User:admin", None, []),
    ],
)
def test_brokers_that_are_no_super_users(
    broker: str | None, by_certificate: str | None, allowed: set[str] | None, expected: list[str]
) -> None:
    have = SASL | {"super.users": "User:kraft;User:admin"}
    found = super_user_rules(have, KRAFT, broker, by_certificate, (), allowed)
    assert codes(list(found)) == expected


def test_a_super_user_of_one_side_only() -> None:
    """Controllers check again what a broker forwards to them."""
    more, restarted = (
        SASL | {"super.users": "User:broker;User:admin;User:ops"},
        SASL | {"super.users": "User:broker;User:admin;User:kraft"},
    )
    assert one_sided_super_users({"a-0": SASL, "b-0": SASL}, ()) == []
    (found,) = one_sided_super_users({"a-0": SASL, "b-0": more}, ())
    assert found.code == "super-user-missing"
    assert "User:ops is a super user of b-0 and not of a-0:" in found.sentence
    # what a stage gave to the brokers that it has restarted
    assert one_sided_super_users({"a-0": restarted, "b-0": SASL}, {"User:kraft", None}) == []
    assert one_sided_super_users({"a-0": {}, "b-0": more}, ()) == [], "without an authorizer nobody is one"


def test_super_users_of_a_broker_that_could_not_be_read() -> None:
    unread = {"c-0": "the exec failed"}
    (found,) = one_sided_super_users({"a-0": SASL}, (), unread)
    assert (found.code, found.sentence.partition(":")[0]) == (
        "super-user-unknown",
        "super.users of c-0 could not be read (the exec failed)",
    )
    assert one_sided_super_users({"a-0": {}}, (), unread) == []


def test_without_an_authorizer_there_are_no_super_users() -> None:
    effective = {key: value for key, value in SASL.items() if key != "authorizer.class.name"}
    assert super_user_rules(effective, OPEN, None) == []


def test_anybody_is_never_made_a_super_user() -> None:
    assert codes(list(super_user_rules(SASL, OPEN, "User:broker"))) == ["super-user-missing"]
    allowed = SASL | {"allow.everyone.if.no.acl.found": "true"}
    assert super_user_rules(allowed, OPEN, "User:broker") == []
    # one ACL for the cluster, and nobody is let in for want of one any more
    assert codes(list(super_user_rules(allowed, OPEN, "User:broker", None, (), set()))) == ["super-user-missing"]
    assert super_user_rules(allowed, OPEN, "User:broker", None, (), {"User:ANONYMOUS"}) == []
    # an ACL alone lets nobody in at controllers that have none yet
    assert codes(list(super_user_rules(SASL, OPEN, "User:broker", None, (), {"User:ANONYMOUS"}))) == [
        "super-user-missing"
    ]


def test_super_users_without_a_type() -> None:
    effective = SASL | {"super.users": "User:broker;admin;User:kraft"}
    found = super_user_rules(effective, KRAFT, "User:broker", more=[":x", "User: ", "ops", ""])
    assert [(item.key, item.code) for item in found] == [
        ("super.users", "super-user-without-type"),
        *[("kraft_super_users", "super-user-without-type")] * 4,
    ]
    assert [item.sentence.partition(" has ")[2] for item in found] == [
        "admin, which is no principal: write it as User:admin",
        ":x, which is no principal: write it as User:x",
        "User: , which is no principal: write it as User:NAME",
        "ops, which is no principal: write it as User:ops",
        "an empty name, which is no principal: write it as User:NAME",
    ]


def test_super_users_that_do_no_harm_do_not_stop_a_migration() -> None:
    """Kafka starts with them, in ZooKeeper mode and in KRaft mode."""
    effective = SASL | {"super.users": "User:broker;User:kraft;:x;User:"}
    assert super_user_rules(effective, KRAFT, "User:broker") == []


def test_passwords_in_dynamic_settings() -> None:
    dynamic = {
        "1": {"listener.name.internal.ssl.keystore.password": "canary", "log.cleaner.threads": "2"},
        "<default>": {"ssl.keystore.certificate.chain": "canary"},
    }
    (found,) = dynamic_rules(SASL, dynamic)
    assert found.code == "password-in-metadata-log"
    assert "ssl.keystore.certificate.chain" in found.sentence
    without = {key: value for key, value in SASL.items() if not key.startswith("password.encoder.")}
    both = dynamic_rules(without, dynamic)
    assert codes(list(both)) == ["encoder-secret-missing", "password-in-metadata-log"]
    assert "canary" not in str(both)
    assert dynamic_rules(without, {"1": {"log.cleaner.threads": "2"}}) == []


def test_a_secret_that_does_not_decrypt_is_the_wrong_one() -> None:
    key = "listener.name.internal.ssl.keystore.password"
    found = dynamic_rules(SASL, {"1": {key: "canary"}, "2": {key: "canary"}}, [("2", key)])
    assert codes(list(found)) == ["encoder-secret-missing", "password-in-metadata-log"]
    assert f"does not decrypt {key} of broker 2, a dynamic setting" in found[0].sentence
    assert "canary" not in str(found)


def test_a_dynamic_login_has_no_effect_in_kraft_mode() -> None:
    key = "listener.name.internal.plain.sasl.jaas.config"
    found = dynamic_rules(SASL, {"2": {key: "canary"}})
    assert codes(list(found)) == ["dynamic-jaas", "password-in-metadata-log"]
    assert f"{key} is a dynamic setting of broker 2" in found[0].sentence


def test_acls_that_controllers_cannot_work_with() -> None:
    fine = [("Topic", "LITERAL", "*", "User:a"), ("Topic", "PREFIXED", "orders-", "User:a")]
    assert acl_rules([*fine, ("Topic", "LITERAL", "t", "User:"), ("Topic", "LITERAL", "t", ":a")]) == []
    bad = [("Topic", "prefixed", "*", "User:a"), ("Group", "literal", "g", "bob"), ("Topic", "prefixed", "t-", "")]
    found = acl_rules([*fine, *bad])
    assert codes(list(found)) == ["acl-principal-invalid", "wildcard-acl-invalid", "acl-principal-invalid"]
    assert "is for bob, which is no principal" in found[0].sentence
    assert "the znode /kafka-acl/Group/g, since kafka-acls cannot, and add it for User:bob" in found[0].sentence
    assert "is for an empty name" in found[2].sentence
    assert "the znode /kafka-acl-extended/prefixed/Topic/t-," in found[2].sentence
