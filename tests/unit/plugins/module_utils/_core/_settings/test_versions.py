# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions are read as Kafka reads them, and only fit ones pass the gate."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import versions
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.versions import (
    gate,
    image_version,
    latest_for,
    parse_ibp,
    parse_version,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported


@pytest.mark.parametrize(
    ("name", "level"),
    [
        # MetadataVersion.java@3.9
        ("0.8.0", -1), ("3.0-IV0", -1), ("3.0-IV1", 1), ("3.1-IV0", 2), ("3.2-IV0", 3), ("3.3-IV0", 4), ("3.3-IV3", 7),
        ("3.4-IV0", 8), ("3.5-IV0", 9), ("3.5-IV2", 11), ("3.6-IV0", 12), ("3.6-IV1", 13), ("3.6-IV2", 14),
        ("3.7-IV0", 15), ("3.7-IV2", 17), ("3.7-IV4", 19), ("3.8-IV0", 20), ("3.9-IV0", 21),
    ],
)  # fmt: skip
def test_feature_levels_are_kafkas(name: str, level: int) -> None:
    assert parse_ibp(name).feature_level == level


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("3.9", "3.9-IV0"),
        (" 3.7 ", "3.7-IV4"),
        ("3.7-IV2", "3.7-IV2"),
        ("3.6.1", "3.6-IV2"),
        ("2.8", "2.8-IV1"),
        ("2.7", "2.7-IV2"),
        ("0.10.2", "0.10.2-IV0"),
        ("0.10.2.1", "0.10.2-IV0"),
        ("0.9.0", "0.9.0"),
    ],
)
def test_levels_are_read_as_kafka_reads_them(text: str, name: str) -> None:
    assert str(parse_ibp(text)) == name


@pytest.mark.parametrize("text", ["4.0", "3.9-IV1", "", "banana"])
def test_an_unknown_version_is_named(text: str) -> None:
    with pytest.raises(Unsupported) as caught:
        parse_ibp(text)
    assert caught.value.code == "ibp-unknown"


def test_levels_compare_exactly() -> None:
    assert parse_ibp("3.7-IV2") < parse_ibp("3.7")
    assert parse_ibp("3.7-IV2") != parse_ibp("3.7")
    assert parse_ibp("3.7-IV4") == parse_ibp("3.7")
    assert parse_ibp("0.9.0") < parse_ibp("0.10.0") < parse_ibp("2.8-IV0") < parse_ibp("2.8") < parse_ibp("3.1")


def test_a_level_is_written_short_only_when_that_means_the_same() -> None:
    assert parse_ibp("3.9-IV0").setting == "3.9"
    assert parse_ibp("3.7-IV2").setting == "3.7-IV2"


@pytest.mark.parametrize(
    ("text", "line", "patch", "confluent"),
    [
        ("3.9.2", "3.9", 2, ""),
        ("3.9", "3.9", None, ""),
        ("v3.8.1", "3.8", 1, ""),
        ("3.9.0-SNAPSHOT", "3.9", 0, ""),
        ("2.13-3.9.0", "3.9", 0, ""),
        ("kafka_2.13-3.7.2", "3.7", 2, ""),
        ("0.45.0-kafka-3.9.0", "3.9", 0, ""),
        ("3.7.0-debian-12-r4", "3.7", 0, ""),
        ("0.11.0.3", "0.11.0", 0, ""),
        ("2.13", "2.13", None, ""),
        ("5.5.1-ccs", "2.5", None, "5.5.1"),
        ("6.2.0-ce", "2.8", None, "6.2.0"),
        ("7.9.0-ccs", "3.9", None, "7.9.0"),
        ("7.9", "3.9", None, "7.9"),
        ("8.0.0", "4.0", None, "8.0.0"),
    ],
)
def test_software_versions(text: str, line: str, patch: int | None, confluent: str) -> None:
    version = parse_version(text)
    assert (version.line, version.patch, version.confluent) == (line, patch, confluent)
    assert version.text == text
    assert version.snapshot == ("SNAPSHOT" in text)


