# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of CFK's definitions (CRDs) the API server has, in sentences. Pure.

Private to the collection. Source: CFK 2.8.4 and 2.9.2 are the first that migrate; jobs came with 2.8.1. An operator that was upgraded without
its CRDs has none of them (Confluent's examples, issue 295).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.cfk_versions import Version

UPGRADE = "upgrade CFK to 3.3.0, and apply its CRDs, which Helm does not upgrade with it"


def without_jobs(operator: Version) -> str:
    """What to say of an API server that does not know jobs."""
    seen = f" (it is {'.'.join(map(str, operator))})" if operator else ""
    return (
        f"the API server has {res.GROUP}/{res.VERSION} without {res.JOB.plural}: CFK{seen} is older than 2.8.4 and cannot migrate, or was "
        f"upgraded without its CRDs; {UPGRADE}"
    )


def without_kafka(versions: Sequence[str], resources: Collection[str], where: str) -> tuple[str, str]:
    """Why a Kafka CR is not found, as a code and a sentence.

    :param versions: in which the API server has CFK's group.
    :param resources: what it has in the version that this release knows.
    """
    if not versions:
        return (
            "operator-crds",
            f"kraft_platform is confluent, but the API server has no {res.GROUP}: install the CRDs of CFK, or correct kraft_platform",
        )
    if res.VERSION not in versions:
        return (
            "operator-crds",
            (
                f"the API server has {res.GROUP} in version {', '.join(versions)}; this release knows {res.VERSION}: serve that version, or use "
                "a release of this collection that knows yours"
            ),
        )
    if res.KAFKA.plural not in resources:
        listed = ", ".join(sorted(name for name in resources if "/" not in name)) or "nothing"
        return (
            "operator-crds",
            f"the API server has {listed} in {res.GROUP}/{res.VERSION}, and no {res.KAFKA.plural}: install the CRDs of CFK, all of them",
        )
    return "cluster-not-found", f"there is no Kafka CR {where}; correct kraft_cluster or kraft_namespace"


def missing(resources: Collection[str]) -> list[Finding]:
    """What a migration needs and the API server does not have."""
    needed = (res.ZOOKEEPER, res.CONTROLLER)
    without = [kind.plural for kind in needed if kind.plural not in resources]
    if not without:
        return []
    text = f"the API server has no {' and no '.join(without)} in {res.GROUP}/{res.VERSION}; {UPGRADE}"
    return [finding("operator-crds", res.GROUP, text)]
