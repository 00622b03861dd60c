# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 12: how far a znode is behind, and that it is written so often at least, never with other data, whatever happens meanwhile."""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import (
    Image,
    PartitionImage,
    TopicImage,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.partition_epochs import (
    Epochs,
    Outcome,
    Raising,
    State,
    epochs_of,
)
from hypothesis import given
from hypothesis import strategies as st

PATH = "/brokers/topics/t/partitions/0/state"


def image(**partitions: tuple[int | None, int]) -> Image:
    """Topics of one partition: its count and its leader."""
    return Image(
        topics={
            name: TopicImage(None, {0: PartitionImage((1, 2), frozenset({1, 2}), leader, 4, epoch=epoch)})
            for name, (epoch, leader) in partitions.items()
        }
    )


def test_what_is_behind_and_what_moves() -> None:
    zookeeper = image(
        level=(21, 1), behind=(20, 1), ahead=(22, 1), moved=(19, 1), back=(23, 1), new=(None, 1), only=(0, 1)
    )
    kraft = image(level=(21, 1), behind=(22, 1), ahead=(21, 1), moved=(20, 2), back=(21, 2), new=(5, 1), gone=(9, 1))
    found = epochs_of(zookeeper, kraft)
    assert found == Epochs({("behind", 0): 2}, {("moved", 0): 1, ("back", 0): -2})
    assert found.wanted == {("behind", 0): 2, ("moved", 0): 1}
    assert epochs_of(image(t=(1, 1)), image(t=(None, 1))) == Epochs()


def test_a_znode_is_written_as_it_was_read_and_one_write_at_a_time() -> None:
    raising = Raising({PATH: 2, "/level": 0})
    assert (raising.left, raising.to_read()) == (1, [PATH])
    raising.read(PATH, State(7, b"d"))
    assert raising.to_write() == {PATH: State(7, b"d")}
    raising.answered(PATH, Outcome.WRITTEN)
    assert (raising.to_read(), raising.to_write()) == ([], {PATH: State(8, b"d")})
    raising.answered(PATH, Outcome.WRITTEN)
    assert (raising.left, raising.to_write(), raising.writes, raising.raised) == (0, {}, 2, {PATH})
    assert raising.changed == set()


def test_one_that_somebody_else_wrote_is_read_again_and_one_that_is_gone_is_left() -> None:
    for outcome in (Outcome.CHANGED, Outcome.LOST):
        raising = Raising({PATH: 1})
        raising.read(PATH, State(7, b"d"))
        raising.answered(PATH, outcome)
        assert (raising.left, raising.to_read(), raising.writes) == (1, [PATH], 0)
        assert raising.changed == {PATH}
    gone = Raising({PATH: 1, "/other": 1})
    gone.read(PATH, None)
    gone.read("/other", State(1, b"d"))
    gone.answered("/other", Outcome.GONE)
    assert (gone.left, gone.to_write(), gone.changed) == (0, {}, {PATH, "/other"})


@given(
    asked=st.dictionaries(st.sampled_from("abc"), st.integers(0, 4)),
    course=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["kraft", "read", "write", "lost", "unsent"]))),
)
def test_whatever_happens_meanwhile(asked: dict[str, int], course: list[tuple[str, str]]) -> None:
    """KRaft writes, without a condition, at any moment between our reads and writes, and answers get lost: with the write or without."""
    raising = Raising(asked)
    nodes = {path: State(number, b"%d" % number) for number, path in enumerate("abc", 5)}
    wrote, reads_again, kraft = dict.fromkeys("abc", 0), dict.fromkeys("abc", 0), dict.fromkeys("abc", 0)
    begun = dict(nodes)

    def act(path: str, what: str) -> None:
        if what == "kraft":
            kraft[path] += 1
            nodes[path] = State(nodes[path].version + 1, b"%d" % (1000 + kraft[path]))
        elif what == "read":
            if path in raising.to_read():
                raising.read(path, nodes[path])
        elif path in raising.to_write():
            wanted = raising.to_write()[path]
            fits = wanted.version == nodes[path].version
            if what != "unsent" and fits:
                assert wanted.data == nodes[path].data, "a write changed the data"
                nodes[path] = nodes[path]._replace(version=nodes[path].version + 1)
                wrote[path] += 1
            answer = Outcome.WRITTEN if fits else Outcome.CHANGED
            raising.answered(path, answer if what == "write" else Outcome.LOST)
            reads_again[path] += path in raising.to_read()

    for path, what in course:
        act(path, what)
    for path in "abc" * 10:  # and without any more trouble it comes to its end
        act(path, "read")
        act(path, "write")
    assert raising.left == 0
    for path in "abc":
        assert asked.get(path, 0) <= wrote[path] <= asked.get(path, 0) + reads_again[path]
        assert nodes[path].version == begun[path].version + kraft[path] + wrote[path]
