# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Libraries that some clusters need, and how to add them."""

from __future__ import annotations

import importlib.util
import sys

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.deps import (
    missing_libraries,
    missing_optional,
)


def test_everything_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: object())
    assert missing_libraries() == ""
    assert missing_optional("puresasl", "x") == ""


def test_what_is_missing_is_named_by_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert missing_libraries().startswith("the Python library kubernetes and kazoo is missing in Ansible's own Python")
    assert missing_libraries().endswith(", or use an execution environment built from meta/execution-environment.yml")
    assert missing_optional("puresasl", "a login to ZooKeeper by password") == (
        "a login to ZooKeeper by password needs one more library: the Python library pure-sasl is missing in Ansible's own Python "
        f"{sys.executable}: add it with `pipx inject ansible-core pure-sasl` or `{sys.executable} -m pip install pure-sasl`"
    )
