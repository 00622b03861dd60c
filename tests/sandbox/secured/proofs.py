# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs that security is in force: logins that work and that do not, a quota, what ACLs allow and deny. By real clients, seen from outside.

Call ``require`` before a migration, at each stop, afterwards, and after a rollback: the same has to hold everywhere.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..config import SandboxError
from ..console import say
from ..kube import Kube
from . import helper, keeping, settings
from .keeping import Material
from .principals import CLOSED, METERED, OPEN, UNNAMED

if TYPE_CHECKING:
    from ..fixtures import FixtureSpec

OK, THROTTLED = "ok", "throttled"
NO_LOGIN, NO_RIGHT, NO_CLUSTER_RIGHT = (
    "SaslAuthenticationException",
    "TopicAuthorizationException",
    "ClusterAuthorizationException",
)
PLAIN_PORT = next(each.port for each in settings.LISTENERS["sasl"] if each.name == "INTERNAL")
NO_HANDSHAKE = "SslAuthenticationException"


@dataclass(frozen=True)
class Proof:
    """One thing to try.

    attempt: "login" (at each broker), "write", "burst" (more than the quota), "read", "manage" (list all ACLs). expected: see Proofs.java.
    port: of the brokers' listener.
    """

    name: str
    attempt: str
    client: Mapping[str, str]
    expected: str
    topic: str = ""
    port: int = 9092


@dataclass(frozen=True)
class Seen:
    """What came of it."""

    name: str
    expected: str
    seen: str
    detail: str
    milliseconds: int

    @property
    def ok(self) -> bool:
        """Tell whether it is what has to be."""
        return self.seen == self.expected

    def __str__(self) -> str:
        return f"{self.name}: {self.expected} was expected, {self.seen} was seen{self.detail and f' ({self.detail[:200]})'}"


def proofs(spec: FixtureSpec, material: Material, *, kraft: bool = False) -> list[Proof]:
    """Return what has to hold for a cluster; ``kraft``: its brokers are in KRaft mode. Raises SandboxError when its delegation token is not known."""
    if material.token is None:
        raise SandboxError(
            f"cluster {spec.name} in namespace {spec.namespace} was never prepared: it has no delegation token"
        )
    passwords = {each.name: each.port for each in settings.LISTENERS[spec.secured]}
    port = passwords["PASSWORD" if spec.secured == "tls" else "CLIENT"]
    token, wrong = material.token, material.vault["wrong"]
    found = [
        Proof("a SCRAM user logs in", "login", settings.scram("app", material), OK, port=port),
        Proof("a wrong SCRAM password does not", "login", settings.scram("app", material, wrong), NO_LOGIN, port=port),
        Proof("an unknown SCRAM user does not", "login", settings.scram("nobody", material, wrong), NO_LOGIN, port=port),
        Proof("a delegation token logs in", "login",
              settings.scram(token.identity, material, token.hmac, tokenauth="true"), OK, port=port),
        Proof("a delegation token may do what its owner may", "read",
              settings.scram(token.identity, material, token.hmac, tokenauth="true"), OK, OPEN, port),
        Proof("a wrong delegation token does not", "login",
              settings.scram(token.identity, material, wrong, tokenauth="true"), NO_LOGIN, port=port),
    ]  # fmt: skip
    found += _rights(material)
    if spec.dynamic_login:
        seen = NO_LOGIN if kraft else OK
        found.append(
            Proof("a user of an encrypted dynamic setting logs in, but at no broker in KRaft mode", "login",
                  settings.plain("dynamic", material), seen, port=PLAIN_PORT)
        )  # fmt: skip
    return found + (_plain(material) if spec.secured == "sasl" else _certificates(material, port))


