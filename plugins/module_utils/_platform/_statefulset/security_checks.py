# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What preflight finds on the security of a cluster: the controllers' listener, super users, the JAAS file, certificates.

Private to the collection.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import text_data
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import ZnodeError
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import principals, security_rules
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.certificates import (
    Certificate,
    certificate_findings,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.jaas import JaasError, parse_jaas
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.principals import of_listener
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.security import ControllerSecurity
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import (
    AUTHORIZER,
    is_true,
    listener_names,
    protocols,
    value_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown, known
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import security
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.certificates import read_pem, read_pkcs12
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.security import read_acls

#: first bytes of a store in Java's own format
_JKS = bytes.fromhex("feedfeed")
_ALGORITHM = "ssl.endpoint.identification.algorithm"
_STORES = ("ssl.keystore.location", "ssl.truststore.location")


def findings(cluster: StatefulSetCluster) -> list[Finding]:
    """Every rule on the security of a cluster. Raises Unsupported, Refused when the controllers' listener cannot be secured."""
    effective = cluster.effective
    chosen = security.of_controllers(cluster, effective)
    settings = {**effective, **chosen.brokers}
    found = store_findings(cluster, settings, chosen)
    read: Reading[Certificate] | None = None
    if chosen.protocol.endswith("SSL"):
        where, read = certificate(cluster, settings, chosen.listener)
        if not any(where in item.where.split(", ") for item in found):
            hosts = _hosts(cluster, settings, chosen)
            found += certificate_findings(where, read, hosts, datetime.now(UTC), cluster.params["soak"])
    by_certificate = None
    if isinstance(read, Certificate) and not principals.has_own_builder(effective):
        rules = of_listener(settings, chosen.listener, "ssl.principal.mapping.rules")
        by_certificate = principals.of_certificate(read.subject, rules)
    broker = principals.broker_principal(effective, security.jaas_text(cluster, effective))
    more = cluster.params["super_users"]
    rules_found = security_rules.listener_rules(effective, chosen) + security_rules.super_user_rules(
        effective, chosen, broker, by_certificate, more, _with_acl(cluster, effective)
    )
    running = {pod: facts.settings for pod, facts in known(cluster.facts).items() if facts.settings}
    rules_found += security_rules.one_sided_super_users(running, {broker, chosen.principal, *more})
    return found + [finding(item.code, item.key, item.sentence) for item in rules_found]


def _with_acl(cluster: StatefulSetCluster, effective: Mapping[str, str]) -> set[str] | None:
    """The principals that an ACL allows what brokers do among themselves; None when that could not be read, or does not matter."""
    if not value_of(effective, AUTHORIZER) or cluster.zookeeper_connect is None:
        return None
    try:
        acls = read_acls(cluster.zookeeper, any_principal=True)
    except (KraftError, ZnodeError):
        return None  # acl_findings() in preflight.py tells why
    return {
        each.principal for each in acls if each.operation in ("ClusterAction", "All") and each.permission == "Allow"
    }


def certificate(
    cluster: StatefulSetCluster, settings: Mapping[str, str], listener: str
) -> tuple[str, Reading[Certificate]]:
    """(where it is, the certificate that a node shows on a listener)."""
    chain = of_listener(settings, listener, "ssl.keystore.certificate.chain")
    if chain:
        return "ssl.keystore.certificate.chain", read_pem(chain)
    path = of_listener(settings, listener, "ssl.keystore.location")
    found = security.mounted_data(cluster, path)
    if isinstance(found, Unknown):
        return path, found
    body, key = found
    raw = (body.get("binaryData") or {}).get(key) or (body.get("data") or {})[key]
    data = base64.b64decode(raw) if body["kind"] == "Secret" or key in (body.get("binaryData") or {}) else raw.encode()
    if data.startswith(_JKS):
        return path, Unknown("it is in a JKS store, which only Java reads; a PKCS12 store or PEM can be read")
    if of_listener(settings, listener, "ssl.keystore.type").upper() == "PEM":
        return path, read_pem(data.decode(errors="replace"))
    return path, read_pkcs12(data, of_listener(settings, listener, "ssl.keystore.password"))


def _hosts(cluster: StatefulSetCluster, settings: Mapping[str, str], chosen: ControllerSecurity) -> list[str]:
    """The names at which nodes reach the controllers; none when they do not compare names."""
    for key in (f"listener.name.{chosen.listener.lower()}.{_ALGORITHM}", _ALGORITHM):
        if key in settings:
            if not value_of(settings, key):
                return []
            break
    name, count = cluster.controllers_name, cluster.params["controller_replicas"]
    return [f"{name}-{ordinal}.{name}.{cluster.namespace}.svc" for ordinal in range(count)]


def jaas_findings(cluster: StatefulSetCluster) -> list[Finding]:
    """A JAAS file that the volume at its place does not have, or that Java does not read; one in the image is not looked at."""
    path = security.jaas_path(cluster)
    if not path or not security.mounted_from(cluster, path):
        return []
    read = security.mounted_data(cluster, path)
    if isinstance(read, security.Denied):
        # where brokers log in otherwise, nobody needs what is in it: the session with ZooKeeper has it from a pod
        wanted = principals.inter_broker_protocol(cluster.effective).startswith("SASL_")
        sentence = f"the brokers' JAAS file {path} could not be read: {read.why}"
        return [finding("permission-missing", path, sentence)] if wanted else []
    if isinstance(read, Unknown):
        sentence = f"java.security.auth.login.config is {path}, where no file is any more: {read.why}; put it back, or correct the option"
        return [finding("jaas-file-missing", path, sentence)]
    body, key = read
    try:
        parse_jaas(text_data(body).get(key, ""), f"the brokers' JAAS file {path}", None)
    except JaasError as error:
        where = f"{body['kind']} {cluster.namespace}/{body['metadata']['name']}"
        return [finding("jaas-file-invalid", path, f"{error.message} in {where}: a broker that restarts ends with it")]
    return []


def store_findings(
    cluster: StatefulSetCluster, settings: Mapping[str, str], chosen: ControllerSecurity
) -> list[Finding]:
    """Key stores and trust stores that the volume at their place does not have: what runs has read them, what restarts cannot."""
    protocols_of = protocols(settings)
    listeners = [name for name in listener_names(settings) if protocols_of.get(name, name).endswith("SSL")]
    listeners += [chosen.listener] if chosen.protocol.endswith("SSL") else []
    paths = [of_listener(settings, name, key) for name in listeners for key in _STORES]
    if is_true(settings, "zookeeper.ssl.client.enable"):
        paths += [value_of(settings, f"zookeeper.{key}") for key in _STORES]
    gone: dict[str, list[str]] = {}
    for path in dict.fromkeys(filter(None, paths)):
        read = security.mounted_data(cluster, path) if security.mounted_from(cluster, path) else None
        if isinstance(read, Unknown) and not isinstance(read, security.Denied):
            gone.setdefault(read.why, []).append(path)
    return [
        finding(
            "secret-missing",
            ", ".join(listed),
            f"{why}, so that {' and '.join(listed)} would be missing for every broker that restarts, and for the controllers: put it back",
        )
        for why, listed in gone.items()
    ]
