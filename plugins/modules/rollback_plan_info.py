#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: rollback_plan_info
short_description: Say what a rollback would do
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Derives from the cluster what a way back to ZooKeeper consists of, sub-phase by sub-phase, and changes nothing.
  - Fails when there is no way back, and says why.
extends_documentation_fragment:
  - kafkaops.kraft._attributes
  - kafkaops.kraft._attributes.info_module
  - kafkaops.kraft._cluster
  - kafkaops.kraft._connection
seealso:
  - module: kafkaops.kraft.cluster_info
"""

EXAMPLES = r"""
---
- name: What a rollback would do from here
  kafkaops.kraft.rollback_plan_info:
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
state:
  description: The state of the cluster.
  returned: success
  type: str
  sample: HYBRID_DUAL_WRITE
broker_rolls:
  description: How many times every broker would be restarted.
  returned: success
  type: int
plan:
  description: Every sub-phase with C(decision) and C(reason).
  returned: success
  type: list
  elements: dict
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
  sample: RollbackToZkComplete
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only when the action plugin of the same name was passed by."""
    AnsibleModule(argument_spec=spec_of("rollback_plan_info"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.rollback_plan_info runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
