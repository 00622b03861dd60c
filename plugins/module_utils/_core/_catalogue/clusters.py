# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stops a migration, or is to be known before it, in the cluster as it is."""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._catalogue.rule import block, warn

CLUSTERS = (
    # finding the cluster
    block(
        "kubernetes-unreachable",
        "the Kubernetes API server does not answer",
        "check kraft_kubeconfig, kraft_context and the network",
    ),
    block("cluster-not-found", "no Kafka cluster of that name", "correct kraft_cluster or kraft_namespace"),
    block("cluster-ambiguous", "two clusters match the name", "name the StatefulSets in kraft_statefulsets"),
    block("cluster-born-kraft", "the cluster never used ZooKeeper", "nothing to migrate: remove it from the inventory"),
    block(
        "surface-not-found",
        "the brokers' settings could not be found",
        "give them by a file in a ConfigMap or Secret, by variables of the image, or by --override arguments",
    ),
    block(
        "setting-overridden",
        "the start command overrides a setting that the migration must change",
        "remove the setting from the start command",
    ),
    block("owned-by-controller", "the StatefulSet belongs to another controller", "use that operator's own migration"),
    block(
        "managed-by-gitops",
        "Argo CD or Flux would revert every change",
        "pause (suspend) the application that manages the object",
        True,
    ),
    block(
        "permission-missing",
        "the account lacks a permission that the migration needs",
        "apply docs/rbac.yml (docs/rbac-confluent.yml for Confluent for Kubernetes, docs/rbac-strimzi.yml for Strimzi), or grant the verb",
    ),
    block(
        "foreign-object",
        "an object of somebody else has a name that the migration needs, or its labels",
        "set kraft_controller_name to a free name, or recreate the object under another name",
    ),
    block(
        "controller-name-changed",
        "this cluster's controllers have another name than kraft_controller_name",
        "set kraft_controller_name to the name that they have",
    ),
    # versions and ids
    block("version-unsupported", "the Kafka version cannot be migrated safely", "upgrade the brokers to 3.9.2 first"),
    warn("version-not-recommended", "a later Kafka version fixes migration bugs", "upgrade the brokers to 3.9.2 first"),
    block("version-mixed", "the brokers run different versions", "finish the upgrade first"),
    block(
        "version-unknown",
        "the running version could not be determined",
        "see the sentence: the pod cannot be read, or the image hides the name of Kafka's server jar",
    ),
    block("ibp-unknown", "the inter.broker.protocol.version could not be derived", "set kraft_ibp_version"),
    block(
        "broker-id-generated",
        "generated broker ids cannot migrate",
        "set broker.id explicitly to the id in meta.properties",
    ),
    block("controller-id-clash", "a controller's node.id would equal a broker.id", "set kraft_controller_node_id_base"),
    block("combined-roles", "combined broker,controller roles cannot migrate", "use separate controllers"),
    block(
        "controllers-emptydir",
        "the controllers' data would not survive a restart",
        "use a volumeClaimTemplate for the data volume",
    ),
    block(
        "controller-manifest",
        "the controllers' manifest is not usable",
        "correct kraft_controller_manifest, or the KRaftController of Confluent for Kubernetes, as the sentence says",
    ),
    block(
        "controller-rejected",
        "the API server would reject an object of the controllers",
        "see the sentence: a quota, a limit, an admission rule or a wrong field",
    ),
    block(
        "controller-quota",
        "the controllers do not fit the namespace's quota or limits",
        "set kraft_controller_resources, or raise the quota",
    ),
    block(
        "controller-storage",
        "no volume would be provisioned for the controllers",
        "set kraft_controller_storage_class",
    ),
    warn(
        "controller-storage-by-hand",
        "the controllers' StorageClass does not provision volumes",
        "create the volumes first, or set kraft_controller_storage_class",
    ),
    block(
        "controller-unschedulable",
        "no node can take a controller",
        "set kraft_controller_resources, or add nodes",
        True,
    ),
    block(
        "controller-names",
        "pods could not resolve the controllers' names",
        "set dnsPolicy: ClusterFirstWithHostNet in the pod template",
        True,
    ),
    block(
        "network-policy-blocks",
        "a NetworkPolicy blocks a connection that the migration needs",
        "allow the connections that the sentence names; accept it where the network does not enforce policies",
        True,
    ),
    block(
        "mesh-differs",
        "controllers and brokers would not be in the same service mesh",
        "set the mesh's label or annotation in kraft_controller_labels or kraft_controller_annotations",
        True,
    ),
    warn(
        "controller-differs",
        "the controllers do without something that the brokers have",
        "see the sentence",
    ),
    block(
        "controller-file-missing",
        "a file that controllers need is only in the brokers' pods",
        "mount it from a Secret, or have an init container write it into an emptyDir",
        True,
    ),
    warn(
        "check-incomplete",
        "something that decides about the controllers could not be read",
        "grant the account what the sentence names, or check it yourself",
    ),
    block(
        "stranger-broker",
        "a registered broker is not a pod of this cluster (unmanaged broker)",
        "name its StatefulSet in kraft_statefulsets or stop it",
    ),
    # health
    block(
        "broker-not-healthy", "a broker is not Ready or not registered", "get the broker running and registered first"
    ),
    block(
        "partition-not-healthy", "partitions are offline or under-replicated", "wait until every partition is in sync"
    ),
    block("controller-missing", "there is no active controller", "find the cause in the brokers' logs, then run again"),
    block(
        "rollout-pending",
        "pods do not run the template of their StatefulSet",
        "finish that rollout first, or restore the old template",
    ),
    block(
        "budget-blocks",
        "PodDisruptionBudgets would refuse every restart",
        "keep one budget that allows one pod to be unavailable",
    ),
    block(
        "broker-data-lost",
        "a restart would delete the brokers' data",
        "move the log directories to volumes of a volumeClaimTemplate; where Strimzi leads, of type persistent-claim",
    ),
    warn(
        "broker-data-on-node",
        "the brokers' data stays on the node where they ran",
        "make sure that each pod comes back to its node",
    ),
    block("reassignment-running", "a partition reassignment is running", "wait for it or cancel it"),
    block(
        "partition-cannot-roll",
        "partitions lose service at each restart",
        "raise the replication factor above min.insync.replicas",
        True,
    ),
    warn(
        "grace-period-short",
        "the grace period is shorter than a controlled shutdown",
        "raise terminationGracePeriodSeconds",
    ),
    warn(
        "dns-ttl-long",
        "the ZooKeeper-mode controller caches old pod addresses for a long time",
        "kraft_dns_ttl sets a shorter time in the first roll",
    ),
    # what ZooKeeper holds
    block("zookeeper-unreachable", "ZooKeeper could not be reached", "set kraft_zookeeper_connect"),
    block(
        "zookeeper-wrong-chroot",
        "the chroot does not belong to this cluster",
        "correct the chroot in kraft_zookeeper_connect, or in the brokers' zookeeper.connect",
    ),
    block(
        "cluster-id-mismatch",
        "two sources give different cluster ids",
        "find out which ZooKeeper belongs to the brokers",
    ),
    block(
        "topic-without-id",
        "topics without a topic id block the copy",
        "raise inter.broker.protocol.version to 2.8 or later, then have a new controller elected once",
    ),
    block(
        "assignment-dead-broker",
        "an assignment names a broker that does not exist",
        "reassign the partitions to live brokers",
    ),
    block(
        "topic-deletion-queued",
        "a queued topic deletion would become final",
        "let it finish, or delete the marker in /admin/delete_topics",
    ),
    block("migration-null", "/migration exists without data (KAFKA-19480)", "delete the znode /migration"),
    block(
        "migration-stale",
        "/migration is left from an earlier attempt",
        "run rollback.yml, which deletes it with what else is left of that attempt",
    ),
    block("controller-leftover", "/controller is left from a KRaft quorum", "delete the znode /controller"),
    block(
        "controller-epoch-missing", "/controller_epoch does not exist", "check the chroot as for zookeeper-wrong-chroot"
    ),
    block(
        "controller-volumes-leftover",
        "volumes of earlier controllers exist",
        "delete the PersistentVolumeClaims of the controllers, then run again",
    ),
    # what connects to ZooKeeper, and settings
    warn(
        "zookeeper-reference",
        "something in the brokers' pods connects to ZooKeeper",
        "remove it before the KRaft roll; it blocks finalize",
    ),
    block("setting-blocks", "a setting blocks the migration", "change the setting as the sentence says"),
    warn("setting-warns", "a setting behaves differently in KRaft mode", "see the sentence"),
)
