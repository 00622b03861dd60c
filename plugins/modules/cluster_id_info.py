#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cluster_id_info
short_description: Read the cluster id and cross-check it
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Reads the cluster's id from ZooKeeper and compares it with the C(meta.properties) of the brokers.
  - Fails if two sources disagree, since this ZooKeeper is then not the brokers' own.
extends_documentation_fragment:
  - kafkaops.kraft._attributes
  - kafkaops.kraft._attributes.info_module
  - kafkaops.kraft._cluster
  - kafkaops.kraft._connection
"""

EXAMPLES = r"""
---
- name: Read the cluster's id
  kafkaops.kraft.cluster_id_info:
    namespace: kafka
    cluster: kafka
  register: id
"""

RETURN = r"""
---
msg:
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: cluster id 4L6g3nShT-eMCtK--X86sw (4 sources agree)
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
cluster_id:
  description: The id of the cluster.
  returned: success
  type: str
  sample: 4L6g3nShT-eMCtK--X86sw
sources:
  description: The id in each source.
  returned: success
  type: dict
code:
  description: Code of the finding in the catalogue of findings. Empty if the failure has none.
  returned: failure
  type: str
  sample: cluster-id-mismatch
detail:
  description: Data about the failure. Its content depends on RV(code).
  returned: failure
  type: dict
sub_phase:
  description: The sub-phase that failed.
  returned: failure
  type: str
  sample: SetupFetchKafkaClusterId
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("cluster_id_info"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.cluster_id_info runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
