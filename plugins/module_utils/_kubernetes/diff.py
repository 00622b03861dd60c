# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change looks like to a person: two YAML texts without the server's own bookkeeping and without secrets."""

from __future__ import annotations

import functools
import typing as t
from collections.abc import Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.redact import redact

# Fields that the API server writes; they change with every write and say nothing about what we did.
_SERVER_FIELDS = ("managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@functools.cache
def _dumper() -> t.Any:
    """Return a YAML dumper that shows a text of several lines (a server.properties) line by line."""
    import yaml  # comes with ansible-core; the collection's import tests run without it

    class Dumper(yaml.SafeDumper):
        """A dumper of our own, so that the representer below is nobody else's."""

    def text(dumper: yaml.SafeDumper, data: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", data, style="|" if "\n" in data else None)

    Dumper.add_representer(str, text)
    return Dumper


def before_after(before: Mapping[str, t.Any] | None, after: Mapping[str, t.Any] | None) -> dict[str, str]:
    """Return ``{before, after}`` as Ansible's ``diff`` wants it: YAML texts.

    Dropped are ``status``, the server's metadata and kubectl's copy of the object; values of secrets are
    ``<redacted>``.

    :param before: the object as it was; None or empty when it is made.
    :param after: the object as it is; None or empty when it is deleted.
    """
    return {"before": _to_yaml(before), "after": _to_yaml(after)}


def _to_yaml(obj: Mapping[str, t.Any] | None) -> str:
    if not obj:
        return ""
    plain = _plain(redact(_without_bookkeeping(obj)))
    import yaml

    return str(yaml.dump(plain, Dumper=_dumper(), default_flow_style=False, allow_unicode=True, width=100_000))


def _without_bookkeeping(obj: Mapping[str, t.Any]) -> dict[str, t.Any]:
    out = {key: value for key, value in obj.items() if key != "status"}
    metadata = out.get("metadata")
    if isinstance(metadata, Mapping):
        kept = {key: value for key, value in metadata.items() if key not in _SERVER_FIELDS}
        annotations = kept.get("annotations")
        if isinstance(annotations, Mapping):
            kept["annotations"] = {key: value for key, value in annotations.items() if key != _LAST_APPLIED}
            if not kept["annotations"]:
                del kept["annotations"]
        out["metadata"] = kept
    return out


def _plain(obj: t.Any) -> t.Any:
    """Turn subclasses (Ansible's tagged str and dict) into the plain types that YAML knows."""
    if isinstance(obj, Mapping):
        return {_plain(key): _plain(value) for key, value in obj.items()}
    if isinstance(obj, (list, tuple)):
        return [_plain(item) for item in obj]
    if isinstance(obj, str):
        return str.__str__(obj)
    if isinstance(obj, bool) or obj is None:
        return obj
    if isinstance(obj, int):
        return int(obj)
    if isinstance(obj, float):
        return float(obj)
    return str(obj)
