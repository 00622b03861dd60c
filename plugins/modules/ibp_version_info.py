#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ibp_version_info
short_description: Find the inter-broker protocol version to migrate at
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Finds the current C(inter.broker.protocol.version), which is the effective setting, else that of the version
    that the broker reports. The tag of the image is asked last.
  - Says at which version brokers and controllers will migrate, and whether raising it can be folded into the
    migration roll or needs a roll of its own.
  - Fails when it cannot be told, naming O(ibp_version).
extends_documentation_fragment:
  - kafkaops.kraft._attributes
  - kafkaops.kraft._attributes.info_module
  - kafkaops.kraft._cluster
  - kafkaops.kraft._connection
seealso:
  - module: kafkaops.kraft.broker_settings
"""

EXAMPLES = r"""
---
- name: See at which version the cluster will migrate
  kafkaops.kraft.ibp_version_info:
    namespace: kafka
    cluster: kafka
"""

RETURN = r"""
---
msg:
  description: The reason for what was done, or for doing nothing, in one line. On failure what is wrong and what to do.
  returned: always
  type: str
  sample: read only
decision:
  description:
    - V(done) when the cluster is already there, V(not needed) when this step does not apply to this cluster,
      V(needed) when there was, or in C(check_mode) would be, something to do.
    - Modules that only read always return V(done).
  returned: success
  type: str
  sample: done
elapsed:
  description: Seconds that the task took.
  returned: always
  type: float
  sample: 0.8
current:
  description: The exact level that the brokers run at.
  returned: success, unless the cluster runs in KRaft mode already
  type: str
  sample: 3.5-IV2
current_source:
  description: Where it was taken from.
  returned: success, unless the cluster runs in KRaft mode already
  type: str
  sample: setting
target:
  description: The exact level to migrate at, which is also the quorum's C(metadata.version).
  returned: success, unless the cluster runs in KRaft mode already
  type: str
  sample: 3.9-IV0
target_source:
  description: Where it was taken from.
  returned: success, unless the cluster runs in KRaft mode already
  type: str
  sample: running version
fold:
  description: Whether raising the level is folded into the migration roll.
  returned: success, unless the cluster runs in KRaft mode already
  type: bool
  sample: true
reason:
  description: Why this target, in one line.
  returned: success, unless the cluster runs in KRaft mode already
  type: str
code:
  description: Code of the finding in the catalogue of findings. Empty when the failure has none.
  returned: failure
  type: str
  sample: ibp-unknown
detail:
  description: What is known about the failure, as data. What is in it depends on RV(code).
  returned: failure
  type: dict
sub_phase:
  description: The sub-phase that failed.
  returned: failure
  type: str
  sample: SetupDeriveIBPVersion
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only when the action plugin of the same name was passed by."""
    AnsibleModule(argument_spec=spec_of("ibp_version_info"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.ibp_version_info runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
