#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: kraft_cluster
short_description: Create, change, stop, start and remove a Kafka cluster in KRaft mode
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Makes a Kafka cluster in KRaft mode out of plain StatefulSets, waits until it serves, and changes it when the options change.
  - Every pod has a volume of its own, pods run without privileges, and the id of the cluster is kept in a ConfigMap that outlives pods and
    StatefulSets. A volume is formatted once in the life of its node.
  - Pods are restarted one by one, with a look at ISRs and quorum; the active controller is restarted last.
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
      - V(present) makes the cluster, changes it, or starts it again.
      - V(stopped) scales it to 0, brokers first. Volumes and settings stay.
      - V(absent) stops it and deletes it. Its volumes stay unless O(delete_volumes) is set.
    type: str
    default: present
    choices:
      - present
      - stopped
      - absent
  topology:
    description:
      - V(combined) has nodes that are brokers and controllers, V(separated) has controllers of their own.
      - With C(_monitor) behind it, a Kafka exporter runs beside the cluster; it needs O(exporter_image).
    type: str
    default: combined
  kafka_version:
    description:
      - Version of Apache Kafka that the image has, for example V(3.9.2). Required if O(state=present). 3.9 and later.
    type: str
  image:
    description:
      - Container image. If unset, C(apache/kafka) of O(kafka_version).
    type: str
  image_layout:
    description:
      - Where the image keeps Kafka's tools. V(auto) tells it by the image's name.
    type: str
    default: auto
    choices:
      - auto
      - apache
      - confluent
      - bitnami
  brokers:
    description:
      - Number of brokers. In a combined cluster every one is a controller too, so the number has to be odd and stays as it is.
    type: int
    default: 3
  storage_size:
    description:
      - Size of each broker's volume. O(controller_storage_size) is that of a controller of its own.
    type: str
    default: 20Gi
  storage_class:
    description:
      - StorageClass of the volumes. If unset, the default one.
    type: str
  resources:
    description:
      - Resources of a broker's container, as Kubernetes has them. O(controller_resources) is for controllers of their own.
    type: dict
  heap:
    description:
      - Heap of Kafka, for example V(1g). If unset, Kafka's own default.
    type: str
  settings:
    description:
      - Settings of Kafka for every node. Those that decide whether the nodes are one cluster, and who may come in, are not allowed.
    type: dict
    default: {}
  access:
    description:
      - What brokers tell their clients to connect to. V(headless) is the pod's name in the headless Service, V(cluster_ip) a Service of its own for
        each broker, V(node_port) the address of its node and the port of such a Service.
    type: str
    default: headless
    choices:
      - headless
      - cluster_ip
      - node_port
  quorum:
    description:
      - V(static) has C(controller.quorum.voters) in every node's settings. V(dynamic) has the voters in the metadata log (C(kraft.version) 1).
      - Cannot be changed later.
    type: str
    default: static
    choices:
      - static
      - dynamic
  protocol:
    description:
      - Security of every listener, V(PLAINTEXT), V(SSL), V(SASL_PLAINTEXT) or V(SASL_SSL).
    type: str
    default: PLAINTEXT
  tls_secret:
    description:
      - Name of a Secret with C(tls.crt), C(tls.key) (PKCS 8) and C(ca.crt), for V(SSL) and V(SASL_SSL). The certificate needs the names of all pods.
    type: str
  users_secret:
    description:
      - Name of a Secret whose keys are users and whose values are their passwords, for SASL/PLAIN. O(node_user) has to be among them.
    type: str
  client_certificates:
    description:
      - Whether clients have to show a certificate.
    type: bool
    default: false
  node_user:
    description:
      - User as which brokers and controllers log in at each other. It may do everything.
    type: str
    default: kafka
  exporter_image:
    description:
      - Image of the Kafka exporter, for a topology with C(_monitor).
    type: str
  spread:
    description:
      - Labels of nodes over which pods are spread where that is possible.
    type: list
    elements: str
    default:
      - topology.kubernetes.io/zone
      - kubernetes.io/hostname
  labels:
    description:
      - More labels for every object.
    type: dict
    default: {}
  termination_grace:
    description:
      - Seconds that a node has for its controlled shutdown.
    type: int
    default: 300
  delete_volumes:
    description:
      - Whether O(state=absent) deletes the volumes, for good. Has to be confirmed by the name of the cluster in O(confirm).
    type: bool
    default: false
seealso:
  - module: kafkaops.kraft.cluster_info
"""

EXAMPLES = r"""
---
- name: Create a cluster of three nodes
  kafkaops.kraft.kraft_cluster:
    namespace: kafka
    cluster: orders
    kafka_version: 3.9.2
    topology: combined

- name: Delete it with its volumes
  kafkaops.kraft.kraft_cluster:
    namespace: kafka
    cluster: orders
    state: absent
    delete_volumes: true
    confirm:
      - kafka/orders
"""

RETURN = r"""
---
msg:
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: kafka/orders is as it should be
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
done:
  description: What was done, one line each.
  returned: unless C(check_mode) says what would be done
  type: list
  elements: str
  sample: [create StatefulSet orders]
exists:
  description: Whether the cluster exists, stopped or not.
  returned: unless C(check_mode) says what would be done
  type: bool
  sample: true
cluster_id:
  description: Id of the cluster, null where none is kept.
  returned: unless C(check_mode) says what would be done
  type: str
  sample: 5L6g3nShT-eMCtK--X86sw
nodes:
  description: Node ids that have been part of the cluster.
  returned: unless C(check_mode) says what would be done
  type: list
  elements: int
  sample: [0, 1, 2]
bootstrap_servers:
  description: Where clients in the same Kubernetes cluster begin, null where there is no cluster.
  returned: unless C(check_mode) says what would be done
  type: str
  sample: orders-bootstrap.kafka.svc:9092
volumes:
  description: Names of the volume claims.
  returned: unless C(check_mode) says what would be done
  type: list
  elements: str
  sample: [data-orders-0]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("kraft_cluster"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.kraft_cluster runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
