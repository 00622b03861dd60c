# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each stage's settings follow Kafka's documented procedure, and asking twice changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.controller_settings import (
    ControllerContext,
    controller_settings,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import (
    BrokerContext,
    BrokerStage,
    Changes,
    broker_changes,
    controller_listener_name,
    ignored_in_kraft,
    inter_broker_listener,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.versions import parse_ibp
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

from tests.unit.plugins.module_utils._core._settings.secured_brokers import SASL, TLS
from tests.unit.plugins.module_utils._core.core_manifests import FILE_EFFECTIVE

VOTERS_3 = "1000@k-0.k.ns.svc:9093,1001@k-1.k.ns.svc:9093,1002@k-2.k.ns.svc:9093"
BROKER = FILE_EFFECTIVE
CONTEXT = BrokerContext(target=parse_ibp("3.9"), voters=VOTERS_3, broker_ids=(0, 1, 2))
JAAS_KEY = "listener.name.controller.plain.sasl.jaas.config"
DEFAULT_MAP = "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL"


def test_the_migration_stage_of_a_plain_broker() -> None:
    changes = broker_changes("migration", BROKER, CONTEXT)
    assert changes.set == {
        "zookeeper.metadata.migration.enable": "true",
        "controller.quorum.voters": VOTERS_3,
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": DEFAULT_MAP,
    }
    assert changes.remove == ()
    assert changes


def test_the_kraft_stage_of_a_migrating_broker() -> None:
    migrating = broker_changes("migration", BROKER, CONTEXT).applied_to(BROKER)
    changes = broker_changes("kraft", migrating, CONTEXT)
    assert changes.set == {"process.roles": "broker"}
    assert set(changes.remove) == {
        "zookeeper.connect",
        "zookeeper.metadata.migration.enable",
        "inter.broker.protocol.version",
    }
    kraft = changes.applied_to(migrating)
    assert kraft["broker.id"] == "1"  # Kafka fills node.id from it
    assert kraft["controller.quorum.voters"] == VOTERS_3
    assert not [key for key in kraft if key.startswith("zookeeper.")]


@pytest.mark.parametrize("stage", ["ibp", "migration", "kraft"])
@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"log.dirs": "/a,/b", "control.plane.listener.name": "CP", "listeners": "CP://:9090,PLAINTEXT://:9092"},
        {"zookeeper.metadata.migration.enable": "TRUE", "inter.broker.protocol.version": " 3.9-IV0 "},
    ],
)
def test_asking_twice_changes_nothing(stage: BrokerStage, extra: dict[str, str]) -> None:
    after = broker_changes(stage, BROKER | extra, CONTEXT).applied_to(BROKER | extra)
    assert not broker_changes(stage, after, CONTEXT)


@pytest.mark.parametrize(
    ("have", "wanted"),
    [
        ("3.9", {}),
        ("3.9-IV0", {}),
        ("3.5", {"inter.broker.protocol.version": "3.9"}),
        ("rubbish", {"inter.broker.protocol.version": "3.9"}),
        (None, {"inter.broker.protocol.version": "3.9"}),
    ],
)
def test_the_level_is_compared_as_level_not_as_text(have: str | None, wanted: dict[str, str]) -> None:
    effective = {key: value for key, value in BROKER.items() if key != "inter.broker.protocol.version"}
    if have:
        effective["inter.broker.protocol.version"] = have
    assert broker_changes("ibp", effective, CONTEXT) == Changes(wanted)


def test_the_level_rides_on_the_migration_roll() -> None:
    changes = broker_changes("migration", BROKER | {"inter.broker.protocol.version": "3.5"}, CONTEXT)
    assert changes.set["inter.broker.protocol.version"] == "3.9"


@pytest.mark.parametrize(
    ("own", "wanted"),
    [
        ("PLAINTEXT:PLAINTEXT,EXT:SSL", "PLAINTEXT:PLAINTEXT,EXT:SSL,CONTROLLER:PLAINTEXT"),
        ("Controller:PLAINTEXT, PLAINTEXT:PLAINTEXT", None),
        (" ", DEFAULT_MAP),
    ],
)
def test_the_protocol_map_becomes_explicit_and_keeps_what_it_says(own: str, wanted: str | None) -> None:
    changes = broker_changes("migration", BROKER | {"listener.security.protocol.map": own}, CONTEXT)
    assert changes.set.get("listener.security.protocol.map") == wanted


