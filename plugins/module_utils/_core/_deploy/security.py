# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who gets in at a new cluster's listeners, and by what. Pure.

Private to the collection. Certificates, keys and passwords are in Secrets of the user; they are mounted, and never read, written or shown here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL = "PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"
PROTOCOLS = (PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL)
#: the keys of a Secret of type kubernetes.io/tls as cert-manager makes it
CERTIFICATE, KEY, AUTHORITY = "tls.crt", "tls.key", "ca.crt"
TLS_FOLDER, USERS_FOLDER = "/etc/kraft-tls", "/etc/kraft-users"


@dataclass(frozen=True)
class Security:
    """How every listener is secured: those of clients, of brokers among each other, and of the controllers.

    :ivar tls_secret: name of a Secret with tls.crt, tls.key (PKCS #8) and ca.crt.
    :ivar client_certificates: whether clients have to show a certificate of that authority.
    :ivar users_secret: name of a Secret whose keys are users and whose values are their passwords, for SASL/PLAIN.
    :ivar node_user: the one of them as which the nodes log in at each other.
    :ivar super_users: principals that may do everything, beside the nodes.
    """

    protocol: str = PLAINTEXT
    tls_secret: str = ""
    client_certificates: bool = False
    users_secret: str = ""
    node_user: str = "kafka"
    super_users: tuple[str, ...] = ()

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Security:
        """Return what validated module options say."""
        return cls(
            protocol=str(params["protocol"]),
            tls_secret=str(params["tls_secret"] or ""),
            client_certificates=bool(params["client_certificates"]),
            users_secret=str(params["users_secret"] or ""),
            node_user=str(params["node_user"]),
            super_users=tuple(str(each) for each in params["super_users"]),
        )

    @property
    def tls(self) -> bool:
        """Whether the listeners have TLS."""
        return self.protocol in (SSL, SASL_SSL)

    @property
    def sasl(self) -> bool:
        """Whether they ask for a login."""
        return self.protocol in (SASL_PLAINTEXT, SASL_SSL)

    @property
    def authorizes(self) -> bool:
        """Whether the nodes know who asks, so that ACLs mean something."""
        return self.sasl or (self.tls and self.client_certificates)
