# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What in the custom resources would stop the operator: each rule alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import foreign
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import RULES
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import (
    cfk_versions,
    checks,
    checks_annotations,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.checks import Seen
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Enforced

from tests.unit.plugins.module_utils._platform._confluent import crs

CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw"
GOOD = Seen(crs.kafka(), crs.zookeeper(), None, operator=(3, 3, 0), cluster_id=CLUSTER_ID, enforced=True)
HELD = replace(GOOD, controller=crs.controllers())


def running(*on: str, phase: str = "SETUP", **changed: Any) -> Seen:
    """The job runs."""
    job = crs.job(phase, "SetupPreChecks", *on)
    return replace(HELD, **{"job": job, "jobs": (job,), **changed})


def codes(seen: Seen) -> list[str]:
    return [item.code for item in checks.findings(seen)]


def only(seen: Seen, code: str) -> str:
    """The sentence of the one finding that there is."""
    found = checks.findings(seen)
    assert [item.code for item in found] == [code], [item.sentence for item in found]
    return found[0].sentence


@pytest.mark.parametrize("seen", [GOOD, HELD, running(), running(phase="DUAL_WRITE")])
def test_nothing_is_wrong_with_a_cluster_as_the_examples_have_it(seen: Seen) -> None:
    assert codes(seen) == []


# references


def kraft_only(**more: Any) -> Any:
    return crs.kafka(dependencies={"kRaftController": {"clusterRef": {"name": "kafka-kraft"}}, **more})


def test_a_kafka_that_is_kraft_already() -> None:
    assert "runs in KRaft mode" in only(replace(HELD, kafka=kraft_only()), "cluster-born-kraft")
    # with its job it is on its way, or has arrived
    assert codes(running(kafka=kraft_only(), phase="COMPLETE")) == []
    both = crs.kafka(dependencies={"zookeeper": {"endpoint": crs.ENDPOINT}, "kRaftController": {"clusterRef": {}}})
    assert codes(running(kafka=both)) == []
    assert "a job was deleted before its migration ended" in only(replace(GOOD, kafka=both), "operator-request-lost")


def test_a_migration_whose_job_was_deleted_is_no_heap_of_left_overs() -> None:
    """Nobody is told to take locks, settings, controllers or volumes away from under brokers that migrate."""
    both = crs.kafka(
        {res.LOCK: "true"},
        dependencies={"zookeeper": {"endpoint": crs.ENDPOINT}, "kRaftController": {"clusterRef": {}}},
        configOverrides={"server": ["zookeeper.metadata.migration.enable=true"]},
    )
    runs = crs.controllers({res.LOCK: "true"}, held=False)
    said = only(replace(GOOD, kafka=both, controller=runs), "operator-request-lost")
    assert "delete neither these nor their volumes" in said
    # a task alone, such as the end of a rollback, does not go on either
    found = checks.references(replace(GOOD, kafka=both, controller=crs.controllers()))
    assert "operator-request-lost" in [item.code for item in found]


def test_a_kafka_without_zookeeper() -> None:
    seen = replace(GOOD, kafka=crs.kafka(dependencies={}), zookeeper=None)
    assert only(seen, "operator-references") == "Kafka n/kafka names no ZooKeeper in spec.dependencies.zookeeper"


@pytest.mark.parametrize(
    ("endpoint", "named"),
    [
        (crs.ENDPOINT, "Zookeeper n/zookeeper, which Kafka n/kafka uses"),
        ("zk1.example.com:2181", "a Zookeeper for zk1.example.com:2181"),
    ],
)
def test_a_zookeeper_that_is_no_custom_resource(endpoint: str, named: str) -> None:
    seen = replace(GOOD, kafka=crs.kafka(dependencies={"zookeeper": {"endpoint": endpoint}}), zookeeper=None)
    assert named in only(seen, "operator-references")


@pytest.mark.parametrize(
    ("key", "other"), [("kafka", "kafka2"), ("zookeeper", "zookeeper2"), ("kRaftController", "kraft2")]
)
def test_a_job_for_others_than_the_inventory_names(key: str, other: str) -> None:
    refs: dict[str, Any] = {key: {"name": other}}
    job = crs.job("SETUP", **refs)
    said = only(running(job=job, jobs=(job,)), "operator-references")
    assert f"is for {key} n/{other}, the inventory for n/" in said


def test_what_a_job_names_and_nobody_can_read_yet_is_no_contradiction() -> None:
    assert codes(running(controller=None)) == []


@pytest.mark.parametrize("key", ["kafka", "zookeeper", "kRaftController"])
def test_a_second_job_for_one_of_the_three(key: str) -> None:
    names = {"kafka": "kafka", "zookeeper": "zookeeper", "kRaftController": "kafka-kraft"}
    refs: dict[str, Any] = {each: {"name": names[each] if each == key else "other"} for each in names}
    second = crs.job("SETUP", name="second", **refs)
    for seen in (running(), HELD):
        said = only(replace(seen, jobs=(*seen.jobs, second)), "operator-references")
        assert said.startswith(f"KRaftMigrationJob n/second (at SETUP) migrates {key} n/{names[key]} too; ")
        remedy = {
            "kafka": "a cluster has one job",
            "zookeeper": "is the job of Kafka n/other",
            "kRaftController": "kraft_controller_name",
        }
        assert remedy[key] in said


def test_a_job_of_another_cluster_is_nobodys_business() -> None:
    other = crs.job("SETUP", name="o", kafka={"name": "o"}, zookeeper={"name": "o"}, kRaftController={"name": "o"})
    assert codes(replace(running(), jobs=(*running().jobs, other))) == []


@pytest.mark.parametrize(
    ("phase", "sub_phase", "ended"),
    [
        ("COMPLETE", "", True),
        ("RollbackToZk", "RollbackToZkComplete", True),
        ("SETUP", "", False),
        ("FAILURE", "", False),
    ],
)
def test_an_ensemble_may_serve_another_cluster_that_was_migrated(phase: str, sub_phase: str, ended: bool) -> None:
    other = crs.job(phase, sub_phase, name="o", kafka={"name": "o"}, kRaftController={"name": "o"})
    assert codes(replace(running(), jobs=(*running().jobs, other))) == ([] if ended else ["operator-references"])


# kinds of jobs


def test_a_job_without_brokers_is_not_driven() -> None:
    job = crs.job("SETUP", kafka=None)
    assert "lite mode" in only(running(job=job, jobs=(job,)), "operator-unsupported")
    # it names no Kafka CR, so that it is nobody's by that; what it is for is said once
    assert "is for kRaftController n/kafka-kraft and zookeeper n/zookeeper" in only(
        replace(HELD, jobs=(job,)), "operator-unsupported"
    )


def test_a_dynamic_quorum_is_not_driven() -> None:
    cr = crs.controllers(dynamicQuorumConfig={"enabled": True})
    assert "promoted by hand" in only(replace(HELD, controller=cr), "operator-unsupported")
    assert codes(replace(HELD, controller=crs.controllers(dynamicQuorumConfig={"enabled": False}))) == []


@pytest.mark.parametrize("phase", ["", "SETUP", "MIGRATE"])
def test_a_job_that_would_not_stop(phase: str) -> None:
    """Issued examples have the annotation from the beginning: then no gate is ever asked."""
    said = only(running(res.FINALIZE, phase=phase), "operator-will-not-stop")
    assert "without a stop in DUAL-WRITE" in said
    assert "or accept that with kraft_accept: [n/kafka=operator-will-not-stop]" in said


@pytest.mark.parametrize("value", ["True", "yes", "1", "true "])
def test_what_may_be_a_trigger_is_one(value: str) -> None:
    """Nobody knows what the operator makes of it."""
    job = crs.job("SETUP", "SetupPreChecks")
    job["metadata"]["annotations"][res.FINALIZE] = value
    found = codes(running(job=job, jobs=(job,)))
    assert found == ["operator-will-not-stop", "operator-annotation"]
    job["metadata"]["annotations"][res.FINALIZE] = "false"
    assert codes(running(job=job, jobs=(job,))) == []


@pytest.mark.parametrize(
    ("key", "at", "refused"),
    [
        (res.CONTINUE, ("SETUP", ""), True),
        (res.CONTINUE, ("DUAL-WRITE", ""), True),
        (res.CONTINUE, ("RollbackToZk", "RollbackToZkRemoveKRaftControllerDepsInKafka"), False),
        (res.RELEASE, ("DUAL-WRITE", ""), True),
        (res.RELEASE, ("RollbackToZk", "RollbackToZkEnsureKafkaRollIsComplete"), True),
        (res.RELEASE, ("RollbackToZk", "RollbackToZkComplete"), False),
        (res.RELEASE, ("COMPLETE", ""), False),
        (res.RELEASE, ("FAILURE", ""), False),
    ],
)
def test_an_answer_that_was_given_beforehand(key: str, at: tuple[str, str], refused: bool) -> None:
    """The operator would not wait for the znodes, or for the exports."""
    job = crs.job(*at, key)
    found = codes(running(job=job, jobs=(job,)))
    assert found == (["operator-will-not-stop"] if refused else [])


@pytest.mark.parametrize("phase", ["DUAL-WRITE", "DUAL_WRITE", "MoveToKRaftControllerOnly", "MoveToKRaft", "COMPLETE"])
def test_one_that_was_told_at_its_stop_is_right(phase: str) -> None:
    assert codes(running(res.FINALIZE, phase=phase)) == []


def test_one_that_rolls_back_does_not_go_on() -> None:
    assert codes(running(res.FINALIZE, res.ROLLBACK)) == []


# versions


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3.3.0", (3, 3, 0)),
        ("v3.3.0", (3, 3, 0)),
        ("7.9.1-1-ubi8", (7, 9, 1)),
        ("7.9", (7, 9)),
        ("0.1263.8", (0, 1263, 8)),
        ("latest", ()),
        ("", ()),
    ],
)
def test_versions_are_read(text: str, found: Any) -> None:
    assert checks.version(text) == found


