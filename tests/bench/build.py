# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An earlier build of the collection, taken from git, to be measured beside this one."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.demo.stage import ROOT

#: The last build that starts a JVM in a pod for each look at a quorum without Jolokia, reads every process in every task, and asks
#: preflight about the first stage only. What later builds gain and lose is told against it.
BEFORE = "c02ea1684f0095a3a42176ffca4873ca2f50824f"


class NotThere(Exception):
    """Git does not have the revision. The message goes into the page; ``said``, git's own words, may name paths of this machine."""

    def __init__(self, message: str, said: str = "") -> None:
        super().__init__(message)
        self.said = said


@dataclass(frozen=True)
class Build:
    """An earlier build, unpacked where Ansible takes it for a collection. ``revision``: its commit."""

    revision: str
    root: Path

    @property
    def collections(self) -> Path:
        """The path to give Ansible: this folder has ansible_collections/kafkaops/kraft."""
        return self.root.parents[2]

    def permissions(self) -> list[Any]:
        """What this build says that an account needs."""
        items = yaml.safe_load((self.root / "docs" / "rbac.yml").read_text(encoding="utf-8"))["items"]
        return list(next(item["rules"] for item in items if item["kind"] == "Role"))


def unpack(revision: str, cache: Path, repository: Path = ROOT) -> Build:
    """Unpack a revision below ``cache``, once. Raises NotThere when git, or the revision in it, is missing."""
    commit = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    full = commit.decode().strip()
    place = cache / "builds" / full
    build = Build(full, place / "ansible_collections" / "kafkaops" / "kraft")
    if not place.exists():
        fresh = place.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        target = fresh / build.root.relative_to(place)
        target.mkdir(parents=True)
        subprocess.run(["tar", "-x", "-C", str(target)], check=True, input=_git(repository, "archive", full))
        fresh.rename(place)
    return build


def _git(repository: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(repository), *arguments], check=False, capture_output=True)
    except FileNotFoundError:
        raise NotThere("there is no git on this machine") from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()
        raise NotThere("git does not have it here (no history, or a shallow one)", said)
    return done.stdout
