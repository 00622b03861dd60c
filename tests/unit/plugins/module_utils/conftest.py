# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the quorum answers and knows."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import parity
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import Image
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.metadata_records import Registration
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    controller_roll,
    gates,
    operator_gates,
    point_of_no_return,
)

from tests.unit.plugins.module_utils.scenes import quorum


@pytest.fixture
def registered(monkeypatch: Any) -> Any:
    """The brokers as the quorum knows them, and two stores that hold the same."""
    known = {number: Registration(False, False) for number in range(3)}
    monkeypatch.setattr(parity, "compared", lambda _cluster, _progress: parity.Parity(Image(), ()))
    monkeypatch.setattr(gates, "registrations", lambda _cluster, _quorum: known)
    return known


@pytest.fixture
def migrating(monkeypatch: Any, registered: Any) -> Any:
    """The same where an operator leads: every broker is registered as one that migrates."""
    registered.update(dict.fromkeys(registered, Registration(False, True)))
    monkeypatch.setattr(operator_gates, "registrations", lambda _cluster, _quorum: registered)
    return registered


@pytest.fixture
def seen(monkeypatch: Any) -> Any:
    """What the quorum answers, one after the other; the last one for ever."""
    answers = [quorum()]

    def say(answer: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    def read(_cluster: Any) -> Any:
        return say(answers.pop(0) if len(answers) > 1 else answers[0])

    monkeypatch.setattr(gates, "read_quorum", read)
    monkeypatch.setattr(operator_gates, "read_quorum", read)
    monkeypatch.setattr(point_of_no_return, "read_quorum", lambda _cluster, **_options: say(answers[-1]))
    monkeypatch.setattr(controller_roll, "read_quorum", read)
    return answers
