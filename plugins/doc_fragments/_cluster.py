# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that identify a Kafka cluster and control its migration.

Private to the collection. In step with cluster_spec() in plugins/module_utils/_runtime/argspec.py.
"""

from __future__ import annotations


class ModuleDocFragment:
    """Cluster options: every module takes all of them, so that one sub-phase can run alone."""

    DOCUMENTATION = r"""
options:
  namespace:
    description:
      - Namespace of the Kafka cluster.
    type: str
    required: true
  cluster:
    description:
      - Name of the Kafka cluster. The names of the migration's own objects are derived from it.
      - Unless O(statefulsets) names them, the brokers are in the StatefulSet of this name, or else in those whose names
        start with it and a dash, or whose label C(app.kubernetes.io/instance) is equal to it.
    type: str
    required: true
  platform:
    description:
      - What runs the brokers.
      - V(statefulset) is a StatefulSet that no operator owns, from plain manifests or a Helm chart.
      - V(confluent) is a Kafka custom resource of Confluent for Kubernetes, whose operator carries the migration out.
      - V(strimzi) is a Kafka custom resource of Strimzi, whose operator carries the migration out.
      - V(auto) detects it.
    type: str
    default: auto
    choices:
      - auto
      - statefulset
      - confluent
      - strimzi
  statefulsets:
    description:
      - Names of the brokers' StatefulSets. Needed if there are several, for example one per zone.
    type: list
    elements: str
    default: []
  container:
    description:
      - Name of the container that runs Kafka in the brokers' pods. Detected automatically if unset.
    type: str
  region_of:
    description:
      - For a Kafka cluster of Confluent for Kubernetes that is stretched over several regions, each with a Kafka custom resource of its own,
        a name for the whole, for example V(orders). It has to be the same on the hosts of all regions, and on no other host.
      - The regions then take turns, so that no two of them restart brokers at the same time.
    type: str
  zookeeper_connect:
    description:
      - Address at which the machine that runs ansible-playbook reaches ZooKeeper directly, as C(host:port,host:port/chroot), instead of
        through the Kubernetes API.
      - It never replaces the brokers' own C(zookeeper.connect).
    type: str
  ibp_version:
    description:
      - C(inter.broker.protocol.version) to migrate at, for example V(3.9) or V(3.7-IV4).
      - If unset, the current one if it is V(3.6-IV1) or later, else that of the running Kafka version.
      - Confluent for Kubernetes takes major and minor version only. It needs this for images other than C(confluentinc/NAME:VERSION).
    type: str
  strimzi_version:
    description:
      - Version of the Strimzi operator that leads the cluster, for example V(0.45.2).
      - If unset, what the image of its pods says, else the status of the Kafka custom resource.
      - Where the operator is that of a product with numbers of its own, such as 2.9.0-0, the version of Strimzi that it is built of.
    type: str
  strimzi_node_pools:
    description:
      - Whether the brokers of a Kafka custom resource of Strimzi without node pools are taken over into one. Without node pools Strimzi does not
        migrate.
      - The pool C(kafka) is made of the custom resource. No broker is restarted for it.
    type: bool
    default: false
  dns_ttl:
    description:
      - Seconds for which the brokers' JVMs may cache an address. The migration roll sets it as
        C(-Dsun.net.inetaddr.ttl). With Java's default of 30 seconds the ZooKeeper-mode controller first tries the old address of
        each restarted broker, so that every broker takes about 30 seconds longer to be in sync.
      - V(0) leaves the brokers' option unchanged.
    type: int
    default: 1
  controller_name:
    description:
      - Name of the controllers' StatefulSet, Service and PodDisruptionBudget.
      - If unset, the cluster's name followed by C(-kraft).
      - Where Confluent for Kubernetes leads it is the name of the KRaftController, yours or the one to make.
      - Where Strimzi leads it is the name of the controllers' KafkaNodePool, yours or the one to make; if unset, V(controller).
    type: str
  controller_replicas:
    description:
      - Number of KRaft controllers.
    type: int
    default: 3
  controller_node_id_base:
    description:
      - C(node.id) of the first controller; the others follow.
      - If unset, the next thousand above all broker ids, for example V(1000).
      - Where an operator leads and it is unset, Confluent for Kubernetes begins at V(9990), or at the first ids above it that are free, and
        Strimzi gives the controllers the lowest ids that no node of the cluster has.
    type: int
  controller_storage_size:
    description:
      - Size of each controller's volume.
    type: str
    default: 10Gi
  controller_storage_class:
    description:
      - StorageClass of the controllers' volumes. If unset, that of the brokers' volumes, or the default one of
        the Kubernetes cluster if those name none.
      - Where Strimzi leads and the brokers have several node pools, the first of them by name counts, for the resources too.
    type: str
  controller_resources:
    description:
      - Resources of the controllers' container, with C(requests) and C(limits) as in a pod.
      - If unset, the brokers' requests and limits, but at most 1 CPU and 5Gi of memory, which Kafka's documentation recommends for
        a controller. If the brokers have none, the controllers have none.
      - If the brokers' heap does not fit, it is reduced to four fifths of the memory.
    type: dict
  controller_labels:
    description:
      - Additional labels for the controllers' pods and for every object created for them, for example those that a policy requires.
      - They must not match a Service or any other selector of the brokers.
    type: dict
    default: {}
  controller_annotations:
    description:
      - Additional annotations for the controllers' pods. Those that a service mesh reads on the brokers' pods are copied anyway.
    type: dict
    default: {}
  controller_manifest:
    description:
      - Your own StatefulSet for the controllers, instead of the one derived from the brokers'.
      - Kafka's settings, storage format and start are added to it; its data volume must be a volumeClaimTemplate.
      - Where Strimzi leads it is your own KafkaNodePool, which is made as it is.
    type: dict
  controller_container:
    description:
      - Name of the container that runs the controller in O(controller_manifest). Needed if that has several and none is named kafka.
    type: str
  controller_security:
    description:
      - Security protocol of the controllers' listener.
      - V(auto) is the one of the brokers' inter-broker listener. The controllers get its certificates, and its user name and password where
        it uses PLAIN. SCRAM cannot be used there, since the controllers have no credentials of it before the copy; set
        O(controller_secret) then, or V(SSL) where the brokers have certificates.
    type: str
    default: auto
    choices:
      - auto
      - PLAINTEXT
      - SSL
      - SASL_PLAINTEXT
      - SASL_SSL
  controller_sasl_mechanism:
    description:
      - SASL mechanism of the controllers' listener, where it uses SASL. V(PLAIN) is the only one with which controllers can start.
    type: str
    default: PLAIN
  controller_secret:
    description:
      - Name of a Secret in the namespace of the cluster with the keys C(username) and C(password), by which brokers and controllers log in at
        the controllers.
      - If unset, the brokers' own user name and password of PLAIN, from their settings or their JAAS file.
    type: str
  zookeeper_secret:
    description:
      - Name of a Secret in the namespace of the cluster by which this collection logs in to ZooKeeper. Keys are C(username) and C(password), or
        C(jaas.conf); for TLS C(tls.crt), C(tls.key) and C(ca.crt), or C(keystore.p12) and C(truststore.p12) with C(keystore-password) and
        C(truststore-password).
      - If unset, it logs in as the brokers do, by their settings and their JAAS file.
    type: str
  super_users:
    description:
      - More super users, for example V(User:kraft). Brokers and controllers get those of the brokers, these, and whoever logs in at the
        controllers. Without an authorizer they have no effect.
    type: list
    elements: str
    default: []
  accept:
    description:
      - Findings and gates to override, as C(namespace/name=code), for example V(orders/kafka=partition-cannot-roll). If the play
        has one host, the code alone is enough.
      - Only codes that the catalogue of findings marks as acceptable can be named.
    type: list
    elements: str
    default: []
  confirm:
    description:
      - The clusters whose controllers may be taken out of migration mode, which cannot be undone, as C(namespace/name), for example
        V(orders/kafka). If the play has one host, the name of its Kafka cluster alone is enough, for example V(kafka).
      - If it has several, each of them must be named, or else none is finalized.
    type: list
    elements: str
    default: []
  soak:
    description:
      - Minimum time in pure dual-write, in seconds, before a cluster can be finalized.
      - Where Confluent for Kubernetes leads there is no stop in pure dual-write; it is the time in hybrid dual-write.
    type: int
    default: 86400
  pod_timeout:
    description:
      - Timeout in seconds for one restarted pod to be Ready, on its new settings and back in sync.
    type: int
    default: 600
  recovery_timeout:
    description:
      - Timeout in seconds for a restarted pod that recovers its logs after an unclean stop, counted from the last log that it recovered.
      - While it recovers logs, progress is printed and O(pod_timeout) does not end the roll.
    type: int
    default: 300
  restart_interval:
    description:
      - Minimum time in seconds from one broker restart to the next.
      - Clients whose JVM caches addresses for 30 seconds, the default, may have stale addresses of several brokers
        if these restart faster than that. They then get no answer for up to 30 seconds, although nothing is lost.
      - Costs nothing if a broker takes longer than that to come back. Use V(0) if the clients resolve addresses again at once.
    type: int
    default: 30
  rollback_cleanup:
    description:
      - When a rollback restarts the brokers on their original settings.
      - V(later) postpones it until rollback.yml is run again with V(now). Meanwhile the cluster serves from ZooKeeper, the
        controllers and their volumes are gone, and a new attempt is refused until the brokers are restarted.
      - Not used where an operator leads.
    type: str
    default: now
    choices:
      - now
      - later
  wait_timeout:
    description:
      - Timeout in seconds for any other wait, such as for the quorum or for hybrid dual-write.
    type: int
    default: 900
  lock_timeout:
    description:
      - Seconds to wait for another run on the same cluster to end. The Lease of a run that died expires after 90 s.
    type: int
    default: 120
  lock_enforcement:
    description:
      - What keeps others from changing the locked objects while the migration lasts.
      - V(admission) is a ValidatingAdmissionPolicy, which has the API server deny it. Needs Kubernetes 1.30 and the permissions of
        docs/rbac-admission.yml; without them nothing begins.
      - V(annotation) is the annotation of the lock alone, which only this collection looks at.
      - V(auto) is V(admission) where that can be, else V(annotation); the run says why.
      - Where an operator enforces its own lock, that one is used, and no policy is made.
    type: str
    default: auto
    choices:
      - auto
      - admission
      - annotation
  lock_allowed_users:
    description:
      - Users that may change the locked objects all the same, for example the person on call, as Kubernetes spells them. A ServiceAccount is
        C(system:serviceaccount:NAMESPACE:NAME). The account that this collection runs as need not be named.
      - They cannot take the migration flag out of the controllers' settings either.
    type: list
    elements: str
    default: []
  support_dir:
    description:
      - Folder on the machine that runs ansible-playbook for the support bundle of a failed step. The bundle contains no secrets.
    type: path
    default: ~/.ansible/kafkaops.kraft
"""
