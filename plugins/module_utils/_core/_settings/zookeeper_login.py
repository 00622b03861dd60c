# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a session with ZooKeeper logs in: derived from what a broker runs with. Pure; nothing is read here.

Sources: ``JaasUtils`` and ``KafkaConfig.zooKeeperClientProperty`` of Kafka 3.9 (a setting wins over the system property of the JVM),
``ZooKeeperSaslClient``, ``ClientX509Util`` and ``ZKClientConfig`` of ZooKeeper 3.8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.jaas import (
    JaasError,
    LoginModule,
    parse_jaas,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.jvm_options import (
    jaas_path,
    system_properties,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import REDACTED
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.providers import is_provided
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown, known, unknown

LOGIN, TRUST, KEYS = "login", "trust", "keys"
"""Parts of a login, each of which a Secret can replace."""

LOGIN_FAILED, TLS_FAILED, NO_SECRET = "zookeeper-login-failed", "zookeeper-tls", "secret-missing"
OTHERWISE = "name a Secret in kraft_zookeeper_secret"

_FALSE = "false"
_NIO = "ClientCnxnSocketNIO"
_KERBEROS = "Krb5LoginModule"
_STORES = {TRUST: ("truststore", "trustStore"), KEYS: ("keystore", "keyStore")}
_EXTENSIONS = {".pem": "PEM", ".p12": "PKCS12", ".pfx": "PKCS12", ".jks": "JKS", ".bcfks": "BCFKS"}


@dataclass(frozen=True)
class Store:
    """A trust store or a key store.

    :ivar where: path in the pod, or what else names it in a message.
    :ivar kind: PEM, PKCS12, JKS or another type as it was given; "" when nothing says it. The content decides: ``pem.format_of``.
    :ivar content: None until it is read from the pod.
    :ivar password_path: file in the pod with the password; "" when ``password`` has it.
    """

    where: str
    kind: str = ""
    content: bytes | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)
    password_path: str = ""


@dataclass(frozen=True)
class ZookeeperLogin:
    """What a session with ZooKeeper needs.

    :ivar username: of SASL DIGEST-MD5; "" when there is no login by password.
    :ivar source: where the password comes from, for messages: "section Client of /etc/kafka/jaas.conf".
    :ivar verify_names: whether the server's certificate has to name the server.
    :ivar trust: None: the authorities that this machine trusts.
    :ivar keys: certificate and private key of the client; None when it has none.
    :ivar problems: part (:data:`LOGIN`, :data:`TRUST`, :data:`KEYS`) to one sentence that says why it cannot be used.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    source: str = ""
    tls: bool = False
    verify_names: bool = True
    trust: Store | None = None
    keys: Store | None = None
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def unsupported(self) -> str:
        """The first sentence that says why the login cannot be used, or an empty text."""
        return next(iter(self.problems.values()), "")

    @property
    def code(self) -> str:
        """Code of :attr:`unsupported`."""
        return LOGIN_FAILED if next(iter(self.problems), LOGIN) == LOGIN else TLS_FAILED

    @property
    def files(self) -> tuple[str, ...]:
        """Paths in the pod that have to be read before the login can be used, see :meth:`with_files`."""
        stores = [store for store in (self.trust, self.keys) if store is not None]
        paths = [store.where for store in stores if store.content is None]
        return tuple(dict.fromkeys([*paths, *(store.password_path for store in stores if store.password_path)]))

    def with_files(self, contents: Mapping[str, Reading[bytes]]) -> ZookeeperLogin:
        """Return the login with what :attr:`files` hold; one that could not be read becomes a problem."""
        problems = dict(self.problems)
        filled: dict[str, Store | None] = {}
        for part, store in ((TRUST, self.trust), (KEYS, self.keys)):
            filled[part] = store if store is None else _filled(part, store, contents, problems)
        return replace(self, trust=filled[TRUST], keys=filled[KEYS], problems=problems)


def _filled(part: str, store: Store, contents: Mapping[str, Reading[bytes]], problems: dict[str, str]) -> Store:
    wanted = [store.where] if store.content is None else []
    wanted += [store.password_path] if store.password_path else []
    read = {path: contents.get(path, Unknown("it was not looked for")) for path in wanted}
    for path, why in unknown(read).items():
        problems.setdefault(
            part,
            f"the file {path}, which the brokers' sessions with ZooKeeper use, could not be read ({why}); {OTHERWISE}",
        )
        return store
    known_files = known(read)
    found = store if store.content is not None else replace(store, content=known_files[store.where])
    if found.password_path:
        # as ZooKeeper reads it: the first line
        words = known_files[found.password_path].decode(errors="replace").splitlines()
        found = replace(found, password=words[0] if words else "", password_path="")
    return found


def jaas_file(options: Sequence[str]) -> str:
    """Return the path in the pod of the JAAS file that a broker's session with ZooKeeper uses; "" when it uses none."""
    found = system_properties(options)
    if found.get("zookeeper.sasl.client", "true").strip().lower() == _FALSE:
        return ""
    return jaas_path(options)


def broker_login(settings: Mapping[str, str], options: Sequence[str], jaas: Reading[str]) -> ZookeeperLogin:
    """Return how a broker's own session with ZooKeeper logs in.

    :param settings: the settings in force.
    :param options: options of the JVM in force, in their order.
    :param jaas: text of :func:`jaas_file`; anything when there is none.
    """
    properties = system_properties(options)
    problems: dict[str, str] = {}
    login = ZookeeperLogin()
    path = jaas_file(options)
    if path and isinstance(jaas, Unknown):
        problems[LOGIN] = (
            f"the brokers' JAAS file {path} could not be read ({jaas.why}); {OTHERWISE} with the login to ZooKeeper"
        )
    elif path and not isinstance(jaas, Unknown):
        login = _logged_in(login, properties, jaas, path, problems)
    if _uses_tls(settings, properties):
        trust, keys = (_store(part, settings, properties, problems) for part in (TRUST, KEYS))
        login = replace(login, tls=True, verify_names=_verifies(settings, properties), trust=trust, keys=keys)
    return replace(login, problems=problems)


def _logged_in(
    login: ZookeeperLogin, properties: Mapping[str, str], jaas: str, path: str, problems: dict[str, str]
) -> ZookeeperLogin:
    section = properties.get("zookeeper.sasl.clientconfig") or "Client"
    try:
        modules = parse_jaas(jaas, f"the brokers' JAAS file {path}", properties).get(section, ())
    except JaasError as error:
        problems[LOGIN] = error.message
        return login
    source = f"section {section} of {path}"
    found = with_modules(login, modules, source, problems)
    if REDACTED in found.username + found.password:
        problems[LOGIN] = (
            f"{source} takes the login from a system property of the brokers' JVM whose value is a secret and is not read from there; "
            f"{OTHERWISE} with the login to ZooKeeper"
        )
        return login
    return found


def with_modules(
    login: ZookeeperLogin, modules: Sequence[LoginModule], source: str, problems: dict[str, str]
) -> ZookeeperLogin:
    """Return the login with user and password of the first module that has them; adds to ``problems`` why none can be used.

    Any module that leaves user and password in the subject does: Kafka's PlainLoginModule as well as ZooKeeper's DigestLoginModule.
    """
    for module in modules:
        if module.name.endswith(_KERBEROS):
            problems[LOGIN] = f"{source} logs in by Kerberos, which is not supported; {OTHERWISE} with another login"
            return login
        if module.options.get("username") and "password" in module.options:
            return replace(
                login, username=module.options["username"], password=module.options["password"], source=source
            )
    if modules:
        problems[LOGIN] = f"{source} has neither username nor password; {OTHERWISE} with the login to ZooKeeper"
    return login


def _setting(settings: Mapping[str, str], properties: Mapping[str, str], key: str, name: str) -> str | None:
    """Return what is in force: Kafka's setting, else the system property."""
    found = settings.get(key)
    return found if found is not None else properties.get(name)


def _uses_tls(settings: Mapping[str, str], properties: Mapping[str, str]) -> bool:
    """Whether the broker speaks TLS: only with a socket of netty, the one of NIO ignores that TLS is wanted."""
    enabled = _setting(settings, properties, "zookeeper.ssl.client.enable", "zookeeper.client.secure") or ""
    name = "zookeeper.clientCnxnSocket"
    return (
        enabled.strip().lower() == "true"
        and (_setting(settings, properties, name, name) or _NIO).rpartition(".")[2] != _NIO
    )


def _verifies(settings: Mapping[str, str], properties: Mapping[str, str]) -> bool:
    algorithm = settings.get("zookeeper.ssl.endpoint.identification.algorithm")
    if algorithm is not None:
        return bool(algorithm.strip())
    return properties.get("zookeeper.ssl.hostnameVerification", "true").strip().lower() != _FALSE


def _store(
    part: str, settings: Mapping[str, str], properties: Mapping[str, str], problems: dict[str, str]
) -> Store | None:
    ours, java = _STORES[part]

    def value(what: str, otherwise: str) -> str:
        return _setting(settings, properties, f"zookeeper.ssl.{ours}.{what}", f"zookeeper.ssl.{java}.{otherwise}") or ""

    path, password = value("location", "location"), value("password", "password")
    if not path:
        return None
    password_path = "" if password else properties.get(f"zookeeper.ssl.{java}.passwordPath", "")
    for what, text in (("location", path), ("password", password), ("password", password_path)):
        if text == REDACTED or is_provided(text):
            problems[part] = (
                f"zookeeper.ssl.{ours}.{what} of the brokers is not in their settings themselves and is not read; {OTHERWISE} with the certificates"
            )
    kind = value("type", "type").upper() or next(
        (kind for end, kind in _EXTENSIONS.items() if path.lower().endswith(end)), ""
    )
    return Store(path, kind, None, password, password_path)
