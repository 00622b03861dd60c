# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secured brokers through every stage, as it is written over the one before: nothing is planned twice, nothing secret is left open."""

from __future__ import annotations

import base64
import copy
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, stages
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.marks import template_annotation
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.versions import parse_ibp
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import STATEFUL_SET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    brokers,
    controllers,
    originals,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.originals import Original

from tests.unit.plugins.module_utils._core._settings.secured_brokers import PLAIN, PLAIN_JAAS, SASL, TLS
from tests.unit.plugins.module_utils.fakes import PARAMS, FakeClient, statefulset
from tests.unit.plugins.module_utils.scenes import cluster_with

VOTERS = "1000@kafka-kraft-0.kafka-kraft.n.svc:9093"
IBP = {"inter.broker.protocol.version": "3.9", "broker.id": "0"}
LOGIN = {
    "kind": "Secret",
    "metadata": {"name": "k", "namespace": "n"},
    "stringData": {"username": "kraft", "password": "canary-$k"},
}
JAAS = {"kind": "Secret", "metadata": {"name": "jaas", "namespace": "n"}, "stringData": {"jaas.conf": PLAIN_JAAS}}


class Secured:
    """A cluster whose pods run whatever was written last."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, effective: dict[str, str], *, env: bool, secret: str | None
    ) -> None:
        for module in (brokers, controllers):
            monkeypatch.setattr(module, "target_version", lambda _cluster: parse_ibp("3.9"))
            monkeypatch.setattr(module, "cluster_id", lambda _cluster: ("cluster-id", ""))
        monkeypatch.setattr(controllers, "voters_of", lambda _cluster: VOTERS)
        self.effective, self.env = {**effective, **IBP}, env
        item = statefulset("kafka")
        pod = item["spec"]["template"]["spec"]
        target = pod["containers"][0]
        pod["volumes"] = [{"name": "jaas", "secret": {"secretName": "jaas"}}]
        target["volumeMounts"] = [{"name": "jaas", "mountPath": "/etc/kafka-jaas"}]
        option = {"name": "KAFKA_OPTS", "value": "-Djava.security.auth.login.config=/etc/kafka-jaas/jaas.conf"}
        if env:
            target["image"] = "confluentinc/cp-kafka:7.9.0"
            target["env"] = [option, *self._variables()]
        else:
            target["command"] = ["sh", "-c", "exec kafka-server-start.sh /config/server.properties"]
            target["env"] = [option]
            pod["volumes"].append({"name": "config", "configMap": {"name": "config"}})
            target["volumeMounts"].append({"name": "config", "mountPath": "/config"})
        text = "".join(f"{key}={value}\n" for key, value in self.effective.items())
        config_map = {
            "kind": "ConfigMap",
            "metadata": {"name": "config", "namespace": "n"},
            "data": {"server.properties": text},
        }
        self.client = FakeClient(copy.deepcopy(LOGIN), copy.deepcopy(JAAS), self._hidden(), item)
        self.original = Original(item["spec"]["template"], self.effective)
        self.cluster: Any = cluster_with(
            client=self.client,
            controllers=None,
            config_maps={} if env else {"config": config_map},
            container="kafka",
            params={**PARAMS, "controller_secret": secret, "dns_ttl": 0},
        )
        self.runs(self.effective)

    def _variables(self) -> list[dict[str, Any]]:
        found = []
        for key, value in self.effective.items():
            name = "KAFKA_" + key.replace("-", "__").replace(".", "_").upper()
            if "jaas" in key or key.endswith((".password", ".secret", ".key")):
                found.append({"name": name, "valueFrom": {"secretKeyRef": {"name": "settings", "key": name}}})
            else:
                found.append({"name": name, "value": value})
        return found

    def _hidden(self) -> dict[str, Any]:
        return {"kind": "Secret", "metadata": {"name": "settings", "namespace": "n"}, "stringData": {"x": "y"}}

    def runs(self, settings: dict[str, str]) -> None:
        """Every broker is restarted and runs with these settings."""
        self.cluster.effective = dict(settings)
        read = SimpleNamespace(
            settings=dict(settings),
            config_path="" if self.env else "/config/server.properties",
            options=(),
            version="3.9.2",
        )
        self.cluster.facts = {"kafka-0": read}
        self.cluster.statefulsets = [self.client.get(STATEFUL_SET, "kafka", "n")]

    def plan(self, stage: Any) -> brokers.StagePlan:
        (item,) = (
            brokers.plan_return(self.cluster, stage)
            if stage in stages.BACK
            else brokers.plan_stage(self.cluster, stage)
        )
        return item

    def write(self, stage: Any) -> tuple[str, dict[str, str]]:
        """Write a stage; returns its hash, and the settings that brokers have when they are restarted."""
        item = self.plan(stage)
        open_text = str(item.written.template) + item.written.diff_text + str(item.diff()) + repr(item.changes)
        assert "canary" not in open_text
        for body in item.written.objects_to_create:
            if body["kind"] == "ConfigMap":
                assert "canary-$k" not in str(body)
        running = self.original.effective if stage in stages.BACK else self.cluster.effective
        settings = item.changes.applied_to(item.source.configured(running))
        brokers.write_stage(self.cluster, item)
        self.cluster.statefulsets = [self.client.get(STATEFUL_SET, "kafka", "n")]
        return template_annotation(self.cluster.statefulsets[0], names.SETTINGS_HASH), settings


@pytest.mark.parametrize("env", [False, True])
@pytest.mark.parametrize(
    ("effective", "secret", "protocol"),
    [(SASL, "k", "SASL_PLAINTEXT"), (PLAIN, None, "SASL_PLAINTEXT"), (TLS, None, "SSL")],
    ids=["scram", "plain", "tls"],
)
def test_forward_and_back(
    monkeypatch: pytest.MonkeyPatch, env: bool, effective: dict[str, str], secret: str | None, protocol: str
) -> None:
    scene = Secured(monkeypatch, effective, env=env, secret=secret)
    monkeypatch.setattr(originals, "load", lambda _cluster: {"kafka": scene.original})
    before = copy.deepcopy(scene.cluster.statefulsets[0]["spec"]["template"])
    digest, migrating = scene.write("migration")
    assert migrating["listener.security.protocol.map"].endswith(f",CONTROLLER:{protocol}")
    assert migrating["authorizer.class.name"].endswith("AclAuthorizer")
    assert migrating["super.users"] == "User:broker;User:admin" + (";User:kraft" if secret else "")
    secrets = [name for name in scene.client.names("Secret") if "-kraft-migration-" in name]
    assert len(secrets) == 1
    # planned again before and after the restarts, it is the same
    for running in (scene.effective, migrating):
        scene.runs(running)
        again = scene.plan("migration")
        assert template_annotation({"spec": {"template": again.written.template}}, names.SETTINGS_HASH) == digest
    last, kraft = scene.write("kraft")
    for running in (migrating, kraft):
        scene.runs(running)
        again = scene.plan("kraft")
        assert template_annotation({"spec": {"template": again.written.template}}, names.SETTINGS_HASH) == last
    assert kraft["authorizer.class.name"].endswith("StandardAuthorizer")
    new = {key for key in migrating if key.startswith("listener.name.controller.")}
    assert new
    assert {key: kraft[key] for key in new} == {key: migrating[key] for key in new}
    assert not [key for key in kraft if key.startswith(("zookeeper.", "password.encoder."))]
    # the way back: migrating mode with the very same settings, and then the user's own template
    scene.runs(kraft)
    returned, settings = scene.write(stages.RETURN)
    assert returned == digest
    assert settings["authorizer.class.name"].endswith("AclAuthorizer")
    scene.runs(migrating)
    scene.write(stages.ORIGINAL)
    # with what an API server adds
    assert scene.cluster.statefulsets[0]["spec"]["template"]["spec"] == {**before["spec"], "dnsPolicy": "ClusterFirst"}


def test_controllers_that_go_back_to_migrating_have_what_zookeeper_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    zookeeper = {
        "zookeeper.ssl.client.enable": "true",
        "zookeeper.ssl.keystore.password": "canary-z",
        "zookeeper.session.timeout.ms": "6001",
    }
    scene = Secured(monkeypatch, {**SASL, **zookeeper}, env=False, secret="k")
    monkeypatch.setattr(controllers, "voters", lambda _spec: VOTERS)
    scene.cluster.zookeeper_connect = "zookeeper:2181"
    spec: Any = SimpleNamespace(log_dir="/d")
    before = controllers._settings(scene.cluster, spec, "migrating")
    originals.keep(scene.cluster)
    for stage in ("migration", "kraft"):
        _digest, settings = scene.write(stage)
        scene.runs(settings)
    assert controllers._settings(scene.cluster, spec, "migrating") == before
    assert before.items() >= zookeeper.items()
    final = controllers._settings(scene.cluster, spec, "final")
    assert not [key for key in final if key.startswith(("zookeeper.", "password.encoder."))]


def test_what_was_in_a_secret_is_read_there_by_the_next_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Secured(monkeypatch, SASL, env=False, secret="k")
    _digest, migrating = scene.write("migration")
    (name,) = [name for name in scene.client.names("Secret") if "-kraft-migration-" in name]
    made = scene.cluster.secret(name)
    assert "canary-\\u0024k" in base64.b64decode(made["data"]["server.properties"]).decode()
    scene.runs(migrating)
    assert scene.plan("kraft").source.where == f"server.properties of Secret {name}"