def _rights(material: Material) -> list[Proof]:
    """Return what ACLs and quotas say, on the listener CLIENT."""
    users = {user: settings.client(user, material) for user in ("admin", "app", "metered", "intruder")}
    return [
        Proof("the prefixed ACL lets write", "write", users["app"], OK, OPEN),
        Proof("the prefixed ACL lets read", "read", users["app"], OK, OPEN),
        Proof("the DENY on one of its topics forbids to write", "write", users["app"], NO_RIGHT, CLOSED),
        Proof("that DENY does not forbid to read", "read", users["app"], OK, CLOSED),
        Proof("a topic without any ACL is closed", "read", users["app"], NO_RIGHT, UNNAMED),
        Proof("somebody without a right may not write", "write", users["intruder"], NO_RIGHT, OPEN),
        Proof("somebody without a right may not read", "read", users["intruder"], NO_RIGHT, OPEN),
        Proof("somebody without a right may not list ACLs", "manage", users["intruder"], NO_CLUSTER_RIGHT),
        Proof("a super user may list ACLs", "manage", users["admin"], OK),
        Proof("a super user may read what no ACL names", "read", users["admin"], OK, UNNAMED),
        Proof("the quota slows its user", "burst", users["metered"], THROTTLED, METERED),
        Proof("who has no quota is not slowed", "burst", users["app"], OK, OPEN),
    ]


def _plain(material: Material) -> list[Proof]:
    wrong = settings.plain("legacy", material, material.vault["wrong"])
    return [
        Proof("a PLAIN user logs in", "login", settings.plain("legacy", material), OK, port=PLAIN_PORT),
        Proof("it reads what its ACL lets it", "read", settings.plain("legacy", material), OK, OPEN, PLAIN_PORT),
        Proof("a wrong PLAIN password does not", "login", wrong, NO_LOGIN, port=PLAIN_PORT),
    ]  # fmt: skip


def _certificates(material: Material, port: int) -> list[Proof]:
    made = material.certificates
    if made is None:
        return []
    return [
        Proof("a certificate logs in", "login", settings.mutual(made.people["app"], made.authority), OK),
        Proof("no certificate does not", "login", settings.mutual(None, made.authority), NO_HANDSHAKE),
        Proof("one of another authority does not, whatever name it has", "login",
              settings.mutual(made.stranger, made.authority), NO_HANDSHAKE),
        Proof("a listener has the certificate of its encrypted dynamic setting, not the static one", "login",
              settings.mutual(None, made.authority) | {"security.protocol": "SSL"}, NO_HANDSHAKE, port=port),
    ]  # fmt: skip


def prove(kube: Kube, spec: FixtureSpec, *, kraft: bool = False) -> list[Seen]:
    """Try all of it and return what was seen; ``kraft``: brokers are in KRaft mode. Raises SandboxError when the helper cannot run."""
    wanted = proofs(spec, keeping.of(kube, spec), kraft=kraft)
    todo = {"proofs": [_as_dict(spec, proof) for proof in wanted]}
    lines = helper.call(kube, spec.namespace, "prove", todo, seconds=180)
    found = {line["name"]: line for line in map(json.loads, lines)}
    missing = [proof.name for proof in wanted if proof.name not in found]
    if missing:
        raise SandboxError(f"the helper said nothing about: {'; '.join(missing)}")
    return [compare(proof, found[proof.name]) for proof in wanted]


def compare(proof: Proof, line: Mapping[str, Any]) -> Seen:
    """Return what was seen beside what was expected."""
    return Seen(proof.name, proof.expected, str(line["seen"]), str(line["detail"]), int(line["milliseconds"]))


def require(kube: Kube, spec: FixtureSpec, *, kraft: bool = False, seconds: float = 0.0) -> list[Seen]:
    """Try all of it, and raise SandboxError naming what does not hold.

    kraft: brokers are in KRaft mode (pure dual-write, FINALIZED).
    seconds: how long it may take until it holds, for a cluster that was just made: users and ACLs reach brokers one after the other. 0: it has
    to hold now.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = prove(kube, spec, kraft=kraft)
        wrong = [each for each in found if not each.ok]
        if not wrong:
            say(f"{spec.namespace}/{spec.name}: {len(found)} proofs of its security hold")
            return found
        if time.monotonic() > deadline:
            raise SandboxError(f"security of {spec.namespace}/{spec.name} is not in force: {_list(wrong)}")


def _list(wrong: Sequence[Seen]) -> str:
    return "; ".join(str(each) for each in wrong)


def _as_dict(spec: FixtureSpec, proof: Proof) -> dict[str, Any]:
    domain = f"{spec.name}.{spec.namespace}.svc.cluster.local"
    address = ",".join(f"{pod}.{domain}:{proof.port}" for pod in spec.broker_ids)
    return {
        "name": proof.name,
        "attempt": proof.attempt,
        "topic": proof.topic,
        "client": {**proof.client, "bootstrap.servers": address, "client.id": "proofs"},
    }