@pytest.mark.parametrize("key", ["log.dirs", "log.dir"])
def test_the_metadata_directory_is_pinned_when_there_are_several(key: str) -> None:
    effective = {name: value for name, value in BROKER.items() if name != "log.dirs"} | {key: "/b, /a"}
    changes = broker_changes("migration", effective, CONTEXT)
    assert changes.set["metadata.log.dir"] == "/b"
    assert "metadata.log.dir" in changes.notes[0]
    # what the start command fills may be another directory for each broker
    filled = BrokerContext(**{**CONTEXT.__dict__, "fixed": frozenset({key})})
    assert "metadata.log.dir" not in broker_changes("migration", effective, filled).set
    kept = broker_changes("migration", effective | {"metadata.log.dir": "/m"}, CONTEXT)
    assert "metadata.log.dir" not in kept.set
    assert kept.notes == ()


@pytest.mark.parametrize(
    ("extra", "wanted"),
    [
        ({}, "1500"),
        ({"reserved.broker.max.id": "1200"}, "1500"),
        ({"reserved.broker.max.id": "rubbish"}, "1500"),
        ({"reserved.broker.max.id": "2000"}, None),
        ({"broker.id.generation.enable": "false"}, None),
    ],
)
def test_high_broker_ids_pass_the_check_at_start(extra: dict[str, str], wanted: str | None) -> None:
    context = BrokerContext(target=parse_ibp("3.9"), voters=VOTERS_3, broker_ids=(7, 1500))
    assert broker_changes("migration", BROKER | extra, context).set.get("reserved.broker.max.id") == wanted


def test_what_only_zookeeper_mode_knows_goes_with_the_kraft_stage() -> None:
    only = {
        "zookeeper.session.timeout.ms": "18000",
        "zookeeper.ssl.client.enable": "false",
        "broker.id.generation.enable": "false",
        "reserved.broker.max.id": "2000",
        "log.message.format.version": "3.0",
        "authorizer.zookeeper.url": "zk2:2181",
        "password.encoder.secret": "x",
    }
    assert set(only) <= set(broker_changes("kraft", BROKER | only, CONTEXT).remove)
    for key in only:
        assert ignored_in_kraft(key)


def test_the_flag_and_the_control_plane_must_not_be_left_over() -> None:
    assert not ignored_in_kraft("zookeeper.metadata.migration.enable")
    assert not ignored_in_kraft("control.plane.listener.name")


@pytest.mark.parametrize("name", ["kafka.security.authorizer.AclAuthorizer", "kafka.security.auth.SimpleAclAuthorizer"])
def test_the_authorizer_changes_with_the_kraft_stage(name: str) -> None:
    effective = BROKER | {"authorizer.class.name": name}
    standard = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
    assert "authorizer.class.name" not in broker_changes("migration", effective, CONTEXT).set
    assert broker_changes("kraft", effective, CONTEXT).set["authorizer.class.name"] == standard


CONTROL_PLANE = BROKER | {
    "control.plane.listener.name": "CONTROLLER",
    "listeners": "CONTROLLER://:9090, PLAINTEXT://:9092",
    "advertised.listeners": "PLAINTEXT://kafka-1:9092,controller://kafka-1:9090",
}


def test_the_control_plane_listener_goes_with_the_kraft_stage() -> None:
    changes = broker_changes("kraft", CONTROL_PLANE, CONTEXT)
    assert "control.plane.listener.name" in changes.remove
    assert changes.set["listeners"] == "PLAINTEXT://:9092"
    assert changes.set["advertised.listeners"] == "PLAINTEXT://kafka-1:9092"
    assert "control.plane.listener.name" not in broker_changes("migration", CONTROL_PLANE, CONTEXT).remove


