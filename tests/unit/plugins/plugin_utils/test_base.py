# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every action does with its options, its decision, its errors and its secrets."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from ansible.errors import AnsibleActionFail, AnsibleUndefinedVariable
from ansible_collections.kafkaops.kraft.plugins.action import kraft_migration_job
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    Ending,
    Forbidden,
    Interrupted,
    KraftError,
    Refused,
)
from ansible_collections.kafkaops.kraft.plugins.plugin_utils import _base
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import KraftAction, done, needed, not_needed
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._decision import to_follow
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led import LedStep
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led_request import Request

TOKEN = "sekret-token-1234"
GOOD = {"namespace": "n", "cluster": "kafka", "api_key": TOKEN}


def throw(error: BaseException | None) -> None:
    if error is not None:
        raise error


GO_ON = "; run the same playbook again to resume"


ALONE = {"inventory_hostname": "shop", "ansible_play_hosts_all": ["shop"]}
#: the play has two hosts, in whatever batches they come
TWO = {
    **ALONE,
    "ansible_play_hosts_all": ["shop", "bank"],
    "hostvars": {"bank": {"kraft_namespace": "bank", "kraft_cluster": "kafka"}},
}


class FakeRun:
    """A Run without a cluster that notes how it was used."""

    leads = False

    made: ClassVar[list[FakeRun]] = []
    #: whether the Lease was not ours before
    anew = False
    #: somebody else's StatefulSet has the controllers' name
    misnamed: KraftError | None = None
    #: whose objects these are not ours to change
    foreign: KraftError | None = None

    def __init__(self, module: Any, params: Any, sub_phase: Any, progress: Any) -> None:
        self.module, self.params, self.sub_phase, self.progress = module, params, sub_phase, progress
        self.check_mode = False
        self.held = self.locks = self.checks = self.given_back = 0
        self.noted: list[str] = []
        FakeRun.made.append(self)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_exc: Any) -> Any:
        return None

    def note(self, error: Any) -> None:
        self.noted.append(error.message)

    def bundle(self, error: Any) -> None:
        error.detail["support_bundle"] = "bundle.json"

    @contextmanager
    def exclusive(self, stop: Any) -> Any:
        assert callable(stop)
        self.held += 1
        yield self.anew

    def check_names(self) -> None:
        throw(self.misnamed)

    def check_ours(self) -> None:
        self.checks += 1
        throw(self.foreign)

    def give_back(self) -> None:
        self.given_back += 1

    def ensure_lock(self) -> None:
        assert self.held
        self.locks += 1


@pytest.fixture(autouse=True)
def run(monkeypatch: Any) -> None:
    FakeRun.made = []
    monkeypatch.setattr(_base, "Run", FakeRun)
    monkeypatch.setattr(FakeRun, "anew", False)


@pytest.fixture
def shown(monkeypatch: Any) -> Any:
    lines: list[str] = []
    monkeypatch.setattr(_base, "Display", lambda: SimpleNamespace(display=lines.append))
    return lines


class Action(KraftAction):
    """An action that does what a test says."""

    MODULE = "cluster_info"
    decision = done("read only")
    raises: BaseException | None = None

    def decide(self, run: Any) -> Any:
        throw(self.raises)
        return self.decision

    def inspect(self, run: Any) -> Any:
        return {"seen": True}

    def apply(self, run: Any) -> Any:
        return {"applied": run.held}


def act(
    kind: Any = Action,
    arguments: Any = None,
    *,
    check_mode: Any = False,
    async_val: Any = 0,
    task_vars: Any = None,
    **attributes: Any,
) -> Any:
    task = SimpleNamespace(
        args=GOOD if arguments is None else arguments, check_mode=check_mode, async_val=async_val, action="x"
    )
    connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir="/tmp"))
    made = kind(task, connection, None, None, None, shared_loader_obj=None)
    for name, value in attributes.items():
        setattr(made, name, value)
    return made.run(task_vars=ALONE if task_vars is None else task_vars)


def test_done_is_unchanged_and_inspected(shown: Any) -> None:
    result = act()
    assert (result["changed"], result["decision"], result["msg"], result["seen"]) == (False, "done", "read only", True)
    assert result["elapsed"] >= 0
    assert shown == ["[shop] cluster_info: read only"]


