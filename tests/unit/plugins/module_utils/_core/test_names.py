# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names are made of the cluster's name and never collide between kinds that share a name space."""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names


def test_names_of_a_cluster() -> None:
    assert names.journal_name("kafka") == names.lease_name("kafka") == "kraft-migration-kafka"
    assert names.originals_name("kafka") == "kraft-migration-kafka-originals"
    assert names.controllers_name("kafka") == "kafka-kraft"


def test_annotations_share_one_prefix_and_differ() -> None:
    marks = [
        names.LOCK,
        names.LOCK_HOLDER,
        names.STAGE,
        names.SETTINGS_HASH,
        names.TEMPLATE_DIGEST,
        names.UPDATE_STRATEGY,
        names.LABEL_CLUSTER,
        names.LABEL_NAMESPACE,
        names.LABEL_ROLE,
    ]
    assert len(set(marks)) == len(marks)
    assert all(mark.startswith("kraft.kafkaops.io/") for mark in marks)


def test_a_policys_name_is_one_clusters_alone_and_fits() -> None:
    """It is a name for the whole Kubernetes cluster; namespaces have no dots."""
    assert names.lock_policy_name("n", "kafka") == "kraft-migration.n.kafka"
    assert names.lock_policy_name("a-b", "c") != names.lock_policy_name("a", "b-c")
    longest = names.lock_policy_name("n" * 63, "k" * 173)
    assert len(longest) == names.LONGEST_NAME
    cut = {names.lock_policy_name("n" * 63, "k" * 173 + end) for end in ("a", "b", ".c")}
    assert len(cut) == 3
    assert all(len(name) <= names.LONGEST_NAME and name[-17] == "-" for name in cut)
    assert ".-" not in names.lock_policy_name("n" * 63, "k" * 155 + "." * 30)
