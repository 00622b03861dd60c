# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of brokers, ZooKeeper and clients in a secured fixture. Pure.

``sasl``: clients log in by SCRAM-SHA-512 (listener CLIENT, its JAAS text is a setting), old ones and tools by PLAIN (listener INTERNAL, its JAAS
text is in the mounted file). ``tls``: certificates on both sides (CLIENT with PEM files, REPLICATION with PKCS #12), and a listener PASSWORD with
SCRAM-SHA-512 over TLS, whose key store is a dynamic setting of each broker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..config import SandboxError
from .certificates import Identity
from .keeping import Material
from .principals import SUPER_USERS
from .vault import Vault

if TYPE_CHECKING:
    from ..fixtures import FixtureSpec

KINDS = ("", "sasl", "tls")
SCRAM, PLAIN = "SCRAM-SHA-512", "PLAIN"
INTER_BROKER = (SCRAM, PLAIN)
CONTROLLER_NAMES = ("wildcard", "names", "none")
#: where settings that this module makes can be
SURFACES = ("file", "secret", "own-variable", "confluent", "env-from")

JAAS_FOLDER, JAAS_FILE = "/etc/kafka-jaas", "kafka_server_jaas.conf"
TLS_FOLDER = "/etc/kafka-tls"
ZOOKEEPER_FOLDER = "/etc/zookeeper-secured"
_SCRAM_MODULE = "org.apache.kafka.common.security.scram.ScramLoginModule"
_PLAIN_MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule"
_DIGEST_MODULE = "org.apache.zookeeper.server.auth.DigestLoginModule"
#: dynamic settings of each broker, encrypted by password.encoder.secret
LEFTOVER_KEY = "listener.name.internal.ssl.keystore.password"
LOGIN_KEY = "listener.name.internal.plain.sasl.jaas.config"
STORE_KEY = "listener.name.password.ssl.keystore."
#: file of the listener PASSWORD, see ``dynamic``
STORE_FILE = "password.p12"
_MAPPING = (
    "RULE:^CN=[^,]+,OU=brokers,O=Example$/broker/,RULE:^CN=[^,]+,OU=controllers,O=Example$/controller/,"
    "RULE:^CN=([^,]+),OU=people,O=Example$/$1/,DEFAULT"
)


@dataclass(frozen=True)
class Listener:
    """One listener of the brokers."""

    name: str
    port: int
    protocol: str


LISTENERS = {
    "": (Listener("PLAINTEXT", 9092, "PLAINTEXT"),),
    "sasl": (Listener("CLIENT", 9092, "SASL_PLAINTEXT"), Listener("INTERNAL", 9091, "SASL_PLAINTEXT")),
    "tls": (Listener("CLIENT", 9092, "SSL"), Listener("REPLICATION", 9091, "SSL"), Listener("PASSWORD", 9094, "SASL_SSL")),
}  # fmt: skip


def check(spec: FixtureSpec) -> None:
    """Raise SandboxError for what cannot be combined."""
    for value, known, title in (
        (spec.secured, KINDS, "secured"),
        (spec.inter_broker, INTER_BROKER, "inter_broker"),
        (spec.controller_names, CONTROLLER_NAMES, "controller_names"),
    ):
        if value not in known:
            raise SandboxError(f"{title} {value!r} is none of {', '.join(each or 'empty' for each in known)}")
    if spec.secured and spec.surface not in SURFACES:
        raise SandboxError(f"secured clusters go with the surfaces {', '.join(SURFACES)} only, not with {spec.surface}")
    if spec.secured == "tls" and spec.flavour != "file":
        raise SandboxError("TLS goes with settings in a file only: zookeeper.clientCnxnSocket cannot be a variable")
    if spec.secured != "sasl" and (spec.inter_broker != SCRAM or spec.dynamic_login):
        raise SandboxError("inter_broker and dynamic_login go with secured 'sasl' only")
    if spec.secured != "tls" and (spec.controller_names != CONTROLLER_NAMES[0] or spec.certificate_days != 365):
        raise SandboxError("controller_names and certificate_days go with secured 'tls' only")


def advertised(spec: FixtureSpec) -> str:
    """Return advertised.listeners, with $HOSTNAME for the shell of the start command."""
    address = f"$HOSTNAME.{spec.name}.{spec.namespace}.svc.cluster.local"
    return ",".join(f"{each.name}://{address}:{each.port}" for each in LISTENERS[spec.secured])


def brokers(spec: FixtureSpec, material: Material) -> dict[str, str]:
    """Return the brokers' settings that make them secure."""
    listeners = LISTENERS[spec.secured]
    found = {
        "listeners": ",".join(f"{each.name}://:{each.port}" for each in listeners),
        "listener.security.protocol.map": ",".join(f"{each.name}:{each.protocol}" for each in listeners),
        "authorizer.class.name": "kafka.security.authorizer.AclAuthorizer",
        "super.users": SUPER_USERS,
        "allow.everyone.if.no.acl.found": "false",
        "zookeeper.set.acl": "true",
        "delegation.token.secret.key": material.vault["token-key"],
        **encoder(material.vault),
    }
    return found | (_sasl(spec, material.vault) if spec.secured == "sasl" else _tls(material.vault))


def _sasl(spec: FixtureSpec, vault: Vault) -> dict[str, str]:
    return {
        "inter.broker.listener.name": "CLIENT" if spec.inter_broker == SCRAM else "INTERNAL",
        "sasl.mechanism.inter.broker.protocol": spec.inter_broker,
        "sasl.enabled.mechanisms": f"{SCRAM},{PLAIN}",
        "listener.name.client.sasl.enabled.mechanisms": SCRAM,
        "listener.name.client.scram-sha-512.sasl.jaas.config": login(_SCRAM_MODULE, "broker", vault["broker"]),
        "listener.name.internal.sasl.enabled.mechanisms": PLAIN,
    }


def encoder(vault: Vault) -> dict[str, str]:
    """Return the settings that dynamic passwords are encrypted by."""
    return {"password.encoder.secret": vault["encoder"], "password.encoder.iterations": "2048"}


def dynamic(spec: FixtureSpec, vault: Vault) -> dict[str, str]:
    """Return the dynamic settings of each broker.

    ``sasl``: the password of a key store that is not used any more, and with ``dynamic_login`` a JAAS text with one more user of PLAIN: a broker
    in ZooKeeper mode reads it before it opens its listener, one in KRaft mode afterwards, when it has no effect any more (Kafka 3.9.2).
    ``tls``: the key store of the listener PASSWORD; which certificate it has shows whether its password could be read.
    """
    if spec.secured == "tls":
        return {
            f"{STORE_KEY}type": "PKCS12",
            f"{STORE_KEY}location": f"{TLS_FOLDER}/{STORE_FILE}",
            f"{STORE_KEY}password": vault["dynamic-store"],
        }
    found = {LEFTOVER_KEY: vault["dynamic-store"]}
    return found | ({LOGIN_KEY: plain_users(vault, dynamic=True)} if spec.dynamic_login else {})


def _tls(vault: Vault) -> dict[str, str]:
    store = {
        "keystore.type": "PKCS12",
        "keystore.location": f"{TLS_FOLDER}/keystore.p12",
        "keystore.password": vault["keystore"],
        "truststore.type": "PKCS12",
        "truststore.location": f"{TLS_FOLDER}/truststore.p12",
        "truststore.password": vault["keystore"],
    }
    replication, password = "listener.name.replication.", "listener.name.password."
    return {
        "inter.broker.listener.name": "REPLICATION",
        # Of all listeners, unless their own settings say something else. The other way round it does not start: passwords of stores that are
        # for all listeners are taken for the PEM files of one as well, and refused there (Kafka 3.9.2).
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": f"{TLS_FOLDER}/tls-combined.pem",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": f"{TLS_FOLDER}/ca.crt",
        "ssl.client.auth": "required",
        "ssl.principal.mapping.rules": _MAPPING,
        **{f"{replication}ssl.{key}": value for key, value in store.items()},
        f"{replication}ssl.client.auth": "required",
        f"{password}ssl.client.auth": "none",
        f"{password}sasl.enabled.mechanisms": SCRAM,
        f"{password}scram-sha-512.sasl.jaas.config": f"{_SCRAM_MODULE} required;",
        "zookeeper.ssl.client.enable": "true",
        "zookeeper.clientCnxnSocket": "org.apache.zookeeper.ClientCnxnSocketNetty",
        **{f"zookeeper.ssl.{key}": value for key, value in store.items()},
    }


def is_secret(key: str) -> bool:
    """Tell whether the value of a setting is a secret."""
    return key.endswith((".password", ".secret", ".jaas.config", ".secret.key"))


def jvm_options(spec: FixtureSpec) -> str:
    """Return options of the brokers' JVM."""
    return f"-Djava.security.auth.login.config={JAAS_FOLDER}/{JAAS_FILE}" if spec.secured == "sasl" else ""


def login(module: str, user: str, password: str, **more: str) -> str:
    """Return a line of JAAS as a setting has it."""
    options = "".join(f' {name}="{value}"' for name, value in {"username": user, "password": password, **more}.items())
    return f"{module} required{options};"


def plain_users(vault: Vault, *, dynamic: bool) -> str:
    """Return the JAAS line of the listener INTERNAL; the user ``dynamic`` is in the brokers' dynamic settings alone."""
    users = ("broker", "admin", "legacy", *(["dynamic"] if dynamic else []))
    return login(_PLAIN_MODULE, "broker", vault["broker"], **{f"user_{user}": vault[user] for user in users})


def broker_jaas(vault: Vault) -> str:
    """Return the brokers' JAAS file."""
    internal = plain_users(vault, dynamic=False)
    return f"internal.KafkaServer {{\n  {internal}\n}};\n{zookeeper_client_jaas(vault)}"


def zookeeper_client_jaas(vault: Vault) -> str:
    """Return the JAAS section of a session with ZooKeeper."""
    return f"Client {{\n  {login(_DIGEST_MODULE, 'kafka', vault['zookeeper'])}\n}};\n"


def zookeeper_jaas(vault: Vault) -> str:
    """Return the JAAS file of the ZooKeeper servers."""
    return f'Server {{\n  {_DIGEST_MODULE} required user_kafka="{vault["zookeeper"]}";\n}};\n'


def zookeeper_port(spec: FixtureSpec) -> int:
    """Return the port that clients of ZooKeeper use; with TLS there is no other."""
    return 2182 if spec.secured == "tls" else 2181


def zookeeper(spec: FixtureSpec, vault: Vault) -> dict[str, str]:
    """Return settings of the ZooKeeper servers besides their data folder and each other's addresses."""
    if spec.secured == "sasl":
        provider = "org.apache.zookeeper.server.auth.SASLAuthenticationProvider"
        return {"clientPort": "2181", "authProvider.sasl": provider}
    stores = {
        "keyStore.location": f"{ZOOKEEPER_FOLDER}/keystore.p12",
        "keyStore.password": vault["keystore"],
        "keyStore.type": "PKCS12",
        "trustStore.location": f"{ZOOKEEPER_FOLDER}/truststore.p12",
        "trustStore.password": vault["keystore"],
        "trustStore.type": "PKCS12",
    }
    found = {
        "secureClientPort": "2182",
        "serverCnxnFactory": "org.apache.zookeeper.server.NettyServerCnxnFactory",
        "authProvider.x509": "org.apache.zookeeper.server.auth.X509AuthenticationProvider",
        "ssl.clientAuth": "need",
        **{f"ssl.{key}": value for key, value in stores.items()},
    }
    if spec.zookeepers > 1:
        # A server looks the name of each peer up by its address, and a pod's address may have no name: then there is no quorum (ZooKeeper 3.8.4).
        found |= {"sslQuorum": "true", "ssl.quorum.hostnameVerification": "false"}
        found |= {f"ssl.quorum.{key}": value for key, value in stores.items()}
    return found


def client(user: str, material: Material) -> dict[str, str]:
    """Return the settings of a client that uses the listener CLIENT as one of the users."""
    if material.certificates is None:
        return scram(user, material)
    return mutual(material.certificates.people[user], material.certificates.authority)


def mutual(identity: Identity | None, authority: Identity) -> dict[str, str]:
    """Return the settings of a client with this certificate, or without one."""
    found = {
        "security.protocol": "SSL",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.certificates": authority.certificate,
    }
    if identity is not None:
        found |= {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.certificate.chain": identity.certificate,
            "ssl.keystore.key": identity.key,
        }
    return found


def scram(user: str, material: Material, password: str | None = None, **more: str) -> dict[str, str]:
    """Return the settings of a client that logs in by SCRAM-SHA-512; ``more``: options of the login module."""
    secret = material.vault[user] if password is None else password
    found = {"sasl.mechanism": SCRAM, "sasl.jaas.config": login(_SCRAM_MODULE, user, secret, **more)}
    return _protected(material) | found


def plain(user: str, material: Material, password: str | None = None) -> dict[str, str]:
    """Return the settings of a client that logs in by PLAIN."""
    secret = material.vault[user] if password is None else password
    found = {"sasl.mechanism": PLAIN, "sasl.jaas.config": login(_PLAIN_MODULE, user, secret)}
    return _protected(material) | found


def _protected(material: Material) -> dict[str, str]:
    if material.certificates is None:
        return {"security.protocol": "SASL_PLAINTEXT"}
    return mutual(None, material.certificates.second) | {"security.protocol": "SASL_SSL"}


def text(values: Mapping[str, str]) -> str:
    """Return settings as a properties file; a line break inside a value is escaped."""
    escaped = {key: value.replace("\\", "\\\\").replace("\n", "\\n") for key, value in values.items()}
    return "".join(f"{key}={value}\n" for key, value in escaped.items())
