#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cluster_info
short_description: Report the state of a Kafka cluster between ZooKeeper and KRaft
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Derives the state from the cluster itself, that is from the settings that its processes run
    with, ZooKeeper and the KRaft quorum. No stored state is used.
  - Also returns since when, why, and the next command.
  - Also works on a cluster that is not being migrated, or that was finalized.
extends_documentation_fragment:
  - kafkaops.kraft._attributes
  - kafkaops.kraft._attributes.info_module
  - kafkaops.kraft._cluster
  - kafkaops.kraft._connection
"""

EXAMPLES = r"""
---
- name: Get the state of the cluster
  kafkaops.kraft.cluster_info:
    namespace: kafka
    cluster: kafka
  register: where

- name: Stop unless brokers and controllers run in KRaft mode
  ansible.builtin.assert:
    that: where.state == 'FINALIZED'
    fail_msg: "{{ where.state }}, next: {{ where.next }}"
"""

RETURN = r"""
---
msg:
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: 'kafka/kafka is PURE_DUAL_WRITE: every broker runs in KRaft mode, every controller still has the migration flag'
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
  sample: 1.2
namespace:
  description: The namespace.
  returned: success
  type: str
  sample: kafka
cluster:
  description: The name of the cluster.
  returned: always
  type: str
  sample: kafka
platform:
  description: What runs the brokers.
  returned: success
  type: str
  sample: statefulset
state:
  description:
    - The state of the cluster. One of V(ZOOKEEPER), V(PREMIGRATION), V(HYBRID_DUAL_WRITE), V(PURE_DUAL_WRITE),
      V(FINALIZED), or V(MIXED) during a rolling restart.
    - V(HYBRID_DUAL_WRITE) and V(PURE_DUAL_WRITE) are both Kafka's ZkMigrationState MIGRATION, that is dual-write.
  returned: success
  type: str
  sample: PURE_DUAL_WRITE
reason:
  description: The evidence for the state.
  returned: success
  type: str
  sample: every broker runs in KRaft mode, every controller still has the migration flag
phase:
  description: The phase of the migration.
  returned: success
  type: str
  sample: DUAL-WRITE
since:
  description: Time of the newest event in the journal, UTC in ISO 8601.
  returned: success, when there is a journal
  type: str
  sample: '2026-11-21T09:12:44.120Z'
next:
  description: What to do next, usually a command.
  returned: success
  type: str
dangers:
  description:
    - One sentence for each way in which the migration could be finalized, or was finalized, without confirmation, for example a controller
      that somebody restarted without the migration flag.
    - Empty if there is none.
  returned: success
  type: list
  elements: str
  sample: []
regions:
  description:
    - Where the other regions of the Kafka cluster are, if kraft_region_of names some. Empty where there is one region, and on V(statefulset) it is missing.
  returned: success, where an operator leads
  type: list
  elements: dict
  contains:
    region:
      description: Name of its host in the inventory.
      type: str
    phase:
      description: What its operator says, empty before it was asked.
      type: str
    sub_phase:
      description: The sub-phase that its operator names.
      type: str
    voters:
      description: Number of its controllers, V(0) when they are gone.
      type: int
  sample: []
foreign:
  description:
    - One sentence for each object of somebody else that has a name that this migration needs, or the labels of its controllers. Every
      other module refuses to run while there is one.
    - Empty if there is none.
  returned: success
  type: list
  elements: str
  sample: []
brokers:
  description: The brokers' pods.
  returned: success
  type: list
  elements: dict
  contains:
    pod:
      description: Name of the pod.
      type: str
      sample: kafka-0
    id:
      description: C(broker.id).
      type: int
      sample: 0
    mode:
      description: V(zookeeper), V(migrating), V(kraft) or V(unknown), from the settings that the process runs with.
      type: str
      sample: kraft
    stage:
      description: The stage that the pod's settings belong to. Empty if this collection did not write them; none where an operator writes the settings.
      type: str
      sample: kraft
    version:
      description: The Kafka version that runs.
      type: str
      sample: 3.9.2
    ready:
      description: Whether the pod is Ready.
      type: bool
      sample: true
controllers:
  description: The KRaft controllers' pods.
  returned: success
  type: list
  elements: dict
  contains:
    pod:
      description: Name of the pod.
      type: str
      sample: kafka-kraft-0
    id:
      description: C(node.id).
      type: int
      sample: 1000
    migration_flag:
      description: Whether the process runs with C(zookeeper.metadata.migration.enable=true).
      type: bool
      sample: true
    stage:
      description: The stage that the pod's settings belong to; none where an operator writes the settings.
      type: str
      sample: migrating
    ready:
      description: Whether the pod is Ready.
      type: bool
      sample: true
zookeeper:
  description: The connect string with chroot that the brokers or controllers use.
  returned: success, when anything still uses ZooKeeper
  type: str
  sample: zookeeper:2181/kafka
kafka_version:
  description: The Kafka version that the brokers run.
  returned: success
  type: str
  sample: 3.9.2
lock:
  description: Who holds the lock of the migration. Empty if nobody does.
  returned: success
  type: str
  sample: ops@runner-1
lock_enforced_by:
  description: What enforces the lock, or why nothing does. Empty if nothing is locked.
  returned: success
  type: str
  sample: ValidatingAdmissionPolicy kraft-migration.kafka.kafka
code:
  description: Code of the finding in the catalogue of findings. Empty if the failure has none.
  returned: failure
  type: str
  sample: cluster-not-found
detail:
  description: Data about the failure. Its content depends on RV(code).
  returned: failure
  type: dict
sub_phase:
  description: The sub-phase that failed.
  returned: failure
  type: str
  sample: cluster_info
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("cluster_info"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.cluster_info runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
