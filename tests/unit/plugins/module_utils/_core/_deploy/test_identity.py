# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import uuid
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy import identity as identities
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.identity import Identity, parse


def test_it_is_read_as_it_was_written() -> None:
    for each in (
        Identity("id"),
        Identity("id", (0, 1, 1000), (1,)),
        Identity("id", (0,), (), {1000: "a-b_c", 1001: "d"}),
    ):
        assert parse(each.data()) == each


@pytest.mark.parametrize(
    "data", [{}, {"cluster.id": " "}, {"cluster.id": "x", "nodes": "0,one"}, {"cluster.id": "x", "directories": "a=b"}]
)
def test_anything_else_is_no_identity(data: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"cluster\.id|invalid literal"):
        parse(data)


def test_nodes_come_and_go() -> None:
    found = Identity("id", (0, 1)).with_nodes([2, 1])
    assert found.nodes == (0, 1, 2)
    assert found.replacing([1]).replaced == (1,)
    assert found.replacing([1]).with_nodes([0, 2]).replaced == (1,), "it has not come back yet"
    assert found.replacing([1]).with_nodes([1]).replaced == ()
    assert found.without([2]).nodes == (0, 1)


def test_no_id_begins_with_a_dash() -> None:
    with_dash = uuid.UUID(bytes=b"\xf8" + bytes(15))
    good = [uuid.UUID(int=number) for number in range(3)]
    numbers = itertools.chain([with_dash, good[0], with_dash, good[1]], good)

    def random() -> Any:
        return next(numbers)

    found = identities.new([1000], dynamic=True, random=random)
    assert len(found.cluster_id) == 22
    assert not found.cluster_id.startswith("-")
    assert found.directories is not None
    assert not found.directories[1000].startswith("-")
    assert identities.new([1000], dynamic=False).directories is None
    assert identities.new([], dynamic=False) != identities.new([], dynamic=False)
