# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the files in a pod by which its process logs in and is trusted: key store, trust store, JAAS file.

Private to the collection. Nothing of them is kept but in memory, and no message holds anything of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TypeVar

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_properties import (
    ClientProperties,
    client_properties,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_security import (
    ClientSide,
    Security,
    Store,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.pod_files import read_files
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.tls_stores import (
    BadStore,
    NoLibrary,
    Opened,
    opened,
    trusted,
)

T = TypeVar("T")


def read_security(
    client: KubeClient,
    namespace: str,
    pod: str,
    container: str | None,
    side: ClientSide,
    names: tuple[str, ...] = (),
    *,
    pid: int = 1,
) -> Security:
    """Return what a connection to a listener needs, with what its pod's files say. Needs the permission pods/exec, where there are files.

    :param names: host names that the listener has inside the cluster.
    :param pid: of the process whose settings these are.
    :raises NotFound: when a file is not there, or cannot be read.
    :raises KraftError: when it cannot be told, or a library is missing; one sentence says which.
    """
    where = f"pod {namespace}/{pod}"
    trust, keys = _sure(side.trust_store(), where), _sure(side.key_store(), where)
    paths = [side.jaas_file, *(each.path for each in (trust, keys) if each is not None)]
    contents = read_files(client, namespace, pod, container, [each for each in paths if each], pid=pid)
    username, password = _sure(side.login(contents.get(side.jaas_file, b"").decode("utf-8", "replace")), where)
    authorities = _trusted(trust, contents, f"the trust store {_named(trust)} in {where}")
    own = _opened(keys, contents, f"the key store {_named(keys)} in {where}")
    if side.tls and not authorities:
        raise KraftError(f"the trust store of listener {side.listener} in {where} has no certificate")
    if bool(own.certificates) != bool(own.key):
        raise KraftError(f"the key store of listener {side.listener} in {where} has no certificate with its key")
    return Security(
        protocol=side.protocol,
        mechanism=side.mechanism,
        username=username,
        password=password,
        ca=authorities,
        certificate=own.certificates,
        key=own.key,
        key_password=own.password,
        names=names,
        check_names=side.check_names,
    )


def read_properties(
    client: KubeClient, namespace: str, pod: str, container: str | None, side: ClientSide, *, pid: int = 1
) -> ClientProperties:
    """Return the client properties by which a tool in a pod reaches a listener, as its process does.

    :raises KraftError: when they cannot be told; one sentence says why. Errors also as :func:`read_files`.
    """
    files = read_files(client, namespace, pod, container, [side.jaas_file] if side.jaas_file else [], pid=pid)
    found = client_properties(side, files.get(side.jaas_file, b"").decode("utf-8", "replace"))
    return _sure(found, f"pod {namespace}/{pod}")


def _sure(reading: Reading[T], where: str) -> T:
    if isinstance(reading, Unknown):
        raise KraftError(f"{reading.why} ({where})")
    return reading


def _named(store: Store | None) -> str:
    return (store.path or "among the settings") if store is not None else ""


def _opened(store: Store | None, contents: Mapping[str, bytes], what: str) -> Opened:
    """Return what is in a key store; nothing where there is none."""
    if store is None:
        return Opened()
    with _told(what):
        return opened(_content(store, contents), store.password, what, key_password=store.key_password, kind=store.kind)


def _trusted(store: Store | None, contents: Mapping[str, bytes], what: str) -> str:
    """Return the certificates of a trust store; nothing where there is none."""
    if store is None:
        return ""
    with _told(what):
        return trusted(_content(store, contents), store.password, what, kind=store.kind)


def _content(store: Store, contents: Mapping[str, bytes]) -> bytes:
    return contents[store.path] if store.path else store.text.encode()


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    """Turn what is wrong with a store into an error of this collection."""
    try:
        yield
    except BadStore as error:
        raise KraftError(f"{what} {error}") from None
    except NoLibrary as error:
        raise KraftError(str(error)) from None
