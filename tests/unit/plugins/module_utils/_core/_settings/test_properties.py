# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties files keep what the user wrote and read as Java reads them."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import (
    Properties,
    diff_keys,
    is_secret,
    shown,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

USER_FILE = """\
# our brokers, mind the order

broker.rack=eu-1
! old style comment
listeners : PLAINTEXT://:9092,\\
            SSL://:9093
zookeeper.connect zookeeper:2181/kafka
\tssl.keystore.password=a\\=b\\\\c
"""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "a=b",
        "a=b\r\n\r\n# c\r\nb=c",
        "a=b\rc=d\r",
        USER_FILE,
        "a=b\\",
        "a=b\\\n",
        "\\\n",
        "a=b\\\n\nc=d\n",
        "# not continued \\\na=1\n",
        "  \t\f\n a = b \n",
        "a",
        "=x",
    ],
)
def test_untouched_text_comes_back_byte_by_byte(text: str) -> None:
    assert Properties.parse(text).render() == text


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        (
            USER_FILE,
            {
                "broker.rack": "eu-1",
                "listeners": "PLAINTEXT://:9092,SSL://:9093",
                "zookeeper.connect": "zookeeper:2181/kafka",
                "ssl.keystore.password": "a=b\\c",
            },
        ),
        ("a=1\na=2\n", {"a": "2"}),
        ("a\n", {"a": ""}),
        ("a=\n", {"a": ""}),
        ("=x", {"": "x"}),
        ("a b=c", {"a": "b=c"}),
        ("a = = b ", {"a": "= b "}),
        ("a\\ b\\:c=1", {"a b:c": "1"}),
        ("a=\\u00e9\\ud83d\\ude00\\t\\n\\q", {"a": "\u00e9\U0001f600\t\nq"}),
        ("a=\\ud83d", {"a": "\ufffd"}),
        ("a=b\\\\\nc=d", {"a": "b\\", "c": "d"}),
        ("a=b\\\n\n c=d", {"a": "b", "c": "d"}),
        ("\\\n# comment after a lone backslash\na=b", {"a": "b"}),
        ("a=b\\\n# part of the value", {"a": "b# part of the value"}),
        ("a=b\\\r\n  c", {"a": "bc"}),
        ("a=b\\", {"a": "b"}),
    ],
)
def test_reads_as_java_does(text: str, settings: dict[str, str]) -> None:
    assert Properties.parse(text).as_dict() == settings


def test_an_escape_that_java_refuses_is_refused() -> None:
    with pytest.raises(Unsupported) as caught:
        Properties.parse("password=secret\\u12")
    assert caught.value.code == "surface-not-found"
    assert "secret" not in caught.value.message


def test_get() -> None:
    properties = Properties.parse("a=1\na=2")
    assert properties.get("a") == "2"
    assert properties.get("b") is None


@pytest.mark.parametrize(
    ("text", "key", "value", "changed"),
    [
        ("a=1\n# c\nb=2\n", "a", "9", "a=9\n# c\nb=2\n"),
        ("a=1\na=2\n", "a", "3", "a=1\na=3\n"),
        ("a=1\n", "a", "1", "a=1\n"),
        ("  a : 1", "a", "2", "  a : 2"),
        ("a 1\n", "a", "=2", "a \\=2\n"),
        ("a\n", "a", "2", "a=2\n"),
        ("a=\n", "a", "2", "a=2\n"),
        ("a=1,\\\n  2\r\nb=c\r\n", "a", "3", "a=3\r\nb=c\r\n"),
        ("a=1\\\n\nb=c", "a", "3", "a=3\nb=c"),
        ("a = \\\n  1\n", "a", "2", "a = \\\n  2\n"),
        ("a=1\\", "a", "2", "a=2"),
        ("a=1", "a", " x\\y\t\u00e9\U0001f600", "a=\\ x\\\\y\\t\\u00e9\\ud83d\\ude00"),
    ],
)
def test_set_changes_the_line_that_counts_in_place(text: str, key: str, value: str, changed: str) -> None:
    properties = Properties.parse(text)
    properties.set(key, value)
    assert properties.render() == changed
    assert Properties.parse(changed).get(key) == value == properties.get(key)


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("", "# kafkaops.kraft\nb=1\n"),
        ("a=1", "a=1\n# kafkaops.kraft\nb=1\n"),
        ("a=1\r\n", "a=1\r\n# kafkaops.kraft\r\nb=1\r\n"),
        ("a=1\\", "a=1\n# kafkaops.kraft\nb=1\n"),
        ("a=1\\\n", "a=1\n# kafkaops.kraft\nb=1\n"),
        ("\\", "\\\n# kafkaops.kraft\nb=1\n"),
        ("# kafkaops.kraft\nx=1\n\n# mine\ny=2\n", "# kafkaops.kraft\nx=1\nb=1\n\n# mine\ny=2\n"),
        ("a=1\n# kafkaops.kraft", "a=1\n# kafkaops.kraft\nb=1\n"),
    ],
)
def test_new_keys_go_under_one_marker(text: str, changed: str) -> None:
    properties = Properties.parse(text)
    properties.set("b", "1")
    assert properties.render() == changed
    assert Properties.parse(changed).get("b") == "1"