def test_not_needed_says_why() -> None:
    result = act(decision=not_needed("the IBP is there already"))
    assert (result["changed"], result["decision"], result["msg"]) == (False, "not needed", "the IBP is there already")


def test_needed_is_applied_under_the_lease() -> None:
    result = act(decision=needed("write it", {"before": "a", "after": "b"}))
    assert (result["changed"], result["decision"], result["applied"]) == (True, "needed", 1)
    assert result["diff"] == [{"before": "a", "after": "b"}]


class Locked(Action):
    """Tells whether the lock was taken before it changes anything."""

    def apply(self, run: Any) -> Any:
        return {"locks": run.locks}


def test_the_lock_is_taken_before_anything_is_changed() -> None:
    """Rule 6: the annotation on every object that we manage, and with it the last look whose they are."""
    assert act(Locked, decision=needed("write it"))["locks"] == 1


class Apart(Locked):
    """No step of a migration."""

    MIGRATES = False


def test_what_is_no_step_of_a_migration_takes_the_lease_alone(monkeypatch: Any) -> None:
    """No migration begins by it, whose lock or journal would be left; whose the objects are is none of its business."""
    monkeypatch.setattr(FakeRun, "foreign", Refused("managed by Flux", code="managed-by-gitops"))
    assert act(Apart, decision=needed("delete a pod"))["locks"] == 0
    run = FakeRun.made[-1]
    # an earlier task of this run has it
    assert (run.held, run.checks, run.given_back) == (1, 0, 0)
    monkeypatch.setattr(FakeRun, "anew", True)
    assert act(Apart, decision=needed("delete a pod"))["changed"] is True
    assert FakeRun.made[-1].given_back == 1
    assert act(decision=needed("write it"), raises=KraftError("broken"))["msg"].startswith(
        "cluster_info: broken; run the"
    )
    assert act(Apart, raises=KraftError("broken"))["msg"] == "cluster_info: broken"


class Twice(Action):
    """Needed at first, done by somebody else a moment later."""

    def decide(self, run: Any) -> Any:
        return done("somebody did it") if run.held else needed("write it")


def test_after_waiting_for_another_run_it_is_decided_again(monkeypatch: Any) -> None:
    """Rule 6: what another run has done meanwhile is not done a second time."""
    assert act(Twice)["changed"] is True
    monkeypatch.setattr(FakeRun, "anew", True)
    result = act(Twice)
    assert (result["changed"], result["msg"], result["seen"]) == (False, "somebody did it", True)
    assert "applied" not in result
    assert FakeRun.made[-1].locks == 0
    assert act(decision=needed("write it"))["changed"] is True


@pytest.mark.parametrize("decision", [done("read only"), needed("write it")])
def test_a_statefulset_of_somebody_else_refuses_every_verb(monkeypatch: Any, decision: Any) -> None:
    """Rule 6: also what would only read, before anything is decided; what shows what stands against it goes on."""
    monkeypatch.setattr(FakeRun, "misnamed", Refused("StatefulSet n/kafka-kraft is not ours", code="foreign-object"))
    result = act(decision=decision, raises=AssertionError("decided"))
    assert (result["failed"], result["code"]) == (True, "foreign-object")
    monkeypatch.setattr(Action, "SHOWS", True)
    assert "failed" not in act(decision=decision)


def test_check_mode_applies_nothing() -> None:
    """Rule 7: check mode returns that slice of the plan and takes no Lease."""
    result = act(decision=needed("write it", {"before": "a", "after": "b"}), check_mode=True)
    assert (result["changed"], result["msg"]) == (True, "would run: write it")
    assert result["diff"] == [{"before": "a", "after": "b"}]
    assert "applied" not in result
    assert FakeRun.made[0].held == 0


@pytest.mark.parametrize("check_mode", [True, False])
def test_objects_that_are_not_ours_are_refused_before_the_lease(monkeypatch: Any, check_mode: Any) -> None:
    """Rule 6: a refusal leaves no trace, and check mode tells it."""
    monkeypatch.setattr(FakeRun, "foreign", Refused("managed by Flux", code="managed-by-gitops"))
    result = act(decision=needed("write it"), check_mode=check_mode)
    assert (result["failed"], result["code"]) == (True, "managed-by-gitops")
    assert FakeRun.made[0].held == 0
    assert act(decision=done("there"))["changed"] is False


