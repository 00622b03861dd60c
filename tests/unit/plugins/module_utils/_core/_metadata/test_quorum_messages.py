# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ApiVersions and DescribeQuorum against what real controllers were sent and answered."""

from __future__ import annotations

import contextlib

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import quorum_messages as messages
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.kafka_bytes import Malformed
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.quorum_messages import (
    Denied,
    Described,
    Replica,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils.captures import BROKER, CAPTURES

LEADER = CAPTURES["3.9.2"].leader
T = "NOT_LEADER_OR_FOLLOWER"


@pytest.mark.parametrize("version", CAPTURES)
def test_what_a_real_controller_speaks(version: str) -> None:
    known = messages.read_api_versions(CAPTURES[version].api_versions, 1)
    assert known[messages.API_VERSIONS] == (0, 3 if version < "3.9" else 4)
    assert messages.pick_version(known, messages.DESCRIBE_QUORUM, 2) == CAPTURES[version].describe_version
    assert 3 not in known, "Metadata: a client that bootstraps by it finds no way in"


@pytest.mark.parametrize("version", CAPTURES)
def test_the_quorum_of_a_real_leader(version: str) -> None:
    capture = CAPTURES[version]
    found = messages.read_quorum(capture.leader, 2, capture.describe_version)
    assert found == capture.described


@pytest.mark.parametrize("version", CAPTURES)
def test_a_real_follower_says_so(version: str) -> None:
    capture = CAPTURES[version]
    with pytest.raises(Denied, match=T) as caught:
        messages.read_quorum(capture.follower, 2, capture.describe_version)
    assert caught.value.number == messages.NOT_LEADER


def test_requests_that_real_controllers_understood() -> None:
    assert messages.ask_api_versions(1).hex() == CAPTURES["3.9.2"].asked_versions
    assert messages.ask_quorum(2, 2).hex() == CAPTURES["3.9.2"].asked_quorum


def test_a_broker_in_migrating_mode_does_not_know_the_quorum() -> None:
    known = messages.read_api_versions(BROKER, 1)
    with pytest.raises(Denied, match=r"UNSUPPORTED_VERSION \(no API 55\)") as caught:
        messages.pick_version(known, messages.DESCRIBE_QUORUM, 2)
    assert caught.value.number == messages.UNSUPPORTED_VERSION


@pytest.mark.parametrize(
    ("known", "lowest", "version"),
    [((0, 1), 0, 1), ((0, 9), 0, 2), ((2, 9), 1, 2), ((3, 9), 0, None), ((0, 0), 1, None), ((0, 0), 0, 0)],
)
def test_the_highest_version_of_both(known: tuple[int, int], lowest: int, version: int | None) -> None:
    if version is None:
        with pytest.raises(Denied, match=f"UNSUPPORTED_VERSION .API 55 in version {known[0]} to {known[1]}"):
            messages.pick_version({55: known}, 55, 2, lowest)
    else:
        assert messages.pick_version({55: known}, 55, 2, lowest) == version


def test_version_0_has_no_times() -> None:
    """Kafka before 3.3: leader 5 at epoch 3, high watermark 9, voter 5 with end 10."""
    body = "00000002 00" + "0000" + "02 02 41 02 00000000 0000 00000005 00000003 0000000000000009"
    voter = "02 00000005 000000000000000a 00"
    found = messages.read_quorum(bytes.fromhex(body + voter + "01 00 00 00"), 2, 0)
    assert found == Described(5, 3, 9, (Replica(5, 10),), ())


def test_errors_have_names() -> None:
    with pytest.raises(Denied, match="CLUSTER_AUTHORIZATION_FAILED"):
        messages.read_quorum(bytes.fromhex("00000002 00 001f 00 01 01 00"), 2, 2)
    with pytest.raises(Denied, match="error 99"):
        messages.read_api_versions(bytes.fromhex("00000001 0063"), 1)


def test_an_answer_to_another_request() -> None:
    with pytest.raises(Malformed, match="it answers request 2 instead of 3"):
        messages.read_quorum(LEADER, 3, 2)


def test_another_number_of_partitions() -> None:
    with pytest.raises(Malformed, match="it describes 0 partitions"):
        messages.read_quorum(bytes.fromhex("00000002 00 0000 00 01 01 00"), 2, 2)


def test_frames() -> None:
    assert messages.framed(b"abcd") == b"\0\0\0\4abcd"
    assert messages.frame_size(b"\0\0\0\4") == 4
    for head in (b"\0\0\0\3", b"HTTP", b"\xff\xff\xff\xff"):
        with pytest.raises(Malformed, match="not a Kafka response"):
            messages.frame_size(head)


@given(st.integers(0, len(LEADER) - 1), st.binary(min_size=1, max_size=4))
def test_a_damaged_answer_is_never_an_accident(at: int, noise: bytes) -> None:
    for damaged in (LEADER[:at], LEADER[:at] + noise + LEADER[at + len(noise) :]):
        with contextlib.suppress(Malformed, Denied):
            assert isinstance(messages.read_quorum(damaged, 2, 2), Described)
