#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: kraft_controller
short_description: Create the KRaft controllers, start them, or take them out of migration mode
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Creates the controllers' StatefulSet, headless Service and PodDisruptionBudget from the brokers' own, or from
    O(controller_manifest), and writes their settings for a state.
  - The controllers' volumes are formatted in an init container, with the cluster's id and the
    C(metadata.version) that matches the brokers' C(inter.broker.protocol.version).
  - With O(state=final) only the settings are written, which is already the practical point of no return. The
    gates of M(kafkaops.kraft.finalize_gates_info) are evaluated right before; O(confirm) has to name the
    cluster.
extends_documentation_fragment:
  - kafkaops.kraft._attributes
  - kafkaops.kraft._cluster
  - kafkaops.kraft._connection
attributes:
  diff_mode:
    support: full
options:
  state:
    description:
      - V(held) creates the objects with 0 replicas.
      - V(migrating) gives them the cluster's id, ZooKeeper's address and the migration flag, and starts them.
      - V(final) removes the migration flag and ZooKeeper's address from their settings.
        M(kafkaops.kraft.rolling_restart) then restarts them.
    type: str
    required: true
    choices:
      - held
      - migrating
      - final
seealso:
  - module: kafkaops.kraft.quorum_health_info
  - module: kafkaops.kraft.rolling_restart
  - module: kafkaops.kraft.finalize_gates_info
"""

EXAMPLES = r"""
---
- name: Create the controllers without starting them
  kafkaops.kraft.kraft_controller:
    namespace: kafka
    cluster: kafka
    state: held

- name: Start them with the migration flag
  kafkaops.kraft.kraft_controller:
    namespace: kafka
    cluster: kafka
    state: migrating

- name: Write their final settings, which cannot be undone
  kafkaops.kraft.kraft_controller:
    namespace: kafka
    cluster: kafka
    state: final
    confirm:
      - kafka/kafka
"""

RETURN = r"""
---
msg:
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: start 3 controllers for the migration
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
statefulset:
  description: Name of the controllers' StatefulSet.
  returned: unless C(check_mode) says what would be done
  type: str
  sample: kafka-kraft
settings_hash:
  description: Hash of the controllers' settings, also in the pod template.
  returned: unless C(check_mode) says what would be done
  type: str
  sample: 4d2f81c09a
objects:
  description: The objects that were created.
  returned: when O(state=held) made them
  type: list
  elements: str
  sample: [Service/kafka-kraft, PodDisruptionBudget/kafka-kraft, StatefulSet/kafka-kraft]
node_ids:
  description: C(node.id) of each controller.
  returned: unless C(check_mode) says what would be done
  type: list
  elements: int
  sample: [1000, 1001, 1002]
voters:
  description: C(controller.quorum.voters).
  returned: unless C(check_mode) says what would be done
  type: str
replicas:
  description: Number of controllers in the StatefulSet, 0 while they are held.
  returned: unless C(check_mode) says what would be done
  type: int
  sample: 3
diff:
  description: Before and after of every object that was, or in C(check_mode) would be, written. Secrets are redacted.
  returned: when there is something to do
  type: list
  elements: dict
code:
  description: Code of the finding in the catalogue of findings. Empty if the failure has none.
  returned: failure
  type: str
  sample: controller-id-clash
detail:
  description: Data about the failure. Its content depends on RV(code).
  returned: failure
  type: dict
sub_phase:
  description: The sub-phase that failed.
  returned: failure
  type: str
  sample: SetupMutateKRaftController
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("kraft_controller"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.kraft_controller runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
