# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from tests.rounds.changes import AGAIN, ALTERED, HYBRID, KEPT, PURE, ZOOKEEPER, Topics

START = {"topic-00": "3 -", ALTERED: "6 -", "traffic-1": "6 -"}


def after(rounds: int) -> tuple[Topics, list[str]]:
    topics, commands = Topics(START), []
    for number in range(1, rounds + 1):
        for where in (ZOOKEEPER, HYBRID, PURE):
            commands += topics.change(number, where)
    return topics, commands


def carried_out(commands: list[str]) -> dict[str, str]:
    """What brokers make of commands; a topic that is there is not made again, one that is not there is not deleted."""
    found = dict(START)
    for command in commands:
        verb, name, *rest = command.split()
        if verb == "create":
            assert name not in found, command
            found[name] = f"{rest[0]} {rest[2].removeprefix('retention.ms=')}"
        elif verb == "alter":
            found[name] = f"{found[name].split()[0]} {rest[0].removeprefix('retention.ms=')}"
        else:
            del found[name]
    return found


def test_what_is_expected_is_what_the_commands_make() -> None:
    for rounds in (1, 2, 20):
        topics, commands = after(rounds)
        assert topics.differences(carried_out(commands)) == ""


def test_every_value_occurs_once() -> None:
    _topics, commands = after(20)
    values = [word for command in commands for word in command.split() if word.startswith("retention.ms=")]
    assert len(values) == len(set(values)) > 100


def test_each_place_has_changes_of_each_kind() -> None:
    topics, _commands = after(3)
    for where in (ZOOKEEPER, HYBRID):
        verbs = {command.split()[0] for command in topics.change(4, where)}
        assert verbs == {"create", "alter", "delete"}
    assert [command.split()[0] for command in topics.change(4, PURE)] == ["create"]


def test_topics_do_not_pile_up() -> None:
    topics, _commands = after(20)
    assert len(topics.known) < len(START) + KEPT + 8


def test_a_topic_is_made_again_on_the_other_side_with_other_partitions() -> None:
    topics = Topics(START)
    seen = []
    for number in (1, 2, 3):
        assert (f"delete {AGAIN}" in topics.change(number, ZOOKEEPER)) == (number > 1)
        assert AGAIN not in topics.known
        topics.change(number, HYBRID)
        seen.append(topics.known[AGAIN].split()[0])
    assert len(set(seen)) == 3


def test_differences_are_named() -> None:
    topics = Topics(START)
    assert topics.differences({"topic-00": "3 -", ALTERED: "6 -", "traffic-2": "1 -"}) == ""
    said = topics.differences({"topic-00": "4 -", "more": "1 -"})
    assert said == f"{ALTERED} is missing; more is there and should not be; topic-00 is '4 -' and should be '3 -'"
