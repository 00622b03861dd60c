# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What preflight finds on the security of a cluster: the controllers' listener, super users, the JAAS file, certificates.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controller_spec import (
    hosts as controller_hosts,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import ZnodeError
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import (
    cluster_rights,
    principals,
    security_rules,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.certificates import (
    Certificate,
    certificate_findings,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.jaas import JaasError, parse_jaas
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.principals import of_listener
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.providers import is_provided
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.security import ControllerSecurity
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import (
    AUTHORIZER,
    is_true,
    listener_names,
    protocols,
    value_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown, known, unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import security
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.certificates import read_pem, read_store
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.security import read_acls

_PROVIDED = "a config provider fills it in when Kafka starts"
_ALGORITHM = "ssl.endpoint.identification.algorithm"
_CLIENT_AUTH = "ssl.client.auth"
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
            both = _both_show({**settings, **chosen.controllers}, chosen)
            found += certificate_findings(where, read, hosts, datetime.now(UTC), cluster.params["soak"], both_show=both)
    by_certificate = None
    if isinstance(read, Certificate) and not principals.has_own_builder(settings, chosen.listener):
        rules = of_listener(settings, chosen.listener, "ssl.principal.mapping.rules")
        by_certificate = principals.of_certificate(read.subject, rules)
    broker = principals.broker_principal(effective, security.jaas_text(cluster, effective))
    more = cluster.params["super_users"]
    rules_found = security_rules.listener_rules(effective, chosen) + security_rules.super_user_rules(
        effective, chosen, broker, by_certificate, more, _allowed(cluster, effective, broker, chosen.principal)
    )
    rules_found += security.kept(cluster, effective)
    running = {pod: facts.settings for pod, facts in known(cluster.facts).items() if facts.settings}
    rules_found += security_rules.one_sided_super_users(
        running, {broker, chosen.principal, *more}, unknown(cluster.facts)
    )
    return found + [finding(item.code, item.key, item.sentence) for item in rules_found]


def secret_permission(cluster: StatefulSetCluster, made: str) -> list[Finding]:
    """What the account may not do with Secrets whose names depend on their content: a rule with names does not cover them.

    :param made: why there are such Secrets, as the beginning of the sentence.
    """
    verbs = ("get", "create", "delete")
    denied = [verb for verb in verbs if not cluster.client.can_i(verb, "secrets", cluster.namespace)]
    if not denied:
        return []
    sentence = (
        f"{made}: the account may not {' and '.join(denied)} such Secrets in namespace {cluster.namespace}; grant it without resourceNames "
        "(docs/rbac.yml)"
    )
    return [finding("permission-missing", "secrets", sentence)]


def _allowed(cluster: StatefulSetCluster, effective: Mapping[str, str], *asked: str | None) -> set[str] | None:
    """Those principals whom ACLs allow what brokers do among themselves; None when that could not be read, or does not matter."""
    if not value_of(effective, AUTHORIZER) or cluster.zookeeper_connect is None:
        return None
    try:
        acls = read_acls(cluster.zookeeper, any_principal=True)
    except (KraftError, ZnodeError):
        return None  # acl_findings() in preflight.py tells why
    everybody = is_true(effective, "allow.everyone.if.no.acl.found")
    return cluster_rights.allowed(acls, filter(None, asked), everybody=everybody)


def certificate(
    cluster: StatefulSetCluster, settings: Mapping[str, str], listener: str
) -> tuple[str, Reading[Certificate]]:
    """(where it is, the certificate that a node shows on a listener)."""
    chain = of_listener(settings, listener, "ssl.keystore.certificate.chain")
    path = of_listener(settings, listener, "ssl.keystore.location")
    password, kind = (of_listener(settings, listener, f"ssl.keystore.{what}") for what in ("password", "type"))
    where, provided = ("ssl.keystore.certificate.chain", chain) if chain else (path, path)
    if is_provided(provided):
        return where, Unknown(f"{_PROVIDED}, and it is not known before")
    if chain:
        return where, read_pem(chain)
    content = security.file_content(cluster, path)
    if isinstance(content, Unknown):
        return where, content
    if is_provided(password):
        found = read_store(content, "", kind.upper())
        return where, Unknown(f"{_PROVIDED}: its password") if isinstance(found, Unknown) else found
    return where, read_store(content, password, kind.upper())


def _both_show(settings: Mapping[str, str], chosen: ControllerSecurity) -> bool:
    """Whether nodes show a certificate to a controller: with SASL only where its listener itself asks (``SaslChannelBuilder``)."""
    own = value_of(settings, f"listener.name.{chosen.listener.lower()}.{_CLIENT_AUTH}")
    asks = own or (value_of(settings, _CLIENT_AUTH) if chosen.protocol == "SSL" else "")
    return asks.lower() in principals.ASKED or is_provided(asks)


def _hosts(cluster: StatefulSetCluster, settings: Mapping[str, str], chosen: ControllerSecurity) -> list[str]:
    """The names at which nodes reach the controllers; none when they do not compare names."""
    for key in (f"listener.name.{chosen.listener.lower()}.{_ALGORITHM}", _ALGORITHM):
        if key in settings:
            if not value_of(settings, key):
                return []
            break
    return controller_hosts(cluster.controllers_name, cluster.namespace, cluster.params["controller_replicas"])


def jaas_findings(cluster: StatefulSetCluster) -> list[Finding]:
    """A JAAS file that is not where the JVM looks for it, or that Java does not read."""
    path = security.jaas_path(cluster)
    if not path:
        return []
    there = security.mounted(cluster, path)
    if isinstance(there, Unknown) and not isinstance(there, security.Denied):
        sentence = f"java.security.auth.login.config is {path}, where no file is any more: {there.why}; put it back, or correct the option"
        return [finding("jaas-file-missing", path, sentence)]
    content = there.content if isinstance(there, security.Mounted) else security.file_content(cluster, path)
    if isinstance(content, Unknown):
        sentence = (
            f"java.security.auth.login.config is {path}, which could not be read: {content.why}; put the file where the option says, for the "
            "brokers and for this account to read"
        )
        return [finding("jaas-file-missing", path, sentence)]
    where = there.where if isinstance(there, security.Mounted) else "the brokers' pods"
    try:
        parse_jaas(content.decode(errors="replace"), f"the brokers' JAAS file {path}", None)
    except JaasError as error:
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
        read = security.mounted(cluster, path)
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
