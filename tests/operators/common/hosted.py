# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An operator as a process on this machine, and the switches of a double in a ConfigMap: what tests do with every one of them."""

from __future__ import annotations

import os
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.sandbox.config import SandboxError
from tests.sandbox.kube import ApiError, Kube
from tests.sandbox.processes import Processes

ROOT = Path(__file__).resolve().parents[3]
STATE_VARIABLE = "KRAFT_DOUBLE_STATE"
PROCESS = "operator"
#: seconds between two looks at a CR
LOOK = 0.2


def state_folder(namespace: str) -> Path:
    """Return where kubeconfig, log and process id of a double are kept."""
    root = os.environ.get(STATE_VARIABLE) or "~/.local/state/kafkaops-double"
    return Path(root).expanduser().absolute() / namespace


class Running(ABC):
    """An operator, a double or a real one, that runs as a process on this machine. namespace: where it lives."""

    def __init__(self, namespace: str, kube: Kube, kubeconfig: Path) -> None:
        self.namespace = namespace
        self.kube = kube
        self.folder = state_folder(namespace)
        self._kubeconfig = kubeconfig
        self._processes = Processes(self.folder)

    def launch(self, command: Sequence[str | Path], kubeconfig: Path, **more: str) -> None:
        """Start the process with a kubeconfig of its own. more: further variables."""
        variables = {
            **os.environ, "PYTHONPATH": str(ROOT), "KUBECONFIG": str(kubeconfig), "PYTHONDONTWRITEBYTECODE": "1", **more,
        }  # fmt: skip
        self._processes.start(PROCESS, command, env=variables)

    @abstractmethod
    def start(self) -> None:
        """Start the process; one that runs is left as it is."""

    @abstractmethod
    def remove(self, *, with_definitions: bool = False) -> None:
        """Stop the process and take everything of this namespace out of the cluster, the namespace too."""

    @contextmanager
    def started(self, *, keep: bool) -> Iterator[None]:
        """Run the process during the block; at the end everything is gone unless ``keep``."""
        self.start()
        try:
            yield
        finally:
            if not keep:
                self.remove()
            self.kube.close()

    @property
    def running(self) -> bool:
        """Tell whether the process runs."""
        return self._processes.alive(PROCESS)

    def kill(self) -> None:
        """End the process at once, as a node that fails would."""
        recorded = self._processes.recorded().get(PROCESS)
        if recorded is not None and recorded.alive:
            os.kill(recorded.pid, signal.SIGKILL)
        self.until(lambda: not self.running, "the killed process is still there", 10)

    def stop(self) -> None:
        """End the process in order."""
        self._processes.stop(PROCESS)

    def restart(self) -> None:
        """Kill the process and start it again: it goes on from what the CRs say."""
        self.kill()
        self.start()

    @property
    def log(self) -> str:
        """Return what the process has logged, all runs of it."""
        file = self.folder / "log" / f"{PROCESS}.log"
        return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""

    def until(self, done: Callable[[], bool], reason: str, seconds: float) -> None:
        """Wait for anything. Raises SandboxError with the reason and the end of the log."""
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                tail = "\n".join(self.log.splitlines()[-15:])
                state = "runs" if self.running else "does not run"
                raise SandboxError(f"{reason} after {seconds:.0f} s; the operator {state}, its log ends with:\n{tail}")
            time.sleep(LOOK)


class Hosted(Running):
    """The double of one namespace. What a test needs of its own operator, a class below this one adds."""

    def __init__(self, namespace: str, kube: Kube, kubeconfig: Path, switches: str) -> None:
        super().__init__(namespace, kube, kubeconfig)
        self._switches_name = switches

    @property
    def switched(self) -> Mapping[str, str]:
        """Return what is switched on."""
        found = self.kube.get("ConfigMap", self._switches_name, self.namespace)
        return dict((found or {}).get("data") or {})

    @abstractmethod
    def check_switches(self, data: Mapping[str, str]) -> None:
        """Raise UnknownSwitchError for a switch or a value that is none."""

    def switch(self, name: str, value: str = "true") -> None:
        """Switch a fault or a difference on (README.md lists them). Raises UnknownSwitchError for one that is none."""
        self._switches({**self.switched, name: value})

    def clear(self, *names: str) -> None:
        """Switch the named ones off, all without a name."""
        self._switches({key: value for key, value in self.switched.items() if names and key not in names})

    def _switches(self, data: dict[str, str]) -> None:
        self.check_switches(data)
        path = Kube.path("ConfigMap", self.namespace)
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": self._switches_name}, "data": data}
        try:
            self.kube.request("PUT", f"{path}/{self._switches_name}", body)
        except ApiError as error:
            if error.status != 404:
                raise
            self.kube.request("POST", path, body)
