# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JAAS files and key stores of brokers, wherever they lie: in an object that the pods mount, in the image, in scratch space."""

from __future__ import annotations

import base64
from typing import Any, cast

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import security, security_checks
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError

from tests.unit.plugins.module_utils._core._settings.secured_brokers import PLAIN, PLAIN_JAAS, SASL, TLS
from tests.unit.plugins.module_utils._platform._statefulset.secured_scene import JAAS_OPTION, scene, secret

MOUNTED = "/etc/kafka-jaas/jaas.conf"
ELSEWHERE = "/opt/kafka/config/jaas.conf"


@pytest.fixture(autouse=True)
def no_zookeeper(monkeypatch: pytest.MonkeyPatch) -> None:
    def unanswered(_session: Any, **_options: Any) -> Any:
        raise KraftError("no ZooKeeper answers")

    monkeypatch.setattr(security_checks, "read_acls", unanswered)


def named(path: str) -> tuple[str, ...]:
    return ("-Xmx1g", JAAS_OPTION.replace(MOUNTED, path))


def with_volume(cluster: Any, volume: dict[str, Any]) -> Any:
    """The same brokers, with another volume at /etc/kafka-jaas."""
    cluster.statefulsets[0]["spec"]["template"]["spec"]["volumes"][0] = {"name": "jaas", **volume}
    return cluster


def no_secrets(cluster: Any) -> Any:
    def forbidden(_name: str) -> None:
        raise Forbidden("the account may not get secrets")

    cluster.secret = forbidden
    return cluster


# where a file comes from


def test_a_file_comes_from_the_object_that_is_mounted_there() -> None:
    cluster = scene(TLS, secret("tls", **{"ca.crt": "x"}), files={"/etc/kafka-tls/ca.crt": b"older"})
    assert security.file_content(cluster, "/etc/kafka-tls/../kafka-tls/ca.crt") == b"x"
    cluster.config_maps = {"c": {"metadata": {"name": "c"}, "data": {"a": "text"}, "binaryData": {"b": "AAEC"}}}
    with_volume(cluster, {"configMap": {"name": "c"}})
    assert security.file_content(cluster, "/etc/kafka-jaas/a") == b"text"
    assert security.file_content(cluster, "/etc/kafka-jaas/b") == b"\0\1\2"
    coded = {"kind": "Secret", "metadata": {"name": "tls", "namespace": "n"}, "data": {"k.p12": "AAEC"}}
    assert security.file_content(scene(TLS, coded), "/etc/kafka-tls/k.p12") == b"\0\1\2"
    assert not cluster.asked


@pytest.mark.parametrize(
    ("objects", "words"),
    [([], "Secret n/jaas does not exist"), ([secret("jaas", other="x")], "Secret n/jaas has no key jaas.conf")],
)
def test_a_file_that_its_object_lacks_is_missing_although_running_brokers_have_it(
    objects: list[Any], words: str
) -> None:
    cluster = scene(PLAIN, *objects, files={MOUNTED: PLAIN_JAAS.encode()})
    assert security.file_content(cluster, MOUNTED) == Unknown(words)
    assert not cluster.asked


def test_of_several_objects_at_one_place_one_has_it() -> None:
    sources = [{"secret": {"name": name, "optional": True}} for name in ("absent", "jaas")]
    cluster = with_volume(scene(PLAIN, secret("jaas", **{"jaas.conf": "x"})), {"projected": {"sources": sources}})
    assert security.file_content(cluster, MOUNTED) == b"x"
    assert security.file_content(cluster, "/etc/kafka-jaas/y") == Unknown(
        "Secret n/absent does not exist and Secret n/jaas has no key y"
    )