@pytest.mark.parametrize(
    ("image", "status", "found"),
    [
        ("confluentinc/cp-server:7.9.1", {"currentClusterVersion": "7.8"}, (7, 9, 1)),
        ("registry:5000/confluentinc/cp-server:7.6.0.arm64", {}, (7, 6, 0)),
        ("registry:5000/cp-server", {"currentClusterVersion": "7.8"}, (7, 8)),
        ("cp-server@sha256:0123456789abcdef", {"currentClusterVersion": "7.7"}, (7, 7)),
        ("cp-server:latest", {}, ()),
        ("registry:5000/cp-kafka:7.7.1-1-ubi8", {}, (7, 7, 1)),
        # a custom image: its tag is its maker's
        ("acme/kafka:kafka-3.9.2-x", {}, ()),
        ("acme/kafka:3.9.2", {"currentClusterVersion": "3.9.2"}, ()),
        ("acme/kafka:2026.1", {"currentClusterVersion": "7.9"}, (7, 9)),
        ("confluentinc/cp-server:kafka-3.9.2-x", {}, ()),
    ],
)
def test_the_version_of_the_platform(image: str, status: Any, found: Any) -> None:
    assert checks.platform_version(crs.kafka(image={"application": image}, status=status)) == found
    assert checks.platform_version({"metadata": {}}) == ()


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("7.5.9", "version-unsupported"),
        ("7.6.0", "version-not-recommended"),
        ("7.6.1", ""),
        ("7.9.6", ""),
        ("8.0.0", "version-unsupported"),
    ],
)
def test_which_platforms_migrate(tag: str, code: str) -> None:
    seen = replace(GOOD, kafka=crs.kafka(image={"application": f"confluentinc/cp-server:{tag}"}))
    assert codes(seen) == ([code] if code else [])