def test_a_control_plane_listener_that_the_start_command_opens_stays_as_an_ordinary_one() -> None:
    context = BrokerContext(target=parse_ibp("3.9"), voters=VOTERS_3, fixed=frozenset({"advertised.listeners"}))
    changes = broker_changes("kraft", CONTROL_PLANE, context)
    assert "control.plane.listener.name" in changes.remove
    assert "listeners" not in changes.set
    assert "CONTROLLER" in changes.notes[0]


@pytest.mark.parametrize(
    ("effective", "name"),
    [
        (BROKER, "CONTROLLER"),
        ({}, "CONTROLLER"),
        (CONTROL_PLANE, "KRAFT"),
        ({"listeners": "Controller://:1,KRAFT://:2"}, "KRAFTCONTROLLER"),
        (CONTROL_PLANE | {"controller.listener.names": "QUORUM,X"}, "QUORUM"),
        ({"listener.security.protocol.map": "controller:SSL,PLAINTEXT:PLAINTEXT"}, "KRAFT"),
        ({"listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT"}, "CONTROLLER"),
    ],
)
def test_the_controller_listener_collides_with_no_broker_listener(effective: dict[str, str], name: str) -> None:
    assert controller_listener_name(effective) == name


def test_no_name_left_for_the_controller_listener() -> None:
    with pytest.raises(Unsupported) as caught:
        controller_listener_name({"listeners": "CONTROLLER://:1,KRAFT://:2,KRAFTCONTROLLER://:3"})
    assert caught.value.code == "setting-blocks"


@pytest.mark.parametrize(
    ("effective", "name"),
    [
        ({"inter.broker.listener.name": "INT"}, "INT"),
        ({"security.inter.broker.protocol": "SSL"}, "SSL"),
        ({}, "PLAINTEXT"),
    ],
)
def test_inter_broker_listener(effective: dict[str, str], name: str) -> None:
    assert inter_broker_listener(effective) == name


CONTROLLERS = ControllerContext(target=parse_ibp("3.9"), voters=VOTERS_3, log_dir="/var/lib/kraft/data")


def test_migrating_controllers_of_plain_brokers() -> None:
    assert controller_settings("migrating", BROKER, CONTROLLERS) == {
        "process.roles": "controller",
        "controller.quorum.voters": VOTERS_3,
        "controller.listener.names": "CONTROLLER",
        "listeners": "CONTROLLER://:9093",
        "listener.security.protocol.map": DEFAULT_MAP,
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": "/var/lib/kraft/data",
        "zookeeper.metadata.migration.enable": "true",
        "zookeeper.connect": "zookeeper:2181/kafka",
        "inter.broker.protocol.version": "3.9",
        "default.replication.factor": "3",
        "min.insync.replicas": "2",
    }


def test_final_controllers_know_no_zookeeper() -> None:
    final = controller_settings(
        "final", BROKER | {"zookeeper.set.acl": "true", "password.encoder.secret": "x"}, CONTROLLERS
    )
    assert not [key for key in final if key.startswith(("zookeeper.", "password."))]
    assert "inter.broker.protocol.version" not in final
    assert final["process.roles"] == "controller"


def test_controllers_take_over_what_they_evaluate_and_what_they_need_as_clients() -> None:
    carried = {
        "num.partitions": "12",
        "auto.leader.rebalance.enable": "false",
        "create.topic.policy.class.name": "com.example.Policy",
        "super.users": "User:kafka",
        "zookeeper.session.timeout.ms": "18000",
        "zookeeper.clientCnxnSocket": "x",
        "password.encoder.secret": "s",
        "ssl.truststore.location": "/tls/t.p12",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "listener.name.internal.ssl.keystore.location": "/tls/k.p12",
        "listener.name.controller.ssl.client.auth": "required",
    }
    left = {
        "listener.name.external.ssl.keystore.location": "/tls/e.p12",
        "log.retention.ms": "1",
        "node.id": "1",
        "broker.rack": "a",
        "metric.reporters": "com.example.Reporter",
        "control.plane.listener.name": "CP",
    }
    between = {"inter.broker.listener.name": "INTERNAL", "listener.security.protocol.map": "INTERNAL:SASL_SSL"}
    broker = BROKER | carried | left | between
    settings = controller_settings("migrating", broker, CONTROLLERS)
    assert carried.items() <= settings.items()
    assert not left.keys() & settings.keys()
    assert settings["log.dirs"] == "/var/lib/kraft/data"
    for key in ("advertised.listeners", "broker.id"):
        assert key not in settings


