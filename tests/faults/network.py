# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cut network: packets between a pod of the sandbox and some addresses are dropped, in the pod's own network namespace.

The rules go when the block ends, whatever happened in it; with the pod's namespace they would go as well. The namespace of the
machine is never touched.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.faults.node import first_process
from tests.sandbox.config import SandboxError
from tests.sandbox.kube import Kube

_COMMENT = ["-m", "comment", "--comment", "kafkaops faults"]
#: packets and bytes of a rule, as the two variants of iptables write them
_COUNTED = re.compile(r"-c (\d+) \d+|\[(\d+):\d+\]")


class Cut:
    """What is cut off while the block of ``cut`` runs.

    :ivar pod: on whose side the packets are dropped. ``others``: the addresses at the far ends.
    :ivar dropped: packets that were dropped in both directions; known when the block has ended.
    """

    def __init__(self, pod: str, others: Sequence[str], namespace: int) -> None:
        self.pod, self.others, self.dropped = pod, tuple(others), 0
        self._namespace = namespace

    def _iptables(self, *words: str) -> str:
        command = ["nsenter", f"--net=/proc/self/fd/{self._namespace}", "iptables", "-w", *words]
        done = subprocess.run(command, pass_fds=(self._namespace,), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SandboxError(f"{' '.join(command)} in the namespace of pod {self.pod}: {done.stderr.strip()}")
        return done.stdout

    def _rules(self) -> list[list[str]]:
        return [
            [chain, flag, other, *_COMMENT, "-j", "DROP"]
            for other in self.others
            for chain, flag in (("INPUT", "-s"), ("OUTPUT", "-d"))
        ]

    def make(self) -> None:
        """Drop packets from now on. Raises SandboxError; what was made by then is taken back by ``mend``."""
        for rule in self._rules():
            self._iptables("-I", *rule)

    def mend(self) -> None:
        """Count what was dropped and let packets pass again; a rule that is not there is none to remove."""
        with contextlib.suppress(SandboxError):
            self.dropped = packets(self._iptables("-S", "-v"))
        for rule in self._rules():
            with contextlib.suppress(SandboxError):
                self._iptables("-D", *rule)
        left = self._iptables("-S")
        if "kafkaops faults" in left:
            raise SandboxError(f"rules are left in the network namespace of pod {self.pod}: {left}")


def packets(listed: str) -> int:
    """Packets that met our rules, from what ``iptables -S -v`` lists."""
    ours = [line for line in listed.splitlines() if "kafkaops faults" in line]
    counts = [match for line in ours if (match := _COUNTED.search(line))]
    return sum(int(match[1] or match[2]) for match in counts)


@contextlib.contextmanager
def cut(kube: Kube, namespace: str, pod: str, others: Sequence[str]) -> Iterator[Cut]:
    """Cut a pod off from some addresses while the block runs. Raises SandboxError when that cannot be done."""
    number = first_process(kube, namespace, pod)
    # held open: the rules can be removed even when the pod's processes have ended meanwhile
    descriptor = os.open(f"/proc/{number}/ns/net", os.O_RDONLY)
    try:
        if os.fstat(descriptor).st_ino == Path("/proc/self/ns/net").stat().st_ino:
            raise SandboxError(
                f"pod {namespace}/{pod} is in the network namespace of the machine, which is not touched"
            )
        found = Cut(pod, others, descriptor)
        try:
            found.make()
            yield found
        finally:
            found.mend()
    finally:
        os.close(descriptor)