@pytest.mark.parametrize(
    ("operator", "code"),
    [
        ((2, 7, 9), "version-unsupported"),
        ((2, 8, 3), "version-unsupported"),
        ((2, 8, 4), "version-not-recommended"),
        ((2, 9, 1), "version-unsupported"),
        ((2, 9, 2), "version-not-recommended"),
        ((2, 11, 0), "version-not-recommended"),
        ((3, 2, 9), "version-not-recommended"),
        ((3, 3, 0), ""),
        ((4, 0, 0), ""),
        ((), "check-incomplete"),
    ],
)
def test_which_operators_migrate(operator: Any, code: str) -> None:
    found = codes(replace(GOOD, operator=operator, wanted_ibp="3.9", running="3.9.2"))
    assert found == ([code] if code else [])


# the protocol version

CUSTOM = crs.kafka(image={"application": "acme/kafka:kafka-3.9.2-x", "init": "acme/init:1"})


@pytest.mark.parametrize(
    ("image", "derived"),
    [
        ("confluentinc/cp-server:7.9.0", "3.9"),
        ("docker.io/confluentinc/cp-server:7.6.1", "3.6"),
        ("confluentinc/cp-server:8.0.0", ""),
        # published by Confluent, but no document says what CFK makes of them
        ("confluentinc/cp-server:7.9.1-1-ubi8", ""),
        ("registry.example.com/confluentinc/cp-server:7.9.1", ""),
        ("confluentinc/cp-server:latest", ""),
        ("confluentinc/cp-server@sha256:0123", ""),
        ("acme/kafka:7.9.0", ""),
    ],
)
def test_of_which_images_it_is_derived(image: str, derived: str) -> None:
    assert cfk_versions.derived_ibp(crs.kafka(image={"application": image})) == derived
    seen = replace(GOOD, kafka=crs.kafka(image={"application": image}))
    assert ("operator-ibp-unknown" in codes(seen)) is (not derived and ":8" not in image)


