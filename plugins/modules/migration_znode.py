#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: migration_znode
short_description: Return ZooKeeper to the brokers
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Stops the KRaft quorum, removes the znodes C(/migration) and C(/controller) in one ZooKeeper transaction
    with version checks, waits for a broker to become controller, and deletes the controllers' objects and volumes.
  - Before the quorum is stopped it waits until ZooKeeper has everything that the quorum has committed. C(/controller_epoch) is
    raised in the same transaction if the partitions have a higher KRaft epoch (KAFKA-20488).
  - Before that, partitions whose znodes have a lower version than KRaft's partition epoch are levelled - their znodes are written again,
    unchanged, as often as they are behind. With C(check_mode), C(msg) says how many that would be.
  - Nothing is removed while a controller runs. C(/controller) is removed only if a KRaft controller wrote it.
  - Refuses while a broker runs in KRaft mode, and after the migration is finalized.
extends_documentation_fragment:
  - kafkaops.kraft._attributes
  - kafkaops.kraft._cluster
  - kafkaops.kraft._connection
attributes:
  diff_mode:
    support: none
    details:
      - Says what it will remove in C(msg).
options:
  state:
    description:
      - Removes what the quorum left in ZooKeeper, and the quorum.
    type: str
    default: absent
    choices:
      - absent
  origin:
    description:
      - How far the attempt came; this selects the sub-phase. V(setup) means that no broker ever had migration settings.
      - If the value does not apply to the cluster, the module says so and changes nothing.
    type: str
    default: migrate
    choices:
      - migrate
      - setup
seealso:
  - module: kafkaops.kraft.migration_znode_info
  - module: kafkaops.kraft.rollback_plan_info
  - module: kafkaops.kraft.broker_settings
"""

EXAMPLES = r"""
---
- name: Stop the quorum and return ZooKeeper to the brokers
  kafkaops.kraft.migration_znode:
    namespace: kafka
    cluster: kafka
    state: absent
    origin: migrate
"""

RETURN = r"""
---
msg:
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: the quorum is gone, broker 0 is controller 14 ms after the znodes were removed
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
controller:
  description: The id of the broker that is controller.
  returned: when something was removed
  type: int
removed:
  description: Paths and contents of the removed znodes.
  returned: when something was removed
  type: dict
raised_epoch:
  description: New value of C(/controller_epoch), null if it was high enough.
  returned: when something was removed
  type: int
raised_versions:
  description:
    - How many partitions had a lower version in ZooKeeper than KRaft's partition epoch, and how many writes have levelled them.
      Empty if that could not be looked up, or nothing was written since it was looked up.
  returned: when something was removed
  type: dict
  sample:
    partitions: 2
    writes: 3
high_watermark:
  description: Last committed offset of the quorum before it was stopped.
  returned: when something was removed
  type: int
final_offset:
  description: Offset up to which ZooKeeper had the metadata once the quorum was gone.
  returned: when something was removed
  type: int
znodes_to_election_ms:
  description: Milliseconds from the transaction until a broker was controller.
  returned: when something was removed
  type: int
without_controller_ms:
  description: Milliseconds from the stop of the first controller until a broker was controller.
  returned: when something was removed
  type: int
deleted:
  description: The objects that were deleted.
  returned: when something was removed
  type: list
  elements: str
notes:
  description: Things to know, one sentence each.
  returned: when something was removed
  type: list
  elements: str
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
  sample: RollbackToZkWaitForManualNodeRemovalFromZk
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("migration_znode"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.migration_znode runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
