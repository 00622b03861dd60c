# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a cluster's security stops a migration, and what a person should know before it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.secret_names import is_password
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.security_znodes import ACL_FOLDERS
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import principals
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.providers import is_provided
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.security import ControllerSecurity
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.setting_rules import SettingFinding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import (
    AUTHORIZER,
    is_true,
    value_of,
)

_ENCODER = "password.encoder.secret"
_SUPER = principals.SUPER_USERS
_JAAS = re.compile(r"^listener\.name\..+\.sasl\.jaas\.config$")
_ALLOWED_WITHOUT = "allow.everyone.if.no.acl.found"


def listener_rules(effective: Mapping[str, str], security: ControllerSecurity) -> list[SettingFinding]:
    """Return what is to be known of the controllers' listener: that it is weaker than the brokers' own, on demand."""
    own = principals.inter_broker_protocol(effective)
    open_text = own.endswith("SSL") and not security.protocol.endswith("SSL")
    nobody = own != "PLAINTEXT" and security.protocol == "PLAINTEXT"
    if not (open_text or nobody):
        return []
    return [
        SettingFinding(
            "kraft_controller_security",
            "controller-listener-weaker",
            f"the controllers' listener {security.listener} is to use {security.protocol} ({security.reason}), but brokers "
            f"use {own} between themselves: metadata would travel {'in clear text' if open_text else 'without a login'}; leave the option "
            "at auto unless that is meant",
        )
    ]


def super_user_rules(
    effective: Mapping[str, str],
    security: ControllerSecurity,
    broker: str | None,
    by_certificate: str | None = None,
    more: Sequence[str] = (),
    allowed: Collection[str] | None = None,
) -> list[SettingFinding]:
    """Return what is wrong with ``super.users``: controllers have no ACLs before the copy, so they need their clients there.

    :param broker: principal of a broker at another broker, None when its certificate decides, or when it cannot be told.
    :param by_certificate: what the certificate makes of it, None when that is not known. It is never added: whether it can be read depends
        on the machine that the playbook runs on, and settings must not.
    :param more: ``kraft_super_users``.
    :param allowed: principals that may do ClusterAction without being super users, None when nobody could tell.
    """
    found = [
        SettingFinding(
            where,
            "super-user-without-type",
            f"{where} has {name or 'an empty name'}, which is no principal: write it as User:{_name_in(name)}",
        )
        for where, names in (
            (_SUPER, principals.without_type(principals.super_users(effective))),
            # what brokers run with does no harm while it has a type; what somebody has just written is a mistake
            ("kraft_super_users", principals.incomplete(more)),
        )
        for name in names
    ]
    if not value_of(effective, AUTHORIZER):
        return found
    have = {*principals.super_users(effective), *more}
    if any(map(is_provided, have)):
        # whoever is among those, nobody is missing for certain
        allowed = None
    for who, name in (("brokers", broker), ("clients of the controllers' listener", security.principal)):
        if name is None and by_certificate is not None:
            found += _by_certificate(by_certificate, have)
        else:
            found += _super_user(effective, who, name, have, allowed)
    return list(dict.fromkeys(found))


def _name_in(text: str) -> str:
    """The name in what is no principal, or a word that stands for one."""
    kind, colon, name = text.partition(":")
    return (name if colon else kind).strip() or "NAME"


def _by_certificate(name: str, have: Collection[str]) -> Iterable[SettingFinding]:
    if name not in have and any(map(is_provided, have)):
        yield SettingFinding(
            _SUPER,
            "super-user-unknown",
            f"the brokers' certificate makes them {name}, and a config provider fills in {_SUPER} only when Kafka starts: make sure that it has "
            "that name, or add it to kraft_super_users",
        )
    elif name not in have:
        yield SettingFinding(
            _SUPER,
            "super-user-missing",
            f"the brokers' certificate makes them {name}, which {_SUPER} does not have, and controllers have no ACLs before the copy: add it "
            "to kraft_super_users",
        )


def _super_user(
    effective: Mapping[str, str], who: str, name: str | None, have: Collection[str], allowed: Collection[str] | None
) -> Iterable[SettingFinding]:
    # controllers have no ACLs before the copy, and all of them after it; brokers have theirs all the time
    by_acl = allowed is not None and name in allowed and who == "brokers"
    without = is_true(effective, _ALLOWED_WITHOUT) and (allowed is None or name in allowed)
    if name in have or (name == principals.ANONYMOUS and (by_acl or without)):
        return
    if name is None:
        yield SettingFinding(
            _SUPER,
            "super-user-unknown",
            f"the principal of the {who} could not be told from settings, JAAS file and certificate: make sure that {_SUPER} has it, or "
            "name it in kraft_super_users",
        )
    elif name == principals.ANONYMOUS and any(map(is_provided, have)):
        yield SettingFinding(
            _SUPER,
            "super-user-unknown",
            f"the {who} are {name}, which is never added, and a config provider fills in {_SUPER} only when Kafka starts: make sure that it has "
            "that name, or choose another kraft_controller_security",
        )
    elif name == principals.ANONYMOUS:
        yield SettingFinding(
            _SUPER,
            "super-user-missing",
            f"the {who} are {name}, which {_SUPER} does not have and which is never added, since anybody is it on such a listener: choose "
            "another kraft_controller_security, or add it yourself if that is meant",
        )
    elif allowed is not None and who == "brokers" and not by_acl:
        yield SettingFinding(
            _SUPER,
            "super-user-missing",
            f"the brokers are {name}, which neither {_SUPER} nor an ACL for ClusterAction has: add it to {_SUPER} of the brokers and "
            "restart them",
        )
    else:
        yield SettingFinding(
            _SUPER,
            "super-user-added",
            f"{name} (the {who}) becomes a super user of brokers and controllers, since controllers have no ACLs before the copy; a rollback "
            "takes it away again",
        )


