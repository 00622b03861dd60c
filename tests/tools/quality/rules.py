# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of this project that no other tool knows: who may import whom and change what, how to wait, and that lists agree."""

from __future__ import annotations

import ast
import re
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

from . import places, tree

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

PLUGINS = Path("plugins")
PREFIX = f"ansible_collections.{places.NAMESPACE}.{places.NAME}.plugins."
# Layer -> the layers it may import from; docs/architecture.md says why. A folder below _core or _platform is a room of its own.
_ROOMS = {
    "_core/_settings",
    "_core/_manifests",
    "_core/_sources",
    "_core/_metadata",
    "_core/_report",
    "_core/_catalogue",
}
_CORE = {"_core", *_ROOMS}
_BASE = _CORE | {"_runtime"}
_READ = _BASE | {"_kubernetes", "_zookeeper", "_kafka", "_cluster"}
_DRIVEN = _READ | {"_platform"}
_UTILS = _DRIVEN | {"_migration"}
LAYERS = {
    "_core/_metadata": {"_core/_metadata"},
    "_core/_catalogue": {"_core/_catalogue"},
    "_core": {"_core", "_core/_metadata", "_core/_catalogue"},
    "_core/_settings": {"_core", "_core/_metadata", "_core/_settings"},
    "_core/_manifests": {"_core", "_core/_settings", "_core/_manifests"},
    "_core/_sources": {"_core", "_core/_settings", "_core/_manifests", "_core/_sources"},
    "_core/_report": {"_core", "_core/_report"},
    "_runtime": _BASE,
    "_kubernetes": _BASE | {"_kubernetes"},
    "_zookeeper": _BASE | {"_zookeeper"},
    "_kafka": _BASE | {"_kubernetes", "_zookeeper", "_kafka"},
    "_cluster": _READ,
    "_platform": _DRIVEN,
    "_platform/_statefulset": _DRIVEN | {"_platform/_statefulset"},
    "_platform/_confluent": _DRIVEN | {"_platform/_confluent"},
    "_platform/_strimzi": _DRIVEN | {"_platform/_strimzi"},
    # the one place that knows every platform
    "_platform/registry": _DRIVEN | {"_platform/_statefulset", "_platform/_confluent", "_platform/_strimzi"},
    "_migration": _UTILS,
    "_operations": _DRIVEN | {"_operations"},
    "plugin_utils": _UTILS | {"plugin_utils", "_platform/registry"},
    "action": _UTILS | {"_operations", "plugin_utils"},
    "modules": {"_runtime"},
    "doc_fragments": set(),
}
# Pure code computes; it does not look at the world. (`time` is a clock, `os` and `pathlib` are files.)
PURE_STDLIB = sys.stdlib_module_names - {
    *(
        "asyncio",
        "concurrent",
        "http",
        "io",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "random",
        "select",
        "shutil",
    ),
    *("signal", "socket", "ssl", "subprocess", "tempfile", "threading", "time", "urllib"),
}


def _layer(path: Path) -> str:
    """Return the layer of a file below plugins/, or of a dotted name as a path."""
    parts = path.parts[1:] if path.parts[0] == "plugins" else path.parts
    if parts[0] != "module_utils":
        return parts[0]
    room = "/".join(parts[1:3]).removesuffix(".py")
    return room if room in LAYERS else parts[1]