@pytest.mark.parametrize(
    ("operator", "derives"),
    [
        ((2, 8, 4), False),
        ((2, 9, 8), False),
        ((2, 9, 9), True),
        ((2, 10, 4), False),
        ((2, 10, 5), True),
        ((2, 11, 4), False),
        ((2, 11, 5), True),
        ((3, 0, 2), False),
        ((3, 0, 3), True),
        ((3, 1, 1), False),
        ((3, 1, 2), True),
        ((3, 2, 0), True),
        ((3, 3, 0), True),
        ((), True),
    ],
)
def test_which_operators_derive_it(operator: Any, derives: bool) -> None:
    """The others take 3.6 for every image, which would lower that of newer brokers."""
    assert cfk_versions.derives_ibp(operator) is derives
    found = checks.findings(replace(GOOD, operator=operator, running="3.9.2"))
    unknown = [item.sentence for item in found if item.code == "operator-ibp-unknown"]
    assert bool(unknown) is not derives
    if unknown:
        assert "which takes 3.6 for every image" in unknown[0]
        old = replace(
            GOOD,
            operator=operator,
            running="3.6.2",
            kafka=crs.kafka(image={"application": "confluentinc/cp-server:7.6.2"}),
        )
        assert "operator-ibp-unknown" not in codes(old)


@pytest.mark.parametrize(
    ("running_now", "words"),
    [
        ("3.9.2", "set kraft_ibp_version to 3.9, since the brokers run Kafka 3.9.2, or accept"),
        ("7.7.1-ccs", "set kraft_ibp_version to 3.7, since the brokers run Kafka 7.7.1-ccs"),
        ("", "set kraft_ibp_version, for example to 3.9, or accept"),
        ("odd", "set kraft_ibp_version, for example to 3.9, or accept"),
    ],
)
def test_a_custom_image(running_now: str, words: str) -> None:
    """Found before there is a job that waits for it; and its tag is no version of Confluent Platform."""
    said = only(replace(GOOD, kafka=CUSTOM, running=running_now), "operator-ibp-unknown")
    assert words in said
    assert "acme/kafka:kafka-3.9.2-x" in said
    assert codes(replace(GOOD, kafka=CUSTOM, wanted_ibp="3.9", running="3.9.2")) == []
    annotated = crs.kafka({res.IBP: "3.9"}, image=CUSTOM["spec"]["image"])
    assert codes(replace(GOOD, kafka=annotated, running="3.9.2")) == []


@pytest.mark.parametrize(
    ("sub_phase", "ibp", "asked"),
    [
        ("", "", True),
        ("SetupDeriveIBPVersion", "", True),
        ("SubPhaseSetupPreChecks", "", True),
        ("SetupDeriveIBPVersion", "3.9", False),
        ("SetupAddMigrationAnnotation", "", False),
    ],
)
def test_a_job_that_waits_for_the_version(sub_phase: str, ibp: str, asked: bool) -> None:
    job = crs.job("SETUP", sub_phase)
    job["status"]["ibpVersion"] = ibp
    assert (codes(running(job=job, jobs=(job,), kafka=CUSTOM)) == ["operator-ibp-unknown"]) is asked


