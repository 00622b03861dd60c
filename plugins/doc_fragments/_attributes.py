# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of what every module of the collection supports.

Private to the collection.
"""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes: one part for all modules, and one for those that only read."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and report what would be done without changing the cluster.
    support: full
  diff_mode:
    description: In diff mode, returns what was written, or in C(check_mode) would be.
  idempotent:
    description: A second run right after the first one changes nothing.
    support: full
  action:
    description: Runs as an action plugin in the process of ansible-playbook. Nothing is copied to or run on the host.
    support: full
  action_group:
    description: Use C(group/kafkaops.kraft.kraft) in C(module_defaults) to set options for this module.
    support: full
    membership:
      - kafkaops.kraft.kraft
  async:
    description: Supports being used with the C(async) keyword.
    support: none
  platform:
    description: Where the process of ansible-playbook can run.
    support: full
    platforms: posix
"""

    # Should be used together with the standard fragment.
    INFO_MODULE = r"""
options: {}
attributes:
  diff_mode:
    support: N/A
    details:
      - This module only reads.
"""
