#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ibp_version_info
short_description: Derive the inter-broker protocol version to migrate at
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Derives the current C(inter.broker.protocol.version) from the effective setting, else from the version
    that the broker reports, else from the tag of the image.
  - Returns the version at which brokers and controllers will migrate, and whether raising it can be part of the
    migration roll or needs a separate one.
  - Fails if it cannot be derived, and names O(ibp_version).
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
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: the brokers run at 3.5-IV2, a migration needs 3.6-IV1 or later; the newest that the software supports is 3.9-IV0
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
  sample: 0.8
current:
  description: The exact version that the brokers run at.
  returned: success, unless the cluster runs in KRaft mode already
  type: str
  sample: 3.5-IV2
current_source:
  description: What it was derived from.
  returned: success, unless the cluster runs in KRaft mode already
  type: str
  sample: setting
target:
  description: The exact version to migrate at, which is also the quorum's C(metadata.version).
  returned: success, unless the cluster runs in KRaft mode already
  type: str
  sample: 3.9-IV0
target_source:
  description: What it was derived from.
  returned: success, unless the cluster runs in KRaft mode already
  type: str
  sample: running version
fold:
  description: Whether the migration roll also raises the version.
  returned: success, unless the cluster runs in KRaft mode already
  type: bool
  sample: true
reason:
  description: Why this target, in one line.
  returned: success, unless the cluster runs in KRaft mode already
  type: str
code:
  description: Code of the finding in the catalogue of findings. Empty if the failure has none.
  returned: failure
  type: str
  sample: ibp-unknown
detail:
  description: Data about the failure. Its content depends on RV(code).
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
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("ibp_version_info"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.ibp_version_info runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
