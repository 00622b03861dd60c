#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: rolling_restart
short_description: Restart pods one at a time onto their new settings
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Restarts every pod that does not run the settings of the stage yet and skips the others.
  - Before each restart it makes sure that no partition loses service, or, for controllers, that the others
    are a caught-up majority. The active controller goes last.
  - A restarted pod must be Ready, on the wanted settings and back in every in-sync replica set before the
    next restart. If it does not come back, the rolling restart stops and says why.
  - Prints one line for each pod, with the estimated time left.
extends_documentation_fragment:
  - kafkaops.kraft._attributes
  - kafkaops.kraft._cluster
  - kafkaops.kraft._connection
attributes:
  check_mode:
    details:
      - Says which pods would be restarted, in RV(msg).
  diff_mode:
    support: N/A
    details:
      - Restarts have no before and after.
options:
  target:
    description:
      - Which pods to restart.
    type: str
    required: true
    choices:
      - brokers
      - controllers
  stage:
    description:
      - The stage that the pods must run afterwards, as written by M(kafkaops.kraft.broker_settings)
        or, for V(final), by M(kafkaops.kraft.kraft_controller).
      - With V(final) the gates of M(kafkaops.kraft.finalize_gates_info) are evaluated before each restart.
      - V(return) and V(original) belong to a rollback. V(cleanup) and V(cleaned) restart nothing; they are no-ops, kept for the names that
        Confluent for Kubernetes gives its rolls around the clean-up of the metadata log.
    type: str
    required: true
    choices:
      - ibp
      - migration
      - kraft
      - return
      - original
      - final
      - cleanup
      - cleaned
seealso:
  - module: kafkaops.kraft.broker_settings
  - module: kafkaops.kraft.kraft_controller
"""

EXAMPLES = r"""
---
- name: Restart the brokers onto their migration settings
  kafkaops.kraft.rolling_restart:
    namespace: kafka
    cluster: kafka
    target: brokers
    stage: migration
    pod_timeout: 900
"""

RETURN = r"""
---
msg:
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: 'restarted 3 brokers in 24 s; KRaft holds /controller, every broker is in migrating ZooKeeper mode'
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
  sample: 24.1
restarted:
  description: The pods that were restarted, in order.
  returned: when something was restarted
  type: list
  elements: dict
  contains:
    pod:
      description: Name of the pod.
      type: str
      sample: kafka-0
    node_id:
      description: C(broker.id) or C(node.id).
      type: int
      sample: 0
    to_ready:
      description: Seconds from the deletion to Ready.
      type: float
      sample: 6.8
    to_back:
      description: Seconds from the deletion until the pod was back in every in-sync replica set or in the quorum.
      type: float
      sample: 7.0
leaders:
  description:
    - How many partitions are led by their preferred replica, and what was done about it.
    - After a roll of the brokers the preferred replicas are elected where they were the leaders before and
      C(auto.leader.rebalance.enable) is off.
  returned: when brokers were restarted
  type: dict
  contains:
    msg:
      description: One sentence.
      type: str
      sample: 60 of 60 partitions are led by their preferred replica after an election, 38 of 60 were before it
    elected:
      description: Whether an election was made.
      type: bool
      sample: true
    before:
      description: Partitions led by their preferred replica before the roll, and how many were counted.
      type: dict
      sample: {preferred: 60, partitions: 60}
    after:
      description: The same after the roll, before an election.
      type: dict
      sample: {preferred: 38, partitions: 60}
skipped:
  description: Number of pods that already ran the wanted settings.
  returned: when something was restarted
  type: int
  sample: 0
code:
  description: Code of the finding in the catalogue of findings. Empty if the failure has none.
  returned: failure
  type: str
  sample: broker-not-healthy
detail:
  description: Data about the failure. Its content depends on RV(code).
  returned: failure
  type: dict
sub_phase:
  description: The sub-phase that failed.
  returned: failure
  type: str
  sample: MigrateEnsureKafkaRollComplete
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("rolling_restart"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.rolling_restart runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
