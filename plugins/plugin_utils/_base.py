# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one base of all action plugins: validate, derive the state, decide, check mode, lease and lock, apply, journal, errors.

Private to the collection. A sub-phase supplies ``decide`` (done, needed, not needed) and ``apply``; a read-only module supplies
``inspect``.
"""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import findings, phases
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import codes_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.argspec import spec_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.deps import missing_libraries
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Ending,
    Forbidden,
    KraftError,
    Refused,
    Unexpected,
)
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._decision import Decision, done, needed, not_needed
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led import LedStep
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._regions import regions_of
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._scope import scope_of
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._stop import Stopper, orderly_stop

__all__ = ["Decision", "KraftAction", "done", "needed", "not_needed"]

#: said of any right that is missing: who lacks one often lacks others
GRANTED_BY = (
    "docs/rbac.yml has all that a migration needs, docs/rbac-confluent.yml where Confluent for Kubernetes leads, "
    "docs/rbac-strimzi.yml where Strimzi does"
)


class KraftAction(ActionBase):
    """Base of all actions; ``MODULE`` names the module whose contract it implements."""

    MODULE: ClassVar[str] = ""
    #: whether apply() changes the cluster; a waiting step does not
    MUTATES: ClassVar[bool] = True
    #: whether it shows what stands against a migration instead of being refused
    SHOWS: ClassVar[bool] = False
    #: whether it works on a cluster that is there: what makes one looks after names, owners and records by itself
    OPENS: ClassVar[bool] = True
    #: whether it is a step of a migration: its objects are ours and locked, and it can be resumed; else it holds the Lease for itself alone
    MIGRATES: ClassVar[bool] = True
    #: what does its work where an operator carries the migration out; None: it is the same there
    LED: ClassVar[type[LedStep] | None] = LedStep

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task in the control process and return plain data."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        host = str((task_vars or {}).get("inventory_hostname", "localhost"))
        started = time.monotonic()
        params, secrets, problem = self._validate(task_vars or {})
        if problem:
            return {**result, "failed": True, "msg": problem}
        sub_phase = phases.sub_phase_of(self.MODULE, params)
        display = Display()

        def progress(text: str) -> None:
            display.display(f"[{host}] {sub_phase}: {text}")

        try:
            with orderly_stop() as stopper, Run(self.MODULE, params, sub_phase, progress) as run:
                run.check_mode = bool(self._task.check_mode)
                result.update(self._drive(run, stopper))
                progress(str(result["msg"]))
        except Ending as error:
            result.update(_failure(error, sub_phase, params, resumed=self.MIGRATES))
            if isinstance(error, Unexpected):
                result["exception"] = traceback.format_exc()
        except AnsibleError:
            raise
        except Exception as error:  # pylint: disable=broad-exception-caught
            result.update(_failure(_unexpected(error), sub_phase, params), exception=traceback.format_exc())
        result["elapsed"] = round(time.monotonic() - started, 3)
        plain: dict[str, Any] = remove_values(json.loads(json.dumps(result, default=str)), secrets)
        return plain

    def _validate(self, task_vars: Mapping[str, Any]) -> tuple[dict[str, Any], set[str], str]:
        problem = missing_libraries()
        if problem:
            return {}, set(), problem
        arguments = json.loads(json.dumps(dict(self._task.args), default=str))
        checked = ArgumentSpecValidator(spec_of(self.MODULE)).validate(arguments)
        secrets = set(getattr(checked, "_no_log_values", set()))
        if checked.error_messages:
            return {}, secrets, f"{self.MODULE}: " + "; ".join(checked.error_messages)
        params = dict(checked.validated_parameters)
        wrong = findings.unknown_codes(codes_of(params["accept"]))
        if wrong:
            known = ", ".join(sorted(code for code, rule in findings.RULES.items() if rule.acceptable))
            return (
                params,
                secrets,
                f"kraft_accept names {', '.join(wrong)}, which cannot be accepted; acceptable codes: {known}",
            )
        params["scope"] = scope_of(task_vars, params["namespace"], params["cluster"])
        params["accept"], problem = params["scope"].accepted(params["accept"])
        params["regions"], more, wrong_regions = regions_of(task_vars, params)
        secrets |= more
        problem = problem or wrong_regions
        return params, secrets, f"{self.MODULE}: {problem}; nothing was changed" if problem else ""

    def _drive(self, run: Run, stopper: Stopper) -> dict[str, Any]:
        try:
            with _as_endings():
                step = self.LED() if self.OPENS and self.LED is not None and run.leads else self
                if self.OPENS and not self.SHOWS:
                    run.check_names()
                decision = step.decide(run)
                if not decision.needed:
                    return _nothing(run, step, decision)
                if self.OPENS and step.MUTATES and _migrates(step) and not decision.only_waits:
                    # before the Lease is taken and in check mode too: a refusal leaves no trace
                    run.check_ours()
        except Ending as error:
            self._note(run, error)
            raise
        if run.check_mode:
            return {
                "changed": step.MUTATES and not decision.only_waits,
                "msg": f"would run: {decision.reason}",
                "decision": decision.kind,
                "diff": [dict(item) for item in decision.diff],
            }
        try:
            return _carry_out(run, stopper, step, decision)
        except Ending as error:
            # before the bundle, which takes its time: a run whose playbook was killed must not write late
            self._note(run, error)
            if self.OPENS and isinstance(error, KraftError) and not isinstance(error, Refused):
                run.bundle(error)
            raise

    def _note(self, run: Run, error: Ending) -> None:
        """Write a failure down where there is a journal; without one exclusive() has given the Lease back."""
        if self.OPENS:
            run.note(error)

    def decide(self, run: Run) -> Decision:
        """Say whether there is something to do. Read-only modules keep this one."""
        del run
        return done("read only")

    def inspect(self, run: Run) -> dict[str, Any]:
        """Return what the module reports when nothing is changed."""
        del run
        return {}

    def apply(self, run: Run) -> dict[str, Any]:
        """Carry the sub-phase out; called under the lease and the lock when it changes something."""
        raise KraftError(f"{self.MODULE} does not change anything")


def _carry_out(run: Run, stopper: Stopper, step: KraftAction | LedStep, decision: Decision) -> dict[str, Any]:
    if not step.MUTATES or decision.only_waits:
        with _as_endings():
            return {"changed": False, "msg": decision.reason, "decision": decision.kind, **step.apply(run)}
    with run.exclusive(stopper.stop) as newly_held, _as_endings():
        if newly_held:
            # another run may have done this meanwhile, or something else: decide again on what is there now
            decision = step.decide(run)
            if not decision.needed:
                return _nothing(run, step, decision)
        if _migrates(step):
            run.ensure_lock()
        data = step.apply(run)
    if newly_held and not _migrates(step):
        run.give_back()
    return {
        "msg": decision.reason,
        "decision": decision.kind,
        "diff": [dict(item) for item in decision.diff],
        "changed": True,
        **data,
    }


def _migrates(step: KraftAction | LedStep) -> bool:
    return not isinstance(step, KraftAction) or step.MIGRATES


def _nothing(run: Run, step: KraftAction | LedStep, decision: Decision) -> dict[str, Any]:
    return {"changed": False, "msg": decision.reason, "decision": decision.kind, **step.inspect(run)}


@contextmanager
def _as_endings() -> Iterator[None]:
    """What the pure layer refuses, and a mistake of ours, ends like everything: journal, Lease, next command (safety rule 11)."""
    try:
        yield
    except (Ending, AnsibleError):
        raise
    except Unsupported as error:
        raise Refused(error.message, code=error.code) from error
    except Exception as error:
        raise _unexpected(error) from error


def _unexpected(error: Exception) -> Unexpected:
    return Unexpected(f"unexpected error, please report it: {type(error).__name__}: {error}")


def _failure(error: Ending, sub_phase: str, params: Mapping[str, Any], *, resumed: bool = True) -> dict[str, Any]:
    went_wrong = not isinstance(error, (Refused, Forbidden))
    again = "; run the same playbook again to resume" if went_wrong and resumed else ""
    bundle = f"; support bundle: {error.detail['support_bundle']}" if "support_bundle" in error.detail else ""
    granted = f"; {GRANTED_BY}" if isinstance(error, Forbidden) and error.detail.get("verb") else ""
    message = f"{sub_phase}: {error.message}{granted}{again}{bundle}"
    return {
        "failed": True,
        "msg": message,
        "code": error.code,
        "detail": error.detail,
        "sub_phase": sub_phase,
        "cluster": params.get("cluster"),
    }