@pytest.mark.parametrize("text", ["", "latest", "9.1.0", "3"])
def test_what_is_no_version_is_named(text: str) -> None:
    with pytest.raises(Unsupported) as caught:
        parse_version(text)
    assert caught.value.code == "version-unknown"
    assert repr(text) in caught.value.message


@pytest.mark.parametrize(
    ("image", "line"),
    [
        ("apache/kafka:3.9.2", "3.9"),
        ("registry.example:5000/confluentinc/cp-server:7.8.1", "3.8"),
        ("registry.example:5000/kafka", None),
        ("kafka:3.7.2@sha256:0123", "3.7"),
        ("bitnami/kafka@sha256:0123", None),
        ("3.8.0", "3.8"),
        ("kafka:latest", None),
    ],
)
def test_image_tags(image: str, line: str | None) -> None:
    version = image_version(image)
    assert (version and version.line) == line


def test_the_newest_level_of_a_software() -> None:
    assert str(latest_for("3.7.2")) == "3.7-IV4"
    assert str(latest_for("7.8.0-ccs")) == "3.8-IV0"
    assert str(latest_for(parse_version("0.11.0.2"))) == "0.11.0-IV2"
    with pytest.raises(Unsupported) as caught:
        latest_for("4.0.0")
    assert caught.value.code == "version-unknown"


@pytest.mark.parametrize(
    ("version", "verdict", "words"),
    [
        ("4.0.0", "refused", ["no ZooKeeper"]),
        ("8.0.0-ccs", "refused", ["Confluent 8.0.0 (Kafka 4.0)", "no ZooKeeper"]),
        ("2.8.1", "refused", ["3.7.1", "3.9.2"]),
        ("3.6.2", "refused", ["3.7.1"]),
        ("7.6.1-ccs", "refused", ["Confluent 7.6.1 (Kafka 3.6)"]),
        ("3.7.0", "refused", ["KAFKA-16463", "KAFKA-16539", "KAFKA-16563"]),
        ("3.7", "refused", ["KAFKA-16463"]),
        ("3.7.1-SNAPSHOT", "refused", ["3.7.1"]),
        ("3.7.1", "accepted", ["KAFKA-16667", "KAFKA-17506", "3.9.2"]),
        ("3.7.2", "accepted", ["KAFKA-16667", "KAFKA-17457"]),
        ("3.8.0", "accepted", ["KAFKA-17457", "KAFKA-17506", "KAFKA-16667"]),
        ("3.8.1", "accepted", ["KAFKA-16667"]),
        ("3.9.0", "accepted", ["KAFKA-19480", "KAFKA-19026"]),
        ("3.9.1", "accepted", ["KAFKA-19480"]),
        ("3.9.0-SNAPSHOT", "accepted", ["development build"]),
        ("7.7.0-ccs", "accepted", ["Confluent 7.7.0 (Kafka 3.7)"]),
        ("7.9.1-ce", "accepted", ["Confluent 7.9.1"]),
        ("3.9.2", "recommended", ["3.9.2"]),
        ("3.9.3", "recommended", ["3.9.3"]),
    ],
)
def test_gate(version: str, verdict: str, words: list[str]) -> None:
    found = gate(version)
    assert found.verdict == verdict
    assert found.accepted is (verdict != "refused")
    assert bool(found.warnings) is (verdict == "accepted")
    for word in words:
        assert word in found.reason


def test_gate_names_only_faults_that_are_open() -> None:
    assert "KAFKA-17506" not in gate("3.8.1").reason
    assert "KAFKA-16463" not in gate("3.7.1").reason
    assert "KAFKA-16667" not in gate("3.9.0").reason
    assert versions.open_faults(parse_version("3.9.2")) == ()
    assert gate(parse_version("3.9.2")) == gate("3.9.2")