def one_sided_super_users(
    running: Mapping[str, Mapping[str, str]],
    ours: Collection[str | None],
    unread: Mapping[str, str] = MappingProxyType({}),
) -> list[SettingFinding]:
    """Return the super users of some brokers only, and those brokers of which nobody knows: controllers check again what brokers forward to them.

    :param running: settings by pod.
    :param ours: principals that the migration adds, which a broker has after its restart.
    :param unread: pods whose settings could not be read, each with the reason.
    """
    found = [
        SettingFinding(
            _SUPER,
            "super-user-unknown",
            f"{_SUPER} of {pod} could not be read ({why}): controllers get those of the brokers that were read only; make it run, and run preflight again",
        )
        for pod, why in unread.items()
        if any(value_of(settings, AUTHORIZER) for settings in running.values())
    ]
    have = {pod: set(principals.super_users(settings)) for pod, settings in running.items()}
    for name in sorted(set().union(*have.values()) - set(ours)):
        with_it = [pod for pod in have if name in have[pod]]
        without = [pod for pod in have if name not in have[pod] and value_of(running[pod], AUTHORIZER)]
        if without:
            sentence = (
                f"{name} is a super user of {', '.join(with_it)} and not of {', '.join(without)}: controllers get those of all brokers, so that it "
                f"could do there what these brokers deny; give all brokers the same {_SUPER} and restart them, or name it in kraft_super_users"
            )
            found.append(SettingFinding(_SUPER, "super-user-missing", sentence))
    return found


def dynamic_rules(
    effective: Mapping[str, str],
    dynamic: Mapping[str, Mapping[str, str]],
    undecrypted: Collection[tuple[str, str]] = (),
) -> list[SettingFinding]:
    """Return what is to be known of secrets among the dynamic settings of brokers.

    :param dynamic: settings by broker id, and ``<default>``, as ZooKeeper has them; no value is ever shown.
    :param undecrypted: (broker id, key) of those that the brokers' secrets do not decrypt.
    """
    secret = [(broker, key) for broker in sorted(dynamic) for key in sorted(dynamic[broker]) if is_password(key)]
    if not secret:
        return []
    listed = ", ".join(dict.fromkeys(key for _broker, key in secret))
    found = _encoder_rules(effective, listed, [item for item in secret if item in undecrypted])
    found += [
        SettingFinding(
            f"{key} of broker {broker}",
            "dynamic-jaas",
            f"{key} is a dynamic setting of broker {broker}, which has no effect once it runs in KRaft mode (Kafka 3.9.2): those who log in "
            "by it could not any more; write it into the static settings, restart the brokers, and delete the dynamic one",
        )
        for broker, key in secret
        if _JAAS.match(key)
    ]
    found.append(
        SettingFinding(
            listed,
            "password-in-metadata-log",
            f"{listed}: dynamic settings that ZooKeeper has encrypted lie in clear text in the metadata log of brokers and controllers once "
            "they are copied; docs/secured.md says how to replace them by static settings, and how to rotate them",
        )
    )
    return found


def _encoder_rules(
    effective: Mapping[str, str], listed: str, undecrypted: Collection[tuple[str, str]]
) -> list[SettingFinding]:
    found = []
    if not value_of(effective, _ENCODER):
        found.append(
            SettingFinding(
                _ENCODER,
                "encoder-secret-missing",
                f"ZooKeeper has encrypted dynamic settings ({listed}), but the brokers have no {_ENCODER}, so that unusable text would be "
                "copied: set it to the secret that they were written with, or delete these settings with kafka-configs",
            )
        )
    return found + [
        SettingFinding(
            _ENCODER,
            "encoder-secret-missing",
            f"{_ENCODER} of the brokers does not decrypt {key} of broker {broker}, a dynamic setting that ZooKeeper has encrypted, so that it could "
            "not be copied: set it to the secret that it was written with, or delete the setting with kafka-configs",
        )
        for broker, key in undecrypted
    ]


def _znode(kind: str, pattern: str, name: str) -> str:
    return f"{ACL_FOLDERS.get(pattern.lower(), '')}/{kind}/{name}"


def acl_rules(acls: Iterable[tuple[str, str, str, str]]) -> list[SettingFinding]:
    """Return the ACLs that controllers cannot work with as they are meant.

    :param acls: (resource type, pattern type, resource name, principal), as ZooKeeper has them.
    """
    found = []
    for kind, pattern, name, principal in sorted(set(acls)):
        where = f"{kind} {name} ({pattern.lower()})"
        if pattern.upper() == "PREFIXED" and name == "*":
            sentence = (
                f"the ACL of {principal} on {where} looks like a wildcard, but a prefixed * only means names that begin with a star, and it "
                "stops the migration of some versions: delete it, and add it with the literal pattern if everything is meant"
            )
            found.append(SettingFinding(where, "wildcard-acl-invalid", sentence))
        if principals.without_type([principal]):
            sentence = (
                f"an ACL on {where} is for {principal or 'an empty name'}, which is no principal and stops the copy of all ACLs: take it out of "
                f"the znode {_znode(kind, pattern, name)}, since kafka-acls cannot, and add it for User:{_name_in(principal)}"
            )
            found.append(SettingFinding(where, "acl-principal-invalid", sentence))
    return found
