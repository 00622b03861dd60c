# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The secrets of a secured fixture are kept in one Secret of its namespace, so that whoever comes later can log in, and search for them."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..config import SandboxError
from ..kube import Kube, Object
from . import certificates
from .certificates import Certificates, Identity
from .principals import USERS
from .vault import Vault, line_of_key

if TYPE_CHECKING:
    from ..fixtures import FixtureSpec

_KEY = "material.json"
#: label with the name of the cluster
LABEL = "sandbox-secured"


@dataclass(frozen=True)
class Token:
    """A delegation token; the HMAC is its password."""

    identity: str
    hmac: str


@dataclass(frozen=True)
class Material:
    """What was made for one cluster. token: None until Kafka has made it."""

    vault: Vault
    certificates: Certificates | None = None
    token: Token | None = None

    def with_token(self, token: Token) -> Material:
        """Return the same with a delegation token, whose HMAC becomes one of the canaries."""
        return replace(self, token=token, vault=replace(self.vault, found=(*self.vault.found, token.hmac)))

    def with_certificate(self, brokers: Identity) -> Material:
        """Return the same with another certificate of the brokers, whose key becomes one of the canaries."""
        made = self.certificates and replace(self.certificates, brokers=brokers)
        vault = replace(self.vault, found=(*self.vault.found, line_of_key(brokers.key)))
        return replace(self, certificates=made, vault=vault)


def secret_name(cluster: str) -> str:
    """Return the name of the Secret."""
    return f"{cluster}-secured-fixture"


def fresh(spec: FixtureSpec) -> Material:
    """Make all secrets of a cluster. Raises SandboxError when certificates cannot be made."""
    vault = Vault.fresh()
    if spec.secured != "tls":
        return Material(vault)
    # A broker with an expired certificate never starts: the cluster starts with a good one, see fixtures.create.
    days = spec.certificate_days if spec.certificate_days > 0 else 365
    made = certificates.make(spec.name, spec.namespace, controllers=spec.controller_names, people=USERS[1:], days=days)
    keys = [made.brokers, made.listener, made.zookeeper, made.authority, made.second, *made.people.values()]
    return Material(replace(vault, found=tuple(line_of_key(each.key) for each in keys)), made)


def secret(spec: FixtureSpec, material: Material) -> Object:
    """Return the Secret that keeps it."""
    data = {
        "secured": spec.secured,
        "values": dict(material.vault.values),
        "found": list(material.vault.found),
        "certificates": material.certificates and material.certificates.as_dict(),
        "token": material.token and [material.token.identity, material.token.hmac],
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": secret_name(spec.name), "namespace": spec.namespace, "labels": {LABEL: spec.name}},
        "stringData": {_KEY: json.dumps(data)},
    }


def read(kube: Kube, namespace: str, cluster: str) -> tuple[str, Material] | None:
    """Return the kind of security and the secrets of a cluster; None when it is not secured (or not there)."""
    found = kube.get("Secret", secret_name(cluster), namespace)
    if found is None:
        return None
    data = json.loads(base64.b64decode(found["data"][_KEY]))
    made = data["certificates"] and Certificates.of(data["certificates"])
    token = data["token"] and Token(*data["token"])
    return data["secured"], Material(Vault(data["values"], tuple(data["found"])), made or None, token or None)


def cluster_in(kube: Kube, namespace: str) -> str:
    """Return the name of the secured cluster in a namespace, empty when there is none."""
    found = kube.list("Secret", namespace, labels=LABEL)
    return str(found[0]["metadata"]["labels"][LABEL]) if found else ""


def of(kube: Kube, spec: FixtureSpec) -> Material:
    """Return the secrets of a cluster. Raises SandboxError when there are none, or it is secured in another way."""
    found = read(kube, spec.namespace, spec.name)
    if found is None or found[0] != spec.secured:
        what = f"secured with {found[0]}" if found else "not a secured fixture, or not there"
        raise SandboxError(
            f"cluster {spec.name} in namespace {spec.namespace} is {what}, asked for was {spec.secured or 'none of sasl, tls'}"
        )
    return found[1]


def canaries(kube: Kube, spec: FixtureSpec) -> list[str]:
    """Return the strings that no output, log, journal or report may contain. Raises SandboxError when the cluster is not secured."""
    return of(kube, spec).vault.canaries()
