#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: kafka_health_info
short_description: Check that a Kafka cluster can tolerate a restart
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Checks that every broker is registered and its pod is Ready, that no partition is offline, under-replicated
    or below C(min.insync.replicas), that there is exactly one active controller, and that no reassignment is
    running.
  - Otherwise fails with the names of brokers and partitions.
extends_documentation_fragment:
  - kafkaops.kraft._attributes
  - kafkaops.kraft._attributes.info_module
  - kafkaops.kraft._cluster
  - kafkaops.kraft._connection
"""

EXAMPLES = r"""
---
- name: Check that all partitions are in sync
  kafkaops.kraft.kafka_health_info:
    namespace: kafka
    cluster: kafka
"""

RETURN = r"""
---
msg:
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: 3 brokers healthy, 110 partitions in sync, controller 1
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
  sample: 0.7
brokers:
  description: Ids of the registered brokers.
  returned: success
  type: list
  elements: int
  sample: [0, 1, 2]
partitions:
  description: Number of partitions.
  returned: success, while ZooKeeper is used
  type: int
  sample: 110
under_replicated:
  description: Number of partitions that lack in-sync replicas.
  returned: success, while ZooKeeper is used
  type: int
  sample: 0
offline:
  description: Number of partitions without a leader.
  returned: success, while ZooKeeper is used
  type: int
  sample: 0
controller:
  description: Id of the active controller, which is a broker in ZooKeeper mode, else a KRaft controller.
  returned: success, while ZooKeeper is used
  type: int
  sample: 1
code:
  description: Code of the finding in the catalogue of findings. Empty if the failure has none.
  returned: failure
  type: str
  sample: partition-not-healthy
detail:
  description: Data about the failure. Its content depends on RV(code).
  returned: failure
  type: dict
sub_phase:
  description: The sub-phase that failed.
  returned: failure
  type: str
  sample: SetupCheckHealthyKafka
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("kafka_health_info"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.kafka_health_info runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
