#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: kafka_version_info
short_description: Check the Kafka version that actually runs
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Reads the Kafka version from the process in each pod, not from the tag of the image.
  - Fails if the versions differ or if a cluster of that version cannot be migrated safely.
extends_documentation_fragment:
  - kafkaops.kraft._attributes
  - kafkaops.kraft._attributes.info_module
  - kafkaops.kraft._cluster
  - kafkaops.kraft._connection
options:
  target:
    description:
      - Which pods to read the version of.
    type: str
    default: brokers
    choices:
      - brokers
      - controllers
"""

EXAMPLES = r"""
---
- name: Check the brokers' version
  kafkaops.kraft.kafka_version_info:
    namespace: kafka
    cluster: kafka

- name: Check the controllers' version
  kafkaops.kraft.kafka_version_info:
    namespace: kafka
    cluster: kafka
    target: controllers
"""

RETURN = r"""
---
msg:
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: 3 brokers run Kafka 3.9.2
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
versions:
  description: The version that runs in each pod, by the pod's name.
  returned: success, unless C(check_mode) says that the controllers do not run yet
  type: dict
  sample: {kafka-0: 3.9.2, kafka-1: 3.9.2, kafka-2: 3.9.2}
code:
  description: Code of the finding in the catalogue of findings. Empty if the failure has none.
  returned: failure
  type: str
  sample: version-unsupported
detail:
  description: Data about the failure. Its content depends on RV(code).
  returned: failure
  type: dict
sub_phase:
  description: The sub-phase that failed.
  returned: failure
  type: str
  sample: SetupCheckKafkaVersion
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("kafka_version_info"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.kafka_version_info runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
