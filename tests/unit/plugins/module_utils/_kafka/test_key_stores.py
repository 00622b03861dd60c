# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Key stores, trust stores and JAAS files of a pod; the script itself runs in a real shell here."""

from __future__ import annotations

import importlib.util
import ssl
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import java_store
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_security import (
    ClientSide,
    Security,
    controller_client,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.jvm_options import JAAS_OPTION
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import key_stores, quorum_security
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum_view import Member
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import exec as pod_exec
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    KraftError,
    NotFound,
)

from tests.sandbox.secured import certificates
from tests.sandbox.secured.certificates import Certificates
from tests.unit.plugins.module_utils import java_stores
from tests.unit.plugins.module_utils.quorum_members import member

CLIENT = cast(KubeClient, None)
"""Nobody asks it: the exec is replaced."""
CANARY = "c4n4ry"
SSL: dict[str, Any] = {"controller.listener.names": "C", "listener.security.protocol.map": "C:SSL"}


@pytest.fixture(scope="module")
def made() -> Certificates:
    return certificates.make("k", "ns", controllers="names", people=["admin"])


class Execs:
    """Runs what would run in a pod here; counts it."""

    def __init__(self) -> None:
        self.commands: list[Sequence[str]] = []
        self.answer: pod_exec.ExecResult | None = None
        self.quoted: list[bool] = []

    def __call__(self, _client: object, _namespace: str, _pod: str, command: Sequence[str], **options: Any) -> Any:
        self.commands.append(command)
        self.quoted.append(options["quote"])
        if self.answer is not None:
            return self.answer
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        return pod_exec.ExecResult(done.stdout, done.stderr, done.returncode)


@pytest.fixture
def execs(monkeypatch: pytest.MonkeyPatch) -> Execs:
    seen = Execs()
    monkeypatch.setattr(pod_exec, "run", seen)
    monkeypatch.setattr(quorum_security, "_known", {})
    return seen


def read(settings: dict[str, str], *options: str) -> Security:
    side = controller_client(SSL | settings, options)
    assert isinstance(side, ClientSide), side
    return key_stores.read_security(CLIENT, "ns", "kraft-0", "kafka", side, ("name",), pid=1)


def refusal(settings: dict[str, str], *options: str) -> str:
    with pytest.raises(KraftError) as raised:
        read(settings, *options)
    assert CANARY not in raised.value.message
    return raised.value.message


