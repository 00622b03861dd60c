#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Start of a broker or a controller, from the operator's ConfigMap: stores from the mounted certificates, the settings file, the storage of a
# node in KRaft mode, the metadata log that a broker back in ZooKeeper mode must not keep.
set -e
config=/opt/kafka/custom-config
mkdir -p /tmp/kafka
# shellcheck source=/dev/null
. /opt/kafka/stores.sh /tmp/kafka "/opt/kafka/broker-certs/$HOSTNAME"
(umask 077; sed -e "s/\${CERTS_STORE_PASSWORD}/$CERTS_STORE_PASSWORD/g" -e "s/\${TRUST_STORE_PASSWORD}/$TRUST_STORE_PASSWORD/g" \
  "$config/server.config" > /tmp/strimzi.properties)
state=$(cat "$config/metadata.state")
roles=$(sed -n 's/^process\.roles=//p' /tmp/strimzi.properties)
IFS=, read -ra folders <<< "$(sed -n 's/^log\.dirs=//p' /tmp/strimzi.properties)"
mkdir -p "${folders[@]}"
for folder in "${folders[@]}"; do
  if [[ $state == 0 && -z $roles && -d $folder/__cluster_metadata-0 ]]; then
    echo "Removing __cluster_metadata folder"
    rm -rf "$folder/__cluster_metadata-0"
  fi
  [[ -z $roles ]] || rm -f "$folder/__cluster_metadata-0/quorum-state"
done
if [[ -n $roles ]]; then
  for folder in "${folders[@]}"; do
    [[ -f $folder/meta.properties ]] || missing=yes
  done
  # the tool would start a JVM to find that there is nothing to do; "=" since an id may begin with "-" (KAFKA-15754)
  [[ -z ${missing-} ]] || ./bin/kafka-storage.sh format -g --cluster-id="$(cat "$config/cluster.id")" \
    -r "$(cat "$config/metadata.version")" -c /tmp/strimzi.properties
fi
rm -f /var/opt/kafka/kafka-ready
export KAFKAOPS_ROLE=broker CERTS_STORE_PASSWORD TRUST_STORE_PASSWORD
[[ $roles != controller ]] || KAFKAOPS_ROLE=controller
export KAFKA_OPTS="-javaagent:/opt/strimzi/kafka-agent.jar=${STRIMZI_AGENT_HOST-localhost}"
exec ./bin/kafka-server-start.sh /tmp/strimzi.properties
