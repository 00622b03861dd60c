#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: kraft_migration_job
short_description: Ask an operator to migrate, finalize or roll back, follow it, and end the request
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Where an operator carries the migration out, such as Confluent for Kubernetes, asks it for the next part. V(present) keeps the
    changed custom resources of before, creates the KRaftController, held, and the KRaftMigrationJob, as far as they do not exist.
    V(finalize) evaluates the gates, then sets the annotation that lets the operator go to KRaft alone. V(rollback) sets the annotation
    for a rollback. V(released) writes the manifests that the migration changed to files, then has the operator give its locks back and
    waits until they are gone. V(absent) deletes the job.
  - Does nothing where the collection writes the cluster itself, and nothing that was asked for before.
  - The modules of the sub-phases follow the operator; so does this one with O(follow).
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
      - V(released) is refused unless the migration is complete, a rollback is complete, or the operator has given up.
      - V(absent) is refused unless the migration or a rollback is complete and the locks are given back. It deletes only a job that this
        collection made, or rolled back. After a rollback it leaves the KRaftController and its volumes, which M(kafkaops.kraft.migration_journal)
        deletes with the event C(RollbackToZkComplete), as rollback.yml does.
    type: str
    default: present
    choices:
      - present
      - finalize
      - rollback
      - released
      - absent
  follow:
    description:
      - Whether to wait until the operator waits for the next decision, or is at its end. With V(present) that is DUAL-WRITE, with V(finalize)
        COMPLETE, with V(rollback) the removal of the znodes, by M(kafkaops.kraft.migration_znode), or the end of the rollback.
      - What the operator and its pods do is shown line by line. O(wait_timeout) ends the wait only when nothing has moved for so long.
      - The soak begins when M(kafkaops.kraft.migration_journal) records C(MigrateDualWrite).
      - Only used with O(state=present), O(state=finalize) and O(state=rollback). C(check_mode) does not wait.
    type: bool
    default: false
  follow_to:
    description:
      - Follow only until the operator has this sub-phase behind it, for example V(SetupComplete). Needs O(follow=true).
      - It has to be one to which O(state) leads.
    type: str
    choices:
      - SetupPreChecks
      - SetupDeriveIBPVersion
      - SetupAddMigrationAnnotation
      - SetupCheckHealthyKafka
      - SetupCheckKafkaVersion
      - SetupEnsureKRaftControllerExists
      - SetupTriggerIBPUpgrade
      - SetupEnsureIBPUpgradeComplete
      - SetupFetchKafkaClusterId
      - SetupFetchKafkaZookeeperEndpoint
      - SetupMutateKRaftController
      - SetupKRaftControllerHealthy
      - SetupCheckKraftControllerVersion
      - SetupComplete
      - MigrateTriggerKafkaMigration
      - MigrateEnsureKafkaRollComplete
      - MigrateMonitorMigrationProgress
      - MigrateDualWrite
      - MoveToKRaftControllerTriggerZkRemoval
      - MoveToKRaftControllerEnsureKafkaRollIsComplete
      - MoveToKRaftControllerTriggerKRaftControllerMigrationModeRemoval
      - MoveToKRaftControllerEnsureKRaftControllerMigrationModeRemovalComplete
      - MoveToKRaftControllerComplete
      - RollbackToZkMakeProcessRoleEmpty
      - RollbackToZkEnsureKafkaRollIsComplete
      - RollbackToZkWaitForManualNodeRemovalFromZk
      - RollbackToZkFromSetupWaitForManualNodeRemovalFromZk
      - RollbackToZkRemoveKRaftControllerDepsInKafka
      - RollbackToZkEnsureKafkaRollIsComplete2
      - RollbackToZkAddClusterMetadataCleanUpAnnotationInKafka
      - RollbackToZkEnsureKafkaRollIsComplete3
      - RollbackToZkRemoveClusterMetadataCleanUpAnnotationInKafka
      - RollbackToZkEnsureKafkaRollIsComplete4
      - RollbackToZkComplete
seealso:
  - module: kafkaops.kraft.cluster_info
  - module: kafkaops.kraft.migration_journal
  - module: kafkaops.kraft.migration_znode
"""

EXAMPLES = r"""
---
- name: Ask the operator to migrate
  kafkaops.kraft.kraft_migration_job:
    namespace: confluent
    cluster: kafka
    state: present

- name: Ask the operator to migrate, and wait until the controllers are set up
  kafkaops.kraft.kraft_migration_job:
    namespace: confluent
    cluster: kafka
    state: present
    follow: true
    follow_to: SetupComplete

- name: Let it go to KRaft alone, and wait for the end
  kafkaops.kraft.kraft_migration_job:
    namespace: confluent
    cluster: kafka
    state: finalize
    follow: true
    confirm: [confluent/kafka]

- name: Write the changed manifests, and have the locks given back
  kafkaops.kraft.kraft_migration_job:
    namespace: confluent
    cluster: kafka
    state: released

- name: Delete the job
  kafkaops.kraft.kraft_migration_job:
    namespace: confluent
    cluster: kafka
    state: absent
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
released:
  description: What was asked for, and which objects are unlocked, one line each.
  returned: when O(state=released) gave locks back
  type: list
  elements: str
files:
  description: Paths of the changed manifests, whole and as JSON merge patches.
  returned: when O(state=released) gave locks back
  type: list
  elements: str
deleted:
  description: The job.
  returned: when O(state=absent) deleted it
  type: list
  elements: str
  sample: [KRaftMigrationJob/kraft-migration-kafka]
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
