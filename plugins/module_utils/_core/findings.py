# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue of findings: every refusal and warning has a stable code, a title and what to do about it.

Private to the collection. Codes never change their meaning; new rules are only added. A rule that is ``acceptable`` can be
overridden by naming its code in ``kraft_accept``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

BLOCK = "block"
WARN = "warn"


@dataclass(frozen=True)
class Rule:
    """One entry of the catalogue."""

    code: str
    severity: str
    title: str
    remedy: str
    acceptable: bool = False


def _block(code: str, title: str, remedy: str, acceptable: bool = False) -> Rule:
    return Rule(code, BLOCK, title, remedy, acceptable)


def _warn(code: str, title: str, remedy: str) -> Rule:
    return Rule(code, WARN, title, remedy, True)


_RULES = (
    # finding the cluster
    _block(
        "kubernetes-unreachable",
        "the Kubernetes API server does not answer",
        "check kraft_kubeconfig, kraft_context and the network",
    ),
    _block("cluster-not-found", "no Kafka cluster of that name", "correct kraft_cluster or kraft_namespace"),
    _block("cluster-ambiguous", "two clusters match the name", "name the StatefulSets in kraft_statefulsets"),
    _block(
        "cluster-born-kraft", "the cluster never used ZooKeeper", "nothing to migrate: remove it from the inventory"
    ),
    _block(
        "surface-not-found",
        "the brokers' settings could not be found",
        "give them by a file in a ConfigMap or Secret, by variables of the image, or by --override arguments",
    ),
    _block(
        "setting-overridden",
        "the start command overrides a setting that the migration must change",
        "remove the setting from the start command",
    ),
    _block("owned-by-controller", "the StatefulSet belongs to another controller", "use that operator's own migration"),
    _block(
        "managed-by-gitops",
        "Argo CD or Flux would revert every change",
        "pause (suspend) the application that manages the object",
        True,
    ),
    _block(
        "permission-missing",
        "the account lacks a permission that the migration needs",
        "apply docs/rbac.yml (docs/rbac-confluent.yml for Confluent for Kubernetes), or grant the verb",
    ),
    _block(
        "foreign-object",
        "an object of somebody else has a name that the migration needs, or its labels",
        "set kraft_controller_name to a free name, or recreate the object under another name",
    ),
    _block(
        "controller-name-changed",
        "this cluster's controllers have another name than kraft_controller_name",
        "set kraft_controller_name to the name that they have",
    ),
    # versions and ids
    _block("version-unsupported", "the Kafka version cannot be migrated safely", "upgrade the brokers to 3.9.2 first"),
    _warn(
        "version-not-recommended", "a later Kafka version fixes migration bugs", "upgrade the brokers to 3.9.2 first"
    ),
    _block("version-mixed", "the brokers run different versions", "finish the upgrade first"),
    _block(
        "version-unknown",
        "the running version could not be determined",
        "see the sentence: the pod cannot be read, or the image hides the name of Kafka's server jar",
    ),
    _block("ibp-unknown", "the inter.broker.protocol.version could not be derived", "set kraft_ibp_version"),
    _block(
        "broker-id-generated",
        "generated broker ids cannot migrate",
        "set broker.id explicitly to the id in meta.properties",
    ),
    _block(
        "controller-id-clash", "a controller's node.id would equal a broker.id", "set kraft_controller_node_id_base"
    ),
    _block("combined-roles", "combined broker,controller roles cannot migrate", "use separate controllers"),
    _block(
        "controllers-emptydir",
        "the controllers' data would not survive a restart",
        "use a volumeClaimTemplate for the data volume",
    ),
    _block(
        "controller-manifest",
        "the controllers' manifest is not usable",
        "correct kraft_controller_manifest, or the KRaftController of Confluent for Kubernetes, as the sentence says",
    ),
    _block(
        "controller-rejected",
        "the API server would reject an object of the controllers",
        "see the sentence: a quota, a limit, an admission rule or a wrong field",
    ),
    _block(
        "controller-quota",
        "the controllers do not fit the namespace's quota or limits",
        "set kraft_controller_resources, or raise the quota",
    ),
    _block(
        "controller-storage",
        "no volume would be provisioned for the controllers",
        "set kraft_controller_storage_class",
    ),
    _warn(
        "controller-storage-by-hand",
        "the controllers' StorageClass does not provision volumes",
        "create the volumes first, or set kraft_controller_storage_class",
    ),
    _block(
        "controller-unschedulable",
        "no node can take a controller",
        "set kraft_controller_resources, or add nodes",
        True,
    ),
    _block(
        "controller-names",
        "pods could not resolve the controllers' names",
        "set dnsPolicy: ClusterFirstWithHostNet in the pod template",
        True,
    ),
    _block(
        "network-policy-blocks",
        "a NetworkPolicy blocks a connection that the migration needs",
        "allow the connections that the sentence names; accept it where the network does not enforce policies",
        True,
    ),
    _block(
        "mesh-differs",
        "controllers and brokers would not be in the same service mesh",
        "set the mesh's label or annotation in kraft_controller_labels or kraft_controller_annotations",
        True,
    ),
    _warn(
        "controller-differs",
        "the controllers do without something that the brokers have",
        "see the sentence",
    ),
    _block(
        "controller-file-missing",
        "a file that controllers need is only in the brokers' pods",
        "mount it from a Secret, or have an init container write it into an emptyDir",
        True,
    ),
    _warn(
        "check-incomplete",
        "something that decides about the controllers could not be read",
        "grant the account what the sentence names, or check it yourself",
    ),
    _block(
        "stranger-broker",
        "a registered broker is not a pod of this cluster (unmanaged broker)",
        "name its StatefulSet in kraft_statefulsets or stop it",
    ),
    # health
    _block(
        "broker-not-healthy", "a broker is not Ready or not registered", "get the broker running and registered first"
    ),
    _block(
        "partition-not-healthy", "partitions are offline or under-replicated", "wait until every partition is in sync"
    ),
    _block(
        "controller-missing", "there is no active controller", "find the cause in the brokers' logs, then run again"
    ),
    _block(
        "rollout-pending",
        "pods do not run the template of their StatefulSet",
        "finish that rollout first, or restore the old template",
    ),
    _block(
        "budget-blocks",
        "PodDisruptionBudgets would refuse every restart",
        "keep one budget that allows one pod to be unavailable",
    ),
    _block(
        "broker-data-lost",
        "a restart would delete the brokers' data",
        "move the log directories to volumes of a volumeClaimTemplate",
    ),
    _warn(
        "broker-data-on-node",
        "the brokers' data stays on the node where they ran",
        "make sure that each pod comes back to its node",
    ),
    _block("reassignment-running", "a partition reassignment is running", "wait for it or cancel it"),
    _block(
        "partition-cannot-roll",
        "partitions lose service at each restart",
        "raise the replication factor above min.insync.replicas",
        True,
    ),
    _warn(
        "grace-period-short",
        "the grace period is shorter than a controlled shutdown",
        "raise terminationGracePeriodSeconds",
    ),
    _warn(
        "dns-ttl-long",
        "the ZooKeeper-mode controller caches old pod addresses for a long time",
        "kraft_dns_ttl sets a shorter time in the first roll",
    ),
    # what ZooKeeper holds
    _block("zookeeper-unreachable", "ZooKeeper could not be reached", "set kraft_zookeeper_connect"),
    _block(
        "zookeeper-wrong-chroot",
        "the chroot does not belong to this cluster",
        "correct the chroot in kraft_zookeeper_connect, or in the brokers' zookeeper.connect",
    ),
    _block(
        "cluster-id-mismatch",
        "two sources give different cluster ids",
        "find out which ZooKeeper belongs to the brokers",
    ),
    _block(
        "topic-without-id",
        "topics without a topic id block the copy",
        "raise inter.broker.protocol.version to 2.8 or later, then have a new controller elected once",
    ),
    _block(
        "assignment-dead-broker",
        "an assignment names a broker that does not exist",
        "reassign the partitions to live brokers",
    ),
    _block(
        "topic-deletion-queued",
        "a queued topic deletion would become final",
        "let it finish, or delete the marker in /admin/delete_topics",
    ),
    _block("migration-null", "/migration exists without data (KAFKA-19480)", "delete the znode /migration"),
    _block(
        "migration-stale",
        "/migration is left from an earlier attempt",
        "delete /migration and the controllers' volumes, then run again",
    ),
    _block("controller-leftover", "/controller is left from a KRaft quorum", "delete the znode /controller"),
    _block(
        "controller-epoch-missing", "/controller_epoch does not exist", "check the chroot as for zookeeper-wrong-chroot"
    ),
    _block(
        "controller-volumes-leftover",
        "volumes of earlier controllers exist",
        "delete the PersistentVolumeClaims of the controllers, then run again",
    ),
    # what connects to ZooKeeper, and settings
    _warn(
        "zookeeper-reference",
        "something in the brokers' pods connects to ZooKeeper",
        "remove it before the KRaft roll; it blocks finalize",
    ),
    _block("setting-blocks", "a setting blocks the migration", "change the setting as the sentence says"),
    _warn("setting-warns", "a setting behaves differently in KRaft mode", "see the sentence"),
    # secured clusters
    _block(
        "controller-listener-scram",
        "the controllers' listener cannot start with SCRAM",
        "set kraft_controller_secret for PLAIN, or kraft_controller_security to SSL",
    ),
    _block(
        "controller-listener-mechanism",
        "the brokers' SASL mechanism is not supported on the controllers' listener",
        "set kraft_controller_secret for PLAIN, or kraft_controller_security to SSL",
    ),
    _block(
        "controller-login-missing",
        "no user name and password for the controllers' listener are known",
        "set kraft_controller_secret to a Secret with the keys username and password",
    ),
    _block(
        "zookeeper-login-failed",
        "ZooKeeper does not take the login",
        "correct the brokers' credentials for ZooKeeper, or name a Secret with others in kraft_zookeeper_secret",
    ),
    _block(
        "zookeeper-tls",
        "ZooKeeper cannot be reached by TLS",
        "give the certificates in kraft_zookeeper_secret, or renew what has expired",
    ),
    _block(
        "zookeeper-acl",
        "znodes that a rollback changes have an ACL that does not let the collection",
        "name a Secret with the credentials of the znodes' owner in kraft_zookeeper_secret",
        True,
    ),
    _block(
        "quorum-tls",
        "the controllers cannot be reached by TLS",
        "renew the certificate, or correct the trust store of the controllers' listener",
    ),
    _block(
        "quorum-login-failed",
        "the controllers do not take the login",
        "correct the login of the controllers' listener",
    ),
    _block(
        "controller-listener-keys",
        "the brokers' static settings have no key store or trust store for the controllers' listener",
        "write the stores into the static settings, or choose another kraft_controller_security",
    ),
    _warn(
        "controller-listener-weaker",
        "the controllers' listener is less protected than the brokers' own",
        "leave kraft_controller_security at auto",
    ),
    _block(
        "secret-in-command",
        "a secret would have to be an argument of the start command",
        "put the settings into a properties file of a Secret",
    ),
    _block(
        "secret-missing",
        "a Secret (or a ConfigMap) that is named is not there, or lacks a key",
        "create it, or correct its name",
    ),
    _block(
        "jaas-file-missing",
        "the JAAS file is not where the JVM looks for it",
        "mount the file there, or correct java.security.auth.login.config",
        True,
    ),
    _block(
        "jaas-file-invalid",
        "Java cannot read the JAAS file that is mounted now",
        "correct what the sentence names",
        True,
    ),
    _block(
        "authorizer-custom",
        "the authorizer is not Kafka's own",
        "ask its vendor for a migration, or move to Kafka's own authorizer first",
    ),
    _block(
        "super-user-missing",
        "super.users lacks a principal that brokers or controllers need",
        "add it to super.users, or choose another kraft_controller_security",
        True,
    ),
    _block(
        "super-user-without-type",
        "a super user is not written as TYPE:name",
        "write it as User:name",
    ),
    _warn(
        "super-user-unknown",
        "who brokers or controllers are could not be told",
        "name the principal in kraft_super_users",
    ),
    _warn(
        "super-user-added",
        "a principal becomes a super user",
        "nothing: a rollback takes it away again; after FINALIZED it stays",
    ),
    _block(
        "acl-principal-invalid",
        "an ACL is for something that is no principal",
        "delete it, and add it for User:name",
    ),
    _block(
        "wildcard-acl-invalid",
        "a prefixed ACL on * is no wildcard",
        "delete it, and add it with the literal pattern",
        True,
    ),
    _block(
        "encoder-secret-missing",
        "encrypted dynamic settings could not be read",
        "set password.encoder.secret on the brokers, or delete those settings",
        True,
    ),
    _block(
        "dynamic-jaas",
        "a login that is a dynamic setting stops working in KRaft mode",
        "write it into the static settings first",
        True,
    ),
    _block(
        "controller-login-unknown",
        "how nodes log in at the controllers that are there could not be read",
        "put the object with their settings back, or let the account read it",
        True,
    ),
    _warn(
        "controller-login-kept",
        "what nodes log in by at the controllers has changed since these were made",
        "nothing: the new one is used once there are new controllers",
    ),
    _warn(
        "password-in-metadata-log",
        "passwords in dynamic settings will lie in clear text in the metadata log",
        "replace them by static settings, or rotate them afterwards",
    ),
    _block(
        "certificate-names",
        "the certificate of the controllers' listener lacks the controllers' names",
        "add the names to its subject alternative names",
        True,
    ),
    _block("certificate-expired", "the certificate of the controllers' listener has expired", "renew it", True),
    _block(
        "certificate-not-valid-yet",
        "the certificate of the controllers' listener is not valid yet",
        "wait until it is, or use one that is valid now",
        True,
    ),
    _block(
        "certificate-usage",
        "the certificate of the controllers' listener is not for servers, or not for clients where these show it too",
        "add the extended key usage, or leave that extension out",
        True,
    ),
    _warn(
        "certificate-expires",
        "a certificate that nodes use, or one of its authorities, expires within 30 days or during the soak",
        "renew it before the migration",
    ),
    _warn(
        "certificate-unreadable",
        "a certificate that nodes use could not be read",
        "see the sentence, and check it yourself",
    ),
    # locks and changes
    _block(
        "lock-held",
        "another run is migrating this cluster",
        "wait for it; if that run is no longer alive, run unlock.yml",
    ),
    _block(
        "lock-not-enforced",
        "kraft_lock_enforcement is admission, and the API server cannot enforce the lock",
        "see the sentence: apply docs/rbac-admission.yml, use Kubernetes 1.30 or later, or set kraft_lock_enforcement to auto",
    ),
    _block("changed-by-others", "an object was changed by somebody else", "find out who and why, then run again"),
    # where an operator leads
    _block(
        "operator-references",
        "the operator's job and custom resources do not fit each other",
        "correct kraft_cluster or kraft_controller_name, or delete the job that was made by mistake",
    ),
    _block(
        "operator-request-lost",
        "a migration is under way, and the request to the operator is gone",
        "delete nothing; find out what happened, and compare the operator's objects with those in your repository",
    ),
    _warn(
        "operator-controller-unused",
        "the operator's controllers that are there are not those that the inventory names",
        "correct kraft_controller_name, or remove the custom resource",
    ),
    _block(
        "operator-unsupported",
        "this kind of migration by the operator is not driven yet",
        "see the sentence",
    ),
    _block(
        "operator-will-not-stop",
        "the operator was told beforehand to go on where it has to stop",
        "remove the annotation that the sentence names",
        True,
    ),
    _block(
        "operator-super-users",
        "brokers and controllers do not have the same super users",
        "add the principal to spec.authorization.superUsers of both custom resources",
        True,
    ),
    _block(
        "region-undeclared",
        "the Kafka cluster has other regions than the inventory says",
        "set kraft_region_of to the same name on the hosts of all regions",
    ),
    _block(
        "region-suspected",
        "ZooKeeper is shared with something in another namespace: the Kafka cluster may have other regions",
        "set kraft_region_of on the hosts of all regions; accept it where there is one region only",
        True,
    ),
    _block(
        "region-unreadable",
        "another region of the Kafka cluster could not be read",
        "correct the variables of its host, or its account's permissions",
    ),
    _block(
        "region-disagrees",
        "the custom resources of the regions do not make one Kafka cluster",
        "correct what the sentence names",
    ),
    _warn(
        "region-replication-factor",
        "new internal topics would have fewer replicas than the Kafka cluster has room for",
        "set the replication factors in spec.configOverrides.server of the Kafka custom resource",
    ),
    _warn(
        "operator-annotation",
        "an annotation is one that the operator does not know, or was left behind",
        "correct or remove the annotation",
    ),
    _warn(
        "operator-lock-not-enforced",
        "the operator does not enforce its lock on its custom resources",
        "see the sentence: a policy of this collection enforces it, or keep pipelines and people away during the migration",
    ),
    _block(
        "operator-crds",
        "the operator's custom resource definitions are missing, incomplete or of another version",
        "install or upgrade the operator's definitions",
    ),
    _block(
        "operator-locked",
        "a custom resource has the lock of another migration",
        "let that migration end and give its locks back",
    ),
    _block(
        "operator-paused",
        "the operator ignores a custom resource, or keeps its pods asleep",
        "remove the annotation that the sentence names",
    ),
    _block(
        "operator-silent",
        "the operator does not answer",
        "get it running, and let it look at this namespace; then run the same playbook again",
    ),
    _block(
        "operator-ibp-unknown",
        "the operator cannot be expected to derive the inter.broker.protocol.version from the image",
        "set kraft_ibp_version",
        True,
    ),
    _block(
        "operator-ibp-wrong",
        "the inter.broker.protocol.version that was given does not fit the brokers, or the operator ignores it",
        "correct kraft_ibp_version or the annotation, as the sentence says",
    ),
    _block(
        "operator-metadata-left",
        "a broker does not start, since an earlier attempt left its metadata log behind",
        "see the sentence",
    ),
    _block("operator-failed", "the operator has given up", "follow what its condition and its log say"),
    _block(
        "operator-stuck",
        "the operator stands still",
        "look at the operator's log and at the pods that the sentence names",
    ),
    _block(
        "operator-silent-wait",
        "the operator may wait for the removal of the znodes without a word of it",
        "read the operator's log; accept it if that is what it waits for",
        True,
    ),
    _block(
        "operator-lock-kept",
        "the operator did not give its locks back",
        "look at the operator's log; then remove its lock annotation by hand",
    ),
    # rollback
    _block(
        "rollback-impossible",
        "a finalized migration cannot be rolled back",
        "stay on KRaft, or mirror the topics into a new cluster",
    ),
    _block(
        "rollback-behind",
        "ZooKeeper lags behind the quorum",
        "find the cause in the active controller's log",
        True,
    ),
    _block(
        "rollback-parity",
        "ZooKeeper and KRaft differ",
        "find the cause in the active controller's log; what only KRaft has would be lost",
        True,
    ),
    _block(
        "rollback-parity-unknown",
        "ZooKeeper and KRaft could not be compared",
        "use an image that has kafka-dump-log.sh, or fix what the sentence names; what only KRaft has would be lost",
        True,
    ),
    _block(
        "rollback-pending",
        "an earlier attempt was not rolled back completely",
        "run rollback.yml, without kraft_rollback_cleanup: later",
    ),
    _block("originals-missing", "the originals that a rollback restores are missing", "see the sentence"),
    _block(
        "originals-stale",
        "the original that a rollback would restore belongs to another migration, or would undo a later change",
        "see the sentence; if accepted by name, it is restored as it is",
        True,
    ),
    _block(
        "meta-properties-version-1",
        "a log directory was created in KRaft mode and cannot run in ZooKeeper mode",
        "move its partitions away and remove it first",
    ),
    # gates of finalize
    _block(
        "gate-pure-dual-write",
        "the cluster is not in pure dual-write",
        "run finalize.yml until it stops at PURE_DUAL_WRITE",
    ),
    _block(
        "gate-dual-write",
        "the operator does not wait in DUAL-WRITE, or the cluster is not in hybrid dual-write",
        "run migrate.yml to its end",
    ),
    _block(
        "gate-registrations",
        "a broker is not registered as an unfenced KRaft broker",
        "get the broker running in KRaft mode",
    ),
    _block(
        "gate-parity",
        "ZooKeeper and KRaft differ, or could not be compared",
        "find the cause; what only one of them has is lost with the other",
        True,
    ),
    _block("gate-quorum", "the quorum is incomplete or lags", "get every controller running and caught up"),
    _block("gate-soak", "the soak is not over", "wait, or set kraft_soak to fewer seconds", True),
    _block(
        "gate-zookeeper-reference",
        "something in the pods still connects to ZooKeeper",
        "remove it from the pod template first",
    ),
    _block(
        "gate-confirm", "the irreversible step is not confirmed", "set kraft_confirm to namespace/name of the cluster"
    ),
    _block("controllers-not-ready", "the KRaft controllers are not ready", "see the reason in the sentence"),
    _block(
        "migration-flag-lost",
        "a controller runs, or would restart, without the migration flag before the last step was confirmed",
        "restore its settings, or run rollback.yml",
    ),
    _block(
        "wrong-state", "the cluster is not in the state that this step needs", "run status.yml and follow its next step"
    ),
)

