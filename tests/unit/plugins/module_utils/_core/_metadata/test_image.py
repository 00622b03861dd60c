# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an image is for JSON, and how large it is."""

from __future__ import annotations

import dataclasses
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import (
    DEFAULT,
    Image,
    PartitionImage,
    ProducerIds,
    TopicImage,
    entity_path,
    make_entity,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.security_image import Acl, DelegationToken
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.redact import redact, redact_text

PARTITION = PartitionImage((1, 2, 3), frozenset({2, 1}), leader=1, leader_epoch=4)
QUOTA = make_entity({"client-id": None, "user": "a@b"})
ACL = Acl("Topic", "literal", "a", "User:app", "*", "Read", "Allow")
TOKEN = DelegationToken("User:app", "User:admin", ("User:a", "User:b"), 1, 2, 3)
CLUSTER = Image(
    cluster_id="4L6g3nShT-eMCtK--X86sw",
    topics={"b": TopicImage("id-b", {10: PARTITION, 2: PARTITION}), "a": TopicImage("id-a", {0: PARTITION})},
    topic_configs={"a": {"segment.bytes": "1", "cleanup.policy": "delete"}},
    broker_configs={DEFAULT: {"message.max.bytes": "7"}, "1": {"log.cleaner.threads": "2"}},
    quotas={QUOTA: {"producer_byte_rate": 1000.0}},
    producer_ids=ProducerIds(2000),
    acls=frozenset({ACL}),
    scram={("alice", "SCRAM-SHA-512"): "digest"},
    tokens={"id": TOKEN},
)


def changed(**fields: Any) -> Image:
    return dataclasses.replace(CLUSTER, **fields)


def test_as_dict() -> None:
    found = changed(pending_deletions=frozenset({"z", "y"}), problems=("bad",)).as_dict()
    assert list(found["topics"]) == ["a", "b"]
    assert list(found["topics"]["b"]["partitions"]) == ["2", "10"]
    assert found["topics"]["a"] == {
        "id": "id-a",
        "partitions": {
            "0": {
                "replicas": [1, 2, 3],
                "adding": [],
                "removing": [],
                "leader": 1,
                "leader_epoch": 4,
                "isr": [1, 2],
                "recovering": False,
            }
        },
    }
    assert list(found["topic_configs"]["a"]) == ["cleanup.policy", "segment.bytes"]
    assert list(found["broker_configs"]) == ["1", DEFAULT]
    assert found["quotas"] == {f"users/a%40b/clients/{DEFAULT}": {"producer_byte_rate": 1000.0}}
    assert found["next_producer_id"] == 2000
    assert found["acls"] == [ACL.as_dict()]
    assert found["scram"] == {"alice/SCRAM-SHA-512": "digest"}
    assert found["delegations"] == {
        "id": {
            "owner": "User:app",
            "requester": "User:admin",
            "renewers": ["User:a", "User:b"],
            "issued_ms": 1,
            "expires_ms": 2,
            "ends_ms": 3,
        }
    }
    assert found["pending_deletions"] == ["y", "z"]
    assert found["problems"] == ["bad"]
    assert Image().as_dict()["next_producer_id"] is None


def test_counts() -> None:
    found = CLUSTER.counts()
    assert found == {
        "topics": 2,
        "partitions": 3,
        "topic_configs": 2,
        "broker_configs": 2,
        "quotas": 1,
        "acls": 1,
        "scram_logins": 1,
        "delegations": 1,
    }
    # Journal and report take out what stands behind a name that sounds secret.
    assert redact(found) == found
    assert redact_text(ACL.key + ACL.sentence) == ACL.key + ACL.sentence


def test_every_class_is_in_the_digest() -> None:
    others: list[Image] = [
        changed(acls=frozenset()),
        changed(scram={("alice", "SCRAM-SHA-512"): "other"}),
        changed(tokens={"id": dataclasses.replace(TOKEN, expires_ms=9)}),
    ]
    assert len({CLUSTER.digest(), *(each.digest() for each in others)}) == 4


def test_values_are_not_in_the_repr() -> None:
    assert "hunter2" not in repr(changed(broker_configs={"1": {"note": "hunter2"}}))
    assert "User:app" not in repr(CLUSTER)


def test_entities() -> None:
    assert make_entity({"ip": None}) == (("ip", None),)
    assert make_entity({"x": "1", "client-id": "c", "user": "u"}) == (("user", "u"), ("client-id", "c"), ("x", "1"))
    assert entity_path(make_entity({"user": "CN=a b/c"})) == "users/CN%3Da%20b%2Fc"
    # Somebody of that name is not the default.
    assert entity_path(make_entity({"user": DEFAULT})) == "users/%3Cdefault%3E"
    assert entity_path((("x", "1"),)) == "x/1"
