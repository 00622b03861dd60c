# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of the project that make starts in a Python environment with Ansible: the one list of their names."""

from __future__ import annotations

import os
import subprocess

from . import environments, machine, places, tree

# Make target -> program in the checkout and its arguments.
HOOKS = {
    "e2e": ("tests/e2e/run", "--quick"),
    "matrix": ("tests/e2e/run", "--matrix"),
    "bench": ("tests/e2e/run", "--bench"),
    "molecule": ("tests/e2e/run", "--molecule"),
    "chaos": ("tests/chaos/run",),
    "mutants": ("tests/mutants/run",),
    "rounds": ("tests/rounds/run",),
    "faults": ("tests/faults/run",),
    "demo": ("tests/demo/run",),
}
ENVIRONMENT = "core-2.19"


def run(name: str, arguments: list[str]) -> int:
    """Start a hook in place of nothing: its output goes straight to the terminal. Returns its exit status.

    Raises:
        machine.MachineError: the tree does not have that program.
    """
    program, *fixed = HOOKS[name]
    path = places.ROOT / program
    if not os.access(path, os.X_OK):
        raise machine.MachineError(f"make {name} starts {program}, which is not there or not executable.")
    environment = environments.ensure(ENVIRONMENT)
    tree.link()
    variables = environment.variables(
        ANSIBLE_CONFIG=str(places.ROOT / "ansible.cfg"),
        ANSIBLE_COLLECTIONS_PATH=str(places.ROOT / ".collections"),
        KRAFT_CACHE=str(places.cache()),
        # who builds an environment from in there finds those that are there: their names depend on the interpreter
        KRAFT_PYTHON=machine.python()[0],
    )
    return subprocess.run([str(path), *fixed, *arguments], cwd=places.ROOT, env=variables, check=False).returncode
