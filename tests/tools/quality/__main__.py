# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quality tools of the collection: `make` calls this; DEVELOPERS.md explains it.

Needs nothing but Python 3.11 and its standard library; everything else it brings into the cache by itself.
"""

from __future__ import annotations

import argparse
import sys

from . import environments, hooks, machine, places, runner, tree, units
from .checks import CHECKS, Check, docs


def _chosen(names: list[str]) -> list[Check]:
    """Return the checks of the named groups or with the named names; all without a name."""
    known = {check.group for check in CHECKS} | {check.name for check in CHECKS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise machine.MachineError(f"Unknown: {', '.join(unknown)}. Known: {', '.join(sorted(known))}.")
    return [check for check in CHECKS if not names or check.group in names or check.name in names]


def _deps() -> int:
    """Build every environment and the links that make the checkout usable as it stands."""
    for name in environments.NAMES:
        environments.ensure(name)
    tree.link()
    link = places.ROOT / ".venv"
    if link.is_symlink() or not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(environments.ensure(hooks.ENVIRONMENT).path)
    print(
        "Ready: .venv/bin has ansible-playbook, molecule and pytest; .collections makes kafkaops.kraft known to them."
    )
    return 0


def _docs() -> int:
    """Write what is generated from the code."""
    tree.link()
    outcome = docs(root=places.ROOT)
    print(outcome.output, end="")
    return outcome.rc


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="quality", description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run tools: groups (lint, sanity, unit) or single ones; all without a name")
    run.add_argument("names", nargs="*")
    run.add_argument("--pytest", default="", help="further arguments for pytest, in one string")
    commands.add_parser("docs", help="write the generated parts of docs/ and roles/ anew")
    commands.add_parser("deps", help="build the environments and links")
    hook = commands.add_parser("hook", help="start a program of the project: " + ", ".join(hooks.HOOKS))
    hook.add_argument("name", choices=sorted(hooks.HOOKS))
    hook.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


def main() -> int:
    """Run what the command line asks for."""
    options = _parser().parse_args()
    machine.prepare()
    if options.command == "deps":
        return _deps()
    if options.command == "docs":
        return _docs()
    if options.command == "hook":
        return hooks.run(options.name, options.arguments)
    units.extra_arguments[:] = options.pytest.split()
    return runner.run(_chosen(options.names))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except machine.MachineError as problem:
        print(problem, file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
