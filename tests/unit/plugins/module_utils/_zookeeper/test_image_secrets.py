# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret of a cluster, planted in each znode and each record that may hold one, is in an image or in what is told of it."""

from __future__ import annotations

import base64
import dataclasses
import json
import pickle
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.parity import Parity
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.comparison import by_presence, compare
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import Image
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image_records import parse_image
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.passwords import EncoderSecrets, Seal
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import passwords
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.image import zookeeper_image
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession

from tests.unit.plugins.module_utils._zookeeper.conftest import Server
from tests.unit.plugins.module_utils.encrypted import CBC, PASSWORD, SECRET

CANARY = "CANARY"
SETTINGS = ("ssl.key.password", "listener.name.x.sasl.jaas.config", "ssl.keystore.key", "my.plugin.secret")


def bird(name: str) -> str:
    return f"{CANARY}-{name}"


def coded(name: str) -> str:
    return base64.b64encode(bird(name).encode()).decode()


def plant(server: Server) -> None:
    """Secrets where Kafka keeps them, and where it would not."""
    clear = {name: bird(name) for name in SETTINGS}
    server.put("/config/brokers/1", {"version": 1, "config": {**clear, "ssl.keystore.password": CBC}})
    server.put("/config/topics/t", {"version": 1, "config": clear})
    server.put("/brokers/topics/t", {"version": 1, "partitions": {"0": [1]}})
    scram = f"salt={coded('salt')},stored_key={coded('stored')},server_key={coded('server')},iterations=4096"
    server.put("/config/users/u", {"version": 1, "config": {"SCRAM-SHA-256": scram, "SCRAM-SHA-512": scram}})
    token = {"owner": "User%3Au", "renewers": [], "issueTimestamp": 1, "expiryTimestamp": 2, "maxTimestamp": 3}
    server.put("/delegation_token/tokens/id", token | {"hmac": bird("hmac"), "tokenId": "id"})
    entry = {"principal": "User:u", "permissionType": "Allow", "operation": "Read", "host": "*", "more": bird("acl")}
    server.put("/kafka-acl/Topic/t", {"version": 1, "acls": [entry]})


def record(kind: str, **data: Any) -> str:
    return f"| offset: 5 CreateTime: 1 payload: {json.dumps({'type': kind, 'version': 0, 'data': data})}"


def dump() -> list[str]:
    settings = [
        record("CONFIG_RECORD", resourceType=kind, resourceName=owner, name=name, value=bird(f"kraft-{name}"))
        for kind, owner in ((4, "1"), (2, "t"))
        for name in (*SETTINGS, "ssl.keystore.password")
    ]
    scram = {"salt": coded("s2"), "storedKey": coded("s3"), "serverKey": coded("s4"), "iterations": 4096}
    token: dict[str, Any] = {"owner": "User:v", "requester": "User:u", "renewers": [], "issueTimestamp": 1}
    token |= {"maxTimestamp": 3, "expirationTimestamp": 2, "tokenId": "id", "hmac": bird("hmac")}
    return [
        "Dumping /data/__cluster_metadata-0/00000000000000000000.log",
        record("TOPIC_RECORD", name="t", topicId="TEUIPixUThm8VA5lAV6yww"),
        *settings,
        record("USER_SCRAM_CREDENTIAL_RECORD", name="u", mechanism=1, **scram),
        record("USER_SCRAM_CREDENTIAL_RECORD", name="w", mechanism=2, **scram),
        record("DELEGATION_TOKEN_RECORD", **token),
    ]


def hashed(monkeypatch: pytest.MonkeyPatch, image: Image) -> str:
    """Return what the digest of an image is made of."""
    seen: list[Any] = []
    dumps = json.dumps

    def keep(value: Any, **options: Any) -> str:
        seen.append(value)
        return dumps(value, **options)

    with monkeypatch.context() as patch:
        patch.setattr(json, "dumps", keep)
        image.digest()
    assert len(seen) == 1
    return repr(seen)


def test_no_canary_is_in_an_image_or_in_what_is_told(
    server: Server, session: ZkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(server)
    seal = Seal(b"k" * 32)
    ours = zookeeper_image(session, passwords.reader(EncoderSecrets((SECRET,)), seal))
    theirs = parse_image(dump(), high_watermark=None, seal=seal)
    differences = compare(ours, theirs)
    # Both sides were read: each of the classes differs, the passwords by their values.
    told = {each.key: each.sentence for each in differences}
    assert {each.kind for each in differences} >= {"broker-config", "topic-config", "scram", "delegation-token", "acl"}
    for name in (*SETTINGS, "ssl.keystore.password"):
        assert told[f"1/{name}"].endswith("has one value in ZooKeeper and another in KRaft (neither is shown)")
    assert by_presence(ours, theirs) == {}
    outputs = [Parity(ours, tuple(differences)).sentence, json.dumps([vars(each) for each in differences])]
    for image in (ours, theirs):
        outputs += [
            repr(image),
            json.dumps(image.as_dict()),
            hashed(monkeypatch, image),
            repr(dataclasses.asdict(image)),
        ]
        # all that is kept, whatever its repr hides
        outputs.append(pickle.dumps(image).decode("latin-1"))
    secrets = [CANARY, PASSWORD, SECRET, "kkkk", base64.b64encode(CANARY.encode()).decode()[:8], "encryptedPassword"]
    assert [each for each in secrets for output in outputs if each in output] == []


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/config/users/u", {"version": 1, "config": {"SCRAM-SHA-256": f"salt={CANARY}"}}),
        ("/config/users/u", {"version": 1, "config": {"SCRAM-SHA-256": f"{CANARY},iterations=1"}}),
        ("/config/users/u", {"version": 1, "config": {"SCRAM-SHA-1": "", "odd": CANARY}}),
        ("/config/brokers/1", f'{{"config": "{CANARY}"'.encode()),
        ("/delegation_token/tokens/id", {"hmac": CANARY}),
        ("/delegation_token/tokens/id", f'{{"hmac": "{CANARY}'.encode()),
    ],
)
def test_no_canary_is_in_an_error(server: Server, session: ZkSession, path: str, data: Any) -> None:
    server.put(path, data)
    with pytest.raises(KraftError) as raised:
        zookeeper_image(session)
    assert raised.value.detail == {"path": path}
    assert CANARY not in f"{raised.value.message} {raised.value!r} {raised.value.__cause__!r}"
