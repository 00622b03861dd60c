# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test sanity without containers and without any download but from the package index."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from . import environments, machine, places, tree
from .outcome import Outcome, execute

# ansible-test fetches get-pip of exactly this version from a host of its own, unless it finds it in its cache.
PIP_OF_CORE = {"2.16": "23_1_2", "2.17": "23_1_2", "2.18": "24_2", "2.19": "24_2"}
# Does what get-pip does, with the pip that Python brings. ensurepip leaves PIP_CONFIG_FILE=/dev/null: it is put back.
GET_PIP = """\
import ensurepip, os, runpy, sys
wanted = [a for a in sys.argv[1:] if not a.startswith("--no-")]
saved = dict(os.environ)
ensurepip.bootstrap(default_pip=True)
os.environ.clear()
os.environ.update(saved)
for name in [name for name in sys.modules if name == "pip" or name.startswith("pip.")]:
    del sys.modules[name]
sys.argv = ["pip", "install", "--upgrade", *wanted]
runpy.run_module("pip.__main__", run_name="__main__", alter_sys=True)
"""


def run(core: str) -> Outcome:
    """Run all sanity tests under one ansible-core ("2.19") and the Python the environments are made of."""
    environment = environments.ensure(f"core-{core}")
    ignores = [path for path in tree.files() if path.parts[:2] == ("tests", "sanity")]
    if ignores:
        return Outcome(1, f"No sanity test may be ignored, but there is {', '.join(map(str, ignores))}.\n")
    # Short names: the interpreter line of an installed script may have 127 characters.
    home = places.cache() / f"h{core.replace('.', '')}"
    with places.locked(home):
        root = tree.copy(f"t{core.replace('.', '')}")
        _put_get_pip(home, core)
        command = ["ansible-test", "sanity", "--venv", "--python", machine.python()[1], "--color", "no"]
        return _gist(execute(command, cwd=root, env=environment.variables(HOME=str(home))))


def _gist(outcome: Outcome) -> Outcome:
    """Reduce the output to what is wrong: on a first run it is mostly pip's."""
    lines = outcome.output.splitlines()
    wrong = [line for line in lines if line.startswith(("ERROR: ", "FATAL: "))]
    tests = sum(line.startswith("Running sanity test ") for line in lines)
    output = "\n".join(wrong) if any(line.startswith("ERROR: ") for line in wrong) else outcome.output
    return replace(outcome, output=output, note=f"{tests} tests")


def _put_get_pip(home: Path, core: str) -> None:
    """Prepare a home folder for ansible-test alone: the stand-in for get-pip and the user's pip settings."""
    script = home / ".ansible" / "test" / "cache" / f"get_pip_{PIP_OF_CORE[core]}.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(GET_PIP, encoding="utf-8")
    for name in (".config/pip/pip.conf", ".pip/pip.conf"):
        own, users = home / name, Path.home() / name
        if users.is_file() and not own.exists():
            own.parent.mkdir(parents=True, exist_ok=True)
            own.symlink_to(users)
