# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the security of the controllers' listener is made of: the user's Secret, the brokers' JAAS file and their stores.

Private to the collection. Files come from the ConfigMap or Secret that the pods mount, else from a running broker's pod: they may be in the
image, or in scratch space that an init container fills. What could not be read is a value; secrets stay in what is returned, which does not
show them.
"""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.jvm_files import jvm_texts
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import (
    container_of,
    file_source,
    text_data,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import jvm_options, principals
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.security import (
    ControllerSecurity,
    Credentials,
    Wanted,
    controller_security,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import AUTHORIZER, value_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown, known
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, Refused


def wanted(cluster: StatefulSetCluster) -> Wanted:
    """What the user's options say. Raises Refused (secret-missing) when the Secret they name is not there or lacks a key."""
    params = cluster.params
    name, credentials = params["controller_secret"], None
    if name:
        texts = _secret(cluster, name)
        if isinstance(texts, Unknown):
            raise Refused(texts.why, code="secret-missing")
        lacking = [key for key in ("username", "password") if not texts.get(key)]
        if lacking:
            raise Refused(
                f"Secret {cluster.namespace}/{name}, which kraft_controller_secret names, has no key {' and no key '.join(lacking)}; it "
                "needs username and password",
                code="secret-missing",
            )
        credentials = Credentials(texts["username"], texts["password"])
    return Wanted(params["controller_security"], params["controller_sasl_mechanism"], credentials)


def of_controllers(cluster: StatefulSetCluster, effective: Mapping[str, str]) -> ControllerSecurity:
    """The security of the controllers' listener, for brokers with these settings. Raises Unsupported, Refused."""
    return controller_security(effective, wanted(cluster), jaas_text(cluster, effective))


def super_users(
    cluster: StatefulSetCluster, effective: Mapping[str, str], security: ControllerSecurity
) -> dict[str, str]:
    """``super.users`` as brokers and controllers both need it, as settings; nothing without an authorizer.

    Somebody anonymous is never made a super user: who that is, is anybody.
    """
    if not value_of(effective, AUTHORIZER):
        return {}
    own = principals.broker_principal(effective, jaas_text(cluster, effective))
    more = [name for name in (own, security.principal) if name and name != principals.ANONYMOUS]
    value = principals.with_super_users(effective, [*more, *cluster.params["super_users"]])
    return {principals.SUPER_USERS: value} if value else {}


def jaas_path(cluster: StatefulSetCluster) -> str:
    """Where the brokers' JVM has its JAAS file, "" when it has none; what a running broker was started with comes first."""
    template = cluster.statefulsets[0]["spec"]["template"]
    running = [facts.options for facts in known(cluster.facts).values()][:1]
    written = [
        [word.strip("\"'") for word in text.split()]
        for text in jvm_texts(template, cluster.container, cluster.config_maps)
    ]
    return next((path for words in (*running, *written) if (path := jvm_options.jaas_path(words))), "")


def jaas_text(cluster: StatefulSetCluster, effective: Mapping[str, str]) -> Reading[str]:
    """The text of the brokers' JAAS file; "" when they have none, or when their logins at each other are not in it.

    Whoever needs what is in it refuses without it; security_checks.py says why it could not be read.
    """
    path = jaas_path(cluster) if principals.needs_jaas_file(effective) else ""
    found = file_content(cluster, path) if path else b""
    return found if isinstance(found, Unknown) else found.decode(errors="replace")


def file_content(cluster: StatefulSetCluster, path: str) -> Reading[bytes]:
    """A file of the brokers' pods.

    Where the object that it should come from lacks it, running brokers may still have it, but one that is restarted would not.
    """
    found = _mounted(cluster, posixpath.normpath(path))
    return cluster.broker_file(path) if found is None else found


def _mounted(cluster: StatefulSetCluster, path: str) -> Reading[bytes] | None:
    """The file as it is in the ConfigMap or Secret that is mounted there; None when none is, or the account may not read it."""
    template = cluster.statefulsets[0]["spec"]["template"]
    missing = []
    for kind, name, key in file_source(template, container_of(template, cluster.container), path):
        try:
            body = _object(cluster, kind, name)
        except Forbidden:
            return None
        content = None if body is None else _bytes(body, key)
        if content is not None:
            return content
        missing.append(f"{kind} {cluster.namespace}/{name} {'does not exist' if body is None else f'has no key {key}'}")
    return Unknown(" and ".join(missing)) if missing else None


def _object(cluster: StatefulSetCluster, kind: str, name: str) -> dict[str, Any] | None:
    """A ConfigMap or Secret; None when it does not exist. Raises Forbidden."""
    found = cluster.config_maps.get(name) if kind == "ConfigMap" else cluster.secret(name)
    return None if found is None else {**found, "kind": kind}


def _bytes(body: Mapping[str, Any], key: str) -> bytes | None:
    """What a ConfigMap or Secret has under a key."""
    coded = (body.get("binaryData") or {}) | ((body.get("data") or {}) if body["kind"] == "Secret" else {})
    if key in coded:
        return base64.b64decode(coded[key])
    text = text_data(body).get(key)
    return None if text is None else text.encode()


def _secret(cluster: StatefulSetCluster, name: str) -> Reading[dict[str, str]]:
    try:
        found = _object(cluster, "Secret", name)
        why = f"Secret {cluster.namespace}/{name} does not exist"
    except Forbidden as error:
        found, why = None, error.message
    if found is None:
        return Unknown(
            f"kraft_controller_secret could not be read: {why}; create it with the keys username and password"
        )
    return text_data(found)
