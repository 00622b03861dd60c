# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of a guard play, unless the command line would skip the guards."""

from __future__ import annotations

DOCUMENTATION = r"""
name: targets
author: kafkaops.kraft authors (@kafkaops)
short_description: Hosts of a guard play
version_added: 1.0.0
description:
  - Returns the given host pattern, for the C(hosts) of the first play of a playbook.
  - Fails if C(ansible-playbook) was called with C(--start-at-task). Ansible would skip the checks of the first play,
    and exit with status 0 if no task has that name.
options:
  _terms:
    description: The parts of a host pattern.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Check the options of this run
  hosts: "{{ lookup('kafkaops.kraft.targets', 'all', 'localhost') }}"
  gather_facts: false
  tasks: []
"""

RETURN = r"""
_raw:
  description: The parts joined into one pattern.
  type: list
  elements: str
"""

from typing import Any

from ansible import context
from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    """Implements kafkaops.kraft.targets."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **_options: Any) -> list[str]:
        """Return the pattern. Raises AnsibleError when the command line has --start-at-task."""
        del variables
        if context.CLIARGS.get("start_at_task"):
            raise AnsibleError(
                "--start-at-task skips the initial checks; run the playbook without it: it resumes from the cluster's current state. "
                "To run one sub-phase alone use --tags with its name. Nothing was changed"
            )
        return [":".join(terms)]
