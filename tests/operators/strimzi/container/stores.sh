#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# stores.sh FOLDER CERTIFICATE: a key store of the pod's certificate and key, the trust store of the cluster's authority, and their passwords.
CERTS_STORE_PASSWORD=$(LC_ALL=C tr -dc 'a-zA-Z0-9' < /dev/urandom | head -c 32 || true)
TRUST_STORE_PASSWORD=$(cat /opt/kafka/cluster-ca-certs/ca.password)
export CERTS_STORE_PASSWORD TRUST_STORE_PASSWORD
(
  umask 077
  openssl pkcs12 -export -in "$2.crt" -inkey "$2.key" -name "$HOSTNAME" -certfile /opt/kafka/cluster-ca-certs/ca.crt \
    -out "$1/cluster.keystore.p12" -passout env:CERTS_STORE_PASSWORD
  cp /opt/kafka/cluster-ca-certs/ca.p12 "$1/cluster.truststore.p12"
)
