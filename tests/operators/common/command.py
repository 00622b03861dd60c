# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that both doubles have, and how one is run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping

from tests.sandbox.config import SandboxError

from .hosted import Hosted
from .switching import UnknownSwitchError

SENTENCES = {
    "start": "start the process",
    "stop": "end the process",
    "kill": "end the process at once",
    "switch": "NAME[=VALUE] ...: switch faults on; without one, say which are on",
    "clear": "switch off the named faults, all without a name",
    "status": "what the CRs say, as JSON",
    "log": "what the process has logged",
    "uninstall": "everything, the namespace too",
}


def parser(
    program: str, about: str, namespace: str, more: Mapping[str, str]
) -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """Return the parser and that of each command. more: name of a command of this double alone -> what it does."""
    made = argparse.ArgumentParser(prog=program, description=about)
    verbs = made.add_subparsers(dest="verb", required=True)
    commands = {name: verbs.add_parser(name, help=sentence) for name, sentence in {**more, **SENTENCES}.items()}
    for sub in commands.values():
        sub.add_argument("--namespace", default=namespace)
    for name in ("switch", "clear"):
        commands[name].add_argument("names", nargs="*")
    commands["uninstall"].add_argument("--definitions", action="store_true", help="the custom resource definitions too")
    return made, commands


def run_common(double: Hosted, options: argparse.Namespace, status: Callable[[], Mapping[str, object]]) -> None:
    """Run a command that both have. status: what the CRs say, by kind."""
    if options.verb == "switch":
        for name, _equals, value in (text.partition("=") for text in options.names):
            double.switch(name, value or "true")
        print(json.dumps(dict(double.switched)))
    elif options.verb == "clear":
        double.clear(*options.names)
    elif options.verb == "status":
        print(json.dumps({"running": double.running, **status()}, indent=2))
    elif options.verb == "log":
        print(double.log, end="")
    elif options.verb == "uninstall":
        double.remove(with_definitions=options.definitions)
    else:
        {"start": double.start, "stop": double.stop, "kill": double.kill}[options.verb]()


def status_of(run: Callable[[], None]) -> int:
    """Run a command; returns the exit status."""
    try:
        run()
    except (SandboxError, UnknownSwitchError) as error:
        print(f"double: {error}", file=sys.stderr)
        return 1
    return 0
