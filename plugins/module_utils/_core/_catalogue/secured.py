# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What secured clusters add: logins, certificates, authorizer, super users, encrypted settings."""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._catalogue.rule import block, warn

SECURED = (
    block(
        "controller-listener-scram",
        "the controllers' listener cannot start with SCRAM",
        "set kraft_controller_secret for PLAIN, or kraft_controller_security to SSL",
    ),
    block(
        "controller-listener-mechanism",
        "the brokers' SASL mechanism is not supported on the controllers' listener",
        "set kraft_controller_secret for PLAIN, or kraft_controller_security to SSL",
    ),
    block(
        "controller-login-missing",
        "no user name and password for the controllers' listener are known",
        "set kraft_controller_secret to a Secret with the keys username and password",
    ),
    block(
        "zookeeper-login-failed",
        "ZooKeeper does not take the login",
        "correct the brokers' credentials for ZooKeeper, or name a Secret with others in kraft_zookeeper_secret",
    ),
    block(
        "zookeeper-tls",
        "ZooKeeper cannot be reached by TLS",
        "give the certificates in kraft_zookeeper_secret, or renew what has expired",
    ),
    block(
        "zookeeper-acl",
        "znodes that a rollback changes have an ACL that does not let the collection",
        "name a Secret with the credentials of the znodes' owner in kraft_zookeeper_secret",
        True,
    ),
    block(
        "quorum-tls",
        "the controllers cannot be reached by TLS",
        "renew the certificate, or correct the trust store of the controllers' listener",
    ),
    block(
        "quorum-login-failed",
        "the controllers do not take the login",
        "correct the login of the controllers' listener",
    ),
    block(
        "controller-listener-keys",
        "the brokers' static settings have no key store or trust store for the controllers' listener",
        "write the stores into the static settings, or choose another kraft_controller_security",
    ),
    warn(
        "controller-listener-weaker",
        "the controllers' listener is less protected than the brokers' own",
        "leave kraft_controller_security at auto",
    ),
    block(
        "secret-in-command",
        "a secret would have to be an argument of the start command",
        "put the settings into a properties file of a Secret",
    ),
    block(
        "secret-missing",
        "a Secret (or a ConfigMap) that is named is not there, or lacks a key",
        "create it, or correct its name",
    ),
    block(
        "jaas-file-missing",
        "the JAAS file is not where the JVM looks for it",
        "mount the file there, or correct java.security.auth.login.config",
        True,
    ),
    block(
        "jaas-file-invalid",
        "Java cannot read the JAAS file that is mounted now",
        "correct what the sentence names",
        True,
    ),
    block(
        "authorizer-custom",
        "the authorizer is not Kafka's own",
        "ask its vendor for a migration, or move to Kafka's own authorizer first",
    ),
    block(
        "super-user-missing",
        "super.users lacks a principal that brokers or controllers need",
        "add it to super.users, or choose another kraft_controller_security",
        True,
    ),
    block(
        "super-user-without-type",
        "a super user is not written as TYPE:name",
        "write it as User:name",
    ),
    warn(
        "super-user-unknown",
        "who brokers or controllers are could not be told",
        "name the principal in kraft_super_users",
    ),
    warn(
        "super-user-added",
        "a principal becomes a super user",
        "nothing: a rollback takes it away again; after FINALIZED it stays",
    ),
    block(
        "acl-principal-invalid",
        "an ACL is for something that is no principal",
        "delete it, and add it for User:name",
    ),
    block(
        "wildcard-acl-invalid",
        "a prefixed ACL on * is no wildcard",
        "delete it, and add it with the literal pattern",
        True,
    ),
    block(
        "encoder-secret-missing",
        "encrypted dynamic settings could not be read",
        "set password.encoder.secret on the brokers, or delete those settings",
        True,
    ),
    block(
        "dynamic-jaas",
        "a login that is a dynamic setting stops working in KRaft mode",
        "write it into the static settings first",
        True,
    ),
    block(
        "controller-login-unknown",
        "how nodes log in at the controllers that are there could not be read",
        "put the object with their settings back, or let the account read it",
        True,
    ),
    warn(
        "controller-login-kept",
        "what nodes log in by at the controllers has changed since these were made",
        "nothing: the new one is used once there are new controllers",
    ),
    warn(
        "password-in-metadata-log",
        "passwords in dynamic settings will lie in clear text in the metadata log",
        "replace them by static settings, or rotate them afterwards",
    ),
    block(
        "certificate-names",
        "the certificate of the controllers' listener lacks the controllers' names",
        "add the names to its subject alternative names",
        True,
    ),
    block("certificate-expired", "the certificate of the controllers' listener has expired", "renew it", True),
    block(
        "certificate-not-valid-yet",
        "the certificate of the controllers' listener is not valid yet",
        "wait until it is, or use one that is valid now",
        True,
    ),
    block(
        "certificate-usage",
        "the certificate of the controllers' listener is not for servers, or not for clients where these show it too",
        "add the extended key usage, or leave that extension out",
        True,
    ),
    warn(
        "certificate-expires",
        "a certificate that nodes use, or one of its authorities, expires within 30 days or during the soak",
        "renew it before the migration",
    ),
    warn(
        "certificate-unreadable",
        "a certificate that nodes use could not be read",
        "see the sentence, and check it yourself",
    ),
)
