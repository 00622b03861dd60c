#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: migration_journal
short_description: Record the end of a phase
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Checks that the cluster is in the state in which a phase ends, and records this in the journal of the
    migration, a ConfigMap.
  - O(event=MoveToKRaftControllerComplete) also restores the update strategy of the brokers' StatefulSets and
    releases the lock of the migration.
extends_documentation_fragment:
  - kafkaops.kraft._attributes
  - kafkaops.kraft._cluster
  - kafkaops.kraft._connection
attributes:
  diff_mode:
    support: N/A
    details:
      - Only an event is added to the journal.
options:
  event:
    description:
      - The sub-phase that ends a phase.
    type: str
    required: true
    choices:
      - SetupComplete
      - MigrateDualWrite
      - MoveToKRaftControllerComplete
      - RollbackToZkComplete
"""

EXAMPLES = r"""
---
- name: Record that the cluster writes to both stores
  kafkaops.kraft.migration_journal:
    namespace: kafka
    cluster: kafka
    event: MigrateDualWrite
"""

RETURN = r"""
---
msg:
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: 'record SetupComplete: the cluster is PREMIGRATION'
decision:
  description:
    - V(done) if the cluster already is in the wanted state, V(not needed) if this step does not apply to this cluster,
      V(needed) if there was, or in C(check_mode) would be, something to do.
    - Modules that only read always return V(done).
  returned: success
  type: str
  sample: needed
elapsed:
  description: Duration of the task in seconds.
  returned: always
  type: float
  sample: 0.61
event:
  description: What is recorded.
  returned: unless C(check_mode) says what would be done
  type: str
  sample: MigrateDualWrite
state:
  description: The state of the cluster, as M(kafkaops.kraft.cluster_info) names it.
  returned: unless C(check_mode) says what would be done
  type: str
  sample: HYBRID_DUAL_WRITE
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
  sample: SetupComplete
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("migration_journal"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.migration_journal runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