@pytest.mark.parametrize(
    ("own", "wanted"),
    [
        ("kafka.security.authorizer.AclAuthorizer", "org.apache.kafka.metadata.authorizer.StandardAuthorizer"),
        ("com.example.Authorizer", "com.example.Authorizer"),
    ],
)
def test_controllers_use_the_kraft_authorizer_from_the_start(own: str, wanted: str) -> None:
    settings = controller_settings("migrating", BROKER | {"authorizer.class.name": own}, CONTROLLERS)
    assert settings["authorizer.class.name"] == wanted


def test_the_flag_of_migrating_brokers_never_reaches_final_controllers() -> None:
    migrating = broker_changes("migration", BROKER, CONTEXT).applied_to(BROKER)
    assert "zookeeper.metadata.migration.enable" not in controller_settings("final", migrating, CONTROLLERS)


def test_controllers_need_to_know_zookeeper() -> None:
    kraft = broker_changes("kraft", BROKER, CONTEXT).applied_to(BROKER)
    with pytest.raises(Unsupported) as caught:
        controller_settings("migrating", kraft, CONTROLLERS)
    assert caught.value.code == "setting-blocks"
    known = ControllerContext(parse_ibp("3.9"), VOTERS_3, "/d", zookeeper_connect="zk:2181/x")
    assert controller_settings("migrating", kraft, known)["zookeeper.connect"] == "zk:2181/x"


def test_the_authorizer_and_super_users_follow_the_stages_and_back() -> None:
    effective = BROKER | {"authorizer.class.name": "kafka.security.authorizer.AclAuthorizer", "super.users": "User:a"}
    context = BrokerContext(
        target=parse_ibp("3.9"),
        voters=VOTERS_3,
        controller_protocol="SASL_PLAINTEXT",
        security={"super.users": "User:a;User:kraft", "sasl.mechanism.controller.protocol": "PLAIN"},
    )
    assert "super.users" not in broker_changes("ibp", effective, context).set
    migrating = broker_changes("migration", effective, context).applied_to(effective)
    assert migrating["super.users"] == "User:a;User:kraft"
    assert migrating["authorizer.class.name"] == "kafka.security.authorizer.AclAuthorizer"
    assert migrating["listener.security.protocol.map"].startswith("CONTROLLER:SASL_PLAINTEXT,")
    kraft = broker_changes("kraft", migrating, context).applied_to(migrating)
    assert kraft["authorizer.class.name"] == "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
    assert kraft["super.users"] == "User:a;User:kraft"
    assert "PLAIN" not in repr(broker_changes("migration", effective, context))


def test_controllers_are_clients_of_brokers_and_of_zookeeper_with_the_same_credentials() -> None:
    """Everything that a login, a certificate or an encrypted value needs; ZooKeeper's only while migrating."""
    context = ControllerContext(
        target=parse_ibp("3.9"),
        voters=VOTERS_3,
        log_dir="/d",
        controller_protocol="SASL_PLAINTEXT",
        security={"super.users": "User:broker;User:admin;User:kraft", JAAS_KEY: "login"},
    )
    found = controller_settings("migrating", SASL, context)
    kept = {
        "listener.name.client.scram-sha-512.sasl.jaas.config",
        "sasl.mechanism.inter.broker.protocol",
        "allow.everyone.if.no.acl.found",
        "zookeeper.set.acl",
        "password.encoder.secret",
        "delegation.token.secret.key",
    }
    assert {key: found.get(key) for key in kept} == {key: SASL[key] for key in kept}
    assert found["listener.security.protocol.map"].endswith(",CONTROLLER:SASL_PLAINTEXT")
    assert found["super.users"] == "User:broker;User:admin;User:kraft"
    assert found[JAAS_KEY] == "login"
    assert found["authorizer.class.name"] == "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
    final = controller_settings("final", SASL, context)
    assert found.keys() - final.keys() == {
        "zookeeper.metadata.migration.enable",
        "zookeeper.connect",
        "inter.broker.protocol.version",
        "zookeeper.set.acl",
        "password.encoder.secret",
        "listener.name.client.scram-sha-512.sasl.jaas.config",
    }
    tls = controller_settings("migrating", TLS, ControllerContext(parse_ibp("3.9"), VOTERS_3, "/d"))
    for key in ("zookeeper.ssl.keystore.password", "zookeeper.clientCnxnSocket", "ssl.principal.mapping.rules"):
        assert tls[key] == TLS[key]
    assert (
        tls["listener.name.replication.ssl.keystore.password"] == TLS["listener.name.replication.ssl.keystore.password"]
    )


