# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates that expire beside that of the controllers' listener: of the brokers' other listeners, and of sessions with ZooKeeper.

Private to the collection. A migration takes weeks with its soak, and restarts every broker several times.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.certificates import Certificate, expiring
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.principals import of_listener
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import listener_names, protocols
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import security, security_checks
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.certificates import read_store
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError


def findings(cluster: StatefulSetCluster, gone: Collection[str] = ()) -> list[Finding]:
    """A word on each of them that expires soon, or that could not be read. Raises Unsupported, Refused as security_checks.findings().

    :param gone: paths of stores that are known not to be there.
    """
    found = []
    for whose, where, read in _others(cluster):
        if where in gone:
            continue
        if isinstance(read, Certificate):
            found += expiring(where, read, datetime.now(UTC), cluster.params["soak"])
        else:
            sentence = f"the certificate of {whose} in {where} could not be read ({read.why}); check yourself that it does not expire during the migration"
            found.append(finding("certificate-unreadable", where, sentence))
    return found


def _others(cluster: StatefulSetCluster) -> Iterator[tuple[str, str, Reading[Certificate]]]:
    """Whose it is, where, and the certificate; each store once, and never that of the controllers' listener."""
    effective = cluster.effective
    chosen = security.of_controllers(cluster, effective)
    seen = {""}
    if chosen.protocol.endswith("SSL"):
        seen.add(_store({**effective, **chosen.brokers}, chosen.listener))
    for name in listener_names(effective):
        store = _store(effective, name)
        if protocols(effective).get(name, name).endswith("SSL") and store not in seen:
            seen.add(store)
            yield f"listener {name}", *security_checks.certificate(cluster, effective, name)
    if cluster.zookeeper_connect is None:
        return
    try:
        keys = cluster.zookeeper.login.keys
    except KraftError:
        return  # whoever needs ZooKeeper says why it does not answer
    if keys is not None and keys.content is not None and keys.where not in seen:
        yield "sessions with ZooKeeper", keys.where, read_store(keys.content, keys.password, keys.kind)


def _store(settings: Mapping[str, str], listener: str) -> str:
    """What tells a key store from others: the chain itself, or its path."""
    return of_listener(settings, listener, "ssl.keystore.certificate.chain") or of_listener(
        settings, listener, "ssl.keystore.location"
    )
