# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names, hashes and the JVM option of a stage are stable, and what is the user's stays the user's."""

from __future__ import annotations

import copy
import hashlib
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import (
    diff_text,
    original_name,
    refuse_overridden,
    settings_hash,
    stage_copy,
    stage_name,
    unmanaged_settings,
    with_jvm_option,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import Changes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

DIGEST = "0123456789abcdef" * 4
TTL = "-Dsun.net.inetaddr.ttl=1"


def test_the_hash_depends_on_settings_and_option_only() -> None:
    where = "n/kafka"
    assert settings_hash({"a": "1", "b": "2"}, where) == settings_hash({"b": "2", "a": "1"}, where)
    different = {
        settings_hash(settings, where, option)
        for key in ("a", "a.password")
        for settings, option in (({key: "1"}, ""), ({key: "2"}, ""), ({key: "1"}, TTL))
    }
    assert len(different) == 6
    assert {len(each) for each in (*different, settings_hash({}, where))} == {64}


def test_nobody_finds_a_password_by_the_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pods, names of objects and the journal show it: each guess has to cost time, and none serves for another cluster."""
    rounds, derive = [], hashlib.pbkdf2_hmac

    def slow(name: str, text: bytes, salt: bytes, iterations: int) -> bytes:
        rounds.append((iterations, len(salt)))
        return derive(name, text, salt, 1)

    monkeypatch.setattr(hashlib, "pbkdf2_hmac", slow)
    settings = {"listeners": "SASL_SSL://:9092", "sasl.jaas.config": "canary for the hash"}
    first = settings_hash(settings, "n/kafka")
    assert first == settings_hash(dict(reversed(settings.items())), "n/kafka")
    assert rounds == [(200_000, 32)], "the same settings are hashed once in a process"
    assert settings_hash(settings, "n/other") != first
    assert settings_hash({"listeners": "SASL_SSL://:9092"}, "n/kafka") == settings_hash(
        {"listeners": "SASL_SSL://:9092"}, "n/other"
    )
    assert len(rounds) == 2, "nothing is slow where there is no secret"


def test_a_later_stage_is_named_after_the_original() -> None:
    first = stage_name("kafka", "migration", DIGEST)
    assert first == "kafka-kraft-migration-01234567"
    assert original_name(first) == "kafka"
    assert stage_name(first, "kraft", DIGEST) == "kafka-kraft-kraft-01234567"
    assert original_name("kafka-kraft-kraft-0123456") == "kafka-kraft-kraft-0123456"


def test_long_names_fit_and_stay_apart() -> None:
    long = ["a" * 218 + "." + "x" * 34, "a" * 218 + "." + "y" * 34]
    names = [stage_name(name, "migration", DIGEST) for name in long]
    assert all(len(name) <= 253 for name in names)
    assert names[0] != names[1]
    assert ".-" not in names[0]


def test_a_copy_leaves_foreign_labels_behind() -> None:
    config_map = {
        "metadata": {
            "name": "kafka",
            "namespace": "ns",
            "labels": {"argocd.argoproj.io/instance": "x"},
            "annotations": {"meta.helm.sh/release-name": "x"},
        },
        "data": {"a": "1"},
        "binaryData": {"k": "AA=="},
    }
    body = stage_copy(config_map, "kraft", DIGEST, {"a": "2"})
    assert body["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "kafkaops.kraft"}
    assert body["metadata"]["annotations"]["kraft.kafkaops.io/original"] == "kafka"
    assert body["metadata"]["annotations"]["kraft.kafkaops.io/stage"] == "kraft"
    assert body["metadata"]["namespace"] == "ns"
    assert (body["data"], body["binaryData"]) == ({"a": "2"}, {"k": "AA=="})
    bare = stage_copy({"metadata": {"name": "kafka"}}, "kraft", DIGEST, {})
    assert "namespace" not in bare["metadata"]
    assert "binaryData" not in bare


def test_unmanaged_settings_are_those_that_differ() -> None:
    effective = {"a": "1", "b": "2 ", "c": "3", "d": "4"}
    assert unmanaged_settings({}, effective, {"b": "2", "c": "x"}, ["d"]) == {"a": "1", "c": "3"}
    noted = {"metadata": {"annotations": {"kraft.kafkaops.io/start-command-settings": "a,gone"}}}
    assert unmanaged_settings(noted, effective, {}) == {"a": "1"}
    none = {"metadata": {"annotations": {"kraft.kafkaops.io/start-command-settings": ""}}}
    assert unmanaged_settings(none, effective, {}) == {}
    assert unmanaged_settings({"metadata": {"annotations": None}}, {"a": "1"}, {}) == {"a": "1"}


def test_a_change_that_the_start_command_undoes_is_refused() -> None:
    with pytest.raises(Unsupported) as caught:
        refuse_overridden(Changes({"a": "1", "b": "1"}), ["b"], ["b"], ["a"], lambda key: f"{key} is set elsewhere")
    assert caught.value.code == "setting-overridden"
    assert caught.value.message == "b would have to change, but b is set elsewhere"


@pytest.mark.parametrize("key", ["control.plane.listener.name", "zookeeper.metadata.migration.enable"])
def test_what_kraft_does_not_bear_must_really_go(key: str) -> None:
    with pytest.raises(Unsupported, match=key):
        refuse_overridden(Changes({}, (key,)), [key], [key], [], str)


def test_what_kraft_ignores_may_stay_with_a_note() -> None:
    changes = Changes({}, ("zookeeper.connect", "inter.broker.protocol.version", "zookeeper.set.acl"))
    notes = refuse_overridden(
        changes, [], ["zookeeper.connect"], ["zookeeper.connect", "inter.broker.protocol.version"], str
    )
    assert [note.split()[0] for note in notes] == ["zookeeper.connect", "zookeeper.set.acl"]


def test_the_diff_hides_secrets() -> None:
    before = {"a": "1", "b": "1", "same": "1", "password.encoder.secret": "old"}
    after = {"a": "2", "c": "1", "same": "1", "password.encoder.secret": "new"}
    assert diff_text(before, after) == (
        "-a=1\n+a=2\n-b=1\n+c=1\n-password.encoder.secret=<redacted>\n+password.encoder.secret=<redacted>\n"
    )


def _template(env: list[dict[str, Any]] | None = None, **container: Any) -> dict[str, Any]:
    if env is not None:
        container["env"] = env
    return {"spec": {"containers": [{"name": "sidecar"}, {"name": "kafka", **container}]}}


def _options(template: dict[str, Any]) -> str | None:
    entries = [
        entry for entry in template["spec"]["containers"][1].get("env", []) if entry["name"] == "JAVA_TOOL_OPTIONS"
    ]
    return entries[0]["value"] if entries else None


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        (None, TTL),
        ([{"name": "X", "value": "1"}], TTL),
        ([{"name": "JAVA_TOOL_OPTIONS"}], TTL),
        ([{"name": "JAVA_TOOL_OPTIONS", "value": "-Da=1"}], f"-Da=1 {TTL}"),
        ([{"name": "JAVA_TOOL_OPTIONS", "value": "-Dip=$(POD_IP)"}], f"-Dip=$(POD_IP) {TTL}"),
        ([{"name": "JAVA_TOOL_OPTIONS", "value": "-Dsun.net.inetaddr.ttl=5"}], "-Dsun.net.inetaddr.ttl=5"),
        ([{"name": "JAVA_TOOL_OPTIONS", "value": TTL}], TTL),
    ],
)
def test_the_jvm_option_is_merged_once(env: list[dict[str, Any]] | None, expected: str) -> None:
    template = _template(env)
    before = copy.deepcopy(template)
    once = with_jvm_option(template, "kafka", TTL)
    assert template == before
    assert _options(once) == expected
    assert with_jvm_option(once, "kafka", TTL) == once
    assert "env" not in once["spec"]["containers"][0]


def test_our_own_option_is_replaced_and_taken_out_again() -> None:
    template = _template([{"name": "JAVA_TOOL_OPTIONS", "value": "-Da=1"}])
    two = with_jvm_option(with_jvm_option(template, "kafka", TTL), "kafka", "-Dsun.net.inetaddr.ttl=2")
    assert _options(two) == "-Da=1 -Dsun.net.inetaddr.ttl=2"
    assert _options(with_jvm_option(two, "kafka", "")) == "-Da=1"
    alone = with_jvm_option(with_jvm_option(_template(), "kafka", TTL), "kafka", "")
    assert _options(alone) is None


def test_a_users_own_option_is_not_taken_out() -> None:
    template = _template([{"name": "JAVA_TOOL_OPTIONS", "value": TTL}])
    assert _options(with_jvm_option(with_jvm_option(template, "kafka", TTL), "kafka", "")) == TTL


def test_the_jvm_option_joins_a_value_from_a_config_map() -> None:
    config_maps = {"jvm": {"data": {"JAVA_TOOL_OPTIONS": "-Da=$(X)", "o": "-Db=1"}}}
    from_all = _template(envFrom=[{"configMapRef": {"name": "jvm"}}])
    assert _options(with_jvm_option(from_all, "kafka", TTL, config_maps)) == f"-Da=$$(X) {TTL}"
    reference = {"configMapKeyRef": {"name": "jvm", "key": "o"}}
    from_one = _template([{"name": "JAVA_TOOL_OPTIONS", "valueFrom": reference}])
    assert _options(with_jvm_option(from_one, "kafka", TTL, config_maps)) == f"-Db=1 {TTL}"


def test_a_jvm_variable_that_cannot_be_read_is_named() -> None:
    template = _template([{"name": "JAVA_TOOL_OPTIONS", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}])
    with pytest.raises(Unsupported) as caught:
        with_jvm_option(template, "kafka", TTL)
    assert caught.value.code == "setting-overridden"
    assert "JAVA_TOOL_OPTIONS" in caught.value.message


def test_a_jvm_variable_of_a_secret_is_neither_copied_nor_lost() -> None:
    template = _template(envFrom=[{"secretRef": {"name": "s"}}])
    secrets = {"s": {"kind": "Secret", "stringData": {"JAVA_TOOL_OPTIONS": "-Dpassword=x"}}}
    with pytest.raises(Unsupported, match="comes from a Secret"):
        with_jvm_option(template, "kafka", TTL, {}, secrets)
