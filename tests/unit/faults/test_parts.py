# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which requests get a false answer, and how long clients went without an ack: the pure parts of the tests of faults."""

from __future__ import annotations

import json
import re

import pytest

from tests.faults.answers import ACT, CODES, EVERY, READ, UPGRADE, WATCH, WRITE, FalseAnswer, Pattern, Request
from tests.faults.figures import Figure, longest_gaps
from tests.faults.network import packets
from tests.faults.strikes import back, last_restarting, restarting
from tests.faults.wire import Head

MANY = 400


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (Request("GET", "/api/v1/pods/p"), READ),
        (Request("GET", "/api/v1/pods", watching=True), WATCH),
        (Request("GET", "/api/v1/pods/p/exec", upgrading=True), UPGRADE),
        (Request("PUT", "/x"), WRITE),
        (Request("PATCH", "/x"), WRITE),
        (Request("POST", "/x"), ACT),
        (Request("DELETE", "/x"), ACT),
    ],
)
def test_every_kind_of_request_gets_every_code_of_its_kind(request_: Request, kind: str) -> None:
    assert request_.kind == kind
    pattern = Pattern(7)
    given = [
        pattern.answer(Request(request_.method, f"/{turn}", request_.watching, request_.upgrading))
        for turn in range(MANY)
    ]
    codes = {each.code for each in given if each is not None}
    assert codes == set(CODES[kind])
    count = sum(each is not None for each in given)
    assert MANY // EVERY[kind][1] - 1 <= count <= MANY // EVERY[kind][0] + 1
    assert pattern.kinds() == {kind: count}
    assert sum(pattern.codes().values()) == count


def test_the_pattern_is_that_of_its_seed() -> None:
    requests = [Request("PATCH" if number % 3 else "GET", f"/{number}") for number in range(MANY)]
    first, second, other = Pattern(1), Pattern(1), Pattern(2)
    answers = [[pattern.answer(each) for each in requests] for pattern in (first, second, other)]
    assert answers[0] == answers[1] != answers[2]


def test_what_comes_again_is_let_through() -> None:
    """So that no patience of a client is worn out."""
    pattern, refused = Pattern(3), 0
    for _turn in range(MANY):
        if pattern.answer(Request("PATCH", "/same")) is not None:
            refused += 1
            assert pattern.answer(Request("PATCH", "/same")) is None
    assert refused > 10


def test_only_what_may_be_done_twice_is_done_behind_a_false_answer() -> None:
    for method, path, twice in (
        ("PATCH", "/x", True),
        ("DELETE", "/x", True),
        ("POST", "/pods/p/eviction", True),
        ("POST", "/configmaps", False),
        ("GET", "/x", False),
    ):
        pattern = Pattern(5)
        given = [pattern.answer(Request(method, path)) for _turn in range(MANY)]
        late = {each.code for each in given if each is not None and each.carried_out}
        assert late == ({500, 503} if twice else set()), (method, path)
        assert bool(pattern.carried_out) is twice


@pytest.mark.parametrize("code", [409, 429, 500, 503])
def test_a_false_answer_is_whole(code: int) -> None:
    head, _blank, body = FalseAnswer(code).as_bytes().partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {code} ".encode())
    assert f"Content-Length: {len(body)}".encode() in head
    assert (b"Retry-After: 1" in head) is (code == 429)
    assert json.loads(body)["code"] == code


def test_a_request_is_read_off_its_head() -> None:
    watch = Head("GET /api/v1/pods?watch=1&x=y HTTP/1.1", {}, b"").request()
    assert watch == Request("GET", "/api/v1/pods", watching=True)
    upgrade = Head("GET /exec?command=ls HTTP/1.1", {"upgrade": "websocket"}, b"").request()
    assert upgrade == Request("GET", "/exec", upgrading=True)


@pytest.mark.parametrize(
    "line",
    [
        '-A INPUT -s 10.244.0.9/32 -m comment --comment "kafkaops faults" -c 12 720 -j DROP',
        '-A INPUT -s 10.244.0.9/32 -c 12 720 -m comment --comment "kafkaops faults" -j DROP',
        '[12:720] -A INPUT -s 10.244.0.9/32 -m comment --comment "kafkaops faults" -j DROP',
    ],
)
def test_packets_that_were_dropped(line: str) -> None:
    listed = f"-P INPUT ACCEPT -c 5 600\n{line}\n{line}\n-A INPUT -s 10.244.0.9/32 -c 7 720 -j DROP"
    assert packets(listed) == 24


def ack(at: int) -> str:
    return json.dumps({"timestamp": at, "name": "producer_send_success"}).replace(" ", "")


def test_gaps_between_acks() -> None:
    acks = [ack(1_000), ack(1_050), ack(3_000), '{"timestamp":3500,"name":"producer_send_error"}', ack(4_000), "cut of"]
    windows = [(0, 900), (1_100, 1_200), (900, 3_500), (4_000, 9_000)]
    assert longest_gaps(acks, windows) == [0, 1_950, 1_950, 1_000]


def test_a_figure_in_one_line() -> None:
    figure = Figure("ZooKeeper paused", "broker 1/3", began_ms=1_000, ended_ms=11_000)
    assert "lasted 10.0 s, the run stopped" in figure.line()
    figure.went_on_ms = 13_500
    assert "the run went on 12.5 s after its beginning" in figure.line()
    figure.struck({"began_ms": 2_000, "killed": "x"})
    assert (figure.began_ms, figure.evidence) == (2_000, {"killed": "x"})


def test_the_lines_at_which_faults_strike() -> None:
    """As the roll engine writes them."""
    first = "[kafka] RollX: broker 1/3: kafka-0: restarting (elapsed 0 s, ETA 36 s)"
    last = "[kafka] RollX: broker 3/3: kafka-2: restarting (elapsed 20 s, ETA 9 s)"
    done = "[kafka] RollX: broker 1/3: kafka-0: back after 7.4 s (Ready after 5.0 s)"
    assert [bool(re.search(restarting("RollX"), line)) for line in (first, last, done)] == [True, True, False]
    assert [bool(re.search(last_restarting("RollX"), line)) for line in (first, last, done)] == [False, True, False]
    assert [bool(re.search(back("RollX"), line)) for line in (first, last, done)] == [False, False, True]
    assert not re.search(restarting("RollX"), first.replace("RollX", "RollX2"))
