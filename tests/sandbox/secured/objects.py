# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a secured fixture adds to the Kubernetes objects: Secrets, and where pods have them. Pure."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from . import certificates, settings
from .certificates import Certificates, Identity
from .keeping import Material, secret
from .principals import USERS

if TYPE_CHECKING:
    from ..fixtures import FixtureSpec

Object = dict[str, Any]

#: name of the Secret by which brokers and controllers log in at the controllers, where brokers use SCRAM between themselves
CONTROLLER_LOGIN = "kraft-login"


def clients_name(cluster: str) -> str:
    """Return the name of the Secret with a properties file for each user."""
    return f"{cluster}-clients"


def tls_name(cluster: str) -> str:
    """Return the name of the Secret with the brokers' certificate."""
    return f"{cluster}-tls"


def secrets(spec: FixtureSpec, material: Material) -> list[Object]:
    """Return the Secrets of the cluster, the one for tests included."""
    found = [
        secret(spec, material),
        _secret(spec, clients_name(spec.name), client_files(material)),
    ]
    vault, made = material.vault, material.certificates
    lines = "".join(f"{key}={value}\n" for key, value in settings.zookeeper(spec, vault).items())
    if made is None:
        found.append(_secret(spec, f"{spec.name}-jaas", {settings.JAAS_FILE: settings.broker_jaas(vault)}))
        files = {"zookeeper.properties": lines, "jaas.conf": settings.zookeeper_jaas(vault)}
        return [*found, _secret(spec, "zookeeper-secured", files)]
    found.append(broker_certificate(spec, material, made.brokers))
    stores = _stores(made.zookeeper, made.authority, vault["keystore"])
    return [*found, _secret(spec, "zookeeper-secured", {"zookeeper.properties": lines}, stores)]


def controller_login(namespace: str, password: str) -> Object:
    """Return the Secret CONTROLLER_LOGIN, which kraft_controller_secret names."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": CONTROLLER_LOGIN, "namespace": namespace},
        "stringData": {"username": "kraft", "password": password},
    }


def client_files(material: Material) -> dict[str, str]:
    """Return USER.properties for each user that may be a client."""
    return {f"{user}.properties": settings.text(settings.client(user, material)) for user in USERS[1:]}


def broker_certificate(spec: FixtureSpec, material: Material, identity: Identity) -> Object:
    """Return the Secret with the brokers' certificate, with the files that cert-manager would put there."""
    made: Certificates | None = material.certificates
    assert made is not None, "only a cluster with TLS has certificates"
    files = {
        "tls.crt": identity.certificate + made.authority.certificate,
        "tls.key": identity.key,
        "ca.crt": made.authority.certificate,
        "tls-combined.pem": identity.key + identity.certificate + made.authority.certificate,
    }
    stores = _stores(identity, made.authority, material.vault["keystore"])
    stores[settings.STORE_FILE] = certificates.pkcs12(made.listener, made.second, material.vault["dynamic-store"])
    return _secret(spec, tls_name(spec.name), files, stores)


def _stores(identity: Identity, authority: Identity, password: str) -> dict[str, bytes]:
    return {
        "keystore.p12": certificates.pkcs12(identity, authority, password),
        "truststore.p12": certificates.truststore(authority, password),
    }


def _secret(spec: FixtureSpec, name: str, texts: dict[str, str], files: dict[str, bytes] | None = None) -> Object:
    body: Object = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": spec.namespace},
        "stringData": texts,
    }
    if files:
        body["data"] = {key: base64.b64encode(value).decode() for key, value in files.items()}
    return body


def secure_brokers(spec: FixtureSpec, pod: Object) -> None:
    """Give the brokers' pod its JAAS file or its certificates."""
    tls = spec.secured == "tls"
    name, folder = (tls_name(spec.name), settings.TLS_FOLDER) if tls else (f"{spec.name}-jaas", settings.JAAS_FOLDER)
    container = pod["containers"][0]
    _mount(pod, container, "security", name, folder)
    if options := settings.jvm_options(spec):
        _add_option(container, options)


def secure_zookeeper(spec: FixtureSpec, pod: Object) -> None:
    """Give the ZooKeeper servers' pod its JAAS file or its certificates, and the settings that go with them."""
    container = pod["containers"][0]
    _mount(pod, container, "security", "zookeeper-secured", settings.ZOOKEEPER_FOLDER)
    if spec.secured == "sasl":
        _add_option(container, f"-Djava.security.auth.login.config={settings.ZOOKEEPER_FOLDER}/jaas.conf")
    port = settings.zookeeper_port(spec)
    container["ports"] = [{"name": "client", "containerPort": port}]
    container["readinessProbe"]["tcpSocket"]["port"] = port


def hidden_variables(spec: FixtureSpec, found: dict[str, str]) -> tuple[dict[str, str], list[Object]]:
    """Split variables of the container: those that anybody may see, and references to Secret NAME-settings for the others.

    The names of the variables tell: KAFKA_..._PASSWORD, _SECRET, _JAAS_CONFIG, _SECRET_KEY.
    """
    secret_names = [name for name in found if settings.is_secret(name.lower().replace("_", "."))]
    reference = [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": f"{spec.name}-settings", "key": name}}}
        for name in secret_names
    ]
    return {name: value for name, value in found.items() if name not in secret_names}, reference


def settings_secret(spec: FixtureSpec, found: dict[str, str]) -> Object:
    """Return Secret NAME-settings, which the references of ``hidden_variables`` lead to."""
    kept = hidden_variables(spec, found)[0]
    return _secret(spec, f"{spec.name}-settings", {name: found[name] for name in found if name not in kept})


def _mount(pod: Object, container: Object, volume: str, name: str, folder: str) -> None:
    container["volumeMounts"].append({"name": volume, "mountPath": folder, "readOnly": True})
    pod.setdefault("volumes", []).append({"name": volume, "secret": {"secretName": name}})


def _add_option(container: Object, option: str) -> None:
    for item in container["env"]:
        if item["name"] == "KAFKA_OPTS":
            item["value"] = f"{item['value']} {option}".strip()
            return
    container["env"].append({"name": "KAFKA_OPTS", "value": option})
