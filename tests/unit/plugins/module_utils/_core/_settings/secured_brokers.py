# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of secured brokers, as the fixtures of tests/sandbox/secured have them."""

from __future__ import annotations

_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"

SASL = {
    "zookeeper.connect": "zookeeper:2181",
    "listeners": "CLIENT://:9092,INTERNAL://:9091",
    "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,INTERNAL:SASL_PLAINTEXT",
    "inter.broker.listener.name": "CLIENT",
    "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
    "sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN",
    "listener.name.client.scram-sha-512.sasl.jaas.config": f'{_SCRAM} required username="broker" password="canary-scram";',
    "listener.name.internal.sasl.enabled.mechanisms": "PLAIN",
    "authorizer.class.name": "kafka.security.authorizer.AclAuthorizer",
    "super.users": "User:broker;User:admin",
    "allow.everyone.if.no.acl.found": "false",
    "zookeeper.set.acl": "true",
    "delegation.token.secret.key": "canary-token",
    "password.encoder.secret": "canary-encoder",
}
#: file of the brokers whose inter-broker listener is INTERNAL
PLAIN_JAAS = f"""internal.KafkaServer {{
  {_PLAIN} required username="broker" password="canary-plain" user_broker="canary-plain" user_admin="canary-admin";
}};
"""
PLAIN = SASL | {"inter.broker.listener.name": "INTERNAL", "sasl.mechanism.inter.broker.protocol": "PLAIN"}

TLS = {
    "zookeeper.connect": "zookeeper:2182",
    "listeners": "CLIENT://:9092,REPLICATION://:9091",
    "listener.security.protocol.map": "CLIENT:SSL,REPLICATION:SSL",
    "inter.broker.listener.name": "REPLICATION",
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": "/etc/kafka-tls/tls-combined.pem",
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": "/etc/kafka-tls/ca.crt",
    "ssl.client.auth": "required",
    "ssl.principal.mapping.rules": "RULE:^CN=[^,]+,OU=brokers,O=Example$/broker/,DEFAULT",
    "listener.name.replication.ssl.keystore.type": "PKCS12",
    "listener.name.replication.ssl.keystore.location": "/etc/kafka-tls/keystore.p12",
    "listener.name.replication.ssl.keystore.password": "canary-store",
    "listener.name.replication.ssl.truststore.type": "PKCS12",
    "listener.name.replication.ssl.truststore.location": "/etc/kafka-tls/truststore.p12",
    "listener.name.replication.ssl.truststore.password": "canary-store",
    "listener.name.replication.ssl.client.auth": "required",
    "authorizer.class.name": "kafka.security.authorizer.AclAuthorizer",
    "super.users": "User:broker;User:admin",
    "zookeeper.ssl.client.enable": "true",
    "zookeeper.clientCnxnSocket": "org.apache.zookeeper.ClientCnxnSocketNetty",
    "zookeeper.ssl.keystore.location": "/etc/kafka-tls/keystore.p12",
    "zookeeper.ssl.keystore.password": "canary-store",
}
