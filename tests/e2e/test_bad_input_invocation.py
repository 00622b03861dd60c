# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that Ansible would end with success although they did nothing, and a Python that lacks our libraries."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.e2e.fleet import CALLBACKS, ROOT
from tests.e2e.places import Place, one_sentence

PLAYBOOKS = ["preflight", "setup", "migrate", "finalize", "status", "check", "unlock"]


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_no_host_matched(place: Place, playbook: str) -> None:
    with place.unchanged():
        done = place.play(playbook, kraft_hosts="nobody")
    assert done.status != 0
    one_sentence(done.failure["msg"], "no host matched nobody", "kafka_clusters", "nothing was done")


def test_a_limit_that_leaves_nobody(place: Place) -> None:
    with place.unchanged():
        done = place.play("preflight", "--limit", "localhost")
    assert done.status != 0
    assert "no host matched" in done.output or "no hosts" in done.output


def test_an_inventory_without_clusters(tmp_path: Path) -> None:
    empty = tmp_path / "empty.yml"
    empty.write_text("all: {}\n", encoding="utf-8")
    done = ansible(sys.executable, "-i", str(empty), "playbooks/migrate.yml")
    assert done.returncode != 0
    assert "no host matched kafka_clusters" in done.stdout + done.stderr


FLEET = """
kafka_clusters:
  hosts:
    orders: {{kraft_namespace: orders, kraft_cluster: kafka}}
    payments: {{kraft_namespace: "{{{{ {team} }}}}", kraft_cluster: kafka, mine: payments, other: orders}}
  vars:
    kraft_host: https://127.0.0.1:9
"""


@pytest.mark.parametrize(
    ("team", "accept", "said"),
    [
        ("mine", "gate-soak", "kraft_accept: gate-soak names no cluster, and this run has 2 hosts"),
        # one namespace and name in two Kubernetes clusters
        ("other", "orders/kafka=gate-soak", "hosts orders, payments of this run all have that name"),
    ],
)
@pytest.mark.parametrize("batches", ["1", "100%"])
@pytest.mark.parametrize("playbook", ["status", "finalize"])
def test_an_acceptance_that_is_not_for_one_cluster_of_several(
    tmp_path: Path, playbook: str, batches: str, team: str, accept: str, said: str
) -> None:
    """It would reach every host, whatever batch it is in; refused before any of them is asked."""
    fleet, results = tmp_path / "fleet.yml", tmp_path / "results.jsonl"
    fleet.write_text(FLEET.format(team=team), encoding="utf-8")
    given = json.dumps({"kraft_accept": [accept], "kraft_serial": batches, "kraft_confirm": ["kafka"]})
    done = ansible(
        sys.executable,
        *("-i", str(fleet), f"playbooks/{playbook}.yml", "-e", given),
        ANSIBLE_CALLBACK_PLUGINS=str(CALLBACKS),
        ANSIBLE_CALLBACKS_ENABLED="results_file",
        KRAFT_RESULTS_FILE=str(results),
    )
    assert done.returncode != 0
    failed = [line for line in map(json.loads, results.read_text("utf-8").splitlines()) if line["status"] == "failed"]
    assert {line["host"] for line in failed} <= {"orders", "payments"}
    assert failed
    for line in failed:
        one_sentence(line["result"]["msg"], said, "with --limit", "nothing was changed")


@pytest.mark.parametrize(
    ("option", "playbook"), [("--tags", playbook) for playbook in PLAYBOOKS] + [("--skip-tags", "migrate")]
)
def test_unknown_tags(place: Place, option: str, playbook: str) -> None:
    with place.unchanged():
        done = place.play(playbook, option, "SetupPreCheck")
    assert done.status != 0
    one_sentence(
        done.failure["msg"].replace("\n", " "), "no task of this playbook has the tag SetupPreCheck", "nothing was done"
    )


def test_tags_that_choose_nothing(place: Place) -> None:
    with place.unchanged():
        done = place.play("setup", "--tags", "untagged")
    assert done.status != 0
    one_sentence(done.failure["msg"], "selects no sub-phase")


@pytest.mark.parametrize(
    ("playbook", "task"),
    [
        ("preflight", "SetupPreChecks"),
        ("setup", "SetupAddMigrationAnnotation"),
        ("setup", "kafkaops.kraft.setup : SetupMutateKRaftController"),
        ("migrate", "MigrateTriggerKafkaMigration"),
        ("finalize", "MoveToKRaftControllerTriggerKRaftControllerMigrationModeRemoval"),
    ],
)
def test_start_at_a_task(place: Place, playbook: str, task: str) -> None:
    with place.unchanged():
        done = place.play(playbook, "--start-at-task", task)
    assert done.status != 0
    assert "--start-at-task" in done.output
    assert "Nothing was changed" in done.output


def test_start_at_a_task_that_does_not_exist(place: Place) -> None:
    with place.unchanged():
        done = place.play("setup", "--start-at-task", "NoSuchTask")
    assert done.status != 0


def test_always_skipped(place: Place) -> None:
    with place.unchanged():
        done = place.play("setup", "--skip-tags", "always")
    assert done.status != 0


@pytest.mark.parametrize("missing", ["kazoo", "kubernetes"])
def test_a_missing_library(place: Place, tmp_path: Path, missing: str) -> None:
    """A Python environment with everything of this one but the library (and what only it needs)."""
    python = _environment_without(missing, tmp_path / "venv")
    results = tmp_path / "results.jsonl"
    with place.unchanged():
        done = ansible(
            str(python),
            *("-i", str(place.cluster.folder / "inventory.yml"), "playbooks/preflight.yml"),
            ANSIBLE_CALLBACK_PLUGINS=str(CALLBACKS),
            ANSIBLE_CALLBACKS_ENABLED="results_file",
            KRAFT_RESULTS_FILE=str(results),
        )
    assert done.returncode != 0, done.stdout
    lines = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    message = next(line["result"]["msg"] for line in lines if line["status"] == "failed")
    one_sentence(
        message,
        f"the Python library {missing} is missing in Ansible's own Python {python}",
        f"pipx inject ansible-core {missing}",
        "execution environment",
    )


def _environment_without(missing: str, folder: Path) -> Path:
    venv.create(folder, symlinks=True)
    target = next(folder.glob("lib/python*/site-packages"))
    source = Path(str(importlib.metadata.distribution("ansible-core").locate_file("")))
    for entry in source.iterdir():
        if entry.name.split("-")[0] != missing and not entry.name.endswith(".pth"):
            (target / entry.name).symlink_to(entry)
    return folder / "bin" / "python"


def ansible(python: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
        **variables,
    }
    command = [python, "-m", "ansible.cli.playbook", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False)
    print(done.stdout + done.stderr)
    return done
