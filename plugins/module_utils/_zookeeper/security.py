# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ACLs and delegation tokens that ZooKeeper has, read as Kafka's own copy reads them.

``ZkAclMigrationClient`` and ``ZkDelegationTokenMigrationClient``, 3.6 to 3.9. ACLs of a type of resource that Kafka does not know
count for no authorizer and are not copied; they are left out.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import security_znodes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.security_image import (
    RESOURCES,
    Acl,
    DelegationToken,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.security_znodes import ACL_FOLDERS, TOKENS
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession


def read_acls(session: ZkSession, *, any_principal: bool = False) -> frozenset[Acl]:
    """Read all ACLs, literal and prefixed.

    :param any_principal: as ``parse_acls`` has it.
    :raises ZnodeError: when a znode holds something that Kafka would not have written.
    :raises Forbidden: when this session may not read them.
    """
    folders = {
        f"{folder}/{kind}": (kind, pattern) for pattern, folder in ACL_FOLDERS.items() for kind in RESOURCES.values()
    }
    names = session.children_many(folders)
    paths = {f"{folder}/{name}": (*of, name) for folder, of in folders.items() for name in names[folder]}
    nodes = session.get_many(paths)
    found = (
        security_znodes.parse_acls(node.data, *paths[path], any_principal=any_principal)
        for path, node in nodes.items()
        if node is not None
    )
    return frozenset().union(*found)


def read_tokens(session: ZkSession) -> dict[str, DelegationToken]:
    """Read all delegation tokens, by id.

    :raises ZnodeError: when a znode holds something that Kafka would not have written.
    :raises Forbidden: when this session may not read them.
    """
    ids = session.children(TOKENS)
    nodes = session.get_many(f"{TOKENS}/{each}" for each in ids)
    found = {
        each: security_znodes.parse_token(node.data, each)
        for each in ids
        if (node := nodes[f"{TOKENS}/{each}"]) is not None
    }
    return {each: token for each, token in found.items() if token is not None}
