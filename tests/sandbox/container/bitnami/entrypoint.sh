#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# TEST DOUBLE of the entrypoint of the Bitnami Kafka image: behaves as that image is documented to (KAFKA_CFG_* is mapped to
# /opt/bitnami/kafka/config/server.properties, with its validation), shares no code with it, and carries Apache Kafka. Not for use anywhere else.

fail() { echo "bitnami-kafka double: $*" >&2; exit 1; }
echo "bitnami-kafka double of the kafkaops.kraft sandbox: not Bitnami's image" >&2

[[ ${1-} == *run.sh ]] || exec "$@"

file=/opt/bitnami/kafka/config/server.properties
mounted=/bitnami/kafka/config/server.properties
yes() { [[ ${1,,} == yes || ${1,,} == true || $1 == 1 ]]; }

if [[ -f $mounted ]]; then
  cp "$mounted" "$file" || fail "cannot write $file"
else
  if [[ -n ${KAFKA_CFG_PROCESS_ROLES-} ]]; then
    [[ -n ${KAFKA_CFG_NODE_ID-} ]] || fail "KRaft mode requires KAFKA_CFG_NODE_ID"
    [[ -n ${KAFKA_CFG_CONTROLLER_QUORUM_VOTERS-} ]] || fail "KRaft mode requires KAFKA_CFG_CONTROLLER_QUORUM_VOTERS"
    if [[ -n ${KAFKA_CFG_ZOOKEEPER_CONNECT-} ]] && ! yes "${KAFKA_CFG_ZOOKEEPER_METADATA_MIGRATION_ENABLE-no}"; then
      fail "KRaft mode cannot be used with KAFKA_CFG_ZOOKEEPER_CONNECT unless KAFKA_CFG_ZOOKEEPER_METADATA_MIGRATION_ENABLE is yes"
    fi
  elif [[ -z ${KAFKA_CFG_ZOOKEEPER_CONNECT-} ]]; then
    fail "either KRaft (KAFKA_CFG_PROCESS_ROLES) or ZooKeeper (KAFKA_CFG_ZOOKEEPER_CONNECT) must be configured"
  fi
  export KAFKA_CFG_LOG_DIRS=${KAFKA_CFG_LOG_DIRS:-/bitnami/kafka/data}
  : > "$file" || fail "cannot write $file"
  while IFS= read -r name; do
    key=${name#KAFKA_CFG_}
    key=${key,,}
    # No escape for underscores exists, only these names keep theirs.
    key=${key//sasl_ssl/sasl$'\x01'ssl}
    key=${key//sasl_plaintext/sasl$'\x01'plaintext}
    key=${key//_/.}
    key=${key//$'\x01'/_}
    key=${key/zookeeper.clientcnxnsocket/zookeeper.clientCnxnSocket}
    printf '%s=%s\n' "$key" "${!name}" >> "$file"
  done < <(compgen -e | grep '^KAFKA_CFG_' | sort)
fi

setting() { sed -n "s/^$1=//p" "$file" | tail -n 1; }
data=$(setting log.dirs)
data=${data%%,*}
if [[ -n $(setting process.roles) ]] && ! yes "${KAFKA_SKIP_KRAFT_STORAGE_INIT-no}"; then
  metadata=$(setting metadata.log.dir)
  metadata=${metadata:-$data}
  # Voters that changed make a stored quorum-state worthless.
  state=$metadata/__cluster_metadata-0/quorum-state
  voters=$(setting controller.quorum.voters)
  if [[ -f $state ]]; then
    want=$(tr ',' '\n' <<< "$voters" | sed 's/@.*//' | sort -n | xargs)
    have=$(grep -o '"voterId":[0-9]*' "$state" | grep -o '[0-9]*$' | sort -n | xargs)
    [[ -z $have || $want == "$have" ]] || rm -f "$state"
  fi
  cluster=$(sed -n 's/^cluster.id=//p' "$data/meta.properties" 2> /dev/null)
  cluster=${cluster:-${KAFKA_KRAFT_CLUSTER_ID-}}
  if [[ -z $cluster ]]; then
    cluster=$(env -u KAFKA_OPTS -u KAFKA_JMX_OPTS -u JMX_PORT /opt/bitnami/kafka/bin/kafka-storage.sh random-uuid)
    echo "bitnami-kafka double: no cluster id given, using the random $cluster" >&2
  fi
  env -u KAFKA_OPTS -u KAFKA_JMX_OPTS -u JMX_PORT \
    /opt/bitnami/kafka/bin/kafka-storage.sh format --cluster-id "$cluster" --config "$file" --ignore-formatted \
    || fail "the storage could not be formatted"
fi
exec "$@"
