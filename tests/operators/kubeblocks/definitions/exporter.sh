#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Starts the double of the exporter on every broker of the cluster.
set -eu
servers=()
for host in $(tr ',' ' ' <<< "${BROKER_POD_FQDN_LIST:-$COMBINE_POD_FQDN_LIST}"); do servers+=("--kafka.server=$host:9094"); done
exec /usr/local/bin/kafka_exporter "--web.listen-address=:$SERVICE_PORT" "${servers[@]}"
