#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: migration_znode_info
short_description: Report what KRaft has written to ZooKeeper
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Reads the znodes that show who controls the cluster, and the highest controller epoch of all partitions, which a
    rollback needs.
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
- name: See what KRaft has written to ZooKeeper
  kafkaops.kraft.migration_znode_info:
    namespace: kafka
    cluster: kafka
"""

RETURN = r"""
---
msg:
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: read only
decision:
  description:
    - V(done) if the cluster already is in the wanted state, V(not needed) if this step does not apply to this cluster,
      V(needed) if there was, or in C(check_mode) would be, something to do.
    - Modules that only read always return V(done).
  returned: success
  type: str
  sample: done
elapsed:
  description: Duration of the task in seconds.
  returned: always
  type: float
  sample: 0.61
migration:
  description: Content of C(/migration), null if it is missing or empty.
  returned: success
  type: dict
migration_present:
  description: Whether C(/migration) exists.
  returned: success
  type: bool
controller:
  description: Content of C(/controller).
  returned: success
  type: dict
controller_epoch:
  description: The number in C(/controller_epoch).
  returned: success
  type: int
highest_stored_epoch:
  description: The highest controller epoch of all partition states, -1 if there is none.
  returned: success
  type: int
code:
  description: Code of the finding in the catalogue of findings. Empty if the failure has none.
  returned: failure
  type: str
  sample: wrong-state
detail:
  description: Data about the failure. Its content depends on RV(code).
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
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("migration_znode_info"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.migration_znode_info runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