@pytest.mark.parametrize(
    ("path", "volume"),
    [
        (ELSEWHERE, {}),
        # rendered by an init container
        (MOUNTED, {"emptyDir": {}}),
        (MOUNTED, {"csi": {"driver": "secrets-store.csi.k8s.io"}}),
        (MOUNTED, {"projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}),
    ],
)
def test_a_file_of_no_object_is_read_in_a_pod(path: str, volume: dict[str, Any]) -> None:
    cluster = with_volume(scene(PLAIN, files={path: PLAIN_JAAS.encode()}), volume)
    cluster.facts["kafka-0"].options = named(path)
    found = security.of_controllers(cluster, PLAIN)
    assert found.principal == "User:broker"
    assert security.super_users(cluster, PLAIN, found) == {"super.users": "User:broker;User:admin"}
    assert set(cluster.asked) == {path}
    assert security_checks.findings(cluster) == []
    assert "canary" not in repr(found)


def test_a_file_of_a_secret_that_may_not_be_read_is_read_in_a_pod() -> None:
    cluster = no_secrets(scene(PLAIN, files={MOUNTED: PLAIN_JAAS.encode()}))
    assert security.of_controllers(cluster, PLAIN).principal == "User:broker"
    assert cluster.asked == [MOUNTED]


# JAAS files


def test_where_the_jaas_file_is() -> None:
    cluster = scene(PLAIN)
    assert security.jaas_path(cluster) == MOUNTED, "no running broker names one: the template does"
    cluster.facts["kafka-0"].options = (*named("/old"), *named("=file:/opt/other.conf"))
    assert security.jaas_path(cluster) == "/opt/other.conf"
    cluster.facts = {"kafka-0": Unknown("it does not run")}
    assert security.jaas_path(cluster) == MOUNTED
    container = cluster.statefulsets[0]["spec"]["template"]["spec"]["containers"][0]
    container["env"] = [{"name": "KAFKA_OPTS", "value": f'"{JAAS_OPTION}"'}]
    assert security.jaas_path(cluster) == MOUNTED
    container["env"] = []
    assert security.jaas_path(cluster) == ""


def test_the_login_of_brokers_comes_from_their_jaas_file() -> None:
    cluster = scene(PLAIN, secret("jaas", **{"jaas.conf": PLAIN_JAAS}))
    found = security.of_controllers(cluster, PLAIN)
    assert found.principal == "User:broker"
    assert security.super_users(cluster, PLAIN, found) == {"super.users": "User:broker;User:admin"}
    cluster.facts["kafka-0"].options = named(ELSEWHERE)
    with pytest.raises(Unsupported, match=rf"their JAAS file \({ELSEWHERE} is not in pod n/kafka-0\): set") as raised:
        security.of_controllers(cluster, PLAIN)
    assert raised.value.code == "controller-login-missing"


def test_nothing_is_read_where_no_file_has_the_login() -> None:
    """A setting has it, or nobody logs in."""
    for effective in (SASL, TLS, {}):
        cluster = no_secrets(scene(effective))
        assert security.jaas_text(cluster, effective) == ""
        assert not cluster.asked


def test_a_login_that_could_not_be_read_is_no_login_without_one() -> None:
    """The principal of brokers is not known then, and nothing else is taken for it."""
    login = secret("k", username="kraft", password="canary")
    cluster = with_volume(scene(PLAIN, login, controller_secret="k"), {"emptyDir": {}})
    found = security.of_controllers(cluster, PLAIN)
    assert security.super_users(cluster, PLAIN, found) == {"super.users": "User:broker;User:admin;User:kraft"}
    both = security_checks.jaas_findings(cluster) + security_checks.findings(cluster)
    listed = {item.code: item for item in both}
    assert set(listed) == {"jaas-file-missing", "super-user-unknown", "super-user-added"}
    assert listed["jaas-file-missing"].blocking
    assert f"{MOUNTED}, which could not be read: {MOUNTED} is not in pod n/kafka-0; put" in (
        listed["jaas-file-missing"].sentence
    )
    assert "canary" not in str(listed)


def test_a_jaas_file_that_is_not_where_the_option_says() -> None:
    login = secret("kraft-login", username="broker", password="p")
    for effective in (SASL, {}):
        cluster = scene(effective, secret("jaas", other="x"), login, controller_secret="kraft-login")
        (found,) = security_checks.jaas_findings(cluster)
        assert found.code == "jaas-file-missing"
        assert f"{MOUNTED}, where no file is any more: Secret n/jaas has no key jaas.conf;" in found.sentence
    assert security_checks.jaas_findings(scene(PLAIN, secret("jaas", **{"jaas.conf": PLAIN_JAAS}))) == []


# stores


def test_each_form_of_a_store_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security_checks, "read_pem", lambda text: f"pem {text}")
    monkeypatch.setattr(
        security_checks, "read_store", lambda data, password, kind: f"{kind} {data.decode()} {password}"
    )
    data = {"keystore.p12": base64.b64encode(b"P12").decode(), "tls-combined.pem": base64.b64encode(b"PEM").decode()}
    secrets = {"kind": "Secret", "metadata": {"name": "tls", "namespace": "n"}, "data": data}
    cluster = scene(TLS, secrets, files={"/opt/x.jks": b"JKS"})
    where, certificate_of = "/etc/kafka-tls/", cast("Any", security_checks.certificate)
    assert certificate_of(cluster, TLS, "CLIENT") == (f"{where}tls-combined.pem", "PEM PEM ")
    assert certificate_of(cluster, TLS, "REPLICATION") == (f"{where}keystore.p12", "PKCS12 P12 canary-store")
    # in the image, or made by an init container
    image = {"ssl.keystore.location": "/opt/x.jks", "ssl.keystore.type": "jks"}
    assert certificate_of(cluster, image, "X") == ("/opt/x.jks", "JKS JKS ")
    path, read = certificate_of(cluster, {"ssl.keystore.location": "/opt/y.p12"}, "X")
    assert (path, read) == ("/opt/y.p12", Unknown("/opt/y.p12 is not in pod n/kafka-0"))
    chain = certificate_of(cluster, image | {"ssl.keystore.certificate.chain": "C"}, "X")
    assert chain == ("ssl.keystore.certificate.chain", "pem C")


@pytest.mark.parametrize("key", ["ssl.keystore.certificate.chain", "ssl.keystore.location"])
def test_what_a_config_provider_gives_is_not_looked_for(key: str) -> None:
    cluster = scene(TLS)
    _where, read = security_checks.certificate(cluster, {key: "${file:/x:y}"}, "X")
    assert read == Unknown("a config provider fills it in when Kafka starts, and it is not known before")
    assert not cluster.asked


def test_a_password_of_a_config_provider_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    answers: list[Any] = [Unknown("it is no PKCS #12 store, or its password is wrong"), "certificate"]

    def read(_data: bytes, password: str, _kind: str) -> Any:
        tried.append(password)
        return answers.pop(0)

    monkeypatch.setattr(security_checks, "read_store", read)
    cluster = scene(TLS, files={"/opt/x": b"x"})
    settings = {"ssl.keystore.location": "/opt/x", "ssl.keystore.password": "${file:/x:canary}"}
    refused = security_checks.certificate(cluster, settings, "X")[1]
    assert refused == Unknown("a config provider fills it in when Kafka starts: its password")
    assert security_checks.certificate(cluster, settings, "X")[1] == cast("Any", "certificate"), "none is needed"
    assert tried == ["", ""]
