# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clusters of an ansible-playbook run, from what Ansible tells every task.

Private to the collection. Asked in the action, not in a task of its own: a task can be skipped, or jumped over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import Scope


def scope_of(task_vars: Mapping[str, Any], namespace: str, cluster: str) -> Scope:
    """Return the cluster of this task among those of the play: all of its hosts after --limit, in whatever batch of serial they are."""
    host = str(task_vars.get("inventory_hostname", ""))
    hosts = {str(each): _name(task_vars, str(each)) for each in task_vars.get("ansible_play_hosts_all") or []}
    if host in hosts:
        hosts[host] = f"{namespace}/{cluster}"
    return Scope(namespace, cluster, host, hosts)


def _name(task_vars: Mapping[str, Any], host: str) -> str | None:
    """What the inventory says of another host; None when its variables come from elsewhere, or cannot be resolved here."""
    try:
        of_host = task_vars["hostvars"][host]
        return f"{of_host['kraft_namespace']}/{of_host['kraft_cluster']}"
    except (KeyError, AnsibleError):
        return None
