# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a broker or controller, as a client, reaches a listener like its own: protocol, login, and which stores have to be read.

Private to the collection. After Kafka's own way from settings to a channel (3.7 to 3.9): ``ChannelBuilders.channelBuilderConfigs``
(a setting with the listener's prefix comes before the general one, key by key), ``JaasContext.loadServerContext`` and
``DefaultSslEngineFactory``. What cannot be done is an ``Unknown`` with one clause; no clause holds a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.jaas import JaasError, LoginModule
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.jvm_options import jaas_path
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.listener_logins import (
    file_sections,
    login_of,
    setting_module,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.providers import is_provided
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import (
    CONTROLLER_LISTENERS,
    DEFAULT_PROTOCOLS,
    entries,
    inter_broker_listener,
    protocols,
    value_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown

PLAINTEXT = "PLAINTEXT"
#: mechanisms that our own code logs in by; Kafka's tools know the others
OWN_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
HIDDEN = "<redacted>"
_JAAS = "sasl.jaas.config"


@dataclass(frozen=True)
class Security:
    """What a connection needs; its repr has neither password nor key.

    :ivar protocol: ``PLAINTEXT``, ``SSL``, ``SASL_PLAINTEXT`` or ``SASL_SSL``.
    :ivar mechanism: of SASL, empty without it: one of OWN_MECHANISMS.
    :ivar ca: certificates that are trusted, PEM.
    :ivar certificate: our own chain, PEM; empty when none is shown.
    :ivar key: its private key, PEM; ``key_password``: that it is encrypted with, or empty.
    :ivar names: host names (and addresses) one of which the certificate of the other side has to have.
    :ivar check_names: False where the settings turn that off (``ssl.endpoint.identification.algorithm`` is empty).
    """

    protocol: str = PLAINTEXT
    mechanism: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    ca: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    key_password: str = field(default="", repr=False)
    names: tuple[str, ...] = ()
    check_names: bool = True

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.protocol.endswith("SSL")

    @property
    def sasl(self) -> bool:
        """Whether somebody has to log in."""
        return self.protocol.startswith("SASL_")

    def hide(self, text: str) -> str:
        """Return a text without the secrets of this connection."""
        return hide(text, (self.password, self.key_password))


#: nothing to log in with, nothing encrypted
OPEN = Security()


def hide(text: str, secrets: Iterable[str]) -> str:
    """Return a text in which ``<redacted>`` stands for each of the secrets; the longest first, as one may contain another."""
    for secret in sorted({each for each in secrets if each}, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


@dataclass(frozen=True)
class Store:
    """A key store or trust store; its repr has neither password nor content.

    :ivar path: the file in the pod; empty where ``text`` is the content.
    :ivar kind: by the settings, in upper case: ``PEM``, ``PKCS12``, ``JKS`` (which Java takes for PKCS12 files, too), ...
    :ivar text: PEM that the settings themselves hold: key, then certificates.
    :ivar password: of the store; ``key_password``: of the key in it.
    """

    kind: str
    path: str = ""
    text: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    key_password: str = field(default="", repr=False)


@dataclass(frozen=True)
class ClientSide:
    """The client side of a listener, before its files are read.

    :ivar listener: its name.
    :ivar settings: those in force for it, the listener's prefix taken off; its repr is left out.
    :ivar jaas_file: file in the pod that has the login; empty where a setting has it, or nobody logs in.
    """

    listener: str
    protocol: str
    mechanism: str = ""
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    jaas_file: str = ""

    @property
    def tls(self) -> bool:
        """Whether it uses TLS."""
        return self.protocol.endswith("SSL")

    @property
    def sasl(self) -> bool:
        """Whether it uses SASL."""
        return self.protocol.startswith("SASL_")

    @property
    def check_names(self) -> bool:
        """Whether the names in the other side's certificate are checked; they are unless the setting is there and empty."""
        return bool(self.settings.get("ssl.endpoint.identification.algorithm", "https").strip())

    @property
    def jaas_setting(self) -> str:
        """The setting that has the login; empty where a file has it."""
        return self.settings.get(f"{self.mechanism.lower()}.{_JAAS}", "")

    def modules(self, jaas_text: str = "") -> tuple[LoginModule, ...] | Unknown:
        """Return the login modules.

        :param jaas_text: the content of ``jaas_file``, where there is one.
        """
        key = f"{self.mechanism.lower()}.{_JAAS}"
        where = f"listener.name.{self.listener.lower()}.{key}"
        try:
            if key in self.settings:
                return (setting_module(self.jaas_setting, where),)
            where = f"the JAAS file {self.jaas_file}"
            found = file_sections(jaas_text, where)
        except JaasError as error:
            if is_provided(self.jaas_setting):
                return self._provided
            return Unknown(f"{where} is no JAAS configuration: {error.why}")
        for section in (f"{self.listener.lower()}.KafkaServer", "KafkaServer"):
            if found.get(section):
                return found[section]
        return Unknown(f"{where} has no section KafkaServer")

    def login(self, jaas_text: str = "") -> tuple[str, str] | Unknown:
        """Return user name and password; two empty strings where nobody logs in.

        :param jaas_text: the content of ``jaas_file``, where there is one.
        """
        if not self.sasl:
            return "", ""
        if self.mechanism not in OWN_MECHANISMS:
            return Unknown(
                f"listener {self.listener} uses {self.mechanism}, which only Kafka's own tools can log in by"
            )
        modules = self.modules(jaas_text)
        if isinstance(modules, Unknown):
            return modules
        found = login_of(modules)
        if found is None:
            return Unknown(
                f"the JAAS configuration of listener {self.listener} has no username and password of its own"
            )
        # Java itself fills ${...} into a file, a provider of Kafka's only what names one
        if any("${" in each if self.jaas_file else is_provided(each) for each in found):
            return self._provided
        return found

    @property
    def _provided(self) -> Unknown:
        return Unknown(
            f"the login of listener {self.listener} is filled in by a config provider only when Kafka starts"
        )

    def trust_store(self) -> Store | Unknown | None:
        """Return where trusted certificates are; None without TLS."""
        if not self.tls:
            return None
        text = self._value("truststore.certificates")
        if not text and not self._value("truststore.location"):
            return Unknown(f"listener {self.listener} has no trust store of its own: what Kafka trusts is in its Java")
        return self._store("truststore", text)

    def key_store(self) -> Store | Unknown | None:
        """Return where the certificate is that a client shows; None where it has none, or without TLS."""
        chain, key = self._value("keystore.certificate.chain"), self._value("keystore.key")
        if not self.tls or not (chain or key or self._value("keystore.location")):
            return None
        if bool(chain) != bool(key):
            return Unknown(
                f"listener {self.listener} has only one of ssl.keystore.key and ssl.keystore.certificate.chain"
            )
        return self._store("keystore", f"{key}\n{chain}\n" if key else "")

    def _store(self, which: str, text: str) -> Store | Unknown:
        path = "" if text else self._value(f"{which}.location")
        password, key_password = self._value(f"{which}.password"), self._value("key.password")
        if any(map(is_provided, (text, path, password, key_password))):
            return Unknown(
                f"the {which} of listener {self.listener} is filled in by a config provider only when Kafka starts"
            )
        kind = "PEM" if text else (self._value(f"{which}.type") or "JKS").upper()
        return Store(kind, path, text, password, key_password if which == "keystore" else "")

    def _value(self, key: str) -> str:
        return self.settings.get(f"ssl.{key}", "").strip()


def listener_protocol(settings: Mapping[str, str], listener: str) -> str:
    """Return the security protocol of a listener; one that no map names is its own, or PLAINTEXT (``KafkaConfig``)."""
    name = listener.upper()
    return protocols(settings).get(name) or (name if name in DEFAULT_PROTOCOLS else PLAINTEXT)


def in_force(settings: Mapping[str, str], listener: str) -> dict[str, str]:
    """Return the settings as a listener has them: those with its prefix, without it, before the general ones."""
    prefix = f"listener.name.{listener.lower()}."
    general = {key: value for key, value in settings.items() if not key.startswith("listener.name.")}
    # the login of a process by a setting needs the listener's prefix: JaasContext takes no other
    general = {key: value for key, value in general.items() if not key.endswith(_JAAS)}
    return general | {key.removeprefix(prefix): value for key, value in settings.items() if key.startswith(prefix)}


def client_side(
    settings: Mapping[str, str], listener: str, mechanism: str = "", jvm_options: Sequence[str] = ()
) -> ClientSide | Unknown:
    """Return the client side of a listener.

    :param settings: that the process runs with.
    :param mechanism: of SASL, that clients of it use.
    :param jvm_options: of the process; a JAAS file is named there.
    """
    protocol = listener_protocol(settings, listener)
    if protocol not in DEFAULT_PROTOCOLS:
        return Unknown(f"listener {listener} has a security protocol that Kafka does not know")
    own = in_force(settings, listener)
    found = ClientSide(listener, protocol, settings=own)
    if not found.sasl:
        return found
    mechanism = mechanism.upper()
    if f"{mechanism.lower()}.{_JAAS}" in own:
        return ClientSide(listener, protocol, mechanism, own)
    file = jaas_path(jvm_options)
    if not file:
        return Unknown(
            f"listener {listener} has no login for {mechanism}: neither "
            f"listener.name.{listener.lower()}.{mechanism.lower()}.{_JAAS} nor a JAAS file in the options of Java"
        )
    return ClientSide(listener, protocol, mechanism, own, file)


def controller_client(settings: Mapping[str, str], jvm_options: Sequence[str] = ()) -> ClientSide | Unknown:
    """Return how a controller reaches another: by the first of ``controller.listener.names``."""
    names = entries(value_of(settings, CONTROLLER_LISTENERS))
    if not names:
        return Unknown(f"{CONTROLLER_LISTENERS} is not set")
    mechanism = value_of(settings, "sasl.mechanism.controller.protocol") or "GSSAPI"
    return client_side(settings, names[0], mechanism, jvm_options)


def broker_client(settings: Mapping[str, str], jvm_options: Sequence[str] = ()) -> ClientSide | Unknown:
    """Return how a broker reaches another: by the inter-broker listener."""
    mechanism = value_of(settings, "sasl.mechanism.inter.broker.protocol") or "GSSAPI"
    return client_side(settings, inter_broker_listener(settings), mechanism, jvm_options)