class Refuses(Action):
    """Refuses under the Lease: bad input found late is no fault that needs a bundle."""

    decision = needed("write it")

    def apply(self, run: Any) -> Any:
        raise Refused("the gates are shut", code="gate-confirm")


def test_a_refusal_under_the_lease_leaves_no_support_bundle() -> None:
    result = act(Refuses)
    assert (result["failed"], result["code"]) == (True, "gate-confirm")
    assert "support bundle" not in result["msg"]


class Stopped(Action):
    """Told to stop while it changes something."""

    decision = needed("write it")

    def apply(self, run: Any) -> Any:
        raise Interrupted("stopped by SIGTERM")


def test_an_interruption_leaves_no_support_bundle() -> None:
    """Nothing went wrong, and whoever presses Ctrl-C does not wait for one."""
    result = act(Stopped)
    assert result["msg"] == "cluster_info: stopped by SIGTERM" + GO_ON


class Waits(Action):
    MUTATES = False


def test_a_wait_changes_nothing_and_needs_no_lease() -> None:
    result = act(Waits, decision=needed("wait for the quorum"))
    assert (result["changed"], result["applied"]) == (False, 0)
    assert act(Waits, decision=needed("wait"), check_mode=True)["changed"] is False


class ReadOnly(KraftAction):
    MODULE = "cluster_info"


def test_the_defaults_of_a_read_only_module() -> None:
    result = act(ReadOnly)
    assert (result["changed"], result["msg"]) == (False, "read only")


class Forgot(KraftAction):
    MODULE = "cluster_info"

    def decide(self, run: Any) -> Any:
        return needed("something")


def test_an_action_without_apply_is_an_error() -> None:
    result = act(Forgot)
    assert (
        result["msg"] == "cluster_info: cluster_info does not change anything" + GO_ON + "; support bundle: bundle.json"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"cluster": "kafka"}, "cluster_info: missing required arguments: namespace"),
        ({**GOOD, "nonsense": 1}, "cluster_info: nonsense. Supported parameters include"),
        (
            {**GOOD, "platform": "vms"},
            "value of platform must be one of: auto, statefulset, confluent, strimzi, got: vms",
        ),
        ({**GOOD, "soak": "a week"}, "soak"),
    ],
)
def test_bad_options_are_one_sentence_and_nothing_runs(arguments: Any, words: Any) -> None:
    result = act(arguments=arguments)
    assert result["failed"] is True
    assert words in result["msg"]
    assert FakeRun.made == []


def test_what_cannot_be_accepted_is_refused_with_what_can() -> None:
    result = act(arguments={**GOOD, "accept": ["gate-parity", "migration-stale", "gate-pariti"]})
    assert result["failed"] is True
    assert result["msg"].startswith("kraft_accept names migration-stale, gate-pariti, which cannot be accepted")
    assert "acceptable codes: " in result["msg"]
    assert "gate-parity" in result["msg"].partition("acceptable codes: ")[2]
    assert FakeRun.made == []


def test_an_acceptance_by_the_code_alone_is_not_for_a_whole_fleet() -> None:
    """Rule 1: an override that reaches every host by one -e has to name the cluster; nothing is opened otherwise."""
    assert act(arguments={**GOOD, "accept": ["gate-parity"]}).get("failed") is None
    assert FakeRun.made[-1].params["accept"] == ["gate-parity"]
    result = act(arguments={**GOOD, "accept": ["gate-parity"]}, task_vars=TWO)
    assert (result["failed"], len(FakeRun.made)) == (True, 1)
    assert result["msg"] == (
        "cluster_info: kraft_accept: gate-parity names no cluster, and this run has 2 hosts; name it as n/kafka=gate-parity, or choose one "
        "host with --limit; nothing was changed"
    )
    named = ["n/kafka=gate-parity", "bank/kafka=gate-soak"]
    assert act(arguments={**GOOD, "accept": named}, task_vars=TWO).get("failed") is None
    assert FakeRun.made[-1].params["accept"] == ["gate-parity"]


