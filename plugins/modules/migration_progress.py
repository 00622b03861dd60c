#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: migration_progress
short_description: Wait for hybrid dual-write
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Waits until the cluster is in hybrid dual-write, that is until an active KRaft controller holds
    C(/controller) in ZooKeeper, all metadata has been copied and writes reach both stores.
  - Prints how many of the expected brokers are registered. After O(wait_timeout) it fails and
    says which ones are missing and why.
  - Changes nothing.
extends_documentation_fragment:
  - kafkaops.kraft._attributes
  - kafkaops.kraft._cluster
  - kafkaops.kraft._connection
attributes:
  check_mode:
    details:
      - Does not wait. Says what it would wait for.
  diff_mode:
    support: N/A
    details:
      - Waits for something and writes nothing.
"""

EXAMPLES = r"""
---
- name: Wait until the cluster is in hybrid dual-write
  kafkaops.kraft.migration_progress:
    namespace: kafka
    cluster: kafka
"""

RETURN = r"""
---
msg:
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: 'hybrid dual-write: controller 1000 holds /controller, /migration at offset 812'
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
  sample: 1.4
registered:
  description: Number of brokers that are registered with the KRaft quorum.
  returned: when it waited
  type: int
  sample: 3
expected:
  description: Number of brokers that must be registered.
  returned: when it waited
  type: int
  sample: 3
migration_offset:
  description: The offset of the metadata log up to which ZooKeeper is written, from the znode C(/migration).
  returned: when it waited
  type: int
  sample: 812
noticed_after_ms:
  description: Milliseconds from the start of hybrid dual-write until this task noticed it.
  returned: when it waited
  type: int
  sample: 84
waited:
  description: Duration of the wait in seconds.
  returned: when it waited
  type: float
  sample: 1.3
code:
  description: Code of the finding in the catalogue of findings. Empty if the failure has none.
  returned: failure
  type: str
  sample: controllers-not-ready
detail:
  description: Data about the failure. Its content depends on RV(code).
  returned: failure
  type: dict
sub_phase:
  description: The sub-phase that failed.
  returned: failure
  type: str
  sample: MigrateMonitorMigrationProgress
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("migration_progress"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.migration_progress runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
