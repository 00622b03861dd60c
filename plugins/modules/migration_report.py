#!/usr/bin/python

# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contract of the module: its documentation and arguments. plugins/action has what it does."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: migration_report
short_description: Write the report of a migration
version_added: 1.0.0
author:
  - The kafkaops.kraft authors (@kafkaops)
description:
  - Writes a report of the migration from the journal and the cluster, as an HTML page with a
    timeline and as JSON, on the machine that runs ansible-playbook.
  - Also works in the middle of a migration and after a failure. Does not change the cluster.
extends_documentation_fragment:
  - kafkaops.kraft._attributes
  - kafkaops.kraft._cluster
  - kafkaops.kraft._connection
attributes:
  check_mode:
    details:
      - Writes no file.
  diff_mode:
    support: N/A
    details:
      - Shows no files.
  idempotent:
    details:
      - Files with the same content are left alone.
options:
  path:
    description:
      - Path of the report without a suffix. C(.html) and C(.json) are added, missing folders are created.
    type: path
    required: true
  canary:
    description:
      - Figures of client traffic that ran during the migration, to show in the report.
    type: dict
"""

EXAMPLES = r"""
---
- name: Write report/kafka.html and report/kafka.json
  kafkaops.kraft.migration_report:
    namespace: kafka
    cluster: kafka
    path: report/kafka
"""

RETURN = r"""
---
msg:
  description: Why something was done or not, in one line. On failure, what is wrong and what to do.
  returned: always
  type: str
  sample: 'report: /home/ops/report/kafka.html (JSON: /home/ops/report/kafka.json)'
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
  sample: 1.5
html:
  description: Path of the page.
  returned: success
  type: str
  sample: report/kafka.html
json:
  description: Path of the JSON file.
  returned: success
  type: str
  sample: report/kafka.json
summary:
  description: The migration in a few figures.
  returned: success
  type: dict
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
  sample: migration_report
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of


def main() -> None:
    """Fail: reached only if the action plugin of the same name was bypassed."""
    AnsibleModule(argument_spec=spec_of("migration_report"), supports_check_mode=True).fail_json(
        msg="kafkaops.kraft.migration_report runs as an action plugin in the control process; call it by its full name in a task"
    )


if __name__ == "__main__":
    main()
