# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits that look again and again: the reason is told as long as it lasts, and at the end."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations import waiting
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations.waiting import until
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded


def test_each_reason_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PACE", 0.0)
    reasons = ["one", "one", "two", ""]
    told: list[str] = []
    assert until(lambda: reasons.pop(0), 5.0, told.append, "check-not-served") >= 0
    assert told == ["one", "two"]
    assert reasons == []


def test_the_last_reason_is_what_it_ends_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PACE", 0.01)
    reasons = iter(range(1000))
    with pytest.raises(DeadlineExceeded, match=r"^look \d+, after 0 s$") as caught:
        until(lambda: f"look {next(reasons)}", 0.05, lambda _text: None, "check-not-served")
    assert caught.value.code == "check-not-served"
    assert next(reasons) > 2
    # whatever the time, it is looked at once
    assert until(lambda: "", 0.0, print, "") >= 0
