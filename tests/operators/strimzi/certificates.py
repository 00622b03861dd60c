# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster's authority and the certificates that it signs, by the library ``cryptography`` (tests/requirements-sandbox.txt).

Elliptic curve keys: they are made in a moment. In PEM, as the Secrets have them.
"""

from __future__ import annotations

import base64
import datetime
import secrets
from collections.abc import Iterable, Mapping, Sequence

from tests.sandbox.secured.certificates import Identity, pkcs12, signed, truststore

#: days, as Strimzi has it
VALIDITY = 365
DOMAIN = "cluster.local"


def _suffixes(service: str, namespace: str) -> list[str]:
    return [service, f"{service}.{namespace}", f"{service}.{namespace}.svc", f"{service}.{namespace}.svc.{DOMAIN}"]


def kafka_names(cluster: str, namespace: str, pod: str) -> list[str]:
    """Return the DNS names of the certificate of a broker or controller."""
    names = [*_suffixes(f"{cluster}-kafka-bootstrap", namespace), *_suffixes(f"{cluster}-kafka-brokers", namespace)]
    return [*names, *_suffixes(f"{pod}.{cluster}-kafka-brokers", namespace)]


def zookeeper_names(cluster: str, namespace: str, pod: str) -> list[str]:
    """Return the DNS names of the certificate of a ZooKeeper server."""
    names = [*_suffixes(f"{cluster}-zookeeper-client", namespace), *_suffixes(f"{cluster}-zookeeper-nodes", namespace)]
    return [*names, *_suffixes(f"{pod}.{cluster}-zookeeper-nodes", namespace)]


def issue(name: str, authority: Identity | None = None, names: Iterable[str] = (), *, days: int = VALIDITY) -> Identity:
    """Return a new key with its certificate (O=io.strimzi, CN=NAME); without an authority it is one that signs itself."""
    # Java prints it from its end: CN=kafka-kafka,O=io.strimzi
    subject = (("ORGANIZATION_NAME", "io.strimzi"), ("COMMON_NAME", name))
    now = datetime.datetime.now(datetime.UTC)
    # a clock that is a little behind must not refuse it
    start, end = now - datetime.timedelta(days=1), now + datetime.timedelta(days=days)
    return signed(subject, authority, list(dict.fromkeys(names)), start=start, end=end)


# -- what the Secrets hold --------------------------------------------------------------------------------------------------------


def _encoded(values: Mapping[str, str | bytes]) -> dict[str, str]:
    return {k: base64.b64encode(v if isinstance(v, bytes) else v.encode()).decode() for k, v in values.items()}


def decoded(secret: Mapping[str, object], key: str) -> str:
    """Return a value of a Secret as text."""
    data = secret.get("data")
    return base64.b64decode(str(data[key])).decode() if isinstance(data, dict) else ""


def authority_data(identity: Identity) -> tuple[dict[str, str], dict[str, str]]:
    """Return the data of the Secrets with the authority's certificate and with its key."""
    password = secrets.token_hex(8)
    public: dict[str, str | bytes] = {
        "ca.crt": identity.certificate,
        "ca.p12": truststore(identity, password, "ca.crt"),
        "ca.password": password,
    }
    return _encoded(public), _encoded({"ca.key": identity.key})


def identity_data(name: str, identity: Identity, authority: Identity) -> dict[str, str]:
    """Return the data of a Secret with one certificate, its key, and both in a store."""
    password = secrets.token_hex(8)
    return _encoded({
        f"{name}.crt": identity.certificate,
        f"{name}.key": identity.key,
        f"{name}.p12": pkcs12(identity, authority, password),
        f"{name}.password": password,
    })  # fmt: skip


def nodes_data(
    authority: Identity, name: str, pods: Mapping[str, Sequence[str]], there: Mapping[str, str]
) -> dict[str, str]:
    """Return the data of a Secret with one certificate for each pod; those that are there already stay.

    name: CN of all of them. pods: pod -> DNS names. there: the data that the Secret has.
    """
    found: dict[str, str] = {}
    for pod, names in pods.items():
        if f"{pod}.crt" in there:
            found |= {key: there[key] for key in (f"{pod}.crt", f"{pod}.key")}
            continue
        made = issue(name, authority, names)
        found |= _encoded({f"{pod}.crt": made.certificate, f"{pod}.key": made.key})
    return found
