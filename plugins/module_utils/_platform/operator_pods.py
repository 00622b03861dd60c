# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pods of an operator show when it says nothing. The same whoever it is.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import is_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError


def told(
    read: Callable[[], Sequence[Mapping[str, Any]]], namespace: str, label: str, operator: str, variable: str = ""
) -> str:
    """Say it; the operator may run in a namespace that this account does not see.

    :param read: reads the pods with ``label`` in ``namespace``.
    :param operator: as people call it.
    :param variable: which says the namespaces that it watches.
    """
    try:
        pods = read()
    except KraftError as error:
        return f"its pods could not be read: {error.message}"
    if not pods:
        watches = "whether it watches this namespace" + (f" ({variable})" if variable else "")
        return f"no pod in namespace {namespace} has the label {label}: find out where {operator} runs, {watches}, and what its log says"
    listed = ", ".join(f"{pod['metadata']['name']} is {'Ready' if is_ready(pod) else 'not Ready'}" for pod in pods)
    return f"its pods: {listed}; look at their logs"
