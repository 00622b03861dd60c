# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may do what brokers do among themselves, as AclAuthorizer decides."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.security_image import Acl
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.cluster_rights import allowed


def acl(
    principal: str,
    operation: str = "ClusterAction",
    permission: str = "Allow",
    resource: str = "Cluster",
    name: str = "kafka-cluster",
    pattern: str = "literal",
    host: str = "*",
) -> Acl:
    return Acl(resource, pattern, name, principal, host, operation, permission)


@pytest.mark.parametrize(
    ("acls", "expected"),
    [
        ([acl("User:b")], True),
        ([acl("User:b", "All")], True),
        ([acl("User:*")], True),
        ([acl("User:b", name="*")], True),
        ([acl("User:b", name="kafka", pattern="prefixed")], True),
        ([acl("User:b", host="10.0.0.1")], True),
        ([acl("User:b"), acl("User:b", permission="Deny", host="10.0.0.1")], True),
        ([acl("User:b"), acl("User:b", "Create", "Deny"), acl("User:c", permission="Deny")], True),
        ([], False),
        ([acl("User:c")], False),
        ([acl("Group:b")], False),
        ([acl("User:b", "Describe")], False),
        # everything on topics is nothing on the cluster
        ([acl("User:b", "All", resource="Topic", name="*")], False),
        ([acl("User:b", name="zoo", pattern="prefixed")], False),
        ([acl("User:b", name="kafka")], False),
        ([acl("User:b"), acl("User:b", permission="Deny")], False),
        ([acl("User:b"), acl("User:*", "All", "Deny")], False),
        ([acl("User:*"), acl("User:b", "All", "Deny", name="*")], False),
    ],
)
def test_a_principal(acls: list[Acl], expected: bool) -> None:
    assert allowed(acls, ["User:b"], everybody=False) == ({"User:b"} if expected else set())


def test_everybody_only_where_the_cluster_has_no_acl_at_all() -> None:
    of_topics = acl("User:c", "Read", resource="Topic", name="t")
    assert allowed([of_topics], ["User:b", "User:d"], everybody=True) == {"User:b", "User:d"}
    assert allowed([of_topics, acl("User:c", "Describe")], ["User:b"], everybody=True) == set()
