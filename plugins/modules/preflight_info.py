#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: preflight_info
short_description: Report what blocks a migration, and what it would do
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Reads the Kafka cluster, ZooKeeper and the Kubernetes objects around it and returns everything that blocks
    or affects a migration, each finding with a stable code, its location and what to do about it.
  - Also returns the plan, that is the sub-phases, the number of rolling restarts, and an estimate of the time. Prints
    all of it.
  - Fails if a finding blocks the migration and is not accepted by its code in O(accept). All findings are
    shown first.
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
- name: Check what blocks the migration
  kafkaops.kraft.preflight_info:
    namespace: kafka
    cluster: kafka
  register: preflight

- name: Continue although partitions have only one replica
  kafkaops.kraft.preflight_info:
    namespace: kafka
    cluster: kafka
    accept:
      - kafka/kafka=partition-cannot-roll
"""

RETURN = r"""
---
msg:
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: no blocking finding, 1 warning; 2 broker rolls and 1 controller roll, about 168 s of restarts
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
  sample: 2.4
findings:
  description: The findings. On failure they are in RV(detail) instead.
  returned: success
  type: list
  elements: dict
  contains:
    code:
      description: Stable code of the rule.
      type: str
      sample: dns-ttl-long
    severity:
      description: V(block) stops the migration unless accepted, V(warn) does not.
      type: str
      sample: warn
    where:
      description: The object, setting or znode concerned.
      type: str
      sample: StatefulSet kafka
    sentence:
      description: What was found, and what to do.
      type: str
    remedy:
      description: What to do about findings of this code.
      type: str
    acceptable:
      description: Whether O(accept) can name it.
      type: bool
      sample: true
    accepted:
      description: Whether O(accept) names it.
      type: bool
      sample: false
plan:
  description: The sub-phases in order. Empty if there is nothing to migrate.
  returned: success
  type: list
  elements: dict
  contains:
    sub_phase:
      description: Name of the sub-phase.
      type: str
      sample: SetupTriggerIBPUpgrade
    phase:
      description: The phase that it belongs to.
      type: str
      sample: SETUP
    does:
      description: What it does.
      type: str
settings:
  description: What each stage that is still to come changes in the brokers' settings. Names only.
  returned: success
  type: list
  elements: dict
  contains:
    stage:
      description: The stage, as in M(kafkaops.kraft.broker_settings).
      type: str
      sample: migration
    statefulset:
      description: Name of the StatefulSet.
      type: str
      sample: kafka
    source:
      description: Where its brokers get their settings from.
      type: str
      sample: server.properties of ConfigMap kafka-config
    set:
      description: Names of the settings that are added or changed.
      type: list
      elements: str
    removed:
      description: Names of the settings that are removed.
      type: list
      elements: str
rolls:
  description: Number of times that all brokers are restarted until the cluster is in pure dual-write.
  returned: success
  type: int
  sample: 2
eta:
  description: Estimate of all restarts in seconds, without the soak.
  returned: success
  type: int
  sample: 168
code:
  description: Code of the finding in the catalogue of findings. Empty if the failure has none.
  returned: failure
  type: str
  sample: topic-deletion-queued
detail:
  description: Data about the failure. Its content depends on RV(code).
  returned: failure
  type: dict
sub_phase:
  description: The sub-phase that failed.
  returned: failure
  type: str
  sample: SetupPreChecks
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("preflight_info"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.preflight_info runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
