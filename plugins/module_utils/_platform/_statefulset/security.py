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
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import (
    mounted_settings,
    settings_file,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.jvm_files import jvm_texts
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.marks import template_annotation
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import (
    container_of,
    file_source,
    text_data,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import jvm_options, principals
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import Properties
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.security import (
    ControllerSecurity,
    Credentials,
    Wanted,
    controller_security,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.security_in_force import (
    in_force,
    kept_rules,
    unread,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.setting_rules import SettingFinding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import AUTHORIZER, value_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown, known
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import acceptance
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError, Refused

_UNKNOWN = "controller-login-unknown"


def wanted(cluster: StatefulSetCluster) -> Wanted:
    """What the user's options say. Raises Refused when the Secret they name is not there, lacks a key (secret-missing), or may not be read."""
    params = cluster.params
    name, credentials = params["controller_secret"], None
    if name:
        texts = _secret(cluster, name)
        lacking = [key for key in ("username", "password") if not texts.get(key)]
        if lacking:
            raise Refused(
                f"Secret {cluster.namespace}/{name}, which kraft_controller_secret names, has no text under the key {' and none under '.join(lacking)}; "
                "it needs username and password",
                code="secret-missing",
            )
        credentials = Credentials(texts["username"], texts["password"])
    return Wanted(params["controller_security"], params["controller_sasl_mechanism"], credentials)


def of_controllers(cluster: StatefulSetCluster, effective: Mapping[str, str]) -> ControllerSecurity:
    """The security of the controllers' listener, for brokers with these settings: that of the controllers that are there, else what is wanted.

    Raises Unsupported, Refused (controller-login-unknown, acceptable: then what is wanted is taken).
    """
    there = _in_force(cluster)
    if isinstance(there, Unknown):
        if _UNKNOWN not in cluster.params["accept"]:
            raise Refused(unread(there, acceptance(f"{cluster.namespace}/{cluster.name}", _UNKNOWN)), code=_UNKNOWN)
        there = None
    return controller_security(effective, there or wanted(cluster), jaas_text(cluster, effective))


def kept(cluster: StatefulSetCluster, effective: Mapping[str, str]) -> list[SettingFinding]:
    """What of the options, Secrets and settings is not used, since there are controllers that were made with others."""
    there = _in_force(cluster)
    if not isinstance(there, Wanted):
        return []
    jaas = jaas_text(cluster, effective)
    asked, why = None, ""
    try:
        asked = controller_security(effective, wanted(cluster), jaas)
    except (KraftError, Unsupported) as error:
        why = error.message
    return kept_rules(controller_security(effective, there, jaas), asked, why)


def _in_force(cluster: StatefulSetCluster) -> Reading[Wanted] | None:
    """What the controllers were made with, as the object with their settings or a running one says it; None while they have no settings."""
    if cluster.controllers is None or template_annotation(cluster.controllers, names.STAGE) == "held":
        return None
    kind, name = mounted_settings(cluster.controllers["spec"]["template"])
    if not name:
        return None
    found = _object(cluster, kind, name)
    runs = (in_force(facts.settings) for facts in known(cluster.controller_facts).values())
    if isinstance(found, Unknown):
        return next((each for each in runs if each), found)
    return in_force(Properties.parse(settings_file(found)).as_dict()) or Unknown(
        f"{kind} {cluster.namespace}/{name} does not say how nodes log in"
    )


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


def super_users_of_all(cluster: StatefulSetCluster, security: ControllerSecurity) -> dict[str, str]:
    """``super.users`` of the controllers: those of every broker that was read, since whatever one of them forwards is checked there again.

    Where brokers differ the order is not that of any of them, so that it does not matter which was read first.
    """
    running = [facts.settings for facts in known(cluster.facts).values() if facts.settings]
    each = [super_users(cluster, settings, security) for settings in running]
    if all(one == each[0] for one in each):
        return each[0] if each else {}
    names = {name for one in each for name in principals.super_users(one)}
    return {principals.SUPER_USERS: ";".join(sorted(names))}


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


@dataclass(frozen=True)
class Mounted:
    """A file that a ConfigMap or Secret gives the brokers' pods; ``where`` names the object."""

    where: str
    content: bytes = field(repr=False)


class Denied(Unknown):
    """The account may not read it: whether it is there, nobody knows."""


def file_content(cluster: StatefulSetCluster, path: str) -> Reading[bytes]:
    """A file of the brokers' pods.

    Where the object that it should come from lacks it, running brokers may still have it, but one that is restarted would not.
    """
    found = mounted(cluster, path)
    if isinstance(found, Mounted):
        return found.content
    return cluster.broker_file(path) if found is None or isinstance(found, Denied) else found


def mounted(cluster: StatefulSetCluster, path: str) -> Reading[Mounted] | None:
    """A file as it is in the ConfigMap or Secret that is mounted there; None when none is."""
    template = cluster.statefulsets[0]["spec"]["template"]
    missing = []
    for kind, name, key in file_source(template, container_of(template, cluster.container), posixpath.normpath(path)):
        body = _object(cluster, kind, name)
        if isinstance(body, Denied):
            return body
        content = None if isinstance(body, Unknown) else _bytes(body, key)
        where = f"{kind} {cluster.namespace}/{name}"
        if content is not None:
            return Mounted(where, content)
        missing.append(body.why if isinstance(body, Unknown) else f"{where} has no key {key}")
    return Unknown(" and ".join(missing)) if missing else None


def _object(cluster: StatefulSetCluster, kind: str, name: str) -> Reading[dict[str, Any]]:
    if kind == "ConfigMap":
        found = cluster.config_maps.get(name)
    else:
        try:
            found = cluster.secret(name)
        except Forbidden as error:
            return Denied(error.message)
    return Unknown(f"{kind} {cluster.namespace}/{name} does not exist") if found is None else {**found, "kind": kind}


def _bytes(body: Mapping[str, Any], key: str) -> bytes | None:
    """What a ConfigMap or Secret has under a key."""
    coded = (body.get("binaryData") or {}) | ((body.get("data") or {}) if body["kind"] == "Secret" else {})
    if key in coded:
        return base64.b64decode(coded[key])
    text = text_data(body).get(key)
    return None if text is None else text.encode()


def _secret(cluster: StatefulSetCluster, name: str) -> dict[str, str]:
    found = _object(cluster, "Secret", name)
    if isinstance(found, Denied):
        raise Refused(f"kraft_controller_secret could not be read: {found.why}", code="permission-missing")
    if isinstance(found, Unknown):
        raise Refused(
            f"{found.why}, which kraft_controller_secret names; create it with the keys username and password, or correct the name",
            code="secret-missing",
        )
    # without the line end that ``echo`` leaves in many a Secret
    return {key: text.rstrip("\r\n") for key, text in text_data(found).items()}
