#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: metadata_cleanup
short_description: Delete the metadata log that a migration left on the brokers
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Deletes the directory C(__cluster_metadata-0) of brokers that run in plain ZooKeeper mode, which do not use it.
  - Restarts no broker. Confluent for Kubernetes restarts every broker twice for this.
extends_documentation_fragment:
  - kafkaops.kraft._attributes
  - kafkaops.kraft._cluster
  - kafkaops.kraft._connection
attributes:
  diff_mode:
    support: none
    details:
      - Names the directories that it deleted in RV(deleted).
options:
  state:
    description:
      - V(present) sets the clean-up annotation on the StatefulSets and deletes the directories.
      - V(absent) removes the annotation.
    type: str
    required: true
    choices:
      - present
      - absent
seealso:
  - module: kafkaops.kraft.migration_znode
"""

EXAMPLES = r"""
---
- name: Delete what is left of the metadata log
  kafkaops.kraft.metadata_cleanup:
    namespace: kafka
    cluster: kafka
    state: present
"""

RETURN = r"""
---
msg:
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: deleted the metadata log of 3 brokers
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
deleted:
  description: The directories that were deleted, by pod.
  returned: when something was deleted
  type: dict
code:
  description: Code of the finding in the catalogue of findings. Empty if the failure has none.
  returned: failure
  type: str
  sample: wrong-state
detail:
  description: Data about the failure. Its content depends on RV(code).
  returned: failure
  type: dict
sub_phase:
  description: The sub-phase that failed.
  returned: failure
  type: str
  sample: RollbackToZkAddClusterMetadataCleanUpAnnotationInKafka
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("metadata_cleanup"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.metadata_cleanup runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
