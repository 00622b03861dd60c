# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When files of a pod were made; the script itself runs in a real shell here. What they hold: test_key_stores.py."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import pod_files
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import exec as pod_exec
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError

CLIENT = cast(KubeClient, None)
"""Nobody asks it: the exec is replaced."""


def test_when_files_were_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def run(_client: object, _namespace: str, pod: str, command: Sequence[str], **options: Any) -> pod_exec.ExecResult:
        assert (pod, options["container"]) == ("kafka-0", "kafka")
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        return pod_exec.ExecResult(done.stdout, done.stderr, done.returncode)

    monkeypatch.setattr(pod_exec, "run", run)
    file, link = tmp_path / "a file", tmp_path / "link"
    file.write_text("x")
    link.symlink_to(file)
    os.utime(file, (1000, 2000))
    paths = [str(link), str(tmp_path / "none"), str(file), str(tmp_path)]
    found = pod_files.made_at(CLIENT, "ns", "kafka-0", "kafka", paths, pid=os.getpid())
    assert found == dict(zip(paths, (2000, None, 2000, None), strict=True)), "a folder changes with whatever is in it"
    monkeypatch.chdir(tmp_path)
    assert pod_files.made_at(CLIENT, "ns", "kafka-0", "kafka", ["a file"], pid=os.getpid()) == {"a file": 2000}


@pytest.mark.parametrize(("stdout", "rc"), [("", 127), ("12\n", 1), ("1 2\n", 0)])
def test_an_image_that_cannot_tell(monkeypatch: pytest.MonkeyPatch, stdout: str, rc: int) -> None:
    monkeypatch.setattr(pod_exec, "run", lambda *_args, **_options: pod_exec.ExecResult(stdout, "", rc))
    with pytest.raises(KraftError, match="when files in pod ns/kafka-0 were made could not be read: its image needs"):
        pod_files.made_at(CLIENT, "ns", "kafka-0", "kafka", ["/a"])
