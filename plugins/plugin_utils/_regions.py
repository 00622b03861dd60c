# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The other regions of the Kafka cluster that a host is a region of, from the variables of all hosts of the inventory.

Private to the collection. Not only of the hosts of the play: a region that --limit leaves out is there all the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.regions import Named, Regions
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import base_spec
from jinja2 import Undefined

OPTION = "region_of"


def regions_of(task_vars: Mapping[str, Any], params: Mapping[str, Any]) -> tuple[Regions | None, set[str], str]:
    """Return the regions, None without ``kraft_region_of``; secrets in their options; why they cannot be told, "" when they can."""
    group, host = params[OPTION], str(task_vars.get("inventory_hostname", ""))
    if not group:
        return None, set(), ""
    of_hosts = task_vars.get("hostvars") or {}
    present = {str(each) for each in task_vars.get("ansible_play_batch") or []}
    others, secrets = [], set[str]()
    for name in of_hosts:
        if str(name) == host or _value(of_hosts, name, OPTION) != group:
            continue
        found, hidden, problem = _params(of_hosts, name)
        secrets |= hidden
        if problem:
            return (
                None,
                secrets,
                f"the variables of host {name}, which has kraft_region_of {group} too, cannot be used: {problem}",
            )
        others.append(Named(str(name), found, str(name) in present))
    if not others:
        return (
            None,
            secrets,
            (
                f"kraft_region_of is {group}, and no other host of the inventory has that value; write it to the host of each region, or leave it out"
            ),
        )
    return Regions(host, tuple(others), _crowded(task_vars, present)), secrets, ""


def _crowded(task_vars: Mapping[str, Any], present: set[str]) -> str:
    """A host that waits keeps one of Ansible's forks: the one that it waits for has to get one, too."""
    forks = int(task_vars.get("ansible_forks") or 0)
    if not forks or forks >= len(present):
        return ""
    return f"this run has {len(present)} hosts at a time and {forks} forks, so that hosts that wait may leave none; use --forks {len(present)}"


def _value(of_hosts: Mapping[str, Any], host: str, option: str) -> Any:
    """The variable of an option, None where it is not set, or where its value cannot be told."""
    try:
        value = of_hosts[host][f"kraft_{option}"]
    except (KeyError, AnsibleError):
        return None
    # ansible-core before 2.19 hands out what could not be resolved
    return None if isinstance(value, Undefined) else value


def _params(of_hosts: Mapping[str, Any], host: str) -> tuple[dict[str, Any], set[str], str]:
    given = {option: value for option in base_spec() if (value := _value(of_hosts, host, option)) is not None}
    checked = ArgumentSpecValidator(base_spec()).validate(json.loads(json.dumps(given, default=str)))
    hidden = set(getattr(checked, "_no_log_values", set()))
    return dict(checked.validated_parameters), hidden, "; ".join(checked.error_messages)
