# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether Confluent Platform and CFK can migrate, and by which version of the protocol. Pure.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.cfk_versions import (
    FIRST_OPERATORS,
    FIRST_PLATFORM,
    KEEPS_CHROOT,
    NO_PLATFORM,
    NOT_FOR_PRODUCTION,
    ROLLS_BACK_FROM_EVERYWHERE,
    platform_version,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.seen import Seen


def versions(seen: Seen) -> Iterator[Finding]:
    """Confluent Platform and CFK are new enough, and the platform not too new."""
    platform = platform_version(seen.kafka)
    spelled = ".".join(map(str, platform))
    if platform and (platform < FIRST_PLATFORM or platform >= NO_PLATFORM):
        yield finding(
            "version-unsupported",
            seen.name,
            f"Kafka {seen.name} runs Confluent Platform {spelled}; a migration needs 7.6 to 7.9 (8.0 has no ZooKeeper mode)",
        )
    if platform == NOT_FOR_PRODUCTION:
        yield finding(
            "version-not-recommended",
            seen.name,
            f"Kafka {seen.name} runs Confluent Platform 7.6.0, with which Confluent advises against migrating production clusters; upgrade first",
        )
    if not seen.operator:
        yield finding(
            "check-incomplete",
            "CFK",
            "the version of CFK could not be read (annotation platform.confluent.io/app-version of its CRDs, status.operatorVersion of Kafka, "
            "tag of the init container's image); it has to be 2.9.2 or later, 3.3.0 is recommended",
        )
        return
    spelled = ".".join(map(str, seen.operator))
    if seen.operator < FIRST_OPERATORS.get(seen.operator[:2], min(FIRST_OPERATORS.values())):
        yield finding("version-unsupported", "CFK", f"CFK {spelled} cannot migrate; upgrade it to 3.3.0 first")
    elif seen.operator < ROLLS_BACK_FROM_EVERYWHERE:
        yield finding(
            "version-not-recommended",
            "CFK",
            f"CFK {spelled} may refuse a rollback from SETUP and MIGRATE, and leaves the brokers' metadata log behind in one; 3.3.0 is recommended",
        )


def chroot(seen: Seen) -> Iterator[Finding]:
    """CFK before 3.3.0 puts a chroot behind one that is there already."""
    endpoint = objects.zookeeper_endpoint(seen.kafka)
    if "/" not in endpoint or not seen.operator or seen.operator >= KEEPS_CHROOT:
        return
    settings = objects.overrides(seen.controller) if seen.controller else {}
    if settings.get("zookeeper.connect") == endpoint:
        return
    yield finding(
        "setting-blocks",
        f"Kafka {seen.name}",
        f"Kafka {seen.name} uses ZooKeeper {endpoint}; CFK before 3.3.0 would give its controllers that chroot twice. Upgrade CFK, or write the "
        f"KRaftController yourself with zookeeper.connect={endpoint} in spec.configOverrides.server",
    )
