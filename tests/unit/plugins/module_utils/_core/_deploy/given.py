# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of a new cluster, and the cluster that they describe."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.wanted import Wanted, wanted
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import EXTRA, base_spec

GIVEN: dict[str, Any] = {"namespace": "n", "cluster": "k", "kafka_version": "3.9.2", "storage_class": "fast"}
EXISTING: dict[str, Any] = {"metadata": {"name": "fast"}, "provisioner": "x"}


def options(**more: Any) -> dict[str, Any]:
    """Validated options of kraft_cluster: its defaults, and what is given."""
    spec = {**base_spec(), **EXTRA["kraft_cluster"]}
    return {name: each.get("default") for name, each in spec.items()} | GIVEN | more


def cluster(**more: Any) -> Wanted:
    """The cluster that these options describe."""
    return wanted(options(**more))
