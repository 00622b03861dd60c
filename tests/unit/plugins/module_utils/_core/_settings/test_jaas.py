# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JAAS texts as Java reads them, and as Kafka reads a setting."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.jaas import (
    JaasError,
    LoginModule,
    parse_jaas,
    parse_jaas_value,
)

CANARY = "c4n4ry"


def only(text: str) -> LoginModule:
    """The one module of section S."""
    (module,) = parse_jaas(f"S {{ m required {text}; }};", "jaas.conf")["S"]
    return module


def test_a_file() -> None:
    text = f"""
    // of ZooKeeper
    Client {{
      org.apache.zookeeper.server.auth.DigestLoginModule Required
        username="kafka" /* who; }} */
        password="{CANARY}";
      a.B$C optional;
    }};
    / a comment too
    KafkaServer {{
    }};"""
    found = parse_jaas(text, "jaas.conf")
    assert list(found) == ["Client", "KafkaServer"]
    first, second = found["Client"]
    assert first.name == "org.apache.zookeeper.server.auth.DigestLoginModule"
    assert (first.flag, dict(first.options)) == ("required", {"username": "kafka", "password": CANARY})
    assert (second.name, second.flag, dict(second.options)) == ("a.B$C", "optional", {})
    assert found["KafkaServer"] == ()
    assert CANARY not in repr(found)
    assert parse_jaas("", "x") == {}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('"a b"', "a b"),
        (r'"a\"b\\c"', r'a"b\c'),
        (r'"\t\101\1018\47x\q"', "\tAA8'xq"),
        ('"€uro"', "€uro"),
        ("word.1-x_y", "word.1-x_y"),
        ("wörd", "wörd"),
        ('"// no comment"', "// no comment"),
        ('"it\'s"', "it's"),
        ('"${user}-${/}-${{later}}-$x-${"', "kafka-/-${{later}}-$x-${"),
    ],
)
def test_values(written: str, value: str) -> None:
    found = parse_jaas(f"S {{ m required k={written}; }};", "f", {"user": "kafka"})
    assert found["S"][0].options["k"] == value


def test_a_quoted_value_ends_with_its_line() -> None:
    assert only('k="ab\n').options == {"k": "ab"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Client", 'f, section Client: "{" is missing in line 1'),
        ("\n\nClient [", 'f, section Client: "{" is missing in line 3'),
        ("{", "f: the name of a section is missing in line 1"),
        ("# no comment in Java\n", "f: the name of a section is missing"),
        ("Client { m", "f, section Client: the flag of a login module is missing"),
        ("Client { m always; };", "f, section Client: a flag is none of required, requisite, sufficient, optional"),
        ("Client { m required password=c4n4ry };", "f, section Client: an option or a semicolon is missing"),
        ("Client { m required password c4n4ry; };", 'f, section Client: "=" is missing'),
        ("Client { m required\n password=12c4n4ry; };", "f, section Client: a value of password is missing in line 2"),
        ("Client { m required password='c4n4ry'; };", "a value of password is missing"),
        ("Client { m required password=/c4n4ry; };", "a value of password is missing in line 1"),
        ('Client { m required k="${c4n4ry}"; };', "the value of k refers to a system property that is not known"),
        ("Client { ; };", "the class of a login module is missing"),
        ("Client { }", '";" is missing'),
        ("Client { }; Client { };", "f, section Client: is there twice"),
    ],
)
def test_what_java_refuses(text: str, message: str) -> None:
    with pytest.raises(JaasError) as caught:
        parse_jaas(text, "f", code="a-code")
    assert message in caught.value.message
    assert CANARY not in caught.value.message
    assert caught.value.code == "a-code"


def test_what_people_write_and_java_refuses_is_taken_where_that_is_wanted() -> None:
    text = """
    # ${who}; it's
    S { m required a='x"${y}' # of "b"
      b="#"; };
    #end"""
    found = parse_jaas(text, "f", None, tolerant=True)
    assert found["S"][0].options == {"a": 'x"${y}', "b": "#"}
    with pytest.raises(JaasError, match="f: the name of a section is missing in line 2"):
        parse_jaas(text, "f", None)
    with pytest.raises(JaasError, match="f, section S: a value of a is missing in line 1") as caught:
        parse_jaas("S { m required a=#;", "f", None, tolerant=True)
    assert caught.value.why == "in section S a value of a is missing in line 1"


def test_who_logs_in() -> None:
    assert only("username=kafka").username == "kafka"
    assert only("").username == ""


def test_a_setting() -> None:
    (module, other) = parse_jaas_value("a.B required username='u' password=\"${x}\"; c.D optional;", "sasl.jaas.config")
    assert (module.name, dict(module.options)) == ("a.B", {"username": "u", "password": "${x}"})
    assert other.name == "c.D"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" // nothing", "s: has no login module"),
        ("a.B required password=c4n4ry", "s: an option or a semicolon is missing"),
        ("a.B", "s: the flag of a login module is missing"),
    ],
)
def test_what_kafka_refuses(text: str, message: str) -> None:
    with pytest.raises(JaasError, match=message) as caught:
        parse_jaas_value(text, "s")
    assert caught.value.why == caught.value.message.removeprefix("s: ").partition(";")[0]
    assert CANARY not in caught.value.message
