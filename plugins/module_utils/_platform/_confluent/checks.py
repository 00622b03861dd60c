# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What in the custom resources would stop the operator, or make it do the wrong thing: all rules, in order. Pure.

Private to the collection.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import (
    checks_annotations,
    checks_controller,
    checks_references,
    checks_settings,
    checks_versions,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.cfk_versions import (
    Version,
    needs_log4j1,
    operator_version,
    platform_version,
    version,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.checks_settings import MANAGED
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.seen import Seen, where

__all__ = [
    "MANAGED",
    "Seen",
    "Version",
    "findings",
    "needs_log4j1",
    "operator_version",
    "platform_version",
    "references",
    "version",
    "where",
]

#: in the order in which a person would repair it
RULES = (
    checks_references.references,
    checks_references.jobs,
    checks_annotations.held,
    checks_annotations.paused,
    checks_annotations.silent,
    checks_versions.versions,
    checks_versions.ibp,
    checks_settings.gitops,
    checks_settings.blocked,
    checks_versions.chroot,
    checks_controller.ids,
    checks_controller.controller,
    checks_controller.super_users,
    checks_annotations.spelling,
)


def findings(seen: Seen) -> list[Finding]:
    """Every rule, in the order in which a person would repair it.

    Without its job a migration under way looks like left-overs; whoever removed those would take the quorum from the brokers.
    """
    rules = (checks_references.references,) if checks_references.lost(seen) else RULES
    return [item for rule in rules for item in rule(seen)]


#: what says that nothing may be asked of the operator for this cluster; the custom resources and jobs alone decide it
WHOSE = (
    "operator-request-lost",
    "operator-references",
    "operator-locked",
    "operator-unsupported",
    "cluster-born-kraft",
)


def references(seen: Seen) -> list[Finding]:
    """Those of them that say that the job and the custom resources are not this cluster's, or not as a migration needs them."""
    rules = (checks_references.references, checks_references.jobs, checks_annotations.held)
    return [item for rule in rules for item in rule(seen) if item.code in WHOSE]