@pytest.mark.parametrize(
    ("wanted", "seen", "words"),
    [
        ("3.9-IV0", {}, "major and minor version only"),
        ("3.9.2", {}, "major and minor version only"),
        ("4.0", {}, "major and minor version only"),
        ("3.12", {}, "is not an inter.broker.protocol.version"),
        ("3.5", {"ibp": "3.5"}, "a migration needs 3.6-IV1 or later"),
        ("3.9", {"running": "3.8.1"}, "the brokers run Kafka 3.8.1, which knows versions up to 3.8"),
        ("3.8", {}, "the brokers run at 3.9, and the version cannot be lowered; set it to 3.9"),
        ("3.7", {"ibp": "3.8"}, "the brokers run at 3.8, and the version cannot be lowered"),
        ("3.8", {"ibp": "nonsense"}, "is not an inter.broker.protocol.version"),
        (
            "3.8",
            {"ibp": "3.7", "kafka": crs.kafka()},
            "CFK ignores it for the image confluentinc/cp-server:7.9.0, from",
        ),
    ],
)
def test_a_version_that_does_not_fit(wanted: str, seen: dict[str, Any], words: str) -> None:
    base = replace(GOOD, **{"kafka": CUSTOM, "running": "3.9.2", **seen})
    said = only(replace(base, wanted_ibp=wanted), "operator-ibp-wrong")
    assert said.startswith(f"kraft_ibp_version is {wanted}, but ")
    assert words in said
    own = crs.kafka({res.IBP: wanted}, image=base.kafka["spec"]["image"])
    assert only(replace(base, kafka=own), "operator-ibp-wrong").startswith(
        f"Kafka n/kafka has the annotation {res.IBP}: {wanted}, but "
    )


def test_a_version_that_fits() -> None:
    for running_now, ibp, wanted in (
        ("3.9.2", "", "3.9"),
        ("3.9.2", "3.7", "3.8"),
        ("", "", "3.7"),
        ("3.9.2", "3.6-IV1", "3.9"),
    ):
        assert codes(replace(GOOD, kafka=CUSTOM, running=running_now, ibp=ibp, wanted_ibp=wanted)) == []


# who else writes


def test_gitops_that_is_not_paused() -> None:
    labels = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux"}
    kafka = crs.kafka(labels=labels)
    seen = replace(GOOD, kafka=kafka)
    assert "managed by Flux Kustomization flux/apps" in only(seen, "managed-by-gitops")
    assert codes(replace(seen, gitops={str(each): "" for each in foreign.gitops(kafka)})) == []
    how = {str(each): "this account may not read" for each in foreign.gitops(kafka)}
    assert "flux/apps, which this account may not read; the job" in only(replace(seen, gitops=how), "managed-by-gitops")
    # each of the three
    argo = {foreign.ARGO_TRACKING: "argo_apps:x"}
    zookeeper, controller = crs.zookeeper(argo), crs.controllers(argo)
    assert codes(replace(seen, zookeeper=zookeeper, controller=controller)) == ["managed-by-gitops"] * 3


@pytest.mark.parametrize("key", checks.MANAGED)
def test_a_setting_that_the_job_manages(key: str) -> None:
    overrides = {"server": ["client.rack=a", f"{key}=x"]}
    assert key in only(replace(GOOD, kafka=crs.kafka(configOverrides=overrides)), "setting-blocks")
    seen = replace(HELD, controller=crs.controllers(configOverrides=overrides))
    assert f"KRaftController n/kafka-kraft sets {key}" in only(seen, "setting-blocks")
    # once the job runs, it has put them there
    assert codes(running(kafka=crs.kafka(configOverrides=overrides))) == []


@pytest.mark.parametrize(
    ("line", "blocks"),
    [
        ("authorizer.class.name=kafka.security.authorizer.AclAuthorizer", True),
        ("authorizer.class.name=io.confluent.kafka.security.authorizer.ConfluentServerAuthorizer", False),
        ("confluent.authorizer.access.rule.providers=CONFLUENT,ZK_ACL", True),
        ("confluent.authorizer.access.rule.providers=CONFLUENT", False),
        ("zookeeper.set.acl=true", False),
        ("min.insync.replicas=2", False),
    ],
)
def test_a_setting_that_has_to_be_exchanged(line: str, blocks: bool) -> None:
    seen = replace(GOOD, kafka=crs.kafka(configOverrides={"server": [line]}))
    assert codes(seen) == (["setting-blocks"] if blocks else [])


