# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a secured cluster shows of itself: logins, JAAS files, stores; and that nothing shows a secret."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, rollback
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import stage_name
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import journal
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import listener_logins
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import REDACTED
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import Changes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.versions import parse_ibp
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.source import FileSource
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import SECRET, STATEFUL_SET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    brokers,
    controller_checks,
    controllers,
    patches,
    security,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, Refused

from tests.unit.plugins.module_utils._core._settings.secured_brokers import PLAIN, PLAIN_JAAS, SASL, TLS
from tests.unit.plugins.module_utils._platform._statefulset.secured_scene import planned, scene, secret
from tests.unit.plugins.module_utils.fakes import FakeClient
from tests.unit.plugins.module_utils.scenes import cluster_with

KEY = "listener.name.controller.plain.sasl.jaas.config"
JAAS_FILE = secret("jaas", **{"jaas.conf": PLAIN_JAAS})


def test_the_login_comes_from_the_secret_that_the_user_names() -> None:
    cluster = scene(SASL, secret("kraft-login", username="kraft", password="canary"), controller_secret="kraft-login")
    found = security.of_controllers(cluster, SASL)
    assert listener_logins.logins(found.brokers[KEY])[0].options == {"username": "kraft", "password": "canary"}
    assert security.super_users(cluster, SASL, found) == {"super.users": "User:broker;User:admin;User:kraft"}


@pytest.mark.parametrize(
    ("objects", "words"),
    [
        ([], "Secret n/kraft-login does not exist, which kraft_controller_secret names; create it with the keys"),
        ([secret("kraft-login", username="kraft")], "names, has no text under the key password; it needs"),
        (
            [secret("kraft-login", username="kraft", password="\n")],
            "names, has no text under the key password; it needs",
        ),
        ([secret("kraft-login", x="y")], "names, has no text under the key username and none under password; it needs"),
    ],
)
def test_a_secret_that_is_named_has_to_be_there(objects: list[Any], words: str) -> None:
    with pytest.raises(Refused, match=words) as raised:
        security.wanted(scene(SASL, *objects, controller_secret="kraft-login"))
    assert raised.value.code == "secret-missing"


def test_the_line_end_that_echo_leaves_is_no_part_of_a_login() -> None:
    found = security.wanted(scene(SASL, secret("k", username="kraft\n", password=" p\r\n"), controller_secret="k"))
    assert found.credentials is not None
    assert (found.credentials.username, found.credentials.password) == ("kraft", " p")


def test_a_secret_that_may_not_be_read_is_said() -> None:
    cluster = scene(SASL, controller_secret="kraft-login")

    def forbidden(_name: str) -> None:
        raise Forbidden("the account may not get secrets")

    cluster.secret = forbidden
    with pytest.raises(Refused, match=r"may not get secrets$") as raised:
        security.wanted(cluster)
    assert raised.value.code == "permission-missing"


def test_super_users_of_the_user_and_nobody_anonymous() -> None:
    cluster = scene({"authorizer.class.name": "x"}, super_users=["User:ops"])
    plain = security.of_controllers(cluster, cluster.effective)
    assert plain.principal == "User:ANONYMOUS"
    assert security.super_users(cluster, cluster.effective, plain) == {"super.users": "User:ops"}
    assert security.super_users(cluster, {}, plain) == {}
    assert security.super_users(scene({}), {"authorizer.class.name": "x"}, plain) == {}


def test_files_are_found_where_pods_have_them() -> None:
    config_map = {"metadata": {"name": "c"}, "data": {"a": "text"}, "binaryData": {"b": "AAEC"}}
    cluster = scene(TLS, secret("tls", **{"ca.crt": "x"}))
    found = security.mounted(cluster, "/etc/kafka-tls/../kafka-tls/ca.crt")
    assert found == security.Mounted("Secret n/tls", b"x")
    for path, words in (
        ("/etc/kafka-tls/absent", "Secret n/tls has no key absent"),
        ("/etc/kafka-jaas/x", "Secret n/jaas does not exist"),
    ):
        read = security.mounted(cluster, path)
        assert isinstance(read, Unknown)
        assert words in read.why
    assert security.mounted(cluster, "/opt/x") is None
    cluster.config_maps = {"c": config_map}
    cluster.statefulsets[0]["spec"]["template"]["spec"]["volumes"][1] = {"name": "tls", "configMap": {"name": "c"}}
    assert security.mounted(cluster, "/etc/kafka-tls/b") == security.Mounted("ConfigMap n/c", bytes([0, 1, 2]))