def _imports(module: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _wrong_imports(path: Path, module: ast.Module) -> Iterator[str]:
    layer = _layer(path)
    for line, name in _imports(module):
        if name.startswith(PREFIX):
            other = _layer(Path(*name.removeprefix(PREFIX).split(".")))
            if other not in LAYERS.get(layer, set()):
                yield f"{path}:{line}: {layer} may not use {other}"
        elif (
            layer.startswith("_core") and name.split(".")[0] not in PURE_STDLIB and not name.startswith("urllib.parse")
        ):
            yield f"{path}:{line}: _core is pure and may not use {name}"


#: who may change an object in Kubernetes; everybody else asks the platform
WRITERS = ("_kubernetes", "_platform/_statefulset", "_platform/_confluent", "_platform/_strimzi")
CHANGES = {"delete", "evict", "patch", "replace"}
#: what is the same on every platform
SAME_EVERYWHERE = ("_migration", "_operations", "_cluster")
PLATFORM = re.compile(r"statefulset|confluent|strimzi|kubeblocks", re.IGNORECASE)


def _changes(path: Path, module: ast.Module) -> Iterator[str]:
    """Find who changes objects in Kubernetes without being a platform."""
    if _layer(path) in WRITERS:
        return
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            owner = ast.unparse(node.func.value)
            if owner.rpartition(".")[2].lstrip("_") == "client":
                yield f"{path}:{node.lineno}: only a platform changes objects: {owner}.{node.func.attr}"


def _platform_names(path: Path, module: ast.Module) -> Iterator[str]:
    """Find identifiers that name a platform where all platforms are the same."""
    if _layer(path) not in SAME_EVERYWHERE:
        return
    for node in ast.walk(module):
        if isinstance(node, (ast.Name, ast.Attribute)):
            name = node.id if isinstance(node, ast.Name) else node.attr
            if PLATFORM.search(name):
                yield f"{path}:{node.lineno}: names a platform: {name}"


def _circles(imports: Mapping[str, set[str]]) -> Iterator[str]:
    """Find a circle of files, or of layers, that import each other."""
    layers: dict[str, set[str]] = {}
    for name, others in imports.items():
        mine = _layer(Path(name))
        layers.setdefault(mine, set()).update(_layer(Path(other)) for other in others)
        layers[mine].discard(mine)
    for what, graph in (("files", imports), ("layers", layers)):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            yield f"{what} import each other: {' <- '.join(error.args[1])}"


def _imported(path: Path, module: ast.Module, files: Collection[str]) -> set[str]:
    """Return the files of plugins/ that a file imports."""
    found = set()
    for _line, name in _imports(module):
        if name.startswith(PREFIX):
            parts = name.removeprefix(PREFIX).split(".")
            for end in (len(parts), len(parts) - 1):
                other = "plugins/" + "/".join(parts[:end]) + ".py"
                if other in files and other != str(path):
                    found.add(other)
                    break
    return found


def _sleeps(path: Path, module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"time.sleep", "sleep"}:
            yield f"{path}:{node.lineno}: sleeps; watch, or wait on an Event with a deadline"


def _lists(files: list[Path]) -> Iterator[str]:
    """Compare the modules with their actions and with the action group in meta/runtime.yml."""
    modules, actions = (
        {path.stem for path in files if path.parent == PLUGINS / kind and path.suffix == ".py"}
        for kind in ("modules", "action")
    )
    text = (places.ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8")
    group = set(re.findall(r"^    - (\w+)$", text, re.MULTILINE))
    for name in sorted(modules ^ group):
        yield f"{name}: is a module but not in meta/runtime.yml" if name in modules else f"{name}: has no module"
    for name in sorted(modules ^ actions):
        yield f"{name}: has no action" if name in modules else f"{name}: is an action without a module"


#: tests that must not repeat a mistake of the collection, since it is tested against them
STRANGERS = ("tests/operators/",)


def _acquaintances(path: Path, module: ast.Module) -> Iterator[str]:
    """Find what a double of other software takes from the collection."""
    if str(path).startswith(STRANGERS):
        for line, name in _imports(module):
            if name.startswith((PREFIX, "ansible_collections", "plugins")):
                yield f"{path}:{line}: a double shares no code with the collection: {name}"


def violations() -> Iterator[str]:
    """Return one line for each breach, as file:line: what."""
    everything = tree.files()
    files = [path for path in everything if path.parts[0] == "plugins"]
    for path in everything:
        if path.suffix == ".py" and str(path).startswith(STRANGERS):
            yield from _acquaintances(path, ast.parse((places.ROOT / path).read_text(encoding="utf-8")))
    names, imports = {str(path) for path in files}, dict[str, set[str]]()
    for path in files:
        if path.suffix != ".py":
            continue
        if path.name == "__init__.py":
            yield f"{path}: a collection has no __init__.py"
            continue
        try:
            module = ast.parse((places.ROOT / path).read_text(encoding="utf-8"))
        except SyntaxError as error:
            yield f"{path}:{error.lineno}: does not parse: {error.msg}"
            continue
        yield from _wrong_imports(path, module)
        yield from _sleeps(path, module)
        yield from _changes(path, module)
        yield from _platform_names(path, module)
        imports[str(path)] = _imported(path, module, names)
    yield from _circles(imports)
    yield from _lists(files)
