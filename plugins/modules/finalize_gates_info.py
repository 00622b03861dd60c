#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: finalize_gates_info
short_description: Show the gates of the irreversible step
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Evaluates and prints every gate. M(kafkaops.kraft.kraft_controller) with
    O(kafkaops.kraft.kraft_controller#module:state=final) evaluates them again right before it writes.
  - A closed gate does not make it fail.
extends_documentation_fragment:
  - kafkaops.kraft._attributes
  - kafkaops.kraft._attributes.info_module
  - kafkaops.kraft._cluster
  - kafkaops.kraft._connection
seealso:
  - module: kafkaops.kraft.kraft_controller
"""

EXAMPLES = r"""
---
- name: See which gates of the last step are still closed
  kafkaops.kraft.finalize_gates_info:
    namespace: kafka
    cluster: kafka
    soak: 604800
"""

RETURN = r"""
---
msg:
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: 'kafka/kafka is PURE_DUAL_WRITE, still reversible; closed gates: soak, confirm'
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
  sample: 2.1
gates:
  description: The gates.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the gate.
      type: str
      sample: soak
    code:
      description: Its code in the catalogue of findings.
      type: str
      sample: gate-soak
    passed:
      description: Whether it is open.
      type: bool
      sample: false
    accepted:
      description: Whether it is closed and O(accept) names it.
      type: bool
      sample: false
    sentence:
      description: Why it is open or closed.
      type: str
      sample: in PURE_DUAL_WRITE since 2026-11-21T09:12:44.120Z (5421 s of kraft_soak 86400 s)
dangers:
  description:
    - One sentence for each way in which the migration could be finalized, or was finalized, without confirmation, for example a controller
      that somebody restarted without the migration flag.
    - Empty if there is none.
  returned: success
  type: list
  elements: str
  sample: []
code:
  description: Code of the finding in the catalogue of findings. Empty if the failure has none.
  returned: failure
  type: str
  sample: cluster-not-found
detail:
  description: Data about the failure. Its content depends on RV(code).
  returned: failure
  type: dict
sub_phase:
  description: The sub-phase that failed.
  returned: failure
  type: str
  sample: finalize_gates_info
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("finalize_gates_info"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.finalize_gates_info runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