# chroot


@pytest.mark.parametrize(
    ("endpoint", "operator", "override", "doubled"),
    [
        ("zookeeper.n.svc:2181/mrc", (3, 2, 0), None, True),
        ("zookeeper.n.svc:2181/mrc", (3, 2, 0), "zookeeper.n.svc:2181/other", True),
        ("zookeeper.n.svc:2181/mrc", (3, 2, 0), "zookeeper.n.svc:2181/mrc", False),
        ("zookeeper.n.svc:2181/mrc", (3, 3, 0), None, False),
        ("zookeeper.n.svc:2181", (3, 2, 0), None, False),
        ("zookeeper.n.svc:2181/mrc", (), None, False),
    ],
)
def test_a_chroot_that_old_operators_put_in_twice(
    endpoint: str, operator: Any, override: str | None, doubled: bool
) -> None:
    kafka = crs.kafka(dependencies={"zookeeper": {"endpoint": endpoint}})
    own = crs.controllers(configOverrides={"server": [f"zookeeper.connect={override}"]})
    for controller in (own,) if override is not None else (None, crs.controllers()):
        seen = replace(GOOD, kafka=kafka, controller=controller, operator=operator)
        assert ("setting-blocks" in codes(seen)) is doubled


# controllers


@pytest.mark.parametrize(
    ("brokers", "controllers", "both"),
    [("0", "2", [2]), ("9990", "9992", [9992]), ("0", "3", None), ("100", "0", None)],
)
def test_brokers_and_controllers_share_no_id(brokers: str, controllers: str, both: Any) -> None:
    kafka, cr = crs.kafka({res.ID_OFFSET: brokers}), crs.controllers({res.ID_OFFSET: controllers})
    seen = replace(HELD, kafka=kafka, controller=cr)
    if both is None:
        assert codes(seen) == []
    else:
        assert f"would share the node ids {both}" in only(seen, "controller-id-clash")


def test_an_offset_that_is_no_number() -> None:
    said = only(replace(HELD, kafka=crs.kafka({res.ID_OFFSET: "ten"})), "controller-id-clash")
    assert "'ten', which is no number" in said


@pytest.mark.parametrize(
    ("running_now", "words"), [(0, '"true"; make it again'), (3, "runs 3 controllers already; delete it with its")]
)
def test_a_controller_that_is_not_held(running_now: int, words: str) -> None:
    cr = crs.controllers(held=False)
    cr["status"] = {"readyReplicas": running_now}
    assert words in only(replace(HELD, controller=cr), "controller-manifest")
    assert codes(running(controller=cr)) == [], "the job takes the hold away"


@pytest.mark.parametrize(
    ("wanted", "actual", "differs"),
    [(CLUSTER_ID, CLUSTER_ID, False), ("other", CLUSTER_ID, True), ("other", "", False), ("", CLUSTER_ID, False)],
)
def test_a_cluster_id_of_another_cluster(wanted: str, actual: str, differs: bool) -> None:
    seen = replace(HELD, controller=crs.controllers(clusterID=wanted), cluster_id=actual)
    assert codes(seen) == (["cluster-id-mismatch"] if differs else [])


@pytest.mark.parametrize(
    ("operator", "tag", "needed"),
    [
        ((3, 3, 0), "7.9.0", True),
        ((3, 3, 0), "latest", True),
        ((2, 11, 0), "7.9.0", False),
        ((3, 3, 0), "8.0.0", False),
    ],
)
def test_logging_of_old_images_under_new_operators(operator: Any, tag: str, needed: bool) -> None:
    kafka = crs.kafka(image={"application": f"confluentinc/cp-server:{tag}"})
    assert checks.needs_log4j1(kafka, operator) is needed
    seen = replace(HELD, kafka=kafka, operator=operator, controller=crs.controllers({res.LOG4J1: "false"}))
    assert ("controller-manifest" in codes(seen)) is needed


