#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: zookeeper_endpoint_info
short_description: Find the ZooKeeper of a Kafka cluster and check it
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Takes the connect string and chroot from the brokers' effective settings, connects, and checks that this chroot
    belongs to this cluster.
  - ZooKeeper is reached through the Kubernetes API, by a port-forward to its pod, or through a broker's pod
    if ZooKeeper does not run in pods; with O(zookeeper_connect) it is reached directly.
extends_documentation_fragment:
  - kafkaops.kraft._attributes
  - kafkaops.kraft._attributes.info_module
  - kafkaops.kraft._cluster
  - kafkaops.kraft._connection
"""

EXAMPLES = r"""
---
- name: Find the cluster's ZooKeeper
  kafkaops.kraft.zookeeper_endpoint_info:
    namespace: kafka
    cluster: kafka

- name: Reach a ZooKeeper outside Kubernetes directly
  kafkaops.kraft.zookeeper_endpoint_info:
    namespace: kafka
    cluster: kafka
    zookeeper_connect: zk1.example.org:2181,zk2.example.org:2181/kafka
"""

RETURN = r"""
---
msg:
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: zookeeper-0.zookeeper:2181/kafka belongs to the cluster; reached by port-forward to pod kafka/zookeeper-0
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
  sample: 0.6
connect:
  description: The brokers' C(zookeeper.connect), chroot included.
  returned: success
  type: str
  sample: zookeeper-0.zookeeper:2181/kafka
servers:
  description: The servers in it.
  returned: success
  type: list
  elements: str
  sample: ['zookeeper-0.zookeeper:2181']
chroot:
  description: The chroot in it. Empty if there is none.
  returned: success
  type: str
  sample: /kafka
how:
  description: How ZooKeeper was reached.
  returned: success
  type: str
code:
  description: Code of the finding in the catalogue of findings. Empty if the failure has none.
  returned: failure
  type: str
  sample: zookeeper-unreachable
detail:
  description: Data about the failure. Its content depends on RV(code).
  returned: failure
  type: dict
sub_phase:
  description: The sub-phase that failed.
  returned: failure
  type: str
  sample: SetupFetchKafkaZookeeperEndpoint
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("zookeeper_endpoint_info"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.zookeeper_endpoint_info runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
