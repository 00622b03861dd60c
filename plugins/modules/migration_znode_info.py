#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: migration_znode_info
short_description: Tell what KRaft has written into ZooKeeper
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Reads the znodes that say who is in charge of the cluster, and the highest controller epoch in any partition, which is what a
    rollback goes by.
extends_documentation_fragment:
  - kafkaops.kraft._attributes
  - kafkaops.kraft._attributes.info_module
  - kafkaops.kraft._cluster
  - kafkaops.kraft._connection
seealso:
  - module: kafkaops.kraft.migration_znode
"""

EXAMPLES = r"""
---
- name: What KRaft has written into ZooKeeper
  kafkaops.kraft.migration_znode_info:
    namespace: kafka
    cluster: kafka
"""

RETURN = r"""
---
msg:
  description: The reason for what was done, or for doing nothing, in one line. On failure what is wrong and what to do.
  returned: always
  type: str
  sample: no object carries the lock yet
decision:
  description:
    - V(done) when the cluster is already there, V(not needed) when this step does not apply to this cluster,
      V(needed) when there was, or in C(check_mode) would be, something to do.
    - Modules that only read always return V(done).
  returned: success
  type: str
  sample: needed
elapsed:
  description: Seconds that the task took.
  returned: always
  type: float
  sample: 0.61
migration:
  description: What C(/migration) holds, null when it is not there or empty.
  returned: success
  type: dict
migration_present:
  description: Whether C(/migration) exists.
  returned: success
  type: bool
controller:
  description: What C(/controller) holds.
  returned: success
  type: dict
controller_epoch:
  description: The number in C(/controller_epoch).
  returned: success
  type: int
highest_stored_epoch:
  description: The highest controller epoch in any partition state, -1 when there is none.
  returned: success
  type: int
code:
  description: Code of the finding in the catalogue of findings. Empty when the failure has none.
  returned: failure
  type: str
  sample: wrong-state
detail:
  description: What is known about the failure, as data. What is in it depends on RV(code).
  returned: failure
  type: dict
sub_phase:
  description: The sub-phase that failed.
  returned: failure
  type: str
  sample: migration_znode_info
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only when the action plugin of the same name was passed by."""
    AnsibleModule(argument_spec=spec_of("migration_znode_info"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.migration_znode_info runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
