#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: broker_settings
short_description: Write the brokers' settings of a stage
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Computes the settings that the brokers need in a stage and writes them as a new revision, that is as a new ConfigMap
    or Secret, as environment variables or as overrides in the start command, depending on the brokers' settings source. The previous settings are kept.
  - Restarts nothing. StatefulSets with the update strategy C(RollingUpdate) are switched to C(OnDelete) first,
    so that Kubernetes does not start its own rolling restart.
extends_documentation_fragment:
  - kafkaops.kraft._attributes
  - kafkaops.kraft._cluster
  - kafkaops.kraft._connection
attributes:
  diff_mode:
    support: full
options:
  stage:
    description:
      - V(ibp) raises C(inter.broker.protocol.version) if that cannot be part of the migration roll.
      - V(migration) puts the brokers into migrating ZooKeeper mode.
      - V(kraft) puts them into KRaft mode. Hybrid dual-write is proved right before.
      - V(return) returns KRaft brokers to migrating ZooKeeper mode, derived from the kept originals. The migration flag stays on.
      - V(original) restores the kept pod templates. A raised C(inter.broker.protocol.version) stays.
    type: str
    required: true
    choices:
      - ibp
      - migration
      - kraft
      - return
      - original
seealso:
  - module: kafkaops.kraft.rolling_restart
"""

EXAMPLES = r"""
---
- name: See the migration settings without writing them
  kafkaops.kraft.broker_settings:
    namespace: kafka
    cluster: kafka
    stage: migration
  check_mode: true
  diff: true

- name: Write the migration settings
  kafkaops.kraft.broker_settings:
    namespace: kafka
    cluster: kafka
    stage: migration
"""

RETURN = r"""
---
msg:
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: write the settings of stage migration to kafka (9 set, 0 removed)
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
stage:
  description: The stage.
  returned: when something was written
  type: str
  sample: migration
settings_hash:
  description: Hash of the settings in each StatefulSet's pod template, by the StatefulSet's name.
  returned: when something was written
  type: dict
surface:
  description: The settings source of the brokers (C(file), C(secret-file), C(environment), C(overrides)).
  returned: when something was written
  type: list
  elements: str
keys_set:
  description: Names of the settings that were added or changed.
  returned: when something was written
  type: list
  elements: str
  sample: [controller.listener.names, controller.quorum.voters, zookeeper.metadata.migration.enable]
keys_removed:
  description: Names of the settings that were removed.
  returned: when something was written
  type: list
  elements: str
  sample: []
notes:
  description: What a reader of the diff should know, such as that the roll also raises C(inter.broker.protocol.version).
  returned: when something was written
  type: list
  elements: str
diff:
  description: Before and after of every object that was, or in C(check_mode) would be, written. Secrets are redacted.
  returned: when there is something to do
  type: list
  elements: dict
code:
  description: Code of the finding in the catalogue of findings. Empty if the failure has none.
  returned: failure
  type: str
  sample: setting-overridden
detail:
  description: Data about the failure. Its content depends on RV(code).
  returned: failure
  type: dict
sub_phase:
  description: The sub-phase that failed.
  returned: failure
  type: str
  sample: MigrateTriggerKafkaMigration
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("broker_settings"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.broker_settings runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