@pytest.mark.parametrize(("replicas", "fine"), [(1, False), (2, False), (3, True), (4, False), (5, True)])
def test_three_or_five_controllers(replicas: int, fine: bool) -> None:
    seen = replace(HELD, controller=crs.controllers(replicas=replicas))
    assert codes(seen) == ([] if fine else ["controller-differs"])


@pytest.mark.parametrize(
    ("brokers", "controllers", "missing"),
    [
        (["User:kafka"], ["User:kafka"], ""),
        (["User:kafka", "User:mds"], ["User:kafka"], "User:mds"),
        (["User:kafka"], None, "User:kafka"),
        (["User:a"], ["User:b"], "User:a, User:b"),
    ],
)
def test_super_users_of_both(brokers: Any, controllers: Any, missing: str) -> None:
    kafka = crs.kafka(authorization={"type": "rbac", "superUsers": brokers})
    seen = replace(HELD, kafka=kafka, controller=crs.controllers(authorization={"superUsers": controllers}))
    if missing:
        assert only(seen, "operator-super-users").startswith(f"{missing} is a super user of only one of")
    else:
        assert codes(seen) == []
    simple = crs.kafka(authorization={"type": "simple", "superUsers": brokers})
    assert codes(replace(seen, kafka=simple)) == []


# annotations and locks


def test_annotations_that_are_nearly_right_or_left_behind() -> None:
    typo = res.PREFIX + "kraft-migration-trigger-finalise-to-kraft"
    job = crs.job("SETUP", "", typo)
    said = only(running(job=job, jobs=(job,)), "operator-annotation")
    assert f"has the annotation {typo}, which the operator does not know; {res.FINALIZE} was probably meant" in said
    forced = replace(GOOD, kafka=crs.kafka({res.FORCE_RECONCILE: "true"}))
    assert "it was left behind; remove it" in only(forced, "operator-annotation")
    assert codes(replace(GOOD, zookeeper=crs.zookeeper({res.FORCE_RECONCILE: "false"}))) == []


@pytest.mark.parametrize("value", ["True", "yes", "1", "true ", " true", ""])
def test_values_of_which_nobody_knows_what_they_do(value: str) -> None:
    seen = replace(GOOD, kafka=crs.kafka({res.LOG4J1: value}))
    assert f"{res.LOG4J1} with the value {value!r}; no document says" in only(seen, "operator-annotation")
    # where the migration relies on it, it has to be exact
    held = replace(HELD, controller=crs.controllers({res.HOLD: value}))
    found = {item.code: item.sentence for item in checks.findings(held)}
    assert set(found) == {"controller-manifest", "operator-annotation"}
    assert f'lacks the annotation {res.HOLD}: "true"' in found["controller-manifest"]


@pytest.mark.parametrize(
    ("key", "kind"),
    [(res.FINALIZE, "KRaftMigrationJob"), (res.RELEASE, "KRaftMigrationJob"), (res.HOLD, "KRaftController")],
)
def test_annotations_in_the_wrong_place(key: str, kind: str) -> None:
    seen = replace(GOOD, kafka=crs.kafka({key: "true"}))
    assert f"{key}, which the operator looks for on a {kind} only" in only(seen, "operator-annotation")


@pytest.mark.parametrize("value", ["true", "True", "yes", "1"])
def test_what_the_operator_would_ignore(value: str) -> None:
    for seen in (
        replace(GOOD, zookeeper=crs.zookeeper({res.BLOCK_RECONCILE: value})),
        replace(HELD, controller=crs.controllers({res.BLOCK_RECONCILE: value})),
    ):
        assert "operator-paused" in codes(seen)
        said = next(item.sentence for item in checks.findings(seen) if item.code == "operator-paused")
        assert "the operator ignores it, and the migration would stand still; remove it" in said
    assert codes(replace(GOOD, zookeeper=crs.zookeeper({res.BLOCK_RECONCILE: "false"}))) == []


def test_pods_that_sleep() -> None:
    seen = replace(GOOD, kafka=crs.kafka({res.MAINTENANCE: "kafka-0,kafka-2"}))
    assert "kafka-0,kafka-2, so that these pods do not run Kafka" in only(seen, "operator-paused")


def test_an_operator_that_is_not_ready() -> None:
    seen = replace(GOOD, operator_down=("confluent-operator-0",))
    assert "confluent-operator-0 are not Ready: nobody would answer" in only(seen, "operator-silent")


