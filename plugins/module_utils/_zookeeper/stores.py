# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Trust stores and key stores of a login to ZooKeeper as a TLS context. Private to the collection."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.zookeeper_login import (
    TLS_FAILED,
    Store,
    ZookeeperLogin,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime import tls_stores
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.certificates import read_pem
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, Refused
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.tls_stores import BadStore, NoLibrary, Opened


def context_of(login: ZookeeperLogin) -> ssl.SSLContext:
    """Return the context of a login; it trusts what Java would trust with the same stores.

    Names are not checked by it, see ``tls.py``.

    :raises Refused: zookeeper-tls, when a store cannot be used.
    :raises KraftError: when a library is missing.
    """
    if login.trust is None:
        context = tls_stores.client_context(None)
    else:
        with _told(login.trust):
            context = tls_stores.client_context(
                tls_stores.trusted(_content(login.trust), login.trust.password, login.trust.where)
            )
    if login.keys is not None:
        with _told(login.keys):
            tls_stores.load_keys(context, _opened(login.keys))
    return context


def subject_of(login: ZookeeperLogin) -> Reading[str]:
    """Return the subject of the client's certificate as ZooKeeper writes it into ACLs (RFC 2253); "" without a certificate."""
    if login.keys is None or not login.tls:
        return ""
    try:
        with _told(login.keys):
            found = read_pem(_opened(login.keys).certificates)
    except KraftError as error:
        return Unknown(error.message)
    return Unknown(f"{login.keys.where}: {found.why}") if isinstance(found, Unknown) else found.subject


def _opened(store: Store) -> Opened:
    return tls_stores.opened(_content(store), store.password, store.where)


def _content(store: Store) -> bytes:
    if store.content is None:
        raise BadStore("was not read")
    return store.content


@contextlib.contextmanager
def _told(store: Store) -> Iterator[None]:
    """Turn what is wrong with a store into errors of this collection."""
    try:
        yield
    except BadStore as error:
        more = ", and put it into the Secret of kraft_zookeeper_secret" if error.convertible else ""
        raise Refused(
            f"{store.where} cannot be used for the session with ZooKeeper: it {error}{more}", code=TLS_FAILED
        ) from error
    except NoLibrary as error:
        raise KraftError(str(error), code=TLS_FAILED) from error
