# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a secured fixture: what ZooKeeper has to have before the first broker, and users, ACLs, quotas, topics and a token afterwards."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..clients import bootstrap_of
from ..config import SandboxError
from ..kube import Kube
from . import certificates, helper, keeping, objects, principals, settings
from .keeping import Material, Token
from .principals import ITERATIONS, USERS, Acl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..fixtures import FixtureSpec


def material(kube: Kube, spec: FixtureSpec) -> Material:
    """Return the secrets that the cluster has, or new ones. Raises SandboxError when it has another kind of security."""
    found = keeping.read(kube, spec.namespace, spec.name)
    if found is None:
        return keeping.fresh(spec)
    if found[0] != spec.secured:
        raise SandboxError(
            f"cluster {spec.name} in namespace {spec.namespace} is there with secured {found[0]!r}: delete it first"
        )
    return found[1]


def before_brokers(kube: Kube, spec: FixtureSpec, made: Material) -> None:
    """Start the helper's pod and write to ZooKeeper what brokers log in with, by Kafka's own tool. ZooKeeper has to be there."""
    helper.bring(kube, spec.namespace, version=spec.kafka_version, image_name=spec.image_of("file"))
    # without a token it is not finished: kafka-configs refuses to write for brokers that run
    if spec.secured == "sasl" and made.token is None:
        helper.call(kube, spec.namespace, "bootstrap", bootstrap(spec, made))


def bootstrap(spec: FixtureSpec, made: Material) -> dict[str, Any]:
    """Return what the helper writes to ZooKeeper: the credentials of the brokers and of who makes all others, and encrypted settings."""
    vault = made.vault
    scram = [
        {
            "type": "users",
            "name": user,
            "values": {settings.SCRAM: f"iterations={ITERATIONS},password={vault[user]}"},
        }
        for user in ("broker", "admin")
    ]
    secret = {
        **settings.dynamic(spec, vault),
        **settings.encoder(vault),
    }
    return {
        **_zookeeper(spec, made),
        "configs": scram
        + [{"type": "brokers", "name": str(each), "values": secret} for each in spec.broker_ids.values()],
    }


def _zookeeper(spec: FixtureSpec, made: Material) -> dict[str, Any]:
    servers, _slash, path = spec.zookeeper_connect.partition("/")
    return {"servers": servers, "chroot": f"/{path}", "jaas": settings.zookeeper_client_jaas(made.vault)}


def znodes(kube: Kube, spec: FixtureSpec, paths: Sequence[str]) -> dict[str, str]:
    """Return the data of znodes below the chroot, read by a session that logs in by DIGEST-MD5. Raises SandboxError when one cannot be read."""
    todo = _zookeeper(spec, keeping.of(kube, spec)) | {"paths": list(paths)}
    found: dict[str, str] = json.loads(helper.call(kube, spec.namespace, "znodes", todo)[-1])
    return found


def change_acls(kube: Kube, spec: FixtureSpec, acls: Sequence[Acl], *, remove: bool = False) -> None:
    """Make ACLs, or take them away, as the user ``admin``. Raises SandboxError."""
    admin = {
        **settings.client("admin", keeping.of(kube, spec)),
        "bootstrap.servers": bootstrap_of(spec.name, spec.namespace),
    }
    todo = {"admin": admin, "acls": [asdict(acl) for acl in acls], "remove": remove}
    helper.call(kube, spec.namespace, "acls", todo)


def after_brokers(kube: Kube, spec: FixtureSpec, made: Material) -> Material:
    """Make everything else and keep the delegation token; returns the secrets with it. Raises SandboxError."""
    admin = {**settings.client("admin", made), "bootstrap.servers": bootstrap_of(spec.name, spec.namespace)}
    todo = principals.preparation()
    todo["topics"] = [principals.topic_line(line, spec.brokers) for line in todo["topics"]]
    users = [user for user in USERS if spec.secured == "tls" or user not in ("broker", "admin")]
    todo |= {
        "admin": admin,
        "iterations": ITERATIONS,
        "users": {user: made.vault[user] for user in users},
        # with SASL they are there already, as brokers that log in by them would want
        "dynamic": dict.fromkeys(map(str, spec.broker_ids.values()), settings.dynamic(spec, made.vault))
        if spec.secured == "tls"
        else {},
        "owner": {**settings.client("app", made), "bootstrap.servers": bootstrap_of(spec.name, spec.namespace)},
    }
    lines = helper.call(kube, spec.namespace, "prepare", todo)
    words = next((line.split() for line in lines if line.startswith("token ")), [])
    if len(words) != 3:
        raise SandboxError(f"the helper in {spec.namespace} made no delegation token")
    kept = made if made.token else made.with_token(Token(words[1], words[2]))
    kube.apply(keeping.secret(spec, kept))
    return kept


def create_topics(kube: Kube, namespace: str, cluster: str, lines: Sequence[str]) -> None:
    """Create topics that are not there yet as the user ``admin``. Raises SandboxError."""
    found = keeping.read(kube, namespace, cluster)
    if found is None:
        raise SandboxError(f"cluster {cluster} in namespace {namespace} is not a secured fixture")
    admin = {**settings.client("admin", found[1]), "bootstrap.servers": bootstrap_of(cluster, namespace)}
    helper.call(kube, namespace, "topics", {"admin": admin, "topics": list(lines)})


def replace_certificate(kube: Kube, spec: FixtureSpec, *, days: int, controllers: str) -> None:
    """Put another certificate into the brokers' Secret; brokers that run keep theirs until they are restarted.

    days: that it is still valid, below 0: since when it is not. controllers: see certificates.broker_names. The key becomes a canary as well.
    """
    made = keeping.of(kube, spec)
    if made.certificates is None:
        raise SandboxError(f"cluster {spec.name} in namespace {spec.namespace} has no certificates")
    new = certificates.brokers(
        made.certificates.authority, spec.name, spec.namespace, controllers=controllers, days=days
    )
    kube.apply(objects.broker_certificate(spec, made, new))
    kube.apply(keeping.secret(spec, made.with_certificate(new)))
