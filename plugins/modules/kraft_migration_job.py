#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: kraft_migration_job
short_description: Ask an operator to migrate, to finalize or to roll back
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Where an operator carries the migration out, such as Confluent for Kubernetes, asks it for the next part. V(present) keeps the
    changed custom resources of before, creates the KRaftController, held, and the KRaftMigrationJob, as far as they do not exist.
    V(finalize) evaluates the gates, then sets the annotation that lets the operator go to KRaft alone. V(rollback) sets the annotation
    for a rollback.
  - Does nothing where the collection writes the cluster itself, and nothing that was asked for before.
  - The modules of the sub-phases follow the operator.
extends_documentation_fragment:
  - kafkaops.kraft._attributes
  - kafkaops.kraft._cluster
  - kafkaops.kraft._connection
attributes:
  diff_mode:
    support: none
options:
  state:
    description:
      - What the operator is asked for.
      - V(finalize) is irreversible and needs O(confirm).
    type: str
    default: present
    choices:
      - present
      - finalize
      - rollback
seealso:
  - module: kafkaops.kraft.cluster_info
"""

EXAMPLES = r"""
---
- name: Ask the operator to migrate
  kafkaops.kraft.kraft_migration_job:
    namespace: confluent
    cluster: kafka
    state: present

- name: Let it go to KRaft alone
  kafkaops.kraft.kraft_migration_job:
    namespace: confluent
    cluster: kafka
    state: finalize
    confirm: [confluent/kafka]
"""

RETURN = r"""
---
msg:
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: ask the operator to migrate
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
written:
  description: What was created or annotated, one line each.
  returned: when something was asked for
  type: list
  elements: str
operator:
  description: What the operator says, as RV(operator.phase), RV(operator.sub_phase) and RV(operator.message).
  returned: success, where an operator leads
  type: dict
  contains:
    phase:
      description: The phase.
      type: str
      sample: SETUP
    sub_phase:
      description: The sub-phase.
      type: str
      sample: SetupAddMigrationAnnotation
    message:
      description: The operator's own words.
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
  sample: gate-confirm
detail:
  description: Data about the failure. Its content depends on RV(code).
  returned: failure
  type: dict
sub_phase:
  description: The sub-phase that failed.
  returned: failure
  type: str
  sample: kraft_migration_job
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("kraft_migration_job"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.kraft_migration_job runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