def pem_files(made: Certificates, folder: Path) -> dict[str, str]:
    person = made.people["admin"]
    (folder / "both.pem").write_text(f"# {CANARY}\n{person.key}{person.certificate}")
    (folder / "ca.crt").write_text(made.authority.certificate)
    return {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(folder / "both.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(folder / "ca.crt"),
    }


def test_pem_files(execs: Execs, made: Certificates, tmp_path: Path) -> None:
    found = read(pem_files(made, tmp_path))
    person = made.people["admin"]
    assert (found.protocol, found.names, found.check_names) == ("SSL", ("name",), True)
    assert (found.ca, found.certificate, found.key) == (made.authority.certificate, person.certificate, person.key)
    assert len(execs.commands) == 1
    assert CANARY not in repr(execs.commands)


def test_pem_in_the_settings_needs_no_exec(execs: Execs, made: Certificates) -> None:
    person = made.people["admin"]
    settings = {
        "ssl.keystore.certificate.chain": " ".join(person.certificate.split("\n")),
        "ssl.keystore.key": person.key,
        "ssl.truststore.certificates": made.authority.certificate,
        "ssl.key.password": CANARY,
        "ssl.endpoint.identification.algorithm": "",
    }
    found = read(settings)
    assert (found.ca, found.certificate, found.key) == (made.authority.certificate, person.certificate, person.key)
    assert (found.key_password, found.check_names) == (CANARY, False)
    assert CANARY not in repr(found)
    assert not execs.commands


def p12_files(made: Certificates, folder: Path) -> dict[str, str]:
    (folder / "k.p12").write_bytes(certificates.pkcs12(made.brokers, made.authority, CANARY))
    (folder / "t.p12").write_bytes(certificates.truststore(made.authority, CANARY))
    return {
        # JKS by default, which Java takes for such files, too
        "ssl.keystore.location": str(folder / "k.p12"),
        "ssl.keystore.password": CANARY,
        "ssl.truststore.type": "PKCS12",
        "ssl.truststore.location": str(folder / "t.p12"),
        "ssl.truststore.password": CANARY,
    }


def test_pkcs12_files(execs: Execs, made: Certificates, tmp_path: Path) -> None:
    found = read(p12_files(made, tmp_path))
    assert found.ca == made.authority.certificate
    assert found.certificate == made.brokers.certificate + made.authority.certificate
    assert found.key == made.brokers.key
    assert CANARY not in repr(execs.commands)


def test_pkcs12_files_that_cannot_be_opened(
    execs: Execs, made: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = p12_files(made, tmp_path)
    path = settings["ssl.truststore.location"]
    for wrong in ("wrong", ""):
        said = refusal(settings | {"ssl.truststore.password": wrong})
        assert said == f"the trust store {path} in pod ns/kraft-0 is no PKCS #12 store, or its password is wrong"
    bare = settings | {"ssl.keystore.location": path}
    assert refusal(bare) == "the key store of listener C in pod ns/kraft-0 has no certificate with its key"
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert refusal(settings).startswith(
        f"the trust store {path} in pod ns/kraft-0, a PKCS #12 store, needs one more library: the Python library cryptography is missing"
    )


def test_a_jks_file(execs: Execs, made: Certificates, tmp_path: Path) -> None:
    store = tmp_path / "s.jks"
    store.write_bytes(java_stores.TRUST)
    settings = pem_files(made, tmp_path) | {"ssl.truststore.location": str(store)}
    (anchor,) = java_store.parse(java_stores.TRUST).anchors
    assert read(settings).ca == ssl.DER_cert_to_PEM_cert(anchor)
    store.write_bytes(java_stores.TRUST[:-1])
    assert refusal(settings) == f"the trust store {store} in pod ns/kraft-0 is a JKS store that is damaged"
    store.write_bytes(java_stores.KEYS)
    keys = pem_files(made, tmp_path) | {"ssl.keystore.location": str(store)}
    said = f"the key store {store} in pod ns/kraft-0 is a JKS store, whose private keys only Java reads: convert it with `keytool"
    assert refusal(keys).startswith(said)


def test_stores_with_nothing_in_them(execs: Execs, made: Certificates, tmp_path: Path) -> None:
    settings = pem_files(made, tmp_path)
    (tmp_path / "ca.crt").write_text("")
    assert refusal(settings) == "the trust store of listener C in pod ns/kraft-0 has no certificate"
    (tmp_path / "ca.crt").write_text(made.authority.certificate)
    (tmp_path / "both.pem").write_text(made.authority.certificate)
    assert "has no certificate with its key" in refusal(settings)


def test_files_that_are_not_there(execs: Execs, made: Certificates, tmp_path: Path) -> None:
    settings = pem_files(made, tmp_path)
    (tmp_path / "ca.crt").unlink()
    with pytest.raises(
        NotFound, match=r"ca\.crt, which the settings name, is not in pod ns/kraft-0, or cannot be read there"
    ):
        read(settings)


@pytest.mark.parametrize(
    ("stdout", "rc", "why"),
    [
        ("", 127, "its image needs sh and base64"),
        ("@@kraft file\n@@kraft end\n", 0, "its image needs sh and base64"),
        (f"@@kraft file\n{CANARY}!\n@@kraft file\n\n@@kraft end\n", 0, "its base64 prints something else"),
    ],
)
def test_an_image_that_cannot_show_them(
    execs: Execs, made: Certificates, tmp_path: Path, stdout: str, rc: int, why: str
) -> None:
    execs.answer = pod_exec.ExecResult(stdout, "", rc)
    assert why in refusal(pem_files(made, tmp_path))


def test_what_was_read_so_far_is_not_shown(execs: Execs, made: Certificates, tmp_path: Path) -> None:
    read(pem_files(made, tmp_path))
    assert execs.quoted == [False]


PLAIN: dict[str, Any] = {
    "listener.security.protocol.map": "C:SASL_PLAINTEXT",
    "sasl.mechanism.controller.protocol": "PLAIN",
}


def test_a_login_in_a_jaas_file(execs: Execs, tmp_path: Path) -> None:
    file = tmp_path / "jaas.conf"
    file.write_text(f'KafkaServer {{ m required username="u" password="{CANARY}"; }};')
    found = read(PLAIN, f"{JAAS_OPTION}{file}")
    assert (found.protocol, found.mechanism, found.username, found.password) == ("SASL_PLAINTEXT", "PLAIN", "u", CANARY)
    file.write_text(f"KafkaServer {{ {CANARY}")
    assert refusal(PLAIN, f"{JAAS_OPTION}{file}").startswith(f"the JAAS file {file} is no JAAS configuration: ")


# the controllers

UNCHECKED: dict[str, Any] = {"ssl.endpoint.identification.algorithm": ""}
VOTERS: dict[str, Any] = {
    "controller.quorum.voters": "100@kraft-0.kraft:9093, 101@[::1]:9093",
    "controller.listener.names": "C",
    "listeners": "C://:9093",
}
LOGIN = VOTERS | PLAIN | {"listener.name.c.plain.sasl.jaas.config": f'm required username="u" password="{CANARY}";'}


def keys(member_: Member, client: Any = CLIENT) -> quorum_security.Keys:
    return quorum_security.Keys(client, "ns", {100: member_})


def test_a_plaintext_listener_needs_nothing(execs: Execs) -> None:
    assert keys(member(100)).of(100) == Security()
    assert quorum_security.tool_properties(CLIENT, "ns", 100, member(100))[0] == "localhost:9093"


def test_host_names() -> None:
    assert member(100, **VOTERS).hosts(100) == ("kraft-0.kraft",)
    assert member(100, **VOTERS).hosts(101) == ("::1",)
    assert member(100, **VOTERS).hosts(102) == ()
    more = Member("kraft-0", None, member(100, **VOTERS).facts, names=("kraft-0.kraft", "kraft-0.kraft.ns.svc"))
    assert more.hosts(100) == ("kraft-0.kraft", "kraft-0.kraft.ns.svc")


def test_files_are_read_once(execs: Execs, made: Certificates, tmp_path: Path) -> None:
    settings: dict[str, Any] = VOTERS | SSL | pem_files(made, tmp_path)
    looks = keys(member(100, **settings))
    assert looks.of(100).names == ("kraft-0.kraft",)
    assert looks.of(100) is looks.of(100)
    assert not looks.forget(100), "this look has read them"
    assert len(execs.commands) == 1
    assert looks.of(100)
    later = keys(member(100, **settings))
    assert later.of(100)
    assert len(execs.commands) == 2
    assert later.forget(100)
    assert later.of(100)
    assert len(execs.commands) == 3
    changed = keys(member(100, **settings, **UNCHECKED))
    assert not changed.of(100).check_names


@pytest.mark.parametrize(("protocol", "code"), [("SASL_PLAINTEXT", "quorum-login-failed"), ("SSL", "quorum-tls")])
def test_keys_that_cannot_be_told_have_a_code(execs: Execs, protocol: str, code: str) -> None:
    wrong = LOGIN | {
        "listener.security.protocol.map": f"C:{protocol}",
        "listener.name.c.plain.sasl.jaas.config": f"m {CANARY};",
    }
    with pytest.raises(KraftError) as raised:
        keys(member(100, **wrong)).of(100)
    assert raised.value.code == code
    assert CANARY not in raised.value.message


def test_settings_that_do_not_tell(execs: Execs) -> None:
    with pytest.raises(KraftError, match=r"neither .* nor a JAAS file in the options of Java \(pod kraft-0\)"):
        keys(member(100, **VOTERS, **PLAIN)).of(100)


def test_what_a_tool_gets(execs: Execs) -> None:
    at, properties = quorum_security.tool_properties(CLIENT, "ns", 100, member(100, **LOGIN))
    assert at == "localhost:9093"
    assert properties.values == {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.jaas.config": f'm required username="u" password="{CANARY}";',
    }
    over_tls = LOGIN | {"listener.security.protocol.map": "C:SASL_SSL"}
    at, properties = quorum_security.tool_properties(CLIENT, "ns", 100, member(100, **over_tls))
    assert (at, properties.values["security.protocol"]) == ("kraft-0.kraft:9093", "SASL_SSL")
    named = Member("kraft-0", "kafka", member(100, **over_tls).facts, tool_settings="/mounted/client.properties")
    at, properties = quorum_security.tool_properties(CLIENT, "ns", 100, named)
    assert (properties.path, dict(properties.values)) == ("/mounted/client.properties", {})


def test_a_tool_that_gets_nothing(execs: Execs) -> None:
    wrong = LOGIN | {"listener.name.c.plain.sasl.jaas.config": f"m {CANARY};"}
    with pytest.raises(KraftError, match="is no JAAS configuration") as raised:
        quorum_security.tool_properties(CLIENT, "ns", 100, member(100, **wrong))
    assert CANARY not in raised.value.message
