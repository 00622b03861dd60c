#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: migration_lock
short_description: Take or release the lock of a migration
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Takes the Lease, which prevents two runs on one cluster, and sets the annotation
    C(kraft.kafkaops.io/cr-lock) with the id of the migration on every object that the migration manages.
  - The Lease lasts as long as one run of ansible-playbook. The annotation lasts as long as the migration, soak
    included.
  - Before the annotation is set, a ValidatingAdmissionPolicy is made that has the API server deny others to change these objects, as far as
    O(lock_enforcement) and the account allow it. It is removed with the annotation.
  - Every module that changes something takes both by itself. V(absent) releases both; it is for a migration
    that is abandoned.
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
      - V(present) takes Lease and lock.
      - V(absent) releases both and needs O(release).
    type: str
    default: present
    choices:
      - present
      - absent
  release:
    description:
      - The cluster as C(namespace/name), typed again, so that no lock is released by mistake. If the play has one host, the name
        of its Kafka cluster alone is enough.
      - Only used with O(state=absent).
    type: list
    elements: str
    default: []
seealso:
  - module: kafkaops.kraft.cluster_info
"""

EXAMPLES = r"""
---
- name: Lock the cluster for a migration
  kafkaops.kraft.migration_lock:
    namespace: kafka
    cluster: kafka
    state: present

- name: Release the lock that a dead run left
  kafkaops.kraft.migration_lock:
    namespace: kafka
    cluster: kafka
    state: absent
    release: kafka/kafka
"""

RETURN = r"""
---
msg:
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: lock kafka, kafka-kraft for this migration
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
migration_id:
  description: The id of the migration.
  returned: success, with O(state=present)
  type: str
  sample: 5f2c9a01d3be
holder:
  description: This run, as user, host, process and its start.
  returned: when the lock was taken
  type: str
diff:
  description: Before and after of every object that was, or in C(check_mode) would be, written. Secrets are redacted.
  returned: when there is something to do
  type: list
  elements: dict
code:
  description: Code of the finding in the catalogue of findings. Empty if the failure has none.
  returned: failure
  type: str
  sample: lock-held
detail:
  description: Data about the failure. Its content depends on RV(code).
  returned: failure
  type: dict
sub_phase:
  description: The sub-phase that failed.
  returned: failure
  type: str
  sample: SetupAddMigrationAnnotation
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("migration_lock"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.migration_lock runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
