# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.bench.build import NotThere, unpack

RULES = "items: [{kind: ServiceAccount}, {kind: Role, rules: [{verbs: [get]}]}]\n"

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits: the first has a page that the second has not."""
    path = tmp_path / "repository"
    (path / "docs").mkdir(parents=True)
    (path / "docs" / "rbac.yml").write_text(RULES, encoding="utf-8")
    git(path, "init", "--quiet")
    commit(path, "first")
    (path / "docs" / "rbac.yml").unlink()
    commit(path, "second")
    return path


def git(path: Path, *arguments: str) -> None:
    who = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(path), *who, *arguments], check=True, capture_output=True)


def commit(path: Path, message: str) -> None:
    git(path, "add", "--all")
    git(path, "commit", "--quiet", "--message", message)


def test_an_earlier_build_is_unpacked_where_ansible_takes_it_for_a_collection(repository: Path, tmp_path: Path) -> None:
    found = unpack("HEAD~1", tmp_path / "cache", repository)
    assert len(found.revision) == 40
    assert found.root == found.collections / "ansible_collections" / "kafkaops" / "kraft"
    assert found.permissions() == [{"verbs": ["get"]}]
    assert not (repository / "docs" / "rbac.yml").exists()


def test_it_is_unpacked_once(repository: Path, tmp_path: Path) -> None:
    first = unpack("HEAD~1", tmp_path / "cache", repository)
    (first.root / "mark").touch()
    (tmp_path / "cache" / "builds" / f"{first.revision}.new").mkdir()
    assert unpack(first.revision[:9], tmp_path / "cache", repository) == first
    assert (first.root / "mark").exists()


def test_what_an_unpacking_that_was_killed_left_is_no_build(repository: Path, tmp_path: Path) -> None:
    revision = unpack("HEAD", tmp_path / "other", repository).revision
    left = tmp_path / "cache" / "builds" / f"{revision}.new" / "half"
    left.mkdir(parents=True)
    found = unpack("HEAD", tmp_path / "cache", repository)
    assert sorted(path.name for path in (tmp_path / "cache" / "builds").iterdir()) == [revision]
    assert not (found.collections / "half").exists()


@pytest.mark.parametrize("revision", ["no-such-revision", "0" * 40, "--help"])
def test_a_revision_that_git_does_not_have(repository: Path, tmp_path: Path, revision: str) -> None:
    with pytest.raises(NotThere):
        unpack(revision, tmp_path / "cache", repository)


def test_a_tarball_has_no_history(tmp_path: Path) -> None:
    with pytest.raises(NotThere, match=r"git does not have it here") as caught:
        unpack("HEAD", tmp_path / "cache", tmp_path)
    assert "not a git repository" in caught.value.said


def test_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotThere, match="no git"):
        unpack("HEAD", tmp_path / "cache", tmp_path)
