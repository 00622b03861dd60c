# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes secrets out of everything that is shown, returned or written to a report.

The names decide (_core/_metadata/secret_names.py): a harmless value behind a suspicious name is hidden, too.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.secret_names import is_secret
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.redaction import REDACTED, redact_text

__all__ = ["REDACTED", "redact", "redact_text"]

# Fields of Kubernetes objects whose name sounds secret but that only point at one. Scalars that are references:
_REFERENCES = frozenset({"secretName", "secretNamespace", "credentialName"})
# ... and containers that hold references or settings, which are looked into instead of being hidden whole.
_CONTAINERS = frozenset({"secret", "secrets", "secretRef", "secretKeyRef", "imagePullSecrets", "serviceAccountToken"})
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def redact(obj: t.Any) -> t.Any:
    """Return a deep copy of plain data in which no secret is left.

    Hidden are: values behind secret names, ``value`` of a ``{name, value}`` pair (environment variables) with a secret
    name, assignments inside texts (a ``server.properties`` in a ConfigMap), ``data`` and ``stringData`` of Secrets, and
    kubectl's copy of the object in its annotation.
    References to Secrets (``secretName``, ``secretKeyRef``) stay.

    :param obj: JSON-like data; mappings become dicts, tuples become lists.
    """
    if isinstance(obj, Mapping):
        return _redact_mapping(obj)
    if isinstance(obj, (list, tuple)):
        return [redact(item) for item in obj]
    if isinstance(obj, str):
        return redact_text(obj)
    if isinstance(obj, (bytes, bytearray)):
        return REDACTED
    return obj


def _redact_mapping(obj: Mapping[t.Any, t.Any]) -> dict[t.Any, t.Any]:
    if obj.get("kind") == "SecretList" and isinstance(obj.get("items"), (list, tuple)):
        obj = {**obj, "items": [{"kind": "Secret", **item} for item in obj["items"]]}
    in_secret = obj.get("kind") == "Secret"
    pair = obj.get("name")
    hide_value = isinstance(pair, str) and is_secret(pair)
    out: dict[t.Any, t.Any] = {}
    for key, value in obj.items():
        if in_secret and key in ("data", "stringData") and isinstance(value, Mapping):
            out[key] = dict.fromkeys(value, REDACTED)
        elif key == _LAST_APPLIED or (key == "value" and hide_value and value is not None):
            out[key] = REDACTED
        elif isinstance(key, str) and is_secret(key):
            out[key] = _redact_value(key, value)
        else:
            out[key] = redact(value)
    return out


def _redact_value(key: str, value: t.Any) -> t.Any:
    """Hide what stands behind a secret name; flags and absent values tell nothing and stay."""
    if value is None or isinstance(value, bool) or key in _REFERENCES:
        return value
    if key in _CONTAINERS and isinstance(value, (Mapping, list, tuple)):
        return redact(value)
    return REDACTED
