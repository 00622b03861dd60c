# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is found where an operator leads the migration."""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._catalogue.rule import block, warn

OPERATORS = (
    block(
        "operator-references",
        "the operator's job and custom resources do not fit each other",
        "correct kraft_cluster or kraft_controller_name, or delete the job that was made by mistake",
    ),
    block(
        "operator-request-lost",
        "a migration is under way, and the request to the operator is gone",
        "delete nothing; find out what happened, and compare the operator's objects with those in your repository",
    ),
    warn(
        "operator-controller-unused",
        "the operator's controllers that are there are not those that the inventory names",
        "correct kraft_controller_name, or remove the custom resource",
    ),
    block(
        "operator-unsupported",
        "this kind of migration by the operator is not driven yet",
        "see the sentence",
    ),
    block(
        "operator-will-not-stop",
        "the operator was told beforehand to go on where it has to stop",
        "remove the annotation that the sentence names",
        True,
    ),
    block(
        "operator-super-users",
        "brokers and controllers do not have the same super users",
        "add the principal to spec.authorization.superUsers of both custom resources",
        True,
    ),
    block(
        "region-undeclared",
        "the Kafka cluster has other regions than the inventory says",
        "set kraft_region_of to the same name on the hosts of all regions",
    ),
    block(
        "region-suspected",
        "ZooKeeper is shared with something in another namespace: the Kafka cluster may have other regions",
        "set kraft_region_of on the hosts of all regions; accept it where there is one region only",
        True,
    ),
    block(
        "region-unreadable",
        "another region of the Kafka cluster could not be read",
        "correct the variables of its host, or its account's permissions",
    ),
    block(
        "region-disagrees",
        "the custom resources of the regions do not make one Kafka cluster",
        "correct what the sentence names",
    ),
    warn(
        "region-replication-factor",
        "new internal topics would have fewer replicas than the Kafka cluster has room for",
        "set the replication factors in spec.configOverrides.server of the Kafka custom resource",
    ),
    warn(
        "operator-annotation",
        "an annotation is one that the operator does not know, or was left behind",
        "correct or remove the annotation",
    ),
    warn(
        "operator-lock-not-enforced",
        "the operator does not enforce its lock on its custom resources",
        "see the sentence: a policy of this collection enforces it, or keep pipelines and people away during the migration",
    ),
    block(
        "operator-crds",
        "the operator's custom resource definitions are missing, incomplete or of another version",
        "install or upgrade the operator's definitions",
    ),
    block(
        "operator-locked",
        "a custom resource has the lock of another migration",
        "let that migration end and give its locks back",
    ),
    block(
        "operator-paused",
        "the operator ignores a custom resource, or keeps its pods asleep",
        "remove the annotation that the sentence names",
    ),
    block(
        "operator-silent",
        "the operator does not answer",
        "get it running, and let it look at this namespace; then run the same playbook again",
    ),
    block(
        "operator-ibp-unknown",
        "the operator cannot be expected to derive the inter.broker.protocol.version from the image",
        "set kraft_ibp_version",
        True,
    ),
    block(
        "operator-ibp-wrong",
        "the inter.broker.protocol.version that was given does not fit the brokers, or the operator ignores it",
        "correct kraft_ibp_version or the annotation, as the sentence says",
    ),
    block(
        "operator-metadata-left",
        "a broker does not start, since an earlier attempt left its metadata log behind",
        "see the sentence",
    ),
    block(
        "operator-version-unknown",
        "nothing says which version of the operator leads the cluster",
        "set kraft_strimzi_version",
    ),
    warn(
        "operator-leaves-znodes",
        "this version of the operator leaves /migration behind when it rolls back",
        "upgrade the operator first; roll back by rollback.yml only, which removes it",
    ),
    block(
        "operator-rollback-fails",
        "this version of the operator does not end a rollback from where it runs",
        "upgrade the operator first; accept it if it runs in the cluster's namespace under another name, or if you will not roll back",
        True,
    ),
    block(
        "operator-not-ready",
        "the operator's last pass over the Kafka custom resource failed",
        "fix what its condition says, and wait until it is Ready",
    ),
    block(
        "operator-busy",
        "the operator has something else to do",
        "wait for what the sentence names, or take that request back",
    ),
    block(
        "operator-node-pools",
        "the brokers are not in a node pool, or not in one that takes them over as they are",
        "set kraft_strimzi_node_pools to true, or correct the pool as the sentence says",
    ),
    block(
        "operator-versions-differ",
        "metadata version, inter.broker.protocol.version and log.message.format.version are not the same",
        "raise those that are lower, and let the operator restart the brokers for it first",
    ),
    block(
        "operator-authorizer",
        "the authorizer is one that the operator keeps in every mode",
        "make sure that it does not need ZooKeeper, then accept it",
        True,
    ),
    block(
        "operator-ca-renewal",
        "the operator is about to renew the cluster's certificate authority, and to restart every node for it",
        "renew it before the migration, or accept that the migration may stand still",
        True,
    ),
    block(
        "operator-controllers-gone",
        "the controllers were deleted while brokers in KRaft mode need them",
        "make their node pool again with the same name, on its volumes",
    ),
    block(
        "operator-copy-unproved",
        "the operator takes the copy for done, and ZooKeeper shows that it is not",
        "run rollback.yml; do not take the pause off",
    ),
    block("operator-failed", "the operator has given up", "follow what its condition and its log say"),
    block(
        "operator-stuck",
        "the operator stands still",
        "look at the operator's log and at the pods that the sentence names",
    ),
    block(
        "operator-silent-wait",
        "the operator may wait for the removal of the znodes without a word of it",
        "read the operator's log; accept it if that is what it waits for",
        True,
    ),
    block(
        "operator-lock-kept",
        "the operator did not give its locks back",
        "look at the operator's log; then remove its lock annotation by hand",
    ),
)
