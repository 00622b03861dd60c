# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The independent witness: an admin client in a pod, which asks the controller all the time and says when it was answered.

Its program is Prober.java, built with the sandbox's JDK and brought into the pod through exec: the images stay as they are.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.standing import Failed
from tests.sandbox import clients, image, preconditions
from tests.sandbox.cache import key_of, part
from tests.sandbox.clients import bootstrap_of, client_pod
from tests.sandbox.config import Folders
from tests.sandbox.console import run
from tests.sandbox.fixtures import FixtureSpec
from tests.sandbox.kube import Kube

POD = "prober"
SOURCE = Path(__file__).parent / "Prober.java"
#: milliseconds between two questions: what a window is measured to
EVERY = 200
SERVED = "served"

_SCRIPT = r"""
mkfifo /probe/commands
# held open for both ways: it never ends, and nothing that is written into it is lost
exec 3<> /probe/commands
while [ ! -e /probe/ready ]; do sleep 0.2; done
CLASSPATH=/probe/prober.jar exec /opt/kafka/bin/kafka-run-class.sh kafkaops.rounds.Prober \
  "$BOOTSTRAP" "$TOPIC" "$EVERY" /probe > /probe/asked 2> /probe/errors
"""
_BRING = "base64 -d > /probe/prober.jar && touch /probe/ready"
_FIRST = "for n in $(seq 300); do grep -qs served /probe/asked && exit 0; sleep 0.2; done; tail -n 20 /probe/errors /probe/asked; exit 1"
_COMMAND = r"""
printf '%s %s\n' "$1" "$2" > /probe/commands
for n in $(seq 700); do grep -s "^$1 " /probe/answers && exit 0; sleep 0.1; done
tail -n 5 /probe/errors
exit 1
"""


@dataclass(frozen=True)
class Window:
    """Milliseconds since 1970 of the last answer before a moment and of the first one after it."""

    last: int
    first: int

    @property
    def milliseconds(self) -> int:
        """How long nobody was answered."""
        return self.first - self.last


def window(lines: Iterable[str], moment: int) -> Window | None:
    """Return the window without an answer that a moment (milliseconds since 1970) lies in; None when one of its ends was not seen.

    A line is ``asked answered served``, or an error in the place of the last word; lines that are cut off are left out.
    """
    answered = []
    for line in lines:
        words = line.split()
        if len(words) == 3 and words[2] == SERVED and words[1].isdigit():
            answered.append(int(words[1]))
    before = [at for at in answered if at <= moment]
    after = [at for at in answered if at > moment]
    return Window(max(before), min(after)) if before and after else None


class Prober:
    """The pod of one cluster. All methods raise Failed with what the pod says."""

    def __init__(self, kube: Kube, spec: FixtureSpec) -> None:
        self.kube = kube
        self.spec = spec

    def start(self) -> None:
        """Make the pod anew and return when the first question was answered."""
        spec = self.spec
        env = {
            "BOOTSTRAP": bootstrap_of(spec.name, spec.namespace),
            "TOPIC": "topic-00",
            "EVERY": str(EVERY),
        }
        jar = base64.encodebytes((_jar(spec.kafka_version) / "prober.jar").read_bytes()).decode()
        pod = client_pod(POD, spec.namespace, {POD: _SCRIPT}, env, folder="/probe", dns_ttl=1, heap="96m")
        clients.start(self.kube, pod)
        self._run(_BRING, stdin=jar)
        self._run(_FIRST)

    def runs(self) -> bool:
        """Whether the pod is there and asks."""
        found = self.kube.get("Pod", POD, self.spec.namespace)
        return found is not None and found["status"].get("phase") == "Running"

    def command(self, text: str) -> str:
        """Create, alter, delete or list topics: see Prober.java for the words. Returns what a list says."""
        number = uuid.uuid4().hex[:8]
        said = self._run(_COMMAND, number, text).strip().split(maxsplit=2)
        if said[:2] != [number, "ok"]:
            raise Failed(f"{text}: {' '.join(said[1:])}")
        return "".join(said[2:])

    def topics(self) -> dict[str, str]:
        """Topic to ``partitions retention.ms``, as Trip.topics() says it, without a JVM of its own."""
        found = (entry.rpartition("=") for entry in self.command("list").split())
        return {name: value.replace(",", " ") for name, _equals, value in found}

    def window(self, moment: int) -> Window:
        """The window without an answer around a moment that is over by now, in milliseconds since 1970."""
        # the controller may have moved just now: what is asked next will be answered
        lines = self._run("sleep 1; tail -n 4000 /probe/asked").splitlines()
        found = window(lines, moment)
        if found is None:
            raise Failed(f"the prober has no answers around {moment}; its last lines: {lines[-5:]}")
        return found

    def _run(self, script: str, *arguments: str, stdin: str | None = None) -> str:
        command = ["bash", "-c", script, "-", *arguments]
        done = self.kube.exec(self.spec.namespace, POD, command, stdin=stdin, timeout=120)
        if done.status != 0:
            raise Failed(f"the prober's pod: {done.text[-800:]} {done.stderr.decode(errors='replace')[-400:]}")
        return done.text


def _jar(version: str) -> Path:
    """Return the folder with the program, compiled once against the sandbox's jars of that Kafka version."""
    cache = Folders().cache

    def build(folder: Path) -> None:
        preconditions.install(preconditions.missing_packages(preconditions.BUILD_PACKAGES))
        libs, classes = image.jars(cache, version) / "libs", folder / "classes"
        run(["javac", "--release", "11", "-cp", f"{libs}/*", "-d", classes, SOURCE])
        run(["jar", "--create", "--file", folder / "prober.jar", "-C", classes, "."])

    return part(cache, f"prober-{version}", key_of(version, SOURCE), build)
