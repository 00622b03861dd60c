#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Ready: a broker in ZooKeeper mode by the agent's file, a broker in KRaft mode by the agent's answer, a controller when its port listens.
case $(sed -n 's/^process\.roles=//p' /tmp/strimzi.properties) in
  "") [[ -f /var/opt/kafka/kafka-ready ]] ;;
  controller) (exec 3<> /dev/tcp/localhost/9090) 2> /dev/null ;;
  *) [[ $(curl -s -o /dev/null -w '%{http_code}' http://localhost:8080/v1/ready/) == 204 ]] ;;
esac
