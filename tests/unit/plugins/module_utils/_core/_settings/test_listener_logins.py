# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins of listeners: what is read of a JAAS text, that no message quotes one, and that what is written is read again as it was."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.jaas import JaasError, LoginModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.listener_logins import (
    PLAIN_MODULE,
    client_line,
    file_sections,
    is_for,
    login_of,
    logins,
    plain_line,
    sections,
    setting_module,
)
from hypothesis import given
from hypothesis import strategies as st

CANARY = "c4n4ry"
SCRAM_MODULE = "org.apache.kafka.common.security.scram.ScramLoginModule"

FILE = """
// who brokers are
internal.KafkaServer {
  org.apache.kafka.common.security.plain.PlainLoginModule required username="broker" password="a}b;c\\"d"
    user_broker="a}b;c" user_admin='x"y';
};
# the session with ZooKeeper
Client {
  /* old: Module required password="gone"; */
  org.apache.zookeeper.server.auth.DigestLoginModule required username=kafka password="zk//1";
  com.example.Second optional;
};
"""

ODD_FILE = f"""
// the brokers
internal.KafkaServer {{
  {PLAIN_MODULE} required
    username=broker   /* itself */
    password="p\\"a\\\\s\\163;}} {CANARY}"
    user_broker='x';
}};
Client {{
  a.B required user="u"; // old
  a.C OPTIONAL;
}};
Empty {{ }};
/ also a comment {CANARY}
"""


def test_a_file_has_sections() -> None:
    found = sections(FILE)
    assert list(found) == ["internal.KafkaServer", "Client"]
    (plain,) = found["internal.KafkaServer"]
    assert plain.username == "broker"
    assert plain.options["password"] == 'a}b;c"d'
    assert plain.options["user_admin"] == 'x"y'
    assert [login.name.rpartition(".")[2] for login in found["Client"]] == ["DigestLoginModule", "Second"]
    assert found["Client"][0].options == {"username": "kafka", "password": "zk//1"}
    assert found["Client"][1].username == ""


def test_a_file_with_odd_things() -> None:
    found = file_sections(ODD_FILE, "f")
    assert list(found) == ["internal.KafkaServer", "Client", "Empty"]
    options = {"username": "broker", "password": f'p"a\\ss;}} {CANARY}', "user_broker": "x"}
    assert found["internal.KafkaServer"] == (LoginModule(PLAIN_MODULE, "required", options),)
    assert [each.name for each in found["Client"]] == ["a.B", "a.C"]
    assert found["Empty"] == ()
    assert CANARY not in repr(found)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "name of a section is missing"),
        ("A m required;", '"{" is missing'),
        ("A { m required; ", "class of a login module is missing"),
        ("A { m required; } B", '";" is missing'),
    ],
)
def test_a_file_that_is_none(text: str, why: str) -> None:
    with pytest.raises(JaasError, match=why):
        file_sections(text, "f")
    assert sections(text) == {}


def test_a_setting() -> None:
    found = setting_module(f'{PLAIN_MODULE} required username="u" password="a\\tb\\nc" user_u="a";', "s")
    assert found.options["password"] == "a\tb\nc"
    again = setting_module(client_line(found), "s")
    assert again.options == {"username": "u", "password": "a\tb\nc"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no login module"),
        ("m", "flag of a login module is missing"),
        (f"m {CANARY};", "a flag is none of required, requisite, sufficient, optional"),
        (f'm required password "{CANARY}";', '"=" is missing'),
        ("m required password=;", "value of password is missing"),
        (f'm required password="{CANARY}"', "an option or a semicolon is missing"),
        (f'm required password="{CANARY}', "an option or a semicolon is missing"),
        (f"m required password=%{CANARY};", "value of password is missing"),
        (f'm required password="{CANARY}"; m required;', "more than one login module"),
    ],
)
def test_a_setting_that_is_none(text: str, why: str) -> None:
    with pytest.raises(JaasError, match=why) as raised:
        setting_module(text, "s")
    assert raised.value.message.startswith("s: ")
    assert CANARY not in raised.value.message


@pytest.mark.parametrize("text", ["", "${file:/x:jaas}", "no module", "Module required username"])
def test_what_cannot_be_read_is_nothing(text: str) -> None:
    assert not logins(text)


@pytest.mark.parametrize(
    ("mechanism", "module", "fits"),
    [
        ("PLAIN", PLAIN_MODULE, True),
        ("SCRAM-SHA-512", SCRAM_MODULE, True),
        ("PLAIN", SCRAM_MODULE, False),
        ("GSSAPI", "com.sun.security.auth.module.Krb5LoginModule", False),
    ],
)
def test_each_mechanism_has_its_module(mechanism: str, module: str, fits: bool) -> None:
    (login,) = logins(f'{module} required username="x";')
    assert is_for(login, mechanism) is fits


def test_the_first_that_says_who_it_is() -> None:
    keys = LoginModule("k", "required", {"keyTab": "/x"})
    one, two = (LoginModule(each, "required", {"username": each, "password": f"p{each}"}) for each in "ab")
    assert login_of([keys, one, two]) == ("a", "pa")
    assert login_of([keys]) is None
    assert login_of([LoginModule("x", "required", {"username": "u"})]) is None


@pytest.mark.parametrize("password", ["simple", 'quote"s', "back\\slash", "semi;colon", "br{ce}", "a=b", "a\nb\rc"])
def test_what_is_written_is_read_again(password: str) -> None:
    (login,) = logins(plain_line("me", password, {"me": password, "you": "x"}))
    assert login.options == {"username": "me", "password": password, "user_me": password, "user_you": "x"}
    assert password not in repr(login)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_password_survives_a_setting(password: str) -> None:
    module = LoginModule("m", "required", {"password": password})
    assert setting_module(client_line(module), "s").options == {"password": password}
