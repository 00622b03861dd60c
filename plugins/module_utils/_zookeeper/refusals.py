# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ZooKeeper refuses, as errors. Private to the collection. ``where`` is "ZooKeeper at host:port (how it is reached)"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.zookeeper_login import (
    LOGIN_FAILED,
    TLS_FAILED,
    ZookeeperLogin,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    Forbidden,
    Unreachable,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.records import Operation
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.tls import tls_reason

kazoo_errors: Any
try:
    from kazoo import exceptions as kazoo_errors
except ImportError:
    # session.py says that it is missing
    kazoo_errors = None


def denied(address: str, login: ZookeeperLogin, what: str, path: str) -> Forbidden:
    """Return the error for a znode whose ACL does not let this session ``what`` it: "read" or "change"."""
    words = [f"as user {login.username!r} by {login.source}"] if login.username else []
    words += [f"with the certificate of {login.keys.where}"] if login.tls and login.keys is not None else []
    return Forbidden(
        f"ZooKeeper at {address} does not let this session {what} {path}: the znode has an ACL (zookeeper.set.acl=true), and the session "
        f"{'logs in ' + ' and '.join(words) if words else 'has no login'}; log in as the brokers do, see kraft_zookeeper_secret",
        code="zookeeper-acl",
    )


def login_refused(where: str, login: ZookeeperLogin) -> Forbidden:
    """Return the error for a login that is refused, or that is missing."""
    if not login.username:
        why = "lets in nobody without a login: give username and password in the Secret of kraft_zookeeper_secret"
    else:
        why = (
            f"refused the login of user {login.username!r}: correct the password in {login.source}, or the servers' own JAAS section (Server), "
            "which has to know that user"
        )
    return Forbidden(f"{where} {why}", code=LOGIN_FAILED)


def login_unanswered(where: str, login: ZookeeperLogin) -> Forbidden:
    """Return the error for a server that takes a connection and does not answer the login."""
    return Forbidden(
        f"{where} did not finish the login of user {login.username!r} by {login.source}: check that its servers have SASL (a section Server in their "
        "JAAS file), or give no login",
        code=LOGIN_FAILED,
    )


def tls_failed(where: str, login: ZookeeperLogin, problem: Exception) -> Unreachable:
    """Return the error for a session that TLS did not let begin."""
    return Unreachable(f"{where}: {tls_reason(problem, has_certificate=login.keys is not None)}", code=TLS_FAILED)


def tls_wanted(where: str) -> Unreachable:
    """Return the error for a port that speaks TLS only, and a session that does not."""
    return Unreachable(
        f"{where} wants TLS, which this session does not use: set zookeeper.ssl.client.enable and the trust store of the brokers, or give "
        "ca.crt in the Secret of kraft_zookeeper_secret",
        code=TLS_FAILED,
    )


def check_results(address: str, login: ZookeeperLogin, wanted: Sequence[Operation], results: Sequence[Any]) -> None:
    """Raise the error of a transaction that was answered, if it has one. Errors as in ``ZkSession.transact``."""
    for each, result in zip(wanted, results, strict=True):
        if isinstance(result, kazoo_errors.NoAuthError):
            raise denied(address, login, "change", each.path)
        # the operations after the one that failed report RuntimeInconsistency, those before it RolledBackError
        if isinstance(result, (kazoo_errors.BadVersionError, kazoo_errors.NoNodeError, kazoo_errors.NotEmptyError)):
            raise Conflict(
                f"ZooKeeper at {address}: {each.path} changed since it was read ({type(result).__name__}); nothing was changed",
                code="changed-by-others",
            )
    failed = next((result for result in results if isinstance(result, Exception)), None)
    if failed is not None:
        raise Unreachable(
            f"ZooKeeper at {address} refused a transaction: {type(failed).__name__}",
            code="zookeeper-unreachable",
        )
