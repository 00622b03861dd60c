# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is a script, what is a settings file, and which scripts the pods call."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.scripts import (
    MountedFile,
    called_scripts,
    is_script,
    looks_like_settings,
    mounted_files,
)

SETTINGS = (
    "# ours\nzookeeper.connect=zk:2181\nlisteners PLAINTEXT://:9092\nlog.dirs : /data\nmin.insync.replicas=2\n@ADDED@\n"
)
HEREDOC = "cat > /tmp/s.properties <<EOT\nzookeeper.connect=zk:2181\nbroker.id=1\nlog.dirs=/data\nEOT\n"


def file(
    text: str, key: str = "server.properties", paths: tuple[str, ...] = ("/config/server.properties",)
) -> MountedFile:
    return MountedFile("ConfigMap", "kafka", key, text, "config", paths)


@pytest.mark.parametrize(
    ("item", "texts", "script"),
    [
        (file(SETTINGS), "kafka-server-start.sh /config/server.properties", False),
        (file(SETTINGS), "sh /config/server.properties", True),
        (file(SETTINGS), "bash -x /config/server.properties", True),
        (file(SETTINGS), ". /config/server.properties", True),
        (file("#!/bin/sh\n" + SETTINGS), "", True),
        (file(SETTINGS, key="run.sh"), "", True),
        (file(HEREDOC), "", True),
        (file("export KAFKA_OPTS=x\n"), "", True),
    ],
)
def test_a_script_is_known_by_its_use_and_its_words(item: MountedFile, texts: str, script: bool) -> None:
    assert is_script(item, texts) is script


@pytest.mark.parametrize(
    ("text", "fits"),
    [(SETTINGS, True), ("a=1\\\n  ,b\n", True), ("KafkaServer {\n  required\n  user\n};\na=1\n", False), ("", True)],
)
def test_settings_are_lines_of_keys_and_values(text: str, fits: bool) -> None:
    assert looks_like_settings(file(text)) is fits


def test_only_scripts_that_something_calls_count() -> None:
    scripts = {name: f"#!/bin/sh\n{text}\n" for name, text in {
        "run.sh": ". /scripts/common.sh; exec kafka", "common.sh": "x", "probe.sh": "y", "hook.sh": "z", "unused.sh": "u",
    }.items()}  # fmt: skip
    template: dict[str, Any] = {
        "spec": {
            "containers": [
                {
                    "name": "kafka",
                    "command": ["/bin/sh", "/scripts/run.sh"],
                    "readinessProbe": {"exec": {"command": ["probe.sh"]}},
                    "lifecycle": {"preStop": {"exec": {"command": ["$HOOK"]}}, "stopSignal": "SIGTERM"},
                    "env": [{"name": "HOOK", "value": "/scripts/hook.sh"}],
                    "volumeMounts": [{"name": "s", "mountPath": "/scripts"}],
                }
            ],
            "volumes": [{"name": "s", "configMap": {"name": "scripts"}}],
        }
    }
    files = mounted_files(template, {"scripts": {"metadata": {"name": "scripts"}, "data": scripts}})
    assert {item.key for item in called_scripts(template, files)} == {"run.sh", "common.sh", "probe.sh", "hook.sh"}
    template["spec"]["containers"][0]["command"] = ["sh", "-c", "for f in /scripts/*; do . $f; done"]
    assert len(called_scripts(template, files)) == len(scripts)


def test_the_places_of_mounted_files() -> None:
    template = {
        "spec": {
            "containers": [
                {
                    "name": "kafka",
                    "volumeMounts": [
                        {"name": "v", "mountPath": "/etc/one.properties", "subPath": "conf/s.properties"},
                        {"name": "v", "mountPath": "/etc/two", "subPath": "conf/"},
                        {"name": "v", "mountPath": "/etc/none", "subPath": "other"},
                        {
                            "name": "v",
                            "mountPath": "/etc/mine.properties",
                            "subPathExpr": "$(FOLDER)/$(NAME).properties",
                        },
                        {"name": "v", "mountPath": "/etc/none", "subPathExpr": "$(NAME).cfg"},
                        {"name": "elsewhere", "mountPath": "/data"},
                    ],
                }
            ],
            "volumes": [
                {"name": "v", "secret": {"secretName": "s", "items": [{"key": "k", "path": "conf/s.properties"}]}}
            ],
        }
    }
    secret = {"kind": "Secret", "metadata": {"name": "s"}, "data": {"k": "YT0x", "binary": "/w==", "other": "YT0x"}}
    (found,) = mounted_files(template, {}, {"s": secret})
    assert found.paths == ("/etc/one.properties", "/etc/two/s.properties", "/etc/mine.properties")
    assert (found.where, found.text) == ("k of Secret s", "a=1")
