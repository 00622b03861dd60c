# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Comparisons of both stores: what lasts, and how it is told."""

from __future__ import annotations

import types
from typing import Any, cast

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import parity
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.difference import Difference
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import (
    HIDDEN,
    Image,
    PartitionImage,
    TopicImage,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.partition_epochs import Epochs
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.passwords import (
    EncoderSecrets,
    Password,
    Seal,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.redact import redact_text

from tests.unit.plugins.module_utils.encrypted import CBC, PASSWORD, SECRET

SETTING = "ssl.keystore.password"
CLUSTER = cast(Cluster, None)


def facts(**settings: str) -> Any:
    return types.SimpleNamespace(settings={name.replace("_", "."): value for name, value in settings.items()})


def with_password(password: Password, other: str = "x") -> Image:
    return Image(
        broker_configs={"1": {SETTING: HIDDEN, "note": other}}, passwords={("broker-config", f"1/{SETTING}"): password}
    )


def compared(monkeypatch: pytest.MonkeyPatch, *looks: tuple[Image, Image]) -> tuple[parity.Parity, list[str]]:
    """Compare what is seen at each look; the last one for ever."""
    rest, said = list(looks), list[str]()
    monkeypatch.setattr(parity, "images", lambda _cluster: rest.pop(0) if len(rest) > 1 else rest[0])
    monkeypatch.setattr(parity, "PAUSE", 0.0)
    return parity.compared(CLUSTER, said.append), said


def test_stores_that_match(monkeypatch: pytest.MonkeyPatch) -> None:
    found, said = compared(monkeypatch, (Image(), Image()))
    assert (found.differences, found.by_presence, said) == ((), {}, [])
    assert found.sentence == (
        "ZooKeeper and KRaft match: 0 topics, 0 partitions, 0 topic_configs, 0 broker_configs, 0 quotas, 0 acls, "
        "0 scram_logins, 0 delegations"
    )


def test_what_was_on_its_way_is_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = with_password(Password("f")), with_password(Password("g"))
    found, said = compared(monkeypatch, (ours, theirs), (ours, ours))
    assert found.differences == ()
    assert said == ["1 differences between ZooKeeper and KRaft at the first comparison; comparing again"]
    found, said = compared(monkeypatch, (ours, theirs))
    assert [each.key for each in found.differences] == [f"1/{SETTING}"]
    assert len(said) == parity.ATTEMPTS - 1
    assert found.sentence.startswith(f"ZooKeeper and KRaft differ: the password setting 1/{SETTING} has one value")


def test_partitions_that_are_behind_are_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    def image(epoch: int, leader: int = 1) -> Image:
        return Image(topics={"t": TopicImage(None, {0: PartitionImage((1,), frozenset({1}), leader, 4, epoch=epoch)})})

    found, said = compared(monkeypatch, (image(20), image(22)))
    assert (found.differences, said) == ((), [])
    assert found.epochs == Epochs({("t", 0): 2})
    found, _said = compared(monkeypatch, (image(20), image(22, -1)), (image(21), image(22)))
    assert found.epochs == Epochs({("t", 0): 1}), "the last look counts"


def test_both_images_of_one_moment_are_asked_for_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parity, "images", lambda _cluster: (Image(), Image()))
    assert parity.partition_epochs(CLUSTER) == Epochs()


def test_many_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    many = Image(scram={(f"u{number}", "SCRAM-SHA-512"): "d" for number in range(7)})
    found, _said = compared(monkeypatch, (many, Image()))
    assert found.sentence.endswith("user u4 is in ZooKeeper but not in KRaft and 2 more")


def test_passwords_that_were_not_compared_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = with_password(Password(why="no secret", encrypted=True)), with_password(Password("g"))
    found, _said = compared(monkeypatch, (ours, theirs))
    assert found.differences == ()
    assert found.by_presence == {f"1/{SETTING}": "no secret"}
    assert found.sentence.endswith("; compared without their values: 1 password settings, since no secret")
    assert redact_text(found.sentence) == found.sentence
    found, _said = compared(monkeypatch, (ours, with_password(Password("g"), "y")))
    assert found.sentence.endswith("'y' in KRaft; compared without their values: 1 password settings, since no secret")


def test_sentences_are_not_taken_for_secrets() -> None:
    unlike = Difference("broker-config", "k", HIDDEN, HIDDEN, f"the password setting 1/{SETTING} is still encrypted")
    sentence = parity.Parity(
        Image(), (unlike,), {f"1/{SETTING}": "no node's settings name password.encoder.secret"}
    ).sentence
    assert redact_text(sentence) == sentence


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A cluster whose brokers differ from its controllers, with one encrypted password; both images as the readers are called."""
    monkeypatch.setattr(parity, "read_quorum", lambda _cluster: "quorum")
    found = types.SimpleNamespace(
        client=None,
        namespace="ns",
        zookeeper="session",
        facts={"b-0": facts(password_encoder_secret=SECRET, password_encoder_old_secret="old"), "b-1": Unknown("gone")},
        controller_facts={"c-0": facts(password_encoder_secret="other")},
    )
    monkeypatch.setattr(parity, "seat", lambda _cluster, _quorum: found)
    monkeypatch.setattr(parity, "members", lambda _at: {})
    monkeypatch.setattr(parity, "kraft_image", lambda *_args, **options: options["seal"])
    monkeypatch.setattr(parity, "zookeeper_image", lambda _session, read: read(CBC))
    return found


def test_secrets_of_brokers_and_controllers(cluster: Any) -> None:
    assert parity.encoder_secrets(cluster).values == (SECRET, "other", "old")


def test_both_sides_have_the_same_seal_and_no_two_runs(cluster: Any) -> None:
    runs: list[Any] = [parity.images(cluster) for _run in range(2)]
    for read, seal in runs:
        assert read == Password(seal.fingerprint(PASSWORD), encrypted=True)
    assert runs[0][1].fingerprint("x") != runs[1][1].fingerprint("x")
    seal = Seal(b"k" * 32)
    read, used = cast(Any, parity.images(cluster, EncoderSecrets(), seal))
    assert used is seal
    assert read.why


def test_what_the_secrets_of_the_brokers_do_not_decrypt() -> None:
    dynamic = {"1": {SETTING: CBC, "note": "x"}, "<default>": {SETTING: "in clear text"}}

    def found(**settings: str) -> list[tuple[str, str]]:
        nodes = {"a": facts(**settings), "b": Unknown("down")}
        return parity.undecrypted(cast(Cluster, types.SimpleNamespace(facts=nodes, controller_facts={})), dynamic)

    assert found(password_encoder_secret=SECRET) == []
    assert found(password_encoder_secret="another", password_encoder_old_secret=SECRET) == []
    assert found(password_encoder_secret="another") == [("1", SETTING)]
    # without any it is another finding, and nobody knows what a provider gives
    assert found() == []
    assert found(password_encoder_secret="${file:/etc/secrets:encoder}") == []