# the controllers' settings


def secured(**changed: Any) -> Any:
    return scene(PLAIN | {"broker.id": "0"}, secret("jaas", **{"jaas.conf": PLAIN_JAAS}), **changed)


def test_secrets_of_variables_that_settings_need_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    provided = {
        "broker.id": "0",
        "zookeeper.connect": "zk",
        "config.providers": "env",
        "config.providers.env.class": "org.apache.kafka.common.config.provider.EnvVarConfigProvider",
        "password.encoder.secret": "${env:ENCODER}",
    }
    cluster = scene(provided, secret("jaas"), secret("variables", ENCODER="canary"))
    container = cluster.statefulsets[0]["spec"]["template"]["spec"]["containers"][0]
    container["envFrom"] = [
        {"configMapRef": {"name": "c"}},
        {"secretRef": {"name": "absent", "optional": True}},
        {"secretRef": {"name": "variables"}},
    ]
    objects = planned(monkeypatch, cluster)
    env = objects.statefulset["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "ENCODER", "valueFrom": {"secretKeyRef": {"name": "variables", "key": "ENCODER"}}} in env
    assert "canary" not in str(objects)

    def forbidden(_name: str) -> None:
        raise Forbidden("the account may not get secrets")

    cluster.secret = forbidden
    with pytest.raises(Unsupported, match="take a value from variable ENCODER"):
        planned(monkeypatch, cluster)


def test_secret_settings_need_a_permission_without_names(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = secured()
    objects = planned(monkeypatch, cluster)
    assert objects.settings["kind"] == "Secret"
    checked = controller_checks._PlannedControllers(cluster, objects)
    assert checked.permissions() == []
    cluster.client.allowed = lambda verb, resource, _sub: (verb, resource) != ("delete", "secrets")
    (found,) = checked.permissions()
    assert found.code == "permission-missing"
    assert "may not delete such Secrets" in found.sentence
    assert checked.dry_runs() == []
    plain = scene({"broker.id": "0", "zookeeper.connect": "zk"})
    assert controller_checks._PlannedControllers(plain, planned(monkeypatch, plain)).permissions() == []


def test_settings_go_into_a_secret_whose_predecessors_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = secured()
    controllers.create(cluster, planned(monkeypatch, cluster, "held"))
    cluster.controllers = cluster.client.get(STATEFUL_SET, "kafka-kraft", "n")
    assert controllers.secret_names(cluster) == []
    mounted: list[str] = []
    for stage in ("migrating", "final"):
        objects = planned(monkeypatch, cluster, stage)
        controllers.write(cluster, objects)
        cluster.controllers = cluster.client.get(STATEFUL_SET, "kafka-kraft", "n")
        mounted.insert(0, objects.settings["metadata"]["name"])
        made = cluster.client.get(SECRET, mounted[0], "n")
        assert (made["immutable"], made["metadata"]["labels"][names.LABEL_ROLE]) == (True, names.ROLE_CONTROLLER)
        flagless = controllers.would_lack_flag(cluster)
        assert bool(flagless) is (stage == "final")
        assert controllers.secret_names(cluster) == mounted
    assert f"Secret n/{mounted[0]}, which StatefulSet kafka-kraft mounts, no longer has" in flagless
    cluster.client.drop("Secret", "n", mounted[0])
    assert "is gone" in controllers.would_lack_flag(cluster)
    assert controllers.secret_names(cluster) == mounted[:1]


def test_a_rollback_deletes_the_secrets_of_the_controllers(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = secured()
    controllers.create(cluster, planned(monkeypatch, cluster, "held"))
    cluster.controllers = cluster.client.get(STATEFUL_SET, "kafka-kraft", "n")
    controllers.write(cluster, planned(monkeypatch, cluster))
    cluster.controllers = cluster.client.get(STATEFUL_SET, "kafka-kraft", "n")
    (name,) = controllers.secret_names(cluster)
    assert "canary" not in str(cluster.driver.controllers.diff("migrating"))
    deleted, left_alone = cluster.driver.controllers.remove()
    assert f"Secret/{name}" in deleted
    assert left_alone == []
    assert cluster.client.names("Secret") == ["jaas"]


def test_brokers_get_the_listener_the_login_and_the_super_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brokers, "target_version", lambda _cluster: parse_ibp("3.9"))
    monkeypatch.setattr(controllers, "voters_of", lambda _cluster: "1@a:1")
    monkeypatch.setattr(brokers, "cluster_id", lambda _cluster: ("id", ""))
    cluster = scene(SASL, secret("k", username="kraft", password="canary"), controller_secret="k")
    context = brokers._planning(cluster, "migration")[0]("migration", SASL)
    assert (context.controller_listener, context.controller_protocol) == ("CONTROLLER", "SASL_PLAINTEXT")
    assert context.security["super.users"] == "User:broker;User:admin;User:kraft"
    assert "canary" in context.security[KEY]
    assert "canary" not in repr(context)
    assert brokers._planning(cluster, "ibp")[0]("ibp", SASL).security == {}
    source = SimpleNamespace(given=dict, hidden=frozenset, template={}, kind="file")
    item = brokers.StagePlan({}, source, Changes(context.security), SimpleNamespace(template={}))  # type: ignore[arg-type]
    assert "canary" not in str(item.diff())
    assert KEY in str(item.diff())


def stage_file(stage: str, digest: str, text: str) -> dict[str, Any]:
    data = {"server.properties": base64.b64encode(text.encode()).decode()}
    name = stage_name("config", stage, digest)
    return {"kind": "Secret", "metadata": {"name": name, "namespace": "n"}, "data": data}


def patches_of(log: journal.Journal, *made: dict[str, Any], config_map: bool = True) -> list[dict[str, Any]]:
    metadata = {"name": "config", "namespace": "n"}
    original = {"kind": "ConfigMap", "metadata": metadata, "data": {"server.properties": "a=1\n"}}
    of_user = {**original, "kind": "Secret", "data": {"server.properties": base64.b64encode(b"a=1\n").decode()}}
    client = FakeClient(*made, *([] if config_map else [of_user]))
    cluster = cluster_with(client=client, journal=log, config_maps={"config": original} if config_map else {})
    source = FileSource(
        {"spec": {"containers": []}},
        cluster.config_maps,
        {},
        "kafka",
        "Secret",
        str(made[-1]["metadata"]["name"]),
        "server.properties",
    )
    return patches._file_patches(cluster, "kafka", source)


def test_the_patch_of_a_config_map_that_became_a_secret_shows_what_is_no_secret() -> None:
    log = journal.Journal("kafka", "id")
    digest, other = "0123456789abcdef" * 4, "fedcba9876543210" * 4

    def add(what: str, **event: Any) -> None:
        log.add("2026-09-21T14:00:00.000Z", "MIGRATE", "x", what, seconds=1, **event)

    add("written", stage="migration", settings_hash={"kafka": digest})
    made = stage_file("migration", digest, "a=2\nb.password=canary\n")
    for config_map, shown in ((True, "2"), (False, REDACTED)):
        (patch,) = patches_of(log, made, config_map=config_map)
        assert (
            patch["object"]
            == f"{'ConfigMap' if config_map else 'Secret'}/config: server.properties (StatefulSet/kafka)"
        )
        assert patch["set"] == {"a": shown, "b.password": REDACTED}
    # an attempt that was rolled back is no change any more
    add(rollback.COMPLETE)
    add("written", stage="migration", settings_hash={"kafka": digest})
    add("written", stage="kraft", settings_hash={"kafka": other})
    found = patches_of(log, made, stage_file("kraft", other, "a=3\n"))
    assert [(each["stage"], each["set"], each["removed"]) for each in found] == [
        ("migration", {"a": "2", "b.password": REDACTED}, []),
        ("kraft", {"a": "3"}, ["b.password"]),
    ]
