#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cluster_check_info
short_description: Check that a Kafka cluster serves, and survives the loss of a broker
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Checks that every broker and controller is Ready and of the same cluster, and that there is a controller that every voter follows.
  - Creates a topic of its own, checks that each of its partitions is led and in sync on every replica, writes records with C(acks=all),
    reads them back, and removes the topic. All of it by Kafka's own tools in the brokers' pods.
  - With O(disrupt) it deletes the pod of one broker in between, and waits until the ISRs went on without it and are complete again, for
    every partition of the cluster.
  - Works for clusters in ZooKeeper mode, in KRaft mode, and in the middle of a migration.
extends_documentation_fragment:
  - kafkaops.kraft._attributes
  - kafkaops.kraft._cluster
  - kafkaops.kraft._connection
attributes:
  check_mode:
    details:
      - Creates and deletes nothing. Says what it would do, or why it would be refused.
  diff_mode:
    support: none
  idempotent:
    support: N/A
    details:
      - Each run makes a topic of its own and removes it. With O(disrupt), each run deletes a pod.
options:
  disrupt:
    description:
      - Whether the pod of one broker is deleted. Refused while the cluster could not spare it, or while somebody is at work on its pods.
      - Takes the Lease of a migration for as long as it lasts, so that no other run of this collection is at work on the cluster.
    type: bool
    default: false
  disrupt_pod:
    description:
      - The broker's pod to delete. If unset, the leader of the topic's partition 0. Needs O(disrupt).
    type: str
  partitions:
    description:
      - Number of partitions of the topic.
    type: int
    default: 3
  replication_factor:
    description:
      - Replication factor of the topic. Its C(min.insync.replicas) is one less, at least 1.
      - If unset, 3, or the number of brokers if there are fewer.
    type: int
  records:
    description:
      - Number of records to write and read; with O(disrupt) as many again while the broker is away.
    type: int
    default: 300
"""

EXAMPLES = r"""
---
- name: Check that the cluster serves
  kafkaops.kraft.cluster_check_info:
    namespace: kafka
    cluster: kafka

- name: Check that it survives the loss of a broker
  kafkaops.kraft.cluster_check_info:
    namespace: kafka
    cluster: kafka
    disrupt: true
    disrupt_pod: kafka-1
"""

RETURN = r"""
---
msg:
  description: What was checked, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: 'kafka/kafka serves: 3 partitions of kraft-check-k3x9qa with complete ISRs, 300 records written and read; the topic is removed'
decision:
  description: Always V(needed), since a check is done each time.
  returned: success
  type: str
  sample: needed
elapsed:
  description: Duration of the task in seconds.
  returned: always
  type: float
  sample: 14.2
topic:
  description: Name of the topic, which is removed.
  returned: unless C(check_mode)
  type: str
  sample: kraft-check-k3x9qa
partitions:
  description: Its partitions, each with C(partition), C(leader), C(isr) and C(replicas); with O(disrupt) as they are at the end.
  returned: unless C(check_mode)
  type: list
  elements: dict
  sample: [{'partition': 0, 'leader': 1, 'isr': [0, 1, 2], 'replicas': [1, 2, 0]}]
records:
  description: How many records were acknowledged (C(produced)), and how many of these were read back (C(consumed)).
  returned: unless C(check_mode)
  type: dict
  sample: {'produced': 300, 'consumed': 300}
cluster_id:
  description: The cluster id that all nodes have. V(null) if no node has one that can be read.
  returned: unless C(check_mode)
  type: str
  sample: 4L6g3nShT-eMCtK--X86sw
controller:
  description: Who holds C(/controller) in ZooKeeper. V(null) in KRaft mode.
  returned: unless C(check_mode)
  type: int
  sample: 1
quorum_leader:
  description: C(node.id) of the quorum's leader. V(null) if there is no quorum.
  returned: unless C(check_mode)
  type: int
  sample: 1000
quorum_voters:
  description: The C(node.id) of each voter; all of them have caught up.
  returned: unless C(check_mode)
  type: list
  elements: int
  sample: [1000, 1001, 1002]
disrupted:
  description: The C(pod) that was deleted and the C(broker) that runs in it. V(null) without O(disrupt).
  returned: unless C(check_mode)
  type: dict
  sample: {'pod': 'kafka-1', 'broker': 1}
seconds:
  description:
    - C(created) and C(produced), the time that it took to make the topic and to write the records.
    - With O(disrupt) C(isr_shrunk), C(pod_ready) and C(isr_complete), from the deletion of the pod.
  returned: unless C(check_mode)
  type: dict
  sample: {'created': 2.1, 'produced': 2.6, 'isr_shrunk': 1.4, 'pod_ready': 8.2, 'isr_complete': 10.5}
left:
  description: Topics of other checks that were there, because they were killed or run at the same time. They are left unchanged.
  returned: unless C(check_mode)
  type: list
  elements: str
  sample: []
code:
  description: Code of the finding in the catalogue of findings. Empty if the failure has none.
  returned: failure
  type: str
  sample: check-not-recovered
detail:
  description: Data about the failure. Its content depends on RV(code).
  returned: failure
  type: dict
sub_phase:
  description: The name of this module.
  returned: failure
  type: str
  sample: cluster_check_info
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("cluster_check_info"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.cluster_check_info runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