OTHERS = {
    # of clients, on the brokers' own listener and on another one
    "listener.name.client.plain.sasl.jaas.config": "canary",
    "listener.name.client.scram-sha-512.sasl.server.callback.handler.class": "com.example.Checks",
    "listener.name.client.principal.builder.class": "com.example.Builder",
    "listener.name.internal.plain.sasl.jaas.config": "canary",
    "listener.name.public.ssl.keystore.password": "canary",
    # Kafka does not take a login from here
    "sasl.jaas.config": "canary",
}


@pytest.mark.parametrize("stage", ["migrating", "final"])
def test_controllers_get_nothing_that_is_for_others(stage: Any) -> None:
    context = ControllerContext(parse_ibp("3.9"), VOTERS_3, "/d", controller_protocol="SASL_PLAINTEXT")
    stores = {"ssl.keystore.location": "/public.p12", "ssl.keystore.password": "canary"}
    found = controller_settings(stage, SASL | OTHERS | stores, context)
    assert not found.keys() & (OTHERS | stores).keys(), "no listener that they know has TLS"
    assert found["sasl.mechanism.inter.broker.protocol"] == "SCRAM-SHA-512"
    assert found["sasl.enabled.mechanisms"] == SASL["sasl.enabled.mechanisms"], "Kafka compares the two at the start"
    plain = controller_settings(stage, BROKER | stores | {"sasl.enabled.mechanisms": "PLAIN"}, CONTROLLERS)
    assert not [key for key in plain if key.startswith(("ssl.", "sasl."))]
    own = "listener.name.client.sasl.enabled.mechanisms"
    assert controller_settings(stage, SASL | {own: "SCRAM-SHA-512"}, context)[own] == "SCRAM-SHA-512"


def test_stores_for_all_listeners_come_along_for_whoever_uses_them() -> None:
    stores = {key: value for key, value in TLS.items() if key.startswith("ssl.")}
    between = TLS | {"listener.security.protocol.map": "CLIENT:SSL,REPLICATION:SSL"}
    for controllers, migrating, final in (("PLAINTEXT", True, False), ("SSL", True, True), ("SASL_SSL", True, True)):
        context = ControllerContext(parse_ibp("3.9"), VOTERS_3, "/d", controller_protocol=controllers)
        found = controller_settings("migrating", between, context)
        assert (stores.items() <= found.items()) is migrating
        assert (stores.items() <= controller_settings("final", between, context).items()) is final


def test_of_a_login_at_brokers_controllers_get_only_what_a_client_needs() -> None:
    """The passwords of all users of PLAIN are in the same text."""
    module = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    key = "listener.name.internal.plain.sasl.jaas.config"
    text = f'{module} username="b" password="p" user_b="p" user_admin="canary";'
    plain = SASL | {
        "inter.broker.listener.name": "INTERNAL",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        key: text,
    }
    context = ControllerContext(parse_ibp("3.9"), VOTERS_3, "/d", controller_protocol="SASL_PLAINTEXT")
    assert controller_settings("migrating", plain, context)[key] == f'{module} username="b" password="p";'
    for kept in (f"{module} username=b password=p;", "${file:/x:y}", f"{text} {text}", "a.B required user_x=y;"):
        assert controller_settings("migrating", plain | {key: kept}, context)[key] == kept
