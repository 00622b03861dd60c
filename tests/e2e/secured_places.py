# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secured clusters in which things are planted for one test, and a cluster that is badly secured itself."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import PVC, SECRET

from tests.e2e.fleet import Cluster, Outcome
from tests.e2e.places import SERVICE_ACCOUNT, Obj, Place, findings
from tests.sandbox import manifests
from tests.sandbox.account import SECRETS, grant, rules
from tests.sandbox.cluster import Sandbox
from tests.sandbox.fixtures import FixtureSpec, create, delete
from tests.sandbox.kube import Kube, pod_ready
from tests.sandbox.secured import helper, keeping, making
from tests.sandbox.secured.certificates import Identity
from tests.sandbox.secured.keeping import Material
from tests.sandbox.secured.vault import leaks

#: brokers and controllers log in at the controllers by it
CONTROLLERS_LOGIN = "controllers-login"
#: a good login to ZooKeeper, whatever becomes of the brokers' files
ZOOKEEPER_LOGIN = "zookeeper-login"
ODD = "odd"


@dataclass(frozen=True)
class SecuredPlace(Place):
    """A secured fixture cluster that many tests share; none of them leaves anything in it, and none shows a secret.

    :ivar material: its secrets as they were made.
    """

    material: Material

    def play(self, playbook: str, *arguments: str, **variables: Any) -> Outcome:
        """Run one of our playbooks; fails when a secret is in what it printed or returned."""
        done = super().play(playbook, *arguments, **variables)
        assert leaks(done.output + json.dumps(done.tasks), self.material.vault.canaries()) == []
        return done

    def found(self, code: str, **variables: Any) -> list[str]:
        """The sentences of a code that preflight stops with, among others."""
        with self.unchanged():
            done = self.play("preflight", **variables)
        assert done.status != 0, done.output
        assert done.changed == []
        listed = done.failure["detail"].get("findings") or []
        return [item["sentence"] for item in listed if item["code"] == code]

    def accepted(self, *codes: str, **variables: Any) -> Obj:
        """The findings of a preflight that goes through, once these codes are accepted."""
        with self.unchanged():
            done = self.play("preflight", kraft_accept=list(codes), **variables)
        assert done.status == 0, done.output
        return findings(done.result("SetupPreChecks"))

    def login(self, folder: str) -> dict[str, Any]:
        """What a session logs in by; files that it needs are in the folder."""
        made = self.material.certificates
        if made is None:
            user = {"username": "kafka", "password": self.material.vault["zookeeper"].encode()}
            return {"sasl_options": {"mechanism": "DIGEST-MD5", "service": "zookeeper", **user}}
        texts = {"certfile": made.brokers.certificate, "keyfile": made.brokers.key, "ca": made.authority.certificate}
        for name, text in texts.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        return {"use_ssl": True, **{name: str(Path(folder, name)) for name in texts}}

    @contextmanager
    def secret(self, **texts: str) -> Iterator[str]:
        """A Secret; ``__`` in a key is a dot."""
        body = {
            "metadata": {"name": "planted"},
            "stringData": {key.replace("__", "."): each for key, each in texts.items()},
        }
        with self.planted(SECRET, body):
            yield "planted"

    @contextmanager
    def altered(self, name: str, change: Callable[[dict[str, str]], Mapping[str, str | bytes]]) -> Iterator[None]:
        """Another content of a Secret, made of the one that it has in base64."""
        before = self.client.get(SECRET, name, self.namespace)
        after = copy.deepcopy(before)
        after["data"] = {
            key: base64.b64encode(value).decode() if isinstance(value, bytes) else value
            for key, value in change(dict(before["data"])).items()
        }
        self._put(after)
        try:
            yield
        finally:
            self._put(before)

    def _put(self, body: Obj) -> None:
        body = copy.deepcopy(body)
        del body["metadata"]["resourceVersion"]
        self.client.replace(SECRET, body, self.namespace)


@contextmanager
def place_of(spec: FixtureSpec, folder: Path) -> Iterator[SecuredPlace]:
    """A secured cluster with its account, and a login for everybody who needs one."""
    sandbox = Sandbox()
    kube = sandbox.kube
    client = connect({})
    try:
        delete(spec, kube=kube)
        sandbox.ensure_image(spec.flavour, spec.kafka_version)
        fixture = create(spec, kube=kube)
        material = keeping.of(kube, spec)
        for name, texts in logins(material).items():
            kube.apply(opaque(spec.namespace, name, texts))
        allowed = [*rules([spec.name, ODD]), SECRETS]
        token = grant(kube, spec.namespace, SERVICE_ACCOUNT, allowed)
        variables = {"kraft_controller_secret": CONTROLLERS_LOGIN} if spec.secured == "sasl" else {}
        yield SecuredPlace(Cluster(fixture, token, folder, variables), client, material)
    finally:
        client.close()
        delete(spec, kube=kube)
        kube.close()


