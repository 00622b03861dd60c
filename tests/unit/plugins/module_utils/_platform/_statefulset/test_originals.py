# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The originals of the brokers: kept once, and missed only where they are needed."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import journal
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import SECRET, STATEFUL_SET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import originals, writes
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict, Refused

from tests.unit.plugins.module_utils.fakes import PARAMS, FakeClient, statefulset
from tests.unit.plugins.module_utils.scenes import cluster_with, facts

NAME = names.originals_name("kafka")


def at(name: str, stage: str = "", **marks: str) -> dict[str, Any]:
    item = statefulset(name)
    item["metadata"]["annotations"] = marks
    if stage:
        item["spec"]["template"]["metadata"] = {"annotations": {names.STAGE: stage}}
    return item


def cluster(*sets: dict[str, Any], migration: str = "m1", accept: Any = ()) -> Any:
    return cluster_with(
        client=FakeClient(),
        statefulsets=list(sets),
        facts={"kafka-a-0": facts(broker_id="0")},
        journal=journal.Journal("kafka", migration_id=migration),
        params={**PARAMS, "accept": list(accept)},
    )


def kept(of: Any) -> dict[str, Any]:
    secret = of.client.find(SECRET, NAME, "n")
    return {key: json.loads(base64.b64decode(value)) for key, value in secret["data"].items()}


def supplied(of: Any, **originals: Any) -> None:
    """What somebody puts there by hand."""
    data = {f"{name}.json": base64.b64encode(json.dumps(value).encode()).decode() for name, value in originals.items()}
    metadata = {"name": NAME, "namespace": "n", "labels": {names.LABEL_CLUSTER: "kafka"}}
    of.client.put({"kind": "Secret", "metadata": metadata, "data": data})


def staged(of: Any, name: str) -> None:
    """The first stage is written over what was kept."""
    writes.write_template(of.client, of.client.put(of.statefulsets[0]), at(name, "migration")["spec"]["template"])
    of.statefulsets[:1] = [of.client.get(STATEFUL_SET, name, "n")]
    of.client.calls.clear()


def test_what_is_kept_is_what_comes_back() -> None:
    of = cluster(at("kafka-a"), at("kafka-b"))
    assert originals.keep(of) == NAME
    assert kept(of)["kafka-a.json"]["effective"] == {"broker.id": "0"}
    assert kept(of)["kafka-a.json"]["migration"] == "m1"
    staged(of, "kafka-a")
    assert originals.load(of)["kafka-a"].template == statefulset("kafka-a")["spec"]["template"]
    assert originals.load(of)["kafka-b"].template == statefulset("kafka-b")["spec"]["template"]
    assert originals.missing(of) == []
    # the same is not written again, and what is at a stage is never written over
    originals.keep(of)
    assert of.client.calls == []


def test_an_attempt_that_was_given_up_on_leaves_no_original_to_the_next() -> None:
    """unlock.yml ended it; months later the image is another one, and a rollback would put the old one back."""
    of = cluster(at("kafka-a"))
    of.statefulsets[0]["spec"]["template"]["spec"]["containers"][0]["image"] = "apache/kafka:3.8.1"
    originals.keep(of)
    later = cluster(at("kafka-a"), migration="m2")
    later.client = of.client
    assert originals.keep(later) == NAME
    assert kept(later)["kafka-a.json"]["template"]["spec"]["containers"][0]["image"] == "apache/kafka:3.9.2"
    assert kept(later)["kafka-a.json"]["migration"] == "m2"
    staged(later, "kafka-a")
    assert originals.load(later)["kafka-a"].template["spec"]["containers"][0]["image"] == "apache/kafka:3.9.2"


def test_only_what_is_at_no_stage_is_kept_again() -> None:
    of = cluster(at("kafka-a"), at("kafka-b"))
    originals.keep(of)
    before = kept(of)["kafka-a.json"]
    staged(of, "kafka-a")
    of.statefulsets[1]["spec"]["template"]["spec"]["containers"][0]["image"] = "apache/kafka:3.9.9"
    originals.keep(of)
    assert of.client.calls == [("patch", "Secret", NAME)]
    assert kept(of)["kafka-a.json"] == before
    assert kept(of)["kafka-b.json"]["template"]["spec"]["containers"][0]["image"] == "apache/kafka:3.9.9"