RULES: dict[str, Rule] = {rule.code: rule for rule in _RULES}


@dataclass(frozen=True)
class Finding:
    """One thing found: the rule's code, where, and one sentence with what to do."""

    code: str
    where: str
    sentence: str

    @property
    def rule(self) -> Rule:
        """The catalogue's entry."""
        return RULES[self.code]

    @property
    def blocking(self) -> bool:
        """Whether it stops the run unless accepted."""
        return self.rule.severity == BLOCK

    def as_dict(self, accepted: Iterable[str] = ()) -> dict[str, Any]:
        """Plain data for a result: code, severity, where, sentence, remedy, acceptable, accepted."""
        rule = self.rule
        return {
            **asdict(self),
            "severity": rule.severity,
            "remedy": rule.remedy,
            "acceptable": rule.acceptable,
            "accepted": rule.acceptable and self.code in set(accepted),
        }


def finding(code: str, where: str, sentence: str) -> Finding:
    """Make a finding. Raises KeyError when the code is not in the catalogue."""
    return Finding(RULES[code].code, where, sentence)


def blocking(findings: Iterable[Finding], accepted: Iterable[str]) -> list[Finding]:
    """Return those that stop the run: blocking and not accepted by name (only acceptable rules can be)."""
    names = set(accepted)
    return [item for item in findings if item.blocking and not (item.rule.acceptable and item.code in names)]


def unknown_codes(accepted: Sequence[str]) -> list[str]:
    """Return names in ``kraft_accept`` that are no code of the catalogue, or whose rule cannot be accepted."""
    return [code for code in accepted if code not in RULES or not RULES[code].acceptable]
