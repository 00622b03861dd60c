# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who holds a Lease: the process of a run, on this machine or on another of the same name."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import lease


def test_the_start_of_a_process_tells_it_from_a_later_one_of_the_same_number() -> None:
    assert lease.process_start(os.getpid()).isdigit()
    assert lease.process_start(2**22 + 1) == ""


def test_a_process_whose_name_has_blanks_and_brackets(tmp_path: Any) -> None:
    program = tmp_path / "a ) 1 2 b"
    program.symlink_to(sys.executable)
    with subprocess.Popen([program, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert lease.process_start(process.pid).isdigit()
        process.communicate(b"\n")


def test_our_own_identity_is_that_of_the_parent(monkeypatch: Any) -> None:
    user, rest = lease.own_identity().split("@")
    assert user
    assert rest == f"{socket.gethostname()}:{os.getppid()}:{lease.process_start(os.getppid())}-{lease.machine()}"

    def nobody() -> None:
        raise KeyError("no such user")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert lease.own_identity().split("@")[0] == str(os.getuid())


def test_who_is_dead() -> None:
    here = socket.gethostname()
    assert not lease.holder_is_dead(lease.own_identity())
    assert lease.holder_is_dead(f"me@{here}:{os.getppid()}:1-{lease.machine()}")
    assert lease.holder_is_dead(f"me@{here}:{2**22 + 1}:5-{lease.machine()}")
    # a holder elsewhere, or one that another program wrote, is never called dead
    assert not lease.holder_is_dead("me@elsewhere:1:1")
    for odd in ("", "kubectl", "me@here", "me:1:1", f"me@{here}:pid:1"):
        assert not lease.holder_is_dead(odd)


def test_a_machine_of_the_same_name_is_not_this_machine(monkeypatch: Any) -> None:
    """A run that we merely cannot see must not be taken for dead: its Lease would be stolen."""
    holder = f"me@{socket.gethostname()}:{2**22 + 1}:5"
    assert not lease.holder_is_dead(holder)
    assert not lease.holder_is_dead(f"{holder}-0123abcd")
    other_boot = f"{holder}-{lease.machine()}"
    assert lease.holder_is_dead(other_boot)
    monkeypatch.setattr(lease, "_process_space", lambda: "pid:[1]")
    assert not lease.holder_is_dead(other_boot)


def test_a_machine_without_proc_has_one_mark(monkeypatch: Any) -> None:
    def no_proc(*_arguments: Any, **_options: Any) -> Any:
        raise FileNotFoundError("/proc")

    monkeypatch.setattr(Path, "read_text", no_proc)
    monkeypatch.setattr(Path, "readlink", no_proc)
    assert lease.machine() == lease.machine()
    assert not lease.holder_is_dead(f"me@{socket.gethostname()}:1:-{lease.machine()}")
