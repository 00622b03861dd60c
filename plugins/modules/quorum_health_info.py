#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: quorum_health_info
short_description: Wait for a healthy quorum of KRaft controllers
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Waits until the quorum has a leader, every voter has caught up and every controller is ready for the
    migration.
  - After O(wait_timeout) it fails and says which controller is missing and why.
  - Changes nothing.
extends_documentation_fragment:
  - kafkaops.kraft._attributes
  - kafkaops.kraft._attributes.info_module
  - kafkaops.kraft._cluster
  - kafkaops.kraft._connection
attributes:
  check_mode:
    details:
      - Does not wait. Says what it would wait for.
"""

EXAMPLES = r"""
---
- name: Wait for the quorum
  kafkaops.kraft.quorum_health_info:
    namespace: kafka
    cluster: kafka
    wait_timeout: 300
"""

RETURN = r"""
---
msg:
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: leader 1000, 3 of 3 controllers caught up, PRE_MIGRATION (protocol)
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
  sample: 4.9
leader:
  description: C(node.id) of the active controller.
  returned: unless C(check_mode) says that it would wait
  type: int
  sample: 1000
voters:
  description: How many records each voter lags behind, by C(node.id).
  returned: unless C(check_mode) says that it would wait
  type: dict
  sample: {'1000': 0, '1001': 0, '1002': 0}
migration_states:
  description: The metric ZkMigrationState of each controller by C(node.id), where it can be read. 2 is PRE_MIGRATION.
  returned: unless C(check_mode) says that it would wait
  type: dict
  sample: {'1000': 2, '1001': 2, '1002': 2}
source:
  description: The source of these values, V(protocol) (Kafka's own, through the forwarded port), V(jolokia) or V(tool).
  returned: unless C(check_mode) says that it would wait
  type: str
  sample: protocol
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
  sample: SetupKRaftControllerHealthy
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("quorum_health_info"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.quorum_health_info runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