def logins(material: Material) -> dict[str, dict[str, str]]:
    """Texts of the Secrets that playbooks are given, by name."""
    made, vault = material.certificates, material.vault
    if made is None:
        return {
            CONTROLLERS_LOGIN: {"username": "kraft", "password": vault["admin"]},
            ZOOKEEPER_LOGIN: {"username": "kafka", "password": vault["zookeeper"]},
        }
    return {ZOOKEEPER_LOGIN: certificate_login(made.brokers, made.authority)}


def certificate_login(identity: Identity, authority: Identity) -> dict[str, str]:
    """Texts of a Secret of kraft_zookeeper_secret."""
    return {"tls.crt": identity.certificate, "tls.key": identity.key, "ca.crt": authority.certificate}


def opaque(namespace: str, name: str, texts: Mapping[str, str]) -> Obj:
    """A Secret."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": dict(texts)}


# a cluster that is bad input itself


def odd_spec(place: SecuredPlace) -> FixtureSpec:
    """Two StatefulSets with one broker each, which log in at each other by their JAAS file."""
    return FixtureSpec(
        name=ODD,
        namespace=place.namespace,
        secured="sasl",
        inter_broker="PLAIN",
        dynamic_login=True,
        statefulsets=2,
        brokers=2,
        topics=0,
        chroot=f"/{ODD}",
        jolokia=False,
        pdb=False,
        dns_ttl=1,
    )


def odd_objects(spec: FixtureSpec, material: Material) -> list[Obj]:
    """An authorizer of a vendor, no password.encoder.secret, a super user of one broker only, and brokers that are none and have no ACL."""
    made = [item for item in manifests.cluster(spec, material) if item["metadata"]["name"].startswith(ODD)]
    kept = [item for item in made if item["metadata"]["name"] not in (f"{ODD}-clients", keeping.secret_name(ODD))]
    (config,) = (item for item in kept if item["kind"] == "ConfigMap")
    lines = [
        each for each in config["data"]["server.properties"].splitlines() if not each.startswith("password.encoder")
    ]
    text = "\n".join(lines).replace("kafka.security.authorizer.AclAuthorizer", "kafkaops.sandbox.VendorAuthorizer")
    other = copy.deepcopy(config)
    other["metadata"]["name"] = f"{ODD}-b-config"
    for item, users in ((config, "User:admin"), (other, "User:admin;User:ops")):
        item["data"]["server.properties"] = text.replace("super.users=User:broker;User:admin", f"super.users={users}")
    for item in kept:
        if item["kind"] == "StatefulSet":
            pod = item["spec"]["template"]["spec"]
            pod["terminationGracePeriodSeconds"] = 5
            helper.with_helper({"spec": pod})
            pod["containers"][0]["env"].append({"name": "CLASSPATH", "value": f"{helper.JAR_FOLDER}/{helper.JAR}"})
            if item["metadata"]["name"] == f"{ODD}-b":
                next(each for each in pod["volumes"] if each["name"] == "config")["configMap"]["name"] = (
                    f"{ODD}-b-config"
                )
    return [*kept, other]


@contextmanager
def odd_cluster(place: SecuredPlace) -> Iterator[FixtureSpec]:
    """It beside the other one, on the same ZooKeeper. Its dynamic settings are encrypted by a secret that no broker has."""
    kube, spec = place.cluster.fixture.kube, odd_spec(place)
    material = replace(place.material, token=None)
    items = odd_objects(spec, material)
    foreign = replace(
        material, vault=replace(material.vault, values={**material.vault.values, "encoder": material.vault["wrong"]})
    )
    try:
        helper.call(kube, spec.namespace, "bootstrap", making.bootstrap(spec, foreign))
        _up(kube, spec, items)
        yield spec
    finally:
        _down(place, spec, items)


def _up(kube: Kube, spec: FixtureSpec, items: list[Obj]) -> None:
    for item in items:
        kube.apply(item)
    wanted = [f"{spec.namespace}/{pod}" for pod in spec.broker_ids]

    def missing(pods: Mapping[str, Obj]) -> str:
        return ", ".join(pod for pod in wanted if pod not in pods or not pod_ready(pods[pod]))

    kube.wait("Pod", spec.namespace, missing, seconds=180)


def _down(place: SecuredPlace, spec: FixtureSpec, items: list[Obj]) -> None:
    kube = place.cluster.fixture.kube
    for item in items:
        kube.delete(item["kind"], item["metadata"]["name"], spec.namespace)
    pods = [f"{spec.namespace}/{pod}" for pod in spec.broker_ids]
    kube.wait("Pod", spec.namespace, lambda seen: ", ".join(pod for pod in pods if pod in seen), seconds=60)
    for pod in spec.broker_ids:
        place.remove(PVC, f"data-{pod}")
    with place.zookeeper("") as zk:
        if zk.exists(spec.chroot):
            zk.delete(spec.chroot, recursive=True)
