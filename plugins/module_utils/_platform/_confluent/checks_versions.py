# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether Confluent Platform and CFK can migrate, and by which version of the protocol. Pure.

Private to the collection.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.versions import (
    TRANSACTIONS,
    MetadataVersion,
    latest_for,
    parse_ibp,
    parse_version,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import acceptance
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.cfk_versions import (
    FIRST_OPERATORS,
    FIRST_PLATFORM,
    KEEPS_CHROOT,
    NO_PLATFORM,
    NOT_FOR_PRODUCTION,
    OLD_IBP,
    ROLLS_BACK_FROM_EVERYWHERE,
    Version,
    derived_ibp,
    derives_ibp,
    image_of,
    platform_version,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.job import sub_phase_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.seen import Obj, Seen

#: sub-phases before which the operator has not derived the IBP
BEFORE_IBP = ("", "SetupPreChecks", "SetupDeriveIBPVersion")


def versions(seen: Seen) -> Iterator[Finding]:
    """Confluent Platform and CFK are new enough, and the platform not too new."""
    platform = platform_version(seen.kafka)
    spelled = ".".join(map(str, platform))
    if _unsupported(platform):
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


def _unsupported(platform: Version) -> bool:
    return bool(platform) and (platform < FIRST_PLATFORM or platform >= NO_PLATFORM)


def ibp(seen: Seen) -> Iterator[Finding]:
    """The operator finds an inter.broker.protocol.version, and one at which the brokers can run; else its job waits for ever."""
    if _unsupported(platform_version(seen.kafka)) or not before_ibp(seen.job):
        return
    of_annotation = res.annotation(seen.kafka, res.IBP)
    derived = derived_ibp(seen.kafka) if derives_ibp(seen.operator) else ""
    if seen.wanted_ibp or of_annotation:
        option = f"kraft_ibp_version is {seen.wanted_ibp}"
        source = option if seen.wanted_ibp else f"Kafka {seen.name} has the annotation {res.IBP}: {of_annotation}"
        wrong = _misfit(seen, seen.wanted_ibp or of_annotation, derived)
        if wrong:
            yield finding("operator-ibp-wrong", seen.name, f"{source}, but {wrong}")
        return
    newest = _newest(seen)
    if derived or (newest is not None and not derives_ibp(seen.operator) and newest.setting == OLD_IBP):
        return
    why = (
        f"an image other than confluentinc/NAME:VERSION, of which no document says that CFK derives it ({image_of(seen.kafka)})"
        if derives_ibp(seen.operator)
        else f"CFK {'.'.join(map(str, seen.operator))}, which takes {OLD_IBP} for every image"
    )
    example = f" to {newest.setting}" if newest is not None else ", for example to 3.9"
    said = f", since the brokers run Kafka {seen.running}" if newest is not None else ""
    accept = acceptance(seen.name, "operator-ibp-unknown")
    yield finding(
        "operator-ibp-unknown",
        seen.name,
        f"Kafka {seen.name} has {why}, and not the annotation {res.IBP}: the job would wait for it, or take a wrong one; set "
        f"kraft_ibp_version{example}{said}, or accept that with {accept}",
    )


def before_ibp(job: Obj | None) -> bool:
    """Whether the operator has still to derive the IBP: only then an annotation changes something."""
    if job is None:
        return True
    status = job.get("status") or {}
    return sub_phase_of(str(status.get("subPhase") or "")) in BEFORE_IBP and not status.get("ibpVersion")


def _newest(seen: Seen) -> MetadataVersion | None:
    """The newest version that the running brokers know, None when it cannot be told."""
    try:
        return latest_for(parse_version(seen.running)) if seen.running else None
    except Unsupported:
        return None


def _misfit(seen: Seen, given: str, derived: str) -> str:
    """Why a version that was given does not fit, or an empty string."""
    if re.fullmatch(r"3\.\d+", given) is None:
        return "CFK takes the major and minor version only, for example 3.9; correct it"
    try:
        target = parse_ibp(given)
    except Unsupported as error:
        return error.message
    newest = _newest(seen)
    if target < TRANSACTIONS:
        return f"a migration needs {TRANSACTIONS} or later; correct it"
    if newest is not None and target > newest:
        return f"the brokers run Kafka {seen.running}, which knows versions up to {newest.setting}: they would not start; correct it"
    try:
        current = parse_ibp(seen.ibp) if seen.ibp else newest
    except Unsupported as error:
        return error.message
    if current is not None and target < current:
        return f"the brokers run at {current.setting}, and the version cannot be lowered; set it to {current.setting}, or leave it out"
    if derived and parse_ibp(derived) != target:
        return f"CFK ignores it for the image {image_of(seen.kafka)}, from which it derives {derived}; leave it out"
    return ""


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
