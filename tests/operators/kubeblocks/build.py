# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the operator from its Go module, beside the sandbox's own programs: only for a test that asks for it.

The module of the sandbox cannot be used, since the operator wants an older Kubernetes library. Its custom resource definitions are taken
out of the module as well; nothing of it is part of this project.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.sandbox import preconditions
from tests.sandbox.cache import is_built, key_of, part, remove
from tests.sandbox.config import SandboxError
from tests.sandbox.console import run, say
from tests.sandbox.toolchain import go_command, go_environment

from .names import DEFINITIONS, VERSION, Object

PART = "kubeblocks"
MODULE = "github.com/apecloud/kubeblocks"
_SOURCE = Path(__file__).resolve().parent / "go"
_PROGRAMS = (f"{MODULE}/cmd/manager", f"{MODULE}/cmd/kbagent", "./exporter")
_OPTIONS = ("-trimpath", "-gcflags=all=-dwarf=false")
_CRDS = "crds"


def _key() -> str:
    return key_of(_SOURCE, VERSION, *_OPTIONS, *DEFINITIONS, "crds 1")


def is_there(cache: Path) -> bool:
    """Tell whether the cache has the operator, so that a test of it costs no build."""
    return is_built(cache, PART, _key())


def programs(cache: Path) -> Path:
    """Return the folder with manager, kbagent and exporter, built when the cache does not have it. Raises SandboxError."""
    return part(cache, PART, _key(), lambda folder: _build(cache, folder))


def definitions(cache: Path) -> list[Object]:
    """Return the custom resource definitions that the operator needs."""
    folder = programs(cache) / _CRDS
    return [json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in DEFINITIONS]


def _build(cache: Path, folder: Path) -> None:
    """Compile the programs; go.sum beside their source pins every module. Modules and objects are not kept."""
    say(f"KubeBlocks {VERSION} is built this once: 600 MB of modules, 3 minutes of processor time")
    preconditions.check_space(cache, 4)
    work = cache / f"{PART}.work"
    work.mkdir(exist_ok=True)
    go, env = go_command(cache), go_environment(work)
    build = [go, "build", *_OPTIONS, "-ldflags", "-s -w", "-o", f"{folder}/", *_PROGRAMS]
    run(build, cwd=_SOURCE, env=env, log=cache / f"build-{PART}.log")
    module = Path(run([go, "list", "-m", "-f", "{{.Dir}}", MODULE], cwd=_SOURCE, env=env).strip())
    (folder / _CRDS).mkdir()
    for name in DEFINITIONS:
        body = parsed(module / "deploy/helm/crds" / f"{name}.yaml")
        (folder / _CRDS / f"{name}.json").write_text(json.dumps(body), encoding="utf-8")
    remove(work)


def parsed(file: Path) -> Object:
    """Return a published definition without what only a server writes. Raises SandboxError when it is not there."""
    import yaml

    if not file.is_file():
        raise SandboxError(f"{MODULE} {VERSION} has no {file.name} among its definitions")
    # both are safe; the library's C part, where it has one, takes a tenth of the time
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    body: Object = yaml.load(file.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
    body["metadata"].pop("creationTimestamp", None)
    body.pop("status", None)
    return body