@pytest.mark.parametrize("marked", [True, False])
def test_the_original_of_another_migration_is_never_put_back_silently(marked: bool) -> None:
    """By the digest on the StatefulSet, or, where somebody took that off, by the id of the migration."""
    of = cluster(at("kafka-a"), migration="m1")
    originals.keep(of)
    marks = {names.ORIGINAL_DIGEST: "another"} if marked else {}
    later = cluster(at("kafka-a", "migration", **marks), migration="m1" if marked else "m2")
    later.client = of.client
    with pytest.raises(
        Refused, match=r"was kept by another migration \(m1\): it is not what this migration found; take the pod"
    ) as refused:
        originals.load(later)
    assert refused.value.code == "originals-stale"
    assert originals.missing(later) == [refused.value.message]
    later.params["accept"] = ["originals-stale"]
    assert list(originals.load(later)) == ["kafka-a"]


def test_a_change_that_unlock_let_pass_is_not_undone_silently() -> None:
    """It stays known when a later stage is written over it: that template has the change as well."""
    of = cluster(at("kafka-a"))
    originals.keep(of)
    staged(of, "kafka-a")
    changed = of.client.get(STATEFUL_SET, "kafka-a", "n")
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = "apache/kafka:3.9.9"
    del changed["metadata"]["annotations"][names.TEMPLATE_DIGEST]
    of.statefulsets[:] = [of.client.put(changed)]
    with pytest.raises(
        Refused, match=r"StatefulSet kafka-a was changed by .* after this migration wrote it"
    ) as refused:
        originals.load(of)
    assert refused.value.code == "originals-stale"
    template = of.client.get(STATEFUL_SET, "kafka-a", "n")["spec"]["template"]
    template["metadata"]["annotations"][names.STAGE] = "kraft"
    of.statefulsets[:] = [writes.write_template(of.client, of.statefulsets[0], template)]
    with pytest.raises(Refused, match="a rollback would undo that change"):
        originals.load(of)
    # and it is over when the user's own is back
    writes.write_template(of.client, of.statefulsets[0], statefulset("kafka-a")["spec"]["template"])
    marks = of.client.get(STATEFUL_SET, "kafka-a", "n")["metadata"]["annotations"]
    assert {names.ORIGINAL_DIGEST, names.STAGE_DIGEST}.isdisjoint(marks)


def test_what_somebody_supplied_by_hand_is_put_back() -> None:
    """It has no digest: whoever put it there says that it is the one."""
    of = cluster(at("kafka-a", "migration", **{names.ORIGINAL_DIGEST: "gone", names.STAGE_DIGEST: "x"}))
    supplied(of, **{"kafka-a": {"template": {"spec": {}}, "effective": {"a": "1"}}})
    assert originals.load(of)["kafka-a"] == originals.Original({"spec": {}}, {"a": "1"})
    broken: Any
    for broken in ({"template": {}}, [], "x"):
        supplied(of, **{"kafka-a": broken})
        with pytest.raises(Refused, match="is not in Secret"):
            originals.load(of)


def test_the_way_forward_goes_on_without_a_secret_that_is_gone() -> None:
    """docs/resume.md; only a rollback needs it."""
    of = cluster(at("kafka-a", "migration"), at("kafka-b", "migration"))
    assert originals.keep(of) == NAME
    assert of.client.calls == []
    assert len(originals.missing(of)) == 2


def test_a_template_at_a_stage_is_never_kept_as_the_original() -> None:
    of = cluster(at("kafka-a", "migration"), at("kafka-b"))
    originals.keep(of)
    assert set(kept(of)) == {"kafka-b.json"}
    with pytest.raises(Refused, match="original of StatefulSet kafka-a is not in Secret") as refused:
        originals.load(of)
    assert refused.value.code == "originals-missing"
    assert "controllerrevisions" in refused.value.message
    assert (
        f"as key kafka-a.json into Secret {NAME}, with the label {names.LABEL_CLUSTER}=kafka" in refused.value.message
    )


def test_the_secret_goes_with_the_attempt_when_it_is_ours() -> None:
    of = cluster(at("kafka-a"))
    originals.keep(of)
    assert originals.forget(of)
    assert not originals.forget(of)


def test_what_somebody_supplies_meanwhile_is_not_written_over() -> None:
    """Only the Secret that was read is changed."""
    of = cluster(at("kafka-a"))
    supplied(of, **{"kafka-a": {"template": {}, "effective": {}}})
    read = of.client.find

    def found_and_changed(kind: Any, name: str, namespace: str) -> Any:
        there = read(kind, name, namespace)
        of.client.put({**there, "data": {**there["data"], "mine": ""}})
        return there

    of.client.find = found_and_changed
    with pytest.raises(Conflict):
        originals.keep(of)
    assert "mine" in read(SECRET, NAME, "n")["data"]
