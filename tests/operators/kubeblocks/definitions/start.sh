#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# What the pods of the stand-in run: node id, addresses and quorum from the operator's variables, then the image's own start.
set -eu
say() { echo "stand-in: $*"; }

# Settings of the rendered file win over the container's variables. Once a Reconfiguring has run, the operator writes "key = value"
# with blanks, which are taken away here.
while IFS='=' read -r key value; do
  key=${key//[[:space:]]/}
  value=${value#"${value%%[![:space:]]*}"}
  if [[ -n $value && $key != '#'* ]]; then
    key=${key//./_}
    export "KAFKA_CFG_${key^^}=$value"
  fi
done < "$SERVER_PROP_FILE"

ordinal=${MY_POD_NAME##*-}
role=${KAFKA_CFG_PROCESS_ROLES-}
me=$(tr ',' '\n' <<< "$POD_FQDN_LIST" | grep -m1 "^$MY_POD_NAME\.")

# 0@pod-0.headless:9093,1@... from a list of pod names in DNS
quorum_of() {
  local host pod all=()
  for host in ${1//,/ }; do
    pod=${host%%.*}
    all+=("${pod##*-}@$host:9093")
  done
  local IFS=,
  echo "${all[*]}"
}

if [[ $role == *controller* ]]; then
  id=$ordinal
  KAFKA_CFG_CONTROLLER_QUORUM_VOTERS=$(quorum_of "$POD_FQDN_LIST")
  export KAFKA_CFG_CONTROLLER_QUORUM_VOTERS
else
  id=$((ordinal + BROKER_MIN_NODE_ID))
  if [[ -n $role ]]; then
    KAFKA_CFG_CONTROLLER_QUORUM_VOTERS=$(quorum_of "$CONTROLLER_POD_FQDN_LIST")
    export KAFKA_CFG_CONTROLLER_QUORUM_VOTERS
  else
    export KAFKA_CFG_ZOOKEEPER_CONNECT=$KB_KAFKA_ZOOKEEPER_CONN/$KB_KAFKA_ZK_SUB_PATH
  fi
fi
export KAFKA_CFG_BROKER_ID=$id
[[ -z $role ]] || export KAFKA_CFG_NODE_ID=$id
export KAFKA_KRAFT_CLUSTER_ID=${KAFKA_KRAFT_CLUSTER_ID:0:22}

if [[ $role != controller ]]; then
  client=$me:9092
  port=$(tr ',' '\n' <<< "${BROKER_ADVERTISED_PORT-}" | sed -n "s/.*-$ordinal:\([0-9]*\)$/\1/p")
  if [[ ${KB_BROKER_DIRECT_POD_ACCESS-} == true ]]; then
    client=$MY_POD_IP:9092
  elif [[ -n $port && $port != 9092 ]]; then
    client=$MY_POD_HOST_IP:$port
  fi
  export KAFKA_CFG_ADVERTISED_LISTENERS=INTERNAL://$me:9094,CLIENT://$client
fi

heap=${KB_KAFKA_BROKER_HEAP-}
[[ $role != controller ]] || heap=${KB_KAFKA_CONTROLLER_HEAP:-$heap}
[[ -z $heap ]] || export KAFKA_HEAP_OPTS=$heap

# SASL: PLAIN with KRaft, SCRAM with ZooKeeper (users are written into ZooKeeper before the broker starts)
sasl=""
if [[ ${KB_KAFKA_ENABLE_SASL-} == true || ${KB_KAFKA_SASL_ENABLE-} == true ]]; then sasl=PLAIN; fi
if [[ -z $role && ${KB_KAFKA_ENABLE_SASL_SCRAM-} == true ]]; then sasl=SCRAM-SHA-512; fi
if [[ -n $sasl && $role != controller ]]; then
  module=org.apache.kafka.common.security.plain.PlainLoginModule users=""
  if [[ $sasl == SCRAM* ]]; then
    module=org.apache.kafka.common.security.scram.ScramLoginModule
    # On a new cluster the chroot is not there yet and kafka-configs would end with "Path length must be > 0", as it does in the addon 1.0.2.
    env -u JMX_PORT /opt/bitnami/kafka/bin/zookeeper-shell.sh "$KB_KAFKA_ZOOKEEPER_CONN" create "/$KB_KAFKA_ZK_SUB_PATH" "" || true
    for pair in "$KAFKA_ADMIN_USER:$KAFKA_ADMIN_PASSWORD" "$KAFKA_CLIENT_USER:$KAFKA_CLIENT_PASSWORD"; do
      env -u JMX_PORT /opt/bitnami/kafka/bin/kafka-configs.sh --zookeeper "$KAFKA_CFG_ZOOKEEPER_CONNECT" --alter --entity-type users \
        --entity-name "${pair%%:*}" --add-config "SCRAM-SHA-256=[password=${pair#*:}],SCRAM-SHA-512=[password=${pair#*:}]"
    done
  else
    users="user_$KAFKA_ADMIN_USER=\"$KAFKA_ADMIN_PASSWORD\" user_$KAFKA_CLIENT_USER=\"$KAFKA_CLIENT_PASSWORD\""
  fi
  printf 'KafkaServer { %s required username="%s" password="%s" %s; };\n' \
    "$module" "$KAFKA_ADMIN_USER" "$KAFKA_ADMIN_PASSWORD" "$users" > /tmp/jaas.conf
  export KAFKA_OPTS="${KAFKA_OPTS-} -Djava.security.auth.login.config=/tmp/jaas.conf"
  export KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP=INTERNAL:SASL_PLAINTEXT,CLIENT:SASL_PLAINTEXT
  [[ -z $role ]] || KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP+=,CONTROLLER:PLAINTEXT
  export KAFKA_CFG_SASL_ENABLED_MECHANISMS=$sasl KAFKA_CFG_SASL_MECHANISM_INTER_BROKER_PROTOCOL=$sasl
fi

mkdir -p "$KAFKA_VOLUME_DIR/logs"
say "id $id, roles '${role:-zookeeper mode}', quorum '${KAFKA_CFG_CONTROLLER_QUORUM_VOTERS-}', advertised '${KAFKA_CFG_ADVERTISED_LISTENERS-}'"
exec /opt/bitnami/scripts/kafka/entrypoint.sh /opt/bitnami/scripts/kafka/run.sh
