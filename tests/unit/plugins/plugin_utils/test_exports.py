# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changed manifests on disk: for git, and for nobody else to read."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError
from ansible_collections.kafkaops.kraft.plugins.plugin_utils import _exports

EXPORTS = [
    {"object": "Kafka/kafka", "manifest": {"kind": "Kafka", "apiVersion": "v1"}, "patch": {"spec": {"a": None}}},
    {"object": "KRaftController/kafka-kraft", "manifest": {"kind": "KRaftController"}, "patch": {}},
]


def test_a_manifest_and_a_patch_for_each_object(tmp_path: Path) -> None:
    written = _exports.write(str(tmp_path), "n/kafka", EXPORTS)
    assert [str(Path(path).relative_to(tmp_path)) for path in written] == [
        "exports/n-kafka/kafka-kafka.yaml",
        "exports/n-kafka/kafka-kafka.patch.yaml",
        "exports/n-kafka/kraftcontroller-kafka-kraft.yaml",
        "exports/n-kafka/kraftcontroller-kafka-kraft.patch.yaml",
    ]
    assert list(yaml.safe_load(Path(written[0]).read_text())) == ["kind", "apiVersion"], "in the order of the object"
    assert yaml.safe_load(Path(written[1]).read_text()) == {"spec": {"a": None}}


def test_they_are_for_their_user_alone(tmp_path: Path) -> None:
    """An override may hold a password."""
    written = _exports.write(str(tmp_path), "n/kafka", EXPORTS)
    assert {stat.S_IMODE(Path(path).stat().st_mode) for path in written} == {0o600}
    assert stat.S_IMODE(Path(written[0]).parent.stat().st_mode) == 0o700


def test_a_second_export_is_written_over_the_first(tmp_path: Path) -> None:
    _exports.write(str(tmp_path), "n/kafka", EXPORTS)
    short = [{"object": "Kafka/kafka", "manifest": {}, "patch": {}}]
    written = _exports.write(str(tmp_path), "n/kafka", short)
    assert yaml.safe_load(Path(written[0]).read_text()) == {}


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "exports").write_text("a file")
    with pytest.raises(KraftError, match=r"exports/n-kafka: .*choose another kraft_support_dir\. The locks were kept"):
        _exports.write(str(tmp_path), "n/kafka", EXPORTS)