def test_the_scope_of_a_run() -> None:
    """Batches of serial are one run; what the inventory does not say of a host is not known."""

    class Unresolved(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            raise AnsibleUndefinedVariable("x is undefined")

    act(task_vars={**TWO, "ansible_play_hosts": ["shop"], "play_hosts": ["shop"]})
    scope = FakeRun.made[-1].params["scope"]
    assert (scope.name, scope.host, scope.hosts) == ("n/kafka", "shop", {"shop": "n/kafka", "bank": "bank/kafka"})
    for hostvars in ({}, {"bank": {"kraft_namespace": "bank"}}, {"bank": Unresolved()}):
        act(task_vars={**TWO, "hostvars": hostvars})
        assert FakeRun.made[-1].params["scope"].hosts == {"shop": "n/kafka", "bank": None}
    act(task_vars={})
    assert not FakeRun.made[-1].params["scope"].alone


class Tells(Action):
    """Whose result has what it must not have."""

    def inspect(self, run: Any) -> dict[str, Any]:
        return {"seen": True, "of_region": [dict(each.params) for each in run.params["regions"].others]}


def test_regions_that_cannot_be_told_are_refused_and_their_secrets_hidden() -> None:
    west = {
        "kraft_namespace": "w",
        "kraft_cluster": "kafka",
        "kraft_region_of": "orders",
        "kraft_api_key": "sekret-west",
    }
    given: dict[str, Any] = {"arguments": {**GOOD, "region_of": "orders"}}
    found = act(Tells, **given, task_vars={**TWO, "hostvars": {"bank": west}})
    assert found["of_region"][0]["namespace"] == "w"
    assert "sekret-west" not in str(found)
    act(**given, task_vars={**TWO, "hostvars": {"bank": west}})
    regions = FakeRun.made[-1].params["regions"]
    assert [each.host for each in regions.others] == ["bank"]
    found = act(**given, task_vars=TWO)
    assert found["failed"]
    assert "no other host of the inventory has that value" in found["msg"]
    assert found["msg"].endswith("; nothing was changed")
    found = act(**given, task_vars={**TWO, "hostvars": {"bank": {**west, "kraft_soak": "soon"}}})
    assert "cannot be used" in found["msg"]
    assert "sekret-west" not in str(found)
    act(task_vars=TWO)
    assert FakeRun.made[-1].params["regions"] is None


def test_a_missing_library_says_how_to_add_it(monkeypatch: Any) -> None:
    sentence = "the Python library kazoo is missing"
    monkeypatch.setattr(_base, "missing_libraries", lambda: sentence)
    result = act()
    assert (result["failed"], result["msg"]) == (True, sentence)
    assert FakeRun.made == []


def test_a_refusal_carries_its_code_and_detail() -> None:
    result = act(raises=Refused("it is locked", code="lock-held", detail={"holder": "ann"}))
    assert result["failed"] is True
    assert result["msg"] == "cluster_info: it is locked"
    assert (result["code"], result["detail"]) == ("lock-held", {"holder": "ann"})
    assert (result["sub_phase"], result["cluster"]) == ("cluster_info", "kafka")
    assert "elapsed" in result


def test_the_sub_phase_is_named_as_cfk_names_it() -> None:
    class Roll(Action):
        MODULE = "rolling_restart"

    result = act(Roll, {**GOOD, "target": "brokers", "stage": "kraft"}, raises=Conflict("changed"))
    assert result["msg"] == "MoveToKRaftControllerEnsureKafkaRollIsComplete: changed" + GO_ON


def test_what_the_pure_layer_cannot_work_with() -> None:
    result = act(raises=Unsupported("no surface", code="surface-not-found"))
    assert (result["msg"], result["code"]) == ("cluster_info: no surface", "surface-not-found")


def test_an_interruption_says_how_to_go_on() -> None:
    result = act(raises=Interrupted("stopped by SIGINT"))
    assert result["msg"] == "cluster_info: stopped by SIGINT" + GO_ON
    assert FakeRun.made[0].noted == ["stopped by SIGINT"]


def test_an_unexpected_error_is_reported_as_one() -> None:
    result = act(raises=ZeroDivisionError("division by zero"))
    sentence = "unexpected error, please report it: ZeroDivisionError: division by zero"
    assert (result["failed"], result["msg"]) == (True, f"cluster_info: {sentence}{GO_ON}")
    assert "Traceback" in result["exception"]
    assert "in throw" in result["exception"]
    assert FakeRun.made[0].noted == [sentence]


class Ended:
    """An exclusive() that tells what it was left with."""

    def __init__(self, monkeypatch: Any) -> None:
        self.with_what: list[Ending] = []

        @contextmanager
        def exclusive(run: Any, stop: Any) -> Any:
            run.held += 1
            try:
                yield False
            except Ending as error:
                self.with_what.append(error)
                raise

        monkeypatch.setattr(FakeRun, "exclusive", exclusive)


def test_an_unexpected_error_in_the_midst_of_changes_ends_like_any_failure(monkeypatch: Any) -> None:
    """Rule 11: the Lease is given back, the journal and a support bundle are written, and the next command is named."""

    class Roll(Action):
        MODULE = "rolling_restart"
        MUTATES = True

        def apply(self, run: Any) -> Any:
            topics: dict[str, Any] = {}
            return topics["churn-011"]

    ended = Ended(monkeypatch)
    result = act(Roll, {**GOOD, "target": "brokers", "stage": "kraft"}, decision=needed("restart them"))
    sentence = "unexpected error, please report it: KeyError: 'churn-011'"
    assert [each.message for each in ended.with_what] == FakeRun.made[0].noted == [sentence]
    assert (
        result["msg"]
        == f"MoveToKRaftControllerEnsureKafkaRollIsComplete: {sentence}{GO_ON}; support bundle: bundle.json"
    )
    assert "in apply" in result["exception"]


def test_what_the_pure_layer_cannot_work_with_in_the_midst_of_changes_is_a_refusal(monkeypatch: Any) -> None:
    """Rule 11: exclusive() gives the Lease back for it."""

    class Writes(Action):
        MUTATES = True

        def apply(self, run: Any) -> Any:
            raise Unsupported("no surface", code="surface-not-found")

    ended = Ended(monkeypatch)
    result = act(Writes, decision=needed("write it"))
    assert [type(each) for each in ended.with_what] == [Refused]
    assert FakeRun.made[0].noted == ["no surface"]
    assert (result["msg"], result["code"]) == ("cluster_info: no surface", "surface-not-found")


def test_errors_of_ansible_itself_are_left_to_it() -> None:
    with pytest.raises(AnsibleActionFail):
        act(raises=AnsibleActionFail("its own"))


def test_async_is_not_supported() -> None:
    with pytest.raises(AnsibleActionFail, match=r"async is not supported|does not support async"):
        act(async_val=30)


@pytest.mark.parametrize(
    "attributes",
    [
        {"decision": not_needed(f"Bearer {TOKEN}")},
        {"raises": Refused(f"denied for {TOKEN}", detail={"header": [TOKEN]})},
        {"raises": RuntimeError(f"token {TOKEN}")},
    ],
)
def test_a_secret_never_reaches_the_result(attributes: Any) -> None:
    """Rule 7: what is marked no_log is scrubbed from messages, details and tracebacks."""
    text = json.dumps(act(**attributes))
    assert TOKEN not in text
    assert "*" in text


def test_the_result_is_plain_data() -> Any:
    class Odd(Action):
        def inspect(self, run: Any) -> Any:
            return {"path": Path("/x"), "tuple": (1, 2), "error": ValueError(TOKEN)}

    result = act(Odd)
    assert result["tuple"] == [1, 2]
    assert result["path"] == "/x"
    assert TOKEN not in json.dumps(result)


# where an operator leads


class Step(LedStep):
    """Stands for the action there."""

    MUTATES = True
    decision = needed("ask the operator", {"before": "a", "after": "b"})

    def decide(self, run: Any) -> Any:
        return self.decision

    def inspect(self, run: Any) -> Any:
        return {"operator": "seen"}

    def apply(self, run: Any) -> Any:
        return {"applied": run.held, "locks": run.locks}


class Waiting(Step):
    """Only waits for its sub-phase."""

    MUTATES = False


class Led(Action):
    """Has a step of its own there; what it does elsewhere would be a mistake."""

    LED = Step
    raises = AssertionError("judged as if nobody led")


class LedWaiting(Led):
    LED = Waiting


class Same(Action):
    """Is the same whoever leads."""

    LED = None


@pytest.fixture
def led(monkeypatch: Any) -> None:
    monkeypatch.setattr(FakeRun, "leads", True)


def test_the_step_of_the_operator_stands_for_the_action(led: None) -> None:
    result = act(Led)
    assert (result["changed"], result["decision"], result["msg"]) == (True, "needed", "ask the operator")
    assert (result["applied"], result["locks"]) == (1, 1), "under the Lease"
    assert FakeRun.made[0].checks == 1, "whose job it is was looked at before"


def test_without_an_operator_the_action_does_its_own_work() -> None:
    result = act(Led, raises=None, decision=needed("write it"))
    assert (result["msg"], result["applied"]) == ("write it", 1)


def test_what_is_the_same_whoever_leads_is_the_action_itself(led: None) -> None:
    assert act(Same)["seen"] is True


def test_an_action_without_a_step_of_its_own_waits_for_its_sub_phase() -> None:
    assert KraftAction.LED is LedStep
    assert LedStep.MUTATES is False


def test_check_mode_asks_the_operator_for_nothing(led: None) -> None:
    """Rule 8."""
    result = act(Led, check_mode=True)
    assert (result["changed"], result["msg"]) == (True, "would run: ask the operator")
    assert "applied" not in result
    assert (FakeRun.made[0].held, FakeRun.made[0].locks) == (0, 0)
    result = act(LedWaiting, check_mode=True)
    assert (result["changed"], "applied" in result) == (False, False)


def test_a_wait_takes_no_lease(led: None) -> None:
    """A sub-phase alone waits for the operator: whoever only looks keeps nobody out."""
    result = act(LedWaiting)
    assert (result["changed"], result["applied"], result["locks"]) == (False, 0, 0)
    assert FakeRun.made[0].checks == 0


def test_a_step_that_may_write_and_only_waits_takes_no_lease(led: None, monkeypatch: Any) -> None:
    """What was asked for before is only followed."""
    monkeypatch.setattr(Step, "decision", to_follow("follow the operator"))
    result = act(Led)
    assert (result["changed"], result["applied"], result["locks"]) == (False, 0, 0)
    assert (FakeRun.made[0].checks, FakeRun.made[0].held) == (0, 0)
    assert act(Led, check_mode=True)["changed"] is False


def test_what_grants_a_right_that_is_missing_is_named(led: None, monkeypatch: Any) -> None:
    denied = Forbidden("missing permission: u may not get kafkas", code="permission-missing", detail={"verb": "get"})
    monkeypatch.setattr(FakeRun, "foreign", denied)
    message = act(Led)["msg"]
    assert "docs/rbac.yml has all that a migration needs, docs/rbac-confluent.yml where" in message
    # no right would help against an admission rule
    monkeypatch.setattr(FakeRun, "foreign", Forbidden("the API server denied it"))
    assert "docs/rbac" not in act(Led)["msg"]


def test_what_is_done_there_is_only_looked_at(led: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(Step, "decision", done("the operator is past it"))
    result = act(Led)
    assert (result["changed"], result["msg"], result["operator"]) == (False, "the operator is past it", "seen")
    assert FakeRun.made[0].held == 0


def test_a_job_of_others_is_refused_before_the_lease(led: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(FakeRun, "foreign", Refused("that job is for others", code="operator-references"))
    result = act(Led)
    assert (result["failed"], result["code"]) == (True, "operator-references")
    assert FakeRun.made[0].held == 0


def test_the_module_that_asks_an_operator_does_nothing_without_one() -> None:
    found = kraft_migration_job.ActionModule.__new__(kraft_migration_job.ActionModule).decide(
        SimpleNamespace(opened=SimpleNamespace(namespace="n", name="kafka"))  # type: ignore[arg-type]
    )
    assert found == not_needed("no operator leads n/kafka: the playbooks carry each sub-phase out")
    assert kraft_migration_job.ActionModule.LED is Request
