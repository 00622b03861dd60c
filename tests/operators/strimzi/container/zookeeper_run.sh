#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Start of a ZooKeeper server: certificates on 2181 for everybody, plain text on 12181 for this pod alone.
set -e
mkdir -p /tmp/zookeeper /var/lib/zookeeper/data
# shellcheck source=/dev/null
. /opt/kafka/stores.sh /tmp/zookeeper "/opt/kafka/zookeeper-node-certs/$HOSTNAME"
echo "$((${HOSTNAME##*-} + 1))" > /var/lib/zookeeper/data/myid
(umask 077; sed -e "s/\${CERTS_STORE_PASSWORD}/$CERTS_STORE_PASSWORD/g" -e "s/\${TRUST_STORE_PASSWORD}/$TRUST_STORE_PASSWORD/g" \
  /opt/kafka/custom-config/zookeeper.properties > /tmp/zookeeper.properties)
# any connection that has a certificate may do everything
export KAFKA_OPTS="-Dzookeeper.skipACL=yes -Dzookeeper.forceSync=no"
exec ./bin/zookeeper-server-start.sh /tmp/zookeeper.properties
