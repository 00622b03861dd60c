# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import (
    Reading,
    Unknown,
    known,
    known_or_none,
    unknown,
)

FLAGS: dict[str, Reading[bool]] = {"c-0": True, "c-1": Unknown("pod c-1 does not exist"), "c-2": False}


def test_each_node_is_either_known_or_unknown() -> None:
    assert known(FLAGS) == {"c-0": True, "c-2": False}
    assert unknown(FLAGS) == {"c-1": "pod c-1 does not exist"}
    assert known(FLAGS).keys() | unknown(FLAGS).keys() == FLAGS.keys()


def test_unknown_is_neither_true_nor_false() -> None:
    with pytest.raises(TypeError, match="neither true nor false: the exec failed"):
        all([True, Unknown("the exec failed")])


def test_output_may_leave_out_what_is_not_known() -> None:
    assert [known_or_none(FLAGS.get(name)) for name in ("c-0", "c-1", "c-2", "c-3")] == [True, None, False, None]
