# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors keep what they were made with."""

from __future__ import annotations

import pickle

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime import errors


@pytest.mark.parametrize(
    "kind",
    [
        errors.Refused,
        errors.Forbidden,
        errors.Unreachable,
        errors.NotFound,
        errors.Conflict,
        errors.DeadlineExceeded,
    ],
)
def test_every_error_is_a_kraft_error_and_survives_pickling(kind: type[errors.KraftError]) -> None:
    error = kind("what, where, what to do", code="X1", detail={"a": 1})
    assert isinstance(error, errors.KraftError)
    copy = pickle.loads(pickle.dumps(error))
    assert isinstance(copy, kind)
    assert (copy.message, copy.code, copy.detail, str(copy)) == (
        "what, where, what to do",
        "X1",
        {"a": 1},
        error.message,
    )


def test_an_interruption_is_no_error_that_somebody_can_handle() -> None:
    """Whatever is being tried when Ctrl-C comes must not be tried again, nor taken for missing."""
    error = errors.Interrupted("stopped by SIGINT", code="X1", detail={"a": 1})
    assert not isinstance(error, Exception)
    assert isinstance(error, errors.Ending)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.message, copy.code, copy.detail) == (type(error), "stopped by SIGINT", "X1", {"a": 1})


def test_defaults_are_empty_and_not_shared() -> None:
    first, second = errors.KraftError("a"), errors.KraftError("b")
    first.detail["x"] = 1
    assert second.detail == {}
    assert second.code == ""
