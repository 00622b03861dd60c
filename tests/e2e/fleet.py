# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the end-to-end tests of migrations share: a fixture cluster, its account, its traffic, and our playbooks run on it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient, connect

from tests.sandbox import traffic
from tests.sandbox.account import SECRETS, grant, rules
from tests.sandbox.cluster import Sandbox
from tests.sandbox.fixtures import Fixture, FixtureSpec, create, delete

ROOT = Path(__file__).resolve().parents[2]
CALLBACKS = ROOT / "tests" / "e2e" / "callback_plugins"
ACCOUNT = "kafkaops-kraft"


@dataclass(frozen=True)
class Outcome:
    """A playbook run: exit status, what it printed, and each task's result in order."""

    status: int
    output: str
    tasks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def changed(self) -> list[str]:
        """Names of the tasks that changed something."""
        return [task["task"] for task in self.tasks if task["result"].get("changed")]

    def result(self, name: str) -> dict[str, Any]:
        """The result of the task of that name."""
        return next(dict(task["result"]) for task in self.tasks if task["task"].split(" : ")[-1] == name)

    @property
    def failure(self) -> dict[str, Any]:
        """The result of the task that failed."""
        return next(dict(task["result"]) for task in self.tasks if task["status"] == "failed")


@dataclass(frozen=True)
class Cluster:
    """A fixture cluster and the account that the playbooks use."""

    fixture: Fixture
    token: str
    folder: Path
    variables: dict[str, Any] = field(default_factory=dict)
    #: ansible-playbook; of the environment that the tests run in, if not said
    program: str = ""

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return self.fixture.spec.namespace

    def play(self, playbook: str, *arguments: str, kill_at: str = "", **variables: Any) -> Outcome:
        """Run one of our playbooks with the minimal account; returns whatever its exit status.

        ``kill_at``: ``before:TASK`` or ``after:TASK``, where ansible-playbook gets SIGKILL.
        """
        command, environment, results = self.prepared(playbook, arguments, variables)
        if kill_at:
            environment["KRAFT_KILL_AT"] = kill_at
        began = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False)
        output = done.stdout + done.stderr
        shown = {key: "..." if key == "kraft_api_key" else value for key, value in variables.items()}
        words = " ".join([playbook, *arguments, *(f"{key}={value}" for key, value in shown.items())])
        print(
            f"{self.namespace}: {words}: exit status {done.returncode} after {time.monotonic() - began:.1f} s",
            flush=True,
        )
        lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
        return Outcome(done.returncode, output, [json.loads(line) for line in lines])

    def kill(self, playbook: str, pattern: str, *arguments: str, **variables: Any) -> str:
        """Run a playbook and kill ansible-playbook by SIGKILL as soon as a line of its output matches; returns the output.

        Fails when the playbook ends before.
        """
        command, environment, _results = self.prepared(playbook, arguments, variables)
        seen = ""
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            for line in process.stdout or ():
                seen += line
                if re.search(pattern, line):
                    process.kill()
                    print(f"{self.namespace}: {playbook}: killed at: {line.strip()[:120]}", flush=True)
                    return seen
        raise AssertionError(f"{playbook} ended before {pattern} was printed:\n{seen}")

    def prepared(
        self, playbook: str, arguments: Sequence[str], variables: Mapping[str, Any]
    ) -> tuple[list[str], dict[str, str], Path]:
        """Write the inventory; return the command, its environment and the file that gets the results."""
        inventory = self.folder / "inventory.yml"
        host = {
            "kraft_namespace": self.namespace,
            "kraft_cluster": self.fixture.spec.name,
            "kraft_controller_storage_size": "1Gi",
        }
        host |= self._connection() | self.variables
        inventory.write_text(
            yaml.safe_dump({"kafka_clusters": {"hosts": {self.fixture.spec.name: host}}}), encoding="utf-8"
        )
        results = self.folder / "results.jsonl"
        results.unlink(missing_ok=True)
        environment = os.environ | {
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "results_file,kill_at",
            "KRAFT_RESULTS_FILE": str(results),
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            "PYTHONUNBUFFERED": "1",
        }
        environment.pop("K8S_AUTH_KUBECONFIG", None)
        program = self.program or str(Path(sys.executable).parent / "ansible-playbook")
        command = [
            program,
            "-i",
            str(inventory),
            f"playbooks/{playbook}.yml",
            "-e",
            json.dumps(dict(variables)),
            *arguments,
        ]
        return command, environment, results

    def client_of(self, token: str) -> KubeClient:
        """Return a client of the same API server for the account of a token."""
        options = {key.removeprefix("kraft_"): value for key, value in self._connection().items()}
        return connect({**options, "api_key": token})

    def _connection(self) -> dict[str, Any]:
        config = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text(encoding="utf-8"))
        server = config["clusters"][0]["cluster"]
        connection = {"kraft_host": server["server"], "kraft_api_key": self.token}
        if "certificate-authority" in server:
            connection["kraft_ca_cert"] = server["certificate-authority"]
        return connection


@contextmanager
def cluster(spec: FixtureSpec, folder: Path) -> Iterator[Cluster]:
    """A fixture cluster with its account; deleted at the end unless KRAFT_KEEP is set."""
    sandbox = Sandbox()
    for flavour in sorted({spec.flavour, "file"}):
        sandbox.ensure_image(flavour, spec.kafka_version)
    kube = sandbox.kube
    try:
        delete(spec, kube=kube)
        fixture = create(spec, kube=kube)
        allowed = rules([spec.name])
        if spec.in_secrets or spec.secured:
            allowed.append(SECRETS)
        yield Cluster(fixture, grant(kube, spec.namespace, allowed=allowed), folder)
    finally:
        if not os.environ.get("KRAFT_KEEP"):
            delete(spec, kube=kube)
        kube.close()


@contextmanager
def canary(target: Cluster, dns_ttl: int | None = None) -> Iterator[dict[str, Any]]:
    """Live traffic while the block runs; the figures are in the yielded dict afterwards.

    ``dns_ttl``: seconds for which the clients keep an address, None = the JVM's default, 30.
    """
    kube, namespace = target.fixture.kube, target.namespace
    figures: dict[str, Any] = {}
    spec = traffic.TrafficSpec(namespace=namespace, cluster=target.fixture.spec.name, dns_ttl=dns_ttl)
    traffic.start(kube, spec)
    yield figures
    traffic.stop(kube, namespace)
    figures.update(traffic.check(kube, namespace))