# locks of others


def test_the_lock_of_another_job() -> None:
    """Another cluster of the same ensemble, whose migration is over: its locks would go when that job is told, in the middle of ours."""
    zookeeper = crs.zookeeper({res.LOCK: "true"})
    other = crs.job("COMPLETE", "", name="o", kafka={"name": "o"}, kRaftController={"name": "o"})
    said = only(replace(GOOD, zookeeper=zookeeper, jobs=(other,)), "operator-locked")
    assert said.startswith(
        "Zookeeper n/zookeeper has the lock of KRaftMigrationJob n/o (at COMPLETE): let that end, then"
    )
    assert [item.code for item in checks.references(replace(GOOD, zookeeper=zookeeper, jobs=(other,)))] == [
        "operator-locked"
    ]


def test_a_lock_without_a_job() -> None:
    seen = replace(GOOD, kafka=crs.kafka({res.LOCK: "true"}))
    assert "no KRaftMigrationJob of the namespace n names it: a job was deleted" in only(seen, "operator-locked")
    # that of its own job is as it should be
    assert codes(running(kafka=crs.kafka({res.LOCK: "true"}))) == []


def test_what_says_whose_a_cluster_is() -> None:
    assert checks.references(GOOD) == []
    assert [item.code for item in checks.references(replace(HELD, kafka=kraft_only()))] == ["cluster-born-kraft"]


@pytest.mark.parametrize(
    ("enforced", "words"), [(False, "neither a ValidatingAdmissionPolicy"), (None, "it could not be read whether")]
)
@pytest.mark.parametrize(
    ("plan", "ours"),
    [
        (Enforced("p"), "this collection makes ValidatingAdmissionPolicy p for it when it asks for the migration"),
        (
            Enforced(why="no rights"),
            "no policy of this collection will be made: no rights; keep pipelines and people away",
        ),
    ],
)
def test_a_lock_that_cfk_does_not_enforce(enforced: bool | None, words: str, plan: Enforced, ours: str) -> None:
    found = checks_annotations.lock_finding(replace(GOOD, enforced=enforced), plan)
    assert found.code == "operator-lock-not-enforced"
    assert found.sentence.startswith(words)
    assert ours in found.sentence


def test_every_code_is_in_the_catalogue_and_every_sentence_tells_what_to_do() -> None:
    job = crs.job("SETUP", "", res.FINALIZE, kafka=None)
    worst = Seen(
        crs.kafka(
            {res.BLOCK_RECONCILE: "true"}, image={"application": "x:7.5.0"}, configOverrides={"server": ["node.id=1"]}
        ),
        None,
        crs.controllers(held=False, replicas=2),
        jobs=(job,),
    )
    for seen in (worst, replace(worst, job=job)):
        found = checks.findings(seen)
        assert len(found) > 4
        assert {item.code for item in found} <= RULES.keys()


@pytest.mark.parametrize(
    ("status", "init", "wanted"),
    [
        ("3.3.0", "confluentinc/confluent-init-container:3.1.0", (3, 3, 0)),
        ("0.1718.10", "confluentinc/confluent-init-container:3.3.0", (3, 3, 0)),
        ("v0.1033.150", "registry:5000/confluentinc/confluent-init-container:2.9.8-1", (2, 9, 8)),
        ("", "confluentinc/confluent-init-container:latest", ()),
    ],
)
def test_the_version_of_the_operator_as_the_kafka_cr_shows_it(status: str, init: str, wanted: tuple[int, ...]) -> None:
    assert checks.operator_version({"status": {"operatorVersion": status}, "spec": {"image": {"init": init}}}) == wanted
    assert checks.operator_version({}) == ()


def test_controllers_of_another_namespace_are_refused() -> None:
    """Nothing would look at them: neither a rollback, which compares and deletes, nor a gate."""
    job = crs.job("DUAL-WRITE", "MigrateDualWrite", kRaftController={"name": "kafka-kraft", "namespace": "kraft"})
    seen = running(job=job, jobs=(job,), controller=None)
    said = only(seen, "operator-unsupported")
    assert "names KRaftController kraft/kafka-kraft of another namespace than that of Kafka n/kafka" in said
    assert "operator-unsupported" in [item.code for item in checks.references(seen)], "every verb asks that"