def test_several_new_keys_share_the_marker_and_strange_keys_survive() -> None:
    properties = Properties.parse("a=1\n")
    properties.set("b", "1")
    properties.set("c :=#!", "2")
    assert properties.render() == "a=1\n# kafkaops.kraft\nb=1\nc\\ \\:\\=\\#\\!=2\n"
    assert Properties.parse(properties.render()).get("c :=#!") == "2"


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("a=1\nb=2\n", "b=2\n"),
        ("a=1\n# c\na=2\\\n 3\nb=2", "# c\nb=2"),
        ("b=2\n", "b=2\n"),
        ("b=2\n# kafkaops.kraft\na=1\n", "b=2\n"),
        ("b=2\n# kafkaops.kraft\na=1\n# mine\n", "b=2\n# mine\n"),
        ("b=2\n# kafkaops.kraft\na=1\nc=1\n", "b=2\n# kafkaops.kraft\nc=1\n"),
    ],
)
def test_remove_drops_every_line_of_the_key(text: str, changed: str) -> None:
    properties = Properties.parse(text)
    properties.remove("a")
    assert properties.render() == changed
    assert properties.get("a") is None


def test_diff_keys() -> None:
    diff = diff_keys({"a": "1", "b": "1", "d": "1"}, {"b": "2", "c": "1", "d": "1"})
    assert (diff.added, diff.removed, diff.changed) == (("c",), ("a",), ("b",))
    assert diff
    assert not diff_keys({"a": "1"}, {"a": "1"})


@pytest.mark.parametrize(
    "key",
    [
        "ssl.keystore.password",
        "sasl.jaas.config",
        "password.encoder.secret",
        "x.token",
        "ssl.keystore.key",
        "CREDENTIALS",
    ],
)
def test_secrets_are_not_shown(key: str) -> None:
    assert is_secret(key)
    assert shown(key, "v") == "<redacted>"


def test_other_values_are_shown() -> None:
    assert shown("listeners", "v") == "v"
    assert not is_secret("key.serializer")


@pytest.mark.parametrize("value", ["pa$word", "${env:X}", "@it@", "{{ x }}", "%A%", "__A__", "a_b", " x\\y"])
def test_what_looks_like_a_placeholder_may_be_written_literally(value: str) -> None:
    properties = Properties.parse("old x\n")
    for key in ("old", "new.password"):
        properties.set(key, value, literally=True)
    again = Properties.parse(properties.render())
    assert again.as_dict() == {"old": value, "new.password": value}
    for text in again.written().values():
        assert not set("$@{%") & set(text)
        assert "__" not in text


def test_values_as_the_file_has_them() -> None:
    properties = Properties.parse("a = 1\\\n  2\nb:\\u0024x\nc\nb = y\\tz\n# d=1\n")
    assert properties.written() == {"a": "1\\\n  2", "b": "y\\tz", "c": ""}
